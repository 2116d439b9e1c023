#!/usr/bin/env bash
# Incidents of a real pool: a process in a container's cgroup takes nearly all inotify instances of a
# fresh user. The daemon says so in its log, its metrics, its API and its file, with the holder; it is
# killed in the middle, and what it wrote is whole; started anew it goes on with the same incident,
# and says when that is over. `kcommons incidents` tells the same of the file and of the daemon.
#
# Needs root and a cgroup hierarchy that it may write to. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMA=$here/../../lib/report/schema/incidents.schema.json
# A user that nobody is.
readonly FRESH_UID=$((3700000 + $$ % 100000))
# 64 digits that nothing else on this machine has, and no other 12 to begin with.
HOLDER_ID=$(printf '%016x%048x' "$(date +%s%N)" "$$")
readonly HOLDER_ID
readonly RING=$WORK/incidents.jsonl
MOST=$(cat /proc/sys/fs/inotify/max_user_instances)
readonly MOST

incidents() { # FLAG...: into $WORK/incidents and STATUS
  STATUS=0
  "$KCOMMONS" incidents "$@" >"$WORK/incidents" 2>"$WORK/incidents.err" || STATUS=$?
}

# Of the fresh user, as one object: ours FILTER FLAG...
ours() {
  local filter=$1
  shift
  incidents "$@" -o json
  jq -e --arg uid "$FRESH_UID" --arg id "$HOLDER_ID" --argjson most "$MOST" \
    "[.incidents[] | select(.uid == \$uid)] | length == 1 and (.[0] | $filter)" \
    "$WORK/incidents" >/dev/null
}

counted() { # SERIES VALUE
  scrape "$WORK/scrape"
  [[ $(value "$1" "$WORK/scrape") == "$2" ]]
}

reads_whole() {
  jq -s 'map(.sequence) | length > 2' "$RING" >"$WORK/sequences" && grep -q true "$WORK/sequences"
}

# The holder takes nearly all, then all, then ends, each at a word.
start_filling() {
  # shellcheck disable=SC2016 # perl's variables
  start_holder filler "$HOLDER_ID" setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" --clear-groups \
    perl -e '
      use POSIX; $| = 1;
      # inotify_init1
      my ($most, $n) = ($ARGV[0], 0);
      $n++ while $n < $most - 1 && syscall(294, 0) >= 0;
      print "ready $n\n";
      $SIG{USR1} = sub { $n++ if syscall(294, 0) >= 0; print "full $n\n" };
      sleep 600 while 1' "$MOST"
}

# shellcheck disable=SC2016 # jq's variables
check_begin() {
  # A census may have come while the holder was not done, or was another program still.
  wait_for "incident in the file" ours '.state == "open" and .census.holders[0].used == $most - 1
    and .census.holders[0].container_id == $id' "--file=$RING"
  wait_for "incident of the daemon" ours '.census.holders[0].container_id == $id' "--from=$URL"
  expect "the pool and its numbers" ours '.resource == "inotify_instances" and .userns == "initial"
    and .used == $most - 1 and .limit == $most and .error == "EMFILE" and .full_at == null' \
    "--file=$RING"
  expect "who holds it" ours '.census.holders[0]
    | .container_id == $id and .kind == "container" and .used == $most - 1' "--file=$RING"
  expect "who shares it" ours '.census.neighbours.names | length == 1' "--file=$RING"
  expect "the daemon says the same" ours '.state == "open" and .census.holders[0].container_id == $id' \
    "--from=$URL"
  [[ -z $PYTHON ]] || expect "the JSON is as the schema says" is_valid "$SCHEMA" "$WORK/incidents"
  expect_line "the log says it" \
    "level=warn msg=\"incident begins, a pool is nearly full\" .*resource=inotify_instances .*uid=$FRESH_UID " \
    "$LOG"
  expect "it is counted" counted 'kcommons_incidents_total{resource="inotify_instances"}' 1
  incidents "--from=$URL"
  expect_line "a person reads it" \
    "^[0-9-]+ [0-9:]+ +open .* inotify_instances +uid $FRESH_UID +$((MOST - 1)) +$MOST +${HOLDER_ID:0:12} " \
    "$WORK/incidents"
  incidents "--file=$RING"
  expect_line "and in full" "^  Holders  ${HOLDER_ID:0:12} \\($((MOST - 1)), 100\\.0%\\)" "$WORK/incidents"
}

# All of it, and at once the end of the daemon.
# shellcheck disable=SC2016 # jq's variables
check_kill() {
  kill -USR1 "$HOLDER"
  wait_for "full pool" grep -q "^full $MOST" "$WORK/filler.out"
  wait_for "the time that it was full" ours '.full_at != null' "--file=$RING"
  stop "$EXPORTER" KILL
  expect "every line of the file is JSON or blank" reads_whole
  expect "and its size is what it was" test "$(stat -c %s "$RING")" = $((64 * 4096))
  expect "one that was open is interrupted" ours '.state == "interrupted" and .peak == $most' \
    "--file=$RING"
  expect "nothing is damaged" test ! -s "$WORK/incidents.err"
  # A line of the file has a checksum beside.
  jq -s '{schema_version: 1, taken_at: .[0].began_at, incidents: .}' "$RING" >"$WORK/lines"
  [[ -z $PYTHON ]] || expect "the lines are as the schema says" is_valid "$SCHEMA" "$WORK/lines"
  # What a loss of power may leave of the slot that is written: the first is one that is superfluous.
  printf 'torn' | dd "of=$RING" bs=1 seek=200 conv=notrunc status=none
}

# shellcheck disable=SC2016 # jq's variables
check_restart() {
  run_exporter "--config.file=$WORK/config.yaml"
  wait_for "the same incident" ours '.state == "open" and .interruptions == 1 and .id == 1' "--from=$URL"
  expect_line "the damage is told" 'msg="some incidents could not be read.* damaged=1' "$LOG"
  expect_line "that it goes on too" 'msg="incident goes on, it was open when kcommons stopped" id=1 ' "$LOG"
  expect "it is no new one" counted 'kcommons_incidents_total{resource="inotify_instances"}' 0
  # One file, one daemon.
  local first=$EXPORTER first_url=$URL
  run_exporter "--config.file=$WORK/config.yaml"
  expect_line "a second daemon does without the file" \
    'msg="incidents are kept in memory alone" reason=".*another kcommons writes it"' "$LOG"
  stop "$EXPORTER"
  EXPORTER=$first URL=$first_url
  stop "$HOLDER" KILL
  wait_for "the end of the incident" ours '.state == "ended" and .peak == $most and .ended_by == "use"' \
    "--from=$URL"
  expect "with who held it" ours '.census.holders[0].container_id == $id' "--file=$RING"
  expect "no incident is open" counted kcommons_incidents_open 0
}

check_errors() {
  stop "$EXPORTER"
  incidents "--from=$URL"
  expect "no daemon: exit status $STATUS" test "$STATUS" = 1
  expect_line "it is said why" '/api/v1/incidents: connect: Connection refused; nobody listens' \
    "$WORK/incidents.err"
  incidents "--file=$WORK/nothing"
  expect "no file: exit status $STATUS" test "$STATUS" = 1
  expect_line "it is said why" "open $WORK/nothing: No such file or directory; --file names" \
    "$WORK/incidents.err"
  incidents "--file=$WORK/config.yaml"
  expect_line "a file that is no ring" 'holds something else than incidents' "$WORK/incidents.err"
  incidents "--file=$RING" "--from=$URL"
  expect "both: exit status $STATUS" test "$STATUS" = 2
  incidents "--config.file=$WORK/config.yaml" -o json
  expect "the file of the configuration is the default: exit status $STATUS" test "$STATUS" = 0
  incidents -o xml
  expect "a form that there is not: exit status $STATUS" test "$STATUS" = 2
}

[[ $EUID -eq 0 ]] || skip "root is needed, to be another user: sudo $0"
[[ $(uname -m) == x86_64 ]] || skip "the number of the system call is that of x86-64"
((MOST >= 16 && MOST <= 4096)) || skip "max_user_instances is $MOST: too few, or too many to take"
for program in setpriv perl jq curl; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
find_validator

cat >"$WORK/config.yaml" <<CONFIG
sampling:
  pools_interval: 100ms
  holdings_interval: 1s
incidents:
  clear_after: 500ms
  keep: 64
  file: $RING
CONFIG
run_exporter "--config.file=$WORK/config.yaml"
wait_for_census 1
start_filling
check_begin
check_kill
check_restart
check_errors
finish
