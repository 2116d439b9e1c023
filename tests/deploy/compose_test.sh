#!/usr/bin/env bash
# deploy/docker/compose.yaml, as far as it can be looked at without a registry: it is one, each image has a
# version, everything that it mounts of this tree is there, dashboards are mounted where Grafana is told to
# look for them, and nothing listens beyond the loopback. That its kcommons runs is in image_test.sh.
#
#   tests/deploy/compose_test.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly COMPOSE=$root/deploy/docker/compose.yaml
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$root/tests/lib.sh"

command -v docker-compose >/dev/null || skip "docker-compose is not installed"
# Paths are absolute, and all is in the long form.
text=$(env -u KCOMMONS_IMAGE -u DOCKER_ROOT docker-compose -f "$COMPOSE" config) ||
  die "docker-compose refuses $COMPOSE"

# values KEY: of every line that has it.
values() {
  sed -n "s/^ *\(- \)\?$1: *//p" <<<"$text"
}

mounted=0
while read -r path; do
  # What is the host's, the host has.
  [[ $path == "$root"/* ]] || continue
  mounted=$((mounted + 1))
  [[ -e $path ]] || wrong "it mounts $path, which is not there"
done < <(values source)
((mounted > 0)) || wrong "it mounts nothing of this tree"

while read -r image; do
  [[ $image == kcommons || $image =~ :v?[0-9]+\.[0-9]+\.[0-9]+$ ]] || wrong "image $image has no version"
done < <(values image)

while read -r path; do
  grep -qx "$path" < <(values target) || wrong "Grafana looks for dashboards in $path, where nothing is mounted"
done < <(grep -rhoE '^ *path: .*' "$root/deploy/grafana/provisioning" | sed 's/^ *path: *//')

services=$(docker-compose -f "$COMPOSE" config --services | wc -l)
[[ $(values network_mode | grep -cx host) -eq $services ]] ||
  wrong "not all $services services are on the host's network, where their addresses are of the loopback"
while read -r address; do
  [[ $address == 127.0.0.1* || -z $address ]] || wrong "it listens on $address"
done < <(grep -oE '(listen-address=|GF_SERVER_HTTP_ADDR: ).*' <<<"$text" | sed -E "s/.*(=|: )//")

say "compose.yaml: $services services, $mounted paths of this tree"
finish
