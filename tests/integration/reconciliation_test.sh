#!/usr/bin/env bash
# The books of the bpf source against the kernel's own count, on a machine with something to count:
# 100,000 open files in containers, forks and duplicates, and a container of runc in a user namespace
# of its own.
#
# Needs root, runc and jq, and a kcommons with bpf. Environment: see lib.sh; KCOMMONS_BENCH_BIN is where
# bench_load is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

: "${KCOMMONS_BENCH_BIN:?where bench_load is}"
readonly PROCESSES=100 DESCRIPTORS=1000 INSTANCES=100 WATCHES=20 CONTAINERS=20
# A user that nobody is, so that no limit on inotify is in the way.
LOAD_UID=$((3000000 + $$))
readonly LOAD_UID
# 64 digits that nothing else on this machine has.
ID=$(printf '%032x%032x' "$$" "$(date +%s%N)")
readonly ID

# --- what a scrape says -----------------------------------------------------------------------

# sum PATTERN: of all series that match.
sum() {
  awk -v pattern="$1" '$0 ~ pattern { sum += $NF } END { printf "%d\n", sum }' "$WORK/scrape"
}

open_files_held() {
  sum '^kcommons_(container|host)_used[{]resource="open_files"'
}

unexplained() {
  sum '^kcommons_unattributed[{]resource="open_files",.*cause="unexplained"'
}

# Two more censuses: what was under way in the first of them is over in the second.
next_scrape() {
  wait_for_census "$(($(value 'kcommons_census_total{kind="holdings"}' "$WORK/scrape") + 2))"
}

# is_within VALUE BOUND
is_within() {
  local size=${1#-}
  ((size <= $2))
}

# --- a hundred thousand files -----------------------------------------------------------------

start_load() {
  mkfifo "$WORK/input"
  mkdir -m 777 "$WORK/files"
  TMPDIR=$WORK/files "$KCOMMONS_BENCH_BIN/bench_load" --processes "$PROCESSES" \
    --descriptors "$DESCRIPTORS" --inotify-instances "$INSTANCES" --watches "$WATCHES" \
    --containers "$CONTAINERS" --uid "$LOAD_UID" <"$WORK/input" >"$WORK/load" 2>"$WORK/load.err" &
  LOAD=$!
  PIDS+=("$LOAD")
  exec {INPUT}>"$WORK/input"
  wait_for "load" load_is_ready
  read -r _ _ LOAD_FILES <"$WORK/load"
}

load_is_ready() {
  alive "$LOAD" || die "the load ended: $(cat "$WORK/load.err")"
  grep -q '^ready ' "$WORK/load"
}

check_load() {
  local containers rest pool="resource=\"inotify_watches\",userns=\"initial\",uid=\"$LOAD_UID\""
  wait_for_census 1
  next_scrape
  containers=$(sum '^kcommons_container_used[{]resource="open_files"')
  # The load itself, which has a few, is in none.
  expect "the containers hold the $LOAD_FILES files of the load: $containers" \
    is_within "$((containers - LOAD_FILES))" 5
  rest=$(unexplained)
  expect "less than 1 % of them is unexplained: $rest" is_within "$rest" "$((LOAD_FILES / 100))"
  expect "the books balance" awk -f "$here/books.awk" "$WORK/scrape"
  expect "the kernel charges $((INSTANCES * WATCHES)) watches to user $LOAD_UID" \
    test "$(value "kcommons_pool_used_at_census{$pool}" "$WORK/scrape")" = $((INSTANCES * WATCHES))
  expect "all of them are the containers'" \
    test "$(sum "^kcommons_container_used[{]$pool")" = $((INSTANCES * WATCHES))
}

# A shell that has many files, and then as many children that inherit and duplicate them. They run
# no other program, which would bring files of its own.
check_forks() {
  local before after descriptors
  mkfifo "$WORK/go" "$WORK/stay"
  bash -c '
    exec 8<>"$1" 9<>"$2"
    for ((i = 100; i < 300; i++)); do eval "exec $i</dev/null"; done
    echo opened
    read -r -u 8 _
    for ((i = 0; i < 50; i++)); do
      # With a standard input, or it would get /dev/null, one more file.
      ( exec 300<&100 301<&101; read -r -u 9 _ ) <&100 &
    done
    echo forked
    read -r -u 9 _' forks "$WORK/go" "$WORK/stay" >"$WORK/forks" &
  PIDS+=("$!")
  wait_for "shell with files" grep -q opened "$WORK/forks"
  next_scrape
  before=$(open_files_held)
  echo go >"$WORK/go"
  wait_for "children" grep -q forked "$WORK/forks"
  next_scrape
  after=$(open_files_held)
  descriptors=$(sum '^kcommons_container_descriptors')
  say "descriptors of containers: $descriptors; open files of all: $before, then $after"
  # Others on this machine may open or close some; those of one child would be 200.
  expect "50 children with 200 descriptors each are not more files: $((after - before))" \
    is_within "$((after - before))" 100
  for ((i = 0; i < 51; i++)); do echo >"$WORK/stay"; done
}

# --- a user namespace -------------------------------------------------------------------------

container_spec() {
  jq --arg path "/docker/$ID" '
    .process.args = ["/holder", "10", "25", "/watched"] | .process.terminal = false |
    del(.process.rlimits) | .process.user = {uid: 33, gid: 33} |
    .mounts |= map(select(.type != "cgroup")) |
    .mounts += [{destination: "/watched", type: "tmpfs", source: "tmpfs", options: ["mode=777"]}] |
    .mounts += [["/usr", "/lib", "/lib64"][] |
      {destination: ., source: ., type: "bind", options: ["rbind", "ro"]}] |
    .linux.namespaces += [{type: "user"}] |
    .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}] |
    .linux.gidMappings = .linux.uidMappings | .linux.cgroupsPath = $path'
}

holder_watches() {
  grep -q '^ready ' "$WORK/holder"
}

check_user_namespace() {
  local bundle=$WORK/bundle mount
  mkdir -p "$bundle/rootfs"
  cp "$KCOMMONS_INTEGRATION_BIN/integration_holder" "$bundle/rootfs/holder"
  chown -R 200000:200000 "$bundle/rootfs"
  chmod 711 "$WORK" "$bundle"
  (cd "$bundle" && runc spec && container_spec <config.json >config.new && mv config.new config.json)
  runc --root "$WORK/runc" run --detach --bundle "$bundle" "$ID" </dev/null >"$WORK/holder" 2>&1 ||
    die "runc run failed: $(cat "$WORK/holder")"
  while read -r _ mount _; do
    [[ ! -d $mount/docker/$ID ]] || CGROUPS+=("$mount/docker/$ID")
  done < <(grep -E ' cgroup2? ' /proc/self/mounts)
  wait_for "holder in a container" holder_watches
  next_scrape
  local pool='resource="inotify_watches",userns="initial",uid="0",role="workload"'
  expect "root, who made the namespace, is charged 25 watches" \
    test "$(sum "^kcommons_container_used[{]$pool,container_id=\"$ID\"")" = 25
  expect "and no user of the namespace is" \
    test "$(sum '^kcommons_pool_used_at_census.*inotify.*uid="(33|2000[0-9][0-9])"')" = 0
  expect "the books balance" awk -f "$here/books.awk" "$WORK/scrape"
  runc --root "$WORK/runc" delete --force "$ID"
}

[[ $EUID -eq 0 ]] || skip "root is needed, for the bpf source and for containers"
grep -q 'bpf: built in' < <("$KCOMMONS" --version) || skip "this kcommons was built without bpf"
for program in runc jq; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
cat >"$WORK/config.yaml" <<'CONFIG'
source: bpf
sampling:
  pools_interval: 1s
  holdings_interval: 1s
CONFIG
run_exporter "--config.file=$WORK/config.yaml"
start_load
check_load
check_forks
check_user_namespace
exec {INPUT}>&-
wait "$LOAD" || wrong "the load ended with status $?"
forget "$LOAD"
stop "$EXPORTER"
finish
