#!/usr/bin/env bash
# Real containers of real runtimes, and what kcommons calls them.
#
#   sudo tests/runtimes/names_test.sh [RUNTIME...]
#
# RUNTIME is one of those below, all of them if there is none. One daemon looks at all of them. See
# README.md.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR/../e2e source=lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=engine.sh
. "$here/../e2e/engine.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=monitoring.sh
. "$here/../e2e/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=names.sh
. "$here/names.sh"
# shellcheck source-path=SCRIPTDIR source=docker.sh
. "$here/docker.sh"
# shellcheck source-path=SCRIPTDIR source=containerd.sh
. "$here/containerd.sh"
# shellcheck source-path=SCRIPTDIR source=podman.sh
. "$here/podman.sh"
# shellcheck source-path=SCRIPTDIR source=others.sh
. "$here/others.sh"

# What starts each, and the programs that it needs.
declare -A STARTS=([docker]=start_docker [docker-userns]=start_docker_userns
  [containerd]=start_containerd_names [cri]=start_cri_names [podman]=start_podman
  [runc]=start_runc [lxc]=start_lxc [nspawn]=start_nspawn)
declare -A NEEDS=([docker]='dockerd docker containerd runc'
  [docker-userns]='dockerd docker containerd runc unshare nsenter'
  [containerd]='containerd ctr runc' [cri]='containerd ctr runc protoc' [podman]='podman runc'
  [runc]='runc' [lxc]='lxc-start' [nspawn]='systemd-nspawn')

main() {
  local -a runtimes=("$@")
  local runtime
  ((${#runtimes[@]} > 0)) || runtimes=("${!STARTS[@]}")
  E2E_PROGRAMS=(busybox jq curl awk tar)
  for runtime in "${runtimes[@]}"; do
    [[ -n ${STARTS[$runtime]:-} ]] || die "no such runtime: $runtime, expected one of ${!STARTS[*]}"
    # shellcheck disable=SC2206 # several words
    E2E_PROGRAMS+=(${NEEDS[$runtime]})
  done
  require_exporter
  # The sysctl is only saved: with_sysctl wants one.
  guarded_run fs.inotify.max_user_watches -- "$@"
  for runtime in "${runtimes[@]}"; do "${STARTS[$runtime]}"; done
  start_kcommons
  expect_names
}

main "$@"
