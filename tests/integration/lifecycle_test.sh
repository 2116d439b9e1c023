#!/usr/bin/env bash
# How the daemon lives: it reads its configuration again, whole or not at all; a sampler that hangs is
# noticed; it ends within seconds whatever hangs.
#
# Needs root. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# Seconds from SIGTERM to the end while something hangs.
readonly LONGEST_FORCED_END=10

readonly FRESH_UID=$((3800000 + $$ % 100000))

# answer METHOD PATH: CODE is the status, the body is in $WORK/body.
answer() {
  : >"$WORK/body"
  CODE=$(curl -sS --max-time 10 -X "$1" -o "$WORK/body" -w '%{http_code}' "$URL$2")
}

# logged COUNT PATTERN: so many lines of the log match.
logged() {
  (($(grep -Ec -- "$2" "$LOG") == $1))
}

# serves SERIES VALUE
serves() {
  scrape "$WORK/scrape" && [[ $(value "$1" "$WORK/scrape") == "$2" ]]
}

cuts_users() {
  scrape "$WORK/scrape" && grep -q '^kcommons_user_used{.*uid="_other"' "$WORK/scrape"
}

# --- reading the configuration again ------------------------------------------------------------

write_config() {
  printf 'sampling: {pools_interval: 100ms, holdings_interval: 1s}\n' >"$WORK/config.yaml"
  printf '%s\n' "$@" >>"$WORK/config.yaml"
}

check_sighup() {
  local passes
  # A machine may have root's processes alone.
  start /dev/null /dev/null setpriv "--reuid=$FRESH_UID" "--regid=$FRESH_UID" --clear-groups sleep 600
  write_config
  run_exporter "--config.file=$WORK/config.yaml" --log.level=info
  wait_for_census 2
  passes=$(value 'kcommons_census_total{kind="holdings"}' "$WORK/scrape")
  if cuts_users; then wrong "users are cut from the start: nothing can be seen here"; fi

  # log.level is the flag's.
  write_config 'limits: {max_users: 1}' 'log: {level: error}'
  kill -HUP "$EXPORTER"
  wait_for "reload by SIGHUP" logged 1 'msg="configuration reloaded" changed=limits.max_users$'
  wait_for "new limit" cuts_users
  say "ok: SIGHUP has a new limit take effect"
  expect "what was counted is counted on" \
    test "$(value 'kcommons_census_total{kind="holdings"}' "$WORK/scrape")" -gt "$passes"

  write_config 'limits: {max_users: nothing}' 'sampling: {}' 'nonsense: 1'
  kill -HUP "$EXPORTER"
  wait_for "refusal" logged 3 'level=error msg="the configuration is not taken'
  wait_for "metric of the refusal" serves kcommons_config_last_reload_successful 0
  expect_line "every mistake is logged with its place" "mistake=.*$WORK/config.yaml:2:21: limits.max_users" "$LOG"
  expect_line "every one" "mistake=.*$WORK/config.yaml:3:1: sampling: given twice" "$LOG"
  expect_line "also the last" "mistake=.*$WORK/config.yaml:4:1: nonsense: unknown key" "$LOG"
  expect "what was in force stays" cuts_users

  write_config 'paths: {rootfs: /nothing}' 'web: {listen_address: ":1", max_requests: 3}'
  kill -HUP "$EXPORTER"
  wait_for "refusal" logged 2 'mistake="(paths.rootfs|web.max_requests): changed, which takes a restart'
  expect "a flag wins over a file that is read again" logged 0 'mistake="web.listen_address'

  write_config
  kill -HUP "$EXPORTER"
  wait_for "metric of the success" serves kcommons_config_last_reload_successful 1
  say "ok: a refused reload is followed by a good one"
  answer POST /-/reload
  expect "POST /-/reload is 403 where it is off" test "$CODE" = 403
  answer GET /-/reload
  expect "GET /-/reload is 405" test "$CODE" = 405
  stop "$EXPORTER"
  expect "it has ended as usual" test "$STATUS" = 0
}

check_post() {
  write_config
  run_exporter "--config.file=$WORK/config.yaml" --web.enable-lifecycle
  answer POST /-/reload
  expect "POST /-/reload is 200 where it is on" test "$CODE" = 200
  write_config 'nonsense: 1'
  answer POST /-/reload
  expect "POST /-/reload of a wrong file is 500" test "$CODE" = 500
  expect_line "with the mistake" "^$WORK/config.yaml:2:1: nonsense: unknown key" "$WORK/body"
  stop "$EXPORTER"
}

check_without_a_file() {
  run_exporter
  kill -HUP "$EXPORTER"
  wait_for "reload" logged 1 'msg="configuration reloaded" changed=nothing$'
  say "ok: without a file a reload changes nothing"
  stop "$EXPORTER"

  run_exporter --config.file=<(echo 'limits: {max_users: 1}')
  kill -HUP "$EXPORTER"
  wait_for "refusal" logged 1 'level=error .* mistake=".*: a pipe, expected a file'
  say "ok: a pipe is not read again"
  stop "$EXPORTER"
}

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
  grep -q -- "$1" "$WORK/notified"
}

fed() {
  grep -c '^WATCHDOG=1$' "$WORK/notified" || true
}

# --- what hangs ---------------------------------------------------------------------------------

# A process whose stat is a FIFO: to open it waits for a writer, as a file of a dead filesystem waits
# for its server.
hang_sampler() {
  mkfifo "$WORK/fifo"
  mv "$WORK/tree/100/stat" "$WORK/stat"
  mv "$WORK/fifo" "$WORK/tree/100/stat"
}

release_sampler() {
  mv "$WORK/tree/100/stat" "$WORK/fifo"
  mv "$WORK/stat" "$WORK/tree/100/stat"
  : >"$WORK/fifo" # it reads nothing, and goes on
  rm "$WORK/fifo"
}

is_healthy() {
  answer GET /-/healthy
  [[ $CODE == 200 ]]
}

is_unhealthy() {
  ! is_healthy
}

check_hang() {
  local before
  mkdir "$WORK/tree"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree"
  start_manager
  RUN_AS=(env "NOTIFY_SOCKET=$WORK/notify" WATCHDOG_USEC=1000000)
  write_config
  run_exporter "--config.file=$WORK/config.yaml" --source=procfs "--path.procfs=$WORK/tree" \
    "--path.sysfs=$WORK/tree/sys" "--path.rootfs=$WORK/nothing"
  RUN_AS=()
  wait_for_census 1
  expect "it is healthy" is_healthy
  expect "healthcheck says so" healthcheck 0 '^healthy$'

  kill -HUP "$EXPORTER"
  wait_for "RELOADING=1" notified '^RELOADING=1 MONOTONIC_USEC=[0-9]*$'
  wait_for "READY=1 after it" notified '^READY=1$'
  say "ok: systemd hears of a reload"

  before=$(fed)
  hang_sampler
  wait_for "503 of /-/healthy" is_unhealthy
  # Four times a second otherwise, and for a second at most until the census that hangs.
  expect "a sampler that hangs for 5 s feeds no watchdog" test $(($(fed) - before)) -le 8
  expect_line "/-/healthy says since when and where" \
    '^not healthy: the sampler has not finished a pass for [0-9]+ s, it is in the census$' "$WORK/body"
  expect "healthcheck says so" healthcheck 1 \
    '^kcommons: http://127.0.0.1:[0-9]*: not healthy: the sampler has not finished'
  wait_for "the log to say it" logged 1 'level=warn msg="the sampler hangs, .* it is in the census"$'
  answer GET /metrics
  expect "the last snapshot is served on" grep -q '^kcommons_container_used{' "$WORK/body"
  kill -HUP "$EXPORTER"
  wait_for "a reload meanwhile" logged 2 'msg="configuration reloaded"'

  release_sampler
  wait_for "200 of /-/healthy" is_healthy
  wait_for "the log to say it" logged 1 'level=info msg="the sampler hangs, .*: no longer"$'
  expect "the log has said each once" logged 2 'msg="the sampler hangs'
}

# healthcheck STATUS PATTERN: of EXPORTER, and one line.
healthcheck() {
  local status=0
  "$KCOMMONS" healthcheck "--web.listen-address=127.0.0.1:$PORT" >"$WORK/health" 2>&1 || status=$?
  [[ $status == "$1" ]] && grep -Eq -- "$2" "$WORK/health" && (($(wc -l <"$WORK/health") == 1))
}

check_end_of_what_hangs() {
  local begun took
  hang_sampler
  wait_for "census that hangs" waits_for_a_fifo "$EXPORTER" sampler
  begun=$EPOCHREALTIME
  stop "$EXPORTER"
  took=$((${EPOCHREALTIME%.*} - ${begun%.*}))
  expect "with a sampler that hangs it ends with status 1" test "$STATUS" = 1
  expect_line "and says why" 'level=error msg="something hangs and is not waited for' "$LOG"
  expect "within $LONGEST_FORCED_END s" test "$took" -le "$LONGEST_FORCED_END"
}

# waits_for_a_fifo PID THREAD: the thread of that name is in open(2).
waits_for_a_fifo() {
  local thread
  for thread in /proc/"$1"/task/*; do
    [[ $(cat "$thread/comm") == "$2" ]] || continue
    grep -q wait_for_partner "$thread/wchan" && return
  done
  return 1
}

is_listening_at() {
  (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Whoever is to read the log has stopped to: it works, and ends, all the same.
check_unread_log() {
  local unread begun took
  mkfifo "$WORK/unread"
  exec {unread}<>"$WORK/unread"
  dd if=/dev/zero of="$WORK/unread" bs=4096 count=1024 oflag=nonblock 2>/dev/null || true
  PORT=$(free_port)
  URL=http://127.0.0.1:$PORT
  start /dev/null "$WORK/unread" "$KCOMMONS" serve --log.level=debug \
    "--web.listen-address=127.0.0.1:$PORT" "--config.file=$WORK/config.yaml"
  EXPORTER=$STARTED
  wait_for "listening exporter" is_listening_at "$PORT"
  wait_for_census 2
  begun=$EPOCHREALTIME
  stop "$EXPORTER"
  took=$((${EPOCHREALTIME%.*} - ${begun%.*}))
  exec {unread}>&-
  expect "with a log that nobody reads it works, and ends with status 0" test "$STATUS" = 0
  expect "within $LONGEST_FORCED_END s" test "$took" -le "$LONGEST_FORCED_END"
}

[[ $EUID -eq 0 ]] || skip "root is needed, to run as another user: sudo $0"
check_sighup
check_post
check_without_a_file
check_hang
check_end_of_what_hangs
check_unread_log
stop "$MANAGER"
finish
