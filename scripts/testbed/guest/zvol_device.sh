#!/bin/sh
# zvol-device VOLUME: prints the block device of a volume. The guest has no udev, hence no /dev/zvol.
for device in /dev/zd*; do
  case $device in *p[0-9]*) continue ;; esac
  for zvol_id in /lib/udev/zvol_id /usr/lib/udev/zvol_id; do
    [ ! -x $zvol_id ] || [ "$($zvol_id "$device" 2> /dev/null)" != "$1" ] || { echo "$device"; exit 0; }
  done
done
echo "zvol-device: no device of volume $1" >&2
exit 1
