#!/usr/bin/env bash
# Makes the disk that tests/qemu/run.sh boots: Debian 12 with its own kernel and systemd, and what the
# programs under test need at run time. Needs root, for mmdebstrap; about four minutes.
#
#   tests/qemu/image.sh DIRECTORY     leaves disk.ext4, vmlinuz and initrd.img there
set -euo pipefail

PACKAGES=(
  linux-image-amd64 initramfs-tools systemd-sysv udev kmod curl procps
  libbpf1 libcivetweb1 libfmt9 libncursesw6 libprometheus-cpp-core1.0 libspdlog1.10 libyaml-cpp0.7
)

# What the checks of names need: container runtimes, users who log in, and a client for CRI.
RUNTIME_PACKAGES=(
  docker.io containerd runc podman crun conmon catatonit lxc systemd-container
  dbus dbus-user-session libpam-systemd passwd login uidmap
  busybox-static jq python3-minimal python3-grpcio python3-protobuf protobuf-compiler iproute2
)

# They are started by the check that needs them: the others do not wait for them at boot.
RUNTIME_UNITS=(
  docker.service docker.socket containerd.service lxc.service lxc-net.service lxc-monitord.service
  podman.service podman.socket podman-auto-update.timer podman-auto-update.service
  podman-restart.service
)

# The one thing that this machine is for. Whichever way it ends, so does the machine. What is run is
# not in the image, so that the image stays when the tests change.
#
# The mount fails for a moment where udev is loading 9pnet_virtio at that time: the driver is known
# before it has found the device.
write_service() {
  cat >"$1/etc/systemd/system/kcommons-tests.service" <<'UNIT'
[Unit]
Description=Tests of kcommons, from the host
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStartPre=mkdir -p /mnt/results
ExecStartPre=bash -c 'for try in {1..60}; do \
  mount -t 9p -o trans=virtio results /mnt/results && exit; sleep 1; done; exit 1'
ExecStart=/bin/bash /mnt/results/start
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console

[Install]
WantedBy=multi-user.target
UNIT
  chroot "$1" systemctl --quiet enable kcommons-tests.service
}

main() {
  local directory=$1 tree
  tree=$directory/tree
  rm -rf "$tree"
  mkdir -p "$directory"
  mmdebstrap --quiet --variant=minbase bookworm \
    --include="$(IFS=, && echo "${PACKAGES[*]},${RUNTIME_PACKAGES[*]}")" "$tree"
  chroot "$tree" systemctl --quiet disable "${RUNTIME_UNITS[@]}"
  write_service "$tree"
  cp "$tree"/boot/vmlinuz-* "$directory/vmlinuz"
  cp "$tree"/boot/initrd.img-* "$directory/initrd.img"
  # Under another name until it is whole, because run.sh takes what it finds.
  rm -f "$directory"/disk.ext4*
  truncate -s 6G "$directory/disk.ext4.part"
  mke2fs -q -t ext4 -d "$tree" "$directory/disk.ext4.part"
  mv "$directory/disk.ext4.part" "$directory/disk.ext4"
  rm -rf "$tree"
}

main "$@"
