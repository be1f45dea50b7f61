#!/bin/sh
# A `zfs` (and, under that name, `zpool`) whose answers cost nothing: prints files that scripts/bench/listings.ts made.
# BENCH_LISTINGS names their folder. A listing of many datasets is found by the name of the first one.
case ${0##*/} in
zpool) exec cat "$BENCH_LISTINGS/pool" ;;
esac
case $1 in
--version) exec cat "$BENCH_LISTINGS/version" ;;
list) ;;
*) exit 1 ;;
esac
shift
recursive=no types= first=
while [ $# -gt 0 ]; do
  case $1 in
  -t) types=$2; shift 2 ;;
  -o | -s | -d) shift 2 ;;
  -r) recursive=yes; shift ;;
  -*) shift ;;
  *) first=$1; break ;;
  esac
done
name=$(printf '%s' "$first" | tr / +)
case $types in
snapshot*) exec cat "$BENCH_LISTINGS/$types/$name" ;;
*) exec cat "$BENCH_LISTINGS/datasets/$name" ;;
esac
