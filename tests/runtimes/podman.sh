# shellcheck shell=bash
# Containers of podman, as root. To be sourced by those that source names.sh.

# runc, because crun refuses a host with cgroups of both versions. Its own state is in the work
# directory too, and kcommons is not told of it: podman's files have to do.
podman_in() {
  CONTAINERS_CONF=$PODMAN_DIR/containers.conf CONTAINERS_STORAGE_CONF=$PODMAN_DIR/storage.conf \
    podman --root "$PODMAN_DIR/root" --runroot "$PODMAN_DIR/run" --tmpdir "$PODMAN_DIR/tmp" \
    --storage-driver vfs --cgroup-manager cgroupfs --runtime runc \
    --runtime-flag "root=$PODMAN_DIR/runc" --network-config-dir "$PODMAN_DIR/networks" \
    --events-backend none --log-level error "$@" 2>>"$PODMAN_DIR/log" ||
    die "podman $1: $(tail -n 3 "$PODMAN_DIR/log")"
}

# The limits are those that need no CAP_SYS_RESOURCE, for the pod's infra container too, which takes
# no options.
podman_configure() {
  cat >"$PODMAN_DIR/containers.conf" <<CONFIG
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
CONFIG
  cat >"$PODMAN_DIR/storage.conf" <<CONFIG
[storage]
driver = "vfs"
graphroot = "$PODMAN_DIR/root"
runroot = "$PODMAN_DIR/run"
CONFIG
}

# podman_run OPTION...: PODMAN_ID is the container's.
podman_run() {
  PODMAN_ID=$(podman_in run --detach "$@" kcommons-e2e "${WAIT[@]}")
}

start_podman() {
  PODMAN_DIR=$KCOMMONS_E2E_WORK/podman
  mkdir -p "$PODMAN_DIR/networks"
  podman_configure
  # It notes there from where it has what layer, whatever its root is.
  will_make /var/lib/containers /var/lib/containers/cache \
    /var/lib/containers/cache/blob-info-cache-v1.boltdb
  make_rootfs "$PODMAN_DIR/image"
  tar -C "$PODMAN_DIR/image" -c . | podman_in import - kcommons-e2e >/dev/null
  root podman "$PODMAN_DIR/root"
  cgroup_will_make libpod_parent/conmon
  podman_run --name names.web-1 --network none --label "$LABEL=payments"
  cgroup_made "libpod_parent/libpod-$PODMAN_ID"
  named runtime=podman container_id="$PODMAN_ID" container=names.web-1 \
    image=localhost/kcommons-e2e:latest label_com_example_team=payments \
    cgroup="/libpod_parent/libpod-$PODMAN_ID" helper=yes
  start_podman_pod
  start_podman_pod_without_infra
}

# The infra container is to podman what the sandbox is to Kubernetes. The hostname is no more than
# that: by default it is the pod's name.
start_podman_pod() {
  local pod infra
  pod=$(podman_in pod create --name names-pod --hostname elsewhere --network none \
    --infra-image kcommons-e2e --infra-command "${WAIT[*]}")
  cgroup_made "libpod_parent/$pod" "libpod_parent/$pod/conmon"
  podman_run --pod names-pod --name names-in-pod
  infra=$(podman_in pod inspect names-pod | jq -r .InfraContainerID)
  cgroup_made "libpod_parent/$pod/libpod-$PODMAN_ID" "libpod_parent/$pod/libpod-$infra"
  named runtime=podman container_id="$PODMAN_ID" container=names-in-pod pod=names-pod \
    cgroup="/libpod_parent/$pod/libpod-$PODMAN_ID" shown=names-pod/names-in-pod helper=yes
  named runtime=podman container_id="$infra" container=POD pod=names-pod \
    cgroup="/libpod_parent/$pod/libpod-$infra" shown=names-pod/POD helper=yes
}

# Its containers are in no cgroup of the pod's.
start_podman_pod_without_infra() {
  podman_in pod create --name names-bare-pod --infra=false >/dev/null
  podman_run --pod names-bare-pod --name names-in-bare-pod --network none
  cgroup_made "libpod_parent/libpod-$PODMAN_ID"
  named runtime=podman container_id="$PODMAN_ID" container=names-in-bare-pod pod=names-bare-pod \
    cgroup="/libpod_parent/libpod-$PODMAN_ID" shown=names-bare-pod/names-in-bare-pod helper=yes
}
