# shellcheck shell=bash
# What kcommons is to call each container, and whether it does: in /metrics, in `top` and in `audit`.
# To be sourced after lib.sh, engine.sh and monitoring.sh of tests/e2e.
#
# Environment, all optional: KCOMMONS, KCOMMONS_E2E_SOURCE as in tests/e2e.

RUNTIMES_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly RUNTIMES_DIR
# Every container waits by this command, so that it is one process.
# shellcheck disable=SC2034 # used by those that source this
readonly WAIT=(/bin/busybox sleep 3600)
# A label that the configuration asks for, and one container of each runtime that has labels has.
# shellcheck disable=SC2034 # used by those that source this
readonly LABEL=com.example.team

# One JSON object a line: what `named` was told.
NAMED=()
# The folders of the configuration, by the name of their key: "docker /path".
ROOTS=()

# root KEY FOLDER: where a runtime keeps what it knows.
root() {
  ROOTS+=("$1 $2")
}

# named container_id=… runtime=… container=… [KEY=VALUE]...: a container that runs. The keys are
# labels of kcommons_container_info; pod and namespace are empty where they are not given. But
#   shown    the name in tables, where that is not the container's own
#   helper   yes: a shim or monitor of its own works for it
named() {
  NAMED+=("$(jq -cn '{pod: "", namespace: ""} + ([$ARGS.positional[]
    | capture("^(?<key>[a-z_]+)=(?<value>.*)$"; "m")] | from_entries)' --args "$@")")
  say "a container runs: $*"
}

# In YAML. Of runtimes that were not started there are no folders: what else is on this machine is
# not ours to name.
identity_config() {
  local key root
  printf 'identity:\n  labels: [%s]\n  roots:\n' "$LABEL"
  for key in docker containerd runc crun cri_o podman machines kubelet_logs; do
    printf '    %s: [' "$key"
    for root in "${ROOTS[@]}"; do [[ ${root%% *} != "$key" ]] || printf '%s, ' "${root#* }"; done
    printf ']\n'
  done
}

# All that is asked has the same configuration. METRICS_URL is where the metrics are.
start_kcommons() {
  local port
  port=$(free_port)
  # For audit.sh too.
  KCOMMONS=$(exporter_binary)
  export KCOMMONS KCOMMONS_CONFIG_FILE=$KCOMMONS_E2E_WORK/kcommons.yaml
  start_exporter "$port" "$(identity_config)"
  METRICS_URL=http://127.0.0.1:$port/metrics
  say "kcommons answers on 127.0.0.1:$port"
}

# metrics NAME...: the series of those metrics as JSON, [{name, labels, value}].
metrics() {
  local IFS='|'
  curl --noproxy '*' -fsS --max-time 5 "$METRICS_URL" | grep -E "^($*)\{" |
    jq -Rcn '[inputs | capture("^(?<name>[a-z_]+)\\{(?<labels>.*)\\} (?<value>\\S+)$")
      | .value |= tonumber
      | .labels |= ([scan("([a-z0-9_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"") | {key: .[0], value: .[1]}]
          | from_entries)]'
}

# wrong_names: what is not called as it should be, one line each.
wrong_names() {
  local work=$KCOMMONS_E2E_WORK
  metrics kcommons_container_info kcommons_container_processes >"$work/metrics.json" || return
  "$KCOMMONS" top --once --resource pids -o json >"$work/top.json" || return
  # Its status says how full the pools are.
  "$KCOMMONS" audit --all -o json >"$work/audit.json" || (($? < 3)) || return
  printf '%s\n' "${NAMED[@]}" | jq -rs --slurpfile metrics "$work/metrics.json" \
    --slurpfile top "$work/top.json" --slurpfile audit "$work/audit.json" \
    -f "$RUNTIMES_DIR/names.jq"
}

names_are_right() {
  WRONG=$(wrong_names) || return 1
  [[ -z $WRONG ]]
}

# The evidence that kcommons had for those. A line begins with runtime and id.
explain_wrong() {
  local id
  while read -r _ id _; do
    "$KCOMMONS" explain "${id%:}" || true
  done < <(sort -u -k 2,2 <<<"$WRONG")
}

# What a daemon learns of a container's name, it serves from its next census on.
expect_names() {
  local deadline=$((SECONDS + E2E_DEADLINE / 2))
  until names_are_right; do
    if ((SECONDS >= deadline)); then
      printf '%s\n' "$WRONG" >&2
      explain_wrong >&2
      die "kcommons calls these by other names, see above"
    fi
    sleep 0.5
  done
  say "kcommons calls all ${#NAMED[@]} by their names: in /metrics, top and audit"
}
