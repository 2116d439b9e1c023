#!/usr/bin/env bash
# The real binary at a fast cadence while processes, threads, descriptors, inotify instances and
# cgroups come and go under its eyes. In a build with sanitizers their silence is what counts, in any
# other that memory, descriptors and threads do not grow. One exporter for each source, all beside the
# same churn.
#
# Environment: see lib.sh, and
#   KCOMMONS_SOAK_SOURCES  the sources of the census (default procfs)
#   KCOMMONS_SOAK_SECONDS  how long (default 30)
#   KCOMMONS_SOAK_RATE     new processes a second (default 500)
#   KCOMMONS_SANITIZERS    not empty: memory is not looked at, as a sanitizer keeps what was freed
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

read -ra SOURCES <<<"${KCOMMONS_SOAK_SOURCES:-procfs}"
readonly SOURCES
readonly SOAK_SECONDS=${KCOMMONS_SOAK_SECONDS:-30}
readonly SOAK_RATE=${KCOMMONS_SOAK_RATE:-500}
readonly SANITIZER_REPORT='(ERROR|WARNING): [A-Za-z]+Sanitizer|runtime error:'
# What memory may differ by from one quarter of the time to another, in KiB: the allocator's noise.
readonly MEMORY_NOISE=2048

# A hierarchy in which cgroups can be made; nothing where there is none.
writable_hierarchy() {
  local mount type
  while read -r _ mount type _; do
    [[ $type == cgroup2 && -w $mount/cgroup.procs ]] || continue
    printf '%s\n' "$mount"
    return
  done </proc/self/mounts
}

# --- one exporter for each source ---------------------------------------------------------------

declare -A EXPORTER_OF LOG_OF URL_OF BEFORE

start_exporters() {
  local source
  for source in "${SOURCES[@]}"; do
    cat >"$WORK/$source.yaml" <<CONFIG
source: $source
sampling:
  pools_interval: 100ms
  holdings_interval: 1s
CONFIG
    run_exporter "--config.file=$WORK/$source.yaml"
    EXPORTER_OF[$source]=$EXPORTER LOG_OF[$source]=$LOG URL_OF[$source]=$URL
    wait_for_census 2
    BEFORE[$source]=$(least_descriptors)
  done
}

# look_at SOURCE: what follows is about the exporter of this source, and the last scrape of it.
look_at() {
  SOURCE=$1 EXPORTER=${EXPORTER_OF[$1]} LOG=${LOG_OF[$1]} URL=${URL_OF[$1]} SCRAPE=$WORK/scrape.$1
}

descriptors() {
  find "/proc/$EXPORTER/fd" -mindepth 1 | wc -l
}

# Of many moments, as each census opens some for itself.
least_descriptors() {
  local i
  for ((i = 0; i < 20; i++)); do descriptors; done | sort -n | sed -n 1p
}

has_descriptors_at_most() {
  (($(descriptors) <= $1))
}

# --- while it lasts -----------------------------------------------------------------------------

# The most of each at one scrape, by source.
declare -A SEEN_VANISHED SEEN_CONTAINERS

# greatest ARRAY KEY NUMBER
greatest() {
  local -n seen=$1
  ((${seen[$2]:-0} >= $3)) || seen[$2]=$3
}

look_at_scrape() {
  scrape "$SCRAPE" || die "no scrape of $SOURCE: $(tail -n 20 "$LOG")"
  "$KCOMMONS_EXPOSITION_CHECK" <"$SCRAPE" >"$WORK/violations" ||
    wrong "$SOURCE: scrape $SCRAPES is not well-formed: $(head -n 5 "$WORK/violations")"
  if grep '^kcommons_census_success{.*} 0$' "$SCRAPE"; then
    wrong "$SOURCE: a census failed before scrape $SCRAPES"
  fi
  awk -f "$here/books.awk" "$SCRAPE" >"$WORK/sum" ||
    wrong "$SOURCE: the books of scrape $SCRAPES do not balance: $(cat "$WORK/sum")"
  greatest SEEN_VANISHED "$SOURCE" "$(value 'kcommons_processes_unseen{reason="vanished"}' "$SCRAPE")"
  greatest SEEN_CONTAINERS "$SOURCE" "$(value kcommons_containers "$SCRAPE")"
  awk '/^(VmRSS|Threads):/ { print $2 }' "/proc/$EXPORTER/status" | paste -sd ' ' >>"$WORK/growth.$SOURCE"
}

# One scrape a second of each until the churn has ended.
soak() {
  local source
  SCRAPES=0
  while alive "$CHURN"; do
    sleep 1
    SCRAPES=$((SCRAPES + 1))
    for source in "${SOURCES[@]}"; do
      look_at "$source"
      look_at_scrape
    done
  done
}

# --- what is looked at in the end ---------------------------------------------------------------

# quarter NUMBER COLUMN: the median of a column of what was noted in that quarter of the time.
quarter() {
  local count
  count=$(wc -l <"$WORK/growth.$SOURCE")
  awk -v first="$((count * ($1 - 1) / 4))" -v last="$((count * $1 / 4))" -v column="$2" \
    'NR > first && NR <= last { print $column }' "$WORK/growth.$SOURCE" | sort -n |
    awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

expect_no_growth() {
  # Connections of the last scrapes are closed a moment later.
  expect "$SOURCE: no descriptor is lost: ${BEFORE[$SOURCE]} before" \
    holds_within 10 has_descriptors_at_most "${BEFORE[$SOURCE]}"
  local column=0 early late noise
  # In the order of /proc/PID/status.
  for what in memory threads; do
    column=$((column + 1))
    early=$(quarter 2 "$column") late=$(quarter 4 "$column") noise=0
    if [[ $what == memory ]]; then
      [[ -z ${KCOMMONS_SANITIZERS:-} ]] || continue
      noise=$MEMORY_NOISE
    fi
    expect "$SOURCE: $what did not grow: $early in the second quarter of the time, $late in the last" \
      test "$late" -le "$((early + noise))"
  done
}

expect_good_censuses() {
  local census failures reason
  census=$(value 'kcommons_census_total{kind="holdings"}' "$SCRAPE")
  expect "$SOURCE: censuses went on: $census" test "$census" -gt $((SOAK_SECONDS / 10))
  # The programs of the bpf source hold a process while they look at it: there none vanishes.
  if [[ $SOURCE == procfs ]]; then
    expect "some process vanished under the census" test "${SEEN_VANISHED[procfs]:-0}" -gt 0
  fi
  for reason in malformed exhausted; do
    failures=$(value "kcommons_census_failures_total{kind=\"holdings\",reason=\"$reason\"}" "$SCRAPE")
    expect "$SOURCE: no read failed as $reason: $failures" test "$failures" = 0
  done
}

say_figures() {
  say "$SOURCE: $SCRAPES scrapes; vanished during one census: up to ${SEEN_VANISHED[$SOURCE]:-0};" \
    "containers at once: up to ${SEEN_CONTAINERS[$SOURCE]:-0}"
  grep -E '^kcommons_census_(total|failures_total|cpu_seconds_total)|^kcommons_processes' "$SCRAPE" |
    sed 's/^/      | /'
}

start_exporters
hierarchy=$(writable_hierarchy || true)
start "$WORK/churn" "$WORK/churn.err" "$KCOMMONS_INTEGRATION_BIN/churn" "$SOAK_RATE" \
  "$SOAK_SECONDS" ${hierarchy:+"$hierarchy"}
CHURN=$STARTED
soak
stop "$CHURN"
expect "churn: $(cat "$WORK/churn" "$WORK/churn.err")" test "$STATUS" = 0

for source in "${SOURCES[@]}"; do
  look_at "$source"
  expect_good_censuses
  expect_no_growth
  say_figures
  stop "$EXPORTER"
  expect "$SOURCE: SIGTERM ends it with status 0: $STATUS" test "$STATUS" = 0
  if grep -E -A 30 "$SANITIZER_REPORT" "$LOG" >&2; then wrong "a sanitizer reported"; fi
  say "the log:"
  sed 's/^/      | /' "$LOG"
done
finish
