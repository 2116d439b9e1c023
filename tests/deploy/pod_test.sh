#!/usr/bin/env bash
# The pod of the DaemonSet, as it stands in deploy/kubernetes/base, with the image of deploy/docker, run by
# containerd's CRI plugin as kubelet would have it run: it serves the same series as the same binary on the
# host beside it, as a user that is not root and with no right more than it needs.
#
#   sudo tests/deploy/pod_test.sh
#
# Only the network is not the pod's own but the host's, because that would take a network plugin.
# Environment: KCOMMONS and KCOMMONS_E2E_BIN as in tests/e2e.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../e2e source=lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=engine.sh
. "$here/../e2e/engine.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=monitoring.sh
. "$here/../e2e/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=same_series.sh
. "$here/same_series.sh"
# shellcheck source-path=SCRIPTDIR/../runtimes source=names.sh
. "$here/../runtimes/names.sh"
# shellcheck source-path=SCRIPTDIR/../runtimes source=containerd.sh
. "$here/../runtimes/containerd.sh"

readonly BASE=$root/deploy/kubernetes/base
readonly IMAGE=docker.io/library/kcommons:pod-test
readonly USER_ID=65532
# Bits of DAC_READ_SEARCH, PERFMON and BPF, which the source bpf needs, and of SYS_PTRACE with these.
readonly KEPT=000000c000000004 GIVEN=000000c000080004
# What both are told: short intervals, so that the test is, and no runtime but the test's.
readonly MORE='
sampling: {pools_interval: 1s, holdings_interval: 2s, peak_window: 2s}
neighbours_above: 0
identity:
  roots: {containerd: [/run/containerd], docker: [], runc: [], crun: [], cri_o: [], podman: [], machines: []}
'

import_kcommons() {
  "$root/deploy/docker/build.sh" --binary "$(exporter_binary)" --tag "$IMAGE" \
    --output "$KCOMMONS_E2E_WORK/kcommons.tar" 2>"$KCOMMONS_E2E_WORK/build.log" ||
    die "build.sh failed: $(tail -n 5 "$KCOMMONS_E2E_WORK/build.log")"
  ctr_in k8s.io images import --snapshotter native "$KCOMMONS_E2E_WORK/kcommons.tar" \
    >"$ENGINE_DIR/import.log" 2>&1 || die "ctr import failed: $(cat "$ENGINE_DIR/import.log")"
}

start_workload() {
  pod_run shop web-0 app /bin/e2e_hog watches 40 /watched
  STILL=$CONTAINER_ID
  wait_for "$E2E_DEADLINE" "held watches" grep -Eq ' watches: 40$' "$POD_LOG"
  say "a pod runs: shop/web-0/app has 40 inotify watches"
}

start_pod() {
  PORT=$(free_port)
  mkdir "$KCOMMONS_E2E_WORK/volumes" "$KCOMMONS_E2E_WORK/pod-logs"
  POD_MORE=$(/usr/bin/python3 "$here/pod.py" "$BASE" "$KCOMMONS_E2E_WORK/volumes" "$IMAGE" "$MORE" \
    "/run/containerd=$ENGINE_DIR/containerd/state" "/var/log/containers=$KCOMMONS_E2E_WORK/pod-logs") ||
    die "no pod can be made of $BASE"
  # The port of the manifest may be somebody's here.
  POD_MORE=$(jq --arg address "127.0.0.1:$PORT" '.config.args += ["--web.listen-address=\($address)"]' <<<"$POD_MORE")
  pod_run kcommons kcommons-x7k2p kcommons
  POD_MORE='{}'
  POD_SANDBOX=$SANDBOX_ID
  wait_for "$((2 * E2E_DEADLINE))" "answer of the pod" pod_answers
  POD_PID=$(pod_pid)
  say "the pod of the DaemonSet runs, and its probes are answered"
}

pod_pid() {
  pgrep -f "^/usr/bin/kcommons serve .*--web.listen-address=127.0.0.1:$PORT\$"
}

# Both probes, where the manifest has them.
pod_answers() {
  local path
  pod_pid >/dev/null || die "the pod ended: $(tail -n 5 "$POD_LOG")"
  while read -r path; do
    http_ok "http://127.0.0.1:$PORT$path" || return 1
  done < <(sed -n 's,^ *path: \(/-/.*\),\1,p' "$BASE/daemonset.yaml")
}

status_of() {
  awk -v key="$1:" '$1 == key { print $2 }' "/proc/$POD_PID/status"
}

expect_rights() {
  local what expected
  while read -r what expected; do
    [[ $(status_of "$what") == "$expected" ]] || die "$what is $(status_of "$what"), expected $expected"
  done <<EXPECTED
Uid $USER_ID
Gid $USER_ID
CapEff $KEPT
CapPrm $KEPT
CapBnd $GIVEN
CapInh 0000000000000000
CapAmb 0000000000000000
NoNewPrivs 1
EXPECTED
  # The runtime's filter of system calls and its own.
  (($(status_of Seccomp_filters) >= 2)) || die "the runtime has no filter of system calls"
  say "it is UID $USER_ID with BPF, PERFMON and DAC_READ_SEARCH; SYS_PTRACE it has given up"
}

# What is mounted below, the file systems of containers, only a newer containerd makes read-only.
expect_read_only() {
  local writable folder folders=0
  writable=$(awk '$5 ~ "^(/|/host/.*|/etc/kcommons)$" && $6 !~ /^ro(,|$)/ && $5 !~ "/rootfs(/|$)" { print $5, $6 }' \
    "/proc/$POD_PID/mountinfo")
  [[ -z $writable ]] || die "it could write to $writable"
  while read -r folder; do
    if find "/proc/$POD_PID/root$folder" -xdev -type s | grep .; then die "it sees sockets of the host"; fi
    folders=$((folders + 1))
  done < <(awk '$5 ~ "^/host/" && $5 !~ "/rootfs(/|$)" { print $5 }' "/proc/$POD_PID/mountinfo")
  ((folders == 3)) || die "it has $folders folders and files of the host, expected 3"
  [[ -s $KCOMMONS_E2E_WORK/volumes/incidents/incidents.jsonl ]] || die "it keeps no incidents"
  say "it writes to its emptyDir alone, and sees no socket"
}

expect_same_series() {
  local deadline=$((SECONDS + 2 * E2E_DEADLINE)) state=$ENGINE_DIR/containerd/state host_port
  host_port=$(free_port)
  printf '%s' "${MORE//\/run\/containerd/$state}" >"$KCOMMONS_E2E_WORK/host.yaml"
  start "$KCOMMONS_E2E_WORK/host.log" "$(exporter_binary)" serve --config.file="$KCOMMONS_E2E_WORK/host.yaml" \
    --web.listen-address="127.0.0.1:$host_port"
  wait_for "$E2E_DEADLINE" "answer of the host's process" http_ok "http://127.0.0.1:$host_port/-/ready"
  until same_series "$PORT" "$host_port" "$STILL"; do
    ((SECONDS < deadline)) || die "they differ: $(tail -n 20 "$KCOMMONS_E2E_WORK/differences")"
    sleep 1
  done
  say "of the pod and the host's process, $(tail -n 1 "$KCOMMONS_E2E_WORK/differences")"
  grep -q '^kcommons_source_info{source="bpf"' "$KCOMMONS_E2E_WORK/packed.prom" || die "it does not read by bpf"
}

# file systems of containers that are mounted below what it has mounted.
kept_mounts() {
  grep -c " /host/.*/$1" "/proc/$POD_PID/mountinfo" || true
}

# A mount that it kept would keep the files of a container that is gone.
expect_nothing_kept() {
  (($(kept_mounts "$STILL") == 1)) || die "the file system of $STILL is not where it was expected"
  cri remove "$WORKLOAD_SANDBOX"
  (($(kept_mounts "$STILL") == 0)) || die "it keeps the file system of $STILL"
  say "a pod that is removed is gone from its mounts too"
}

main() {
  E2E_PROGRAMS=(containerd ctr runc protoc busybox jq curl awk tar setcap strip python3)
  require_exporter
  /usr/bin/python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"
  # The sysctl is only saved: with_sysctl wants one.
  guarded_run fs.inotify.max_user_watches -- "$@"
  start_cri
  import_kcommons
  start_workload
  WORKLOAD_SANDBOX=$SANDBOX_ID
  start_pod
  expect_rights
  expect_read_only
  expect_same_series
  expect_nothing_kept
  cri remove "$POD_SANDBOX"
}

main "$@"
