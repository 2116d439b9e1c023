#!/usr/bin/env bash
# without_exporter_test.sh EXPERIMENT: the experiment fails when the exporter is not there, and for
# that reason only: its victims have their errors, Prometheus runs, and has no answer. So a pass of
# the experiment says something about the exporter.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  local experiment=${1:?usage: $0 EXPERIMENT} status=0 output
  output=$("$experiment" --without-exporter 2>&1) || status=$?
  printf '%s\n' "$output"
  if ((status == SKIPPED)); then exit "$SKIPPED"; fi
  ((status == E2E_NO_ANSWER)) || die "it ended with $status, not with $E2E_NO_ANSWER"
  grep -Eq 'ENFILE|upper limit on inotify watches reached' <<<"$output" ||
    die "the victim did not fail, so it proves nothing"
  grep -q '^NO ANSWER: ' <<<"$output" || die "it does not say that Prometheus has no answer"
  printf 'as it should be: without the exporter nobody knows who it was\n'
}

main "$@"
