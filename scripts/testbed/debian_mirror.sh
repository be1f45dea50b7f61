#!/bin/sh
# debian_mirror.sh [FOLDER]: prints the Debian mirror that this machine's own apt sources name, those of FOLDER instead of
# /etc/apt if given, from either format (one-line or deb822).
# A `mirror+file:` entry, as on cloud images, is followed to the list that it names.
set -eu
folder=${1:-/etc/apt}
for file in "$folder"/sources.list "$folder"/sources.list.d/*.list "$folder"/sources.list.d/*.sources; do
  [ -r "$file" ] || continue
  case $file in
    *.sources) sed -n 's/^URIs:[[:space:]]*//p' "$file" ;;
    *) awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z+]+:\//) { print $i; next } }' "$file" ;;
  esac
done | tr -s ' \t' '\n\n' | while read -r uri; do
  case $uri in
    mirror+file:*) sed -n 's/[[:space:]].*//; /^[a-z]*:/p' "/${uri#mirror+file:*/}" ;;
    *) printf '%s\n' "$uri" ;;
  esac
done | grep -E '/debian/?$' | head -n 1 | grep . || {
  echo "debian_mirror.sh: no Debian mirror in this machine's apt sources" >&2
  exit 1
}
