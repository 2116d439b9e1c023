#!/usr/bin/env bash
# What kcommons takes of one core on an ordinary node, at the cadence it has by default.
#
#   sudo tests/bench/node.sh [--source bpf|procfs] [--seconds N] [--processes N] [--descriptors N]
#                            [--containers N]
#
# Prints a sentence: 300 processes with 66 descriptors each, 50 containers, over two minutes. A
# scrape every 15 s is part of it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCRAPE_INTERVAL=15

source=bpf seconds=120 processes=300 descriptors=66 containers=50

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --help | -h) print_help ;;
      --source) source=${2-} ;;
      --seconds | --processes | --descriptors | --containers)
        [[ ${2-} =~ ^[1-9][0-9]{0,6}$ ]] || die "$1: ${2:-nothing}: expected a number"
        printf -v "${1#--}" '%d' "$2"
        ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
}

# Of all threads, in nanoseconds: proc(5), /proc/PID/task/TID/schedstat.
nanoseconds() {
  cat "/proc/$EXPORTER"/task/*/schedstat | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

parse_arguments "$@"
guarded_run "$@"
room_for $((processes * descriptors)) 0 0
start_load --processes "$processes" --descriptors "$descriptors" --containers "$containers"
CENSUS_INTERVAL=10s
start_kcommons "$source" || die "kcommons refuses \`source: $source\`: $REFUSED"
# The first passes fill its caches.
sleep "$SCRAPE_INTERVAL"
before=$(nanoseconds)
started=$EPOCHREALTIME
for ((passed = 0; passed < seconds; passed += SCRAPE_INTERVAL)); do
  sleep "$SCRAPE_INTERVAL"
  curl -fsS --max-time 10 -o /dev/null "$URL"
done
taken=$(nanoseconds)
elapsed=$(calculate "$EPOCHREALTIME - $started")
peak=$(peak_kib "$EXPORTER")
stop "$EXPORTER"
stop_load
# shellcheck disable=SC2016 # the marks are for Markdown
printf '%d processes, %d containers, %d descriptors: %s %% of one core with `source: %s`, a census each 10 s, the pools each second, a scrape each %d s; %s MiB at the most.\n' \
  "$processes" "$containers" "$LOAD_DESCRIPTORS" \
  "$(calculate "($taken - $before) / $elapsed / 1e7" | sed 's/\(\.[0-9][0-9]\).*/\1/')" \
  "$source" "$SCRAPE_INTERVAL" "$(calculate "$peak / 1024" | sed 's/\(\.[0-9]\).*/\1/')"
printf '\nMachine: %s.\n' "$(machine)"
