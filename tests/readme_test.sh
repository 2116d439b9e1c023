#!/usr/bin/env bash
# The README's table of metrics is the one that the program prints. `--write` renews it.
set -euo pipefail

readme=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/README.md
begin='<!-- list-metrics: begin -->'
end='<!-- list-metrics: end -->'

table=$(mktemp)
trap 'rm -f "$table"' EXIT
"${KCOMMONS:?path of the kcommons binary}" list-metrics >"$table"

if [[ ${1:-} == --write ]]; then
  sed -i -e "/^$begin\$/,/^$end\$/{/^$begin\$/{p;r $table
}; /^$end\$/p; d}" "$readme"
  exit 0
fi
diff -u "$table" <(sed -n "/^$begin\$/,/^$end\$/p" "$readme" | sed '1d;$d') || {
  echo "README.md: the table of metrics is not that of 'kcommons list-metrics'; renew it with $0 --write" >&2
  exit 1
}
