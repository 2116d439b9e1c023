#!/usr/bin/env bash
# What the page and the API cost at a thousand containers: of each path how long an answer takes, what
# it weighs plain and compressed, and the daemon's memory after it.
#
#   sudo tests/bench/asks.sh [--containers N] [--rounds N]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

containers=1000 rounds=20

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --help | -h) print_help ;;
      --containers | --rounds)
        [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || die "$1: ${2:-nothing}: expected a number"
        printf -v "${1#--}" '%d' "$2"
        ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
}

# weigh PATH [CURL-OPTION...]: its bytes as they are sent.
weigh() {
  local path=$1
  shift
  curl -fsS -H 'Accept: text/html, */*' "$@" "${URL%/metrics}$path" | wc -c
}

# Milliseconds from the request to the end of the answer, of each of the rounds.
time_of() {
  local i
  for ((i = 0; i < rounds; i++)); do
    curl -fsS -o /dev/null -w '%{time_total}\n' -H 'Accept: text/html, */*' "${URL%/metrics}$1"
  done | awk '{ print $1 * 1000 }'
}

parse_arguments "$@"
guarded_run "$@"
room_for $((containers * 28)) 0 0
start_load --processes "$containers" --descriptors 28 --containers "$containers"
CENSUS_INTERVAL=10s
start_kcommons bpf || die "kcommons refuses \`source: bpf\`: $REFUSED"
printf '%d containers; the memory is the most until then.\n\n' "$containers"
printf '| path | median, ms | bytes | as gzip | memory |\n| --- | ---: | ---: | ---: | ---: |\n'
for path in / '/?by=unit' '/pool?resource=open_files' /api/v1/pools /api/v1/audit \
  '/api/v1/holders?by=container&limit=20' '/api/v1/holders?by=process' /api/v1/users \
  /api/v1/history /api/v1/containers; do
  time_of "$path" >"$WORK/times"
  printf '| %s | %.1f | %d | %d | %.1f MiB |\n' "\`$path\`" "$(median "$WORK/times" 1)" "$(weigh "$path")" \
    "$(weigh "$path" -H 'Accept-Encoding: gzip')" "$(awk "BEGIN { print $(peak_kib "$EXPORTER") / 1024 }")"
done
stop "$EXPORTER"
stop_load
printf '\nMachine: %s.\n' "$(machine)"
