#!/usr/bin/env bash
# Builds kcommons for arm64 on an amd64 machine with Debian's cross compiler: the BPF programs, all
# libraries and the program itself, which is then started under emulation. Neither part of
# tests/run.sh nor of continuous integration.
#
#   sudo tests/arm64.sh
#
# The libraries of the other architecture are installed in a tree of their own, build/arm64/tree, so
# that nothing of this machine's packages changes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

work=$root/build/arm64
tree=$work/tree
# As seen from inside of the tree.
build=/src/build/arm64/build

# Programs are those of this machine, what is linked to is of the other architecture; headers alone
# are of none.
packages() {
  local name
  for name in "${BUILD_PACKAGES[@]}" clang-14 bpftool libbpf-dev; do
    if [[ $name == *-dev ]] && ! grep -q '^Architecture: all$' < <(apt-cache show "$name"); then
      echo "$name:arm64"
    else
      echo "$name"
    fi
  done
  echo binutils g++-aarch64-linux-gnu qemu-user
}

# Made again when the packages may have changed.
make_tree() {
  [[ $tree/complete -nt ${BASH_SOURCE[0]} && $tree/complete -nt $root/deploy/packages.sh ]] && return
  say "installing compilers and libraries into $tree: about four minutes"
  rm -rf "$tree"
  mkdir -p "$work"
  mmdebstrap --quiet --variant=minbase --architectures=amd64,arm64 \
    --include="$(packages | tr '\n ' ',')" bookworm "$tree"
  mkdir "$tree/src"
  touch "$tree/complete"
}

# In a mount namespace, so that nothing stays mounted however this ends. Clang wants /proc.
in_tree() {
  # shellcheck disable=SC2016
  unshare --mount bash -c '
    set -e
    mount --bind "$1" "$2/src"
    mount -t proc proc "$2/proc"
    shift
    exec chroot "$@"' bash "$root" "$tree" "$@"
}

build_all() {
  in_tree cmake --preset release-only -S /src -B "$build" \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DKCOMMONS_BPF=ON >"$work/cmake.log"
  in_tree cmake --build "$build" -- --quiet
}

# expect_machine MACHINE FILE: what readelf says the file is for, of an archive each member.
expect_machine() {
  local machines
  machines=$(in_tree readelf -h "$2" | sed -n 's/^ *Machine: *//p' | sort -u)
  [[ $machines == "$1" ]] || die "$2 is for '$machines', expected $1"
  say "ok: $1: $2"
}

check_result() {
  local library
  expect_machine "Linux BPF" "$build/lib/bpf/kcommons_bpf.o"
  while IFS= read -r library; do
    expect_machine AArch64 "$library"
  done < <(in_tree find "$build/lib" -name '*.a' | sort)
  expect_machine AArch64 "$build/cmd/kcommons/kcommons"
  say "$(in_tree qemu-aarch64 "$build/cmd/kcommons/kcommons" --version)"
}

need_root
[[ $(dpkg --print-architecture) == amd64 ]] || die "this is not amd64: tests/run.sh builds what it is"
install_packages mmdebstrap util-linux
make_tree
build_all
check_result
say "kcommons builds for arm64 ($SECONDS s)"
