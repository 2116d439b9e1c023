#!/usr/bin/env bash
# The real binary with users: whoever has no password learns nothing, on any path and in any way of
# asking, at the same cost; a flood of wrong passwords stops neither the sampler nor a scrape.
#
# Environment: see lib.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly RIGHT=alice:secret
readonly FLOOD_SECONDS=5
readonly LONGEST_SCRAPE_MS=2000
readonly SAMPLES=8

cat >"$WORK/config.yaml" <<'CONFIG'
sampling:
  pools_interval: 100ms
  holdings_interval: 1s
CONFIG

# write_users HASH: of "secret".
write_users() {
  printf 'basic_auth_users:\n  alice: %s\n' "$1" >"$WORK/web.new"
  mv "$WORK/web.new" "$WORK/web.yaml"
}
# shellcheck disable=SC2016 # hashes have dollars
readonly CHEAP='$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'
# shellcheck disable=SC2016
readonly USUAL='$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u'

# ask PATH [CURL-OPTION...]: CODE is the status; the answer is in $WORK/answer, head and all.
ask() {
  local path=$1
  shift
  : >"$WORK/answer"
  CODE=$(curl -sS --max-time 10 --path-as-is -i -o "$WORK/answer" -w '%{http_code}' "$@" "$URL$path" \
    2>"$WORK/curl") || true
}

# has_told: something of what the daemon knows stands in the answer.
has_told() {
  grep -Eiq 'kcommons|procfs|pool|census|container|open_files' "$WORK/answer"
}

# refuses_all WHAT [CURL-OPTION...]: 401 at every path and with every method, and nothing told.
refuses_all() {
  local what=$1 path method
  shift
  for path in /metrics / '/api/v1/audit?warn=x' /-/healthy /-/ready /-/reload /nothing //metrics; do
    for method in GET HEAD POST OPTIONS; do
      if [[ $method == HEAD ]]; then
        ask "$path" --head "$@"
      else
        ask "$path" --request "$method" "$@"
      fi
      [[ $CODE == 401 ]] || wrong "$what: $method $path is $CODE"
      ! has_told || wrong "$what: $method $path tells: $(cat "$WORK/answer")"
    done
  done
  say "ok: $what: looked at everywhere"
}

# What is no request is refused by the engine, before anybody is asked who they are.
refuses_garbage() {
  local bytes
  for bytes in '\r\n\r\n' 'GET\r\n\r\n' 'GET /metrics\r\n\r\n' 'BREW /metrics HTTP/1.1\r\n\r\n' \
    'GET /metrics HTTP/9.9\r\n\r\n' 'GET * HTTP/1.1\r\n\r\n' 'GET http://x/metrics HTTP/1.1\r\n\r\n' \
    'GET /metrics HTTP/1.1\r\nno colon\r\n\r\n' 'GET /metrics HTTP/1.1\r\nAuthorization\r\n\r\n' \
    'GET /metrics HTTP/1.1\r\nAuthorization: Basic\r\nAuthorization: Basic \r\n\r\n' \
    'OPTIONS * HTTP/1.1\r\n\r\n' 'GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n'; do
    exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
    # shellcheck disable=SC2059  # it is a format
    printf "$bytes" >&"$CLIENT"
    timeout 10 cat <&"$CLIENT" >"$WORK/answer" || true
    exec {CLIENT}>&-
    ! grep -q '^HTTP/1.1 [235]' "$WORK/answer" || grep -q '^HTTP/1.1 505 ' "$WORK/answer" ||
      wrong "$bytes is answered: $(head -n 1 "$WORK/answer")"
    ! has_told || wrong "$bytes is told: $(cat "$WORK/answer")"
  done
  say "ok: what is no request is told nothing"
}

# cpu_of [CURL-OPTION...]: the processor time, in ticks, that requests take until they are refused.
cpu_of() {
  local before i
  before=$(ticks)
  for ((i = 0; i < SAMPLES; i++)); do
    ask /metrics "$@"
    [[ $CODE == 401 ]] || wrong "a request to be refused is $CODE"
  done
  echo $(($(ticks) - before))
}

# Of the server's threads: the sampler's have nothing to do with it.
ticks() {
  local thread sum=0
  for thread in "/proc/$EXPORTER/task"/*; do
    [[ $(cat "$thread/comm") == civetweb-worke* ]] || continue
    sum=$((sum + $(awk '{ print $14 + $15 }' "$thread/stat")))
  done
  echo "$sum"
}

check_cost() {
  local none unknown wrong cheapest dearest
  none=$(cpu_of)
  unknown=$(cpu_of --user mallory:secret)
  wrong=$(cpu_of --user alice:wrong)
  cheapest=$(printf '%s\n' "$none" "$unknown" "$wrong" | sort -n | sed -n 1p)
  dearest=$(printf '%s\n' "$none" "$unknown" "$wrong" | sort -n | tail -n 1)
  say "ticks for $SAMPLES requests: $none without a user, $unknown of an unknown one, $wrong wrong"
  expect "hashes are made" test "$cheapest" -ge "$SAMPLES"
  expect "all cost the same" test $((dearest * 2)) -lt $((cheapest * 3))
}

is_ready() {
  ask /-/ready --user "$RIGHT"
  [[ $CODE == 200 ]]
}

basic() {
  printf 'Authorization: Basic %s' "$(printf %s "$1" | base64)"
}

census() {
  value 'kcommons_census_total{kind="holdings"}' "$WORK/answer"
}

check_flood() {
  local before
  ask /metrics --user "$RIGHT"
  expect "the right password is let in" test "$CODE" = 200
  before=$(census)
  "$KCOMMONS_INTEGRATION_BIN/crowd" "$PORT" /metrics "$FLOOD_SECONDS" 0 50 \
    "$(basic "$RIGHT")" "$(basic alice:guess)" >"$WORK/crowd"
  ask /metrics --user "$RIGHT"
  sed 's/^/      | /' "$WORK/crowd"
  expect "none of the flood gets in" grep -Eq '^fast: 0 answers 200, [1-9]' "$WORK/crowd"
  local kind
  for kind in new kept; do
    expect "who has the password always does, on a $kind connection" \
      grep -Eq "^scraper $kind: [0-9]{2,} answers 200, 0 others, 0 failed" "$WORK/crowd"
    expect "and waits less than $LONGEST_SCRAPE_MS ms" test \
      "$(sed -nE "s/^scraper $kind: .*worst ([0-9]+) ms/\1/p" "$WORK/crowd")" -lt "$LONGEST_SCRAPE_MS"
  done
  expect "censuses went on: $before, then $(census)" \
    test "$(census)" -ge $((before + FLOOD_SECONDS - 2))
  expect "and succeeded" \
    test "$(value 'kcommons_census_success{kind="holdings"}' "$WORK/answer")" = 1
}

check_healthcheck() {
  local address=KCOMMONS_WEB_LISTEN_ADDRESS=127.0.0.1:$PORT
  STATUS=0
  env "$address" "$KCOMMONS" healthcheck >"$WORK/health" 2>&1 || STATUS=$?
  expect "a health check without a user fails" test "$STATUS" = 1
  expect_line "and says what it takes" 'status 401.*give it a user and a password' "$WORK/health"
  expect "with a user it does not" \
    env "$address" KCOMMONS_USER=alice KCOMMONS_PASSWORD=secret "$KCOMMONS" healthcheck
}

write_users "$CHEAP"
run_exporter "--config.file=$WORK/config.yaml" "--web.config.file=$WORK/web.yaml"
wait_for "census" is_ready
refuses_all "no user"
refuses_all "an unknown user" --user mallory:secret
refuses_all "a wrong password" --user alice:Secret
refuses_all "nonsense" --header "Authorization: Basic %%%"
refuses_garbage
check_healthcheck
write_users "$USUAL"
check_cost
check_flood
stop "$EXPORTER"
expect "SIGTERM ends it with status 0: $STATUS" test "$STATUS" = 0
say "the log:"
sed 's/^/      | /' "$LOG"
finish
