#!/usr/bin/env bash
# Builds kcommons on this Debian machine and starts it. Run again, it builds what has changed and
# replaces what it started before.
#
#   sudo deploy/run.sh              build, start, print the URL and the fullest pools
#   sudo deploy/run.sh --stop       stop what was started
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

state=/run/kcommons
config=$root/config/kcommons.yaml
binary=$root/build/run/cmd/kcommons/kcommons

# The process that an earlier run started, if it still runs this program.
running_pid() {
  local pid
  pid=$(cat "$state/pid" 2>/dev/null) || return 1
  [[ $(readlink "/proc/$pid/exe" 2>/dev/null) == "$binary"* ]] || return 1
  echo "$pid"
}

stop() {
  local pid
  pid=$(running_pid) || return 0
  kill -TERM "$pid"
  for _ in $(seq 50); do
    [[ -e /proc/$pid ]] || break
    sleep 0.1
  done
  [[ ! -e /proc/$pid ]] || die "process $pid did not end within five seconds of SIGTERM"
  rm -f "$state/pid"
  say "stopped the kcommons that was running (pid $pid)"
}

build() {
  say "building (the first time takes a few minutes)"
  mkdir -p "$root/build"
  local log=$root/build/run.log
  if ! (cd "$root" && cmake --preset release-only && cmake --build --preset release-only) \
    >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    die "the build failed; the whole log is in $log"
  fi
}

# Waits for the line in which the daemon says where it listens, and for its first census.
start() {
  mkdir -p "$state"
  local log=$state/log pid url=""
  setsid "$binary" serve --config.file="$config" "$@" </dev/null >"$log" 2>&1 &
  pid=$!
  echo "$pid" >"$state/pid"
  for _ in $(seq 300); do
    if [[ ! -e /proc/$pid ]]; then
      cat "$log" >&2
      rm -f "$state/pid"
      die "kcommons did not start: its last words are above"
    fi
    if [[ -z $url ]]; then
      url=$(sed -n 's/.*msg="listening" address=\([^ ]*\):[0-9]* port=\([0-9]*\).*/\1:\2/p' "$log")
    fi
    if [[ -n $url ]] && curl -sf -o /dev/null "http://${url/#:/127.0.0.1:}/-/ready"; then
      break
    fi
    sleep 0.1
  done
  [[ -n $url ]] || die "kcommons does not listen after 30 seconds; its log is $log"
  url=http://${url/#:/127.0.0.1:}
  echo
  echo "kcommons is running (pid $pid): $url/metrics"
  echo "the fullest pools of this machine, also at $url/"
  echo
  curl -sf -H 'Accept: text/plain' "$url/" || die "no answer from $url/; its log is $log"
  echo
  echo "log: $log    stop: sudo $0 --stop"
}

need_root
case ${1:-} in
  --stop)
    stop
    exit 0
    ;;
  --help | -h)
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
install_packages "${BUILD_PACKAGES[@]}" curl
build
stop
start "$@"
