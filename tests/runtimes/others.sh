# shellcheck shell=bash
# Containers that no daemon looks after: of runc, LXC and systemd-nspawn. To be sourced by those that
# source names.sh.

# Its cgroup says nothing, not even the id.
start_runc() {
  local id=names.by-hand cgroup=kcommons-e2e/any/where
  runc_run "$id" "$cgroup" "${WAIT[@]}"
  root runc "$KCOMMONS_E2E_WORK/runc"
  named runtime=runc container_id="$id" container="$id" cgroup="/$cgroup"
}

start_lxc() {
  local name=names.box-1 path=$KCOMMONS_E2E_WORK/lxc
  make_rootfs "$path/$name/rootfs"
  cat >"$path/$name/config" <<CONFIG
lxc.uts.name = box
lxc.rootfs.path = dir:$path/$name/rootfs
lxc.net.0.type = empty
lxc.apparmor.profile = unconfined
lxc.init.cmd = ${WAIT[*]}
CONFIG
  cgroup_will_make "lxc.payload.$name"
  cgroup_will_make "lxc.monitor.$name"
  cgroup_will_make lxc.pivot
  lxc_will_lock "$path" "$name"
  lxc-start --lxcpath "$path" --name "$name" --daemon --logfile "$path/log" ||
    die "lxc-start: $(tail -n 3 "$path/log")"
  named runtime=lxc container_id="$name" container="$name" cgroup="/lxc.payload.$name" helper=yes
}

# lxc_will_lock PATH NAME: whatever its path is, LXC locks a container in /run, and leaves that.
lxc_will_lock() {
  local lock=/run/lxc/lock name
  will_make /run/lxc "$lock"
  while read -r name; do
    lock+=/$name
    will_make "$lock"
  done < <(tr / '\n' <<<"${1#/}")
  will_make "$lock/.$2"
}

# nspawn_run NAME COMMAND...: by COMMAND, in the cgroup that this is in. Neither systemd nor machined
# is asked, because they are not here.
nspawn_run() {
  local name=$1 rootfs=$KCOMMONS_E2E_WORK/nspawn.$1
  shift
  make_rootfs "$rootfs"
  # Without it nspawn takes this for no system.
  mkdir "$rootfs/usr"
  will_make /run/systemd/nspawn /run/systemd/nspawn/propagate "/run/systemd/nspawn/propagate/$name"
  SYSTEMD_NSPAWN_LOCK=0 start "$rootfs.log" "$@" systemd-nspawn --register=no --keep-unit \
    --quiet --machine="$name" --directory="$rootfs" "${WAIT[@]}"
}

# The name is on the command line of nspawn alone: the container's cgroup is called "payload", below
# that of whoever called nspawn, which for a service is the service's.
start_nspawn() {
  local unit=kcommons-e2e-nspawn.service
  cgroup_will_make payload
  cgroup_will_make supervisor
  nspawn_run names-machine.1 env
  named runtime=systemd-nspawn container_id=names-machine.1 container=names-machine.1 \
    cgroup=/payload helper=yes
  # In the same cgroup: the two share their payload, and so have no cgroup each.
  nspawn_run names-machine.3 env
  named runtime=systemd-nspawn container_id=names-machine.3 container=names-machine.3 \
    cgroup=/payload helper=yes
  unit_make "$unit"
  cgroup_will_make "system.slice/$unit/payload"
  cgroup_will_make "system.slice/$unit/supervisor"
  nspawn_run names-machine.2 unit_exec "$unit"
  named runtime=systemd-nspawn container_id=names-machine.2 container=names-machine.2 \
    cgroup="/system.slice/$unit/payload" helper=yes
}
