#!/usr/bin/env bash
# `kcommons top` over this machine, with each source: processes of two fresh users in cgroups that
# look like Docker's hold known numbers of inotify instances, watches and files, and top names them;
# totals balance; the JSON is what the schema says; what goes into a pipe is whole and plain.
#
# Needs root and a cgroup hierarchy that it may write to. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMA=$here/../../lib/report/schema/top.schema.json
readonly DESCRIPTORS=40
# Users that nobody is.
readonly FIRST_UID=$((3100000 + $$ % 100000 * 2))
readonly SECOND_UID=$((FIRST_UID + 1))
# 64 digits that nothing else on this machine has, and no other 12 to begin with.
FIRST_ID=$(printf '%016x%048x' "$(date +%s%N)" "$$")
SECOND_ID=$(printf '%016x%048x' "$(date +%s%N)" "$$")
readonly FIRST_ID SECOND_ID

# --- the holders ------------------------------------------------------------------------------

# Each as another user, who has no inotify instance before. The name of the program is that of a
# formula.
HOLDERS=0
start_user() { # UID ID WATCHES
  local uid=$1 id=$2 watches=$3
  HOLDERS=$((HOLDERS + 1))
  local name=holder.$HOLDERS
  mkdir "$WORK/$name"
  chown "$uid" "$WORK/$name"
  start_holder "$name" "$id" setpriv "--reuid=$uid" "--regid=$uid" --clear-groups \
    "$WORK/=holder" "$DESCRIPTORS" "$watches" "$WORK/$name"
}

# --- what top says ----------------------------------------------------------------------------

# top FLAG...: its output in $WORK/top, its complaints in $WORK/top.err.
top() {
  "$KCOMMONS" top "--source=$SOURCE" "$@" >"$WORK/top" 2>"$WORK/top.err" ||
    die "kcommons top $*: exit status $?: $(cat "$WORK/top.err")"
}

# row WHAT PATTERN: some line of $WORK/top has these fields, whatever is between them.
row() {
  local pattern=${2// / +}
  expect_line "$1" "^ *$pattern\$" "$WORK/top"
}

# Sums of the JSON in $WORK/top: rows, what was cut and what is unattributed are what is used, of
# each pool; and the rows are those of the pool.
balances() {
  jq -e '
    . as $top | ([.pools[] | select(.pool_used_at_census != null) |
      . as $pool |
      ([$top.rows[] | select([.resource, .userns, .uid] ==
          [$pool.resource, $pool.userns, $pool.uid]) | .used] | add // 0) as $rows |
      (([.unattributed[].used] | add // 0) + $rows + .more.used == .pool_used_at_census) and
      ($rows == .shown.used)
    ] | length > 0 and all)' "$WORK/top" >"$WORK/balance"
}

# --- the checks -------------------------------------------------------------------------------

# The one command in place of: find /proc/*/fd -lname anon_inode:inotify | ...
check_by_uid() {
  top --resource inotify_instances --by uid
  row "two instances of the first user" \
    "$FIRST_UID inotify_instances uid $FIRST_UID 2 [0-9.]+% 100\.0%"
  row "one instance of the second" "$SECOND_UID inotify_instances uid $SECOND_UID 1 [0-9.]+% 100\.0%"
  expect_line "the total is what the rows hold" \
    "^inotify_instances uid $FIRST_UID +2 +0 +2 +[0-9]+ " "$WORK/top"
  # What people paste, of these processes.
  expect "as many as find(1) finds" test 3 = \
    "$(find "/proc/$FIRST/fd" "/proc/$SECOND/fd" "/proc/$THIRD/fd" -lname anon_inode:inotify \
      -printf . | wc -c)"
}

check_by_process() {
  local pid
  top --resource inotify_watches --by process
  for pid in "$FIRST" "$SECOND"; do
    row "process $pid has 25 watches" \
      "$pid =holder ${FIRST_ID:0:12} $FIRST_UID inotify_watches uid $FIRST_UID 25 [0-9.]+% 50\.0%"
  done
  row "process $THIRD has 7" \
    "$THIRD =holder ${SECOND_ID:0:12} $SECOND_UID inotify_watches uid $SECOND_UID 7 [0-9.]+% 100\.0%"
}

check_by_container() {
  top --resource inotify_watches --resource inotify_instances
  row "the first container has 50 watches" \
    "${FIRST_ID:0:12} inotify_watches uid $FIRST_UID 50 [0-9.]+% 100\.0%"
  row "and two instances" "${FIRST_ID:0:12} inotify_instances uid $FIRST_UID 2 [0-9.]+% 100\.0%"
  top --resource inotify_watches --by unit
  row "as a unit it is its cgroup" "/docker/$FIRST_ID inotify_watches uid $FIRST_UID 50 .*"
  top --resource inotify_watches --by pod
  row "it is in no pod" "${FIRST_ID:0:12} inotify_watches uid $FIRST_UID 50 .*"
}

# Files that two processes share are few; each holder opens its own.
check_files() {
  top --resource open_files --by process -o json
  local pid files
  for pid in "$FIRST" "$SECOND" "$THIRD"; do
    files=$(jq --argjson pid "$pid" '.rows[] | select(.who.pid == $pid).used' "$WORK/top")
    # Its standard output and error are files that the shell of the test has opened; what is mapped,
    # its program and libraries, is told by bpf alone.
    expect "process $pid has $DESCRIPTORS files and a few more: ${files:-none}" \
      test "${files:-0}" -ge "$((DESCRIPTORS - 1))" -a "${files:-0}" -le "$((DESCRIPTORS + 10))"
  done
}

check_json() {
  local by
  for by in container uid unit process pod; do
    top --by "$by" -o json
    expect "the books balance by $by" balances
    if [[ -n $PYTHON ]]; then expect "the JSON by $by is as the schema says" is_valid "$SCHEMA" "$WORK/top"; fi
    top --by "$by" -o json --limit 3
    expect "they do when all but three rows are cut" balances
    expect "there are three rows" test "$(jq '.rows | length' "$WORK/top")" = 3
  done
  expect "the source is named" test "$(jq -r .source "$WORK/top")" = "$SOURCE"
  top --resource inotify_watches -o json
  local used
  used=$(jq --arg uid "$FIRST_UID" '.pools[] | select(.uid == $uid).pool_used_at_census' "$WORK/top")
  expect "the kernel charges 50 watches to the first user: $used" test "$used" = 50
  # The check must be able to fail.
  top -o json
  jq '.pools[0].pool_used_at_census += 1' "$WORK/top" >"$WORK/cooked"
  cp "$WORK/cooked" "$WORK/top"
  ! balances || wrong "the check is content with cooked books"
}

check_csv() {
  top --resource inotify_watches --by process -o csv
  expect_line "CSV has headings" '^kind,name,container_id,' "$WORK/top"
  expect_line "a name that begins with = is no formula" \
    "^process,${FIRST_ID:0:12},$FIRST_ID,.*,$FIRST,'=holder,$FIRST_UID,inotify_watches,initial,$FIRST_UID,25," \
    "$WORK/top"
  top --resource inotify_watches --by process -o csv --no-headers
  expect "and none where they are not wanted" test "$(grep -c '^kind,' "$WORK/top")" = 0
}

# Into a pipe: names are whole, and there are no codes of a terminal. On one of 80 columns, no line
# is longer.
check_output() {
  local in_pipe on_terminal
  top --resource inotify_watches --by unit
  in_pipe=$(cat "$WORK/top")
  expect "the name of the cgroup is whole in a pipe" grep -q "/docker/$FIRST_ID " <<<"$in_pipe"
  expect "and nothing is coloured" test "${in_pipe//[^$'\e']/}" = ''
  on_terminal=$(on_terminal "" --resource inotify_watches --by unit)
  expect "a terminal has colours" grep -q $'\e\[1m' <<<"$on_terminal"
  expect "but none with NO_COLOR" test 0 = \
    "$(on_terminal NO_COLOR=1 --resource inotify_watches | grep -c $'\e')"
  on_terminal=$(on_terminal NO_COLOR=1 --by process && on_terminal NO_COLOR=1 &&
    on_terminal NO_COLOR=1 --resource open_files --resource inotify_watches --by process)
  expect "no line is longer than 80 columns" \
    test 80 -ge "$(LC_ALL=C.UTF-8 wc -L <<<"$on_terminal")"
}

# on_terminal VARIABLE FLAG...: what top writes on a terminal of 80 columns.
on_terminal() {
  local variable=$1 command
  shift
  printf -v command '%q ' env TERM=xterm ${variable:+"$variable"} "$KCOMMONS" top --once \
    "--source=$SOURCE" "$@"
  script -qec "stty cols 80; $command 2>/dev/null" /dev/null </dev/null | tr -d '\r'
}

check_summary() {
  top
  row "the first container is in the summary" "${FIRST_ID:0:12} [0-9]+ 2 50 .*"
  top --no-headers --limit 2
  expect "two rows alone" test "$(wc -l <"$WORK/top")" = 2
  top --sort inotify_watches --by uid --once
  expect_line "sorted by a column" "^UID +FILES +INOTIFY +WATCHES " "$WORK/top"
}

check_errors() {
  local status=0
  "$KCOMMONS" top --path.procfs="$WORK/nothing" >"$WORK/top" 2>"$WORK/top.err" || status=$?
  expect "no procfs there: exit status $status" test "$status" = 1
  expect_line "it names path and reason, and what comes of it" \
    "^kcommons: read the host: .*$WORK/nothing.*No such file.*nothing to show" "$WORK/top.err"
  expect "and prints nothing" test ! -s "$WORK/top"
}

[[ $EUID -eq 0 ]] || skip "root is needed, to be other users and to see every process: sudo $0"
for program in setpriv script jq find; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
find_validator
cp "$KCOMMONS_INTEGRATION_BIN/integration_holder" "$WORK/=holder"
chmod 755 "$WORK/=holder"

start_user "$FIRST_UID" "$FIRST_ID" 25
FIRST=$HOLDER
start_user "$FIRST_UID" "$FIRST_ID" 25
SECOND=$HOLDER
start_user "$SECOND_UID" "$SECOND_ID" 7
THIRD=$HOLDER

sources=(procfs)
! grep -q 'bpf: built in' < <("$KCOMMONS" --version) || sources+=(bpf)
for SOURCE in "${sources[@]}"; do
  say "== $SOURCE"
  check_by_uid
  check_by_process
  check_by_container
  check_files
  check_json
  check_csv
  check_output
  check_summary
done
check_errors
finish
