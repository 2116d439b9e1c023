#!/usr/bin/env bash
# The .deb and the tarball of this build: lintian accepts the one, both have what they should and
# nothing else, and what is in them works without being installed.
#
#   tests/deploy/package_test.sh [--bless]     --bless renews package_contents.txt
#
# Whether it installs, runs, upgrades and goes away is asked in tests/qemu: `tests/qemu/run.sh package`.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly CONTENTS=$DEPLOY_ROOT/tests/deploy/package_contents.txt

# One .deb and one tarball come out of it.
find_packages() {
  local debs=("$WORK"/packages/*.deb) tarballs=("$WORK"/packages/*.tar.gz)
  [[ ${#debs[@]} -eq 1 && ${#tarballs[@]} -eq 1 ]] || die "packages: $(ls "$WORK/packages")"
  DEB=${debs[0]} TARBALL=${tarballs[0]}
  say "$(basename "$DEB"): $(stat -c %s "$DEB") bytes; $(basename "$TARBALL"): $(stat -c %s "$TARBALL") bytes"
}

check_lintian() {
  local as_root=()
  ((EUID != 0)) || as_root=(--allow-root)
  lintian "${as_root[@]}" --fail-on error,warning --no-cfg --tag-display-limit 0 "$DEB" ||
    wrong "lintian does not accept the package, see above"
}

# Rules, dashboards and examples are as many as there are in deploy.
shared_files() {
  (cd "$DEPLOY_ROOT/deploy" && for folder in prometheus grafana stunnel; do
    [[ ! -d $folder ]] || find "$folder" -type f \( -name '*.yml' -o -name '*.yaml' -o -name '*.json' \
      -o -name '*.conf' \)
  done) | sed 's,^,./usr/share/kcommons/,' | sort
}

check_contents() {
  dpkg-deb --contents "$DEB" | awk '{ print $1, $2, $6 }' | sort -k 3 >"$WORK/all"
  grep -v ' \./usr/share/kcommons/' "$WORK/all" >"$WORK/contents"
  if [[ ${1:-} == --bless ]]; then cp "$WORK/contents" "$CONTENTS"; fi
  diff -u "$CONTENTS" "$WORK/contents" || wrong "the .deb has other files, renew the list with $0 --bless"
  diff -u <(shared_files) <(sed -n 's,^-rw-r--r-- root/root \(\./usr/share/kcommons/.*\),\1,p' "$WORK/all") ||
    wrong "the .deb has not the rules, dashboards and examples of deploy"
  diff -u <(dpkg-deb --info "$DEB" conffiles) <(sed -n 's,^-.* \./etc/,/etc/,p' "$WORK/all") ||
    wrong "conffiles are not the files below /etc"
}

check_tarball() {
  local top
  top=$(basename "$TARBALL" .tar.gz)
  tar -tzf "$TARBALL" | grep -v '/$' | sed "s,^$top/,./," | sort >"$WORK/in_tarball"
  diff -u <(sed -n 's/^-.* //p' "$WORK/all" | grep -v '/lintian/' | cat - <(printf './%s\n' LICENSE README.md) | sort) \
    "$WORK/in_tarball" || wrong "the tarball has not the files of the .deb, README.md and LICENSE"
  tar -xzf "$TARBALL" -C "$WORK"
  check_tree "$WORK/$top"
}

# check_tree FOLDER: what a package has, works from there.
check_tree() {
  local version
  version=$("$1/usr/bin/kcommons" --version)
  [[ $version == "kcommons, version $KCOMMONS_VERSION ("* ]] || wrong "--version says $version"
  "$1/usr/bin/kcommons" check-config "$1/etc/kcommons/kcommons.yaml" || wrong "its configuration has mistakes"
  if readelf --sections "$1/usr/bin/kcommons" | grep -E '\.debug_|\.symtab'; then wrong "it is not stripped"; fi
  readelf --dynamic "$1/usr/bin/kcommons" | grep -E 'RPATH|RUNPATH' && wrong "it looks for libraries elsewhere"
  cmp "$1/lib/systemd/system/kcommons.service" "$DEPLOY_ROOT/deploy/systemd/kcommons.service" ||
    wrong "its unit is not that of deploy/systemd"
}

check_fields() {
  local depends
  [[ $(dpkg-deb --field "$DEB" Version) == "$KCOMMONS_VERSION-1" ]] || wrong "its version is not the project's"
  depends=$(dpkg-deb --field "$DEB" Depends)
  [[ $depends == *'libc6 (>= '* && $depends == *libbpf* ]] || wrong "it depends on: $depends"
  dpkg-deb --info "$DEB" postinst | sh -n || wrong "postinst is no shell script"
}

# The first section is either of what is not released, or of this version; those below are older.
check_changelog() {
  local first rest
  first=$(sed -n 's/^## //p' "$DEPLOY_ROOT/CHANGELOG.md" | sed -n 1p)
  [[ $first == Unreleased || ${first%% *} == "$KCOMMONS_VERSION" ]] ||
    wrong "CHANGELOG.md begins with $first, and the version is $KCOMMONS_VERSION"
  while read -r rest; do
    dpkg --compare-versions "$rest" le "$KCOMMONS_VERSION" ||
      wrong "CHANGELOG.md has $rest, and the version is $KCOMMONS_VERSION"
  done < <(sed -n 's/^## \([0-9][^ ]*\).*/\1/p' "$DEPLOY_ROOT/CHANGELOG.md")
}

main() {
  require cpack lintian dpkg-deb
  pack "$WORK/packages"
  find_packages
  check_lintian
  check_contents "$@"
  check_fields
  check_changelog
  dpkg-deb --extract "$DEB" "$WORK/tree"
  check_tree "$WORK/tree"
  check_tarball
  finish
}

main "$@"
