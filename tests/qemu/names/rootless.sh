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

rootless_run() {
  local manager=$1
  shift
  as_user podman --cgroup-manager "$manager" run --detach --network none "$@" names "${IDLE[@]}"
}

rootless_inspect() {
  as_user podman inspect --format "$1" "$2"
}

names_rootless() {
  local session by_systemd by_cgroupfs
  make_user
  make_image "/home/$USER_NAME/names.tar"
  as_user podman import --quiet "/home/$USER_NAME/names.tar" names >import.log
  at_exit as_user podman rm --all --force --time 0
  by_systemd=$(rootless_run systemd --name blog)
  by_cgroupfs=$(rootless_run cgroupfs --name wiki)
  session="/user\.slice/user-$(id -u "$USER_NAME")\.slice/user@.*\.service/user\.slice"
  in_cgroup "$(rootless_inspect '{{.State.Pid}}' blog)" \
    "$session/libpod-$by_systemd\.scope/container\$"
  in_cgroup "$(rootless_inspect '{{.State.Pid}}' wiki)" "$session/podman-[0-9]+\.scope\$"
  expect_container podman "$by_systemd" blog '' '' 'image="localhost/names:latest"'
  expect_helper
  expect_container podman "$by_cgroupfs" wiki '' '' 'image="localhost/names:latest"'
  expect_helper
  check_names
}
