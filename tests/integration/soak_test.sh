#!/usr/bin/env bash
# The real binary at a fast cadence while processes, threads, descriptors, inotify instances and
# cgroups come and go under its eyes. In a build with sanitizers their silence is what counts.
#
# Environment: see lib.sh, and
#   KCOMMONS_SOAK_SOURCE   the source of the census (default procfs)
#   KCOMMONS_SOAK_SECONDS  how long (default 30)
#   KCOMMONS_SOAK_RATE     new processes a second (default 500)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SOURCE=${KCOMMONS_SOAK_SOURCE:-procfs}
readonly SOAK_SECONDS=${KCOMMONS_SOAK_SECONDS:-30}
readonly SOAK_RATE=${KCOMMONS_SOAK_RATE:-500}
readonly SANITIZER_REPORT='(ERROR|WARNING): [A-Za-z]+Sanitizer|runtime error:'

cat >"$WORK/config.yaml" <<CONFIG
source: $SOURCE
sampling:
  pools_interval: 100ms
  holdings_interval: 1s
CONFIG

# A hierarchy in which cgroups can be made; nothing where there is none.
writable_hierarchy() {
  local mount type
  while read -r _ mount type _; do
    [[ $type == cgroup2 && -w $mount/cgroup.procs ]] || continue
    printf '%s\n' "$mount"
    return
  done </proc/self/mounts
}

descriptors() {
  find "/proc/$EXPORTER/fd" -mindepth 1 | wc -l
}

# Of many moments, as each census opens some for itself.
least_descriptors() {
  local i
  for ((i = 0; i < 20; i++)); do descriptors; done | sort -n | head -n 1
}

has_descriptors_at_most() {
  (($(descriptors) <= $1))
}

# Sets SEEN_VANISHED and SEEN_CONTAINERS, the most of each at one scrape.
SEEN_VANISHED=0
SEEN_CONTAINERS=0
look_at_scrape() {
  local vanished containers
  "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/scrape" >"$WORK/violations" ||
    wrong "scrape $SCRAPES is not well-formed: $(head -n 5 "$WORK/violations")"
  if grep '^kcommons_census_success{.*} 0$' "$WORK/scrape"; then
    wrong "a census failed before scrape $SCRAPES"
  fi
  awk -f "$here/books.awk" "$WORK/scrape" >"$WORK/sum" ||
    wrong "the books of scrape $SCRAPES do not balance: $(cat "$WORK/sum")"
  vanished=$(value 'kcommons_processes_unseen{reason="vanished"}' "$WORK/scrape")
  containers=$(value kcommons_containers "$WORK/scrape")
  ((vanished <= SEEN_VANISHED)) || SEEN_VANISHED=$vanished
  ((containers <= SEEN_CONTAINERS)) || SEEN_CONTAINERS=$containers
}

# One scrape a second until the churn has ended.
soak() {
  SCRAPES=0
  while alive "$CHURN"; do
    sleep 1
    SCRAPES=$((SCRAPES + 1))
    scrape "$WORK/scrape" || die "no scrape: $(tail -n 20 "$LOG")"
    look_at_scrape
  done
}

say_figures() {
  say "scrapes: $SCRAPES"
  say "processes vanished during one census: up to $SEEN_VANISHED"
  say "containers at once: up to $SEEN_CONTAINERS"
  grep -E '^kcommons_census_(total|failures_total|cpu_seconds_total)|^kcommons_processes' \
    "$WORK/scrape" | sed 's/^/      | /'
}

run_exporter "--config.file=$WORK/config.yaml"
wait_for_census 2
before=$(least_descriptors)
hierarchy=$(writable_hierarchy || true)
start "$WORK/churn" "$WORK/churn.err" "$KCOMMONS_INTEGRATION_BIN/churn" "$SOAK_RATE" \
  "$SOAK_SECONDS" ${hierarchy:+"$hierarchy"}
CHURN=$STARTED
soak
stop "$CHURN"
expect "churn: $(cat "$WORK/churn" "$WORK/churn.err")" test "$STATUS" = 0

census=$(value 'kcommons_census_total{kind="holdings"}' "$WORK/scrape")
expect "censuses went on: $census" test "$census" -gt $((SOAK_SECONDS / 10))
# The programs of the bpf source hold a process while they look at it: there none vanishes.
if [[ $SOURCE == procfs ]]; then
  expect "some process vanished under the census" test "$SEEN_VANISHED" -gt 0
fi
for reason in malformed exhausted; do
  failures=$(value "kcommons_census_failures_total{kind=\"holdings\",reason=\"$reason\"}" "$WORK/scrape")
  expect "no read failed as $reason: $failures" test "$failures" = 0
done
# Connections of the last scrapes are closed a moment later.
expect "no descriptor is lost: $before before" holds_within 10 has_descriptors_at_most "$before"
say_figures

stop "$EXPORTER"
expect "SIGTERM ends it with status 0: $STATUS" test "$STATUS" = 0
if grep -E -A 30 "$SANITIZER_REPORT" "$LOG" >&2; then wrong "a sanitizer reported"; fi
say "the log:"
sed 's/^/      | /' "$LOG"
finish
