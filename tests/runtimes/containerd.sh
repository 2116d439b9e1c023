# shellcheck shell=bash
# Containers of containerd: of ctr, and of its CRI plugin, which kubelet would ask. To be sourced by
# those that source names.sh.

readonly CONTAINERD_IMAGE=docker.io/library/kcommons-e2e:latest

ctr_in() {
  ctr --address "$CONTAINERD_SOCKET" --namespace "$@"
}

# image_archive FILE: the image as `docker save` writes it, because ctr takes no plain tar. It has a
# command, because the sandbox of a pod runs that of its image.
image_archive() {
  local folder=$1.d
  mkdir "$folder"
  make_rootfs "$folder/rootfs"
  tar -C "$folder/rootfs" -cf "$folder/layer.tar" .
  jq -n --arg digest "sha256:$(sha256sum "$folder/layer.tar" | cut -d' ' -f1)" \
    '{architecture: "amd64", os: "linux", config: {Cmd: $ARGS.positional},
      rootfs: {type: "layers", diff_ids: [$digest]}}' \
    --args "${WAIT[@]}" >"$folder/config.json"
  printf '[{"Config":"config.json","RepoTags":["kcommons-e2e:latest"],"Layers":["layer.tar"]}]' \
    >"$folder/manifest.json"
  tar -C "$folder" -cf "$1" manifest.json config.json layer.tar
}

# import_into NAMESPACE
import_into() {
  [[ -e $ENGINE_DIR/image.tar ]] || image_archive "$ENGINE_DIR/image.tar"
  ctr_in "$1" images import --snapshotter native "$ENGINE_DIR/image.tar" \
    >"$ENGINE_DIR/import.log" 2>&1 || die "ctr import failed: $(cat "$ENGINE_DIR/import.log")"
}

# ctr_run NAMESPACE ID CGROUP [OPTION...]: OPTIONS that ask for that cgroup, where it is not the
# default.
ctr_run() {
  local space=$1 id=$2 cgroup=$3
  shift 3
  cgroup_will_make "$cgroup"
  ctr_in "$space" run --detach --snapshotter native --fifo-dir "$ENGINE_DIR/fifo" \
    --runc-root "$ENGINE_DIR/runc" "$@" "$CONTAINERD_IMAGE" "$id" "${WAIT[@]}" \
    >"$ENGINE_DIR/$space.$id.log" 2>&1 || die "ctr run: $(cat "$ENGINE_DIR/$space.$id.log")"
}

# Ids are free text, and each namespace's own.
start_containerd_names() {
  local space
  ENGINE_DIR=$KCOMMONS_E2E_WORK/containerd
  start_containerd ''
  root containerd "$ENGINE_DIR/containerd/state"
  for space in names-blue names-green; do
    import_into "$space"
    ctr_run "$space" same.name-1234 "$space/same.name-1234"
    named runtime=containerd container_id=same.name-1234 container=same.name-1234 namespace="$space" \
      cgroup="/$space/same.name-1234" shown="$space/same.name-1234" helper=yes
  done
  ctr_run names-blue names-placed kcommons-e2e/names/place --cgroup /kcommons-e2e/names/place \
    --annotation "$LABEL=payments"
  named runtime=containerd container_id=names-placed container=names-placed namespace=names-blue \
    cgroup=/kcommons-e2e/names/place shown=names-blue/names-placed label_com_example_team=payments \
    helper=yes
}

# --- pods -------------------------------------------------------------------------------------

# As on a node of Kubernetes, but that it can do without a registry and without CAP_SYS_RESOURCE.
start_cri() {
  ENGINE_DIR=$KCOMMONS_E2E_WORK/cri
  start_containerd "$(
    cat <<CONFIG
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$CONTAINERD_IMAGE"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$ENGINE_DIR/cni"
    conf_dir = "$ENGINE_DIR/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        Root = "$ENGINE_DIR/runc"
CONFIG
  )"
  root containerd "$ENGINE_DIR/containerd/state"
  import_into k8s.io
  mkdir -p "$ENGINE_DIR/python" "$ENGINE_DIR/logs" "$ENGINE_DIR/cni"
  protoc --proto_path="$RUNTIMES_DIR" --python_out="$ENGINE_DIR/python" cri.proto
}

# cri ACTION ARGUMENT: what cri.py does. The Python of Debian has its modules; another may come first
# in the path.
cri() {
  PYTHONPATH=$ENGINE_DIR/python PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 \
    "$RUNTIMES_DIR/cri.py" "$CONTAINERD_SOCKET" "$@" 2>"$ENGINE_DIR/cri.log" ||
    die "the pod: $1: $(tail -n 3 "$ENGINE_DIR/cri.log")"
}

# pod_run NAMESPACE POD CONTAINER COMMAND...: SANDBOX_ID and CONTAINER_ID are its two containers,
# POD_UID is the pod's, POD_LOG what the container says, each line behind a time and "stdout F". POD_MORE,
# JSON, wins over what is in the pod's file else.
POD_MORE='{}'
pod_run() {
  local space=$1 pod=$2 container=$3 ids=$ENGINE_DIR/ids
  shift 3
  POD_UID=$(</proc/sys/kernel/random/uuid)
  POD_CGROUP=kubepods/burstable/pod$POD_UID
  # shellcheck disable=SC2034 # used by those that source this
  POD_LOG=$ENGINE_DIR/logs/$container.log
  cgroup_will_make "$POD_CGROUP"
  jq -n --arg namespace "$space" --arg pod "$pod" --arg container "$container" \
    --arg uid "$POD_UID" --arg image "$CONTAINERD_IMAGE" --arg cgroup_parent "/$POD_CGROUP" \
    --arg logs "$ENGINE_DIR/logs" --argjson more "$POD_MORE" \
    '($ARGS.named | del(.more)) + {command: $ARGS.positional} + $more' \
    --args "$@" >"$ENGINE_DIR/pod.json"
  cri run "$ENGINE_DIR/pod.json" >"$ids"
  { read -r SANDBOX_ID && read -r CONTAINER_ID; } <"$ids"
  cgroup_made "$POD_CGROUP/$SANDBOX_ID" "$POD_CGROUP/$CONTAINER_ID"
}

# The last one that was run.
pod_remove() {
  cri remove "$SANDBOX_ID"
}

start_cri_names() {
  start_cri
  pod_run names web-7d4b9c8f-x2x1z ingress "${WAIT[@]}"
  # The pod has one shim, which is the sandbox's.
  named runtime=containerd-cri container_id="$SANDBOX_ID" container=POD pod=web-7d4b9c8f-x2x1z \
    namespace=names pod_uid="$POD_UID" cgroup="/$POD_CGROUP/$SANDBOX_ID" \
    shown=names/web-7d4b9c8f-x2x1z/POD helper=yes
  named runtime=containerd-cri container_id="$CONTAINER_ID" container=ingress \
    pod=web-7d4b9c8f-x2x1z namespace=names pod_uid="$POD_UID" image="$CONTAINERD_IMAGE" \
    cgroup="/$POD_CGROUP/$CONTAINER_ID" shown=names/web-7d4b9c8f-x2x1z/ingress
}
