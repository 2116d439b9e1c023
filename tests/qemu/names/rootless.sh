# shellcheck shell=bash
# podman of a user who has logged in, by both cgroup managers. That of cgroupfs leaves no id in the
# path: the container is told by the conmon beside it. Sourced by guest.sh.

USER_NAME=alice

# make_user: with a manager of their own, and subordinate ids.
make_user() {
  id "$USER_NAME" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$USER_NAME"
  loginctl enable-linger "$USER_NAME"
  at_exit loginctl disable-linger "$USER_NAME"
}

# as_user COMMAND...: in a login session.
as_user() {
  su --login "$USER_NAME" --command "$(printf '%q ' "$@")"
}

# rootless_run MANAGER NAME
rootless_run() {
  as_user podman --cgroup-manager "$1" run --detach --network none --name "$2" names "${IDLE[@]}"
}

# One podman starts both, so that they share its scope.
start_two_in_one_scope() {
  local name
  for name in mail news; do
    as_user podman --cgroup-manager cgroupfs create --network none --name "$name" \
      names "${IDLE[@]}"
  done
  as_user podman --cgroup-manager cgroupfs start mail news
}

remove_rootless_containers() {
  as_user podman pod rm --all --force --time 0
  as_user podman rm --all --force --time 0
}

# A service of the user's manager, as quadlet writes it.
run_user_service() {
  as_user systemd-run --user --quiet --collect --unit "$1" --property Type=notify \
    --property NotifyAccess=all --property Delegate=yes \
    podman run --detach --sdnotify conmon --cgroups split --network none \
    --name "$1" names "${IDLE[@]}"
}

start_rootless_pod() {
  as_user podman pod create --name club --network none --infra-image names --infra-name club-infra \
    --infra-command "${IDLE[*]}" >pod.log
  as_user podman run --detach --pod club --name chat names "${IDLE[@]}"
}

# expect_rootless NAME PATTERN [CONTAINER POD]: of the path below the user's manager.
expect_rootless() {
  local id pid manager
  read -r id pid < <(as_user podman inspect --format '{{.Id}} {{.State.Pid}}' "$1")
  manager="/user\.slice/user-$(id -u "$USER_NAME")\.slice/user@.*\.service"
  in_cgroup "$pid" "$manager/$2\$"
  expect_container podman "$id" "${3-$1}" "${4-}" '' 'image="localhost/names:latest"'
  expect_helper
}

names_rootless() {
  local pod='user\.slice/user-libpod_pod_[0-9a-f]{64}\.slice/libpod-[0-9a-f]{64}\.scope/container'
  make_user
  make_image "/home/$USER_NAME/names.tar"
  as_user podman import --quiet "/home/$USER_NAME/names.tar" names >import.log
  at_exit remove_rootless_containers
  rootless_run systemd blog
  rootless_run cgroupfs wiki
  start_two_in_one_scope
  start_rootless_pod
  run_user_service quadlet
  expect_rootless blog 'user\.slice/libpod-[0-9a-f]{64}\.scope/container'
  expect_rootless wiki 'user\.slice/podman-[0-9]+\.scope'
  expect_rootless mail 'user\.slice/podman-[0-9]+\.scope'
  expect_rootless news 'user\.slice/podman-[0-9]+\.scope'
  expect_rootless club-infra "$pod" POD club
  expect_rootless chat "$pod" chat club
  expect_rootless quadlet 'app\.slice/quadlet\.service/libpod-payload-[0-9a-f]{64}'
  expect_no_unit "user@$(id -u "$USER_NAME").service/quadlet.service"
  check_names
}
