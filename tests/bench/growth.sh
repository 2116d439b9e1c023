#!/usr/bin/env bash
# How the cost of a census grows, with the descriptors and with the containers of a machine.
#
#   sudo tests/bench/growth.sh [--plot FILE] [--steps "1000 10000 ..."] [--containers "10 30 ..."]
#                              [--censuses N] [--procfs-up-to DESCRIPTORS]
#
# Prints two tables in Markdown and, with --plot, draws both as SVG. The number of processes is the
# same at every step, so that one thing grows at a time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# While descriptors grow. A process has a hard limit of its own, often 20,000 or a little above.
readonly PROCESSES=100
# While containers grow: as many processes as there are containers at the most.
readonly DESCRIPTORS_OF_PROCESS=20

plot='' steps='1000 10000 100000 300000 1000000' containers='10 30 100 300 1000'
censuses=10 procfs_up_to=300000

# --- arguments --------------------------------------------------------------------------------

# numbers FLAG VALUE: one or more, rising.
numbers() {
  local number last=0 list
  read -ra list <<<"$2"
  ((${#list[@]} > 0)) || die "$1: nothing: expected numbers"
  for number in "${list[@]}"; do
    if [[ ! $number =~ ^[1-9][0-9]{0,7}$ ]] || ((number <= last)); then
      die "$1: $2: expected rising numbers with spaces between"
    fi
    last=$number
  done
  printf '%s\n' "$2"
}

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --plot)
        plot=${2-}
        [[ $plot == /* ]] || plot=$PWD/$plot
        [[ -d $(dirname "$plot") ]] || die "--plot: ${2-}: no such directory"
        ;;
      --steps) steps=$(numbers "$1" "${2-}") ;;
      --containers) containers=$(numbers "$1" "${2-}") ;;
      --censuses) censuses=$(numbers "$1" "${2-}") ;;
      --procfs-up-to) procfs_up_to=$(numbers "$1" "${2-}") ;;
      --help | -h)
        print_help
        ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
  for step in $steps; do
    ((step % PROCESSES == 0)) || die "--steps: $step: expected multiples of $PROCESSES"
  done
}

# --- measuring --------------------------------------------------------------------------------

# point PANEL SERIES X SECONDS PEAK-KIB
point() {
  printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$WORK/points"
}

# census PANEL X SOURCE COUNT: the median of so many.
census() {
  local panel=$1 x=$2 source=$3 count=$4
  [[ -z ${refused[$source]:-} ]] || return 0
  if ! start_kcommons "$source"; then
    refused[$source]=$REFUSED
    return 0
  fi
  sample_censuses "$count" "$WORK/sample"
  point "$panel" "$source" "$x" "$(median "$WORK/sample" 1)" "$(peak_kib "$EXPORTER")"
  point "$panel" "${source}_pools" "$x" "$POOLS_CPU" -
  stop "$EXPORTER"
}

# walk PANEL X: once, after one that pays for what the kernel then keeps.
walk() {
  local cpu peak
  "$BIN/bench_walk" >/dev/null
  read -r cpu _ peak < <("$BIN/bench_rusage" "$BIN/bench_walk")
  point "$1" walk "$2" "$cpu" "$peak"
}

measure() {
  local panel=$1 x=$2 descriptors=$3
  walk "$panel" "$x"
  census "$panel" "$x" bpf "$censuses"
  if ((descriptors <= procfs_up_to)); then
    census "$panel" "$x" procfs $(((censuses + 2) / 3))
  fi
}

grow_descriptors() {
  local step
  for step in $steps; do
    room_for "$step" 0 0
    start_load --processes "$PROCESSES" --descriptors $((step / PROCESSES)) --containers 50
    measure descriptors "$step" "$step"
    stop_load
  done
}

grow_containers() {
  local step most=${containers##* }
  for step in $containers; do
    room_for $((most * DESCRIPTORS_OF_PROCESS)) 0 0
    start_load --processes "$most" --descriptors "$DESCRIPTORS_OF_PROCESS" --containers "$step"
    measure containers "$step" $((most * DESCRIPTORS_OF_PROCESS))
    stop_load
  done
}

# --- telling ----------------------------------------------------------------------------------

# table PANEL [DESCRIPTORS]: its points, one line for each X, which is the number of descriptors
# unless that is given.
table() {
  awk -F '\t' -v panel="$1" -v each="${2-}" '
    function ms(series, x) {
      return ((series, x) in cpu) ? sprintf("%.2f", cpu[series, x] * 1000) : "–"
    }
    function mib(series, x) {
      return ((series, x) in cpu) ? sprintf("%.1f", peak[series, x] / 1024) : "–"
    }
    # All of the census by the descriptors of the load: an upper bound.
    function per_descriptor(series, x) {
      return ((series, x) in cpu) ? sprintf("%.0f", cpu[series, x] / (each ? each : x) * 1e9) : "–"
    }
    $1 == panel {
      cpu[$2, $3] = $4
      peak[$2, $3] = $5
      if (!seen[$3]++) order[++count] = $3
    }
    END {
      printf "| %s | walk, ms | procfs, ms | bpf, ms | bpf, ns a descriptor | bpf pools, ms | procfs, MiB | bpf, MiB |\n", panel
      print "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
      for (i = 1; i <= count; i++) {
        x = order[i]
        printf "| %d | %s | %s | %s | %s | %s | %s | %s |\n", x, ms("walk", x), ms("procfs", x),
          ms("bpf", x), per_descriptor("bpf", x), ms("bpf_pools", x), mib("procfs", x),
          mib("bpf", x)
      }
    }' "$WORK/points"
}

tell() {
  local source
  printf 'CPU of one census, and peak memory of kcommons. %d processes in 50 containers:\n\n' \
    "$PROCESSES"
  table descriptors
  printf '\n%d processes with %d descriptors each:\n\n' "${containers##* }" "$DESCRIPTORS_OF_PROCESS"
  table containers $((${containers##* } * DESCRIPTORS_OF_PROCESS))
  for source in "${!refused[@]}"; do
    # shellcheck disable=SC2016 # the marks are for Markdown
    printf '\nNot measured: kcommons refuses `source: %s`: %s\n' "$source" "${refused[$source]}"
  done
  printf '\nMachine: %s.\n' "$(machine)"
}

parse_arguments "$@"
guarded_run "$@"
declare -A refused=()
: >"$WORK/points"
grow_descriptors
grow_containers
tell
if [[ -n $plot ]]; then
  awk -F '\t' -v machine="$(machine)" -f "$here/plot.awk" "$WORK/points" >"$WORK/plot.svg"
  cp "$WORK/plot.svg" "$plot"
  say "drawn: $plot"
fi
