# shellcheck shell=bash
# What the tests of packages share. To be sourced, by scripts with `set -euo pipefail`.
#
# Environment, set by CMakeLists.txt; by hand, the workflow release's build is taken:
#   KCOMMONS_BUILD     a build with KCOMMONS_PACKAGE
#   KCOMMONS_VERSION   the version of the project
#
# Exit codes: 0 all held; 1 something did not; 77 skipped.

DEPLOY_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly DEPLOY_ROOT
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$DEPLOY_ROOT/tests/lib.sh"
: "${KCOMMONS_BUILD:=$DEPLOY_ROOT/build/package}"
: "${KCOMMONS_VERSION:=$(sed -n 's/^  VERSION \([0-9.]*\)$/\1/p' "$DEPLOY_ROOT/CMakeLists.txt")}"
readonly KCOMMONS_BUILD KCOMMONS_VERSION
readonly PROGRAM=$KCOMMONS_BUILD/cmd/kcommons/kcommons
# Where man pages, completions and the bill of materials are made.
# shellcheck disable=SC2034
readonly MADE=$KCOMMONS_BUILD/deploy/packaging

WORK=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-deploy.XXXXXX")
readonly WORK
trap 'rm -rf "$WORK"' EXIT
export LC_ALL=C.UTF-8

# require PROGRAM...: they come with TEST_PACKAGES of tests/run.sh.
require() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || die "$program is not installed"
  done
}

# pack DIRECTORY [ARGUMENT...]: makes the .deb and the tarball there, by CPack.
pack() {
  local directory=$1
  shift
  cpack --config "$KCOMMONS_BUILD/CPackConfig.cmake" -B "$directory" -G 'DEB;TGZ' "$@" \
    >"$directory.log" 2>&1 || {
    cat "$directory.log" >&2
    die "cpack fails; what it said is above"
  }
}

# commands: those of the program, one a line.
commands() {
  "$PROGRAM" --help | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p'
}

# flags [COMMAND]: the long names of its flags, one a line.
flags() {
  "$PROGRAM" "$@" --help | sed -n 's/^  \(-[a-z],\)\{0,1\}\(--[a-z][a-z.-]*\).*/\2/p'
}
