#!/usr/bin/env bash
# The article's second experiment, with the answer that the article had to find by hand: a container
# takes all inotify watches of a user, inotifywait and tail -f fail on the host, and Prometheus
# names the container. Then the same from a container with a user namespace of its own, whose
# watches are charged to the owner of the namespace as well: its uid outside has no budget of its own.
#
#   sudo tests/e2e/experiment2_inotify_watches.sh [--without-exporter]
#
# The limit is lowered for some seconds; programs of root can add no watches meanwhile. See README.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/engine.sh"
# shellcheck source-path=SCRIPTDIR source=monitoring.sh
. "$(dirname "${BASH_SOURCE[0]}")/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=audit.sh
. "$(dirname "${BASH_SOURCE[0]}")/audit.sh"
# shellcheck source-path=SCRIPTDIR source=watches.sh
. "$(dirname "${BASH_SOURCE[0]}")/watches.sh"

expect_answers() {
  prom_expect "Prometheus: the pool of uid 0 is full" \
    "kcommons_pool_used{$WATCHES_POOL} / kcommons_pool_limit{$WATCHES_POOL}" \
    'length == 1 and (.[0].value[1] | tonumber) >= 1'
  # shellcheck disable=SC2016
  prom_expect "Prometheus: container A holds most of it" \
    "topk(1, kcommons_container_used{$WATCHES_POOL})" \
    'length == 1 and .[0].metric.container_id == $id' --arg id "$A"
  prom_expect "Prometheus: the service on the host shares the pool, and fails with it" \
    "kcommons_host_neighbour{$WATCHES_POOL,unit=\"$WATCHES_UNIT\"}" \
    'length == 1 and (.[0].value[1] | tonumber) == 1'
}

# What `kcommons audit` says on the machine, and the first of the article's remedies: a raised limit.
expect_audit() {
  # shellcheck disable=SC2016
  wait_for "$E2E_DEADLINE" "audit that names container A" audit_has inotify_watches 0 \
    '.finding.severity == "CRITICAL" and .pool.error == "ENOSPC"
     and .pool.top_holder.container_id == $id and (.pool.neighbours.names | index($victim))
     and ([.finding.advice[].kind] | contains(["sysctl", "other_uid"]))' \
    --arg id "${A:0:12}" --arg victim "$WATCHES_UNIT"
  ((AUDIT_STATUS == 2)) || die "audit ended with $AUDIT_STATUS"
  say "kcommons audit exits with 2 and says:"
  audit_shows inotify_watches
  local lowered
  lowered=$(sysctl_get "$WATCHES_SYSCTL")
  # An application that has what it wants takes no more.
  engine pause "$A" >/dev/null
  audit_apply inotify_watches 0
  wait_for "$E2E_DEADLINE" "free watches" can_watch
  say "inotifywait works again on the host, while container A keeps its watches"
  sysctl_set "$WATCHES_SYSCTL" "$lowered"
  ! can_watch || die "inotifywait works though the limit is lowered again"
  engine unpause "$A" >/dev/null
}

# The second: the same container as another UID fills a pool that nobody else is in.
expect_other_uid_helps() {
  A=$(container_run --name e2e-hog-of-another --user 54321 --tmpfs /watched -- \
    /bin/e2e_hog watches until-enospc /watched)
  wait_for "$E2E_DEADLINE" "full pool" container_says "$A" "$WATCHES_FULL"
  wait_for "$E2E_DEADLINE" "free watches" can_watch
  say "as UID 54321 the container takes all that it can, and inotifywait works on the host"
  # shellcheck disable=SC2016
  wait_for "$E2E_DEADLINE" "audit of the two users" audit_has inotify_watches 54321 \
    '.finding.severity == "CRITICAL" and .pool.neighbours.container == 1
     and .pool.neighbours.host == 0 and .pool.neighbours.names == [$id]' --arg id "${A:0:12}"
  audit_has inotify_watches 0 '.finding == null' || die "uid 0 is still at its limit: $AUDIT"
  engine rm --force "$A" >/dev/null
}

end_hog() {
  engine rm --force "$A" >/dev/null
  wait_for "$E2E_DEADLINE" "free watches" can_watch
  say "container A is removed, and inotifywait works again"
}

# --- a container with a user namespace of its own ----------------------------------------------

start_hog_in_userns() {
  C=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  runc_run "$C" "kcommons-e2e/$C" /bin/e2e_hog watches until-enospc /watched
  wait_for "$E2E_DEADLINE" "full pool" grep -Eq "$WATCHES_FULL" "$KCOMMONS_E2E_WORK/$C.log"
  say "container C (${C:0:12}), uid 0 inside and 200000 outside, does the same: $(watches_of_c)"
}

watches_of_c() {
  tail -n 1 "$KCOMMONS_E2E_WORK/$C.log"
}

expect_answers_for_userns() {
  # The count is read anew each time: C takes what other programs release meanwhile.
  # shellcheck disable=SC2016
  prom_expect "Prometheus: all watches of container C are booked to the owner of its namespace" \
    "kcommons_container_used{$WATCHES_POOL,container_id=\"$C\"}" \
    'length == 1 and .[0].value[1] == ($log | [scan("[0-9]+")] | last)' \
    --rawfile log "$KCOMMONS_E2E_WORK/$C.log"
  # Not by its uid outside, which has a limit of its own that nobody set and nothing reaches.
  prom_expect "Prometheus: and nowhere else, least of all to uid 200000" \
    "count(kcommons_container_used{resource=\"inotify_watches\",container_id=\"$C\"})" \
    'length == 1 and .[0].value[1] == "1"'
  prom_test '{__name__=~"kcommons_.+",resource="inotify_watches",uid="200000"}' 'length == 0' ||
    die "there are series of uid 200000: $PROMETHEUS_ANSWER"
}

main() {
  local exporter=
  case ${1:-} in
    '') require_exporter ;;
    --without-exporter) exporter=without-exporter ;;
    *) die "usage: $0 [--without-exporter]" ;;
  esac
  guarded_run "$WATCHES_SYSCTL" -- "$@"
  start_engine
  start_monitoring "$exporter"
  lower_max_user_watches
  start_watches_hog e2e-hog
  start_tail
  expect_inotifywait_fails "$WATCHES_UNIT"
  expect_answers
  [[ -n $exporter ]] || expect_audit
  end_hog
  [[ -n $exporter ]] || expect_other_uid_helps
  start_hog_in_userns
  expect_inotifywait_fails "$WATCHES_UNIT"
  expect_answers_for_userns
  runc_remove "$C"
  sysctl_restore
  sysctl_assert_restored
}

main "$@"
