#!/usr/bin/env bash
# The article's first experiment, with the answer that the article had to find by hand: a container
# opens files until fs.file-max is reached, another container, which did nothing, gets ENFILE, and
# Prometheus names the first one.
#
#   sudo tests/e2e/experiment1_open_files.sh [--without-exporter]
#
# The limit is lowered for some seconds to a little above what is in use; programs without
# CAP_SYS_ADMIN may fail to open files meanwhile. See README.md.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$(dirname "${BASH_SOURCE[0]}")/engine.sh"
# shellcheck source-path=SCRIPTDIR source=monitoring.sh
. "$(dirname "${BASH_SOURCE[0]}")/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=audit.sh
. "$(dirname "${BASH_SOURCE[0]}")/audit.sh"
# shellcheck source-path=SCRIPTDIR source=files.sh
. "$(dirname "${BASH_SOURCE[0]}")/files.sh"

expect_answers() {
  local pool='kcommons_pool_used{resource="open_files"} / kcommons_pool_limit{resource="open_files"}'
  prom_expect "Prometheus: the pool is full" "$pool" \
    'length == 1 and (.[0].value[1] | tonumber) > 0.95'
  # The id is written out by this test: 64 hex digits, as the engine gave them.
  [[ $A =~ ^[0-9a-f]{64}$ ]] || die "the engine gave the id \"$A\""
  # shellcheck disable=SC2016
  prom_expect "Prometheus: container A holds most of it" \
    'topk(1, kcommons_container_used{resource="open_files"})' \
    'length == 1 and .[0].metric.container_id == $id' --arg id "$A"
}

# What `kcommons audit` says on the machine, and the first of the article's remedies.
expect_audit() {
  # shellcheck disable=SC2016
  wait_for "$E2E_DEADLINE" "audit that names container A" audit_has open_files "" \
    '.finding.severity == "CRITICAL" and .pool.error == "ENFILE"
     and .pool.top_holder.container_id == $id
     and (.pool.neighbours.names | index($victim)) and (.pool.neighbours.names | index($id))' \
    --arg id "${A:0:12}" --arg victim "${B:0:12}"
  ((AUDIT_STATUS == 2)) || die "audit ended with $AUDIT_STATUS"
  say "kcommons audit exits with 2 and says:"
  audit_shows open_files
  # An application that has what it wants takes no more.
  engine pause "$A" >/dev/null
  audit_apply open_files ""
  wait_for "$E2E_DEADLINE" "open file in container B" container_says_now "$B" '^open: OK$'
  say "container B can open files again, while container A keeps its own"
}

expect_recovery() {
  engine rm --force "$A" >/dev/null
  wait_for "$E2E_DEADLINE" "open file in container B" container_says_now "$B" '^open: OK$'
  say "container A is removed, and container B can open files"
}

main() {
  local exporter=
  case ${1:-} in
    '') require_exporter ;;
    --without-exporter) exporter=without-exporter ;;
    *) die "usage: $0 [--without-exporter]" ;;
  esac
  guarded_run fs.file-max -- "$@"
  start_engine
  start_monitoring "$exporter"
  start_victim
  lower_file_max
  start_files_hog e2e-hog
  expect_victim_fails
  expect_answers
  [[ -n $exporter ]] || expect_audit
  expect_recovery
  sysctl_restore
  sysctl_assert_restored
}

main "$@"
