#!/usr/bin/env bash
# The real binary over this machine's own /proc: what it serves, how it answers, how it starts and
# ends.
#
# Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# Seconds from SIGTERM to the end.
readonly LONGEST_END=1
readonly END_ATTEMPTS=3
readonly CONTENT_TYPE='text/plain; version=0.0.4; charset=utf-8'

# Only a minute later, or when a pool is about to fill, is there another census.
cat >"$WORK/config.yaml" <<'CONFIG'
sampling:
  pools_interval: 100ms
  holdings_interval: 1m
CONFIG

# --- what is served ---------------------------------------------------------------------------

check_exposition() {
  scrape "$WORK/scrape"
  expect "exposition_check finds nothing" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/scrape"
  if command -v promtool >/dev/null; then
    expect "promtool check metrics finds nothing" promtool check metrics <"$WORK/scrape"
  else
    say "promtool is not installed: not asked"
  fi
  local kind
  for kind in pools holdings; do
    expect "the last pass of kind $kind succeeded" \
      test "$(value "kcommons_census_success{kind=\"$kind\"}" "$WORK/scrape")" = 1
  done
}

check_books() {
  expect "the books balance" awk -f "$here/books.awk" "$WORK/scrape"
  # The check must be able to fail.
  sed 's/^\(kcommons_unattributed{resource="open_files",.*\) [^ ]*$/\1 1e9/' "$WORK/scrape" \
    >"$WORK/cooked"
  if awk -f "$here/books.awk" "$WORK/cooked" >"$WORK/cooked.sum"; then
    wrong "books.awk is content with cooked books: $(cat "$WORK/cooked.sum")"
  fi
}

readonly PASSES=30  # one pass of 0.3 ms says little

has_many_passes() {
  scrape "$WORK/scrape"
  (($(value 'kcommons_census_total{kind="pools"}' "$WORK/scrape") >= PASSES))
}

# What readers took is what the pass took, but for the little that is none of them.
check_costs() {
  wait_for "$PASSES pools passes" has_many_passes
  local kind
  for kind in pools holdings; do
    # shellcheck disable=SC2016 # the fields are awk's
    expect "the readers of kind $kind cost what its passes cost" awk -v kind="kind=\"$kind\"" '
      index($1, "kcommons_census_cpu_seconds_total{" kind) == 1 { passes = $2 }
      index($1, "kcommons_reader_cpu_seconds_total{" kind) == 1 { readers += $2; count++ }
      END {
        printf "%s: %d readers %.6f s, passes %.6f s\n", kind, count, readers, passes
        exit !(count > 5 && readers <= passes && readers > 0.5 * passes)
      }' "$WORK/scrape"
  done
}

# holdings FROM TO: what comes of a census alone; the blocks before it are of other passes.
holdings() {
  awk '/^# HELP kcommons_pool_used_at_census /, 0' "$1" >"$2"
}

check_one_census_one_text() {
  local attempt
  for ((attempt = 1; attempt <= 3; attempt++)); do
    scrape "$WORK/one"
    wait_for "another pools pass" has_newer_pools
    [[ $(value 'kcommons_census_total{kind="holdings"}' "$WORK/one") == \
      "$(value 'kcommons_census_total{kind="holdings"}' "$WORK/other")" ]] && break
  done
  holdings "$WORK/one" "$WORK/one.holdings"
  holdings "$WORK/other" "$WORK/other.holdings"
  expect "there are holdings" test -s "$WORK/one.holdings"
  expect "two scrapes between two censuses have the same holdings" \
    cmp "$WORK/one.holdings" "$WORK/other.holdings"
  # The other pool series may differ meanwhile, but not in what there is.
  expect "and the same series" diff <(series "$WORK/one") <(series "$WORK/other")
}

has_newer_pools() {
  scrape "$WORK/other"
  [[ $(value 'kcommons_census_total{kind="pools"}' "$WORK/one") != \
    "$(value 'kcommons_census_total{kind="pools"}' "$WORK/other")" ]]
}

series() {
  sed -n 's/^\([^#].*\) [^ ]*$/\1/p' "$1"
}

# --- how it answers ---------------------------------------------------------------------------

# ask PATH [CURL-OPTION...]: CODE is the status; the head is in $WORK/head, the body in $WORK/body.
ask() {
  local path=$1
  shift
  : >"$WORK/body"
  CODE=$(curl -sS --max-time 10 -D "$WORK/head" -o "$WORK/body" -w '%{http_code}' "$@" "$URL$path")
  tr -d '\r' <"$WORK/head" >"$WORK/head.unix"
}

header() {
  awk -v name="$1" 'index(tolower($0), tolower(name) ":") == 1 {
    print substr($0, length(name) + 3)
  }' "$WORK/head.unix"
}

# Sets OPENMETRICS to the Python that has Prometheus' own parser of OpenMetrics, which is strict.
find_openmetrics() {
  local python
  OPENMETRICS=
  for python in python3 /usr/bin/python3; do
    ! "$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null || OPENMETRICS=$python
  done
}

# parses FILE: as OpenMetrics, and has as many samples as lines that are none of its comments.
parses() {
  "$OPENMETRICS" - "$1" <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = open(sys.argv[1], encoding="utf-8").read()
families = list(text_string_to_metric_families(text))
samples = sum(len(family.samples) for family in families)
lines = sum(1 for line in text.splitlines() if not line.startswith("#"))
print(len(families), "families,", samples, "samples")
sys.exit(not families or samples != lines)
PYTHON
}

# What Prometheus asks for, and whoever asks for less.
check_forms() {
  ask /metrics --header 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
  expect "OpenMetrics is served to who prefers it" test "$(header Content-Type)" = \
    "application/openmetrics-text; version=1.0.0; charset=utf-8"
  expect "it says what that hung on" test "$(header Vary)" = "Accept, Accept-Encoding"
  expect "it ends as it must" test "$(tail -n 1 "$WORK/body")" = "# EOF"
  if [[ -n $OPENMETRICS ]]; then
    expect "Prometheus' own parser takes it" parses "$WORK/body"
  else
    say "python3-prometheus-client is not installed: OpenMetrics is not parsed"
  fi
  ask /metrics --header 'Accept-Encoding: gzip'
  expect "who takes gzip gets it" test "$(header Content-Encoding)" = gzip
  expect "and of a third of the size" \
    test "$(($(wc -c <"$WORK/body") * 3))" -lt "$(gzip -dc "$WORK/body" | wc -c)"
  gzip -dc "$WORK/body" >"$WORK/unzipped"
  expect "it is the text" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/unzipped"
  ask /metrics --header 'Accept-Encoding: gzip;q=0'
  expect "who does not, does not" test -z "$(header Content-Encoding)"
}

check_answers() {
  ask /metrics
  expect "GET /metrics is 200" test "$CODE" = 200
  expect "its Content-Type is $CONTENT_TYPE" test "$(header Content-Type)" = "$CONTENT_TYPE"
  ask /metrics --head
  expect "HEAD /metrics is 200" test "$CODE" = 200
  expect "with the same Content-Type" test "$(header Content-Type)" = "$CONTENT_TYPE"
  ask /metrics --request POST --data x=1
  expect "POST /metrics is 405" test "$CODE" = 405
  expect_line "which says what is allowed" '^GET, HEAD$' <(header Allow)
  ask /metrics/nothing
  expect "a path that is not served is 404" test "$CODE" = 404
  ask /-/healthy
  expect "/-/healthy is 200" test "$CODE" = 200
  ask /-/ready
  expect "/-/ready is 200 after a census" test "$CODE" = 200
  ask /
  expect "the status page is 200" test "$CODE" = 200
  expect_line "it is HTML" '^text/html' <(header Content-Type)
  expect_line "it links to the metrics" 'href="/?metrics"' "$WORK/body"
}

# --- where it listens -------------------------------------------------------------------------

has_both_addresses() {
  (($(grep -c ' msg="listening" ' "$LOG") == 2))
}

check_addresses() {
  local taken=$PORT address port count=0
  refuses "one of two addresses is in use" 1 --web.listen-address=127.0.0.2:0 \
    "--web.listen-address=127.0.0.1:$taken"
  expect_line "it names that one" \
    "level=error .*listen on 127\.0\.0\.1:$taken: Address already in use" "$WORK/refusal"
  run_exporter "--config.file=$WORK/config.yaml" --web.listen-address=127.0.0.2:0
  wait_for "two addresses" has_both_addresses
  while read -r address port; do
    count=$((count + 1))
    expect "it answers at $address" \
      curl -fsS --max-time 10 -o /dev/null "http://$address:$port/-/healthy"
  done < <(sed -n 's/.* msg="listening" address=\([0-9.]*\):0 port=\([0-9]*\) .*/\1 \2/p' "$LOG")
  expect "these are both" test "$count" = 2
  stop "$EXPORTER"
  # Debian 12's civetweb has no IPv6; another may.
  if KCOMMONS_WEB_LISTEN_ADDRESS='[::1]:0' timeout 5 "$KCOMMONS" serve --path.procfs=/nonexistent \
    2>"$WORK/refusal"; then
    wrong "it starts without a procfs"
  elif grep -q /nonexistent "$WORK/refusal"; then
    say "IPv6 is there: not refused"
  else
    expect_line "without IPv6 it is refused, with the reason" \
      'KCOMMONS_WEB_LISTEN_ADDRESS: "\[::1\]:0" is an IPv6 address, and the civetweb here is built without IPv6' \
      "$WORK/refusal"
  fi
}

# --- how it ends ------------------------------------------------------------------------------

# ends_in_time: SIGTERM to EXPORTER; TOOK is the time in milliseconds.
ends_in_time() {
  local begun=$EPOCHREALTIME ended
  stop "$EXPORTER"
  ended=$EPOCHREALTIME
  TOOK=$(((${ended/./} - ${begun/./}) / 1000))
  [[ $STATUS == 0 ]] || die "SIGTERM ended it with status $STATUS: $(cat "$LOG")"
  ((TOOK <= LONGEST_END * 1000))
}

idle_client() {
  exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
}

# One whose request never ends.
slow_client() {
  idle_client
  printf 'GET /metrics HTTP/1.1\r\nHost: ' >&"$CLIENT"
}

# check_end WHAT [CLIENT-FUNCTION]: the machine may be busy with other things, so the best counts.
check_end() {
  local what=$1 client=${2:-} attempt
  for ((attempt = 1; attempt <= END_ATTEMPTS; attempt++)); do
    run_exporter "--config.file=$WORK/config.yaml"
    wait_for_census 1
    [[ -z $client ]] || "$client"
    if ends_in_time; then
      [[ -z $client ]] || exec {CLIENT}>&-
      say "ok: $what: SIGTERM ends it with status 0 after $TOOK ms"
      return
    fi
    [[ -z $client ]] || exec {CLIENT}>&-
    say "$what: the end took $TOOK ms, longer than $LONGEST_END s"
  done
  wrong "$what: SIGTERM does not end it within $LONGEST_END s"
}

# --- whom it lets in --------------------------------------------------------------------------

# The password is "secret", at the lowest cost that there is.
write_users() {
  cat >"$WORK/web.yaml" <<'YAML'
basic_auth_users:
  alice: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW
YAML
}

check_access() {
  local path
  write_users
  run_exporter "--config.file=$WORK/config.yaml" "--web.config.file=$WORK/web.yaml"
  for path in /metrics / /-/healthy /-/ready /api/v1/audit /nothing; do
    ask "$path"
    expect "nobody in particular gets 401 at $path" test "$CODE" = 401
    ask "$path" --user alice:wrong
    expect "a wrong password gets 401 at $path" test "$CODE" = 401
    ask "$path" --user mallory:secret
    expect "an unknown user gets 401 at $path" test "$CODE" = 401
    expect "and learns nothing" test "$(cat "$WORK/body")" = unauthorized
  done
  expect_line "but how to ask" '^Basic' <(header WWW-Authenticate)
  ask /metrics --user alice:secret
  expect "the right password gets 200" test "$CODE" = 200
  echo 'tls_server_config: {}' >"$WORK/web.yaml"
  ask /metrics --user alice:secret
  expect "while the file is wrong nobody gets in" test "$CODE" = 500
  expect_line "which the log tells" 'level=.* msg="the web configuration is wrong' "$LOG"
  write_users
  ask /metrics --user alice:secret
  expect "and once it is right again, who may" test "$CODE" = 200
  stop "$EXPORTER"
  echo 'tls_server_config: {}' >"$WORK/web.yaml"
  refuses "TLS in the web configuration" 2 "--web.config.file=$WORK/web.yaml"
  expect_line "with advice" 'TLS is not served: .* stunnel on a plain host \(deploy/stunnel\)' "$WORK/refusal"
}

# --- what it tells systemd --------------------------------------------------------------------

# In place of systemd: writes each message to $WORK/notified, newlines as spaces.
start_manager() {
  start "$WORK/notified" "$WORK/manager.err" python3 -u -c '
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
while True:
    print(manager.recv(4096).decode().replace("\n", " "))' "$WORK/notify"
  MANAGER=$STARTED
  wait_for "service manager" test -S "$WORK/notify"
}

notified() {
  grep -q "$1" "$WORK/notified"
}

check_notify() {
  command -v python3 >/dev/null || {
    say "python3 is not installed: nobody to notify"
    return
  }
  start_manager
  RUN_AS=(env "NOTIFY_SOCKET=$WORK/notify" WATCHDOG_USEC=2000000)
  run_exporter "--config.file=$WORK/config.yaml"
  RUN_AS=()
  wait_for "READY=1" notified '^READY=1 STATUS=serving [0-9]* processes, [0-9]* containers$'
  wait_for "two messages for the watchdog" fed_twice
  stop "$EXPORTER"
  wait_for "STOPPING=1" notified '^STOPPING=1$'
  say "ok: systemd hears that it is ready, works, and stops"
  stop "$MANAGER"
}

fed_twice() {
  (($(grep -c '^WATCHDOG=1$' "$WORK/notified") >= 2))
}

# --- how it refuses to start ------------------------------------------------------------------

# refuses WHAT STATUS [FLAG...]: `kcommons serve` ends at once with that status. What it said is in
# $WORK/refusal.
refuses() {
  local what=$1 expected=$2 status=0
  shift 2
  KCOMMONS_WEB_LISTEN_ADDRESS=127.0.0.1:0 timeout "$DEADLINE" "${RUN_AS[@]}" "$KCOMMONS" serve \
    "$@" </dev/null >"$WORK/refusal.out" 2>"$WORK/refusal" || status=$?
  expect "$what: exit status $expected" test "$status" = "$expected"
}

check_refusals() {
  refuses "port in use" 1 "--web.listen-address=127.0.0.1:$PORT"
  expect_line "it names address and reason" \
    "level=error .*127\.0\.0\.1:$PORT.*[Aa]ddress already in use" "$WORK/refusal"

  refuses "no procfs there" 1 "--path.procfs=$WORK/nothing"
  expect_line "it names path and reason" "level=error .*$WORK/nothing.*No such file" "$WORK/refusal"
  refuses "a file in place of the procfs" 1 "--path.procfs=$WORK/config.yaml"
  expect_line "it names path and reason" "level=error .*config\.yaml.*Not a directory" \
    "$WORK/refusal"
  mkdir -m 700 "$WORK/closed"
  if [[ $EUID -eq 0 ]]; then
    RUN_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    KCOMMONS=$WORK/kcommons refuses "a procfs that may not be read" 1 "--path.procfs=$WORK/closed"
    RUN_AS=()
    expect_line "it names path and reason" "level=error .*$WORK/closed.*Permission denied" \
      "$WORK/refusal"
  else
    say "not root: a procfs that may not be read is not tried"
  fi
}

check_wrong_configuration() {
  cat >"$WORK/wrong.yaml" <<'CONFIG'
sampling:
  pools_interval: soon
limits:
  max_containers: -1
web:
  telemetry_pfad: /metrics
CONFIG
  refuses "three mistakes in the configuration" 2 "--config.file=$WORK/wrong.yaml"
  expect_line "the first is named" "^$WORK/wrong\.yaml:2:[0-9]+: .*pools_interval" "$WORK/refusal"
  expect_line "the second is named" "^$WORK/wrong\.yaml:4:[0-9]+: .*max_containers" "$WORK/refusal"
  expect_line "the third is named" "^$WORK/wrong\.yaml:6:[0-9]+: .*telemetry_pfad" "$WORK/refusal"
  expect "and nothing else" test "$(wc -l <"$WORK/refusal")" = 3
}

# For a user who may not enter the build folder.
cp "$KCOMMONS" "$WORK/kcommons"

run_exporter "--config.file=$WORK/config.yaml"
wait_for_census 1
check_exposition
check_books
check_costs
check_one_census_one_text
check_answers
find_openmetrics
check_forms
check_refusals
check_wrong_configuration
expect "it is still healthy" curl -fsS --max-time 10 -o /dev/null "$URL/-/healthy"
first=$EXPORTER
check_addresses
stop "$first"

check_end "without a client"
check_end "with an idle client" idle_client
check_end "with a slow client" slow_client
check_notify
check_access
finish
