# shellcheck shell=bash
# What the benchmarks share: the guarded run, the load, processes to measure, kcommons. To be
# sourced, by scripts with `set -euo pipefail`. Tables go to stdout, all else to stderr.
#
# Environment:
#   KCOMMONS            the binary to measure; a release build, or the numbers mean nothing
#   KCOMMONS_BENCH_BIN  where bench_load, bench_walk and bench_rusage are; without it, c++ makes them
#   KCOMMONS_E2E_BIN    where with_sysctl is, likewise
# KCOMMONS_BENCH_WORK is the work directory, set by guarded_run only.

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$BENCH_DIR/../.." && pwd)
readonly BENCH_DIR ROOT
: "${KCOMMONS:=$ROOT/build/release/cmd/kcommons/kcommons}"
# shellcheck source-path=SCRIPTDIR/../.. source=tests/lib.sh
source "$ROOT/tests/lib.sh"
# Its `say` is the one that speaks on stderr.
# shellcheck source-path=SCRIPTDIR/../.. source=deploy/packages.sh
source "$ROOT/deploy/packages.sh"

# Seconds, for what must happen sooner or later.
readonly DEADLINE=180
CLK_TCK=$(getconf CLK_TCK)
readonly CLK_TCK
PIDS=()
# Numbers are printed and parsed with a decimal point.
export LC_ALL=C
# A proxy of the environment must not stand between us and the loopback.
export no_proxy='*'

# The comment at the head of the calling script.
print_help() {
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
  exit 0
}

# --- the guarded run --------------------------------------------------------------------------

# The limits that a load may need more of; nothing else of the machine is changed.
readonly GUARDED=(fs.file-max fs.inotify.max_user_instances fs.inotify.max_user_watches)

# guarded_run ARGUMENT...: runs the calling script again, as root, under with_sysctl and with a work
# directory of its own, WORK. Returns at once in that second run.
guarded_run() {
  if [[ -n ${KCOMMONS_BENCH_WORK:-} ]]; then
    use_work_directory
    return
  fi
  need_root
  [[ -x $KCOMMONS ]] || die "no kcommons at $KCOMMONS: build it (sudo tests/run.sh release) or set KCOMMONS"
  KCOMMONS_BENCH_WORK=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-bench.XXXXXX")
  export KCOMMONS KCOMMONS_BENCH_WORK
  # Until with_sysctl takes over, which then cleans up however this ends.
  trap '"$BENCH_DIR/cleanup.sh"' EXIT
  install_packages curl
  find_programs "$KCOMMONS_BENCH_WORK/bin"
  exec "$KCOMMONS_BENCH_WORK/bin/with_sysctl" --finally "$BENCH_DIR/cleanup.sh" "${GUARDED[@]}" -- \
    "$0" "$@"
}

use_work_directory() {
  WORK=$KCOMMONS_BENCH_WORK
  BIN=$WORK/bin
  # The files of a load are in here too, and a load may run as somebody else.
  chmod 711 "$WORK"
  export TMPDIR=$WORK
  # Standard input for programs that end when theirs does. Opened for reading and writing, it is a
  # pipe that never ends.
  mkfifo "$WORK/endless"
  trap stop_all EXIT
}

# Puts the programs where `bin` finds them: those of the build, else compiled here.
find_programs() {
  local bin=$1 flags=(-std=c++20 -O2)
  mkdir -p "$bin"
  if [[ -n ${KCOMMONS_BENCH_BIN:-} ]]; then
    cp "$KCOMMONS_BENCH_BIN"/bench_{load,walk,rusage} "$bin"
  else
    say "compiling the programs of the benchmark"
    c++ "${flags[@]}" -o "$bin/bench_load" "$BENCH_DIR"/{load,options,surroundings,descriptors}.cpp
    c++ "${flags[@]}" -o "$bin/bench_walk" "$BENCH_DIR/walk.cpp"
    c++ "${flags[@]}" -static -o "$bin/bench_rusage" "$BENCH_DIR/rusage.cpp"
  fi
  if [[ -n ${KCOMMONS_E2E_BIN:-} ]]; then
    cp "$KCOMMONS_E2E_BIN/with_sysctl" "$bin"
  else
    c++ "${flags[@]}" -o "$bin/with_sysctl" "$ROOT"/tests/e2e/{with_sysctl,saved_sysctls}.cpp
  fi
}

# raise NAME VALUE: the sysctl, if it is lower. with_sysctl puts it back.
raise() {
  local file=/proc/sys/${1//./\/}
  (($(<"$file") >= $2)) || printf '%s\n' "$2" >"$file"
}

# room_for FILES INSTANCES WATCHES: raises the limits by what a load is about to take, so that what
# else runs here has the same room as before.
room_for() {
  local open
  read -r open _ </proc/sys/fs/file-nr
  raise fs.file-max $((open + $1 + $1 / 10 + 10000))
  raise fs.inotify.max_user_instances $((instances_before + $2))
  raise fs.inotify.max_user_watches $((watches_before + $3))
}
instances_before=$(</proc/sys/fs/inotify/max_user_instances)
watches_before=$(</proc/sys/fs/inotify/max_user_watches)

# --- processes --------------------------------------------------------------------------------

# start NAME COMMAND...: in the background; its PID is STARTED, its standard error LOG, its output
# OUTPUT.
start() {
  LOG=$WORK/$1.log
  OUTPUT=$WORK/$1.out
  shift
  : >"$OUTPUT" # may be looked at before the program is there
  "$@" <>"$WORK/endless" >"$OUTPUT" 2>"$LOG" &
  STARTED=$!
  PIDS+=("$STARTED")
}

alive() {
  kill -0 "$1" 2>/dev/null
}

stop() {
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  # Its number may be somebody else's by now.
  local pid kept=()
  for pid in "${PIDS[@]}"; do [[ $pid == "$1" ]] || kept+=("$pid"); done
  PIDS=("${kept[@]}")
}

# The newest first, so that the load goes last. What is left after that, with_sysctl ends.
stop_all() {
  local i
  for ((i = ${#PIDS[@]} - 1; i >= 0; i--)); do
    kill "${PIDS[i]}" 2>/dev/null || true
    wait "${PIDS[i]}" 2>/dev/null || true
  done
  PIDS=()
}

# wait_for WHAT PID COMMAND...: until COMMAND succeeds. Fails when the process ends before that.
wait_for() {
  local what=$1 pid=$2 deadline=$((SECONDS + DEADLINE))
  shift 2
  until "$@"; do
    alive "$pid" || return 1
    ((SECONDS < deadline)) || die "no $what within $DEADLINE s"
    sleep 0.05
  done
}

# ticks PID: processor time of all its threads, past ones included, in 1/CLK_TCK s: the 14th and
# 15th field of /proc/PID/stat, of which the second ends with the last parenthesis.
ticks() {
  local stat fields
  stat=$(<"/proc/$1/stat")
  read -ra fields <<<"${stat##*) }"
  printf '%d\n' $((fields[11] + fields[12]))
}

# peak_kib PID: the largest resident set it ever had.
peak_kib() {
  awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status"
}

# calculate EXPRESSION: of awk, six decimals.
calculate() {
  awk "BEGIN { printf \"%.6f\\n\", $1 }"
}

# median FILE COLUMN
median() {
  sort -g -k "$2,$2" "$1" | awk -v column="$2" '
    { value[NR] = $column }
    END { if (NR) print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

# --- the load ---------------------------------------------------------------------------------

# start_load FLAG...: LOAD is its PID, LOAD_DESCRIPTORS what there is to find.
start_load() {
  start load "$BIN/bench_load" "$@"
  LOAD=$STARTED
  wait_for "load" "$LOAD" grep -q '^ready ' "$OUTPUT" || die "no load: $(<"$LOG")"
  read -r _ LOAD_DESCRIPTORS _ <"$OUTPUT"
  say "the load is ready: $LOAD_DESCRIPTORS descriptors"
}

stop_load() {
  stop "$LOAD"
}

# --- kcommons ---------------------------------------------------------------------------------

# As often as the configuration allows, so that a run takes no longer than it must.
CENSUS_INTERVAL=1s
# More of the configuration.
CONFIGURATION=

# start_kcommons SOURCE: it has made its first census when this returns. EXPORTER is its PID, URL
# where it answers. Fails when it will not run with that source; REFUSED is why.
start_kcommons() {
  local config=$WORK/kcommons.yaml
  printf 'source: %s\nsampling:\n  holdings_interval: %s\n%s\n' "$1" "$CENSUS_INTERVAL" \
    "$CONFIGURATION" >"$config"
  if ! REFUSED=$("$KCOMMONS" check-config "$config" 2>&1); then
    REFUSED=${REFUSED#"$config":*: source: "$1": }
    return 1
  fi
  start "kcommons" "$KCOMMONS" serve --config.file="$config" --web.listen-address=127.0.0.1:0
  EXPORTER=$STARTED
  if ! wait_for "kcommons with source $1 that is ready" "$EXPORTER" is_ready; then
    REFUSED=$(tail -n 1 "$LOG")
    stop "$EXPORTER"
    return 1
  fi
}

is_ready() {
  local port
  port=$(sed -n 's/.* msg="listening" .* port=\([0-9]*\).*/\1/p' "$LOG")
  [[ -n $port ]] || return 1
  URL=http://127.0.0.1:$port/metrics
  curl -fs -o /dev/null "http://127.0.0.1:$port/-/ready"
}

# censuses: COUNT CPU DURATION of the holdings, COUNT CPU DURATION of the pools, COUNT and CPU since
# the start.
censuses() {
  curl -fsS --max-time 30 "$URL" | awk '
    match($1, /^kcommons_census_[a-z_]+/) {
      name = substr($1, RSTART + 16, RLENGTH - 16)
      kind = $1 ~ /kind="holdings"/ ? "holdings" : "pools"
      value[kind name] = $2
    }
    END {
      print value["holdings" "total"], value["holdings" "cpu_seconds_total"],
        value["holdings" "duration_seconds"], value["pools" "total"],
        value["pools" "cpu_seconds_total"], value["pools" "duration_seconds"]
    }'
}

# next_census: waits until there is one more than in CENSUS, an array of what `censuses` prints.
next_census() {
  local seen=${CENSUS[0]} deadline=$((SECONDS + DEADLINE))
  while ((CENSUS[0] == seen)); do
    ((SECONDS < deadline)) || die "kcommons has made no census for $DEADLINE s"
    sleep 0.2
    read -ra CENSUS < <(censuses)
    [[ -n ${CENSUS[5]:-} ]] || die "kcommons does not say how many censuses it has made: $(tail -n 1 "$LOG")"
  done
}

# sample_censuses COUNT FILE: a line "CPU WALL" for each. POOLS_CPU and POOLS_WALL are those of a
# pools pass, PROCESS_CPU what the whole process has taken per census by /proc/PID/stat: the
# passes, these scrapes, and all that no pass counts.
sample_censuses() {
  local count=$1 file=$2 i previous first first_ticks
  CENSUS=(-1)
  read -ra CENSUS < <(censuses)
  # In step with the passes.
  next_census
  first=("${CENSUS[@]}")
  first_ticks=$(ticks "$EXPORTER")
  : >"$file"
  for ((i = 0; i < count; i++)); do
    previous=("${CENSUS[@]}")
    next_census
    printf '%s %s\n' "$(calculate "(${CENSUS[1]} - ${previous[1]}) / (${CENSUS[0]} - ${previous[0]})")" \
      "${CENSUS[2]}" >>"$file"
  done
  # shellcheck disable=SC2034 # used by those that source this, as the next two
  PROCESS_CPU=$(calculate \
    "($(ticks "$EXPORTER") - $first_ticks) / $CLK_TCK / (${CENSUS[0]} - ${first[0]})")
  # shellcheck disable=SC2034
  POOLS_CPU=$(awk "BEGIN { n = ${CENSUS[3]} - ${first[3]}
    if (n) printf \"%.9f\\n\", (${CENSUS[4]} - ${first[4]}) / n }")
  # shellcheck disable=SC2034
  POOLS_WALL=${CENSUS[5]}
}

# --- the machine ------------------------------------------------------------------------------

machine() {
  printf '%s, %s cores, %s GiB, Linux %s, %s; %s\n' \
    "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" "$(nproc)" \
    "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" "$(uname -r)" \
    "$(date -u +%Y-%m-%d)" "$("$KCOMMONS" --version | sed '1{s/, version//;s/, compiler.*/)/;q}')"
}
