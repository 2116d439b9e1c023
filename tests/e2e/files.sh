# shellcheck shell=bash
# The pool of open files: its limit lowered, and a container that fails when it is full. To be sourced
# after lib.sh and engine.sh.

# How many files container A may take: less than it may have descriptors, so that A can also take what
# other programs close meanwhile.
FILES_ROOM=6000
readonly LEAST_DESCRIPTORS=16384

files_in_use() {
  local used
  read -r used _ </proc/sys/fs/file-nr
  printf '%s\n' "$used"
}

# The limit of descriptors for container A: this host's hard limit, within reason.
descriptors_of_a() {
  local hard
  hard=$(ulimit -Hn)
  if [[ $hard == unlimited ]] || ((hard > 100000)); then hard=100000; fi
  ((hard >= LEAST_DESCRIPTORS)) || skip "RLIMIT_NOFILE is $hard, $LEAST_DESCRIPTORS are needed"
  printf '%s\n' "$hard"
}

start_victim() {
  B=$(container_run --name e2e-victim -- /bin/e2e_hog open-loop /etc/passwd)
  wait_for "$E2E_DEADLINE" "open file in container B" container_says "$B" '^open: OK$'
  say "container B (${B:0:12}) opens /etc/passwd again and again, and can"
}

lower_file_max() {
  local used limit
  used=$(files_in_use)
  limit=$((used + FILES_ROOM))
  ((limit < $(sysctl_get fs.file-max))) || skip "fs.file-max is already below $limit"
  say "$used files are open on this host; fs.file-max goes from $(sysctl_get fs.file-max) to $limit"
  sysctl_set fs.file-max "$limit"
}

# start_files_hog NAME: container A, of that name.
start_files_hog() {
  local descriptors
  descriptors=$(descriptors_of_a)
  A=$(container_run --name "$1" --ulimit "nofile=$descriptors:$descriptors" -- \
    /bin/e2e_hog files until-enfile)
  wait_for "$E2E_DEADLINE" "full pool" container_says "$A" '^files: [0-9]+ full$'
  say "container A (${A:0:12}) opens files until there are no more: $(container_last_line "$A")"
}

expect_victim_fails() {
  local enfile='^open: ENFILE \(Too many open files in system\)$'
  wait_for "$E2E_DEADLINE" "ENFILE in container B" container_says "$B" "$enfile"
  say "container B, which holds nothing, fails:"
  quote "$(engine logs "$B" 2>&1 | grep -E "$enfile" | tail -n 1)"
}
