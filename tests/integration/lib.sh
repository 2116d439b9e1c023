# shellcheck shell=bash
# What the integration tests share: telling, waiting, one exporter at a time. To be sourced, by
# scripts with `set -euo pipefail`.
#
# Environment, set by CMakeLists.txt; by hand, the dev build is taken:
#   KCOMMONS                   the binary under test
#   KCOMMONS_EXPOSITION_CHECK  the strict checker of expositions
#   KCOMMONS_INTEGRATION_BIN   where fixture_tree, integration_holder and churn are
#
# Exit codes: 0 all held; 1 something did not; 77 skipped.

# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Seconds, for what must happen sooner or later, on a busy machine and under a sanitizer too.
readonly DEADLINE=30

dev_build=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/dev
: "${KCOMMONS:=$dev_build/cmd/kcommons/kcommons}"
: "${KCOMMONS_EXPOSITION_CHECK:=$dev_build/tests/exposition_check}"
: "${KCOMMONS_INTEGRATION_BIN:=$dev_build/tests/integration}"
for program in "$KCOMMONS" "$KCOMMONS_EXPOSITION_CHECK" "$KCOMMONS_INTEGRATION_BIN/churn"; do
  [[ -x $program ]] || die "$program is not built"
done

WORK=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-integration.XXXXXX")
readonly WORK
# Also for those who are root no more.
chmod 755 "$WORK"
PIDS=()
# Paths that rmdir takes, the last one first.
CGROUPS=()
# Messages of programs are compared.
export LC_ALL=C
# A proxy of the environment must not stand between us and the loopback.
export no_proxy='*'

# --- telling ----------------------------------------------------------------------------------

# expect_line WHAT PATTERN FILE: some line of the file matches.
expect_line() {
  if grep -Eq -- "$2" "$3"; then
    say "ok: $1"
  else
    wrong "$1: no line matches $2 in:"
    sed 's/^/      | /' "$3" >&2
  fi
}

# --- waiting ----------------------------------------------------------------------------------

wait_for() {
  local what=$1
  shift
  holds_within "$DEADLINE" "$@" || die "no $what within $DEADLINE s"
}

# --- processes --------------------------------------------------------------------------------

# start OUT ERR COMMAND...: in the background; its PID is STARTED.
start() {
  local out=$1 err=$2
  shift 2
  : >"$out" # may be looked at before the program is there
  : >"$err"
  "$@" </dev/null >"$out" 2>"$err" &
  STARTED=$!
  PIDS+=("$STARTED")
}

alive() {
  kill -0 "$1" 2>/dev/null
}

# stop PID [SIGNAL]: sends the signal and waits; STATUS is what it exited with.
# shellcheck disable=SC2034 # used by those that source this
stop() {
  kill "-${2:-TERM}" "$1" 2>/dev/null || true
  STATUS=0
  wait "$1" 2>/dev/null || STATUS=$?
  forget "$1"
}

# Its number may be somebody else's by now.
forget() {
  local pid kept=()
  for pid in "${PIDS[@]}"; do [[ $pid == "$1" ]] || kept+=("$pid"); done
  PIDS=("${kept[@]}")
}

clean_up() {
  local i pid
  for pid in "${PIDS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
  for ((i = ${#CGROUPS[@]} - 1; i >= 0; i--)); do
    # A process that was killed leaves its cgroup when it is reaped, a moment later.
    holds_within 5 rmdir_gone "${CGROUPS[i]}" || say "left behind: ${CGROUPS[i]}"
  done
  rm -rf "$WORK"
}
trap clean_up EXIT

# enter_container ID PID: moves the process to docker/ID of each hierarchy that takes it. Fails where
# none does.
enter_container() {
  local mount type moved=0
  while read -r _ mount type _; do
    [[ $type == cgroup || $type == cgroup2 ]] || continue
    ! enter_cgroup "$mount" "$1" "$2" || moved=$((moved + 1))
  done </proc/self/mounts
  ((moved > 0))
}

# enter_cgroup MOUNT ID PID
enter_cgroup() {
  local mount=$1 id=$2 pid=$3 folder file
  for folder in "$mount/docker" "$mount/docker/$id"; do
    [[ -d $folder ]] && continue
    mkdir "$folder" 2>/dev/null || return
    CGROUPS+=("$folder")
    # A new cpuset of v1 has no processors, and takes no process before it has.
    for file in cpuset.cpus cpuset.mems; do
      [[ -e $folder/$file ]] || continue
      cat "${folder%/*}/$file" 2>/dev/null >"$folder/$file" || true
    done
  done
  echo "$pid" 2>/dev/null >"$mount/docker/$id/cgroup.procs"
}

rmdir_gone() {
  rmdir "$1" 2>/dev/null || [[ ! -d $1 ]]
}

# start_holder NAME ID COMMAND...: a shell that waits for a word before it becomes COMMAND, so that it
# is in its cgroup before it holds anything. Ready when COMMAND has said so. HOLDER is its PID.
# shellcheck disable=SC2034 # used by those that source this
start_holder() {
  local name=$1 id=$2
  shift 2
  mkfifo "$WORK/$name.go"
  # shellcheck disable=SC2016 # expanded by the inner shell
  start "$WORK/$name.out" "$WORK/$name.err" bash -c 'read -r _ <"$0" && exec "$@"' "$WORK/$name.go" "$@"
  HOLDER=$STARTED
  enter_container "$id" "$HOLDER" || skip "no cgroup can be made here"
  echo go >"$WORK/$name.go"
  wait_for "$name" grep -q '^ready ' "$WORK/$name.out"
}

# --- the exporter -----------------------------------------------------------------------------

# run_exporter [FLAG...]: `kcommons serve` on a free port, listening when it returns. EXPORTER is its
# PID, LOG its standard error, PORT and URL where it listens. RUN_AS, an array, is a command to be
# put before it, which must exec.
RUN_AS=()
EXPORTERS=0
run_exporter() {
  EXPORTERS=$((EXPORTERS + 1))
  LOG=$WORK/log.$EXPORTERS
  start /dev/null "$LOG" "${RUN_AS[@]}" "$KCOMMONS" serve --web.listen-address=127.0.0.1:0 "$@"
  EXPORTER=$STARTED
  wait_for "listening exporter" is_listening
  PORT=$(sed -n 's/.* msg="listening" .* port=\([0-9]*\).*/\1/p' "$LOG")
  URL=http://127.0.0.1:$PORT
}

is_listening() {
  if ! alive "$EXPORTER"; then
    cat "$LOG" >&2
    die "the exporter ended"
  fi
  grep -q ' msg="listening" ' "$LOG"
}

# scrape FILE
scrape() {
  curl -fsS --max-time 10 -o "$1" "$URL/metrics"
}

# wait_for_census [COUNT]: until the holdings of so many censuses have been published. The last
# scrape is $WORK/scrape.
wait_for_census() {
  wait_for "census number ${1:-1}" has_censuses "${1:-1}"
}

has_censuses() {
  scrape "$WORK/scrape" 2>"$WORK/curl" || die "no scrape: $(cat "$WORK/curl" "$LOG")"
  local count
  count=$(value 'kcommons_census_total{kind="holdings"}' "$WORK/scrape")
  ((${count:-0} >= $1))
}

# value SERIES FILE: its value; nothing where there is no such series. SERIES as it stands.
value() {
  SERIES="$1 " awk 'index($0, ENVIRON["SERIES"]) == 1 {
    print substr($0, length(ENVIRON["SERIES"]) + 1)
  }' "$2"
}

# --- JSON against its schema --------------------------------------------------------------------

# Sets PYTHON to the Python that has the module, be it that of Debian or another; empty without.
find_validator() {
  local python
  PYTHON=
  for python in python3 /usr/bin/python3; do
    ! "$python" -c 'import jsonschema' 2>/dev/null || {
      PYTHON=$python
      return
    }
  done
  say "python3-jsonschema is not installed: the JSON is not held against the schema"
}

# is_valid SCHEMA FILE
is_valid() {
  "$PYTHON" - "$1" "$2" <<'PYTHON'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
errors = list(jsonschema.Draft202012Validator(schema).iter_errors(
    json.load(open(sys.argv[2], encoding="utf-8"))))
for error in errors:
    print(error.json_path, error.message, file=sys.stderr)
sys.exit(bool(errors))
PYTHON
}
