#!/usr/bin/env bash
# kcommons works when there is nothing left to work with: a container holds what it can get for as
# long as asked, while a real Prometheus scrapes a kcommons without CAP_SYS_ADMIN, and new clients
# come. No census and no scrape may fail in that time, and the culprit is in the data at any moment.
#
#   sudo tests/e2e/exhaustion.sh file-max|descriptor-limit|memory [SECONDS]
#
#   file-max          container A fills fs.file-max and tries again every 10 ms
#   descriptor-limit  kcommons itself may not open one descriptor more
#   memory            the cgroup of kcommons is at its limit, with another process that wants more
#
# 20 seconds where nothing else is said, with a walk over all processes every two seconds; from a
# minute on it is every ten, as by default: what is held in reserve is meant for that. file-max lowers
# that limit: README.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/engine.sh"
# shellcheck source-path=SCRIPTDIR source=monitoring.sh
. "$(dirname "${BASH_SOURCE[0]}")/monitoring.sh"

# What kcommons needs for its source, as its unit has it; not CAP_SYS_ADMIN, for whom file-max is no
# limit.
readonly CAPABILITIES=-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search
# How many files container A holds: at file-max, beside what was in use before.
readonly FILES=6000
# A new client may take so long.
readonly CLIENT_SECONDS=5

usage() {
  die "usage: $0 file-max|descriptor-limit|memory [SECONDS]"
}

# --- what runs out ----------------------------------------------------------------------------

exhaust_file_max() {
  local used limit
  read -r used _ </proc/sys/fs/file-nr
  limit=$((used + FILES))
  ((limit < $(sysctl_get fs.file-max))) || skip "fs.file-max is already below $limit"
  sysctl_set fs.file-max "$limit"
  start_hog until-enfile ' full$'
  say "container A (${A:0:12}) has all that was left of fs.file-max=$limit, $(container_last_line "$A")"
}

exhaust_descriptor_limit() {
  start_hog "$FILES" ": $FILES\$"
  say "container A (${A:0:12}) holds $(container_last_line "$A")"
  # Its descriptors have the lowest numbers, but for what was closed between them.
  local limit
  limit=$(find "/proc/$EXPORTER_PID/fd" -mindepth 1 -printf '%f\n' | sort -n | awk '
    $1 != expected { exit } { expected++ } END { print expected + 0 }')
  prlimit --pid "$EXPORTER_PID" --nofile="$limit"
  say "kcommons may have $limit descriptors and has $(find "/proc/$EXPORTER_PID/fd" -mindepth 1 | wc -l)"
}

# The memory controller's hierarchy, and the files of limit and use there.
memory_hierarchy() {
  awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ {
      print $2, "memory.limit_in_bytes", "memory.usage_in_bytes"; found = 1; exit
    }
    $3 == "cgroup2" { v2 = $2 }
    END { if (!found && v2) print v2, "memory.max", "memory.current" }' /proc/self/mounts
}

# Before kcommons is started, so that all that it has is charged there.
prepare_memory() {
  local hierarchy
  read -r hierarchy MEMORY_LIMIT MEMORY_USE < <(memory_hierarchy) || skip "no memory controller here"
  MEMORY_GROUP=$hierarchy/kcommons-e2e-memory
  cgroup_will_make kcommons-e2e-memory
  mkdir -p "$MEMORY_GROUP"
  [[ -e $MEMORY_GROUP/$MEMORY_LIMIT ]] || skip "no memory controller in $hierarchy"
  # shellcheck disable=SC2016 # expanded by the inner shell
  EXPORTER_AS=(bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$MEMORY_GROUP" "${EXPORTER_AS[@]}")
}

has_walked() {
  (($(curl --noproxy '*' -fsS "$EXPORTER_URL/metrics" |
    awk '$1 == "kcommons_census_total{kind=\"holdings\"}" { print $2 }') >= $1))
}

exhaust_memory() {
  local limit
  start_hog "$FILES" ": $FILES\$"
  say "container A (${A:0:12}) holds $(container_last_line "$A")"
  # What it needs it has got by then: each walk finds the memory of the one before.
  wait_for $((E2E_DEADLINE + 5 * HOLDINGS_INTERVAL)) "five walks" has_walked 5
  limit=$(($(<"$MEMORY_GROUP/$MEMORY_USE") + (2 << 20)))
  printf '%s\n' "$limit" >"$MEMORY_GROUP/$MEMORY_LIMIT"
  head -c $((4 * limit)) /dev/urandom >"$KCOMMONS_E2E_WORK/large"
  # One program for many readings: what the kernel keeps of each for a while would be charged too.
  # shellcheck disable=SC2016 # expanded by the inner shell
  start "$KCOMMONS_E2E_WORK/reader.log" bash -c 'echo $$ >"$0/cgroup.procs" &&
    mapfile -t files < <(for ((i = 0; i < 1000; i++)); do echo "$1"; done) &&
    while :; do cat "${files[@]}" >/dev/null; done' "$MEMORY_GROUP" "$KCOMMONS_E2E_WORK/large"
  say "kcommons may have 2 MiB more than it has, and shares $((limit >> 20)) MiB with a program that" \
    "reads four times as much again and again"
}

# start_hog GOAL PATTERN
start_hog() {
  local hard
  hard=$(ulimit -Hn)
  if [[ $hard == unlimited ]] || ((hard > 100000)); then hard=100000; fi
  ((hard >= 2 * FILES)) || skip "RLIMIT_NOFILE is $hard, $((2 * FILES)) are needed"
  A=$(container_run --name e2e-hog --ulimit "nofile=$hard:$hard" -- /bin/e2e_hog files "$1")
  wait_for "$E2E_DEADLINE" "container that holds its files" container_says "$A" "$2"
}

# --- while it lasts ---------------------------------------------------------------------------

# How many descriptors for connections were left in the last SECONDS, thirty times.
reserve_over() {
  curl --noproxy '*' -fsS -G "$PROMETHEUS_URL/api/v1/query" --data-urlencode \
    "query=kcommons_reserve_descriptors{purpose=\"connections\"}[$1s:$((($1 + 29) / 30))s]" |
    jq -c '[.data.result[0].values[][1] | tonumber]'
}

# A new connection every five seconds, and the longest that one took, in milliseconds.
visit() {
  local end=$((SECONDS + $1)) took
  SLOWEST=0 VISITS=0
  while ((SECONDS < end)); do
    took=$(curl --noproxy '*' -fsS -o /dev/null --max-time "$CLIENT_SECONDS" \
      -w '%{time_total}' "$EXPORTER_URL/metrics") ||
      die "a new client gets no metrics: curl exits with $?; held for connections: $(reserve_over "$1")"
    took=$(awk "BEGIN { print int($took * 1000) }")
    SLOWEST=$((took > SLOWEST ? took : SLOWEST))
    VISITS=$((VISITS + 1))
    alive "$EXPORTER_PID" || die "kcommons ended: $(tail -n 5 "$KCOMMONS_E2E_WORK/kcommons.log")"
    sleep 5
  done
}

# --- what Prometheus has of that time ---------------------------------------------------------

expect_every_scrape() {
  prom_expect "no scrape failed" "min_over_time(up[$1s])" 'length == 1 and .[0].value[1] == "1"'
  # One a second, as far as a busy machine keeps time.
  # shellcheck disable=SC2016
  prom_expect "and there were enough of them" "count_over_time(up[$1s])" \
    '(.[0].value[1] | tonumber) >= $least' --argjson least "$(($1 * 4 / 5))"
}

# Every census succeeded, and was on time: holdings each $HOLDINGS_INTERVAL seconds, pools each second.
expect_every_census() {
  prom_expect "no census failed" "min_over_time(kcommons_census_success[$1s])" \
    'length == 2 and all(.[]; .value[1] == "1")'
  # shellcheck disable=SC2016
  prom_expect "and there were enough of them" "changes(kcommons_census_total[$1s])" \
    'length == 2 and all(.[]; (.value[1] | tonumber) >=
      0.8 * $seconds / (if .metric.kind == "pools" then 1 else $interval end))' \
    --argjson seconds "$1" --argjson interval "$HOLDINGS_INTERVAL"
}

expect_culprit() {
  [[ $A =~ ^[0-9a-f]{64}$ ]] || die "the engine gave the id \"$A\""
  # shellcheck disable=SC2016
  prom_expect "container A held the most at every moment of it" \
    "min_over_time((topk(1, kcommons_container_used{resource=\"open_files\"}))[$1s:1s])" \
    'length == 1 and .[0].metric.container_id == $id and .[0].metric.container == "e2e-hog"' \
    --arg id "$A"
  # shellcheck disable=SC2016
  prom_expect "with a number in every scrape" \
    "count_over_time(kcommons_container_used{resource=\"open_files\",container=\"e2e-hog\"}[$1s])" \
    '(.[0].value[1] | tonumber) >= $least' --argjson least "$(($1 * 4 / 5))"
}

expect_full() {
  prom_expect "the pool was full to the brim all the time" \
    "min_over_time((kcommons_pool_used{resource=\"open_files\"} / kcommons_pool_limit)[$1s:1s])" \
    'length == 1 and (.[0].value[1] | tonumber) > 0.97'
}

main() {
  local mode=${1-} seconds=${2:-20} port
  [[ $mode =~ ^(file-max|descriptor-limit|memory)$ && $seconds =~ ^[1-9][0-9]*$ ]] || usage
  command -v setpriv >/dev/null || skip "setpriv is not installed"
  require_exporter
  guarded_run fs.file-max -- "$@"
  # The source that needs CAP_BPF; the other opens descriptors for every process.
  KCOMMONS_E2E_SOURCE=bpf
  # shellcheck disable=SC2034 # used by start_exporter
  EXPORTER_AS=(setpriv "--bounding-set=$CAPABILITIES" --no-new-privs)
  [[ $mode != memory ]] || prepare_memory
  # shellcheck disable=SC2034 # used by start_exporter
  ((seconds < 60)) || HOLDINGS_INTERVAL=10
  start_engine
  port=$(free_port)
  EXPORTER_URL=http://127.0.0.1:$port
  start_exporter "$port" "identity: {roots: {docker: [$ENGINE_DIR/docker-data], containerd: [$ENGINE_DIR/containerd/state]}}"
  start_prometheus "$port"
  # shellcheck disable=SC2034 # used by prom_expect
  PROMETHEUS_DEADLINE=$E2E_DEADLINE
  say "kcommons runs without CAP_SYS_ADMIN ($(grep CapEff "/proc/$EXPORTER_PID/status")), Prometheus scrapes it each second"
  "exhaust_${mode//-/_}"
  # What is asked below is of the time that begins now.
  sleep 3
  say "now for $seconds s"
  visit "$seconds"
  say "$VISITS new clients got the metrics, the slowest in $SLOWEST ms"
  [[ $mode != file-max ]] || expect_full "$seconds"
  say "held for connections in that time: $(reserve_over "$seconds")"
  expect_every_scrape "$seconds"
  expect_every_census "$seconds"
  expect_culprit "$seconds"
  quote "$(curl --noproxy '*' -fsS "$EXPORTER_URL/metrics" |
    grep -E '^kcommons_(reserve_descriptors|census_failures_total.*exhausted)|^process_(open_fds|resident)')"
  sysctl_restore
  sysctl_assert_restored
}

main "$@"
