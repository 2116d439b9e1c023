# shellcheck shell=bash
# Containers for the end-to-end tests: a Docker engine of their own, an image, a container of runc
# in a user namespace, and a cgroup that looks like a systemd unit. To be sourced after lib.sh.
#
# Nothing here is shared with an engine that may run already: containerd, dockerd and runc have
# their state below the work directory, and containers have no network.

# Where the state of containerd and dockerd is. A test with several of them has a folder for each.
ENGINE_DIR=${KCOMMONS_E2E_WORK:-}
# The folders of the engines that run.
ENGINES=()
# A command to be put before containerd and dockerd, and what else dockerd is told.
ENGINE_AS=()
DOCKERD_OPTIONS=()

engine() {
  DOCKER_CONFIG=$ENGINE_DIR/docker-config docker --host "unix://$ENGINE_DIR/docker.sock" "$@"
}

engine_answers() {
  alive "$ENGINE_PID" || return 1
  engine info >/dev/null 2>&1
}

# start_containerd CRI: the configuration of its CRI plugin, TOML; the plugin is off if that is empty.
# dockerd would take the system's containerd, if there is one, and leave its containers to it.
start_containerd() {
  local cri=$1 off='"io.containerd.internal.v1.opt"'
  [[ -n $cri ]] || off+=', "io.containerd.grpc.v1.cri"'
  CONTAINERD_SOCKET=$ENGINE_DIR/containerd.sock
  mkdir -p "$ENGINE_DIR"
  chmod 711 "$ENGINE_DIR"
  cat >"$ENGINE_DIR/containerd.toml" <<CONFIG
version = 2
root = "$ENGINE_DIR/containerd/root"
state = "$ENGINE_DIR/containerd/state"
disabled_plugins = [$off]
[grpc]
  address = "$CONTAINERD_SOCKET"
$cri
CONFIG
  # What it makes outside of the directories that it is given.
  will_make /run/containerd /run/containerd/s
  start "$ENGINE_DIR/containerd.log" "${ENGINE_AS[@]}" containerd \
    --config "$ENGINE_DIR/containerd.toml"
  wait_for "$E2E_DEADLINE" "containerd" test -S "$CONTAINERD_SOCKET"
}

# start_dockerd DRIVER: false if the engine did not come up with this storage driver.
start_dockerd() {
  local driver=$1 deadline=$((SECONDS + E2E_DEADLINE))
  printf '{}\n' >"$ENGINE_DIR/daemon.json"
  start "$ENGINE_DIR/dockerd.log" "${ENGINE_AS[@]}" dockerd \
    --config-file="$ENGINE_DIR/daemon.json" \
    --containerd="$CONTAINERD_SOCKET" --host="unix://$ENGINE_DIR/docker.sock" \
    --data-root="$ENGINE_DIR/docker-data" --exec-root="$ENGINE_DIR/docker-exec" \
    --pidfile="$ENGINE_DIR/docker.pid" --storage-driver="$driver" \
    --iptables=false --ip-forward=false --ip-masq=false --userland-proxy=false --bridge=none \
    "${DOCKERD_OPTIONS[@]}"
  ENGINE_PID=$STARTED
  until engine_answers; do
    if gone "$ENGINE_PID" || ((SECONDS >= deadline)); then return 1; fi
    sleep 0.1
  done
}

start_engine() {
  cgroup_will_make docker
  will_make /etc/docker /etc/docker/key.json /run/docker /run/docker/plugins
  start_containerd ''
  if ! start_dockerd overlay2 && ! start_dockerd vfs; then
    die "dockerd does not start: $(tail -n 5 "$ENGINE_DIR/dockerd.log")"
  fi
  ENGINES+=("$ENGINE_DIR")
  import_image
  say "a Docker engine runs ($(engine version --format '{{.Server.Version}}')," \
    "$(engine info --format '{{.Driver}}'))"
}

stop_engine() {
  local -a containers
  for ENGINE_DIR in "${ENGINES[@]}"; do
    mapfile -t containers < <(engine ps -aq 2>/dev/null)
    if ((${#containers[@]} > 0)); then
      engine rm -f "${containers[@]}" >/dev/null 2>&1 || true
    fi
  done
  ENGINES=()
}

# The root file system of all containers here: busybox and e2e_hog, both static.
make_rootfs() {
  local rootfs=$1
  mkdir -p "$rootfs"/{bin,dev,etc,proc,sys,tmp,watched}
  cp "$(command -v busybox)" "$rootfs/bin/busybox"
  ln -s busybox "$rootfs/bin/sh"
  cp "$KCOMMONS_E2E_WORK/bin/e2e_hog" "$rootfs/bin/e2e_hog"
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$rootfs/etc/passwd"
  # For containers of other users, whatever the mask of files here is.
  chmod -R a+rX "$rootfs"
  chmod 1777 "$rootfs/watched"
}

import_image() {
  make_rootfs "$ENGINE_DIR/image"
  tar -C "$ENGINE_DIR/image" -c . | engine import - kcommons-e2e >/dev/null ||
    die "docker import failed"
}

# container_run OPTION... -- COMMAND...: prints the full id. ENGINE_CGROUP is the cgroup that it is
# in, where the options name another than the engine's own.
container_run() {
  local -a options=()
  local id
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  id=$(engine run --detach --network none "${options[@]}" kcommons-e2e "$@") ||
    die "docker run failed"
  cgroup_made "${ENGINE_CGROUP:-docker}/$id"
  printf '%s\n' "$id"
}

# container_says ID REGEX: does a line of its output match?
container_says() {
  grep -Eq "$2" < <(engine logs "$1" 2>&1)
}

# container_says_now ID REGEX: does its last line match?
container_says_now() {
  [[ $(container_last_line "$1") =~ $2 ]]
}

container_last_line() {
  engine logs --tail 1 "$1" 2>&1
}

# --- a container in a user namespace of its own ----------------------------------------------

# runc_run ID CGROUP COMMAND...: as uid 0 of a namespace whose 0 is 200000 outside. Its output goes
# to $KCOMMONS_E2E_WORK/ID.log.
runc_run() {
  local id=$1 cgroup=$2 bundle=$KCOMMONS_E2E_WORK/bundle
  shift 2
  make_rootfs "$bundle/rootfs"
  chown -R 200000:200000 "$bundle/rootfs"
  runc spec --bundle "$bundle"
  # No rlimits, which may be above what this host grants; no cgroup mount, which a user namespace
  # may not make on every hierarchy.
  jq --arg path "/$cgroup" '
    .process.terminal = false | del(.process.rlimits) | .process.args = $ARGS.positional |
    .mounts |= map(select(.type != "cgroup")) |
    .mounts += [{destination: "/watched", type: "tmpfs", source: "tmpfs"}] |
    .linux.namespaces += [{type: "user"}] |
    .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}] |
    .linux.gidMappings = .linux.uidMappings | .linux.cgroupsPath = $path' \
    --args "$@" <"$bundle/config.json" >"$bundle/config.new"
  mv "$bundle/config.new" "$bundle/config.json"
  cgroup_will_make "$cgroup"
  runc --root "$KCOMMONS_E2E_WORK/runc" run --detach --bundle "$bundle" "$id" \
    </dev/null >"$KCOMMONS_E2E_WORK/$id.log" 2>&1 ||
    die "runc run failed: $(cat "$KCOMMONS_E2E_WORK/$id.log")"
}

runc_remove() {
  runc --root "$KCOMMONS_E2E_WORK/runc" delete --force "$1"
}

# --- cgroups ----------------------------------------------------------------------------------

# The mount points of all hierarchies, v1 and v2.
cgroup_hierarchies() {
  awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts
}

# cgroup_made PATH...: like made, in every hierarchy.
cgroup_made() {
  local hierarchy path
  while read -r hierarchy; do
    for path in "$@"; do made "$hierarchy/$path"; done
  done < <(cgroup_hierarchies)
}

# cgroup_will_make PATH: like will_make, for it and the cgroups around it, in every hierarchy.
cgroup_will_make() {
  local hierarchy name path
  while read -r hierarchy; do
    path=$hierarchy
    while read -r name; do
      path+=/$name
      will_make "$path"
    done <<<"${1//\//$'\n'}"
  done < <(cgroup_hierarchies)
}

# The hierarchies that a systemd would put a unit's processes into: v2 and name=systemd, and pids
# where that is v1.
unit_hierarchies() {
  awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /(^|,)(name=systemd|pids)(,|$)/) { print $2 }' \
    /proc/self/mounts
}

# unit_make UNIT: the cgroup /system.slice/UNIT, as systemd would make it.
unit_make() {
  local hierarchy
  cgroup_will_make "system.slice/$1"
  while read -r hierarchy; do
    mkdir -p "$hierarchy/system.slice/$1"
  done < <(unit_hierarchies)
}

# unit_exec UNIT COMMAND...: this process becomes COMMAND in that unit. For a subshell.
unit_exec() {
  local hierarchy unit=$1
  shift
  while read -r hierarchy; do
    printf '%s\n' "$BASHPID" >"$hierarchy/system.slice/$unit/cgroup.procs"
  done < <(unit_hierarchies)
  exec "$@"
}
