#!/usr/bin/env bash
# Who loses packets when the backlog of a CPU is full, by both sources: as many as the kernel counts,
# exactly, and by the right name. A bridge hands a broadcast to all its ports at once: with
# net.core.netdev_max_backlog = 1 two packets find room and that of a third port does not.
#
# First the port is a container's that receives: of four on a bridge of the host one sends, and the
# one that joined first loses. Then it is one that sends: a container has a bridge of its own whose
# three ports lead to the host, where they end.
#
# No other device gets to see the packets, but for a moment the limit is that of the whole machine:
# the script runs itself again under with_sysctl, which restores it and calls the script once more to remove the
# rest, however the test ends.
#
# Needs root, iproute2 and util-linux. Environment: see lib.sh; KCOMMONS_E2E_BIN is where with_sysctl is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly SYSCTL=net.core.netdev_max_backlog
readonly FILE=/proc/sys/net/core/netdev_max_backlog
readonly PACKETS=20000
# Those on the bridge of the host, and one with a bridge of its own; the first and the last of the
# former receive and send.
readonly GUESTS=4 TALKER=4
readonly VICTIM=0 SENDER=3
readonly UPLINKS=3

# Names that nothing else on this machine has, the same in all three runs of the script.
id_of() {
  printf '%032x%031x%x\n' "${KCOMMONS_BACKLOG_RUN%.*}" "${KCOMMONS_BACKLOG_RUN#*.}" "$1"
}
bridge() {
  printf 'kcb%s\n' "${KCOMMONS_BACKLOG_RUN%.*}"
}
# The host's end of a container's ethPORT.
veth_of() {
  printf 'kcv%s.%s%s\n' "${KCOMMONS_BACKLOG_RUN%.*}" "$1" "$2"
}

# What is left when the processes are gone. Their namespaces take the veths with them, a moment later.
remove_all() {
  local i mount port
  ip link delete "$(bridge)" 2>/dev/null || true
  for ((i = 0; i <= TALKER; i++)); do
    for ((port = 0; port < UPLINKS; port++)); do
      ip link delete "$(veth_of "$i" "$port")" 2>/dev/null || true
    done
    while read -r _ mount _; do
      rmdir "$mount/docker/$(id_of "$i")" 2>/dev/null || true
    done < <(grep -E ' cgroup2? ' /proc/self/mounts)
  done
  rm -rf "$KCOMMONS_BACKLOG_TMP"
}

if [[ -z ${KCOMMONS_BACKLOG_RUN:-} ]]; then
  if [[ $EUID -ne 0 ]]; then
    echo "SKIPPED: root is needed, to make containers and to lower $SYSCTL" >&2
    exit 77
  fi
  : "${KCOMMONS_E2E_BIN:=$here/../../build/dev/tests/e2e}"
  KCOMMONS_BACKLOG_TMP=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-backlog.XXXXXX")
  KCOMMONS_BACKLOG_RUN=$$.$(date +%s)
  export KCOMMONS_BACKLOG_TMP KCOMMONS_BACKLOG_RUN
  exec "$KCOMMONS_E2E_BIN/with_sysctl" --finally "$0" "$SYSCTL" -- "$0" run
elif [[ ${1:-} != run ]]; then
  remove_all
  exit
fi

TMPDIR=$KCOMMONS_BACKLOG_TMP
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

# --- the containers ---------------------------------------------------------------------------

CONTAINER_PIDS=()

# start_container NUMBER: a process in a network namespace of its own, without devices.
start_container() {
  start /dev/null "$WORK/container.$1" unshare --net sleep infinity
  CONTAINER_PIDS[$1]=$STARTED
  wait_for "network namespace" has_own_network "$STARTED"
  enter_container "$(id_of "$1")" "$STARTED" || skip "no cgroup can be made here"
}

# in_network NUMBER COMMAND...
in_network() {
  local pid=${CONTAINER_PIDS[$1]}
  shift
  nsenter --target "$pid" --net "$@"
}

# plug NUMBER PORT: gives the container an ethPORT, whose other end stays on the host.
plug() {
  ip link add "$(veth_of "$1" "$2")" type veth peer name "eth$2" netns "${CONTAINER_PIDS[$1]}" ||
    skip "no veth can be made here"
  ip link set "$(veth_of "$1" "$2")" up
  in_network "$1" ip link set "eth$2" up
}

has_own_network() {
  alive "$1" || die "a container ended: $(cat "$WORK"/container.*)"
  [[ $(stat -Lc %i "/proc/$1/net/dev") != "$(stat -Lc %i /proc/self/net/dev)" ]]
}

is_forwarding() {
  [[ $(cat "/sys/class/net/$1/brport/state") == 3 ]]
}

make_guests() {
  local number
  ip link add "$(bridge)" type bridge forward_delay 0 mcast_snooping 0 ||
    skip "no bridge can be made here"
  ip link set "$(bridge)" up
  for ((number = 0; number < GUESTS; number++)); do
    start_container "$number"
    plug "$number" 0
    ip link set "$(veth_of "$number" 0)" master "$(bridge)"
    wait_for "port that forwards" is_forwarding "$(veth_of "$number" 0)"
  done
}

make_talker() {
  local port
  start_container "$TALKER"
  in_network "$TALKER" ip link add br0 type bridge forward_delay 0 mcast_snooping 0
  in_network "$TALKER" ip link set br0 up
  for ((port = 0; port < UPLINKS; port++)); do
    plug "$TALKER" "$port"
    in_network "$TALKER" ip link set "eth$port" master br0
  done
}

# flood NUMBER DEVICE: out of a container, with a limit of one packet for as long as it takes.
flood() {
  local before
  before=$(cat "$FILE")
  echo 1 >"$FILE"
  in_network "$1" "$KCOMMONS_INTEGRATION_BIN/flood" "$2" "$PACKETS" >"$WORK/sent"
  echo "$before" >"$FILE"
}

# --- what a scrape says -----------------------------------------------------------------------

# sum PATTERN FILE: of all series that match.
sum() {
  awk -v pattern="$1" '$0 ~ pattern { sum += $NF } END { printf "%.0f\n", sum }' "$2"
}

# growth PATTERN: from the scrape before to the one after.
growth() {
  echo $(($(sum "$1" "$WORK/after") - $(sum "$1" "$WORK/before")))
}

of_container() {
  printf '^kcommons_container_receive_dropped_total[{]container_id="%s"' "$(id_of "$1")"
}

# next_scrape FILE: of a census that began after now.
next_scrape() {
  scrape "$WORK/scrape"
  wait_for_census "$(($(value 'kcommons_census_total{kind="holdings"}' "$WORK/scrape") + 2))"
  cp "$WORK/scrape" "$1"
}

has_no_victim() {
  scrape "$WORK/scrape" && ! grep -q "$(of_container "$VICTIM")" "$WORK/scrape"
}

# The kernel's own count, of all CPUs.
kernel_dropped() {
  local dropped total=0
  while read -r _ dropped _; do total=$((total + 16#$dropped)); done </proc/net/softnet_stat
  echo "$total"
}

# --- the expectations -------------------------------------------------------------------------

check_pools() {
  local pool='userns="",uid=""'
  expect "the limit of packet_backlog is that of the sysctl" \
    test "$(value "kcommons_pool_limit{resource=\"packet_backlog\",$pool}" "$WORK/after")" = \
    "$(cat "$FILE")"
  expect "the fullest bridge has $GUESTS ports or more" \
    test "$(value "kcommons_pool_used{resource=\"bridge_ports\",$pool}" "$WORK/after")" -ge \
    "$GUESTS"
  expect "and may have 1023" \
    test "$(value "kcommons_pool_limit{resource=\"bridge_ports\",$pool}" "$WORK/after")" = 1023
}

# check_drops WHAT SENDER DEVICE LOSER: all numbers but those of the loser are of the whole machine.
check_drops() {
  local what=$1 kernel dropped containers host loser
  cp "$WORK/after" "$WORK/before"
  kernel=$(kernel_dropped)
  flood "$2" "$3"
  kernel=$(($(kernel_dropped) - kernel))
  next_scrape "$WORK/after"
  dropped=$(growth '^kcommons_softnet_dropped_total')
  containers=$(growth '^kcommons_container_receive_dropped_total')
  host=$(growth '^kcommons_host_receive_dropped_total')
  loser=$(growth "$(of_container "$4")")
  say "$what: $(cat "$WORK/sent") broadcasts, $dropped drops: containers $containers, host $host"
  expect "drops are seen as the kernel counts them" test "$dropped" = "$kernel"
  expect "there are as many as broadcasts, or nearly" test "$dropped" -ge $((PACKETS * 9 / 10))
  expect "each is booked, and no other" test $((containers + host)) = "$dropped"
  expect "nearly all to the container that lost them: $loser" test "$loser" -ge $((dropped * 9 / 10))
}

check_source() {
  printf '%s\n' "source: $1" 'sampling: {pools_interval: 1s, holdings_interval: 1s}' \
    >"$WORK/config.yaml"
  run_exporter "--config.file=$WORK/config.yaml"
  wait_for_census 1
  next_scrape "$WORK/after"
  expect "the exposition is well-formed" "$KCOMMONS_EXPOSITION_CHECK" <"$WORK/after"
  check_pools
  check_drops "$1, received" "$SENDER" eth0 "$VICTIM"
  check_drops "$1, sent" "$TALKER" br0 "$TALKER"
}

for program in ip unshare nsenter; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
make_guests
make_talker
check_source procfs
stop "$EXPORTER"
if grep -q 'bpf: built in' < <("$KCOMMONS" --version); then
  check_source bpf
  stop "${CONTAINER_PIDS[VICTIM]}" KILL
  wait_for "scrape without the container that ended" has_no_victim
  stop "$EXPORTER"
fi
finish
