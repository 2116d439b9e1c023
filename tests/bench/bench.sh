#!/usr/bin/env bash
# What a census of kcommons costs beside what people use today, all on the same load.
#
#   sudo tests/bench/bench.sh [--rounds N] [--processes N] [--descriptors N]
#                             [--inotify-instances N] [--watches N] [--containers N] [--no-install]
#
# Prints a table in Markdown. Tools that are missing are installed from Debian, without starting
# their services; with --no-install they are left out. README.md says how to read the table.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

BENCH_PACKAGES=(prometheus-process-exporter prometheus-node-exporter netdata-core lsof)

# Of the holdings, in one round.
readonly CENSUSES_BPF=10
readonly CENSUSES_PROCFS=2
# Scrapes of an exporter in one round: for about so many seconds, within these bounds. Processor
# time is counted in hundredths of a second, so cheap scrapes have to be many.
readonly SCRAPE_SECONDS=3
readonly FEWEST_SCRAPES=3
readonly MOST_SCRAPES=100
# Passes of apps.plugin in one round, one a second: some to fill its caches, some to measure.
readonly PLUGIN_WARM=3
readonly PLUGIN_PASSES=10

# --- arguments --------------------------------------------------------------------------------

rounds=5 processes=100 descriptors=5000 instances=1000 watches=100 containers='' install=yes

# number FLAG VALUE
number() {
  [[ $2 =~ ^[0-9]{1,8}$ ]] || die "$1: ${2:-nothing}: expected a number"
  printf '%d\n' "$((10#$2))"
}

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --rounds) rounds=$(number "$1" "${2-}") ;;
      --processes) processes=$(number "$1" "${2-}") ;;
      --descriptors) descriptors=$(number "$1" "${2-}") ;;
      --inotify-instances) instances=$(number "$1" "${2-}") ;;
      --watches) watches=$(number "$1" "${2-}") ;;
      --containers) containers=$(number "$1" "${2-}") ;;
      --no-install)
        install=no
        shift
        continue
        ;;
      --help | -h)
        print_help
        ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
  # None may be empty.
  [[ -n $containers ]] || containers=$((processes < 50 ? processes : 50))
  ((rounds > 0)) || die "--rounds: 0: expected at least 1"
}

# --- results ----------------------------------------------------------------------------------

# result KEY CPU WALL PEAK-KIB, "-" where there is none.
result() {
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$WORK/results"
}

# left_out KEY REASON: noted once.
left_out() {
  grep -q "^$1	" "$WORK/left_out" 2>/dev/null || printf '%s\t%s\n' "$1" "$2" >>"$WORK/left_out"
}

# have KEY PROGRAM
have() {
  command -v "$2" >/dev/null && return
  left_out "$1" "$2 is not installed"
  return 1
}

# version PACKAGE
version() {
  dpkg-query -W -f '${Version}' "$1" 2>/dev/null || printf 'unknown version'
}

# --- what is measured -------------------------------------------------------------------------

# one_shot KEY COMMAND...
one_shot() {
  local key=$1 cpu wall peak
  shift
  read -r cpu wall peak < <("$BIN/bench_rusage" "$@") || die "cannot measure $1"
  result "$key" "$cpu" "$wall" "$peak"
}

measure_walk() {
  one_shot walk "$BIN/bench_walk"
}

measure_lsof() {
  have lsof lsof || return 0
  # Mounts that it may not look into are no news; -n spares it the resolver.
  one_shot lsof lsof -n -w
}

measure_kcommons() {
  local source=$1 censuses=$2 key=kcommons_$1 sample=$WORK/sample
  start_kcommons "$source" || {
    left_out "$key" "kcommons refuses \`source: $source\`: $REFUSED"
    return 0
  }
  sample_censuses "$censuses" "$sample"
  result "$key" "$(median "$sample" 1)" "$(median "$sample" 2)" "$(peak_kib "$EXPORTER")"
  result "${key}_pools" "$POOLS_CPU" "$POOLS_WALL" -
  result "${key}_process" "$PROCESS_CPU" - -
  stop "$EXPORTER"
}

# scrapes COUNT: elapsed seconds of each, one connection for all.
scrapes() {
  curl -fsS -o /dev/null -w '%{time_total}\n' "$URL?[1-$1]"
}

answers() {
  curl -fs -o /dev/null "$URL"
}

# exporter KEY ADDRESS-FLAG COMMAND...
exporter() {
  local key=$1 address_flag=$2 port pid warm count before cpu
  shift 2
  port=$(free_port)
  URL=http://127.0.0.1:$port/metrics
  start "$key" "$@" "$address_flag=127.0.0.1:$port"
  pid=$STARTED
  wait_for "answer of $1" "$pid" answers || die "$1 ended: $(tail -n 1 "$LOG")"
  warm=$(scrapes 1)
  count=$(awk -v seconds="$warm" -v budget="$SCRAPE_SECONDS" -v min="$FEWEST_SCRAPES" \
    -v max="$MOST_SCRAPES" 'BEGIN {
      count = int(budget / seconds)
      print (count < min ? min : count > max ? max : count)
    }')
  before=$(ticks "$pid")
  scrapes "$count" >"$WORK/scrapes"
  cpu=$(calculate "($(ticks "$pid") - $before) / $CLK_TCK / $count")
  result "$key" "$cpu" "$(median "$WORK/scrapes" 1)" "$(peak_kib "$pid")"
  stop "$pid"
}

measure_process_exporter() {
  have process_exporter prometheus-process-exporter || return 0
  # Every process, grouped by name, as in its own documentation.
  cat >"$WORK/process-exporter.yaml" <<'CONFIG'
process_names:
  - name: "{{.Comm}}"
    cmdline: ['.+']
CONFIG
  exporter process_exporter -web.listen-address \
    prometheus-process-exporter -config.path="$WORK/process-exporter.yaml"
}

measure_node_exporter() {
  have node_exporter prometheus-node-exporter || return 0
  exporter node_exporter --web.listen-address prometheus-node-exporter
}

# passes: how many it has printed.
passes() {
  grep -c '^BEGIN netdata.apps_cpu ' "$OUTPUT" || true
}

has_passes() {
  (($(passes) >= $1))
}

# plugin KEY ARGUMENT...: netdata's own program starts it so, with one pass a second.
plugin() {
  local key=$1 pid before first
  shift
  start "$key" "$PLUGIN" 1 "$@"
  pid=$STARTED
  wait_for "output of $PLUGIN" "$pid" has_passes "$PLUGIN_WARM" ||
    die "$PLUGIN ended: $(tail -n 1 "$LOG")"
  before=$(ticks "$pid")
  first=$(passes)
  wait_for "output of $PLUGIN" "$pid" has_passes $((first + PLUGIN_PASSES)) ||
    die "$PLUGIN ended: $(tail -n 1 "$LOG")"
  result "$key" "$(calculate "($(ticks "$pid") - $before) / $CLK_TCK / ($(passes) - $first)")" - \
    "$(peak_kib "$pid")"
  stop "$pid"
}

measure_plugin() {
  local folder
  for folder in /usr/libexec/netdata/plugins.d /usr/lib/netdata/plugins.d; do
    PLUGIN=$folder/apps.plugin
    [[ ! -x $PLUGIN ]] || break
  done
  have plugin "$PLUGIN" || return 0
  plugin plugin
  plugin plugin_uncached fds-cache-secs 0
}

# --- installing -------------------------------------------------------------------------------

# Debian starts a service when its package is installed, unless this program says no. The file is
# gone afterwards, also when this is killed: cleanup.sh.
install_tools() {
  local policy=/usr/sbin/policy-rc.d made=no
  if [[ ! -e $policy ]]; then
    made=yes
    printf '#!/bin/sh\n# Of a benchmark in %s, which installs tools and starts no services.\nexit 101\n' \
      "$WORK" >"$policy"
    chmod 755 "$policy"
  fi
  install_packages "${BENCH_PACKAGES[@]}"
  [[ $made == no ]] || rm -f "$policy"
}

# --- the table --------------------------------------------------------------------------------

# KEY, name and what one pass is, in the order of the table.
rows() {
  local kcommons='every process: descriptors, open files, inotify, by container and user'
  cat <<ROWS
walk	\`bench_walk\` (readdir and readlink, the yardstick)	counts all descriptors
kcommons_bpf	**kcommons**, \`source: bpf\`, census	$kcommons
kcommons_bpf_pools	**kcommons**, \`source: bpf\`, pools pass	limits and use of every pool
kcommons_procfs	**kcommons**, \`source: procfs\`, census	$kcommons
kcommons_procfs_pools	**kcommons**, \`source: procfs\`, pools pass	limits and use of every pool
process_exporter	prometheus-process-exporter $(version prometheus-process-exporter), scrape	processes by name, number of descriptors
node_exporter	prometheus-node-exporter $(version prometheus-node-exporter), scrape	the machine; of descriptors only file-nr
plugin	netdata apps.plugin $(version netdata-core), pass	processes by application, descriptors by type; known ones are looked at again within 60 s
plugin_uncached	the same, \`fds-cache-secs 0\`	all descriptors in each pass
lsof	\`lsof -n\` $(version lsof)	every descriptor, its file and name
ROWS
}

print_table() {
  cat <<HEAD
$processes processes with $descriptors descriptors each (regular files, sockets, pipes, eventfds and \`/dev/null\`
in equal parts), $instances inotify instances with $watches watches each, $containers containers: $LOAD_DESCRIPTORS
descriptors in all. Rounds: $rounds, of which the medians are shown.

HEAD
  awk -F '\t' -f "$here/table.awk" "$WORK/results" "$WORK/rows"
  if [[ -s $WORK/left_out ]]; then
    printf '\nNot measured:\n\n'
    awk -F '\t' 'NR == FNR { name[$1] = $2; next } { print "- " name[$1] ": " $2 }' \
      "$WORK/rows" "$WORK/left_out"
  fi
  printf '\nMachine: %s.\n' "$(machine)"
}

parse_arguments "$@"
guarded_run "$@"
[[ $install == no ]] || install_tools
room_for $((processes * descriptors + instances)) "$instances" $((instances * watches))
: >"$WORK/results"
rows >"$WORK/rows"
start_load --processes "$processes" --descriptors "$descriptors" --inotify-instances "$instances" \
  --watches "$watches" --containers "$containers"
# The first walk after the start pays for what the kernel then keeps; that is not measured.
"$BIN/bench_walk" >/dev/null
for ((round = 1; round <= rounds; round++)); do
  say "round $round of $rounds"
  measure_walk
  measure_kcommons bpf "$CENSUSES_BPF"
  measure_kcommons procfs "$CENSUSES_PROCFS"
  measure_process_exporter
  measure_node_exporter
  measure_plugin
  measure_lsof
done
stop_load
print_table
