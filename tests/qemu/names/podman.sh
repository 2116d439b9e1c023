# shellcheck shell=bash
# podman of root with crun and the systemd manager: by itself, in a service as `podman generate
# systemd` writes it, and in a service's own cgroup as quadlet does it. Sourced by guest.sh.

prepare_podman() {
  make_image names.tar
  podman import --quiet names.tar names >import.log
  at_exit remove_podman_containers
  [[ $(podman info --format '{{.Host.CgroupManager}}, {{.Host.OCIRuntime.Name}}') == \
    'systemd, crun' ]]
}

podman_run() {
  podman run --detach --network none "$@" names "${IDLE[@]}"
}

# run_service NAME OPTION...: a service called so whose main process is conmon.
run_service() {
  systemd-run --quiet --collect --unit "$1" --property Type=notify --property NotifyAccess=all \
    --property Delegate=yes podman run --detach --sdnotify conmon --network none \
    --name "$1" "${@:2}" names "${IDLE[@]}"
}

remove_podman_containers() {
  podman pod rm --all --force --time 0
  podman rm --all --force --time 0
}

first_process() {
  podman inspect --format '{{.State.Pid}}' "$1"
}

names_podman() {
  local name id
  prepare_podman
  podman_run --name api
  run_service generated --cgroups no-conmon
  run_service quadlet --cgroups split
  in_cgroup "$(first_process api)" '/machine\.slice/libpod-.{64}\.scope/container$'
  in_cgroup "$(first_process generated)" '/machine\.slice/libpod-.{64}\.scope/container$'
  in_cgroup "$(first_process quadlet)" '/system\.slice/quadlet\.service/libpod-payload-.{64}$'
  for name in api generated quadlet; do
    id=$(podman inspect --format '{{.Id}}' "$name")
    expect_container podman "$id" "$name" '' '' 'image="localhost/names:latest"'
    expect_helper
  done
  expect_no_unit generated.service
  expect_no_unit quadlet.service
  check_names
}

# --- a pod ------------------------------------------------------------------------------------

# Its infra container is of our image: podman would build one, of what Debian does not bring.
create_pod() {
  podman pod create --name "$1" --network none --infra-image names \
    --infra-command "${IDLE[*]}" >pod.log
}

names_podman_pod() {
  local pod member infra
  prepare_podman
  create_pod shop
  member=$(podman_run --pod shop --name cart)
  pod=$(podman pod inspect --format '{{.Id}}' shop)
  infra=$(podman pod inspect --format '{{.InfraContainerID}}' shop)
  in_cgroup "$(first_process cart)" \
    "/machine\.slice/machine-libpod_pod_$pod\.slice/libpod-$member\.scope/container\$"
  expect_container podman "$member" cart shop
  expect_helper
  expect_container podman "$infra" POD shop
  expect_helper
  check_names
}
