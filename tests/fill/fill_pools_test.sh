#!/usr/bin/env bash
# Fills every pool that can be filled without harm, with the sysctls saved that are lowered for it.
#
#   WITH_SYSCTL=... FILL_POOLS=... tests/fill/fill_pools_test.sh [CATCH2 ARGUMENTS]
set -euo pipefail

[ "$(id -u)" -eq 0 ] || { echo "skipped: needs root"; exit 77; }

names=(
  fs.file-max fs.aio-max-nr fs.epoll.max_user_watches kernel.threads-max kernel.pid_max kernel.pty.max
  net.ipv4.neigh.default.gc_thresh3 net.ipv6.neigh.default.gc_thresh3 net.ipv4.udp_mem
)
present=()
for name in "${names[@]}"; do
  [ -e "/proc/sys/${name//.//}" ] && present+=("$name")
done
exec "$WITH_SYSCTL" "${present[@]}" -- "$FILL_POOLS" "$@"
