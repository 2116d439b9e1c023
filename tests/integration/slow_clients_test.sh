#!/usr/bin/env bash
# The real binary among 200 clients that hold connections and do too little with them, and 50 that ask
# again and again: a scraper beside them does not notice, and nothing is kept of all that.
#
# Environment: see lib.sh, and
#   KCOMMONS_SANITIZERS   what the binary was built with, if anything: then its memory tells nothing
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SLOW=200
readonly FAST=50
readonly CROWD_SECONDS=5
readonly LONGEST_SCRAPE_MS=1000
readonly ATTEMPTS=3
# More than the answers that fifty clients are sent at once take, and than a census does.
readonly MOST_GROWTH_KIB=$((24 * 1024))

# An answer of the size that a large machine has, so that a client can refuse to take it.
run_large_exporter() {
  mkdir "$WORK/tree"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree" --containers 300
  run_exporter --source=procfs "--path.procfs=$WORK/tree" "--path.sysfs=$WORK/tree/sys" \
    "--path.rootfs=$WORK/tree"
  wait_for_census 1
  expect "the answer is too large for a socket" test "$(wc -c <"$WORK/scrape")" -gt 300000
}

# status_of KEY: a number of /proc/PID/status.
status_of() {
  awk -v key="$1:" '$1 == key { print $2 }' "/proc/$EXPORTER/status"
}

descriptors() {
  find "/proc/$EXPORTER/fd" -mindepth 1 | wc -l
}

has_descriptors_at_most() {
  (($(descriptors) <= $1))
}

# crowd SECONDS SLOW FAST: what it printed is $WORK/crowd.
crowd() {
  "$KCOMMONS_INTEGRATION_BIN/crowd" "$PORT" /metrics "$@" >"$WORK/crowd"
}

# count KIND PATTERN: the number before a word, or behind "worst", in the line of a kind of client.
count() {
  sed -nE "s/^$1:(.*[^0-9])?$2.*/\2/p" "$WORK/crowd"
}

# The machine may be busy with other things, so the best of some attempts counts.
crowd_until_all_is_well() {
  local attempt
  for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
    crowd "$@"
    sed 's/^/      | /' "$WORK/crowd"
    ! is_well "scraper new" || ! is_well "scraper kept" || return 0
    say "attempt $attempt: a scrape failed, or took long"
  done
}

is_well() {
  grep -Eq "^$1: [0-9]{2,} answers 200, 0 others, 0 failed," "$WORK/crowd" &&
    (($(count "$1" 'worst ([0-9]+) ms') < LONGEST_SCRAPE_MS))
}

check_scraper() {
  local kind=$1
  expect "$kind: every answer is a 200" \
    grep -Eq "^$kind: [0-9]+ answers 200, 0 others, 0 failed," "$WORK/crowd"
  expect "$kind: there are ten and more" test "$(count "$kind" '([0-9]+) answers 200')" -ge 10
  expect "$kind: none takes $LONGEST_SCRAPE_MS ms" \
    test "$(count "$kind" 'worst ([0-9]+) ms')" -lt "$LONGEST_SCRAPE_MS"
}

run_large_exporter
# Whatever is made with the first answers is there before.
crowd 1 0 "$FAST"
sleep 0.2
descriptors_before=$(descriptors)
threads_before=$(status_of Threads)
memory_before=$(status_of VmRSS)
echo 5 >"/proc/$EXPORTER/clear_refs" # the highest memory is that of now

crowd_until_all_is_well "$CROWD_SECONDS" "$SLOW" "$FAST"
check_scraper "scraper new"
check_scraper "scraper kept"
expect "the fast ones are served too" test "$(count fast '([0-9]+) answers 200')" -gt 100
expect "the slow ones were more than there is room for" \
  test "$(count slow '([0-9]+) ended by the server')" -gt "$SLOW"
growth=$(($(status_of VmHWM) - memory_before))
if [[ -n ${KCOMMONS_SANITIZERS:-} ]]; then
  say "memory is not looked at: built with sanitizers"
else
  expect "memory did not grow: $growth KiB on $memory_before" test "$growth" -lt "$MOST_GROWTH_KIB"
fi
expect "no thread is new: $threads_before before" test "$(status_of Threads)" = "$threads_before"
expect "no descriptor is lost: $descriptors_before before" \
  holds_within 10 has_descriptors_at_most "$descriptors_before"
scrape "$WORK/scrape"
expect "it answers as before" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/scrape"
stop "$EXPORTER"
expect "SIGTERM ends it with status 0: $STATUS" test "$STATUS" = 0
say "the log:"
sed 's/^/      | /' "$LOG"
finish
