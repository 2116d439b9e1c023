#!/usr/bin/env bash
# The configuration and the rules of deploy/prometheus: what Prometheus and Alertmanager say of them, what each
# alert does (rules/), and that what they name exists.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${KCOMMONS:?path of the kcommons binary}"
cd "$root/deploy/prometheus"

for program in promtool amtool python3; do
  command -v "$program" >/dev/null || {
    printf 'SKIPPED: %s is not installed\n' "$program" >&2
    exit 77
  }
done

promtool check config prometheus.yml
# Lint: no rule twice.
promtool check rules --lint=all --lint-fatal rules/*.yml
amtool check-config alertmanager.yml
# A route without a test is found out at night.
amtool config routes test --config.file=alertmanager.yml --verify.receivers=on-call \
  alertname=KcommonsPoolNearlyFull severity=critical
amtool config routes test --config.file=alertmanager.yml --verify.receivers=team \
  alertname=KcommonsPoolFillingUp severity=warning
python3 "$root/tests/deploy/rule_names.py" "$KCOMMONS" "$root"
promtool test rules "$root"/tests/deploy/rules/*.yml
