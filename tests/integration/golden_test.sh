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

# steady FROM TO: without what differs from run to run: times, the process itself, the build, and what
# grows with every pass.
steady() {
  grep -Ev -e '^(# (HELP|TYPE) )?(process_|kcommons_build_info|kcommons_[a-z_]*_seconds)' \
    -e '^kcommons_census_(total|failures_total)\{' "$1" >"$2"
}

# A root of a host beside the tree: users, and what a runtime has left of one container. Labels are
# whatever somebody chose.
make_root() {
  local id
  id=$(printf 'a%.0s' {1..64})
  mkdir -p "$WORK/root/etc" "$WORK/root/var/lib/docker/containers/$id"
  printf '%s\n' root:x:0:0:root:/root:/bin/sh www-data:x:33:33::/var/www:/bin/sh \
    'ann"\n:x:1000:1000::/home/ann:/bin/sh' >"$WORK/root/etc/passwd"
  jq -n --arg id "$id" '{ID: $id, Name: "/shop-web-1", Config: {Image: "nginx:1", Labels: {
      "com.docker.compose.project": "shop", "com.docker.compose.service": "web",
      "com.example.team": "pay\"ments\n\\"}}}' \
    >"$WORK/root/var/lib/docker/containers/$id/config.v2.json"
}

# scrape_tree NAME CENSUSES [TREE-FLAG...]: $WORK/NAME is the scrape of a new tree after so many
# censuses, without what differs.
scrape_tree() {
  local name=$1 censuses=$2
  shift 2
  mkdir "$WORK/tree"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree" "$@"
  cat >"$WORK/config.yaml" <<CONFIG
source: procfs
sampling:
  pools_interval: 1s
  holdings_interval: 1s
identity:
  labels: [com.example.team, tier]
CONFIG
  run_exporter "--config.file=$WORK/config.yaml" "--path.procfs=$WORK/tree" \
    "--path.sysfs=$WORK/tree/sys" "--path.rootfs=$WORK/root"
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

make_root
# Names are there after two censuses at the latest.
scrape_tree first 3
compare "$WORK/first" metrics.txt
scrape_tree again 3
expect "another run gives the same text" diff -u "$WORK/first" "$WORK/again"

# What is kept from census to census changes nothing.
scrape_tree later 5
expect "a later census gives the same text" diff -u "$WORK/first" "$WORK/later"

# What changes when the kernel enforces no file-max, and nothing else.
scrape_tree no_file_max 3 --no-file-max
diff --label metrics.txt --label no_file_max -U0 "$WORK/first" "$WORK/no_file_max" \
  >"$WORK/no_file_max.diff" || true
compare "$WORK/no_file_max.diff" no_file_max.diff
finish
