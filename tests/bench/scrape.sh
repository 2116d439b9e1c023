#!/usr/bin/env bash
# How long scrapes take at a thousand containers, and what they cost in memory.
#
#   sudo tests/bench/scrape.sh [--clients N] [--seconds N] [--containers N]
#
# Prints a table of latencies: clients that ask as Prometheus does, for OpenMetrics and gzip, each
# again as soon as it has its answer. Takes wrk, which it installs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

clients=8 seconds=30 containers=1000

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --help | -h) print_help ;;
      --clients | --seconds | --containers)
        [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || die "$1: ${2:-nothing}: expected a number"
        printf -v "${1#--}" '%d' "$2"
        ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
}

parse_arguments "$@"
guarded_run "$@"
install_packages wrk
readonly ASK=(-H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
  -H 'Accept-Encoding: gzip')
room_for $((containers * 28)) 0 0
start_load --processes "$containers" --descriptors 28 --containers "$containers"
CENSUS_INTERVAL=10s
start_kcommons bpf || die "kcommons refuses \`source: bpf\`: $REFUSED"
# The first who asks for a form waits until it is made; from the next census on it is there.
plain=$(curl -fsS "$URL" | wc -c)
curl -fsS -o /dev/null "${ASK[@]}" "$URL"
sleep 11
wrk -t1 "-c$clients" "-d${seconds}s" --latency "${ASK[@]}" "$URL" >"$WORK/wrk"
sent=$(curl -fsS "${ASK[@]}" "$URL" | wc -c)
peak=$(peak_kib "$EXPORTER")
stop "$EXPORTER"
stop_load
printf '%d containers, %d clients, each again as soon as it has its answer; %d bytes, of %d as text.\n\n' \
  "$containers" "$clients" "$sent" "$plain"
printf '| p50 | p75 | p90 | p99 | scrapes a second | memory at the most |\n'
printf '| ---: | ---: | ---: | ---: | ---: | ---: |\n'
awk -v peak="$peak" '
  $1 ~ /^(50|75|90|99)%$/ { printf "| %s ", $2 }
  $1 == "Requests/sec:" { printf "| %s | %.1f MiB |\n", $2, peak / 1024 }' "$WORK/wrk"
printf '\nMachine: %s.\n' "$(machine)"
