# shellcheck shell=bash
# What the checks of names share: what runs in their containers, what is expected of each, and the
# three places where kcommons must say it. Sourced by guest.sh.
#
# A check starts containers, says what it expects of them, and calls check_names.

# shellcheck disable=SC2034,SC2016  # used in other files; jq has variables too

# What every container here runs: one process, which holds no more than its standard streams.
readonly IDLE=(/bin/sleep 36000)

EXPECTED_LINES=() # how lines of /metrics begin
UNEXPECTED_LINES=()
EXPECTED_WHO=()   # of a holder in the JSON of top, some of its keys
EXPECTED_NAMES=() # for people, as audit has them

# --- what is run ------------------------------------------------------------------------------

# make_rootfs DIRECTORY: busybox, and what runtimes demand of a root file system.
make_rootfs() {
  mkdir -p "$1"/{bin,dev,etc,proc,root,run,sbin,sys,tmp,usr/lib,var}
  cp "$(command -v busybox)" "$1/bin/busybox"
  ln -s busybox "$1/bin/sh"
  ln -s busybox "$1/bin/sleep"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
  printf 'ID=names\n' >"$1/usr/lib/os-release"
}

# make_image FILE: the same as a tar, for `docker import` and its like.
make_image() {
  local tree
  tree=$(mktemp -d)
  chmod 755 "$tree"
  make_rootfs "$tree"
  tar -C "$tree" -cf "$1" .
  rm -rf "$tree"
}

# in_cgroup PID PATTERN: that is where the runtime was to put it.
in_cgroup() {
  grep -E -- "$2" "/proc/$1/cgroup" || fail "process $1 is in $(cat "/proc/$1/cgroup")"
}

# --- what is expected -------------------------------------------------------------------------

# expect_named RUNTIME ID CONTAINER [POD [NAMESPACE [INFO]]]: INFO is how its further labels in
# kcommons_container_info begin.
expect_named() {
  local runtime=$1 id=$2 container=$3 pod=${4-} namespace=${5-} info=${6-}
  LABELS="container_id=\"$id\",runtime=\"$runtime\",container=\"$container\""
  LABELS+=",pod=\"$pod\",namespace=\"$namespace\""
  EXPECTED_LINES+=("kcommons_container_info{$LABELS,$info")
  EXPECTED_WHO+=("$(printf '{"kind": "container", "container_id": "%s", "runtime": "%s",
    "container": "%s", "pod": "%s", "namespace": "%s"}' \
    "$id" "$runtime" "$container" "$pod" "$namespace")")
  EXPECTED_NAMES+=("${namespace:+$namespace/}${pod:+$pod/}$container")
}

# The same, of a container that has one process.
expect_container() {
  expect_named "$@"
  EXPECTED_LINES+=("kcommons_container_processes{role=\"workload\",$LABELS} 1 ")
}

# One process looks after the container that was expected last, from outside of it.
expect_helper() {
  EXPECTED_LINES+=("kcommons_container_processes{role=\"runtime\",$LABELS} 1 ")
}

expect_unit() {
  EXPECTED_LINES+=("$(unit_line "$1")")
  EXPECTED_WHO+=("{\"kind\": \"host\", \"unit\": \"$1\"}")
  EXPECTED_NAMES+=("$1")
}

# expect_no_unit UNIT: whatever runs in it is booked to containers.
expect_no_unit() {
  UNEXPECTED_LINES+=("$(unit_line "$1")")
}

unit_line() {
  printf 'kcommons_host_used{resource="open_files",userns="",uid="",unit="%s"} ' "$1"
}

# --- what kcommons says -----------------------------------------------------------------------

# has_line TEXT: some line of the scrape, with a space behind it, begins so.
has_line() {
  TEXT=$1 awk 'index($0 " ", ENVIRON["TEXT"]) == 1 { found = 1 } END { exit !found }' scrape
}

wrong_lines() {
  local line
  for line in "${EXPECTED_LINES[@]}"; do has_line "$line" || echo "missing: $line"; done
  for line in ${UNEXPECTED_LINES[@]+"${UNEXPECTED_LINES[@]}"}; do
    if has_line "$line"; then echo "should not be there: $line"; fi
  done
}

# A container is named at the second census where its name is not found in time for the first.
says_all() {
  has_holdings && [[ -z $(wrong_lines) ]]
}

check_metrics() {
  local count wanted
  holds_within "$DEADLINE" says_all || {
    cat daemon.log
    systemd-cgls --no-pager --xattr=no --cgroup-id=no
    grep -E '^kcommons_(container_(info|processes)|host_used.*open_files)' scrape || true
    wrong_lines
    fail "/metrics is wrong: see the last lines above"
  }
  wanted=$(printf '%s\n' "${EXPECTED_LINES[@]}" | grep -c '^kcommons_container_info' || true)
  count=$(grep -c '^kcommons_container_info' scrape || true)
  [[ $count -eq $wanted ]] || {
    grep '^kcommons_container_info' scrape
    fail "/metrics has $count containers, above, not $wanted"
  }
}

# check_top SOURCE: each finds cgroups and parents in its own way.
check_top() {
  local missing
  kcommons top --once --output json --config.file config.yaml --source "$1" >top.json
  missing=$(jq --compact-output --argjson expected "[$(IFS=, && echo "${EXPECTED_WHO[*]}")]" \
    '[.rows[].who] as $all | $expected[] as $who
      | select(any($all[]; . + $who == .) | not) | $who' top.json)
  [[ -z $missing ]] || {
    jq --compact-output '[.rows[].who] | unique[]' top.json
    fail "top --once --source $1 says nothing of $missing"
  }
}

# Who shares a pool stands there by the name for people. An audit that warns exits with 1 or 2.
check_audit() {
  local missing
  kcommons audit --all --output json --config.file config.yaml >audit.json || [[ $? -le 2 ]]
  missing=$(jq --raw-output '$ARGS.positional - [.pools[].neighbours.names[]] | .[]' audit.json \
    --args "${EXPECTED_NAMES[@]}")
  [[ -z $missing ]] || {
    jq --compact-output '[.pools[].neighbours.names] | unique[]' audit.json
    fail "audit says nothing of $missing"
  }
}

# With no path of a runtime configured: they are where Debian has them. Neighbours are named however
# empty their pool is, because audit names them alone.
check_names() {
  start_daemon '{neighbours_above: 0, sampling: {holdings_interval: 2s}}'
  check_metrics
  check_top bpf
  check_top procfs
  check_audit
  echo "named: ${EXPECTED_NAMES[*]}"
}
