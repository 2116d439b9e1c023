# shellcheck shell=bash
# LXC 5: its containers have names and no ids. Sourced by guest.sh.

start_lxc() {
  local name=$1
  mkdir -p "/var/lib/lxc/$name"
  make_rootfs "/var/lib/lxc/$name/rootfs"
  cat >"/var/lib/lxc/$name/config" <<CONFIG
lxc.rootfs.path = dir:/var/lib/lxc/$name/rootfs
lxc.uts.name = names
lxc.net.0.type = empty
lxc.init.cmd = ${IDLE[*]}
lxc.apparmor.profile = unconfined
CONFIG
  at_exit rm -r "/var/lib/lxc/$name"
  at_exit lxc-stop --name "$name" --kill
  lxc-start --name "$name" --daemon --logfile lxc.log || {
    cat lxc.log
    fail "lxc-start $name"
  }
}

names_lxc() {
  local name
  for name in mail mail-2.example; do
    start_lxc "$name"
    expect_container lxc "$name" "$name"
    expect_helper
  done
  check_names
}
