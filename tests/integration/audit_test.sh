#!/usr/bin/env bash
# `kcommons audit` over this machine, with each source: its numbers are the kernel's, its exit status
# is that of a monitoring plugin, its JSON is what the schema says, and a pool that a user of its own
# has filled is found with the user's limit. What it says of the article's experiments is tested in
# tests/e2e.
#
# Needs root. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMA=$here/../../lib/report/schema/audit.schema.json
# A user that nobody is.
readonly FRESH_UID=$((3300000 + $$ % 100000))

audit() { # FLAG...: into $WORK/audit and STATUS
  STATUS=0
  "$KCOMMONS" audit "--source=$SOURCE" "$@" >"$WORK/audit" 2>"$WORK/audit.err" || STATUS=$?
}

is() { # JQ FILTER [OPTION...]
  local filter=$1
  shift
  jq -e "$@" "$filter" "$WORK/audit" >/dev/null
}

check_json() {
  audit -o json
  expect "exit status $STATUS is that of the status" \
    test "$(jq -r '{OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}[.status]' "$WORK/audit")" = "$STATUS"
  [[ -z $PYTHON ]] || expect "the JSON is as the schema says" is_valid "$SCHEMA" "$WORK/audit"
  # shellcheck disable=SC2016
  expect "it says which source" is '.source == $source' --arg source "$SOURCE"
  # shellcheck disable=SC2016
  expect "fs.file-max is the limit of open files" \
    is '.pools[] | select(.resource == "open_files") | .limit == ($max | tonumber)' \
    --arg max "$(cut -f 3 /proc/sys/fs/file-nr)"
  expect "the fullest comes first" is '[.pools[].ratio // -1] | . == (sort | reverse)'
  expect "every resource is in it once, or said to be missing" \
    is '([.pools[].resource] + .unused + .unread | unique | length) == 38 and
        ([.unused[], .unread[]] - [.pools[].resource] | length) == (.unused + .unread | length)'
}

# Twenty queued signals of twenty are a full pool of a user that nobody else is.
check_full_pool() {
  # shellcheck disable=SC2016 # perl's variables
  start "$WORK/signals.out" "$WORK/signals.err" \
    prlimit --sigpending=20:20 setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" --clear-groups \
    perl -e '
      use POSIX; my $s = POSIX::SigSet->new(SIGRTMIN); sigprocmask(SIG_BLOCK, $s);
      # rt_sigqueueinfo with SI_QUEUE, as sigqueue(3)
      my $i = pack("iiix4iix104", SIGRTMIN, 0, -1, $$, $<);
      my $n = 0; $n++ while $n < 100 && syscall(129, $$, SIGRTMIN, $i) == 0;
      $| = 1; print "$n\n"; sleep 60'
  wait_for "queued signals" grep -q . "$WORK/signals.out"
  expect "the kernel takes twenty" test "$(cat "$WORK/signals.out")" = 20
  audit -o json
  expect "exit status 2" test "$STATUS" = 2
  # shellcheck disable=SC2016
  expect "it is found, with the kernel's own numbers" is '
    .findings[] | select(.resource == "pending_signals" and .uid == $uid)
    | .severity == "CRITICAL"' --arg uid "$FRESH_UID"
  # shellcheck disable=SC2016
  expect "20 of 20" is '.pools[] | select(.resource == "pending_signals" and .uid == $uid)
    | .used == 20 and .limit == 20 and .error == "EAGAIN"' --arg uid "$FRESH_UID"
  audit --crit 100.1 --warn 100.1
  expect "above both thresholds nothing is: exit status 0" test "$STATUS" = 0
  audit --crit 100.1 --warn 99
  expect "between them: exit status 1" test "$STATUS" = 1
  audit
  expect_line "a person reads the same" \
    "^CRITICAL: pending_signals of uid $FRESH_UID: 20 of 20 used \\(100.0%\\)$" "$WORK/audit"
  expect_line "and what to do" 'raise it to 64; raise the sigpending ulimit' "$WORK/audit"
  audit -o markdown
  expect_line "Markdown has a table" '^\| --- \| ---: \|' "$WORK/audit"
  stop "$STARTED"
}

check_terminal() {
  local command
  printf -v command '%q ' env TERM=xterm NO_COLOR=1 "$KCOMMONS" audit "--source=$SOURCE"
  script -qec "stty cols 80; $command 2>/dev/null" /dev/null </dev/null | tr -d '\r' >"$WORK/shown" || true
  expect "no line is longer than 80 columns" \
    test 80 -ge "$(sed '/^$/q' "$WORK/shown" | LC_ALL=C.UTF-8 wc -L)"
}

check_errors() {
  STATUS=0
  "$KCOMMONS" audit --path.procfs="$WORK/nothing" >"$WORK/audit" 2>"$WORK/audit.err" || STATUS=$?
  expect "no procfs there: exit status 3" test "$STATUS" = 3
  expect_line "it names path and reason, and what comes of it" \
    "^kcommons: read the host: .*$WORK/nothing.*No such file.*nothing to audit" "$WORK/audit.err"
  audit -o xml
  expect "a form that there is not: exit status 3" test "$STATUS" = 3
}

[[ $EUID -eq 0 ]] || skip "root is needed, to be another user: sudo $0"
for program in setpriv prlimit perl script jq; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
find_validator

for SOURCE in procfs bpf; do
  "$KCOMMONS" audit "--source=$SOURCE" >/dev/null 2>"$WORK/audit.err" || (($? < 3)) || {
    say "== by $SOURCE: not here: $(cat "$WORK/audit.err")"
    continue
  }
  say "== by $SOURCE"
  check_json
  check_full_pool
  check_terminal
  check_errors
done
finish
