# shellcheck shell=bash
# The pool of inotify watches of uid 0: its limit lowered, and who fails when it is full. To be
# sourced after lib.sh and engine.sh.

readonly WATCHES_SYSCTL=fs.inotify.max_user_watches
# shellcheck disable=SC2034 # used by those that source this
readonly WATCHES_POOL='resource="inotify_watches",userns="initial",uid="0"'
# How many watches there is room for. Fewer than what the procfs source calls a large instance by
# default (2000), because it reads those once a minute only.
readonly WATCHES_ROOM=1500
readonly WATCHES_FULL='^watches: [0-9]+ full$'
# Where the victims on the host run: a cgroup as systemd would make it for a service, so that they
# have a name.
readonly WATCHES_UNIT=kcommons-e2e-victim.service

# All users' watches on this host. A descriptor inherited by a child counts twice: it is enough that
# this is not too low.
watches_in_use() {
  cat /proc/[0-9]*/fdinfo/* 2>/dev/null | grep -c '^inotify wd:' || true
}

lower_max_user_watches() {
  local used limit before
  before=$(sysctl_get "$WATCHES_SYSCTL")
  used=$(watches_in_use)
  limit=$((used + WATCHES_ROOM))
  ((limit < before)) || skip "$WATCHES_SYSCTL is already below $limit"
  say "$used inotify watches are on this host; $WATCHES_SYSCTL goes from $before to $limit"
  sysctl_set "$WATCHES_SYSCTL" "$limit"
}

# start_watches_hog NAME: container A, of that name.
start_watches_hog() {
  A=$(container_run --name "$1" --tmpfs /watched -- \
    /bin/e2e_hog watches until-enospc /watched)
  wait_for "$E2E_DEADLINE" "full pool" container_says "$A" "$WATCHES_FULL"
  say "container A (${A:0:12}) adds watches until it can add no more: $(container_last_line "$A")"
}

start_tail() {
  unit_make "$WATCHES_UNIT"
  printf 'a line\n' >"$KCOMMONS_E2E_WORK/watched"
  TAIL_LOG=$KCOMMONS_E2E_WORK/tail.log
  LC_ALL=C start "$TAIL_LOG" unit_exec "$WATCHES_UNIT" tail -f "$KCOMMONS_E2E_WORK/watched"
  wait_for "$E2E_DEADLINE" "complaint of tail -f" grep -q 'reverting to polling' "$TAIL_LOG"
  say "on the host, in $WATCHES_UNIT, tail -f says:"
  quote "$(grep '^tail:' "$TAIL_LOG")"
}

# expect_inotifywait_fails UNIT: in the cgroup of that unit.
expect_inotifywait_fails() {
  local unit=$1 status=0 output
  output=$(LC_ALL=C unit_exec "$unit" inotifywait --timeout 5 "$KCOMMONS_E2E_WORK/watched" 2>&1) ||
    status=$?
  ((status == 1)) || die "inotifywait ended with $status: $output"
  grep -q 'upper limit on inotify watches reached' <<<"$output" || die "inotifywait says: $output"
  say "on the host, in $unit, inotifywait exits with $status:"
  quote "$output"
}

# Exit 2 is the timeout: inotifywait had its watch, and nothing happened to the file.
can_watch() {
  local status=0
  inotifywait --quiet --timeout 1 "$KCOMMONS_E2E_WORK/watched" >/dev/null 2>&1 || status=$?
  ((status == 2))
}
