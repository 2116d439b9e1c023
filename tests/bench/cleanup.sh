#!/usr/bin/env bash
# Removes what the processes of a benchmark could not take with them: cgroups, the file that kept
# services from starting, the work directory. with_sysctl runs it last, when all processes are gone.
# Harmless to run twice.
set -euo pipefail

# Written by bench.sh, with the path of the work directory in it.
readonly POLICY=/usr/sbin/policy-rc.d

work=${KCOMMONS_BENCH_WORK:?not set}
[[ $work == */kcommons-bench.?????? ]] || {
  printf 'cleanup: %s is not a work directory of a benchmark\n' "$work" >&2
  exit 1
}
[[ -d $work ]] || exit 0
if [[ -x $work/bin/bench_load ]]; then "$work/bin/bench_load" --remove-leftovers; fi
if [[ -f $POLICY ]] && grep -qF "$work" "$POLICY"; then rm -f "$POLICY"; fi
rm -rf --one-file-system "$work"
