#!/usr/bin/env bash
# The README's tables of resources and metrics are those that the program prints. `--write` renews
# them.
set -euo pipefail

readme=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/README.md
table=$(mktemp)
trap 'rm -f "$table"' EXIT
status=0

for command in list-resources list-metrics; do
  begin="<!-- $command: begin -->"
  end="<!-- $command: end -->"
  "${KCOMMONS:?path of the kcommons binary}" "$command" >"$table"
  if [[ ${1:-} == --write ]]; then
    sed -i -e "/^$begin\$/,/^$end\$/{/^$begin\$/{p;r $table
}; /^$end\$/p; d}" "$readme"
    continue
  fi
  diff -u "$table" <(sed -n "/^$begin\$/,/^$end\$/p" "$readme" | sed '1d;$d') || {
    echo "README.md: the table is not that of 'kcommons $command'; renew it with $0 --write" >&2
    status=1
  }
done
exit "$status"
