#!/usr/bin/env bash
# deploy/systemd/kcommons.service: systemd-analyze finds no mistake in it and an exposure of at most 2.5;
# and what the daemon sees as the unit has it, without a systemd that would start it: a user of its own,
# the unit's capabilities, its system calls, no new privileges, one folder to write to. tests/qemu has the
# unit itself, under systemd.
#
# A container of Docker's that holds known numbers must be named, by what only root and
# CAP_DAC_READ_SEARCH can read.
#
# Needs root, util-linux, jq, Debian's python3 and libseccomp. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly UNIT=$here/../../deploy/systemd/kcommons.service
readonly DESCRIPTORS=40
readonly WATCHES=25
readonly ONLY_ROOT=700
# 64 digits that nothing else on this machine has.
ID=$(printf '%032x%032x' "$$" "$(date +%s%N)")
readonly ID

# --- the file ---------------------------------------------------------------------------------

# Its program must be there; that it is installed is not what is asked.
check_file() {
  mkdir "$WORK/unit"
  sed "s#^ExecStart=/usr/bin/kcommons #ExecStart=$KCOMMONS #" "$UNIT" >"$WORK/unit/kcommons.service"
  systemd-analyze verify --man=no "$WORK/unit/kcommons.service" >"$WORK/verify" 2>&1 ||
    wrong "systemd-analyze verify fails: $(cat "$WORK/verify")"
  expect "systemd-analyze verify complains of nothing: $(cat "$WORK/verify")" \
    test ! -s "$WORK/verify"
  systemd-analyze security --no-pager --offline=yes --threshold=25 "$UNIT" >"$WORK/security" ||
    wrong "exposed to more than 2.5"
  say "$(tail -n 1 "$WORK/security")"
}

# setting NAME: its value in the unit.
setting() {
  sed -n "s/^$1=//p" "$UNIT"
}

# "CAP_BPF CAP_PERFMON" as setpriv writes it: "+bpf,+perfmon".
capabilities() {
  setting "$1" | sed 's/CAP_/+/g; s/ /,/g' | tr '[:upper:]' '[:lower:]'
}

# --- what holds -------------------------------------------------------------------------------

start_instance() {
  mkdir "$WORK/watched"
  start_holder holder "$ID" \
    "$KCOMMONS_INTEGRATION_BIN/integration_holder" "$DESCRIPTORS" "$WATCHES" "$WORK/watched"
  mkdir -p "$WORK/docker/containers/$ID"
  jq -n --arg id "$ID" '{ID: $id, Name: "/shop-web-1", Config: {Image: "nginx:1"}}' \
    >"$WORK/docker/containers/$ID/config.v2.json"
  chmod "$ONLY_ROOT" "$WORK/docker"
}

# configure SOURCE: readable by root alone.
configure() {
  cat >"$WORK/config.yaml" <<CONFIG
source: $1
sampling: {pools_interval: 1s, holdings_interval: 1s}
identity: {roots: {docker: [$WORK/docker]}}
limits: {max_units: 500}
CONFIG
  chmod "$ONLY_ROOT" "$WORK/config.yaml"
}

# --- as the unit has it -----------------------------------------------------------------------

as_the_unit() {
  local capabilities bounding
  capabilities=$(capabilities AmbientCapabilities)
  bounding=$(capabilities CapabilityBoundingSet)
  # shellcheck disable=SC2016 # expanded by the inner shell
  RUN_AS=(
    env "STATE_DIRECTORY=$WORK/state"
    prlimit "--nofile=$(setting LimitNOFILE)"
    unshare --mount --propagation private
    sh -c 'mount --bind "$STATE_DIRECTORY" "$STATE_DIRECTORY" &&
      mount --bind /proc /proc && mount -o remount,bind,ro /proc &&
      mount -o remount,bind,ro / && exec "$@"' sh
    setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "--bounding-set=-all,$bounding"
    "--inh-caps=-all,$capabilities" "--ambient-caps=-all,$capabilities"
    /usr/bin/python3 "$WORK/unit_filter.py" "$WORK/kcommons.service"
  )
}

of_container() {
  SERIES="kcommons_container_used{resource=\"$1\"" CONTAINER="container_id=\"$ID\"" awk '
    index($0, ENVIRON["SERIES"]) == 1 && index($0, ENVIRON["CONTAINER"]) &&
      index($0, "container=\"shop-web-1\"") { sum += $NF }
    END { print sum + 0 }' "$WORK/scrape"
}

status_of() {
  sed -n "s/^$1:[[:space:]]*//p" "/proc/$EXPORTER/status"
}

# Of processes, as many as even root cannot look into, on a machine that has such.
denied() {
  awk '/^kcommons_processes_unseen\{reason="[a-z_]*denied"\}/ { sum += $NF } END { print sum + 0 }' \
    "$WORK/$1"
}

# failures FILE: a line for each kind of read that has failed.
failures() {
  grep -E '^kcommons_(census|identity)_failures_total\{.* [1-9]' "$1" || true
}

complaints() {
  grep -E 'level=(warn|error) ' "$LOG" |
    grep -E 'without a capability|are not given up|are not denied|not permitted|ermission denied|Read-only' || true
}

# What root is denied, for comparison.
as_root() {
  RUN_AS=()
  run_exporter "--config.file=$WORK/config.yaml"
  wait_for_census 3
  stop "$EXPORTER"
  mv "$WORK/scrape" "$WORK/scrape.root"
}

# check SOURCE CAPABILITIES: those that it keeps, as /proc/PID/status writes them.
check() {
  local source=$1 expected=$2
  say "== by $source"
  configure "$source"
  as_root
  as_the_unit
  run_exporter "--config.file=$WORK/config.yaml" --log.level=debug
  wait_for_census 3
  expect_line "the source is $source" "^kcommons_source_info\{source=\"$source\"" "$WORK/scrape"
  expect "open files of the container, by its name: $(of_container open_files)" \
    test "$(of_container open_files)" -ge "$DESCRIPTORS"
  expect "its watches: $(of_container inotify_watches)" \
    test "$(of_container inotify_watches)" = "$WATCHES"
  expect "the books balance" awk -f "$here/books.awk" "$WORK/scrape"
  expect "no more is denied than to root: $(denied scrape), $(denied scrape.root)" \
    test "$(denied scrape)" -le "$(denied scrape.root)"
  expect "no read has failed: $(failures "$WORK/scrape")" test -z "$(failures "$WORK/scrape")"
  expect "capabilities: $(status_of CapPrm)" test "$(status_of CapPrm)" = "$expected"
  expect "no ambient ones: $(status_of CapAmb)" test "$(status_of CapAmb)" = 0000000000000000
  expect_line "its own limit of system calls is there too" \
    'level=debug msg="system calls that are never needed are denied"' "$LOG"
  expect "two filters: $(status_of Seccomp_filters)" test "$(status_of Seccomp_filters)" = 2
  expect "incidents have a file" test -s "$WORK/state/incidents.jsonl"
  # ExecReload=, with what root alone may read.
  sed -i 's/^limits:.*/limits: {max_units: 7}/' "$WORK/config.yaml"
  kill -HUP "$EXPORTER"
  wait_for "reload by SIGHUP" grep -q 'msg="configuration reloaded" changed=limits.max_units$' "$LOG"
  wait_for_census 6
  expect_line "the source goes on" "^kcommons_census_success\{kind=\"holdings\"\} 1" "$WORK/scrape"
  expect "the log has no complaint of rights: $(complaints)" test -z "$(complaints)"
  stop "$EXPORTER"
  expect "SIGTERM ends it with status 0: $STATUS" test "$STATUS" = 0
  RUN_AS=()
}

[[ $EUID -eq 0 ]] || skip "root is needed, to take rights away: sudo $0"
for program in systemd-analyze setpriv unshare prlimit jq /usr/bin/python3; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
/usr/bin/python3 -c 'import ctypes; ctypes.CDLL("libseccomp.so.2")' 2>/dev/null ||
  skip "libseccomp is not installed"

check_file
# For a user who may not enter the build folder.
install -d -o 65534 -g 65534 "$WORK/state"
cp "$KCOMMONS" "$here/unit_filter.py" "$UNIT" "$WORK"
KCOMMONS=$WORK/kcommons
start_instance
! grep -q 'bpf: built in' < <("$KCOMMONS" --version) || check bpf 000000c000000004
check procfs 0000000000080004
finish
