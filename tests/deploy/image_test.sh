#!/usr/bin/env bash
# The image of kcommons in a real Docker engine: small, without a shell, whole; run with the flags of
# deploy/docker/README.md it gives the same series as the same binary on the host beside it, by
# each source, as a user that is not root.
#
#   sudo tests/deploy/image_test.sh
#
# Environment: KCOMMONS and KCOMMONS_E2E_BIN as in tests/e2e; KCOMMONS_E2E_SOURCES, the sources to
# be tried (default "bpf procfs").
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../e2e source=lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=engine.sh
. "$here/../e2e/engine.sh"
# shellcheck source-path=SCRIPTDIR/../e2e source=monitoring.sh
. "$here/../e2e/monitoring.sh"
# shellcheck source-path=SCRIPTDIR source=same_series.sh
. "$here/same_series.sh"

readonly IMAGE=kcommons:image-test
readonly USER_ID=65532
# Bytes of files. It is 13.4 MB with Debian 12's libraries.
readonly LARGEST=15000000
# What is not to be found in it, by name.
readonly SHELLS='/(sh|bash|dash|ash|busybox|env|perl|python[^/]*)$'

# --- the image --------------------------------------------------------------------------------

build() {
  DOCKER_CONFIG=$ENGINE_DIR/docker-config DOCKER_HOST=unix://$ENGINE_DIR/docker.sock \
    "$root/deploy/docker/build.sh" --binary "$(exporter_binary)" --tag "$IMAGE" "$@" 2>>"$KCOMMONS_E2E_WORK/build.log" ||
    die "build.sh failed: $(tail -n 5 "$KCOMMONS_E2E_WORK/build.log")"
}

expect_same_bytes() {
  local first=$KCOMMONS_E2E_WORK/first.tar second=$KCOMMONS_E2E_WORK/second.tar
  build --output "$first"
  build --output "$second"
  cmp "$first" "$second" || die "two builds of one binary differ"
  rm "$second"
  ARCHIVE=$first
  say "two builds are the same byte by byte: $(sha256sum "$first" | cut -c 1-16)…"
}

of_image() {
  engine image inspect --format "$1" "$IMAGE"
}

expect_contents() {
  local size label files loader listed
  size=$(of_image '{{.Size}}')
  ((size <= LARGEST)) || die "the image has $size bytes, expected $LARGEST at most"
  [[ $(of_image '{{.Config.User}}') == "$USER_ID:$USER_ID" ]] || die "its user is $(of_image '{{.Config.User}}')"
  [[ $(of_image '{{json .Config.Entrypoint}} {{json .Config.Cmd}}') == '["/usr/bin/kcommons"] ["serve"]' ]] ||
    die "it runs $(of_image '{{json .Config.Entrypoint}} {{json .Config.Cmd}}')"
  for label in title description version revision created licenses; do
    [[ -n $(of_image "{{index .Config.Labels \"org.opencontainers.image.$label\"}}") ]] || die "no label $label"
  done
  say "the image has $size bytes, runs as $(of_image '{{.Config.User}}') and says what it is: version" \
    "$(of_image '{{index .Config.Labels "org.opencontainers.image.version"}}')"

  engine run --rm --network none "$IMAGE" --version >"$KCOMMONS_E2E_WORK/version" || die "it does not run"
  cmp "$KCOMMONS_E2E_WORK/version" <("$(exporter_binary)" --version) || die "it is another version"
  engine create --network none --name contents "$IMAGE" >/dev/null
  engine export contents | tar -t | sed 's,^,/,' | sort >"$KCOMMONS_E2E_WORK/files"
  engine rm contents >/dev/null
  if grep -E "$SHELLS" "$KCOMMONS_E2E_WORK/files"; then die "the image has a shell, see above"; fi
  grep -qx /usr/share/doc/libc6/copyright "$KCOMMONS_E2E_WORK/files" || die "no licence of libc6 is in it"

  # The loader of the image, asked in the image.
  loader=$(grep -E '/ld-linux[^/]*$' "$KCOMMONS_E2E_WORK/files")
  listed=$(engine run --rm --network none --entrypoint "$loader" "$IMAGE" --list /usr/bin/kcommons) ||
    die "a library is missing: $listed"
  files=$(grep -E '\.so(\.|$)' "$KCOMMONS_E2E_WORK/files")
  listed=$(awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' <<<"$listed" | sort -u)
  [[ $listed == "$files" ]] || die "its libraries are not those that it needs: $(diff <(echo "$listed") <(echo "$files"))"
  say "it has the $(wc -l <<<"$files") libraries that it needs, licences, and no shell"
}

# --- running it -------------------------------------------------------------------------------

# The flags of deploy/docker/README.md. What differs is where this engine keeps its containers.
run_flags() {
  printf '%s\n' --pid host --network host --cgroupns host --read-only --cap-drop ALL \
    --mount "type=bind,source=$ENGINE_DIR/docker-data/containers,target=/host/var/lib/docker/containers,readonly,bind-nonrecursive" \
    --mount type=bind,source=/etc/passwd,target=/host/etc/passwd,readonly
}

# Names of capabilities, for `docker run --cap-add`: what the README says that each source needs.
# Debian 12's engine knows no BPF and no PERFMON.
capabilities_for() {
  case $1 in
    bpf) printf '%s\n' SYS_ADMIN DAC_READ_SEARCH ;;
    procfs) printf '%s\n' SYS_PTRACE DAC_READ_SEARCH ;;
  esac
}

# The mask of these in /proc/PID/status.
mask_of() {
  local name mask=0
  local -A bits=([DAC_READ_SEARCH]=2 [SYS_PTRACE]=19 [SYS_ADMIN]=21 [PERFMON]=38 [BPF]=39)
  for name in "$@"; do mask=$((mask | 1 << bits[$name])); done
  printf '%016x\n' "$mask"
}

# image_run NAME PORT OPTION... : IMAGE_ID is its id, IMAGE_PID its first process. Short intervals, so that
# the test is.
image_run() {
  local name=$1 port=$2 flags
  shift 2
  mapfile -t flags < <(run_flags)
  IMAGE_ID=$(engine run --detach --name "$name" "${flags[@]}" "$@" --health-interval 1s \
    --env KCOMMONS_WEB_LISTEN_ADDRESS="127.0.0.1:$port" \
    --volume "$KCOMMONS_E2E_WORK/image.yaml:/etc/kcommons/kcommons.yaml:ro" "$IMAGE") || die "docker run failed"
  cgroup_made "docker/$IMAGE_ID"
  wait_for "$E2E_DEADLINE" "answer of the container" image_ready "$name" "$port"
  IMAGE_PID=$(engine inspect --format '{{.State.Pid}}' "$name")
}

image_ready() {
  [[ $(engine inspect --format '{{.State.Running}}' "$1") == true ]] ||
    die "the container ended: $(engine logs "$1" 2>&1 | tail -n 5)"
  http_ok "http://127.0.0.1:$2/-/ready"
}

is_healthy() {
  [[ $(engine inspect --format '{{.State.Health.Status}}' "$1") == healthy ]]
}

status_of() {
  awk -v key="$1:" '$1 == key { print $2 }' "/proc/$IMAGE_PID/status"
}

expect_rights() {
  local mask
  [[ $(status_of Uid) == "$USER_ID" ]] || die "it runs as $(status_of Uid)"
  mask=$(mask_of "$@")
  [[ $(status_of CapEff) == "$mask" && $(status_of CapPrm) == "$mask" ]] ||
    die "its capabilities are $(status_of CapEff), expected $mask: $*"
  [[ $(status_of NoNewPrivs) == 1 && $(status_of Seccomp) == 2 ]] || die "it can get new privileges"
  if grep ' - overlay ' "/proc/$IMAGE_PID/mountinfo" | grep -v ' / / '; then
    die "it keeps the file systems of other containers, see above"
  fi
  say "it runs as UID $(status_of Uid), with ${*:-no capability} alone"
}

start_loads() {
  local id
  id=$(container_run --name still-files -- /bin/e2e_hog files 500)
  STILL+=("$id")
  id=$(container_run --name still-watches --user 1234 --tmpfs /mine:uid=1234 -- /bin/e2e_hog watches 40 /watched)
  STILL+=("$id")
  wait_for "$E2E_DEADLINE" "held files" container_says still-files '^files: 500$'
  wait_for "$E2E_DEADLINE" "held watches" container_says still-watches '^watches: 40$'
  say "two containers stand still: one with 500 files, one with 40 watches as another user"
}

# What both are told, with the folders of Docker in one of them and no other runtime in either.
config() {
  printf 'sampling: {pools_interval: 1s, holdings_interval: 2s}\nneighbours_above: 0\nidentity:\n  roots:\n'
  printf '    docker: [%s]\n' "$1"
  printf '    %s: []\n' containerd runc crun cri_o podman machines kubelet_logs
}

# compare SOURCE: what the container serves and what the host's process does.
compare() {
  local source=$1 port host_port deadline name=kcommons-$1 capability
  local -a capabilities options=()
  mapfile -t capabilities < <(capabilities_for "$source")
  for capability in "${capabilities[@]}"; do options+=(--cap-add "$capability"); done
  port=$(free_port)
  image_run "$name" "$port" "${options[@]}" --env "KCOMMONS_SOURCE=$source"
  expect_rights "${capabilities[@]}"
  host_port=$(free_port)
  start "$KCOMMONS_E2E_WORK/host-$source.log" "$(exporter_binary)" serve --source="$source" \
    --config.file="$KCOMMONS_E2E_WORK/host.yaml" "--web.listen-address=127.0.0.1:$host_port"
  EXPORTER_PID=$STARTED
  wait_for "$E2E_DEADLINE" "answer of the host's process" exporter_ready "$host_port"
  deadline=$((SECONDS + 2 * E2E_DEADLINE))
  until same_series "$port" "$host_port" "${STILL[@]}"; do
    ((SECONDS < deadline)) || die "they differ: $(tail -n 20 "$KCOMMONS_E2E_WORK/differences")"
    sleep 1
  done
  say "by $source, $(tail -n 1 "$KCOMMONS_E2E_WORK/differences")"
  wait_for "$E2E_DEADLINE" "healthy container" is_healthy "$name"
  engine exec "$name" kcommons top --once >"$KCOMMONS_E2E_WORK/top" 2>&1 ||
    die "no kcommons top in it: $(cat "$KCOMMONS_E2E_WORK/top")"
  grep -q still-files "$KCOMMONS_E2E_WORK/top" || die "top names no still-files: $(cat "$KCOMMONS_E2E_WORK/top")"
  # Ends with the container.
  start "$KCOMMONS_E2E_WORK/live" engine exec --tty --env TERM=xterm-256color "$name" kcommons top
  wait_for "$E2E_DEADLINE" "live top" grep -q $'^\e\\[?1049h' "$KCOMMONS_E2E_WORK/live"
  say "its health check says healthy, and kcommons top works in it, printed and live"
  kill "$EXPORTER_PID"
  engine rm -f "$name" >/dev/null
}

# --- rights -----------------------------------------------------------------------------------

# Whatever it is given, it starts, and says what is missing.
expect_start_with_less() {
  image_run without "$(free_port)"
  expect_rights
  wait_for "$E2E_DEADLINE" "log of what is missing" container_says without 'missing=CAP_BPF,CAP_PERFMON'
  engine rm -f without >/dev/null
  image_run locked "$(free_port)" --cap-add SYS_ADMIN --security-opt no-new-privileges
  expect_rights
  engine rm -f locked >/dev/null
  say "with no-new-privileges there is no capability for who is not root"
  image_run root "$(free_port)" --user 0 --cap-add SYS_ADMIN --cap-add DAC_READ_SEARCH --security-opt no-new-privileges
  [[ $(status_of CapEff) == "$(mask_of SYS_ADMIN DAC_READ_SEARCH)" ]] || die "root has $(status_of CapEff)"
  engine rm -f root >/dev/null
  say "as UID 0 there are those that were added, with no-new-privileges too"
}

# What others ask of runc: an engine that knows the names BPF and PERFMON, which Debian 12's does not; and
# containerd for a pod of Kubernetes without privilege escalation. Which sets they fill, and no_new_privs.
expect_of_runc() {
  local port=$1 no_new_privs=$2 sets=$3 id=kcommons-newer bundle=$KCOMMONS_E2E_WORK/newer layer
  mkdir -p "$bundle/rootfs"
  layer=$(tar -xOf "$ARCHIVE" manifest.json | jq -r '.[0].Layers[0]')
  tar -xOf "$ARCHIVE" "$layer" | tar -x --xattrs --xattrs-include=security.capability -C "$bundle/rootfs"
  runc spec --bundle "$bundle"
  jq --arg uid "$USER_ID" --arg address "127.0.0.1:$port" --arg path "/kcommons-e2e/$id" \
    --argjson no_new_privs "$no_new_privs" --arg sets "$sets" '
    .process.terminal = false | del(.process.rlimits) | .process.noNewPrivileges = $no_new_privs |
    .process.user = {uid: ($uid | tonumber), gid: ($uid | tonumber)} |
    .process.args = ["/usr/bin/kcommons", "serve", "--source=bpf", "--web.listen-address=" + $address] |
    .process.capabilities = ($sets | split(" ")
      | map({key: ., value: ["CAP_BPF", "CAP_PERFMON", "CAP_DAC_READ_SEARCH"]}) | from_entries) |
    .linux.namespaces |= map(select(.type == "mount")) | del(.hostname) | .linux.cgroupsPath = $path' \
    "$bundle/config.json" >"$bundle/config.new"
  mv "$bundle/config.new" "$bundle/config.json"
  cgroup_will_make "kcommons-e2e/$id"
  runc --root "$KCOMMONS_E2E_WORK/runc" run --detach --bundle "$bundle" "$id" </dev/null \
    >"$KCOMMONS_E2E_WORK/$id.log" 2>&1 || die "runc run failed: $(cat "$KCOMMONS_E2E_WORK/$id.log")"
  wait_for "$E2E_DEADLINE" "answer of the container: $(cat "$KCOMMONS_E2E_WORK/$id.log")" \
    http_ok "http://127.0.0.1:$port/-/ready"
  IMAGE_PID=$(runc --root "$KCOMMONS_E2E_WORK/runc" state "$id" | jq .pid)
  [[ $(status_of Uid) == "$USER_ID" && $(status_of CapEff) == "$(mask_of BPF PERFMON DAC_READ_SEARCH)" ]] ||
    die "UID $(status_of Uid) has $(status_of CapEff)"
  runc_remove "$id"
  rm -r "$bundle"
  say "by bpf, with BPF, PERFMON and DAC_READ_SEARCH alone, of runc: no_new_privs $no_new_privs, $sets"
}

# The kcommons of compose.yaml, which is for an engine with its folders elsewhere.
expect_compose() {
  local port=$1 id project=$KCOMMONS_E2E_WORK/compose
  mkdir "$project"
  cat >"$project/port.yaml" <<CONFIG
services:
  kcommons:
    environment: {KCOMMONS_WEB_LISTEN_ADDRESS: "127.0.0.1:$port"}
CONFIG
  compose up -d --no-deps kcommons >"$project/log" 2>&1 || die "docker-compose fails: $(cat "$project/log")"
  id=$(compose ps -q kcommons)
  cgroup_made "docker/$id"
  wait_for "$E2E_DEADLINE" "answer of the container" image_ready "$id" "$port"
  curl --noproxy '*' -fsS "http://127.0.0.1:$port/metrics" >"$project/metrics"
  grep -q '^kcommons_source_info{source="bpf"' "$project/metrics" || die "compose's reads by procfs"
  grep -q '^kcommons_container_used{.*container="still-files"' "$project/metrics" || die "compose's names nobody"
  [[ -s $ENGINE_DIR/docker-data/volumes/composed_incidents/_data/incidents.jsonl ]] ||
    die "compose's keeps no incidents: $(engine logs "$id" 2>&1 | tail -n 5)"
  engine rm -f "$id" >/dev/null
  say "compose.yaml runs it, by bpf and with names, and it keeps incidents"
}

compose() {
  KCOMMONS_IMAGE=$IMAGE DOCKER_ROOT=$ENGINE_DIR/docker-data DOCKER_CONFIG=$ENGINE_DIR/docker-config \
    docker-compose --host "unix://$ENGINE_DIR/docker.sock" --project-name composed \
    -f "$root/deploy/docker/compose.yaml" -f "$KCOMMONS_E2E_WORK/compose/port.yaml" "$@"
}

main() {
  E2E_PROGRAMS=(containerd dockerd docker docker-compose runc busybox jq curl awk tar setcap strip python3)
  require_exporter
  # The sysctl is only saved: with_sysctl wants one.
  guarded_run fs.inotify.max_user_watches -- "$@"
  STILL=()
  config "$ENGINE_DIR/docker-data" >"$KCOMMONS_E2E_WORK/host.yaml"
  config /var/lib/docker >"$KCOMMONS_E2E_WORK/image.yaml"
  start_engine
  build
  expect_same_bytes
  expect_contents
  start_loads
  local source
  for source in ${KCOMMONS_E2E_SOURCES:-bpf procfs}; do compare "$source"; done
  [[ " ${KCOMMONS_E2E_SOURCES:-bpf procfs} " != *" bpf "* ]] || {
    expect_of_runc "$(free_port)" false bounding
    expect_of_runc "$(free_port)" true 'bounding permitted effective'
    expect_compose "$(free_port)"
  }
  expect_start_with_less
}

main "$@"
