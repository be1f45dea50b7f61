#!/bin/sh
# local_guard.sh FOLDER: waits until our standard input closes, then destroys the pools named in FOLDER/pools and removes
# FOLDER. As with guard.sh: a pipe closes however its writer ends.
folder=$1
trap '' INT TERM HUP PIPE
read -r _
while read -r pool; do zpool destroy -f "$pool"; done < "$folder/pools"
rm -rf "$folder"
