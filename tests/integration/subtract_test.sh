#!/usr/bin/env bash
# `kcommons audit --subtract` asks this kernel about every row of the catalogue, finds what is written
# below, in JSON of the form that its schema fixes, and leaves nothing changed and nothing running.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly SCHEMA=$here/../../lib/report/schema/subtract.schema.json

[[ $(id -u) -eq 0 ]] || skip "root only: experiments want a UID that nobody has"
command -v jq >/dev/null || skip "no jq"
command -v setpriv >/dev/null || skip "no setpriv"
find_validator

# The class of each row, written down a second time; "|" where kernels differ, or may lack what the
# question needs.
expected() {
  cat <<'EOF'
open_files read-only
inotify_instances partly
inotify_watches partly
inotify_queued_events read-only
fanotify_groups partly
fanotify_marks partly
epoll_watches read-only
pipe_pages read-only
aio_events read-only
threads read-only
pids partly|read-only
user_processes partly
pending_signals partly
mqueue_bytes partly
locked_memory_bytes partly
pinned_memory_bytes shared|not asked
unix_inflight shared
keys read-only
key_bytes read-only
ptys read-only
user_namespaces partly
pid_namespaces partly
uts_namespaces partly
ipc_namespaces partly
net_namespaces partly
mnt_namespaces partly
cgroup_namespaces partly
time_namespaces partly
neighbours_ipv4 gone
neighbours_ipv6 gone|not asked
packet_backlog gone
bridge_ports not asked
tcp_memory_pages gone
udp_memory_pages gone
tcp_orphans gone
conntrack_entries partly|not asked
memory_cgroups shared|not asked
loop_devices shared|not asked
EOF
}

# Numbers below /proc/sys that can be read, one file a line, without those that count what happens.
sysctls() {
  local file
  find /proc/sys/fs /proc/sys/kernel /proc/sys/net /proc/sys/user /proc/sys/vm -type f -perm -400 \
    ! -path '*/conf/*' ! -path '*/neigh/[!d]*' ! -name '*-nr' ! -name '*-state' \
    ! -name 'dentry-negative' ! -path '*/quota/*' ! -path '*/random/*' ! -path '*/pty/nr' \
    ! -name 'ns_last_pid' ! -name 'nf_conntrack_count' ! -name '*stat_refresh' ! -name '*seed*' \
    ! -path '/proc/sys/kernel/hung_task_detect_count' 2>/dev/null | sort |
    while read -r file; do
      printf '%s %s\n' "$file" "$(tr '\0\n' '  ' 2>/dev/null <"$file")"
    done
}

throw_away_processes() {
  ps -eo uid= | awk '$1 >= 1900000000 { n++ } END { print n + 0 }'
}
nobody_is_left() {
  [[ $(throw_away_processes) -eq 0 ]]
}

sysctls >"$WORK/before"
[[ $(wc -l <"$WORK/before") -gt 200 ]] || die "only $(wc -l <"$WORK/before") sysctls could be read"
"$KCOMMONS" audit --subtract -o json >"$WORK/json" 2>"$WORK/errors" ||
  die "audit --subtract: $(cat "$WORK/errors")"
expect "nothing is left running" nobody_is_left
sysctls >"$WORK/after"
expect "all $(wc -l <"$WORK/before") sysctls of the host are as before" \
  diff "$WORK/before" "$WORK/after"
expect "nothing is said on standard error" test ! -s "$WORK/errors"
[[ -z $PYTHON ]] || expect "the JSON is as the schema says" is_valid "$SCHEMA" "$WORK/json"

jq -r '.resources[] | .resource + " " + .kernel' "$WORK/json" >"$WORK/answers"
expected >"$WORK/expected"
expect "the rows are those of the catalogue, in its order" \
  diff <(cut -d' ' -f1 "$WORK/expected") <(cut -d' ' -f1 "$WORK/answers")
while read -r resource classes; do
  answer=$(jq -r --arg name "$resource" '.resources[] | select(.resource == $name) | .kernel' "$WORK/json")
  evidence=$(jq -r --arg name "$resource" '.resources[] | select(.resource == $name) | .evidence' "$WORK/json")
  expect "$resource is $answer, expected $classes: $evidence" grep -Eqx -- "$classes" <<<"$answer"
done <"$WORK/expected"
differ=$(jq -r '[.resources[] | select(.verdict == "differs") | .resource] | join(" ")' "$WORK/json")
expect "no row differs from the catalogue: ${differ:-none}" test -z "$differ"

expect "limits that the catalogue lacks are listed" \
  jq -e '[.not_in_catalogue[].sysctl] | index("net.core.bpf_jit_limit")' "$WORK/json"
expect "what is private is not" \
  jq -e '[.not_in_catalogue[], .known[]] | map(.sysctl) | index("net.core.somaxconn") | not' "$WORK/json"
expect "what each process has is known" \
  jq -e '[.known[].sysctl] | index("fs.nr_open") and index("vm.max_map_count")' "$WORK/json"
expect "no shared limit can be changed from inside" \
  jq -e '[.. | objects | select(.kernel? == "writable")] | length == 0' "$WORK/json"

"$KCOMMONS" audit --subtract >"$WORK/table"
expect_line "the table names a resource" '^open_files +nothing +read-only +agrees$' "$WORK/table"
expect "no line of the table has more than 80 columns" test -z "$(grep -E '.{81}' "$WORK/table")"

# Killed in the middle, nothing stays either: not the child, nor the PID namespace.
start "$WORK/out" "$WORK/err" "$KCOMMONS" audit --subtract
victim=$STARTED
somebody_is_there() { [[ $(throw_away_processes) -gt 0 ]]; }
wait_for "process of the throw-away UID" somebody_is_there
stop "$victim" KILL
expect "killed half-way, nothing is left running" holds_within 10 nobody_is_left

# Without the right to make namespaces it says which step failed.
if setpriv --no-new-privs --bounding-set -setuid,-setgid --inh-caps -setuid,-setgid \
  "$KCOMMONS" audit --subtract >"$WORK/out" 2>"$WORK/err"; then
  wrong "without CAP_SETUID it went on as root"
else
  expect_line "without CAP_SETUID it says so" 'become UID [0-9]+: Operation not permitted' "$WORK/err"
fi

finish
