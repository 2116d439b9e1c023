#!/usr/bin/env bash
# Installs what testing needs, builds everything and runs every test. Run again, it builds only
# what has changed.
#
#   sudo tests/run.sh               everything, about an hour the first time on two cores
#   sudo tests/run.sh LANE...       some of: check dev tsan fuzz release tidy
#
#   check     formatting, shell scripts, includes against the layers
#   dev       GCC with ASan and UBSan: unit, integration and churn tests
#   tsan      Clang with TSan, built without bpf: the same, of what has threads
#   fuzz      Clang with libFuzzer: each target for some seconds
#   release   GCC, optimised: unit, integration, and the experiments with real runtimes
#   tidy      clang-tidy over all of it
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

TEST_PACKAGES=(
  catch2 clang-format-14 clang-tidy-14 libclang-rt-14-dev
  python3-jsonschema python3-prometheus-client python3-yaml shellcheck
  busybox-static curl docker.io inotify-tools iproute2 jq procps prometheus runc tmux util-linux
  docker-compose libcap2-bin openssl stunnel4
  prometheus-alertmanager python3-yaml
  containerd lxc podman protobuf-compiler python3-grpcio python3-protobuf systemd-container
  chromium fonts-dejavu-core fonts-inter
  jsonnet
  fish lintian man-db mandoc zsh
)

# tests/fuzz/run.sh 1200 is for changes of a parser.
readonly FUZZ_SECONDS=3

started=$SECONDS
lane() {
  say ""
  say "== $1 (after $((SECONDS - started)) s)"
}

run_check() {
  lane "check: formatting and shell scripts"
  git ls-files '*.cpp' '*.hpp' | xargs clang-format-14 --dry-run --Werror
  git ls-files '*.sh' '.ci/run' 'deploy/packaging/debian/p*' | xargs shellcheck --external-sources
  # With pipefail, who writes to a reader that has left fails, now and then, and the pipe with it.
  ! git grep -nE '(^|[^|])\| *(grep -[a-zA-Z]*q|head( |$))' -- '*.sh' ||
    die "a reader that leaves early: grep -q PATTERN < <(COMMAND), or sed -n 1p, instead"
}

# One workflow of CMakePresets.json by its steps, so that the output of a good build stays short.
run_preset() {
  local preset=$1
  shift
  lane "$preset: build"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" -- --quiet
  lane "$preset: test"
  ctest --preset "$preset" "$@"
}

run_fuzz() {
  lane "fuzz: each target for $FUZZ_SECONDS s"
  tests/fuzz/run.sh "$FUZZ_SECONDS"
}

run_tidy() {
  lane "tidy: clang-tidy"
  cmake --preset tidy >/dev/null
  cmake --build --preset tidy -- --quiet
}

run_lane() {
  case $1 in
    check) run_check ;;
    dev) run_preset dev -LE 'e2e|timing' ;;
    tsan) run_preset tsan -LE 'e2e|timing' ;;
    fuzz) run_fuzz ;;
    release) run_preset release -LE soak ;;
    tidy) run_tidy ;;
    *) die "no such lane: $1, expected check, dev, tsan, fuzz, release or tidy" ;;
  esac
}

# Node from elsewhere brings an npm of its own, which Debian's is in conflict with. Without, a test is
# skipped, and says so.
install_node() {
  command -v npm >/dev/null || (install_packages nodejs) || true
  command -v npm >/dev/null || (install_packages npm) ||
    say "npm cannot be installed: the status page is not tested in a browser"
}

need_root
cd "$root"
install_packages "${BUILD_PACKAGES[@]}" "${PACKAGING_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
install_node
lanes=("$@")
[[ ${#lanes[@]} -gt 0 ]] || lanes=(check dev tsan fuzz release tidy)
for name in "${lanes[@]}"; do
  run_lane "$name"
done
say ""
say "all lanes passed: ${lanes[*]} ($((SECONDS - started)) s)"
