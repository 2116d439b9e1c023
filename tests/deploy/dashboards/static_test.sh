#!/usr/bin/env bash
# The dashboards as they are checked in: made from their source, what Grafana takes, and of metrics
# that there are. static_test.mjs says what is checked. Nothing of the machine is needed or changed.
#
#   tests/deploy/dashboards/static_test.sh
#
# Environment: KCOMMONS is the binary (default build/release/cmd/kcommons/kcommons).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
grafana=$root/deploy/grafana
: "${KCOMMONS:=$root/build/release/cmd/kcommons/kcommons}"

# shellcheck source-path=SCRIPTDIR/../.. source=lib.sh
source "$root/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=modules.sh
source "$here/modules.sh"

for program in jsonnet jsonnetfmt node npm; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done
[[ -x $KCOMMONS ]] || die "no kcommons at $KCOMMONS: build it, or set KCOMMONS"
work=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-dashboards.XXXXXX")
trap 'rm -rf "$work"' EXIT

jsonnetfmt --test "$grafana"/src/*sonnet || die "jsonnetfmt -i deploy/grafana/src/*sonnet"
mkdir "$work/made"
"$grafana/build.sh" "$work/made"
diff -ru "$grafana/dashboards" "$work/made" ||
  die "the dashboards are not what their source says: deploy/grafana/build.sh"
echo "ok: the dashboards are made from their source"

install_modules "$work/modules"
"$KCOMMONS" list-metrics >"$work/metrics.md"
DASHBOARDS=$grafana/dashboards METRICS=$work/metrics.md PROVISIONING=$grafana/provisioning \
  node --test-reporter=spec "$work/modules/static_test.mjs" || die "see above"
