#!/bin/sh
# The guest's init: mounts, modules, network, sshd; says GUEST-READY on the console. No service manager: boots in seconds.
# From the kernel's command line: guest=NAME hosts=NAME:PORT,NAME:PORT (where the host's loopback leads to each guest's sshd).
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for folder in /run /tmp /dev/shm; do mount -t tmpfs -o mode=1777 tmpfs $folder; done
chmod 755 /run
mkdir -p /run/sshd /run/lock
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr

argument() { sed -n "s/.*[[:space:]]\{0,1\}$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
guest=$(argument guest)
hostname "$guest"
echo "127.0.0.1 $guest" >> /etc/hosts
for host in $(argument hosts | tr ',' ' '); do
  printf 'Host %s\n  HostName 10.0.2.2\n  Port %s\n' "${host%:*}" "${host#*:}"
done > /etc/ssh/ssh_config.d/testbed.conf
printf 'Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n' >> /etc/ssh/ssh_config.d/testbed.conf

modprobe virtio_net
modprobe virtio_rng
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
modprobe zfs || echo "GUEST-FAILED the ZFS module does not load" > /dev/ttyS0

# Files that the host lends, among them the executable under test.
if [ -b /dev/vdb ]; then
  modprobe ext4 2> /dev/null
  mount -o ro /dev/vdb /opt/payload && for file in /opt/payload/*; do
    [ ! -x "$file" ] || [ -d "$file" ] || ln -s "$file" /usr/local/bin/
  done
fi
/usr/sbin/sshd
echo "GUEST-READY $(cut -d' ' -f1 /proc/uptime)" > /dev/ttyS0
while :; do sleep 3600; done
