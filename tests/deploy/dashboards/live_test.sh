#!/usr/bin/env bash
# Every query of every dashboard, and of every variable, is asked of a real Prometheus, as Grafana
# would ask it, and must be answered. What Prometheus scrapes:
#
#   here      a real daemon that watches this machine, on which a Docker engine of its own runs with
#             shop-import, a container whose user may have 20 processes: it starts 17, one after the
#             other, so that a pool grows, is filling and begins an incident; packets for it are dropped.
#             Another container holds files, a third inotify watches
#   worker-1  a real daemon that reads a tree of files which looks like /proc of a node of Kubernetes
#             (tests/integration/fixture_tree.cpp), its pods named by what a kubelet leaves in
#             /var/log/containers. Nothing moves there. As on Kubernetes, its target has labels pod,
#             namespace and container of its own, and a cluster
#   worker-2  the same, with fs.file-max that is no limit
#   worker-3  an exporter that does not answer
#   worker-4  a file, recorded.txt: a pod with a network of its own, which is booked to its sandbox. A
#             pod with such a network needs a plugin for it, which no test here has
#
# live_test.mjs says what must come from where. No limit of the machine is changed.
#
#   sudo tests/deploy/dashboards/live_test.sh
#
# Environment: KCOMMONS and KCOMMONS_E2E_BIN as in tests/e2e, KCOMMONS_INTEGRATION_BIN is where fixture_tree
# is (default build/release/tests/integration).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../.. source=e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../.. source=e2e/engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../e2e/engine.sh"
# shellcheck source-path=SCRIPTDIR/../.. source=e2e/monitoring.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../e2e/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=modules.sh
. "$(dirname "${BASH_SOURCE[0]}")/modules.sh"

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
: "${KCOMMONS_INTEGRATION_BIN:=$HERE/../../../build/release/tests/integration}"
E2E_PROGRAMS=(containerd dockerd docker runc busybox prometheus curl jq awk tar nsenter python3 node npm)

# A user that nobody else is, so that no program of the machine is in the pool.
readonly OWN_USER=64322
readonly PROCESSES=17 PROCESSES_LIMIT=20
readonly UNKNOWN_PACKETS=500

# --- this machine -----------------------------------------------------------------------------------

start_containers() {
  container_run --name shop-files -- /bin/e2e_hog files 300 >/dev/null
  container_run --name shop-notes --tmpfs /watched -- /bin/e2e_hog watches 50 /watched >/dev/null
  IMPORT=$(container_run --name shop-import --user "$OWN_USER" \
    --ulimit "nproc=$PROCESSES_LIMIT:$PROCESSES_LIMIT" -- /bin/sh -c "
      for i in \$(busybox seq 2 $PROCESSES); do busybox sleep 600 & busybox sleep 0.5; done
      exec busybox sleep 600")
}

# The loopback of the container takes packets of a protocol that nobody wants, and drops them.
drop_packets() {
  nsenter --target "$(engine inspect --format '{{.State.Pid}}' "$IMPORT")" --net \
    python3 - "$UNKNOWN_PACKETS" <<'PYTHON' || die "no packets can be sent in the container"
import socket
import sys

LOCAL_EXPERIMENTAL = 0x88B5
# Protocol 0: it takes nothing itself.
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sender.bind(("lo", 0))
for _ in range(int(sys.argv[1])):
    sender.send(bytes(12) + LOCAL_EXPERIMENTAL.to_bytes(2, "big") + bytes(46))
PYTHON
}

# --- a node of files --------------------------------------------------------------------------------

# start_worker NAME [TREE-FLAG]: WORKER_PORT is where it answers.
start_worker() {
  local tree=$KCOMMONS_E2E_WORK/$1 name
  shift
  mkdir -p "$tree/proc" "$tree/root/var/log/containers"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$tree/proc" "$@"
  for name in c:checkout-0_shop_app d:reports-1_shop_worker e:ledger-0_bank_app; do
    : >"$tree/root/var/log/containers/${name#*:}-$(printf "${name%%:*}%.0s" {1..64}).log"
  done
  printf '%s\n' 'source: procfs' 'sampling: {pools_interval: 1s, holdings_interval: 2s}' \
    'incidents: {threshold: 0.5, clear: 0.4}' >"$tree/kcommons.yaml"
  WORKER_PORT=$(free_port)
  start "$tree/log" "$(exporter_binary)" serve "--config.file=$tree/kcommons.yaml" \
    "--path.procfs=$tree/proc" "--path.sysfs=$tree/proc/sys" "--path.rootfs=$tree/root" \
    "--web.listen-address=127.0.0.1:$WORKER_PORT"
  EXPORTER_PID=$STARTED
  wait_for "$E2E_DEADLINE" "ready exporter of $tree" exporter_ready "$WORKER_PORT"
}

# What is there of a node is a file; nobody else answers for it. RECORDED_PORT is where.
start_recorded() {
  mkdir "$KCOMMONS_E2E_WORK/recorded"
  cp "$HERE/recorded.txt" "$KCOMMONS_E2E_WORK/recorded/metrics.txt"
  RECORDED_PORT=$(free_port)
  start "$KCOMMONS_E2E_WORK/recorded.log" python3 -m http.server --bind 127.0.0.1 \
    --directory "$KCOMMONS_E2E_WORK/recorded" "$RECORDED_PORT"
  wait_for "$E2E_DEADLINE" "recorded node" http_ok "http://127.0.0.1:$RECORDED_PORT/metrics.txt"
}

# --- Prometheus -------------------------------------------------------------------------------------

# start_prometheus_of WORKER-1 WORKER-2 WORKER-3: ports, beside those of the others.
start_prometheus_of() {
  local port i pods=''
  for i in 1 2 3; do
    pods+="
      - targets: ['127.0.0.1:$1']
        labels: {instance: worker-$i, cluster: lab, namespace: monitoring, pod: kcommons-$i, container: kcommons}"
    shift
  done
  port=$(free_port)
  PROMETHEUS_URL=http://127.0.0.1:$port
  cat >"$KCOMMONS_E2E_WORK/prometheus.yml" <<CONFIG
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: kcommons
    honor_labels: true
    static_configs:
      - targets: ['127.0.0.1:$HERE_PORT']
        labels: {instance: here}$pods
  - job_name: kcommons-recorded
    honor_labels: true
    metrics_path: /metrics.txt
    static_configs:
      - targets: ['127.0.0.1:$RECORDED_PORT']
        labels: {instance: worker-4, cluster: lab}
CONFIG
  start "$KCOMMONS_E2E_WORK/prometheus.log" prometheus \
    "--config.file=$KCOMMONS_E2E_WORK/prometheus.yml" \
    "--storage.tsdb.path=$KCOMMONS_E2E_WORK/prometheus" "--web.listen-address=127.0.0.1:$port"
  wait_for "$E2E_DEADLINE" "ready Prometheus" http_ok "$PROMETHEUS_URL/-/ready"
}

has() {
  prom_test "$1" 'length > 0'
}

# The load is in what Prometheus has: the pool that grew is filling, which has begun an incident, and who
# fails with it is named; packets were dropped after the first that were seen.
wait_for_load() {
  wait_for "$E2E_DEADLINE" "pool of processes that is filling" \
    has "kcommons_pool_used{instance=\"here\", resource=\"user_processes\", uid=\"$OWN_USER\"} >= $PROCESSES"
  wait_for "$E2E_DEADLINE" "incident" \
    has 'increase(kcommons_incidents_total{instance="here", resource="user_processes"}[1m]) > 0'
  wait_for "$E2E_DEADLINE" "neighbours" \
    has "kcommons_container_neighbour{instance=\"here\", uid=\"$OWN_USER\"}"
  wait_for "$E2E_DEADLINE" "holdings of the last moment" \
    has "kcommons_container_used{resource=\"user_processes\", container=\"shop-import\"} >= $PROCESSES"
  wait_for "$E2E_DEADLINE" "dropped packets" \
    has 'rate(kcommons_container_receive_dropped_total{instance="here", container="shop-import"}[1m]) > 0'
  wait_for "$E2E_DEADLINE" "pods of the other node" \
    has 'kcommons_container_used{instance="worker-1", namespace="shop", pod="checkout-0"}'
}

main() {
  local workers=() i
  require_exporter
  [[ -x $KCOMMONS_INTEGRATION_BIN/fixture_tree ]] ||
    die "no fixture_tree in $KCOMMONS_INTEGRATION_BIN: build it, or set KCOMMONS_INTEGRATION_BIN"
  guarded_run -- "$@"
  install_modules "$KCOMMONS_E2E_WORK/modules"
  start_engine
  start_worker worker-1
  workers+=("$WORKER_PORT")
  start_worker worker-2 --no-file-max
  workers+=("$WORKER_PORT" "$(free_port)")
  HERE_PORT=$(free_port)
  start_exporter "$HERE_PORT" "identity:
  roots: {docker: [$ENGINE_DIR/docker-data], containerd: [$ENGINE_DIR/containerd/state]}
incidents: {threshold: 0.8, clear: 0.7}"
  start_recorded
  start_prometheus_of "${workers[@]}"
  say "Prometheus scrapes this machine, two nodes of files, a recorded one and one that does not answer"
  # Not before they are known to be few: a rate needs a beginning.
  wait_for "$E2E_DEADLINE" "first scrape" has 'kcommons_containers{instance="here"}'
  start_containers
  wait_for "$E2E_DEADLINE" "scrape of the container" \
    has 'kcommons_container_receive_dropped_total{instance="here", container="shop-import"}'
  drop_packets
  wait_for_load
  say "one pool is filling, one container has lost packets"
  PROMETHEUS_URL=$PROMETHEUS_URL DASHBOARDS=$HERE/../../../deploy/grafana/dashboards \
    IMPORTER=$OWN_USER \
    IMPORT=$IMPORT \
    node --test-reporter=spec "$KCOMMONS_E2E_WORK/modules/live_test.mjs" || die "see above"
}

main "$@"
