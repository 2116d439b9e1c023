#!/usr/bin/env bash
# Copies the rules of deploy/prometheus and the dashboards of deploy/grafana to where Helm and kustomize can
# read them: neither takes a file from outside of its own folder. The copies are checked in, and not to be
# edited.
#
#   deploy/helm/sync.sh             renews them
#   deploy/helm/sync.sh --check     fails where they are not the same, and says which
set -euo pipefail

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly SOURCES=("$deploy"/prometheus/rules/*.yml "$deploy"/grafana/dashboards/*.json)
readonly COPIES=(helm/kcommons/files/rules helm/kcommons/files/dashboards kubernetes/components/rules)

# In kustomize a file of rules has to be an object: the same lines, two columns to the right.
rule_object() {
  local name
  name=$(basename "$1" .yml)
  printf '# Made by deploy/helm/sync.sh of deploy/prometheus/rules/%s.\n' "$(basename "$1")"
  printf 'apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n'
  printf '  name: %s\nspec:\n' "${name//./-}"
  sed 's/^./  &/' "$1"
}

# make_copies FOLDER: all of them, as they are to be below deploy/.
make_copies() {
  local source name
  mkdir -p "${COPIES[@]/#/$1/}"
  for source in "${SOURCES[@]}"; do
    [[ -f $source ]] || {
      printf 'sync.sh: there is no %s\n' "$source" >&2
      exit 1
    }
    name=$(basename "$source")
    case $source in
      *.json) cp "$source" "$1/helm/kcommons/files/dashboards/$name" ;;
      *)
        cp "$source" "$1/helm/kcommons/files/rules/$name"
        rule_object "$source" >"$1/kubernetes/components/rules/${name%.yml}.yaml"
        ;;
    esac
  done
  {
    printf '# Made by deploy/helm/sync.sh.\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n'
    (cd "$1/kubernetes/components/rules" && printf -- '  - %s\n' kcommons.*.yaml)
  } >"$1/kubernetes/components/rules/kustomization.yaml"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-sync.XXXXXX")
trap 'rm -rf "$work"' EXIT
make_copies "$work"
status=0
for folder in "${COPIES[@]}"; do
  if [[ ${1:-} == --check ]]; then
    diff -ru "$deploy/$folder" "$work/$folder" >&2 || status=1
  else
    rm -rf "${deploy:?}/$folder"
    cp -r "$work/$folder" "$deploy/$folder"
  fi
done
((status == 0)) || printf 'the copies are not the same: run deploy/helm/sync.sh\n' >&2
exit "$status"
