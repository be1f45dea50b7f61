#!/bin/sh
# guard.sh FOLDER QEMU...: runs one guest for as long as our standard input stays open, then ends it and removes FOLDER;
# with the last guest also the run's folder around it. A pipe closes however its writer ends, `kill -9` included, so
# neither guests nor folders outlive the test runner. Says `exited STATUS` on stdout when the guest ends.
# A line on our standard input cuts the guest's power, another one boots it again from its disk.
folder=$1
shift
trap '' INT TERM HUP PIPE
exec 3<&0
exec 2> /dev/null # the shell would report the kill
while
  "$@" < /dev/null > "$folder/qemu.log" 2>&1 3<&- &
  qemu=$!
  (read -r _ <&3; kill -9 $qemu) > /dev/null &
  watch=$!
  wait $qemu
  echo "exited $?"
  wait $watch
  read -r _ <&3
do :; done
rm -rf "$folder"
run=$(dirname "$folder")
for other in "$run"/*/; do [ ! -d "$other" ] || exit 0; done
rm -rf "$run"
