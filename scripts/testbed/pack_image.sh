#!/bin/sh
# pack_image.sh ROOT STAGE: mmdebstrap's hook that turns the installed tree ROOT into STAGE/out/{vmlinuz,initrd.gz,root.raw}.
# Runs as root, or as the root of a user namespace. ROOT is thrown away afterwards.
set -eu
root=$1 stage=$2 out=$2/out
kernel=$(ls "$root/lib/modules" | head -n 1)
find "$root/lib/modules/$kernel" -name 'zfs.ko*' | grep -q . || {
  echo "the ZFS module was not built; the end of its log:" >&2
  tail -n 40 "$root"/var/lib/dkms/zfs/*/build/make.log >&2 || true
  exit 1
}
cp "$root/boot/vmlinuz-$kernel" "$out/vmlinuz"

# Users: root, and one without rights of its own who may run zfs and zpool as root.
chroot "$root" useradd --create-home --shell /bin/bash --password '*' bzfsuser
for home in root home/bzfsuser; do
  install -d -m 700 "$root/$home/.ssh"
  printf '%s\n' "$BZFS_GUEST_PUBLIC_KEY" > "$root/$home/.ssh/authorized_keys"
  # So that a guest can reach itself and its twin.
  (umask 077 && printf '%s\n' "$BZFS_GUEST_KEY" > "$root/$home/.ssh/id_ed25519")
done
chroot "$root" chown -R bzfsuser:bzfsuser /home/bzfsuser/.ssh
echo 'bzfsuser ALL=(root) NOPASSWD: /usr/sbin/zfs, /usr/sbin/zpool' > "$root/etc/sudoers.d/bzfsuser"
chmod 440 "$root/etc/sudoers.d/bzfsuser"
printf 'permit nopass bzfsuser as root cmd zfs\npermit nopass bzfsuser as root cmd zpool\n' > "$root/etc/doas.conf"
chmod 400 "$root/etc/doas.conf"

# Many tests log in from one address at a time, and some are meant to fail.
{
  printf 'UsePAM no\nUseDNS no\nPrintMotd no\nPrintLastLog no\nMaxSessions 100\nMaxStartups 100\n'
  ! grep -qi persourcepenalties "$root/usr/sbin/sshd" || echo 'PerSourcePenalties no'
} > "$root/etc/ssh/sshd_config.d/testbed.conf"
printf '127.0.0.1 localhost\n' > "$root/etc/hosts"
mkdir -p "$root/opt/payload"
install -m 755 "$stage/guest_init.sh" "$root/sbin/guest-init"
install -m 755 "$stage/zvol_device.sh" "$root/usr/local/bin/zvol-device"

# The cloud kernels have ext4 built in; of virtio, 6.12 has only the block driver as a module and 6.1 all of it.
initrd=$(mktemp -d) slim=$(mktemp -d)
trap 'rm -rf "$initrd" "$slim"' EXIT
(cd "$initrd" && mkdir bin mod new dev proc sys)
cp "$root/bin/busybox" "$initrd/bin/"
order=10
for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
  file=$(find "$root/lib/modules/$kernel" -name "$module.ko*" | head -n 1)
  case $file in
    '') continue ;;
    *.xz) xz -dc "$file" > "$initrd/mod/$order-$module.ko" ;;
    *) cp "$file" "$initrd/mod/$order-$module.ko" ;;
  esac
  order=$((order + 1))
done
install -m 755 "$stage/initramfs_init.sh" "$initrd/init"
(cd "$initrd" && find . | cpio -o -H newc 2>/dev/null | gzip -1) > "$out/initrd.gz"

# Leave the compiler, headers and documentation behind.
tar -C "$root" --exclude=./usr/src --exclude=./var/lib/dkms --exclude=./usr/lib/gcc --exclude=./usr/libexec/gcc \
  --exclude=./var/cache --exclude=./var/lib/apt --exclude=./boot --exclude=./usr/share/doc --exclude=./usr/share/man \
  --exclude=./usr/share/locale --exclude='*.a' --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
  --exclude='./run/*' --exclude='./tmp/*' -cf - . | tar -C "$slim" -xpf -
chmod 755 "$slim"
mke2fs -q -t ext4 -m 0 -d "$slim" "$out/root.raw" 4G
chmod 644 "$out"/*
