#!/usr/bin/env bash
# Removes what the processes of an end-to-end test could not take with them: mounts, cgroups, the
# sockets of container shims, the work directory. with_sysctl runs it last,
# when all processes are gone. Harmless to run twice.
set -euo pipefail

remove_sockets() {
  local address socket
  # A containerd shim puts its socket outside of the state directory and notes where.
  while IFS= read -r -d '' address; do
    socket=$(<"$address")
    if [[ $socket == unix:///run/containerd/s/* ]]; then rm -f "${socket#unix://}"; fi
  done < <(find "$1" -name address -type f -print0)
}

# The deepest first. Detached, because a process that is just dying may still stand in one.
unmount_below() {
  local target
  while read -r target; do
    umount --lazy "$target" || true
  done < <(awk -v work="$1/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

# A file, or a directory that is empty; what others use by now stays.
remove_made() {
  local tries
  if [[ ! -d $1 ]]; then
    rm -f "$1"
    return
  fi
  # A cgroup is busy for a moment after its last process died.
  for ((tries = 0; tries < 20; tries++)); do
    if rmdir "$1" 2>/dev/null || [[ -n $(find "$1" -mindepth 1 -type d -print -quit) ]]; then return; fi
    sleep 0.1
  done
  printf 'cleanup: %s stays, it is in use\n' "$1" >&2
}

main() {
  local work=${KCOMMONS_E2E_WORK:?not set} made
  [[ $work == */kcommons-e2e.?????? ]] || {
    printf 'cleanup: %s is not a work directory of these tests\n' "$work" >&2
    exit 1
  }
  [[ -d $work ]] || return 0
  remove_sockets "$work"
  unmount_below "$work"
  if [[ -f $work/made ]]; then
    while read -r made; do remove_made "$made"; done < <(tac "$work/made")
  fi
  rm -rf --one-file-system "$work"
}

main
