#!/bin/busybox sh
# First program of the guest: loads the disk driver, mounts the disk and hands over to /sbin/guest-init.
/bin/busybox mount -t devtmpfs dev /dev
for module in /mod/*.ko; do /bin/busybox insmod "$module"; done
tries=0
until /bin/busybox mount -t ext4 -o noatime /dev/vda /new; do
  tries=$((tries + 1))
  [ $tries -lt 50 ] || /bin/busybox poweroff -f
  /bin/busybox sleep 0.1
done
/bin/busybox mount --move /dev /new/dev
exec /bin/busybox switch_root /new /sbin/guest-init
