#!/usr/bin/env bash
# Tests on the kernel of Debian 12 (6.1), with systemd and cgroup v2, in a virtual machine: this
# machine's own kernel may be another. Neither part of tests/run.sh nor of continuous integration.
#
#   sudo tests/qemu/run.sh              all checks
#   sudo tests/qemu/run.sh CHECK...     some: unit_LAYER, serve_SOURCE, service, package,
#                                       names_RUNTIME, kernel_log
#
# The image and the build are kept in build/qemu. The machine sees this source tree, read only, where
# it is here, and writes what it finds to build/qemu/results.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"

# The layers whose unit tests are run, the sources that the daemon is run with, and the runtimes
# whose containers it must name, each a function of names/*.sh. One more is a word here. Machines
# of nspawn come last: they leave a hierarchy of cgroup v1 behind, by which podman takes other ways.
UNIT_TESTS=(bpf census procfs cgroup attribution)
SOURCES=(procfs bpf)
NAMES=(units docker podman podman_pod rootless containerd cri lxc nspawn nspawn_booted)

QEMU_PACKAGES=(
  bpftool catch2 clang-14 libbpf-dev nlohmann-json3-dev
  e2fsprogs mmdebstrap qemu-system-x86
)

work=$root/build/qemu
build=$work/build
results=$work/results

# Seconds that the machine has. An emulated one is some twenty times slower.
LONGEST=600
LONGEST_EMULATED=1800

# --- what is needed ---------------------------------------------------------------------------

# Made again when the recipe has changed.
make_image() {
  [[ $work/disk.ext4 -nt $here/image.sh ]] && return
  say "making the image: about four minutes"
  "$here/image.sh" "$work"
}

# build_programs CHECK...: of the release build, with the BPF programs, what these checks run.
build_programs() {
  local targets=(kcommons) check list="${UNIT_TESTS[*]}"
  for check in "$@"; do
    case $check in
      unit_*) targets+=("$check") ;;
      package) targets+=(kcommons_package_files) ;;
    esac
  done
  say "building ${targets[*]}"
  cmake --preset release -B "$build" \
    "-DKCOMMONS_UNIT_TESTS=${list// /;}" -DKCOMMONS_BPF=ON >"$work/cmake.log"
  cmake --build "$build" --target "${targets[@]}" -- --quiet
  if [[ " ${targets[*]} " == *' kcommons_package_files '* ]]; then make_packages; fi
}

# Of that build: the package, and one of the next version to upgrade to.
make_packages() {
  local version
  version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
  rm -rf "$work/packages"
  cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/packages" >"$work/cpack.log"
  cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/packages" -R "$version.1" >>"$work/cpack.log"
}

# --- the machine ------------------------------------------------------------------------------

# What the image's service calls.
write_start() {
  cat >"$results/start" <<START
set -e
mkdir -p '$root'
mount -t 9p -o trans=virtio,ro tree '$root'
exec '$here/guest.sh' '$build' /mnt/results $*
START
}

# There are machines whose /dev/kvm lets nothing run, because they are virtual themselves.
can_kvm() {
  [[ -w /dev/kvm ]] && grep -Eqw 'vmx|svm' /proc/cpuinfo
}

# Nothing is written to the image (snapshot=on): each run begins with the same machine. Without
# AppArmor, for which Docker would want tools that the image does not have.
boot() {
  local accelerator=tcg,thread=multi longest=$LONGEST_EMULATED
  if can_kvm; then
    accelerator=kvm
    longest=$LONGEST
  fi
  say "booting ($accelerator, at most $longest s), console: $work/console.log"
  timeout "$longest" qemu-system-x86_64 -accel "$accelerator" -machine q35 -cpu max -smp 2 -m 2048 \
    -nic none -display none -monitor none -no-reboot -serial "file:$work/console.log" \
    -kernel "$work/vmlinuz" -initrd "$work/initrd.img" \
    -append "root=/dev/vda rw console=ttyS0 quiet panic=-1 apparmor=0" \
    -drive "file=$work/disk.ext4,format=raw,if=virtio,snapshot=on" \
    -virtfs "local,path=$root,mount_tag=tree,security_model=none,readonly=on" \
    -virtfs "local,path=$results,mount_tag=results,security_model=none" </dev/null
}

# --- the answer -------------------------------------------------------------------------------

# A line for one check, and all that it said where it failed.
tell() {
  local check=$1 status='' seconds=''
  [[ ! -e $results/$check.status ]] || read -r status seconds <"$results/$check.status"
  if [[ $status == 0 ]]; then
    say "ok: $check ($seconds s) $(grep . "$results/$check.log" | tail -n 1)"
    grep 'skipped:' "$results/$check.log" >&2 || true
    return
  fi
  say "NOT OK: $check: ${status:+exit code }${status:-did not end}"
  [[ ! -e $results/$check.log ]] || cat "$results/$check.log" >&2
  return 1
}

main() {
  local checks=("$@") check failed=0
  if [[ ${#checks[@]} -eq 0 ]]; then
    checks=("${UNIT_TESTS[@]/#/unit_}" "${SOURCES[@]/#/serve_}" package service)
    checks+=("${NAMES[@]/#/names_}" kernel_log)
  fi
  need_root
  cd "$root"
  install_packages "${BUILD_PACKAGES[@]}" "${PACKAGING_PACKAGES[@]}" "${QEMU_PACKAGES[@]}"
  mkdir -p "$work"
  make_image
  build_programs "${checks[@]}"
  rm -rf "$results"
  mkdir -p "$results"
  write_start "${checks[@]}"
  boot || {
    say "NOT OK: the machine did not end by itself: qemu's exit code is $?"
    failed=1
  }
  if [[ ! -e $results/machine ]]; then
    tail -n 20 "$work/console.log" >&2
    die "the machine did not come so far as to run anything; its last words are above"
  fi
  say "$(cat "$results/machine")"
  for check in "${checks[@]}"; do
    tell "$check" || failed=$((failed + 1))
  done
  [[ $failed -eq 0 ]] || die "not all of the ${#checks[@]} checks passed: see NOT OK above"
  say "all ${#checks[@]} checks passed ($SECONDS s)"
}

main "$@"
