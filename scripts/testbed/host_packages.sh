#!/usr/bin/env bash
# host_packages.sh [--check] [--only] [PACKAGE...]: Debian packages of the host: those that the testbed needs, or with
# --only none of them, and each PACKAGE.
# --check prints what is missing, one a line, and changes nothing. Without it, what is missing is installed, as root;
# services that come with a package are not started.
# QEMU before 8 miscompiles `cmpxchg`, which makes ZFS guests oops: where the release has only that, QEMU comes from
# its backports, for which a sources entry is added with the mirror of the machine's own apt sources.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
backports_entry=/etc/apt/sources.list.d/bzfs-testbed-backports.sources

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

# Prints the major number of a Debian version: 1:10.0.2+ds-2 -> 10
major() { sed -e 's/^[0-9]*://' -e 's/[^0-9].*//'; }

missing() {
  local package
  for package in "${wanted[@]}"; do is_installed "$package" || echo "$package"; done
  [ "$only" = no ] || return 0
  for package in mmdebstrap e2fsprogs cpio xz-utils openssh-client ca-certificates; do
    is_installed "$package" || echo "$package"
  done
  # As a user other than root, the image is built in a user namespace.
  if [ "$(id -u)" != 0 ] && ! is_installed uidmap; then echo uidmap; fi
  for package in qemu-system-x86 qemu-utils; do
    if ! is_installed "$package" || [ "$(dpkg-query -W -f '${Version}' "$package" | major)" -lt 8 ]; then echo "$package"; fi
  done
}

add_backports() {
  local codename mirror
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(sh "$here/debian_mirror.sh")
  echo "Adding $codename-backports for QEMU: $backports_entry"
  printf 'Types: deb\nURIs: %s\nSuites: %s-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$codename" > "$backports_entry"
  apt-get update -q
  release=(-t "$codename-backports")
}

[ "$(dpkg --print-architecture)" = amd64 ] || { echo "host_packages.sh: the testbed needs a Debian host of architecture amd64" >&2; exit 1; }
check=no only=no wanted=()
for word in "$@"; do
  case $word in
  --check) check=yes ;;
  --only) only=yes ;;
  *) wanted+=("$word") ;;
  esac
done
packages=$(missing | sort -u)
if [ "$check" = yes ]; then
  printf '%s' "${packages:+$packages$'\n'}"
  exit 0
fi
[ -n "$packages" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "host_packages.sh: run me as root to install:" $packages >&2; exit 1; }

echo "Installing Debian packages:" $packages
# Tests start a private sshd of their own: none for the whole host shall come up because of them.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -q
qemu=$(grep '^qemu-' <<< "$packages" || true)
others=$(grep -v '^qemu-' <<< "$packages" || true)
[ -z "$others" ] || apt-get install -y -q --no-install-recommends $others
if [ -n "$qemu" ]; then
  release=()
  candidate=$(apt-cache policy qemu-system-x86 | sed -n 's/^  Candidate: //p' | major)
  [ "${candidate:-0}" -ge 8 ] || add_backports
  apt-get install -y -q --no-install-recommends "${release[@]}" $qemu
fi
