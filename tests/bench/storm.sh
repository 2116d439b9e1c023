#!/usr/bin/env bash
# A thousand containers that are there all at once: after how many censuses each has its name, and
# how long looking for names has held up a census, and so the sampler.
#
#   sudo tests/bench/storm.sh [--source bpf|procfs] [--containers N]
#
# Prints a row of a table for each census until all are named. Fails where that takes more than two,
# or where one was held up for more than 50 ms. The containers are processes in cgroups that look
# like Docker's, with the files that Docker and its containerd would have left for each.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$here/lib.sh"

readonly MOST_CENSUSES=2
readonly MOST_SECONDS=0.050
# What bench_load ends its ids with.
readonly MARK=6b636f6d6d6f6e73

source=bpf containers=1000

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --help | -h) print_help ;;
      --source) source=${2-} ;;
      --containers)
        [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || die "$1: ${2:-nothing}: expected a number"
        containers=$2
        ;;
      *) die "$1: not an option, see --help" ;;
    esac
    shift 2
  done
}

ids() {
  find /sys/fs/cgroup -maxdepth 3 -type d -path "*/docker/*$MARK" -printf '%f\n' | sort -u
}

# What real engines leave, with another id.
leave_files() {
  local id bundles=$WORK/containerd/io.containerd.runtime.v2.task/moby
  local config bundle
  config=$(<"$ROOT/tests/fixtures/identity/runtime/docker.config.v2.json")
  bundle=$(<"$ROOT/tests/fixtures/identity/oci/v1hybrid.docker.oci-config.json")
  local old
  old=$(jq -r .ID <<<"$config")
  while read -r id; do
    mkdir -p "$WORK/docker/containers/$id" "$bundles/$id"
    printf '%s\n' "${config//"$old"/"$id"}" >"$WORK/docker/containers/$id/config.v2.json"
    printf '%s\n' "${bundle//"$old"/"$id"}" >"$bundles/$id/config.json"
  done < <(ids)
}

write_identity() {
  cat <<YAML
identity:
  roots:
    docker: [$WORK/docker]
    containerd: [$WORK/containerd]
YAML
}

# COUNT CONTAINERS UNNAMED WAIT of the last census.
newest() {
  curl -fsS --max-time 30 "$URL" | awk '
    /^kcommons_census_total\{kind="holdings"\}/ { count = $2 }
    /^kcommons_containers / { containers = $2 }
    /^kcommons_containers_unnamed / { unnamed = $2 }
    /^kcommons_identity_wait_seconds / { wait = $2 }
    END { print count, containers, unnamed, wait }'
}

# A row for each census that sees them, until all are named.
watch_them() {
  local seen=0 last=-1 deadline=$((SECONDS + DEADLINE)) count found unnamed wait
  printf '| census | containers | without a name | held up, ms |\n| ---: | ---: | ---: | ---: |\n'
  while ((SECONDS < deadline)); do
    read -r count found unnamed wait < <(newest)
    ((count == last || found < containers)) || {
      seen=$((seen + 1))
      printf '| %d | %d | %d | %s |\n' "$seen" "$found" "$unnamed" "$(awk "BEGIN { printf \"%.1f\", $wait * 1000 }")"
      awk "BEGIN { exit !($wait > $MOST_SECONDS) }" &&
        die "a census was held up for $wait s, more than $MOST_SECONDS s"
      ((unnamed > 0)) || break
      last=$count
    }
    sleep 0.05
  done
  ((seen > 0 && unnamed == 0)) || die "not all containers are named: $unnamed of $found are not"
  ((seen <= MOST_CENSUSES)) || die "it took $seen censuses to name them, more than $MOST_CENSUSES"
}

parse_arguments "$@"
guarded_run "$@"
CONFIGURATION=$(write_identity)
start_kcommons "$source" || die "kcommons refuses \`source: $source\`: $REFUSED"
# It sees nothing of them before all are there. When it goes on after more than two intervals, its
# censuses begin anew, a whole interval apart: a census that was only late is followed by the next
# one in its old place, which may be after a tenth of the interval.
kill -STOP "$EXPORTER"
stopped=$SECONDS
start_load --processes "$containers" --descriptors 1 --containers "$containers"
leave_files
while ((SECONDS - stopped < 4)); do sleep 0.1; done
kill -CONT "$EXPORTER"
watch_them
peak=$(peak_kib "$EXPORTER")
stop "$EXPORTER"
stop_load
printf '\n%s MiB at the most.\n\nMachine: %s.\n' \
  "$(calculate "$peak / 1024" | sed 's/\(\.[0-9]\).*/\1/')" "$(machine)"
