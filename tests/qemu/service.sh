# shellcheck shell=bash
# deploy/systemd/kcommons.service as it is, started by systemd: ready in time, watched, and as open to
# attack as systemd-analyze says; the view is whole, by either source, and what the sandbox denies is
# missed by nobody. Sourced by guest.sh.

# shellcheck disable=SC2154  # what guest.sh sets

# More than the rest of this machine has, so that it shows where it is missing.
readonly SERVICE_FILES=3000

install_service() {
  install -m 755 "$build/cmd/kcommons/kcommons" /usr/bin/kcommons
  install -m 644 -D "$(dirname "${BASH_SOURCE[0]}")/../../deploy/systemd/kcommons.service" \
    /etc/systemd/system/kcommons.service
  # Only root may read it, and what it names.
  install -m 600 -D /dev/stdin /etc/kcommons/kcommons.yaml <<<"{source: $1, neighbours_above: 0}"
  port=$(free_port)
  printf 'KCOMMONS_WEB_LISTEN_ADDRESS=127.0.0.1:%s\nKCOMMONS_LOG_LEVEL=debug\n' "$port" \
    >/etc/default/kcommons
  systemctl daemon-reload
}

property() {
  systemctl show --value --property "$1" kcommons.service
}

# expect_property NAME PATTERN
expect_property() {
  grep -Eqx -- "$2" <<<"$(property "$1")" || fail "$1 of the service is $(property "$1"), not $2"
}

# A container that holds files, and one with the name that its runtime alone knows.
start_hog() {
  local hog
  start_docker
  at_exit remove_docker_containers
  hog=$(docker run --detach --name hog --network none --ulimit nofile=10000 names /bin/sh -c '
    i=10; while [ $i -lt '"$((SERVICE_FILES + 10))"' ]; do eval "exec $i</dev/null"; i=$((i + 1)); done
    exec sleep 36000')
  expect_container docker "$hog" hog '' '' 'image="names"'
  expect_helper
}

used_by_hog() {
  sed -n 's/^kcommons_container_used{resource="open_files",.*role="workload",.*container="hog",.*} //p' \
    scrape
}

holds_its_files() {
  says_all && [[ $(used_by_hog) -ge $SERVICE_FILES ]]
}

# What is by no means denied to the unit's capabilities: reads that fail, processes not seen whole.
denied() {
  grep -E '^kcommons_(census_failures_total|identity_failures_total)\{.*\} [1-9]' scrape || true
  grep -E '^kcommons_processes_unseen\{reason="[a-z_]*denied"\} [1-9]' scrape || true
}

# Files of no known holder; in QEMU's machine there are some of the kernel's own.
unexplained() {
  sed -n 's/^kcommons_unattributed{resource="open_files",.*cause="unexplained"} //p' scrape
}

# service_by SOURCE CAPABILITIES: those that it keeps, as /proc/PID/status writes them.
service_by() {
  local pid started=$SECONDS
  install_service "$1"
  systemctl start kcommons.service || {
    journalctl --no-pager --unit kcommons
    fail "the service does not become ready; its journal is above"
  }
  echo "by $1: ready after $((SECONDS - started)) s: $(property StatusText)"
  expect_property StatusText 'serving [0-9]+ processes, [1-9][0-9]* containers'
  expect_property WatchdogUSec '1min'
  expect_property WatchdogTimestamp '.+'
  expect_property NRestarts 0
  holds_within "$DEADLINE" holds_its_files || {
    journalctl --no-pager --unit kcommons
    grep -E '^kcommons_container' scrape || true
    wrong_lines
    fail "/metrics lacks the container: see above"
  }
  expect_line "^kcommons_source_info\{.*source=\"$1\""
  [[ -z $(denied) ]] || fail "reads are denied: $(denied)"
  pid=$(property MainPID)
  grep -Eq "^CapPrm:[[:space:]]*$2\$" "/proc/$pid/status" ||
    fail "its capabilities are $(grep ^Cap "/proc/$pid/status"), not $2"
  expect_unprivileged "$pid"
  journalctl --no-pager --output cat --unit kcommons | tee journal |
    grep -E 'level=(warn|error)|denied by|Watchdog' && fail "the journal has complaints, above"
  grep -q 'system calls that are never needed are denied' journal ||
    fail "its own limit of system calls is not there"
  echo "by $1: $(used_by_hog) open files of hog, $(unexplained) unexplained"
}

# expect_unprivileged PID: the sandbox is what it seems to be.
expect_unprivileged() {
  [[ $(stat -c %u "/proc/$1") != 0 ]] || fail "it runs as root"
  grep -q 'NoNewPrivs:.*1' "/proc/$1/status" || fail "it may get new privileges"
  # Nothing may be written below /proc, not even by its right to look into any process.
  if nsenter --target "$1" --mount sh -c ': >>/proc/self/comm' 2>/dev/null; then
    fail "/proc can be written to"
  fi
}

# Reloaded in place, by what root alone may read.
expect_reloaded() {
  local pid
  pid=$(property MainPID)
  sed -i 's/}$/, limits: {max_units: 499}}/' /etc/kcommons/kcommons.yaml
  systemctl reload kcommons.service
  holds_within "$DEADLINE" has_reloaded || {
    journalctl --no-pager --unit kcommons
    fail "the configuration is not read again; the journal is above"
  }
  [[ $(property MainPID) == "$pid" ]] || fail "it was started again, not reloaded"
}

has_reloaded() {
  journalctl --no-pager --output cat --unit kcommons |
    grep -q 'configuration reloaded.*limits.max_units' && [[ $(property ActiveState) == active ]]
}

# The sampler goes on and is heard: the watchdog would have ended it, and later than it was fed.
expect_watched() {
  local before
  before=$(property WatchdogTimestampMonotonic)
  holds_within "$DEADLINE" watchdog_is_fed_after "$before" || fail "the watchdog is not fed"
}

watchdog_is_fed_after() {
  [[ $(property WatchdogTimestampMonotonic) -gt $1 ]]
}

service() {
  at_exit systemctl stop kcommons.service
  start_hog
  service_by bpf 000000c000000004
  [[ $(unexplained) -lt 100 ]] || fail "$(unexplained) open files are of no known holder"
  systemd-analyze security --no-pager --threshold=25 kcommons.service >exposure ||
    fail "exposed to more than 2.5: $(grep -v '✓' exposure)"
  tail -n 1 exposure
  expect_watched
  expect_reloaded
  [[ -s /var/lib/kcommons/incidents.jsonl ]] || fail "incidents have no file"
  # Killed, it comes back by itself.
  systemctl kill --signal KILL kcommons.service
  holds_within "$DEADLINE" restarted || fail "it is not started again when it is killed"
  holds_within "$DEADLINE" holds_its_files || fail "it serves less after it was killed"
  systemctl stop kcommons.service
  expect_property Result success
  service_by procfs 0000000000080004
}

restarted() {
  [[ $(property NRestarts) == 1 && $(property ActiveState) == active ]]
}
