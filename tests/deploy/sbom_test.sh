#!/usr/bin/env bash
# The bill of materials is valid CycloneDX, by its own library, and names what the program is linked
# with and what of it is compiled in, as the linker and dpkg say. Made twice, it is the same.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly SBOM=$MADE/sbom.cdx.json

# component NAME: its version and what of it is used.
component() {
  jq -r --arg name "$1" '.components[] | select(.name == $name) |
    .version + " " + (.properties[] | select(.name == "kcommons:use") | .value)' "$SBOM"
}

expect_component() {
  local version
  version=$(dpkg-query --show --showformat '${Version}\n' "$1" | sed -n 1p)
  [[ $(component "$1") == "$version $2" ]] || wrong "of $1 it says '$(component "$1")', not '$version $2'"
}

# By the names of the files alone: another way than that of sbom.py.
check_linked() {
  local library path package count=0
  for library in $(ldd "$PROGRAM" | awk '$2 == "=>" { print $1 }'); do
    grep -Fq "[$library]" < <(readelf --dynamic "$PROGRAM") || continue
    path=$(ldd "$PROGRAM" | awk -v library="$library" '$1 == library { print $3 }')
    package=$({ dpkg-query --search "$path" || dpkg-query --search "/usr$path"; } 2>/dev/null | cut -d : -f 1)
    expect_component "$package" 'linked, shared library'
    count=$((count + 1))
  done
  ((count > 10)) || wrong "the program is linked with $count libraries alone"
  say "$count libraries that are linked"
}

check_compiled_in() {
  local package
  for package in libcli11-dev libexpected-dev nlohmann-json3-dev; do
    expect_component "$package" 'compiled in, headers alone'
  done
  while read -r package; do
    grep -Fq "$package" "$DEPLOY_ROOT/deploy/packaging/CMakeLists.txt" ||
      wrong "the licence of $package is not in the package: deploy/packaging/CMakeLists.txt"
  done < <(jq -r '.components[] | select(.properties[].value | startswith("compiled in")) | .name' "$SBOM")
  [[ -z $(component catch2) ]] || wrong "what tests are made of is not in the program"
}

check_licences() {
  local lacking
  lacking=$(jq -r '.components[] | select(.licenses | not) | .name' "$SBOM" | tr '\n' ' ')
  say "licences that no program can read: ${lacking:-none}"
  [[ $(jq -r '.components[] | select(.name == "nlohmann-json3-dev").licenses[0].license.id' "$SBOM") == MIT ]] ||
    wrong "the licence of nlohmann-json3-dev is MIT"
}

make_again() {
  local date
  date=$(jq -r '.metadata.timestamp | fromdate' "$SBOM")
  "$DEPLOY_ROOT/deploy/packaging/sbom.py" ninja "$KCOMMONS_BUILD" cmd/kcommons/kcommons "$KCOMMONS_VERSION" "$date"
}

validate() {
  command -v npm >/dev/null || skip "npm is not there: the rest held, the schema was not asked"
  cp "$DEPLOY_ROOT"/tests/deploy/sbom/* "$WORK"
  (cd "$WORK" && npm ci --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000) >"$WORK/npm.log" 2>&1 ||
    skip "npm ci failed, the schema was not asked: $(tail -n 3 "$WORK/npm.log")"
  node "$WORK/validate.mjs" "$SBOM" || wrong "it is not valid, see above"
}

require jq ninja readelf
[[ $(jq -r .metadata.component.version "$SBOM") == "$KCOMMONS_VERSION" ]] || wrong "it is of another version"
check_linked
check_compiled_in
check_licences
cmp <(make_again) "$SBOM" || wrong "made again, it is another"
((FAILURES > 0)) || validate
finish
