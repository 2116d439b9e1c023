#!/usr/bin/env bash
# Makes the dashboards, as JSON, from their source in src/.
#
#   deploy/grafana/build.sh            into deploy/grafana/dashboards, where they are checked in
#   deploy/grafana/build.sh FOLDER     into another folder
#
# Needs jsonnet, of Debian's package of that name.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly DASHBOARDS=(fleet node container)

command -v jsonnet >/dev/null || {
  echo "build.sh: jsonnet is not installed: apt-get install jsonnet" >&2
  exit 1
}
folder=${1:-$here/dashboards}
for name in "${DASHBOARDS[@]}"; do
  jsonnet --output-file "$folder/$name.json" "$here/src/$name.jsonnet"
done
