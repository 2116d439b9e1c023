#!/usr/bin/env bash
# The whole scrape of the real binary over a tree that looks like /proc (fixture_tree.cpp), against
# a file that was checked by hand: tests/fixtures/golden/README.md has the sums.
#
#   golden_test.sh            compares
#   golden_test.sh --bless    renews the golden files; review the difference before it is committed
#
# Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"
golden=$here/../fixtures/golden
bless=${1:-}

# steady FROM TO: without what differs from run to run: times, the process itself, the build.
steady() {
  grep -Ev '^(# (HELP|TYPE) )?(process_|kcommons_build_info|kcommons_[a-z_]*_seconds)' "$1" >"$2"
}

# without_counts FROM TO: without what grows with every pass.
without_counts() {
  grep -Ev '^kcommons_census_(total|failures_total)\{' "$1" >"$2"
}

# scrape_tree NAME INTERVAL CENSUSES [TREE-FLAG...]: $WORK/NAME is the scrape of a new tree after so
# many censuses, without what differs.
scrape_tree() {
  local name=$1 interval=$2 censuses=$3
  shift 3
  mkdir "$WORK/tree"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree" "$@"
  cat >"$WORK/config.yaml" <<CONFIG
source: procfs
sampling:
  pools_interval: $interval
  holdings_interval: $interval
CONFIG
  run_exporter "--config.file=$WORK/config.yaml" "--path.procfs=$WORK/tree" "--path.sysfs=$WORK/tree/sys"
  wait_for_census "$censuses"
  expect "exposition is well-formed" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/scrape"
  stop "$EXPORTER"
  steady "$WORK/scrape" "$WORK/$name"
  rm -rf "$WORK/tree"
}

# compare FILE NAME: with the golden file of that name, or into it.
compare() {
  if [[ $bless == --bless ]]; then
    cp "$1" "$golden/$2"
    say "blessed: $2"
  elif diff -u "$golden/$2" "$1"; then
    say "ok: as $2 has it"
  else
    wrong "the scrape is not what $2 has; if it should be: $0 --bless"
  fi
}

[[ -z $bless || $bless == --bless ]] || die "usage: $0 [--bless]"

# One census only, so that the counts of the passes are the same each time.
scrape_tree first 1m 1
compare "$WORK/first" metrics.txt
scrape_tree again 1m 1
expect "another run gives the same text" diff -u "$WORK/first" "$WORK/again"

# What is kept from census to census changes nothing.
scrape_tree later 1s 3
without_counts "$WORK/first" "$WORK/first.steady"
without_counts "$WORK/later" "$WORK/later.steady"
expect "a later census gives the same text" diff -u "$WORK/first.steady" "$WORK/later.steady"

# What changes when the kernel enforces no file-max, and nothing else.
scrape_tree no_file_max 1m 1 --no-file-max
diff --label metrics.txt --label no_file_max -U0 "$WORK/first" "$WORK/no_file_max" \
  >"$WORK/no_file_max.diff" || true
compare "$WORK/no_file_max.diff" no_file_max.diff
finish
