#!/usr/bin/env bash
# What leaves the host as a file. `kcommons report` prints what a scrape would get; --textfile replaces a
# file at one stroke. What `kcommons record` writes, `serve --replay` serves as if it were looked at now.
# All of it over one tree that looks like /proc, so that the numbers can be compared.
#
# Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# The pools and who holds them: what is left of a scrape without what the program tells of itself, and
# without peaks and counts of drops, which take more than one look.
books_of() { # FROM TO
  grep -E '^kcommons_' "$1" | grep -Ev \
    -e '^kcommons_(build_info|source_info|census|reader|config|identity|incidents|reserve|pool_used_peak)' \
    -e '^kcommons_(snapshot_timestamp|value_age)_seconds' | sort >"$2"
}

is_replaced_at_one_stroke() {
  # Whoever has the old file open goes on reading the old text.
  exec 3<"$WORK/kcommons.prom"
  "$KCOMMONS" report "${tree[@]}" --textfile "$WORK/kcommons.prom" || return
  [[ $(cat <&3) == old ]]
}

mkdir "$WORK/tree" "$WORK/root"
"$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree"
tree=(--source=procfs "--path.procfs=$WORK/tree" "--path.rootfs=$WORK/root")

# --- what a scrape gets -------------------------------------------------------------------------
run_exporter "${tree[@]}"
wait_for_census
stop "$EXPORTER"
books_of "$WORK/scrape" "$WORK/books"
expect "a scrape has books" test "$(wc -l <"$WORK/books")" -gt 50

# --- report -------------------------------------------------------------------------------------
"$KCOMMONS" report "${tree[@]}" >"$WORK/report"
expect "a report is well-formed" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/report"
books_of "$WORK/report" "$WORK/reported"
expect "and has the books of a scrape" diff -u "$WORK/books" "$WORK/reported"
expect_line "with the time of its look" '^kcommons_snapshot_timestamp_seconds\{kind="holdings"\} [0-9]' \
  "$WORK/report"
expect "and nothing of a process, which node_exporter has of its own" \
  test "$(grep -Ec '^(# [A-Z]+ )?process_' "$WORK/report")" = 0

echo old >"$WORK/kcommons.prom"
expect "a file is replaced at one stroke" is_replaced_at_one_stroke
expect "all may read it" test "$(stat -c %a "$WORK/kcommons.prom")" = 644
expect "it is the report" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/kcommons.prom"
expect "nothing is left beside it" test -z "$(find "$WORK" -name 'kcommons.prom.*')"

mkdir "$WORK/full.prom"
echo kept >"$WORK/full.prom/file"
STATUS=0
"$KCOMMONS" report "${tree[@]}" --textfile "$WORK/full.prom" 2>"$WORK/err" || STATUS=$?
expect "what cannot be replaced is a failure" test "$STATUS" = 1
expect_line "that says what was tried, why it failed and what is there now" \
  'rename .*full\.prom.*: .*; what was there before stays' "$WORK/err"
expect "nothing is left beside that either" test -z "$(find "$WORK" -maxdepth 1 -name 'full.prom.*')"
STATUS=0
"$KCOMMONS" report "${tree[@]}" --textfile "$WORK/nowhere/kcommons.prom" 2>"$WORK/err" || STATUS=$?
expect "a folder that is not there is a failure" test "$STATUS" = 1
"$KCOMMONS" report "${tree[@]}" --textfile "$WORK/kcommons.txt" 2>"$WORK/err"
expect_line "a name that no collector reads is said" 'files that end in \.prom alone' "$WORK/err"
STATUS=0
"$KCOMMONS" report "--path.procfs=$WORK/nothing" --source=procfs >"$WORK/none" 2>"$WORK/err" || STATUS=$?
expect "a host that cannot be read is a failure" test "$STATUS:$(wc -c <"$WORK/none")" = 1:0

# --- record and replay --------------------------------------------------------------------------
"$KCOMMONS" record "${tree[@]}" --count 2 --interval 1 >"$WORK/recording"
expect "a recording has a line for each look" test "$(wc -l <"$WORK/recording")" = 2
# From here on nothing of the host is needed.
rm -rf "$WORK/tree"
run_exporter --replay "$WORK/recording" "--path.procfs=$WORK/nothing" "--path.rootfs=$WORK/nothing"
wait_for_census 1
expect "what it serves is well-formed" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/scrape"
books_of "$WORK/scrape" "$WORK/replayed"
expect "it has the books of that host" diff -u "$WORK/books" "$WORK/replayed"
expect "which balance" awk -f "$here/books.awk" "$WORK/scrape"
expect_line "it says that this is a recording" '^kcommons_source_info\{source="replay",reason="2 records' \
  "$WORK/scrape"
stamp=$(value 'kcommons_snapshot_timestamp_seconds{kind="holdings"}' "$WORK/scrape")
expect "as if it were looked at now" \
  awk -v stamp="$stamp" -v now="$(date +%s)" 'BEGIN { exit !(now - stamp < 60 && stamp - now < 60) }'
"$KCOMMONS" top --once "--from=$URL" --by process >"$WORK/top"
expect_line "top reads it" '^ *PID +COMMAND +HOLDER' "$WORK/top"
stop "$EXPORTER"
expect "it ends as a daemon does" test "$STATUS" = 0

# --- a recording that is none -------------------------------------------------------------------
refuses() { # WHAT PATTERN FILE
  STATUS=0
  "$KCOMMONS" serve --web.listen-address=127.0.0.1:0 --replay "$3" >"$WORK/err" 2>&1 || STATUS=$?
  expect "$1 is refused" test "$STATUS" = 1
  expect_line "and told" "$2" "$WORK/err"
}
{ head -n 1 "$WORK/recording" && head -c 300 "$WORK/recording"; } >"$WORK/cut"
refuses "a recording that is cut" 'read the recording .*/cut:2: no JSON' "$WORK/cut"
sed 's/"kcommons_recording":1/"kcommons_recording":9/' "$WORK/recording" >"$WORK/newer"
refuses "one of a later version" 'newer:1: kcommons_recording: 9, expected 1' "$WORK/newer"
: >"$WORK/empty"
refuses "an empty one" 'empty: there is no record in it' "$WORK/empty"
refuses "one that is not there" 'none-there: No such file' "$WORK/none-there"
finish
