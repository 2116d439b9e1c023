# shellcheck shell=bash disable=SC2034 # what engine.sh is told
# Containers of Docker. To be sourced by those that source names.sh.

start_docker() {
  local id
  ENGINE_DIR=$KCOMMONS_E2E_WORK/docker
  start_engine
  root docker "$ENGINE_DIR/docker-data"
  root containerd "$ENGINE_DIR/containerd/state"
  id=$(container_run --name names-plain -- "${WAIT[@]}")
  named runtime=docker container_id="$id" container=names-plain image=kcommons-e2e \
    compose_project= compose_service= cgroup="/docker/$id" helper=yes
  id=$(container_run --name shop-web-1 --label com.docker.compose.project=shop \
    --label com.docker.compose.service=web --label "$LABEL=payments" -- "${WAIT[@]}")
  named runtime=docker container_id="$id" container=shop-web-1 compose_project=shop \
    compose_service=web label_com_example_team=payments helper=yes
  cgroup_will_make kcommons-e2e
  id=$(ENGINE_CGROUP=kcommons-e2e container_run --name names-elsewhere \
    --cgroup-parent /kcommons-e2e -- "${WAIT[@]}")
  named runtime=docker container_id="$id" container=names-elsewhere cgroup="/kcommons-e2e/$id" \
    helper=yes
  start_docker_pod
}

# As cri-dockerd with the driver cgroupfs makes it: in the pod's cgroup, told by labels.
start_docker_pod() {
  local id uid=6f1d3c52-aaaa-4bbb-8ccc-0123456789ab
  local pod=kubepods/burstable/pod$uid
  cgroup_will_make "$pod"
  id=$(ENGINE_CGROUP=$pod container_run --name k8s_names-app --cgroup-parent "/$pod" \
    --label io.kubernetes.docker.type=container --label io.kubernetes.container.name=names-app \
    --label io.kubernetes.pod.name=names-pod --label io.kubernetes.pod.namespace=shop \
    --label "io.kubernetes.pod.uid=$uid" -- "${WAIT[@]}")
  named runtime=docker container_id="$id" container=names-app pod=names-pod namespace=shop \
    pod_uid="$uid" cgroup="/$pod/$id" shown=shop/names-pod/names-app \
    helper=yes
}

# An engine with --userns-remap keeps its containers in DATA-ROOT/UID.GID. The user that it asks for
# must have subordinate ids. They are in files that this engine alone sees, in a mount namespace.
start_docker_userns() {
  local id ids=$KCOMMONS_E2E_WORK/subid
  printf 'daemon:231072:65536\n' >"$ids"
  [[ -e /etc/subuid && -e /etc/subgid ]] || skip "there is no /etc/subuid to be mounted over"
  # shellcheck disable=SC2016 # variables of the inner shell
  start "$KCOMMONS_E2E_WORK/subid.log" unshare --mount bash -c \
    'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && exec sleep 3600' bash "$ids"
  wait_for "$E2E_DEADLINE" "mounted /etc/subgid" grep -q ' /etc/subgid ' "/proc/$STARTED/mountinfo"
  ENGINE_DIR=$KCOMMONS_E2E_WORK/remapped
  # Both of them: containerd is to see what dockerd mounts.
  ENGINE_AS=(nsenter --mount --target "$STARTED")
  DOCKERD_OPTIONS=(--userns-remap=daemon)
  start_engine
  ENGINE_AS=()
  DOCKERD_OPTIONS=()
  root docker "$ENGINE_DIR/docker-data"
  root containerd "$ENGINE_DIR/containerd/state"
  id=$(container_run --name names-remapped -- "${WAIT[@]}")
  [[ -d $ENGINE_DIR/docker-data/231072.231072/containers/$id ]] ||
    die "the engine does not keep its containers where it should with --userns-remap"
  named runtime=docker container_id="$id" container=names-remapped image=kcommons-e2e helper=yes
}
