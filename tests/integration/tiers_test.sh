#!/usr/bin/env bash
# What the real binary can see with which rights, and whether it says what it cannot. By procfs: as an
# unprivileged user without and with capabilities, as root, behind hidepid, from another PID
# namespace, and on a procfs without fdinfo. By BPF: with CAP_BPF and CAP_PERFMON alone, in a container
# with just those, and without. A process that holds known numbers lives in a cgroup that looks like a
# container of Docker's.
#
# Needs root and util-linux. Environment: see lib.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly DESCRIPTORS=40
readonly WATCHES=25
# 64 digits that nothing else on this machine has.
ID=$(printf '%032x%032x' "$$" "$(date +%s%N)")
readonly ID

# --- the container ----------------------------------------------------------------------------

start_instance() {
  mkdir "$WORK/watched"
  start "$WORK/holder" "$WORK/holder.err" "$KCOMMONS_INTEGRATION_BIN/integration_holder" \
    "$DESCRIPTORS" "$WATCHES" "$WORK/watched"
  HOLDER=$STARTED
  wait_for "holder" holder_is_ready
  enter_container "$ID" "$HOLDER" || skip "no cgroup can be made here"
  say "the holder is a container: $(tail -n 1 "/proc/$HOLDER/cgroup")"
}

holder_is_ready() {
  alive "$HOLDER" || die "the holder ended: $(cat "$WORK/holder.err")"
  grep -q '^ready ' "$WORK/holder"
}

# --- what a scrape says -----------------------------------------------------------------------

# sum METRIC TEXT...: of all series of the metric that have each of the texts among their labels;
# nothing where there is none.
sum() {
  local metric=$1
  shift
  TEXTS=$(printf '%s\n' "$@") awk -v metric="$metric{" '
    BEGIN { count = split(ENVIRON["TEXTS"], texts, "\n") }
    index($0, metric) == 1 {
      for (i = 1; i <= count; i++) if (!index($0, texts[i])) next
      sum += $NF; seen = 1
    }
    END { if (seen) print sum }' "$WORK/scrape"
}

container_used() {
  sum kcommons_container_used "resource=\"$1\"" "container_id=\"$ID\""
}

# The pools that the holder, a process of root's, is charged to.
container_charged() {
  sum kcommons_container_used "resource=\"$1\"" "container_id=\"$ID\"" 'userns="initial",uid="0"'
}

of_type() {
  sum kcommons_container_descriptors "type=\"$1\"" "container_id=\"$ID\""
}

unseen() {
  value "kcommons_processes_unseen{reason=\"$1\"}" "$WORK/scrape"
}

# --- the expectations -------------------------------------------------------------------------

# Processes that not even root may look into with all its capabilities, as a hypervisor's agent
# may be; there are none on most machines.
closed_to_root() {
  local fd_folder folder=$1 count=0 text
  for fd_folder in /proc/[0-9]*/"$folder"; do
    text=$({ readlink -v "$fd_folder"/* || ls "$fd_folder"; } 2>&1 >/dev/null || true)
    [[ $text != *"Permission denied"* ]] || count=$((count + 1))
  done
  printf '%s\n' "$count"
}

# At this scrape, or, as others start programs meanwhile, at one of the next.
expect_soon() {
  local what=$1
  shift
  expect "$what" holds_within 10 scraped "$@"
}

# Not so often that its own programs are what it sees come and go.
scraped() {
  sleep 0.3
  scrape "$WORK/scrape" && "$@"
}

is_at_most() {
  local count
  count=$(unseen "$1")
  [[ -n $count ]] && ((count <= $2))
}

is_above() {
  local count
  count=$(unseen "$1")
  ((${count:-0} > $2))
}

expect_counts() {
  if [[ $COUNTS_BY_SIZE == yes || $1 == listing ]]; then
    local used
    used=$(container_used open_files)
    expect "$DESCRIPTORS open files at least: ${used:-none}" test "${used:-0}" -ge "$DESCRIPTORS"
  else
    say "this kernel does not count descriptors by the size of fd/: not expected"
  fi
}

expect_inotify() {
  local watches instances
  watches=$(container_charged inotify_watches)
  instances=$(container_charged inotify_instances)
  expect "$WATCHES watches, charged to root: ${watches:-none}" test "${watches:-0}" = "$WATCHES"
  expect "one instance: ${instances:-none}" test "${instances:-0}" = 1
  expect_soon "processes whose inotify instances are unseen: $CLOSED_FDINFO at most" \
    is_at_most inotify_denied "$CLOSED_FDINFO"
}

expect_no_inotify() {
  expect "no inotify holding is made up" \
    test -z "$(container_used inotify_watches)$(container_used inotify_instances)"
  expect_soon "processes whose inotify instances are unseen are counted" \
    is_above inotify_denied "$CLOSED_FDINFO"
}

expect_types() {
  expect "one inotify descriptor: $(of_type inotify)" test "$(of_type inotify)" = 1
  # Standard input and all that is /dev/null.
  expect "the other types are told: device $(of_type device)" \
    test "$(of_type device)" = "$((DESCRIPTORS - 3))"
  expect_soon "processes whose descriptors are not told apart: $CLOSED_FD at most" \
    is_at_most descriptors_denied "$CLOSED_FD"
}

expect_no_types() {
  expect "no types are made up" \
    test -z "$(sum kcommons_container_descriptors "container_id=\"$ID\"")"
  expect_soon "processes whose descriptors are not told apart are counted" \
    is_above descriptors_denied "$CLOSED_FD"
}

# expect_told TIMES PATTERN: the log has so many lines like it, after several censuses.
expect_told() {
  local times
  times=$(grep -Ec "level=warn .*$2" "$LOG" || true)
  expect "the log says so $1 times, not at each pass: $times ($2)" test "$times" = "$1"
}

# --- the tiers --------------------------------------------------------------------------------

# as_nobody CAPABILITIES: RUN_AS for uid 65534 with these and no others; "+sys_ptrace,+…" or "".
as_nobody() {
  RUN_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups
    "--inh-caps=-all${1:+,$1}" "--ambient-caps=-all${1:+,$1}")
}

tier() {
  say "== $1"
  shift
  run_exporter "--config.file=$WORK/config.yaml" "$@"
  wait_for_census 3
}

end_tier() {
  stop "$EXPORTER"
  [[ $STATUS == 0 ]] || wrong "SIGTERM ended it with status $STATUS: $(tail -n 20 "$LOG")"
  RUN_AS=()
}

readonly TOLD_APART='told apart.*CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH'
readonly TOLD_INOTIFY='inotify.*CAP_SYS_PTRACE'
readonly TOLD_HIDDEN='processes are hidden from this procfs'

check_no_capability() {
  as_nobody ""
  tier "uid 65534, no capability"
  expect_counts size
  expect_no_inotify
  expect_no_types
  expect_told 1 "$TOLD_APART"
  expect_told 1 "$TOLD_INOTIFY"
  end_tier
}

check_ptrace() {
  as_nobody +sys_ptrace
  tier "uid 65534, CAP_SYS_PTRACE"
  expect_counts size
  expect_inotify
  expect_no_types
  expect_told 1 "$TOLD_APART"
  expect_told "$((CLOSED_FDINFO > 0))" "$TOLD_INOTIFY"
  end_tier
}

check_both() {
  as_nobody +sys_ptrace,+dac_read_search
  tier "uid 65534, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
  expect_counts listing
  expect_inotify
  expect_types
  expect_told "$((CLOSED_FD > 0))" "$TOLD_APART"
  end_tier
}

check_root() {
  tier "root"
  expect_counts listing
  expect_inotify
  expect_types
  expect_told "$((CLOSED_FD > 0))" "$TOLD_APART"
  expect_soon "nothing is hidden" is_at_most hidden 0
  expect "the books of open_files balance" awk -f "$here/books.awk" "$WORK/scrape"
  end_tier
}

# --- other views of the machine ---------------------------------------------------------------

# The mount is seen by the exporter alone, and goes with it.
check_hidepid() {
  mkdir "$WORK/proc"
  # shellcheck disable=SC2016 # expanded by the inner shell
  local mount_and_run='mount -t proc -o hidepid=2 proc "$0" && exec "$@"'
  as_nobody ""
  RUN_AS=(unshare --mount bash -c "$mount_and_run" "$WORK/proc" "${RUN_AS[@]}")
  tier "hidepid=2, uid 65534, no capability" "--path.procfs=$WORK/proc"
  expect_soon "hidden processes are counted" is_above hidden 0
  expect "the holder is not seen" test -z "$(container_used open_files)"
  expect_told 1 "restricted.*hidepid=(2|invisible)"
  expect_told 1 "$TOLD_HIDDEN"
  end_tier

  RUN_AS=(unshare --mount bash -c "$mount_and_run" "$WORK/proc")
  tier "hidepid=2, root" "--path.procfs=$WORK/proc"
  expect_counts listing
  expect_inotify
  expect_soon "nothing is hidden from root" is_at_most hidden 0
  end_tier
}

# in_pid_namespace WHAT UNSHARE-OPTION... -- [FLAG...]
in_pid_namespace() {
  local what=$1 options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  RUN_AS=(unshare --pid --fork --kill-child "${options[@]}")
  tier "$what" "$@"
}

# unshare(1) waits for its child and passes no signal on.
end_in_pid_namespace() {
  local child status=0
  child=$(ps -o pid= --ppid "$EXPORTER")
  kill -TERM "$child"
  wait "$EXPORTER" || status=$?
  forget "$EXPORTER"
  [[ $status == 0 ]] || wrong "SIGTERM ended it with status $status: $(tail -n 20 "$LOG")"
  RUN_AS=()
}

check_pid_namespaces() {
  in_pid_namespace "another PID namespace, the host's procfs" -- --path.procfs=/proc
  expect_counts listing
  expect_inotify
  expect_types
  end_in_pid_namespace

  in_pid_namespace "another PID namespace and its own procfs" --mount-proc --
  expect "the holder is not seen" test -z "$(container_used open_files)"
  expect_soon "the processes outside are counted as hidden" is_above hidden 0
  expect_told 1 "$TOLD_HIDDEN"
  end_in_pid_namespace
}

# As sandboxes show it that imitate procfs.
check_without_fdinfo() {
  local instances reported
  mkdir "$WORK/tree"
  "$KCOMMONS_INTEGRATION_BIN/fixture_tree" "$WORK/tree"
  find "$WORK/tree" -name fdinfo -prune -exec rm -r {} +
  tier "a procfs without fdinfo" "--path.procfs=$WORK/tree"
  expect "open files are counted" test -n "$(sum kcommons_container_used 'resource="open_files"')"
  instances=$(sum kcommons_container_used 'resource="inotify_instances"')
  reported=$(($(unseen inotify_denied) + $(unseen inotify_budget)))
  expect "instances are counted (${instances:-none}) or reported as unseen ($reported)" \
    test "$((${instances:-0} + reported))" -gt 0
  end_tier
}

# --- by BPF -----------------------------------------------------------------------------------

readonly TOLD_NO_BPF='no bpf: .*(Operation not permitted|Permission denied)'

source_is() {
  grep -q "^kcommons_source_info{source=\"$1\"" "$WORK/scrape"
}

expect_exact() {
  expect "the source is bpf" source_is bpf
  expect_counts listing
  expect_inotify
  expect_types
  expect "the books balance" awk -f "$here/books.awk" "$WORK/scrape"
}

check_bpf() {
  configure bpf
  as_nobody +bpf,+perfmon
  tier "by BPF: uid 65534, CAP_BPF and CAP_PERFMON"
  expect_exact
  expect "it has no other capability: $(effective_capabilities)" \
    test "$(effective_capabilities)" = 000000c000000000
  end_tier

  tier "by BPF: root"
  expect_exact
  # CAP_SYS_ADMIN, with which a file can be opened when there are too many, CAP_DAC_READ_SEARCH for the
  # names of containers, and those two.
  expect "it has given up what it does not need: $(effective_capabilities)" \
    test "$(effective_capabilities)" = 000000c000200004
  end_tier
}

effective_capabilities() {
  awk '/^CapEff:/ { print $2 }' "/proc/$EXPORTER/status"
}

check_bpf_denied() {
  configure bpf
  as_nobody ""
  say "== by BPF: uid 65534, no capability"
  local status=0
  timeout "$DEADLINE" "${RUN_AS[@]}" "$KCOMMONS" serve "--config.file=$WORK/config.yaml" \
    --web.listen-address=127.0.0.1:0 2>"$WORK/refusal" || status=$?
  RUN_AS=()
  expect "it refuses to start: exit status $status" test "$status" = 1
  expect_line "and says why" "level=error .*source: bpf: .*(not permitted|denied)" "$WORK/refusal"

  configure auto
  as_nobody ""
  tier "auto: uid 65534, no capability"
  expect "the source is procfs" source_is procfs
  expect_line "the metric says why" "^kcommons_source_info\{.*$TOLD_NO_BPF" "$WORK/scrape"
  expect "so does the log, once" test "$(grep -Ec "$TOLD_NO_BPF" "$LOG")" = 1
  end_tier

  configure auto
  in_pid_namespace "auto: another PID namespace" --mount-proc --
  expect "the source is procfs" source_is procfs
  expect_line "the metric says why" "^kcommons_source_info\{.*PID namespace" "$WORK/scrape"
  end_in_pid_namespace
}

# The host's programs, its network and its PID namespace; of capabilities these two, as uid 65534.
container_spec() {
  jq --arg program "$KCOMMONS" --arg config "--config.file=$WORK/config.yaml" --arg work "$WORK" '
    .process.args = [$program, "serve", $config, "--web.listen-address=127.0.0.1:0"] |
    .process.terminal = false | .process.rlimits = [] |
    .process.user = {uid: 65534, gid: 65534} |
    .process.capabilities = ({bounding, effective, permitted, inheritable, ambient} |
      map_values(["CAP_BPF", "CAP_PERFMON"])) |
    .linux.namespaces |= map(select(.type != "pid" and .type != "network")) |
    .mounts |= map(select(.destination != "/sys")) |
    .mounts += [["/usr", "/lib", "/lib64", "/bin", "/etc", "/sys", $work][] |
      {destination: ., source: ., type: "bind", options: ["rbind", "ro"]}]'
}

check_bpf_in_container() {
  configure bpf
  local bundle=$WORK/bundle
  mkdir -p "$bundle/rootfs"
  (cd "$bundle" && runc spec && container_spec <config.json >config.new && mv config.new config.json)
  RUN_AS=(runc run --bundle "$bundle" "kcommons-tiers-$$")
  say "== by BPF: in a container of runc, with the PID namespace of the host"
  EXPORTERS=$((EXPORTERS + 1))
  LOG=$WORK/log.$EXPORTERS
  start /dev/null "$LOG" "${RUN_AS[@]}"
  EXPORTER=$STARTED
  wait_for "listening exporter" is_listening
  PORT=$(sed -n 's/.* msg="listening" .* port=\([0-9]*\).*/\1/p' "$LOG")
  URL=http://127.0.0.1:$PORT
  wait_for_census 3
  expect_exact
  runc kill "kcommons-tiers-$$" TERM
  local status=0
  wait "$EXPORTER" || status=$?
  forget "$EXPORTER"
  expect "SIGTERM ends it with status 0: $status" test "$status" = 0
  RUN_AS=()
}

# configure SOURCE
configure() {
  cat >"$WORK/config.yaml" <<CONFIG
source: $1
sampling:
  pools_interval: 1s
  holdings_interval: 1s
CONFIG
}

[[ $EUID -eq 0 ]] || skip "root is needed, to take rights away: sudo $0"
for program in setpriv unshare ps runc jq; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done

configure procfs
# For a user who may not enter the build folder.
cp "$KCOMMONS" "$WORK/kcommons"
KCOMMONS=$WORK/kcommons
if [[ $(stat -c %s /proc/self/fd) -gt 0 ]]; then COUNTS_BY_SIZE=yes; else COUNTS_BY_SIZE=no; fi
CLOSED_FD=$(closed_to_root fd)
CLOSED_FDINFO=$(closed_to_root fdinfo)
say "processes that are closed to root: $CLOSED_FD by fd, $CLOSED_FDINFO by fdinfo"

start_instance
check_no_capability
check_ptrace
check_both
check_root
check_hidepid
check_pid_namespaces
check_without_fdinfo
if grep -q 'bpf: built in' < <("$KCOMMONS" --version); then
  check_bpf
  check_bpf_denied
  check_bpf_in_container
else
  say "built without bpf: not looked at"
fi
finish
