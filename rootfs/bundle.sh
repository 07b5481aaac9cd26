#!/usr/bin/env bash
# Makes one file of a program and the packages it uses.
#
# usage: rootfs/bundle.sh ENTRY OUT
set -euo pipefail
cd "$(dirname "$0")/.."

options=(
  --bundle --platform=node --format=esm --target=node26 --keep-names --log-level=warning
  # Packages that are not ES modules expect `require` and `__dirname`.
  '--banner:js=import{createRequire}from"node:module";const require=createRequire(import.meta.url),__dirname=import.meta.dirname;'
)
for package in @balena/dockerignore @grpc/grpc-js @grpc/proto-loader protobufjs ssh2 tar-fs; do
  options+=("--alias:$package=./rootfs/left-out.cjs")
done

# npm installs the one for this machine. It is run by its path because it needs no Node then. Lines stay lines, for the
# sake of stack traces.
esbuild=(node_modules/@esbuild/linux-*/bin/esbuild)
"${esbuild[0]}" "$1" --outfile="$2" "${options[@]}"
