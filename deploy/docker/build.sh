#!/usr/bin/env bash
# Makes the container image of kcommons out of a binary that was built on this Debian machine: from
# scratch, with the libraries that it needs and nothing else. README.md says how to run it.
#
#   deploy/docker/build.sh [--binary PATH] [--tag NAME[:TAG]] [--source URL]     into the Docker engine
#   deploy/docker/build.sh [...] --output FILE.tar      to a file, for which no engine is needed
#
#   --binary   default build/release/cmd/kcommons/kcommons, or what deploy/run.sh has built
#   --tag      default kcommons; where it has no tag, its tags are the version of the binary, and latest
#   --source   where its source can be had, for the label org.opencontainers.image.source
#
# The file is what `docker save` writes and an OCI image at once, for `docker load`, `podman load`,
# `ctr images import` and skopeo. The same binary, libraries and SOURCE_DATE_EPOCH (default: the time of
# the last commit) make the same bytes. Needs binutils, jq and libcap2-bin; no root.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/packages.sh
source "$root/deploy/packages.sh"
umask 022
export LC_ALL=C

# A user that no host has: what it opens counts among the pools of its own UID. The number is that of
# other images from scratch.
readonly USER_ID=65532
# What `docker run --cap-add` may give it; README.md says which of them are needed where. Permitted, not in
# force: a program that puts capabilities into force does not start where one of them is withheld.
readonly CAPABILITIES=cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search,cap_sys_admin=p
# Libraries of headers alone, which are in the binary.
readonly COMPILED_IN=(libcli11-dev libexpected-dev nlohmann-json3-dev)
# For `docker exec --tty kcommons kcommons top`.
readonly TERMINALS=(d/dumb l/linux s/screen s/screen-256color t/tmux t/tmux-256color v/vt100 x/xterm
  x/xterm-256color)
readonly LICENCES='Apache-2.0 AND MIT AND BSD-3-Clause AND X11 AND Zlib AND CC0-1.0 AND '\
'LGPL-2.1-or-later AND (GPL-2.0-or-later OR LGPL-3.0-or-later) AND '\
'GPL-3.0-or-later WITH GCC-exception-3.1'

usage() {
  sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "$0"
}

# --- arguments --------------------------------------------------------------------------------

binary='' tag=kcommons output='' source=''
while (($# > 0)); do
  case $1 in
    --help | -h)
      usage
      exit 0
      ;;
    --binary | --tag | --output | --source)
      (($# > 1)) || die "$1 wants a value"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    *) die "no such argument: $1; --help tells which there are" ;;
  esac
done
if [[ -z $binary ]]; then
  binary=$root/build/release/cmd/kcommons/kcommons
  [[ -x $binary ]] || binary=$root/build/run/cmd/kcommons/kcommons
fi
[[ -x $binary ]] || die "no program at $binary: build it, or give --binary"
for program in jq setcap strip tar; do
  PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
    die "$program is not there; on Debian: apt-get install binutils jq libcap2-bin"
done
PATH=$PATH:/usr/sbin:/sbin

# "kcommons, version 0.1.0 (revision: 3ac3b3030d0a, …)"
about=$("$binary" --version)
version=$(sed -n 's/^kcommons, version \([^ ]*\) .*/\1/p' <<<"$about")
revision=$(sed -n 's/.*(revision: \([^,)]*\).*/\1/p' <<<"$about")
[[ -n $version ]] || die "$binary --version says: $about"
if [[ ${tag##*/} == *:* ]]; then tags=("$tag"); else tags=("$tag:$version" "$tag:latest"); fi
: "${SOURCE_DATE_EPOCH:=$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$binary")}"
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
architecture=$(dpkg --print-architecture)

# Who is not root is root of a user namespace of their own, which may set capabilities of their own files.
as_root=()
((EUID == 0)) || as_root=(unshare --user --map-root-user)

work=$(mktemp -d "${TMPDIR:-/tmp}/kcommons-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
layout=$work/layout

# --- what is in it ----------------------------------------------------------------------------

# put FILE [PATH [MODE]]: into the tree, by default where it is here.
put() {
  install -D -m "${3:-644}" "$1" "$tree/${2:-$1}"
}

# The shared libraries and the loader, at the paths where the loader looks for them.
libraries() {
  ldd "$binary" | awk '/not found/ { print >"/dev/stderr"; exit 1 } $2 == "=>" { print $3; next }
    $1 ~ /^\// { print $1 }' || die "ldd $binary: a library is missing, or it needs none"
}

# With /usr merged, a package may know its file by either path.
package_of() {
  dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "/usr$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null ||
    dpkg-query -S "$(readlink -f "$1")" 2>/dev/null || die "no Debian package has $1: what is its licence?"
}

put_licences() {
  local package name
  local -a common
  while read -r package; do
    put "/usr/share/doc/$package/copyright"
  done < <(sort -u)
  put "$root/LICENSE" /usr/share/doc/kcommons/copyright
  # Those that these refer to.
  mapfile -t common < <(grep -Ehor '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$tree/usr/share/doc" |
    sort -u)
  for name in "${common[@]}"; do [[ ! -f $name ]] || put "$name"; done
}

make_tree() {
  local library name needed
  needed=$(libraries)
  put "$binary" /usr/bin/kcommons 755
  strip "$tree/usr/bin/kcommons"
  while read -r library; do
    put "$library" "$library" 755
    package_of "$library" | sed 's/[:,].*//' >>"$work/packages"
  done <<<"$needed"
  for name in "${TERMINALS[@]}"; do put "/lib/terminfo/$name"; done
  put "$root/config/kcommons.yaml" /etc/kcommons/kcommons.yaml
  printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' \
    "kcommons:x:$USER_ID:$USER_ID:kcommons:/:/sbin/nologin" >"$tree/etc/passwd"
  printf '%s\n' 'root:x:0:' "kcommons:x:$USER_ID:" >"$tree/etc/group"
  # For the host's folders, and for incidents.
  mkdir -p "$tree/host" "$tree/var/lib/kcommons"
  printf '%s\n' ncurses-base "${COMPILED_IN[@]}" >>"$work/packages"
  put_licences <"$work/packages"
  "${as_root[@]}" setcap "$CAPABILITIES" "$tree/usr/bin/kcommons"
}

# --- how it is packed -------------------------------------------------------------------------

# pack FILE ARGUMENT...: nothing of this machine or this day in it.
pack() {
  "${as_root[@]}" tar --file "$1" --format=posix --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner \
    --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' "${@:2}"
}

# blob FILE: moves it to where its content says, and prints the digest.
blob() {
  local digest
  digest=$(sha256sum "$1" | cut -d ' ' -f 1)
  mv "$1" "$layout/blobs/sha256/$digest"
  printf '%s\n' "$digest"
}

# descriptor TYPE DIGEST
descriptor() {
  jq -n --arg type "$1" --arg digest "$2" --argjson size "$(stat -c %s "$layout/blobs/sha256/$2")" \
    '{mediaType: "application/vnd.oci.image.\($type)", digest: "sha256:\($digest)", size: $size}'
}

image_config() {
  jq -nS --arg layer "sha256:$1" --arg created "$created" --arg architecture "$architecture" \
    --arg user "$USER_ID:$USER_ID" --arg version "$version" --arg revision "$revision" \
    --arg licences "$LICENCES" --arg source "$source" '
    def seconds: . * 1000000000;
    {
      created: $created, architecture: $architecture, os: "linux",
      rootfs: {type: "layers", diff_ids: [$layer]},
      history: [{created: $created, created_by: "deploy/docker/build.sh"}],
      config: {
        User: $user,
        Entrypoint: ["/usr/bin/kcommons"],
        Cmd: ["serve"],
        WorkingDir: "/",
        Env: [
          "PATH=/usr/bin",
          "LANG=C.UTF-8",
          "KCOMMONS_CONFIG_FILE=/etc/kcommons/kcommons.yaml",
          "KCOMMONS_PATH_ROOTFS=/host",
          "STATE_DIRECTORY=/var/lib/kcommons"
        ],
        ExposedPorts: {"10044/tcp": {}},
        Healthcheck: {
          Test: ["CMD", "/usr/bin/kcommons", "healthcheck"],
          Interval: (30 | seconds), Timeout: (10 | seconds), StartPeriod: (30 | seconds), Retries: 3
        },
        StopSignal: "SIGTERM",
        Labels: ({
          "org.opencontainers.image.title": "kcommons",
          "org.opencontainers.image.description":
            "Who holds the kernel resources that the containers of this machine share",
          "org.opencontainers.image.version": $version,
          "org.opencontainers.image.revision": $revision,
          "org.opencontainers.image.created": $created,
          "org.opencontainers.image.licenses": $licences
        } + if $source == "" then {} else {"org.opencontainers.image.source": $source} end)
      }
    }'
}

# manifest.json is for `docker load`, the rest is OCI's.
make_archive() {
  local config layer manifest
  mkdir -p "$layout/blobs/sha256"
  pack "$work/layer.tar" --create --owner=0 --group=0 --xattrs --xattrs-include=security.capability \
    --directory="$tree" --exclude=./var/lib/kcommons .
  pack "$work/layer.tar" --append --owner="$USER_ID" --group="$USER_ID" --mode=700 --no-recursion \
    --directory="$tree" ./var/lib/kcommons
  layer=$(blob "$work/layer.tar")
  image_config "$layer" >"$work/config.json"
  config=$(blob "$work/config.json")
  jq -nS --argjson config "$(descriptor config.v1+json "$config")" \
    --argjson layer "$(descriptor layer.v1.tar "$layer")" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: [$layer]}' \
    >"$work/manifest.json"
  manifest=$(blob "$work/manifest.json")
  printf '{"imageLayoutVersion": "1.0.0"}\n' >"$layout/oci-layout"
  # shellcheck disable=SC2016 # variables of jq
  jq -nS --argjson manifest "$(descriptor manifest.v1+json "$manifest")" '
    {schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [$ARGS.positional[] as $tag
      | $manifest + {annotations: {
          "io.containerd.image.name": $tag,
          "org.opencontainers.image.ref.name": ($tag | split(":") | last)}}]}' --args "${tags[@]}" >"$layout/index.json"
  # shellcheck disable=SC2016
  jq -nS --arg config "$config" --arg layer "$layer" \
    '[{Config: "blobs/sha256/\($config)", RepoTags: $ARGS.positional, Layers: ["blobs/sha256/\($layer)"]}]' \
    --args "${tags[@]}" >"$layout/manifest.json"
  pack "$work/image.tar" --create --owner=0 --group=0 --directory="$layout" \
    blobs index.json manifest.json oci-layout
}

make_tree
make_archive
size=$(du --apparent-size --summarize --block-size=1 "$tree" | cut -f 1)
if [[ -n $output ]]; then
  install -m 644 "$work/image.tar" "$output"
  say "${tags[*]}: in $output, $((size / 1000)) kB unpacked"
else
  docker load --quiet --input "$work/image.tar" >&2
  say "${tags[*]}: in the engine, $((size / 1000)) kB"
fi
