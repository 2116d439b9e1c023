# shellcheck shell=bash
# systemd-nspawn: a machine that machined gives a scope, one that stays in its service, and one of
# the template unit. Names have a dash, which the name of the scope escapes. Sourced by guest.sh.

# run_machine NAME OPTION...: in a service called nspawn-NAME.
run_machine() {
  local name=$1
  shift
  make_rootfs "$PWD/$name"
  systemd-run --quiet --collect --unit "nspawn-$name" \
    --property Type=notify --property Delegate=yes \
    systemd-nspawn --quiet --directory "$PWD/$name" --machine "$name" --notify-ready=no \
    --private-network --console=pipe "$@" "${IDLE[@]}"
  at_exit systemctl stop "nspawn-$name"
}

# The template boots what it starts, with a network; its settings are the administrator's to change.
start_template() {
  local name=$1
  make_rootfs "/var/lib/machines/$name"
  at_exit rm -r "/var/lib/machines/$name"
  mkdir -p /etc/systemd/nspawn
  cat >"/etc/systemd/nspawn/$name.nspawn" <<SETTINGS
[Exec]
Boot=no
Parameters=${IDLE[*]}
PrivateUsers=no
[Network]
Private=yes
VirtualEthernet=no
SETTINGS
  systemctl start "systemd-nspawn@$name"
  at_exit systemctl stop "systemd-nspawn@$name"
}

leader_of() {
  machinectl show --property Leader --value "$1"
}

names_nspawn() {
  local name
  run_machine web-1
  run_machine kept-2 --keep-unit
  start_template shop-3
  in_cgroup "$(leader_of web-1)" '/machine\.slice/machine-web\\x2d1\.scope/payload$'
  in_cgroup "$(leader_of kept-2)" '/system\.slice/nspawn-kept-2\.service/payload$'
  in_cgroup "$(leader_of shop-3)" '/machine\.slice/systemd-nspawn@shop-3\.service/payload$'
  for name in web-1 kept-2 shop-3; do
    expect_container systemd-nspawn "$name" "$name"
    expect_helper
  done
  # All that is in them is a machine and the nspawn that looks after it.
  expect_no_unit nspawn-web-1.service
  expect_no_unit nspawn-kept-2.service
  expect_no_unit systemd-nspawn@shop-3.service
  check_names
}

# --- with a systemd of their own --------------------------------------------------------------

# boot_machine NAME OPTION...: in a service called booted-NAME, the Debian of this machine without
# its /etc and /var. It runs when its own systemd says so.
boot_machine() {
  systemd-run --quiet --collect --unit "booted-$1" \
    --property Type=notify --property Delegate=yes --property TimeoutStartSec=300 \
    systemd-nspawn --quiet --directory / --volatile=yes --machine "$1" --notify-ready=yes \
    --private-network --console=pipe --link-journal=no "${@:2}" --boot systemd.unit=basic.target
  at_exit systemctl stop "booted-$1"
}

# Units within a machine are its processes, and no units of this host.
names_nspawn_booted() {
  local name
  boot_machine mail-4
  boot_machine kept-5 --keep-unit
  boot_machine alone-6 --keep-unit --register=no
  for name in mail-4 kept-5 alone-6; do
    expect_named systemd-nspawn "$name" "$name"
    expect_helper
    expect_no_unit "booted-$name.service"
  done
  check_names
}
