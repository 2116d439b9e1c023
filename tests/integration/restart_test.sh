#!/usr/bin/env bash
# Killed by SIGKILL at any moment, the daemon starts again, on the same port, and serves a full snapshot
# within two seconds: killed while it starts, while it waits, and while its sampler is at work. The file of
# incidents, to which each start writes, is whole every time.
#
#   restart_test.sh [SEED]     the moments follow from the seed, which is printed
#
# Needs root. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# Milliseconds from the start to a scrape with holdings.
readonly LONGEST_START=2000
# How often, with each source: killed at work, at any time, and while starting.
readonly AT_WORK=2 AT_ANY_TIME=2 STARTING=2

SEED=${1:-$RANDOM}
RANDOM=$SEED

readonly RING=$WORK/incidents.jsonl
readonly FRESH_UID=$((3900000 + $$ % 100000))

# A census each second, which walks for some time by procfs.
cat >"$WORK/config.yaml" <<CONFIG
sampling: {pools_interval: 100ms, holdings_interval: 1s}
incidents: {file: $RING, keep: 16, threshold: 0.01, clear: 0.01, clear_after: 0s}
CONFIG

milliseconds() {
  local now=$EPOCHREALTIME
  printf '%s\n' $((${now/./} / 1000))
}

# spawn SOURCE: EXPORTER is its PID; it may not listen yet.
spawn() {
  EXPORTERS=$((EXPORTERS + 1))
  LOG=$WORK/log.$EXPORTERS
  start /dev/null "$LOG" "$KCOMMONS" serve "--config.file=$WORK/config.yaml" "--source=$1" \
    "--web.listen-address=127.0.0.1:$PORT"
  EXPORTER=$STARTED
}

serves_holdings() {
  curl -fs --max-time 1 -o "$WORK/scrape" "$URL/metrics" &&
    grep -q '^kcommons_host_used{resource="open_files",' "$WORK/scrape"
}

# starts SOURCE WHAT: again, in time, and what it serves is whole.
starts() {
  local begun took
  begun=$(milliseconds)
  spawn "$1"
  until serves_holdings; do
    alive "$EXPORTER" || die "$1: it does not start again after $2: $(cat "$LOG")"
    (($(milliseconds) - begun < DEADLINE * 1000)) || die "$1: no holdings after $2: $(cat "$LOG")"
  done
  took=$(($(milliseconds) - begun))
  expect "$1: after $2 it serves holdings within $took ms" test "$took" -le "$LONGEST_START"
  "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/scrape" || wrong "$1: after $2 the scrape is not well-formed"
  awk -f "$here/books.awk" "$WORK/scrape" >"$WORK/sum" || wrong "$1: after $2 the books do not balance: $(cat "$WORK/sum")"
}

# Five hundredths of the inotify instances that a user may have.
start_incident() {
  local i limit
  limit=$(</proc/sys/fs/inotify/max_user_instances)
  for ((i = 0; i < limit / 20 + 1; i++)); do
    start "$WORK/holder.$i" "$WORK/holder.err" setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" \
      --clear-groups "$KCOMMONS_INTEGRATION_BIN/integration_holder" 4 0 "$WORK"
    wait_for "holder $i" grep -q '^ready ' "$WORK/holder.$i"
  done
}

# The file is whole, and has the incident.
has_incident() {
  "$KCOMMONS" incidents "--file=$RING" -o json >"$WORK/incidents" 2>"$WORK/incidents.err" || return
  [[ ! -s $WORK/incidents.err ]] || return
  jq -e --arg uid "$FRESH_UID" '[.incidents[] | select(.uid == $uid)] | length == 1' "$WORK/incidents" >/dev/null
}

pause() {
  sleep "$(printf '0.%03d' "$1")"
}

# Sets SAMPLER to the thread's folder.
find_sampler() {
  local thread
  for thread in /proc/"$EXPORTER"/task/*; do
    [[ $(<"$thread/comm") != sampler ]] || SAMPLER=$thread
  done
}

# Until it is seen on a processor, as it is in a pass alone; what is to kill it follows at once.
wait_for_work() {
  local stat
  for ((;;)); do
    stat=$(<"$SAMPLER/stat")
    stat=${stat##*) }
    [[ ${stat%% *} != R ]] || return 0
  done
}

killed() {
  stop "$EXPORTER" KILL
  [[ $STATUS == 137 ]] || die "SIGKILL left status $STATUS: $(cat "$LOG")"
  has_incident || wrong "the incidents are not whole: $(cat "$WORK/incidents.err" "$WORK/incidents")"
}

check_source() {
  local source=$1 i delay
  starts "$source" "nothing"
  wait_for "incident in the file" has_incident
  for ((i = 0; i < AT_WORK; i++)); do
    find_sampler
    wait_for_work
    killed
    starts "$source" "SIGKILL at work"
  done
  for ((i = 0; i < AT_ANY_TIME; i++)); do
    delay=$((RANDOM % 1000))
    pause "$delay"
    killed
    starts "$source" "SIGKILL after $delay ms"
  done
  for ((i = 0; i < STARTING; i++)); do
    killed
    spawn "$source"
    delay=$((RANDOM % 80))
    pause "$delay"
    killed
    starts "$source" "SIGKILL after $delay ms of starting"
  done
  stop "$EXPORTER"
  expect "$source: and it ends as usual" test "$STATUS" = 0
}

loads_bpf() {
  spawn bpf
  wait_for "start or refusal" has_started_or_not
  local loads=0
  alive "$EXPORTER" || loads=1
  stop "$EXPORTER" KILL
  return "$loads"
}

has_started_or_not() {
  ! alive "$EXPORTER" || serves_holdings
}

[[ $EUID -eq 0 ]] || skip "root is needed, to run as another user: sudo $0"
command -v jq >/dev/null || skip "no jq"
start_incident
PORT=$(free_port)
URL=http://127.0.0.1:$PORT
say "seed $SEED"
check_source procfs
if loads_bpf; then
  check_source bpf
else
  say "bpf does not load here: not killed with that source"
fi
say "of the incident: $(jq -c --arg uid "$FRESH_UID" '.incidents[] | select(.uid == $uid) |
  {id, state, interruptions}' "$WORK/incidents")"
finish
