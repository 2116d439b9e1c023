#!/usr/bin/env bash
# `kcommons audit --from` asks a running daemon: what it says is what an audit of the host says, its
# JSON is what the schema says, a pool that grows is found with the rate that it grows at before it is
# full, and a daemon that is not there is told so.
#
# Needs root. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMA=$here/../../lib/report/schema/audit.schema.json
# A user that nobody is.
readonly FRESH_UID=$((3400000 + $$ % 100000))
# Signals that it queues in a second, of so many that it may.
readonly RATE=20
readonly MOST=1000

audit() { # FLAG...: into $WORK/audit and STATUS
  STATUS=0
  "$KCOMMONS" audit "$@" >"$WORK/audit" 2>"$WORK/audit.err" || STATUS=$?
}

is() { # JQ FILTER FILE
  jq -e "$1" "$2" >/dev/null
}

# What both must say alike, whatever changes between two looks: the status, and of each resource
# whether there are pools of it and what its limits are.
gist() {
  jq -S '{status, source, unread,
    limits: [.pools[] | select(.uid == "") | {resource, limit, unlimited, scope, error}] | sort_by(.resource)}' "$1"
}

says_the_same() {
  audit -o json
  local status=$STATUS
  gist "$WORK/audit" >"$WORK/here"
  audit "--from=$URL" -o json
  gist "$WORK/audit" >"$WORK/there"
  [[ $STATUS == "$status" ]] && diff -u "$WORK/here" "$WORK/there" >"$WORK/difference"
}

check_same() {
  if holds_within 10 says_the_same; then
    say "ok: host and daemon say the same"
  else
    wrong "host and daemon say the same: $(cat "$WORK/difference")"
  fi
  expect "exit status $STATUS is that of the status" \
    test "$(jq -r '{OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}[.status]' "$WORK/audit")" = "$STATUS"
  curl -fsS --max-time 10 -D "$WORK/head" -o "$WORK/api" "$URL/api/v1/audit?warn=100.5&crit=100.5"
  expect_line "the API says what it is" '^Content-Type: application/json' "$WORK/head"
  expect_line "and that it may not be used without asking again" '^Cache-Control: private, no-cache' "$WORK/head"
  [[ -z $PYTHON ]] || expect "the API's JSON is as the schema says" is_valid "$SCHEMA" "$WORK/api"
  audit "--from=$URL/" --warn 100.5 --crit 100.5
  expect_line "a person reads the same table" '^RESOURCE +USED +LIMIT' "$WORK/audit"
  expect_line "with the daemon's source" '^Read by (bpf|procfs) \(' "$WORK/audit"
}

check_parameters() {
  local code
  code=$(curl -sS --max-time 10 -o "$WORK/api" -w '%{http_code}' "$URL/api/v1/audit?warn=%zz")
  expect "a query that is none is refused" test "$code" = 400
  expect "in JSON" is '.error | startswith("query: ")' "$WORK/api"
}

# Signals that wait for a process are charged to its user, whose limit is a ulimit.
queue_signals() {
  # shellcheck disable=SC2016 # perl's variables
  start "$WORK/signals.out" "$WORK/signals.err" \
    prlimit "--sigpending=$MOST:$MOST" setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" --clear-groups \
    perl -e '
      use POSIX; use Time::HiRes qw(time sleep);
      my $s = POSIX::SigSet->new(SIGRTMIN); sigprocmask(SIG_BLOCK, $s);
      # rt_sigqueueinfo with SI_QUEUE, as sigqueue(3)
      my $i = pack("iiix4iix104", SIGRTMIN, 0, -1, $$, $<);
      my ($rate, $start, $n) = ($ARGV[0], time, 0);
      while (time - $start < 60) {
        $n++ while $n < (time - $start) * $rate && syscall(129, $$, SIGRTMIN, $i) == 0;
        sleep 0.02;
      }' "$RATE"
}

# growth FILTER: the pool of the fresh user fulfils it.
growth() {
  audit "--from=$URL" -o json
  jq -e --arg uid "$FRESH_UID" ".pools[] | select(.resource == \"pending_signals\" and .uid == \$uid)
    | $1" "$WORK/audit" >/dev/null
}

is_found() {
  audit "--from=$URL" -o json
  jq -e --arg uid "$FRESH_UID" '.findings[]
    | select(.resource == "pending_signals" and .uid == $uid)' "$WORK/audit" >"$WORK/finding"
}

check_growth() {
  queue_signals
  wait_for "growth that was seen for 3 s" growth '.growth_over_seconds >= 3'
  expect "it grows by about $RATE a second" growth ".growth_per_second
    | . > $RATE * 0.7 and . < $RATE * 1.3"
  expect "it is full when the rest is used up at that rate" growth "
    ((.limit - .used) / .growth_per_second - .full_in_seconds | fabs) <= 1"
  [[ -z $PYTHON ]] || expect "the JSON is as the schema says" is_valid "$SCHEMA" "$WORK/audit"
  wait_for "finding" is_found
  expect "a pool that will be full soon is a warning while it is far from it" \
    is '.severity == "WARNING"' "$WORK/finding"
  audit "--from=$URL"
  expect "so that the exit status is not 0" test "$STATUS" -gt 0
  expect_line "a person is told when" \
    '^  Full in about .* at the rate of the last [0-9]+ s \([0-9]+ a second\)$' "$WORK/audit"
  audit
  expect_line "a look at the host alone cannot tell" '^RESOURCE' "$WORK/audit"
  expect "of growth" test "$(grep -c '^  Full in' "$WORK/audit")" = 0
  stop "$STARTED"
}

# refused WHAT PATTERN FLAG...
refused() {
  local what=$1 pattern=$2
  shift 2
  audit "$@"
  expect "$what: exit status 3" test "$STATUS" = 3
  expect_line "it is said why" "$pattern" "$WORK/audit.err"
  expect "and nothing else" test ! -s "$WORK/audit"
}

check_errors() {
  refused "with another way to read" '^kcommons: --from with --source, expected one of them' \
    "--from=$URL" --source=procfs
  refused "with another path" '^kcommons: --from with --path.procfs, expected one of them' \
    "--from=$URL" --path.procfs=/proc
  refused "with another question" '^kcommons: --from with --subtract, expected one of them' \
    "--from=$URL" --subtract
  refused "https" '^kcommons: --from: https, which is not spoken here, .*ssh -L' \
    --from=https://127.0.0.1
  refused "a path that there is not" \
    "^kcommons: ask $URL/x/api/v1/audit\\?warn=70&crit=90: it answers with status 404" "--from=$URL/x"
  stop "$EXPORTER"
  refused "no daemon" \
    "^kcommons: ask $URL/api/v1/audit\\?.*: connect: Connection refused; nobody listens there" \
    "--from=${URL/:\/\//://me:hush@}"
  expect "no password is shown" test "$(grep -c hush "$WORK/audit.err")" = 0
}

[[ $EUID -eq 0 ]] || skip "root is needed, to be another user: sudo $0"
for program in setpriv prlimit perl jq curl; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
find_validator

cat >"$WORK/config.yaml" <<CONFIG
sampling:
  pools_interval: 100ms
  holdings_interval: 1s
  history_window: 1m
CONFIG
run_exporter "--config.file=$WORK/config.yaml"
wait_for_census 1
check_same
check_parameters
check_growth
check_errors
finish
