#!/usr/bin/env bash
# The load of the benchmark holds what it says, the walk finds it, and nothing stays behind.
#
# KCOMMONS_BENCH_BIN says where the programs are. Where no cgroups can be made, the part with
# containers is skipped, and with it the test (exit 77), if the rest holds.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

: "${KCOMMONS_BENCH_BIN:?where bench_load is}"
readonly DEADLINE=20
readonly PROCESSES=6 DESCRIPTORS=53 INSTANCES=8 WATCHES=5 CONTAINERS=3
skipped=''
WORK=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-bench-smoke.XXXXXX")
chmod 755 "$WORK"
LOAD=''

clean_up() {
  if [[ -n $LOAD ]]; then
    kill "$LOAD" 2>/dev/null || true
    wait "$LOAD" 2>/dev/null || true
  fi
  rm -rf "$WORK"
}
trap clean_up EXIT

is_ready_or_ended() {
  grep -q '^ready ' "$WORK/out" || ! kill -0 "$LOAD" 2>/dev/null
}

# Its files go below WORK; its standard input ends when the descriptor INPUT is closed.
start_load() {
  mkdir -p "$WORK/files"
  rm -f "$WORK/input"
  mkfifo "$WORK/input"
  : >"$WORK/out"
  TMPDIR=$WORK/files "$KCOMMONS_BENCH_BIN/bench_load" --processes "$PROCESSES" \
    --descriptors "$DESCRIPTORS" --inotify-instances "$INSTANCES" --watches "$WATCHES" "$@" \
    <"$WORK/input" >"$WORK/out" 2>"$WORK/err" &
  LOAD=$!
  exec {INPUT}>"$WORK/input"
  holds_within "$DEADLINE" is_ready_or_ended || true
  read -r _ found files <"$WORK/out"
}

no_load() {
  printf 'NOT OK: the load did not get ready: %s\n' "$(<"$WORK/err")" >&2
  exit 1
}

# Counted over the load alone: other processes come and go while this runs.
walk() {
  "$KCOMMONS_BENCH_BIN/bench_walk" --family "$LOAD"
}

inotify_lines() {
  local process
  for process in $(pgrep -P "$LOAD"); do
    grep -hc '^inotify ' "/proc/$process/fdinfo/"* || true
  done | awk '{ sum += $1 } END { print sum + 0 }'
}

check_counts() {
  local after
  start_load || no_load
  after=$(walk)
  # The load itself has three descriptors from us and some that it opened.
  expect "the walk finds the $found descriptors of the load: $after" test "$after" -eq "$found"
  expect "they are those asked for and a few of its own" \
    test $((found - PROCESSES * DESCRIPTORS - INSTANCES)) -lt 10
  expect "files are the descriptors less those that were inherited" \
    test $((found - files)) -ge 3
  expect "the walk over all processes finds more" \
    test "$("$KCOMMONS_BENCH_BIN/bench_walk")" -gt "$found"
  expect "watches are those asked for" test "$(inotify_lines)" -eq $((INSTANCES * WATCHES))
}

check_end_of_input() {
  local status=0
  exec {INPUT}>&-
  wait "$LOAD" || status=$?
  expect "the end of its input ends it" test "$status" -eq 0
  expect "none of it is left to walk" test "$(walk)" -eq 0
  expect "its files are gone" test -z "$(ls -A "$WORK/files")"
  LOAD=''
}

# The ids of the containers that its processes are in.
container_ids() {
  local process
  for process in $(pgrep -P "$LOAD"); do
    sed -n 's|.*:/docker/\([0-9a-f]\{64\}\)$|\1|p' "/proc/$process/cgroup"
  done | sort -u
}

cgroups_named() {
  local id
  for id in $1; do find /sys/fs/cgroup -maxdepth 3 -name "$id" 2>/dev/null || true; done
}

check_containers() {
  local ids status=0
  if [[ $EUID -ne 0 ]]; then
    skipped="root is needed, to make cgroups"
    return
  fi
  if ! start_load --containers "$CONTAINERS" --uid 65534; then
    # In a container, root may not make cgroups either.
    grep -q 'cannot make c' "$WORK/err" || no_load
    skipped=$(<"$WORK/err")
    return
  fi
  ids=$(container_ids)
  expect "its processes are in $CONTAINERS containers" test "$(wc -l <<<"$ids")" -eq "$CONTAINERS"
  expect "which are there" test "$(cgroups_named "$ids" | wc -l)" -ge "$CONTAINERS"
  expect "and run as the user asked for" test "$(pgrep -cP "$LOAD" -u 65534)" -eq "$PROCESSES"
  kill "$LOAD"
  wait "$LOAD" || status=$?
  exec {INPUT}>&-
  expect "SIGTERM ends it" test "$status" -eq 0
  expect "its cgroups are gone" test -z "$(cgroups_named "$ids")"
  LOAD=''
}

check_rusage() {
  expect "bench_rusage prints three numbers" \
    grep -Eqx '[0-9.]+ [0-9.]+ [0-9]+' <("$KCOMMONS_BENCH_BIN/bench_rusage" true)
}

check_counts
check_end_of_input
check_containers
check_rusage
[[ -z $skipped ]] || ((FAILURES > 0)) || skip "the containers: $skipped"
finish
