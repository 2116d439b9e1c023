#!/usr/bin/env bash
# What runs inside the virtual machine of tests/qemu/run.sh, as root, under systemd: each CHECK, with
# what it says in RESULTS/CHECK.log and its exit code in RESULTS/CHECK.status.
#
#   guest.sh BUILD RESULTS CHECK...
#
#   unit_LAYER     the unit tests of a layer
#   serve_SOURCE   the daemon with that source of the census, and what it serves of this machine
#   service        the unit of deploy/systemd: service.sh
#   package        the .deb: installed, upgraded, removed, purged: package.sh
#   names_RUNTIME  real containers, and what the daemon, top and audit call them: names/RUNTIME.sh
#   kernel_log     the kernel has not complained so far
set -euo pipefail

build=$1 results=$2
shift 2
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
for file in "$(dirname "${BASH_SOURCE[0]}")"/{service,package,names/*}.sh; do
  # shellcheck source=/dev/null
  source "$file"
done

# Seconds to the first census, on an emulated processor.
readonly DEADLINE=120

fail() {
  echo "NOT OK: $*"
  exit 1
}

# --- what a check has started -----------------------------------------------------------------

CLEANUP=()

# at_exit COMMAND...: when this check ends, the last of them first.
at_exit() {
  CLEANUP=("$(printf '%q ' "$@")" ${CLEANUP[@]+"${CLEANUP[@]}"})
  trap clean_up EXIT
}

clean_up() {
  local command
  for command in "${CLEANUP[@]}"; do eval "$command" >>cleanup.log 2>&1 || true; done
}

# --- the daemon -------------------------------------------------------------------------------

kcommons() {
  "$build/cmd/kcommons/kcommons" "$@"
}

# start_daemon YAML: with that configuration, on a free port.
start_daemon() {
  port=$(free_port)
  printf '%s\n' "$1" >config.yaml
  "$build/cmd/kcommons/kcommons" serve --config.file=config.yaml \
    --web.listen-address="127.0.0.1:$port" >daemon.log 2>&1 &
  at_exit kill $!
}

has_holdings() {
  curl -sf --noproxy '*' -o scrape "http://127.0.0.1:$port/metrics" &&
    grep -q '^kcommons_host_used{' scrape
}

# expect_line PATTERN: some line of the scrape matches.
expect_line() {
  grep -E -m 1 -- "$1" scrape || fail "no line of /metrics matches $1"
}

# The unit must be a service of systemd, by its cgroup in the unified hierarchy.
serve() {
  start_daemon "source: $1"
  holds_within "$DEADLINE" has_holdings || {
    cat daemon.log
    fail "nothing is served within $DEADLINE s; the log of the daemon is above"
  }
  expect_line "^kcommons_source_info\{.*source=\"$1\""
  expect_line '^kcommons_host_used\{.*resource="open_files".*unit="[a-z@-]+\.service".*\} [1-9]'
}

# --- all of them ------------------------------------------------------------------------------

kernel_log() {
  if dmesg | grep -E 'BUG:|WARNING:|Oops|Call Trace'; then return 1; fi
}

run_check() {
  cd "$(mktemp -d)"
  case $1 in
    unit_*) "$build/tests/unit/${1#unit_}/$1" ;;
    serve_*) serve "${1#serve_}" ;;
    service) service ;;
    package) package ;;
    names_*) "$1" ;;
    kernel_log) kernel_log ;;
    *)
      echo "no such check: $1"
      return 1
      ;;
  esac
}

echo "Linux $(uname -r), $(systemctl --version | sed -n 1p), $(stat -f -c %T /sys/fs/cgroup)" \
  >"$results/machine"
# So little memory allows fewer than the tests make.
sysctl --quiet --write fs.inotify.max_user_watches=100000
for check in "$@"; do
  echo "guest.sh: $check"
  started=$SECONDS status=0
  # In the background, because `set -e` is off in what stands before `||`.
  run_check "$check" >"$results/$check.log" 2>&1 &
  wait $! || status=$?
  echo "$status $((SECONDS - started))" >"$results/$check.status"
done
