#!/usr/bin/env bash
# Two builds of one commit, in two folders, are one: the checksums of the .deb, of the tarball and of the
# image are the same.
#
#   tests/deploy/reproducible.sh           builds twice, from nothing: half an hour on two cores
#   tests/deploy/reproducible.sh --short   packs one build twice, in other folders, another zone and
#                                          another language
#
# The long way takes what is committed, without ccache: what that keeps may be of another folder's build, whose
# names it has. With umask 022: CPack writes the mode of its own files into the .deb.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
umask 022

# checksums FOLDER: of the packages in there.
checksums() {
  (cd "$1" && find . -maxdepth 1 -type f \( -name '*.deb' -o -name '*.tar.gz' -o -name '*.tar' \) -print0 |
    sort -z | xargs -0 sha256sum)
}

# compare ONE OTHER
compare() {
  checksums "$1" >"$WORK/one.sums"
  checksums "$2" >"$WORK/other.sums"
  [[ -s $WORK/one.sums ]] || die "there are no packages in $1"
  cat "$WORK/one.sums"
  diff "$WORK/one.sums" "$WORK/other.sums" || die "made twice, and not the same"
}

pack_twice() {
  pack "$WORK/one.packages"
  (
    export TZ=Pacific/Auckland LC_ALL=C LANG=C
    unset SOURCE_DATE_EPOCH
    pack "$WORK/a_longer_name.packages"
  )
  compare "$WORK/one.packages" "$WORK/a_longer_name.packages"
}

# build_in FOLDER COMMIT: by the workflow of a release.
build_in() {
  git -C "$DEPLOY_ROOT" worktree add --quiet --detach "$1" "$2"
  (cd "$1" && cmake --workflow --preset release) >"$WORK/build.log" 2>&1 || {
    tail -n 30 "$WORK/build.log" >&2
    die "the workflow release fails; its last words are above"
  }
}

remove_trees() {
  local tree
  for tree in "$WORK/one" "$WORK/other/in/a/folder"; do
    git -C "$DEPLOY_ROOT" worktree remove --force "$tree" 2>/dev/null || true
  done
  rm -rf "$WORK"
}

build_twice() {
  local commit
  trap remove_trees EXIT
  export CCACHE_DISABLE=1
  # Somebody may commit meanwhile.
  commit=$(git -C "$DEPLOY_ROOT" rev-parse HEAD)
  build_in "$WORK/one" "$commit"
  say "one build: $SECONDS s"
  mkdir -p "$WORK/other/in/a"
  build_in "$WORK/other/in/a/folder" "$commit"
  say "both: $SECONDS s"
  compare "$WORK/one/build/package/packages" "$WORK/other/in/a/folder/build/package/packages"
}

case ${1:-} in
  --short) pack_twice ;;
  '') build_twice ;;
  *) die "no such argument: $1" ;;
esac
