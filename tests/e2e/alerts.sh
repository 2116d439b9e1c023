#!/usr/bin/env bash
# Somebody is woken, for the right reason, with the culprit's name in the message: the rules, the routes
# and the intervals of deploy/prometheus as they are, with addresses alone replaced, in a real Prometheus
# and a real Alertmanager, which tells a webhook.
#
#   sudo tests/e2e/alerts.sh
#
# First an ordinary load that goes up and comes down, for KCOMMONS_QUIET_SECONDS (60), of which nobody
# must hear. Then the article's two experiments at once: what arrives names pool, culprit, neighbours,
# error and remedy, within two minutes of the moment at which the container starts to fill the pool, and
# when it is gone, so says another message.
#
# Two limits are lowered all the time, and the pools are full for some seconds: README.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/engine.sh"
# shellcheck source-path=SCRIPTDIR source=monitoring.sh
. "$(dirname "${BASH_SOURCE[0]}")/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=files.sh
. "$(dirname "${BASH_SOURCE[0]}")/files.sh"
# shellcheck source-path=SCRIPTDIR source=watches.sh
. "$(dirname "${BASH_SOURCE[0]}")/watches.sh"

E2E_PROGRAMS+=(prometheus-alertmanager python3)
readonly DEPLOY=$E2E_DIR/../../deploy/prometheus
readonly QUIET_SECONDS=${KCOMMONS_QUIET_SECONDS:-60}
# Seconds from the start of the filling to the message.
readonly MESSAGE_SECONDS=120
# The peak of two minutes has to pass, then a scrape, an evaluation and a group_interval.
readonly RESOLVED_SECONDS=300
# What is given back once a victim was seen to fail, so that the pool is above 90 % and the machine works.
readonly SPARE_FILES=500
readonly SPARE_WATCHES=60
# The most that container A takes. It is much, so that what others do on this machine for ten minutes
# is little.
readonly MOST_FILES=15000

now() {
  date +%s.%N
}

# --- the parts --------------------------------------------------------------------------------

# replaced FILE OLD NEW: the line that has OLD, and there is one.
replaced() {
  (($(grep -cF "$2" "$1") >= 1)) || die "$1 has no $2"
  sed -i "s|$2|$3|" "$1"
}

start_receiver() {
  RECEIVER_PORT=$(free_port)
  MESSAGES=$KCOMMONS_E2E_WORK/messages
  : >"$MESSAGES"
  start "$KCOMMONS_E2E_WORK/receiver.log" python3 "$E2E_DIR/webhook.py" "$RECEIVER_PORT" "$MESSAGES"
  RECEIVER_PID=$STARTED
}

start_alertmanager() {
  local config=$KCOMMONS_E2E_WORK/alertmanager.yml
  ALERTMANAGER_PORT=$(free_port)
  cp "$DEPLOY/alertmanager.yml" "$config"
  replaced "$config" 127.0.0.1:9095 "127.0.0.1:$RECEIVER_PORT"
  start "$KCOMMONS_E2E_WORK/alertmanager.log" prometheus-alertmanager "--config.file=$config" \
    "--storage.path=$KCOMMONS_E2E_WORK/alertmanager" --cluster.listen-address= \
    "--web.listen-address=127.0.0.1:$ALERTMANAGER_PORT"
  wait_for "$E2E_DEADLINE" "ready Alertmanager" http_ok "http://127.0.0.1:$ALERTMANAGER_PORT/-/ready"
}

# start_shipped_prometheus EXPORTER_PORT
start_shipped_prometheus() {
  local port config=$KCOMMONS_E2E_WORK/prometheus.yml
  port=$(free_port)
  PROMETHEUS_URL=http://127.0.0.1:$port
  cp -r "$DEPLOY/prometheus.yml" "$DEPLOY/rules" "$KCOMMONS_E2E_WORK"
  EXPORTER=127.0.0.1:$1
  replaced "$config" 127.0.0.1:10044 "$EXPORTER"
  replaced "$config" 127.0.0.1:9093 "127.0.0.1:$ALERTMANAGER_PORT"
  start "$KCOMMONS_E2E_WORK/prometheus.log" prometheus "--config.file=$config" \
    "--storage.tsdb.path=$KCOMMONS_E2E_WORK/prometheus" "--web.listen-address=127.0.0.1:$port"
  wait_for "$E2E_DEADLINE" "ready Prometheus" http_ok "$PROMETHEUS_URL/-/ready"
  wait_for "$E2E_DEADLINE" "scrape that succeeded" prom_test up 'length == 1 and .[0].value[1] == "1"'
}

start_all() {
  local port
  port=$(free_port)
  start_exporter "$port" \
    "identity: {roots: {docker: [$ENGINE_DIR/docker-data], containerd: [$ENGINE_DIR/containerd/state]}}"
  start_receiver
  start_alertmanager
  start_shipped_prometheus "$port"
  say "kcommons, and Prometheus and Alertmanager with the files of deploy/prometheus, run"
}

# --- an ordinary load -------------------------------------------------------------------------

# start_sawtooth NAME HOG...: a container that starts ten hogs, one every two seconds, ends them all, and
# begins again. %N in the words is the number of each.
start_sawtooth() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # expanded in the container
  container_run --name "$name" --tmpfs /watched -- /bin/sh -c 'while :; do
      pids=
      for i in 0 1 2 3 4 5 6 7 8 9; do
        busybox mkdir -p "/watched/$i"
        e2e_hog $(echo "$*" | busybox sed "s/%N/$i/g") >/dev/null &
        pids="$pids $!"
        busybox sleep 2
      done
      kill $pids
      wait
    done' sh "$@" >/dev/null
}

# span SECONDS POOL: the least and the most of it in that time, in percent of the limit.
span() {
  local least most
  least=$(prom_query "min_over_time(kcommons_pool_used{$2}[$1s]) / kcommons_pool_limit" |
    jq -r '.[0].value[1]')
  most=$(prom_query "max_over_time(kcommons_pool_used_peak{$2}[$1s]) / kcommons_pool_limit" |
    jq -r '.[0].value[1]')
  awk "BEGIN { printf \"%.0f %.0f\\n\", 100 * $least, 100 * $most }"
}

# expect_moved SECONDS WHAT POOL: it was no flat line, and no full pool.
expect_moved() {
  local least most
  read -r least most < <(span "$1" "$3")
  say "$2 were between $least % and $most % used"
  ((most > 50 && most < 90 && most - least > 10)) || die "that is no sawtooth"
}

expect_quiet() {
  local name step=$((FILES_ROOM / 36))
  for name in first second; do
    start_sawtooth "e2e-files-$name" files "$step"
    start_sawtooth "e2e-watches-$name" watches 55 /watched/%N
  done
  say "two containers open up to $((10 * step)) files each and close them, two add up to 550 watches;" \
    "now for $QUIET_SECONDS s"
  sleep "$QUIET_SECONDS"
  expect_moved "$QUIET_SECONDS" "open files" 'resource="open_files"'
  expect_moved "$QUIET_SECONDS" "inotify watches" "$WATCHES_POOL"
  prom_test "count_over_time(ALERTS{alertstate=\"firing\"}[${QUIET_SECONDS}s])" 'length == 0' ||
    die "an alert was firing: $PROMETHEUS_ANSWER"
  [[ ! -s $MESSAGES ]] || die "there was a message: $(<"$MESSAGES")"
  alive "$RECEIVER_PID" || die "the receiver ended: $(<"$KCOMMONS_E2E_WORK/receiver.log")"
  engine rm --force e2e-{files,watches}-{first,second} >/dev/null
  say "no alert, no message"
}

# --- the experiments --------------------------------------------------------------------------

# A container of its own holds what is given back. What it gets is counted as others are.
start_spares() {
  SPARE_OF_FILES=$(container_run --name e2e-spare-files -- /bin/e2e_hog files "$SPARE_FILES")
  wait_for "$E2E_DEADLINE" "spare files" container_says "$SPARE_OF_FILES" "^files: $SPARE_FILES\$"
  SPARE_OF_WATCHES=$(container_run --name e2e-spare-watches --tmpfs /watched -- \
    /bin/e2e_hog watches "$SPARE_WATCHES" /watched)
  wait_for "$E2E_DEADLINE" "spare watches" container_says "$SPARE_OF_WATCHES" "^watches: $SPARE_WATCHES\$"
}

# give_back ID: of what container A holds nothing, of what the spare container has all. A paused hog does
# not take it.
give_back() {
  engine pause "$A" >/dev/null
  engine rm --force "$1" >/dev/null
}

fill_files() {
  FILES_SINCE=$(now)
  start_files_hog e2e-files-hog
  FILES_HOG=$A
  expect_victim_fails
  give_back "$SPARE_OF_FILES"
}

fill_watches() {
  WATCHES_SINCE=$(now)
  start_watches_hog e2e-watches-hog
  WATCHES_HOG=$A
  start_tail
  expect_inotifywait_fails "$WATCHES_UNIT"
  give_back "$SPARE_OF_WATCHES"
  wait_for "$E2E_DEADLINE" "free watches" can_watch
}

# --- what arrives -----------------------------------------------------------------------------

# message STATUS RESOURCE: the first with an alert of that status for the pool, as {at, path, alert}.
message() {
  jq -c --arg status "$1" --arg resource "$2" '
    . as $message | .body.alerts[]
    | select(.status == $status and .labels.resource == $resource
        and .labels.alertname == "KcommonsPoolNearlyFull")
    | {at: $message.at, path: $message.path, alert: .}' "$MESSAGES" | sed -n 1p
}

has_message() {
  [[ -n $(message "$@") ]]
}

# seconds_to MESSAGE SINCE
seconds_to() {
  jq -r --argjson since "$2" '.at - $since | . * 10 | floor / 10' <<<"$1"
}

# expect_message RESOURCE SINCE HOG NAME VICTIM ERROR SYSCTL
expect_message() {
  local resource=$1 since=$2 hog=$3 name=$4 victim=$5 error=$6 sysctl=$7 message seconds
  wait_for "$MESSAGE_SECONDS" "message of $resource" has_message firing "$resource"
  message=$(message firing "$resource")
  seconds=$(seconds_to "$message" "$since")
  say "$resource: a message, $seconds s after container A began to fill the pool"
  quote "$(jq -r '.path, (.alert | (.labels, .annotations) | to_entries[] | "\(.key): \(.value)")' <<<"$message")"
  awk "BEGIN { exit !($seconds <= $MESSAGE_SECONDS) }" || die "that is too late"
  # The culprit by its name and id, and first; the victim by its name; what it sees; what helps.
  # shellcheck disable=SC2016
  jq -e --arg culprit "container \"$name\" (${hog:0:12})" --arg victim "\"$victim\"" \
    --arg error "$error" --arg remedy "sysctl -w $sysctl=" --arg instance "$EXPORTER" '
      .path == "/on-call" and (.alert | .labels.instance == $instance and .labels.cluster == "laptop"
        and .labels.severity == "critical" and (.labels | has("kcommons_docs") | not)
        and (.annotations
          | (.holders | startswith("most within two minutes: " + $culprit)) and (.neighbours | contains($victim))
            and (.neighbours | contains($culprit)) and (.error | startswith($error))
            and (.remedy | contains($remedy)) and (.summary | contains($instance))
            and .runbook_url == "deploy/README.md#kcommonspoolnearlyfull"))' <<<"$message" >/dev/null ||
    die "the message lacks something: $message"
}

# expect_resolved RESOURCE SINCE
expect_resolved() {
  local message
  wait_for "$RESOLVED_SECONDS" "message that $1 is resolved" has_message resolved "$1"
  message=$(message resolved "$1")
  say "$1: resolved, $(seconds_to "$message" "$2") s after the container was removed"
}

# Of the two pools, that they are full and that it is over, and of nothing else.
expect_no_other() {
  local got expected='KcommonsPoolNearlyFull inotify_watches firing
KcommonsPoolNearlyFull inotify_watches resolved
KcommonsPoolNearlyFull open_files firing
KcommonsPoolNearlyFull open_files resolved'
  got=$(jq -r '.body.alerts[] | "\(.labels.alertname) \(.labels.resource) \(.status)"' "$MESSAGES" |
    LC_ALL=C sort -u)
  [[ $got == "$expected" ]] || die "other messages than those: $got"
  say "there was no other message"
}

main() {
  local since
  (($# == 0)) || die "usage: $0"
  [[ $QUIET_SECONDS =~ ^[1-9][0-9]+$ ]] || die "KCOMMONS_QUIET_SECONDS is $QUIET_SECONDS"
  require_exporter
  guarded_run fs.file-max "$WATCHES_SYSCTL" -- "$@"
  # shellcheck disable=SC2034 # used by start_exporter
  HOLDINGS_INTERVAL=10
  start_engine
  start_victim
  FILES_ROOM=$(descriptors_of_a)
  FILES_ROOM=$((FILES_ROOM * 3 / 4 < MOST_FILES ? FILES_ROOM * 3 / 4 : MOST_FILES))
  # Before anybody looks, or there would be an alert of that.
  lower_file_max
  lower_max_user_watches
  start_all
  expect_quiet
  start_spares
  fill_files
  fill_watches
  expect_message open_files "$FILES_SINCE" "$FILES_HOG" e2e-files-hog e2e-victim ENFILE fs.file-max
  expect_message inotify_watches "$WATCHES_SINCE" "$WATCHES_HOG" e2e-watches-hog "$WATCHES_UNIT" ENOSPC \
    "$WATCHES_SYSCTL"
  since=$(now)
  engine rm --force "$FILES_HOG" "$WATCHES_HOG" >/dev/null
  say "both containers are removed"
  expect_resolved open_files "$since"
  expect_resolved inotify_watches "$since"
  expect_no_other
  sysctl_restore
  sysctl_assert_restored
}

main "$@"
