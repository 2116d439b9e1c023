# shellcheck shell=bash
# The exporter and Prometheus of an end-to-end test, and what one may ask of the latter. To be
# sourced after lib.sh.
#
# Environment, all optional:
#   KCOMMONS             the exporter's binary (default build/release/cmd/kcommons/kcommons)
#   KCOMMONS_E2E_SOURCE  the census source of its configuration (default auto)

# Seconds: several scrapes, all of them in vain.
readonly E2E_NO_EXPORTER_DEADLINE=8

# A command to be put before the exporter.
EXPORTER_AS=()

http_ok() {
  curl --noproxy '*' -fsS -o /dev/null --max-time 2 "$1" 2>/dev/null
}

# What tests/run.sh built, or what deploy/run.sh did.
exporter_binary() {
  local build=$E2E_DIR/../../build binary=cmd/kcommons/kcommons
  if [[ -n ${KCOMMONS:-} ]]; then
    printf '%s\n' "$KCOMMONS"
  elif [[ -x $build/release/$binary ]]; then
    printf '%s\n' "$build/release/$binary"
  else
    printf '%s\n' "$build/run/$binary"
  fi
}

require_exporter() {
  [[ -x $(exporter_binary) ]] || die "no exporter at $(exporter_binary): build it, or set KCOMMONS"
}

# Seconds between two walks over all processes.
HOLDINGS_INTERVAL=2

# start_exporter PORT [MORE]: MORE is more of its configuration, YAML.
start_exporter() {
  cat >"$KCOMMONS_E2E_WORK/kcommons.yaml" <<CONFIG
source: ${KCOMMONS_E2E_SOURCE:-auto}
sampling:
  pools_interval: 1s
  holdings_interval: ${HOLDINGS_INTERVAL}s
${2:-}
CONFIG
  start "$KCOMMONS_E2E_WORK/kcommons.log" "${EXPORTER_AS[@]}" "$(exporter_binary)" serve \
    "--config.file=$KCOMMONS_E2E_WORK/kcommons.yaml" "--web.listen-address=127.0.0.1:$1"
  EXPORTER_PID=$STARTED
  wait_for "$E2E_DEADLINE" "ready exporter" exporter_ready "$1"
}

exporter_ready() {
  alive "$EXPORTER_PID" || die "the exporter ended: $(tail -n 5 "$KCOMMONS_E2E_WORK/kcommons.log")"
  http_ok "http://127.0.0.1:$1/-/ready"
}

# start_prometheus EXPORTER_PORT: scrapes that port each second.
start_prometheus() {
  local port
  port=$(free_port)
  PROMETHEUS_URL=http://127.0.0.1:$port
  cat >"$KCOMMONS_E2E_WORK/prometheus.yml" <<CONFIG
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: kcommons
    honor_labels: true
    static_configs:
      - targets: ["127.0.0.1:$1"]
CONFIG
  start "$KCOMMONS_E2E_WORK/prometheus.log" prometheus \
    "--config.file=$KCOMMONS_E2E_WORK/prometheus.yml" \
    "--storage.tsdb.path=$KCOMMONS_E2E_WORK/prometheus" "--web.listen-address=127.0.0.1:$port"
  wait_for "$E2E_DEADLINE" "ready Prometheus" http_ok "$PROMETHEUS_URL/-/ready"
  # `up` is 1 or 0 once there was a scrape; either says that Prometheus does its work.
  wait_for "$E2E_DEADLINE" "first scrape" prom_test up 'length == 1'
}

# start_monitoring [without-exporter]
start_monitoring() {
  local port
  port=$(free_port)
  if [[ ${1:-} == without-exporter ]]; then
    say "the exporter is NOT started: nobody answers on 127.0.0.1:$port"
    start_prometheus "$port"
    PROMETHEUS_DEADLINE=$E2E_NO_EXPORTER_DEADLINE
  else
    start_exporter "$port"
    start_prometheus "$port"
    PROMETHEUS_DEADLINE=$E2E_DEADLINE
    say "kcommons answers on 127.0.0.1:$port, Prometheus scrapes it each second"
  fi
}

# prom_query EXPR: the vector that the HTTP API answers, as JSON. Fails if Prometheus does not
# answer or calls the expression wrong.
prom_query() {
  curl --noproxy '*' -fsS --max-time 5 --get --data-urlencode "query=$1" \
    "$PROMETHEUS_URL/api/v1/query" | jq -ce 'select(.status == "success") | .data.result'
}

# prom_test EXPR FILTER [JQ-OPTION...]: does the jq filter hold of the answer? PROMETHEUS_ANSWER is
# the answer.
prom_test() {
  local expression=$1 filter=$2
  shift 2
  PROMETHEUS_ANSWER=$(prom_query "$expression") || die "Prometheus does not answer: $expression"
  jq -e "$@" "$filter" <<<"$PROMETHEUS_ANSWER" >/dev/null
}

# prom_expect WHAT EXPR FILTER [JQ-OPTION...]: asks until the filter holds. After the deadline the
# test has failed: with its own exit code if the last answer was empty.
prom_expect() {
  local what=$1 expression=$2 deadline
  shift 2
  deadline=$((SECONDS + PROMETHEUS_DEADLINE))
  until prom_test "$expression" "$@"; do
    if ((SECONDS >= deadline)); then
      if [[ $PROMETHEUS_ANSWER == '[]' ]]; then
        printf 'NO ANSWER: Prometheus has nothing for %s\n' "$expression" >&2
        exit "$E2E_NO_ANSWER"
      fi
      die "$what: Prometheus answers $PROMETHEUS_ANSWER to $expression"
    fi
    sleep 0.2
  done
  say "$what"
  quote "$expression"
  quote "$(jq -r '.[] | "=> \(.value[1])  \(.metric | del(.instance, .job, .__name__) | tostring)"' \
    <<<"$PROMETHEUS_ANSWER")"
}
