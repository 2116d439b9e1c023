# shellcheck shell=bash
# What is in no container goes by its unit: a service, an instance of a template in a slice within a
# slice, a user's own service. Sourced by guest.sh.

write_template() {
  cat >/run/systemd/system/job@.service <<UNIT
[Service]
ExecStart=${IDLE[*]}
Slice=batch-night.slice
UNIT
  systemctl daemon-reload
}

names_units() {
  local uid
  systemd-run --quiet --collect --unit plain "${IDLE[@]}"
  at_exit systemctl stop plain
  write_template
  systemctl start job@red
  at_exit systemctl stop job@red
  make_user
  as_user systemd-run --user --quiet --collect --unit notes "${IDLE[@]}"
  at_exit as_user systemctl --user stop notes
  uid=$(id -u "$USER_NAME")
  expect_unit plain.service
  expect_unit job@red.service
  expect_unit "user@$uid.service/notes.service"
  check_names
}
