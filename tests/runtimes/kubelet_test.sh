#!/usr/bin/env bash
# A container in "debug mode" takes the inotify watches of uid 0, and kubelet, which is uid 0 too,
# fails: on a real node it cannot watch its pods' files then, and says "no space left on device" of a
# disk that is half empty. kcommons names the pod, by files alone, and kubelet as the next to fail.
#
#   sudo tests/runtimes/kubelet_test.sh
#
# The pod is a real one, of containerd's CRI plugin; kubelet is played by programs in the cgroup of
# its unit. The limit is lowered for some seconds; programs of root can add no watches meanwhile.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR/../e2e source=lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=engine.sh
. "$here/../e2e/engine.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=monitoring.sh
. "$here/../e2e/monitoring.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=audit.sh
. "$here/../e2e/audit.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=watches.sh
. "$here/../e2e/watches.sh"
# shellcheck source-path=SCRIPTDIR source=names.sh
. "$here/names.sh"
# shellcheck source-path=SCRIPTDIR source=containerd.sh
. "$here/containerd.sh"

readonly UNIT=kubelet.service
readonly POD=payments-6c5d7f9b8-k2lqz
readonly CONTAINER=api
readonly SPACE=shop

# It watches some files before the pod comes, and would like to watch more then.
start_kubelet() {
  local log=$KCOMMONS_E2E_WORK/kubelet.log manifests=$KCOMMONS_E2E_WORK/manifests
  [[ ! -d /sys/fs/cgroup/system.slice/$UNIT && ! -d /sys/fs/cgroup/systemd/system.slice/$UNIT ]] ||
    skip "a kubelet runs on this host"
  unit_make "$UNIT"
  mkdir "$manifests"
  printf 'a line\n' >"$KCOMMONS_E2E_WORK/watched"
  start "$log" unit_exec "$UNIT" "$KCOMMONS_E2E_WORK/bin/e2e_hog" watches 20 "$manifests"
  wait_for "$E2E_DEADLINE" "watches of $UNIT" grep -q '^watches: 20$' "$log"
  say "in $UNIT, uid 0 watches 20 files"
}

start_debug_mode() {
  pod_run "$SPACE" "$POD" "$CONTAINER" /bin/e2e_hog watches until-enospc /watched
  wait_for "$E2E_DEADLINE" "full pool" grep -Eq ' watches: [0-9]+ full$' "$POD_LOG"
  say "container $CONTAINER of pod $POD adds watches until it can add no more:"
  quote "$(tail -n 1 "$POD_LOG")"
}

# holds_most: the largest holder of the pool is the container, by all its names.
holds_most() {
  HOLDERS=$(series_of_watches kcommons_container_used)
  # shellcheck disable=SC2016 # variables of jq
  jq -e --arg id "$CONTAINER_ID" --arg pod "$POD" --arg container "$CONTAINER" \
    --arg namespace "$SPACE" 'max_by(.value).labels
      | .container_id == $id and .runtime == "containerd-cri" and .role == "workload"
        and .namespace == $namespace and .pod == $pod and .container == $container' \
    <<<"$HOLDERS" >/dev/null
}

is_neighbour() {
  NEIGHBOURS=$(series_of_watches kcommons_host_neighbour)
  jq -e --arg unit "$UNIT" '[.[] | select(.labels.unit == $unit) | .value] == [1]' \
    <<<"$NEIGHBOURS" >/dev/null
}

# series_of_watches NAME: of the pool of uid 0; an empty list where there are none.
series_of_watches() {
  metrics "$1" | jq -c '[.[] | select(.labels.resource == "inotify_watches"
    and .labels.userns == "initial" and .labels.uid == "0")]'
}

expect_metrics() {
  wait_for "$E2E_DEADLINE" "container $CONTAINER as the largest holder" holds_most
  say "/metrics: the most watches of uid 0 are those of"
  quote "$(jq -r 'max_by(.value) | "\(.value) \(.labels | {namespace, pod, container, runtime})"' \
    <<<"$HOLDERS")"
  wait_for "$E2E_DEADLINE" "neighbour $UNIT" is_neighbour
  say "/metrics: $UNIT shares that pool"
  quote "$(jq -r --arg unit "$UNIT" '.[] | select(.labels.unit == $unit)
    | "\(.name)\(.labels | {resource, uid, unit}) \(.value)"' <<<"$NEIGHBOURS")"
}

expect_audit() {
  # shellcheck disable=SC2016 # variables of jq
  wait_for "$E2E_DEADLINE" "audit that names both" audit_has inotify_watches 0 \
    '.finding.severity == "CRITICAL" and .pool.error == "ENOSPC"
     and .pool.top_holder.name == $name and .pool.top_holder.container_id == $id
     and (.pool.neighbours.names | contains([$name, $unit]))' \
    --arg name "$SPACE/$POD/$CONTAINER" --arg id "${CONTAINER_ID:0:12}" --arg unit "$UNIT"
  say "kcommons audit names both:"
  audit_shows inotify_watches
}

main() {
  E2E_PROGRAMS=(containerd ctr runc protoc busybox inotifywait jq curl awk tar)
  require_exporter
  guarded_run "$WATCHES_SYSCTL" -- "$@"
  start_cri
  start_kubelet
  start_kcommons
  lower_max_user_watches
  start_debug_mode
  expect_inotifywait_fails "$UNIT"
  expect_metrics
  expect_audit
  pod_remove
  wait_for "$E2E_DEADLINE" "free watches" can_watch
  say "the pod is removed, and kubelet can watch again"
  sysctl_restore
  sysctl_assert_restored
}

main "$@"
