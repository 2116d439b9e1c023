#!/usr/bin/env bash
# A fleet on one machine: what it costs a Prometheus to watch so many nodes, and how long people wait
# for what dashboards and rules ask of it.
#
#   sudo tests/bench/fleet.sh [--nodes N] [--containers N] [--minutes N] [--dashboards FOLDER]
#
# One node with a real load is recorded (`kcommons record`); of that, a recording of each node is made,
# with containers, pods and movement of its own (fleet_nodes.py), and `kcommons serve --replay`, one
# process a node, serves it. A real Prometheus with the rules of deploy/prometheus scrapes them all every
# 15 seconds. Prints tables in Markdown.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCRAPE_INTERVAL=15
readonly CLUSTERS=4
readonly LOOKS=6

nodes=200 containers=100 minutes=10 dashboards=$ROOT/deploy/grafana/dashboards

number() {
  [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || die "$1: ${2:-nothing}: expected a number"
}

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --help | -h) print_help ;;
      --nodes) number "$@" && nodes=$2 ;;
      --containers) number "$@" && containers=$2 ;;
      --minutes) number "$@" && minutes=$2 ;;
      --dashboards) dashboards=${2-} ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
}

# Two processes a container, as pods have a sidecar; some of them watch files.
record_a_node() {
  room_for $((containers * 60)) "$containers" $((containers * 12))
  start_load --processes $((containers * 2)) --descriptors 24 --mix mixed --containers "$containers" \
    --inotify-instances $((containers * 6 / 10)) --watches 20
  "$KCOMMONS" record >"$WORK/recording"
  stop_load
}

# Each node by itself, on a port of its own; few threads, as one scraper comes.
start_nodes() {
  local node
  mkdir "$WORK/nodes"
  python3 "$here/fleet_nodes.py" "$WORK/recording" "$WORK/nodes" "$nodes" "$LOOKS"
  cat >"$WORK/node.yaml" <<YAML
web:
  listen_address: 127.0.0.1:0
  max_requests: 2
reserve:
  walks: 0
  connections: 0
log:
  level: info
YAML
  for ((node = 0; node < nodes; node++)); do
    start "$(printf 'node-%03d' "$node")" "$KCOMMONS" serve "--config.file=$WORK/node.yaml" \
      --replay "$WORK/nodes/$(printf 'node-%03d.json' "$node")"
    NODES+=("$STARTED")
  done
  for ((node = 0; node < nodes; node++)); do
    LOG=$WORK/$(printf 'node-%03d.log' "$node")
    wait_for "node $node that is ready" "${NODES[node]}" is_ready
    PORTS+=("$(sed 's/.*:\([0-9]*\)\/.*/\1/' <<<"$URL")")
  done
  say "$nodes nodes are ready"
}

write_targets() {
  local node
  for ((node = 0; node < nodes; node++)); do
    jq -n --arg port "${PORTS[node]}" --arg node "$(printf 'node-%03d' "$node")" \
      --arg cluster "cluster-$((node % CLUSTERS))" \
      '{targets: ["127.0.0.1:" + $port], labels: {node: $node, cluster: $cluster}}'
  done | jq -s . >"$WORK/targets.json"
}

start_prometheus() {
  write_targets
  cat >"$WORK/prometheus.yml" <<YAML
global:
  scrape_interval: ${SCRAPE_INTERVAL}s
  evaluation_interval: ${SCRAPE_INTERVAL}s
rule_files: [$ROOT/deploy/prometheus/rules/*.yml]
scrape_configs:
  - job_name: kcommons
    honor_labels: true
    file_sd_configs: [{files: [$WORK/targets.json]}]
    # As on nodes of their own: the instance is the node.
    relabel_configs:
      - {source_labels: [node], target_label: instance}
  - job_name: prometheus
    static_configs: [{targets: ["127.0.0.1:$PROMETHEUS_PORT"]}]
YAML
  start prometheus prometheus "--config.file=$WORK/prometheus.yml" "--storage.tsdb.path=$WORK/tsdb" \
    "--web.listen-address=127.0.0.1:$PROMETHEUS_PORT"
  PROMETHEUS=$STARTED
  wait_for "Prometheus that is ready" "$PROMETHEUS" \
    curl -fs -o /dev/null "http://127.0.0.1:$PROMETHEUS_PORT/-/ready"
}

# ask EXPRESSION: its one value.
ask() {
  curl -fsS --max-time 60 --data-urlencode "query=$1" "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" |
    jq -r '.data.result[0].value[1] // "none"'
}

# row WHAT EXPRESSION [FORMAT]
row() {
  local value
  value=$(ask "$2")
  [[ $value != none ]] || die "$1: no value of $2"
  # shellcheck disable=SC2059 # the format is the caller's
  printf "| %s | ${3-%.0f} |\n" "$1" "$value"
}

print_figures() {
  local window=$((minutes * 60 / 2))s
  printf '| what | value |\n| --- | ---: |\n'
  row "nodes that are up" 'sum(up{job="kcommons"})'
  row "containers a node" 'avg(kcommons_containers)'
  row "series a node" 'avg(scrape_samples_scraped{job="kcommons"})'
  row "series in the head, those of rules included" prometheus_tsdb_head_series
  row "samples a second" "rate(prometheus_tsdb_head_samples_appended_total[$window])"
  row "resident memory of Prometheus, MiB" 'process_resident_memory_bytes{job="prometheus"} / 1048576'
  row "of that, bytes a series" \
    'process_resident_memory_bytes{job="prometheus"} / on () prometheus_tsdb_head_series'
  row "processor time of Prometheus, of one core" \
    "rate(process_cpu_seconds_total{job=\"prometheus\"}[$window])" %.2f
  row "longest scrape, ms" \
    "1000 * max(max_over_time(scrape_duration_seconds{job=\"kcommons\"}[$window]))" %.0f
  row "processor time of a node's kcommons, of one core" \
    "avg(rate(process_cpu_seconds_total{job=\"kcommons\"}[$window]))" %.4f
  row "resident memory of a node's kcommons, MiB" \
    'avg(process_resident_memory_bytes{job="kcommons"}) / 1048576' %.1f
  row "alerts that fire or wait" 'count(ALERTS) or vector(0)'
  printf '\n| rules | longest evaluation, ms |\n| --- | ---: |\n'
  curl -fsS --data-urlencode \
    "query=1000 * max by (rule_group) (max_over_time(prometheus_rule_group_last_duration_seconds[$window]))" \
    "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" |
    jq -r '.data.result | sort_by(.metric.rule_group)[]
      | "| \(.metric.rule_group | split(";")[1]) (\(.metric.rule_group | split(";")[0] | split(".")[-2])) | \(.value[1] | tonumber | round) |"'
  curl -fsS "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/alerts" |
    jq -r '[.data.alerts[] | .labels.alertname + " " + (.labels.resource // "")] | group_by(.)[] | "\(length) x \(.[0])"' >&2
}

parse_arguments "$@"
install_packages prometheus jq python3
guarded_run "$@"
NODES=() PORTS=()
record_a_node
start_nodes
PROMETHEUS_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_prometheus
say "watching for $minutes minutes"
sleep $((minutes * 60))
print_figures
if [[ -d $dashboards ]]; then
  printf '\n'
  python3 "$here/fleet_queries.py" "http://127.0.0.1:$PROMETHEUS_PORT" "$minutes" "$dashboards"
fi
printf '\nMachine: %s.\n' "$(machine)"
