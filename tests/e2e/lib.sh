# shellcheck shell=bash
# What the end-to-end tests share: the guarded run, the story, waiting, sysctls. To be sourced, by
# scripts with `set -euo pipefail`. engine.sh has the containers, monitoring.sh the exporter and
# Prometheus.
#
# Environment: KCOMMONS_E2E_BIN says where e2e_hog and with_sysctl are; without it they are compiled
# with c++. KCOMMONS_E2E_WORK is the work directory, set by guarded_run only.
#
# Exit codes of the experiments: 0 all held; 1 something did not; 3 Prometheus had no answer, which
# is what an experiment without the exporter ends with; 75 another run is on; 77 skipped.

# shellcheck disable=SC2034 # used by those that source this
readonly E2E_NO_ANSWER=3
# Seconds, for what must happen sooner or later.
# shellcheck disable=SC2034
readonly E2E_DEADLINE=30
# Scripts of this folder may be called from anywhere; paths inside are from here.
E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly E2E_DIR
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$E2E_DIR/../lib.sh"

# What must be installed; scripts that need other programs say so before guarded_run.
E2E_PROGRAMS=(containerd dockerd docker runc busybox prometheus inotifywait jq curl awk tar)

E2E_STEP=0
E2E_PIDS=()
# The name of each saved sysctl and its value: NAME=VALUE.
E2E_SAVED=()

# --- telling ----------------------------------------------------------------------------------

# One numbered line of the story.
say() {
  E2E_STEP=$((E2E_STEP + 1))
  printf '%2d. %s\n' "$E2E_STEP" "$*"
}

# What a program said, below the line it belongs to.
quote() {
  local line
  while IFS= read -r line; do printf '      | %s\n' "$line"; done <<<"$1"
}

require_root() {
  [[ $EUID -eq 0 ]] || skip "root is needed, to lower a limit and to start a Docker engine: sudo $0"
}

require_programs() {
  local program
  for program in "${E2E_PROGRAMS[@]}"; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
}

# --- waiting ----------------------------------------------------------------------------------

# wait_for SECONDS WHAT COMMAND...: until COMMAND succeeds; the test fails after SECONDS.
wait_for() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@"; do
    ((SECONDS < deadline)) || die "no $what within $seconds s"
    sleep 0.1
  done
}

# --- the guarded run --------------------------------------------------------------------------

# Puts the two programs where `bin` finds them: those of the build, else compiled here.
find_programs() {
  local bin=$1
  mkdir -p "$bin"
  if [[ -n ${KCOMMONS_E2E_BIN:-} ]]; then
    cp "$KCOMMONS_E2E_BIN"/{e2e_hog,with_sysctl} "$bin"
    return
  fi
  if ! c++ -std=c++20 -O2 -static -o "$bin/e2e_hog" "$E2E_DIR/hog.cpp" ||
    ! c++ -std=c++20 -O2 -o "$bin/with_sysctl" "$E2E_DIR"/{with_sysctl,saved_sysctls}.cpp; then
    die "cannot compile the test programs; build them and set KCOMMONS_E2E_BIN"
  fi
}

# guarded_run SYSCTL... -- ARGUMENT...: runs the calling script again, under with_sysctl and with a
# work directory of its own. Returns at once in that second run.
guarded_run() {
  local -a names=()
  while [[ $1 != -- ]]; do
    names+=("$1")
    shift
  done
  shift
  if [[ -n ${KCOMMONS_E2E_WORK:-} ]]; then
    sysctl_save "${names[@]}"
    printf '%s\n' "$$" >"$KCOMMONS_E2E_WORK/pid"
    trap 'stop_all' EXIT
    return 0
  fi
  require_root
  require_programs
  KCOMMONS_E2E_WORK=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-e2e.XXXXXX")
  # Until with_sysctl takes over, which then cleans up however this ends.
  trap '"$E2E_DIR/cleanup.sh"' EXIT
  export KCOMMONS_E2E_WORK
  # A container of another user namespace has to reach its root file system in here.
  chmod 711 "$KCOMMONS_E2E_WORK"
  find_programs "$KCOMMONS_E2E_WORK/bin"
  exec "$KCOMMONS_E2E_WORK/bin/with_sysctl" --finally "$E2E_DIR/cleanup.sh" "${names[@]}" -- \
    "$0" "$@"
}

# made PATH...: cleanup.sh removes the files and empty directories, the last one first.
made() {
  printf '%s\n' "$@" >>"$KCOMMONS_E2E_WORK/made"
}

# will_make PATH...: like made, but for what is there already.
will_make() {
  local path
  for path in "$@"; do
    [[ -e $path ]] || made "$path"
  done
}

# --- processes --------------------------------------------------------------------------------

# start LOG COMMAND...: in the background; its pid is in STARTED and among those to stop.
start() {
  local log=$1
  shift
  "$@" </dev/null >"$log" 2>&1 &
  STARTED=$!
  E2E_PIDS+=("$STARTED")
}

alive() {
  kill -0 "$1" 2>/dev/null
}

gone() {
  ! alive "$1"
}

# The end of what `start` began, newest first, so that clients go before their servers. What is
# left after that, with_sysctl ends.
stop_all() {
  local i pid
  # The limits first: what is stopped next may need what they withhold.
  sysctl_restore
  if declare -F stop_engine >/dev/null; then stop_engine; fi
  for ((i = ${#E2E_PIDS[@]} - 1; i >= 0; i--)); do
    pid=${E2E_PIDS[i]}
    kill "$pid" 2>/dev/null || continue
    wait "$pid" 2>/dev/null || true
  done
  E2E_PIDS=()
}

# --- sysctls ----------------------------------------------------------------------------------

sysctl_get() {
  cat "/proc/sys/${1//./\/}"
}

sysctl_set() {
  printf '%s\n' "$2" >"/proc/sys/${1//./\/}"
}

sysctl_save() {
  local name
  for name in "$@"; do E2E_SAVED+=("$name=$(sysctl_get "$name")"); done
}

sysctl_restore() {
  local saved
  for saved in "${E2E_SAVED[@]}"; do sysctl_set "${saved%%=*}" "${saved#*=}"; done
}

sysctl_assert_restored() {
  local saved name
  for saved in "${E2E_SAVED[@]}"; do
    name=${saved%%=*}
    [[ $(sysctl_get "$name") == "${saved#*=}" ]] || die "$name is $(sysctl_get "$name"), not restored"
    say "$name is ${saved#*=} again"
  done
}
