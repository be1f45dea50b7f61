#!/bin/sh
# A `zfs` (and, under that name, `zpool`) whose answers cost nothing: prints parts of files that scripts/bench/listings.ts
# made. BENCH_LISTINGS names their folder. All datasets of a tree have blocks of the same length, the root has its own,
# and those that are asked for at once are neighbours: so the answer is one range of bytes, however they are batched.
# A pipe holds 64K: larger blocks would only cost memory.
case ${0##*/} in
zpool) exec cat "$BENCH_LISTINGS/pool" ;;
esac
case $1 in
--version) exec cat "$BENCH_LISTINGS/version" ;;
list) ;;
*) exit 1 ;;
esac
shift
types= columns=
while [ $# -gt 0 ]; do
  case $1 in
  -t) types=$2; shift 2 ;;
  -o) columns=$2; shift 2 ;;
  -s | -d) shift 2 ;;
  -*) shift ;;
  *) break ;;
  esac
done
case $1 in
*/d[0-9]*) tree=${1%/*} index=$((1${1##*/d} - 1000000)) ;;
*) tree=$1 index=root ;;
esac
folder=$BENCH_LISTINGS/${tree%/*}+${tree##*/}
case $types in
*snapshot*) ;;
*)
  [ "$columns" = guid,name ] || exec cat "$folder/datasets"
  exec printf '5\t%s\n' "$1"
  ;;
esac
folder=$folder/$types:$columns
read -r root_block block < "$folder/blocks"
if [ "$index" = root ]; then
  skip=0 count=$((root_block + ($# - 1) * block))
else
  skip=$((root_block + index * block)) count=$(($# * block))
fi
exec dd if="$folder/rows" iflag=skip_bytes,count_bytes bs=64K skip=$skip count=$count status=none
