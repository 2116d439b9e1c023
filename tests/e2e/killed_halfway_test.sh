#!/usr/bin/env bash
# An experiment that is killed half-way, with its limit lowered and its pool full, gives the machine
# back: the limit within a second, then its processes, mounts, cgroups and files. Killed is, in
# turn, what a user or ctest sees (with_sysctl), and the experiment's own shell.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Seconds until a limit must be back, and until everything else must be gone.
readonly RESTORED_WITHIN=1
readonly GONE_WITHIN=30

ms_now() {
  printf '%s\n' "$((${EPOCHREALTIME/./} / 1000))"
}

story_has() {
  local status=0
  if gone "$RUN"; then
    wait "$RUN" || status=$?
    ((status == SKIPPED)) && skip "$(cat "$STORY")"
    die "the experiment ended early, with $status: $(cat "$STORY")"
  fi
  grep -Eq "$1" "$STORY"
}

sysctl_is() {
  [[ $(sysctl_get "$1") == "$2" ]]
}

# The pids of all processes of a run: what has the work directory among its arguments or in its
# environment (the engine, Prometheus, shims, the experiment itself), and e2e_hog in its container.
processes_of() {
  { grep -lsF -e "$1" -e /bin/e2e_hog /proc/[0-9]*/cmdline /proc/[0-9]*/environ || true; } |
    cut -d/ -f3 | sort -u
}

nothing_left_of() {
  local path
  [[ ! -e $1 && -z $(processes_of "$1") ]] || return 1
  ! grep -qF "$1" /proc/self/mountinfo || return 1
  while read -r path; do [[ ! -e $path ]] || return 1; done <"$TMP/made"
}

# killed VICTIM EXPERIMENT SYSCTL HALFWAY: VICTIM is guard or shell; HALFWAY is a line of the story.
killed() {
  local victim=$1 experiment=$2 name=$3 halfway=$4 before work pid start took status=0
  before=$(sysctl_get "$name")
  STORY=$TMP/story
  : >"$STORY"
  "$E2E_DIR/$experiment" --without-exporter </dev/null >"$STORY" 2>&1 &
  RUN=$!
  wait_for 60 "halfway of $experiment" story_has "$halfway"
  sysctl_is "$name" "$before" && die "$experiment is half-way and did not lower $name"
  work=$(tr '\0' '\n' <"/proc/$RUN/environ" | sed -n 's/^KCOMMONS_E2E_WORK=//p')
  [[ -d $work && -n $(processes_of "$work") ]] || die "there is no work directory, or nobody in it"
  cp "$work/made" "$TMP/made"
  pid=$RUN
  if [[ $victim == shell ]]; then pid=$(<"$work/pid"); fi
  say "$experiment is half-way, $name is $(sysctl_get "$name"); its $victim is killed"

  start=$(ms_now)
  kill -KILL "$pid"
  until sysctl_is "$name" "$before"; do
    (($(ms_now) - start < RESTORED_WITHIN * 1000)) || die "$name is still $(sysctl_get "$name")"
    sleep 0.01
  done
  took=$(($(ms_now) - start))
  say "$name is $before again after $took ms"
  wait "$RUN" || status=$?
  ((status == 128 + 9)) || die "the run ended with $status, not as killed"
  wait_for "$GONE_WITHIN" "end of all that was started" nothing_left_of "$work"
  sysctl_is "$name" "$before" || die "$name was changed again"
  say "no process, mount, cgroup or file of the run is left"
}

# A test that failed may have left a run behind.
clean() {
  if [[ -n $RUN ]] && alive "$RUN"; then
    kill -TERM "$RUN"
    wait "$RUN" || true
  fi
  rm -rf "$TMP"
}

main() {
  require_root
  RUN=
  TMP=$(mktemp -d)
  trap clean EXIT
  killed guard experiment1_open_files.sh fs.file-max 'ENFILE'
  killed shell experiment1_open_files.sh fs.file-max 'ENFILE'
  killed guard experiment2_inotify_watches.sh fs.inotify.max_user_watches 'upper limit .* reached'
}

main
