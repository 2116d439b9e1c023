#!/usr/bin/env bash
# with_sysctl gives back the value of a sysctl, however the run ends. Tried on one that nobody
# misses for a moment: fs.inotify.max_queued_events is read when an inotify instance is made.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly NAME=fs.inotify.max_queued_events
readonly FILE=/proc/sys/fs/inotify/max_queued_events
readonly CHANGED=12345
readonly LOCK=/run/kcommons-e2e.lock
readonly IN_TIME=5

is() {
  [[ $(sysctl_get "$NAME") == "$1" ]]
}

expect_status() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  ((status == wanted)) || die "ended with $status, not with $wanted: $*"
}

# begin COMMAND: in the background, until the value has changed. RUN is with_sysctl, WATCHDOG its
# child, COMMAND_PID the child of that.
begin() {
  "$TOOL" "$NAME" -- bash -c "echo $CHANGED >$FILE; $1" 2>/dev/null &
  RUN=$!
  wait_for "$IN_TIME" "changed value" is "$CHANGED"
  WATCHDOG=$(child_of "$RUN")
  COMMAND_PID=$(child_of "$WATCHDOG")
}

# A kernel need not have /proc/PID/task/TID/children.
child_of() {
  awk -v parent="$1" '{ sub(/.*\) /, ""); if ($2 == parent) { split(FILENAME, p, "/"); print p[3] } }' \
    /proc/[0-9]*/stat 2>/dev/null || true
}

# ends WANTED: the status of RUN, the value, and that the lock is free.
ends() {
  local wanted=$1 status=0
  wait "$RUN" || status=$?
  ((status == wanted)) || die "ended with $status, not with $wanted"
  wait_for "$IN_TIME" "restored $NAME" is "$BEFORE"
  wait_for "$IN_TIME" "end of the watchdog" flock --nonblock "$LOCK" true
  [[ ! -s $LOCK ]] || die "values are still noted in $LOCK"
}

after_a_normal_end() {
  expect_status 7 "$TOOL" "$NAME" -- bash -c "echo $CHANGED >$FILE; exit 7" 2>/dev/null
  is "$BEFORE" || die "$NAME is not restored"
  say "restored after a normal end, whose exit code is passed on"
}

after_a_kill_of() {
  begin 'sleep 60'
  case $1 in
    guard) kill -KILL "$RUN" && ends 137 ;;
    watchdog) kill -KILL "$WATCHDOG" && ends 70 ;;
    command) kill -KILL "$COMMAND_PID" && ends 137 ;;
    # By a plain signal, as from Ctrl-C.
    nobody) kill -TERM "$RUN" && ends 130 ;;
  esac
  say "restored after SIG$2 of the $3"
}

with_nobody_left() {
  local orphan
  begin "setsid --fork bash -c 'echo \$\$ >$TMP/orphan; exec sleep 60'; exec sleep 60"
  wait_for "$IN_TIME" "orphan" test -s "$TMP/orphan"
  orphan=$(<"$TMP/orphan")
  alive "$orphan" || die "the orphan $orphan is not there"
  kill -KILL "$RUN"
  ends 137
  gone "$orphan" || die "the orphan $orphan is left"
  say "orphans in sessions of their own are gone too"
}

only_one_at_a_time() {
  begin 'sleep 60'
  expect_status 75 "$TOOL" "$NAME" -- true 2>/dev/null
  is "$CHANGED" || die "the run that was refused touched $NAME"
  kill -TERM "$RUN"
  ends 130
  say "a second run is refused, and changes nothing"
}

what_an_earlier_run_left() {
  printf '%s %s\n' "$NAME" "$BEFORE" >"$LOCK"
  sysctl_set "$NAME" "$CHANGED"
  expect_status 0 "$TOOL" "$NAME" -- true 2>/dev/null
  is "$BEFORE" || die "$NAME is not restored"
  say "what a run left behind that was killed whole is restored by the next"
}

# A test that failed may have left a run behind.
clean() {
  if [[ -n $RUN ]] && alive "$RUN"; then
    kill -TERM "$RUN"
    wait "$RUN" || true
  fi
  sysctl_set "$NAME" "$BEFORE"
  rm -rf "$TMP"
}

main() {
  require_root
  RUN=
  BEFORE=$(sysctl_get "$NAME")
  is "$CHANGED" && die "$NAME happens to be $CHANGED"
  TMP=$(mktemp -d)
  trap clean EXIT
  find_programs "$TMP"
  TOOL=$TMP/with_sysctl
  after_a_normal_end
  after_a_kill_of guard KILL "program itself"
  after_a_kill_of watchdog KILL watchdog
  after_a_kill_of command KILL command
  after_a_kill_of nobody TERM "program itself"
  with_nobody_left
  only_one_at_a_time
  what_an_earlier_run_left
}

main
