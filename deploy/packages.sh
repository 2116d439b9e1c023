# shellcheck shell=bash
# The Debian packages that kcommons needs, in one place, and how a script installs them. Sourced.

# shellcheck disable=SC2034
BUILD_PACKAGES=(
  cmake ninja-build g++ git
  bpftool clang-14 libbpf-dev libcap-dev libcrypt-dev
  libcivetweb-dev libcli11-dev libexpected-dev libfmt-dev libncurses-dev libspdlog-dev libyaml-cpp-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev
)

# What cpack needs beside that: deploy/packaging.
# shellcheck disable=SC2034
PACKAGING_PACKAGES=(dpkg-dev file jq libcap2-bin python3 scdoc)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

need_root() {
  [[ $(id -u) -eq 0 ]] || die "must run as root, to install packages and to see every process: sudo $0"
}

# Installs what is missing of the packages named, and asks apt only then.
install_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *'ok installed'* ]] ||
      missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null ||
    die "apt-get not found: install by hand, then run again: ${missing[*]}"
  say "installing ${#missing[@]} packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
    --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get failed (see above); these are needed: ${missing[*]}"
  fi
  rm -f "$log"
}
