#!/usr/bin/env bash
# What runs inside the virtual machine of tests/qemu/run.sh, as root, under systemd: each CHECK, with
# what it says in RESULTS/CHECK.log and its exit code in RESULTS/CHECK.status.
#
#   guest.sh BUILD RESULTS CHECK...
#
#   unit_LAYER     the unit tests of a layer
#   serve_SOURCE   the daemon with that source of the census, and what it serves of this machine
set -euo pipefail

build=$1 results=$2
shift 2
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Seconds to the first census, on an emulated processor.
readonly DEADLINE=120

# --- the daemon -------------------------------------------------------------------------------

scrape() {
  curl -sf --noproxy '*' -o scrape "http://127.0.0.1:$port/metrics"
}

# has_line PATTERN: some line of the scrape matches.
has_line() {
  if grep -E -- "$1" scrape; then return; fi
  echo "NOT OK: no line of /metrics matches $1"
  return 1
}

has_series() {
  scrape && grep -q '^kcommons_host_used{' scrape
}

# A subshell, because it is ended by its first error, and takes the daemon with it.
serve() (
  set -e
  port=$(free_port)
  cd "$(mktemp -d)"
  printf 'source: %s\n' "$1" >config.yaml
  "$build/cmd/kcommons/kcommons" serve --config.file=config.yaml \
    --web.listen-address="127.0.0.1:$port" &
  daemon=$!
  trap 'kill "$daemon"; wait "$daemon" || true' EXIT
  holds_within "$DEADLINE" has_series
  has_line '^kcommons_source_info\{'
  # A unit of systemd, by its cgroup in the unified hierarchy.
  has_line '^kcommons_host_used\{.*resource="open_files".*unit="[a-z@-]*\.service".*\} [1-9]'
)

# --- all of them ------------------------------------------------------------------------------

run_check() {
  case $1 in
    unit_*) "$build/tests/unit/${1#unit_}/$1" ;;
    serve_*) serve "${1#serve_}" ;;
    *) echo "no such check: $1" && return 2 ;;
  esac
}

{
  echo "Linux $(uname -r), $(systemctl --version | head -n 1)," \
    "$(stat -f -c %T /sys/fs/cgroup) on /sys/fs/cgroup"
} >"$results/machine"
for check in "$@"; do
  echo "guest.sh: $check"
  started=$SECONDS
  # In a process of its own, so that the status is its own and `set -e` means what it says.
  status=0
  (run_check "$check") >"$results/$check.log" 2>&1 || status=$?
  echo "$status $((SECONDS - started))" >"$results/$check.status"
done
