# shellcheck shell=bash
# Docker with the systemd driver: what `docker run` names, what compose labels, and a slice of its
# own. Sourced by guest.sh.

start_docker() {
  mkdir -p /etc/docker
  printf '{"bridge": "none", "iptables": false, "ip-forward": false}\n' >/etc/docker/daemon.json
  systemctl start docker.service
  at_exit systemctl stop docker.service docker.socket containerd.service
  make_image names.tar
  docker import names.tar names >import.log
}

docker_run() {
  docker run --detach --network none "$@" names "${IDLE[@]}"
}

names_docker() {
  local web compose sliced
  start_docker
  at_exit remove_docker_containers
  [[ $(docker info --format '{{.CgroupDriver}} {{.CgroupVersion}}') == 'systemd 2' ]]
  web=$(docker_run --name web)
  compose=$(docker_run --name shop-db-1 \
    --label com.docker.compose.project=shop --label com.docker.compose.service=db)
  sliced=$(docker_run --name sliced --cgroup-parent batch-night.slice)
  in_cgroup "$(docker inspect --format '{{.State.Pid}}' web)" "/system\.slice/docker-$web\.scope\$"
  in_cgroup "$(docker inspect --format '{{.State.Pid}}' sliced)" \
    "/batch\.slice/batch-night\.slice/docker-$sliced\.scope\$"
  expect_container docker "$web" web '' '' \
    'image="names",compose_project="",compose_service="",pod_uid="",parent_id=""'
  expect_helper
  expect_container docker "$compose" shop-db-1 '' '' \
    'image="names",compose_project="shop",compose_service="db"'
  expect_helper
  expect_container docker "$sliced" sliced
  expect_helper
  check_names
}

remove_docker_containers() {
  docker ps --all --quiet | xargs docker rm --force
}
