#!/usr/bin/env bash
# `kcommons explain` over this machine, with each source: a process in a cgroup that looks like
# Docker's, with the file that Docker would have left, is explained by its PID and its container by
# id, name and service; what is broken is told as that; the JSON is what the schema says.
#
# Needs root and a cgroup hierarchy that it may write to. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMA=$here/../../lib/report/schema/explain.schema.json
readonly DESCRIPTORS=40
# 64 digits that nothing else on this machine has, and no other 12 to begin with.
ID=$(printf '%016x%048x' "$(date +%s%N)" "$$")
readonly ID

# leave_config TEXT: what Docker would have left, or not quite.
leave_config() {
  mkdir -p "$WORK/docker/containers/$ID"
  printf '%s\n' "$1" >"$WORK/docker/containers/$ID/config.v2.json"
}

good_config() {
  jq -n --arg id "$ID" '{ID: $id, Name: "/shop-web-1", Config: {Image: "nginx:1", Labels: {
    "com.docker.compose.project": "explained", "com.docker.compose.service": "web"}}}'
}

# explain ARGUMENT...: its output in $WORK/out, its complaints in $WORK/err, STATUS its exit code.
explain() {
  STATUS=0
  "$KCOMMONS" explain "--config.file=$WORK/config.yaml" "--source=$SOURCE" "$@" \
    >"$WORK/out" 2>"$WORK/err" || STATUS=$?
}

check_container() {
  local subject
  for subject in "$ID" "${ID:0:30}" shop-web-1 explained/web; do
    explain "$subject"
    expect "$subject is explained" test "$STATUS" = 0
    expect_line "by what it is called" '^docker container shop-web-1$' "$WORK/out"
  done
  expect_line "its cgroup is evidence" "^  cgroup +/docker/$ID\$" "$WORK/out"
  expect_line "and the file of Docker" \
    "^  docker +$WORK/docker/containers/$ID/config.v2.json\$" "$WORK/out"
  expect_line "which says so" '^ +runtime docker, id .*, name shop-web-1, image' "$WORK/out"
  expect_line "what it holds is booked" '^inotify_watches uid 0 +5 ' "$WORK/out"
}

check_process() {
  explain "$HOLDER"
  expect_line "the process belongs to it" \
    "^Process $HOLDER \\(.*\\) belongs to docker container shop-web-1\$" "$WORK/out"
  expect_line "what it holds is booked" '^inotify_watches uid 0 +5 ' "$WORK/out"
  explain $$
  expect_line "this shell belongs to no container" \
    "^Process $$ \\(.*\\) belongs to host group " "$WORK/out"
}

check_json() {
  explain -o json "$HOLDER"
  [[ -z $PYTHON ]] || expect "a process as JSON is valid" is_valid "$SCHEMA" "$WORK/out"
  explain -o json "$ID"
  [[ -z $PYTHON ]] || expect "a container as JSON is valid" is_valid "$SCHEMA" "$WORK/out"
  # shellcheck disable=SC2016 # the variable is jq's
  expect "and says who it is, and why" jq -e --arg id "$ID" '
    (.answers | length == 1) and (.answers[0] | .process == null and .holder.container_id == $id and
      .holder.named and ([.evidence[].source] == ["cgroup", "docker"]) and
      any(.booked[]; .resource == "inotify_watches" and .used == 5))' "$WORK/out"
}

check_broken() {
  leave_config '{"ID": "'
  explain "$ID"
  expect_line "a broken file is told" '^ +nothing: .*config.v2.json' "$WORK/out"
  expect_line "and the name is not known" '^  name +not known' "$WORK/out"
  leave_config "$(good_config)"
}

check_errors() {
  explain no-such-container
  expect "nobody of that name: exit status $STATUS" test "$STATUS" = 1
  expect_line "it says so" '^kcommons: "no-such-container" is no process and no container' "$WORK/err"
  expect "and prints nothing" test ! -s "$WORK/out"
  # The one that makes all others, where this PID namespace shows it.
  if grep -qs '^Name:.kthreadd$' /proc/2/status; then
    explain 2
    expect_line "a thread of the kernel is told as that" \
      '^kcommons: process 2 is a thread of the kernel' "$WORK/err"
  fi
  explain -o xml "$ID"
  expect "a wrong output: exit status $STATUS" test "$STATUS" = 2
  explain
  expect "nothing asked for: exit status $STATUS" test "$STATUS" = 2
}

[[ $EUID -eq 0 ]] || skip "root is needed, to make a cgroup and to see every process: sudo $0"
command -v jq >/dev/null || skip "jq is not installed"
find_validator
mkdir "$WORK/holder"
start_holder holder "$ID" "$KCOMMONS_INTEGRATION_BIN/integration_holder" "$DESCRIPTORS" 5 "$WORK/holder"
leave_config "$(good_config)"
cat >"$WORK/config.yaml" <<CONFIG
identity:
  roots: {docker: [$WORK/docker]}
CONFIG

sources=(procfs)
! grep -q 'bpf: built in' < <("$KCOMMONS" --version) || sources+=(bpf)
for SOURCE in "${sources[@]}"; do
  say "== $SOURCE"
  check_container
  check_process
  check_json
  check_broken
done
check_errors
finish
