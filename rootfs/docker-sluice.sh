#!/bin/sh
# The command `docker sluice` on a machine without a checkout: runs the program in the file system of the enabled plugin, on the
# plugin's own Node and libraries. It looks for the plugin each time, so that an upgrade needs no new copy of this file.
set -eu

# Docker's client asks for this as any user, for `docker --help`.
if [ "${1-}" = docker-cli-plugin-metadata ]; then
  echo '@METADATA@'
  exit
fi

plugins=$(docker info --format '{{.DockerRootDir}}')/plugins
for socket in /run/docker/plugins/*/sluice.sock; do
  id=${socket%/*}
  root=$plugins/${id##*/}/rootfs
  # The loader is named by its real path: links in the folder point into the machine's own file system.
  for loader in "$root"/usr/lib/*-linux-gnu/ld-linux-*.so.*; do
    if [ ! -e "$loader" ] || [ ! -e "$root/app/docker-sluice.mjs" ]; then continue; fi
    unset NODE_OPTIONS
    # shellcheck disable=SC2093 # the first one that is there
    exec "$loader" --library-path "${loader%/*}" "$root/usr/bin/node" "$root/app/docker-sluice.mjs" "$@"
  done
done
echo 'cannot find Sluice: wanted root, and an enabled plugin (docker plugin ls)' >&2
exit 1
