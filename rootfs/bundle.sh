#!/usr/bin/env bash
# Makes one file of a program and the packages it uses.
#
# usage: rootfs/bundle.sh ENTRY OUT
set -euo pipefail
cd "$(dirname "$0")/.."

# Packages that are not ES modules expect `require` and `__dirname`; ssh2, of dockerode, has parts in C++ that it can do
# without. Lines stay lines, for the sake of stack traces.
node_modules/@esbuild/linux-*/bin/esbuild "$1" --outfile="$2" --bundle --platform=node --format=esm --target=node26 \
  --keep-names --log-level=warning '--external:*.node' --external:cpu-features \
  '--banner:js=import{createRequire}from"node:module";const require=createRequire(import.meta.url),__dirname=import.meta.dirname;'
