#!/usr/bin/env bash
# build_image.sh SUITE IMAGE_DIR: a bootable guest with real OpenZFS, made from Debian packages only.
#   trixie   -> kernel 6.12, OpenZFS 2.3     bookworm -> kernel 6.1, OpenZFS 2.1
# Leaves IMAGE_DIR/{vmlinuz,initrd.gz,root.qcow2,id_ed25519}, or nothing: it is built beside and renamed at the end.
# Two builders of one image wait for each other. About 5 minutes and 3 GB in TMPDIR on 2 cores, most of it zfs-dkms
# compiling the module. Works as root, and as a user who may make user namespaces (package uidmap).
set -euo pipefail
suite=${1:?suite} image=${2:?image folder}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$image")"
exec 9> "$image.lock"
flock -n 9 || { echo "another process builds this image; waiting for it"; flock 9; }
[ ! -d "$image" ] || exit 0

partial=$image.partial
rm -rf "$partial"
mkdir "$partial"
# World-readable: in a user namespace, what runs as the namespace's root is nobody to the owner of a home folder.
stage=$(mktemp -d "${TMPDIR:-/tmp}/bzfs-image-XXXXXX")
trap 'rm -rf "$stage" "$partial"' EXIT
chmod 755 "$stage"
cp "$here/pack_image.sh" "$here"/guest/* "$stage/"
chmod 755 "$stage"/*
mkdir -m 777 "$stage/out"

ssh-keygen -q -t ed25519 -N '' -C bzfs-testbed -f "$partial/id_ed25519"
# Through the environment, so that the key is never readable by others, not even for a moment.
BZFS_GUEST_KEY=$(cat "$partial/id_ed25519") BZFS_GUEST_PUBLIC_KEY=$(cat "$partial/id_ed25519.pub")
export BZFS_GUEST_KEY BZFS_GUEST_PUBLIC_KEY

mirror=$(sh "$here/debian_mirror.sh")
mode=root
[ "$(id -u)" = 0 ] || mode=unshare
echo "installing Debian $suite and compiling its ZFS module"
# `null` as format: what the hook packs is all that is wanted.
mmdebstrap --verbose --mode=$mode --format=null --variant=minbase --components=main,contrib \
  --include=linux-image-cloud-amd64,linux-headers-cloud-amd64,dkms,zfs-dkms,zfsutils-linux \
  --include=openssh-server,openssh-client,iproute2,procps,kmod,busybox-static,tzdata \
  --include=zstd,lz4,pigz,mbuffer,pv,sudo,opendoas \
  --customize-hook="sh '$stage/pack_image.sh' \"\$1\" '$stage'" \
  "$suite" /dev/null "$mirror" 2>&1
cp "$stage/out/vmlinuz" "$stage/out/initrd.gz" "$partial/"
echo "writing the disk image"
qemu-img convert -O qcow2 "$stage/out/root.raw" "$partial/root.qcow2"
mv "$partial" "$image"
