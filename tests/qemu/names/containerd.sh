# shellcheck shell=bash
# containerd: containers of ctr, by either cgroup driver, whose ids are free text; and pods of
# Kubernetes without kubelet, by its own CRI plugin with the systemd driver. Sourced by guest.sh.

readonly CONTAINERD_SOCKET=/run/containerd/containerd.sock
readonly CONTAINERD_IMAGE=docker.io/library/names:latest
CRI_CLIENT=$(dirname "${BASH_SOURCE[0]}")/../../runtimes

# import_image_into NAMESPACE: ctr takes what podman saves. The image says what to run, because
# nothing else does for a sandbox.
import_image_into() {
  make_image names.tar
  podman import --quiet --change "CMD [\"${IDLE[0]}\", \"${IDLE[1]}\"]" \
    names.tar "$CONTAINERD_IMAGE" >import.log
  podman save --quiet --output image.tar "$CONTAINERD_IMAGE"
  ctr --namespace "$1" images import image.tar >>import.log
}

# task_in NAMESPACE ID: the PID of its first process.
task_in() {
  ctr --namespace "$1" tasks list | awk -v id="$2" '$1 == id { print $2 }'
}

# --- ctr --------------------------------------------------------------------------------------

# run_task ID OPTION...
run_task() {
  ctr --namespace jobs run --detach "${@:2}" "$CONTAINERD_IMAGE" "$1"
  at_exit ctr --namespace jobs container rm "$1"
  at_exit ctr --namespace jobs task rm --force "$1"
}

names_containerd() {
  local id
  systemctl start containerd.service
  at_exit systemctl stop containerd.service
  import_image_into jobs
  run_task night-1
  run_task night-2 --runc-systemd-cgroup --cgroup batch-night.slice:ctr:night-2
  in_cgroup "$(task_in jobs night-1)" '/jobs/night-1$'
  in_cgroup "$(task_in jobs night-2)" '/batch\.slice/batch-night\.slice/ctr-night-2\.scope$'
  for id in night-1 night-2; do
    expect_container containerd "$id" "$id" '' jobs
    expect_helper
  done
  check_names
}

# --- CRI --------------------------------------------------------------------------------------

start_cri() {
  cat >/etc/containerd/config.toml <<CONFIG
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$CONTAINERD_IMAGE"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
CONFIG
  systemctl start containerd.service
  at_exit systemctl stop containerd.service
  import_image_into k8s.io
  # From its start on the plugin knows what has been imported for it.
  systemctl restart containerd.service
  protoc --proto_path "$CRI_CLIENT" --python_out . cri.proto
}

cri() {
  PYTHONPATH=$PWD python3 "$CRI_CLIENT/cri.py" "$CONTAINERD_SOCKET" "$@"
}

# run_pod POD UID CGROUP: with one container, and SANDBOX and CONTAINER are the ids.
run_pod() {
  jq --null-input --arg pod "$1" --arg uid "$2" --arg cgroup_parent "$3" \
    --arg logs "$PWD/logs-$1" --arg image "$CONTAINERD_IMAGE" \
    '$ARGS.named + {namespace: "prod", container: "app", command: $ARGS.positional}' \
    --args "${IDLE[@]}" >"$1.json"
  cri run "$1.json" >ids
  { read -r SANDBOX && read -r CONTAINER; } <ids
  at_exit cri remove "$SANDBOX"
}

# expect_pod POD UID SLICE: the last one that was run. The one shim of both counts as the sandbox's.
expect_pod() {
  local no_compose='compose_project="",compose_service=""' of_pod="pod_uid=\"$2\",parent_id=\"\""
  in_cgroup "$(task_in k8s.io "$CONTAINER")" "$3/cri-containerd-$CONTAINER\.scope\$"
  expect_container containerd-cri "$SANDBOX" POD "$1" prod "image=\"\",$no_compose,$of_pod"
  expect_helper
  expect_container containerd-cri "$CONTAINER" app "$1" prod \
    "image=\"$CONTAINERD_IMAGE\",$no_compose,$of_pod"
}

names_cri() {
  local burstable=5e0d7a51-0f3c-4b52-9a0b-2d5d3c0c8a11
  local guaranteed=9b1c6e4e-7d1f-4a55-8f43-6a1b2c3d4e5f
  local of_burstable=kubepods-burstable-pod${burstable//-/_}.slice
  local of_guaranteed=kubepods-pod${guaranteed//-/_}.slice
  start_cri
  run_pod web-0 "$burstable" "$of_burstable"
  expect_pod web-0 "$burstable" "/kubepods\.slice/kubepods-burstable\.slice/$of_burstable"
  run_pod db-0 "$guaranteed" "$of_guaranteed"
  expect_pod db-0 "$guaranteed" "/kubepods\.slice/$of_guaranteed"
  check_names
}
