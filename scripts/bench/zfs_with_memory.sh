#!/bin/sh
# A `zfs` (and, under that name, `zpool`) that remembers what was received and bookmarked, and costs next to nothing:
# files that scripts/bench/increments.ts made, in folders that are named as datasets, below BENCH_POOLS. Streams are rows of
# listings. With BENCH_COUNT each command adds a line to that file.
[ -z "$BENCH_COUNT" ] || echo "${0##*/} $1" >> "$BENCH_COUNT"
cd "$BENCH_POOLS" || exit 1
case ${0##*/} in
zpool) exec cat pool ;;
esac
verb=$1
shift
case $verb in
--version) exec cat version ;;
list)
  types= columns= depth=
  while [ $# -gt 0 ]; do
    case $1 in
    -t) types=$2; shift 2 ;;
    -o) columns=$2; shift 2 ;;
    -d) depth=$2; shift 2 ;;
    -s) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
  done
  case $depth:$columns in
  0:guid,name) exec printf '5\t%s\n' "$@" ;;
  :receive_resume_token,name) exec printf -- '-\t%s\n' "$@" ;;
  :*) exec cat "$1/tree:$columns" ;;
  esac
  for dataset; do
    shift
    set -- "$@" "$dataset/own" "$dataset/snapshots"
    case $types in
    *bookmark*) set -- "$@" "$dataset/bookmarks" ;;
    esac
  done
  exec cat "$@"
  ;;
get) echo - ;;
send)
  for word; do
    [ "$word" != -n ] || exec printf 'size\t624\n'
  done
  exec cat "${word%@*}/newest"
  ;;
receive)
  for dataset; do :; done
  while IFS='	' read -r txg guid tag; do
    printf '%s\t%s\t%s%s\n' "$txg" "$guid" "$dataset" "$tag"
  done >> "$dataset/snapshots"
  ;;
bookmark) printf '%s\t%s\t%s\n' 2000 "$(cut -f 2 "${1%[@#]*}/newest")" "$2" >> "${2%#*}/bookmarks" ;;
destroy)
  grep -vF "	$1" "${1%#*}/bookmarks" > "${1%#*}/kept"
  mv "${1%#*}/kept" "${1%#*}/bookmarks"
  ;;
*) exit 1 ;;
esac
