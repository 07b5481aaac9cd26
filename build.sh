#!/usr/bin/env bash
# Sets up, builds, tests and installs Sluice. Every command may be repeated, and says what it installs.
#
# usage: ./build.sh COMMAND
#   install              make the plugin and enable it on the engine that DOCKER_HOST names, or on this machine's
#   install --no-engine  the same, but do not let the plugin read the names of containers from the engine's socket
#   install --plain      install it as a service of this machine instead, for the driver name `sluice`
#   test [TIER]...       run every test, or those of some tiers: ok kernel docker engines compare vm fresh; the last line
#                        is `N passed, N failed`
#   package [REF]        make build/plugin-amd64 and build/plugin-arm64; with REF, create the engine's plugin REF of it
#   uninstall [--force] [--purge]
#                        remove it; with --force even if networks use it, with --purge its state and settings too
#   clean                remove build/ and the cache
#
# SLUICE_CACHE (/var/cache/sluice) keeps what is downloaded; SLUICE_CLI (/usr/local/lib/docker/cli-plugins) is where `docker`
# finds the command `docker sluice`.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin

# What is made is for everyone to read, and programs answer in the words that are looked for.
umask 022
export LC_ALL=C.UTF-8 HOME=${HOME:-/root}
readonly plugin=sluice:latest
readonly host=${DOCKER_HOST:-unix:///var/run/docker.sock}
readonly files=/usr/lib/sluice spec=/etc/docker/plugins/$plugin.spec units=/etc/systemd/system
readonly service_settings=/etc/default/sluice cli=${SLUICE_CLI:-/usr/local/lib/docker/cli-plugins}
export SLUICE_CACHE=${SLUICE_CACHE:-/var/cache/sluice}

say() { echo "sluice: $*"; }
die() {
  echo "sluice: $*" >&2
  exit 1
}

# shellcheck source=rootfs/machine.sh
. rootfs/machine.sh
# shellcheck source=rootfs/proxy.sh
. rootfs/proxy.sh
# shellcheck source=rootfs/apt.sh
. rootfs/apt.sh
# shellcheck source=rootfs/npm.sh
. rootfs/npm.sh
# shellcheck source=rootfs/engine.sh
. rootfs/engine.sh
# shellcheck source=rootfs/tiers.sh
. rootfs/tiers.sh

assemble() {
  say "making $2 for $1"
  rootfs/assemble.sh "$1" "$2" && say "made $2: $(du -sh "$2" | cut -f1)"
}

# The command runs here, whichever engine it speaks to, and brings its own Node, which NODE_OPTIONS of other programs must not
# reach. An older one may be running: the new takes its name.
install_cli() {
  local fresh=$cli/.sluice-new
  rm -rf "$fresh"
  mkdir -p "$fresh"
  rootfs/bundle.sh plugin/cli/main.ts "$fresh/bundle"
  { echo "#!/usr/bin/env -S -u NODE_OPTIONS \"$cli/sluice-node\"" && cat "$fresh/bundle"; } >"$fresh/docker-sluice"
  install --mode 755 node_modules/.bin/node "$fresh/sluice-node"
  eu-strip "$fresh/sluice-node"
  chmod 755 "$fresh/docker-sluice"
  mv "$fresh/sluice-node" "$fresh/docker-sluice" "$cli/"
  rm -r "$fresh"
  say "installed the command docker sluice in $cli"
}

# Takes `engine` or `no-engine`: whether the plugin gets the engine's socket.
install_managed() {
  if is_default && [ -e "$files" ]; then die "the service is installed here: ./build.sh uninstall first"; fi
  ensure_engine
  assemble "$(engine_arch)" build/plugin
  create_plugin build/plugin "$1"
  enable_plugin
  install_cli
  say "installed. Try: docker network create -d $plugin -o rate=10mbit web"
}

install_plain() {
  if is_default && engine_answers && has_plugin; then die "the plugin is installed here: ./build.sh uninstall first"; fi
  need ip:iproute2 nft:nftables iptables:iptables conntrack:conntrack
  need_docker docker
  need_docker dockerd
  assemble "$(dpkg --print-architecture)" build/plugin
  install -D --mode 755 build/plugin/rootfs/usr/bin/node "$files/node"
  install -D --mode 644 build/plugin/rootfs/app/sluice.mjs "$files/sluice.mjs"
  # The engine knows a plain plugin by a file's name. With this one, `-d sluice:latest` means the service as well.
  mkdir -p "${spec%/*}"
  echo "unix:///run/docker/plugins/sluice.sock" >"$spec"
  install_cli
  if ! has_systemd; then
    say "installed, but systemd does not run here. Start it, before Docker: $files/node $files/sluice.mjs"
    return
  fi
  install --mode 644 rootfs/systemd/sluice.{service,socket} "$units/"
  systemctl daemon-reload
  systemctl enable --quiet sluice.socket sluice.service
  systemctl stop sluice.service
  systemctl restart sluice.socket
  systemctl start sluice.service
  # The service is there before the engine, which otherwise would wait for the networks of it.
  if is_default && ! engine_answers; then start_engine; fi
  say "installed. Try: docker network create -d sluice -o rate=10mbit web"
}

readonly tiers=(ok kernel docker engines compare vm fresh)

# Dies of a word that is no tier.
check_tiers() {
  local tier
  for tier; do
    if [[ " ${tiers[*]} " != *" $tier "* ]]; then die "cannot test $tier: expected some of ${tiers[*]}"; fi
  done
}

# Takes tiers; all of them where none is named.
run_tests() {
  if [ $# = 0 ]; then set -- "${tiers[@]}"; fi
  need ip:iproute2 nft:nftables iptables:iptables conntrack:conntrack iperf3:iperf3 :busybox-static sysctl:procps \
    docker-registry:docker-registry debootstrap:debootstrap ping:iputils-ping qemu-system-x86_64:qemu-system-x86 \
    socat:socat cpio:cpio mke2fs:e2fsprogs depmod:kmod xz:xz-utils
  need_docker docker
  local passed=0 failed=0 failures=() tier
  mkdir -p build
  assemble "$(dpkg --print-architecture)" build/plugin || failed=1 failures=("making build/plugin")
  for tier in "$@"; do
    if [ "$tier" != ok ]; then tier=test:$tier; fi
    run_tier "$tier"
  done
  name_failures
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

package() {
  local arch
  for arch in amd64 arm64; do
    assemble "$arch" "build/plugin-$arch"
    say "to publish: docker plugin create NAME:latest-$arch build/plugin-$arch; docker plugin push NAME:latest-$arch"
  done
  if [ -z "${1-}" ]; then return; fi
  ensure_engine
  engine plugin create "$1" "build/plugin-$(engine_arch)"
}

uninstall_plain() {
  if has_systemd; then
    systemctl disable --quiet --now sluice.socket sluice.service || true
    rm -f "$units"/sluice.{service,socket}
    systemctl daemon-reload
  fi
  rm -rf "$files" "$spec"
  say "service removed"
}

# Takes a driver's name and `keep` or `force`: what becomes of networks that use it.
check_networks() {
  local networks network users=''
  networks=$(engine network ls --filter "driver=$1" --format '{{.Name}}' | xargs)
  if [ -z "$networks" ]; then return; fi
  for network in $networks; do
    users+=" $(engine ps --all --filter "network=$network" --format '{{.Names}}' | xargs)"
  done
  users=$(xargs -n 1 <<<"$users" | sort -u | xargs)
  say "networks use it: $networks; their containers: ${users:-none}"
  if [ "$2" = keep ]; then
    die "remove them first: docker rm -f ${users:-…}; docker network rm $networks. Or repeat with --force"
  fi
  say "containers that run keep their links, but cannot start or restart, until Sluice is installed again"
  say "or they leave: docker network disconnect --force NETWORK CONTAINER"
}

uninstall() {
  local networks=keep state=keep folder=/var/lib/sluice option
  for option; do
    case $option in
      --force) networks=force ;;
      --purge) state=purge ;;
      *) usage ;;
    esac
  done
  need_root
  local answers=no
  if command -v docker >/dev/null && engine_answers; then answers=yes; fi
  if is_default && [ -e "$files" ]; then
    if [ "$answers" = yes ]; then check_networks sluice "$networks"; fi
    uninstall_plain
  fi
  if [ "$answers" = yes ] && has_plugin; then
    check_networks "$plugin" "$networks"
    folder=$(state_folder)
    remove_plugin
    say "plugin removed"
  fi
  rm -rf "$cli"/{docker-sluice,sluice-node,.sluice-new} "$kept_settings"
  if [ "$state" = keep ]; then return; fi
  if is_default && [ -e "$service_settings" ]; then
    rm -f "$service_settings"
    say "settings removed: $service_settings"
  fi
  if [ -z "$folder" ]; then return; fi
  rm -rf "$folder"
  say "state removed: $folder"
}

clean() {
  rm -rf build
  if [ -e "$SLUICE_CACHE/CACHEDIR.TAG" ]; then rm -rf "$SLUICE_CACHE"; fi
}

usage() {
  sed -n '4,/^$/s/^# \?//p' "$0"
  exit 2
}

case "${*:1:2}" in
  install) check_host; set_up install; install_managed engine ;;
  'install --no-engine') check_host; set_up install; install_managed no-engine ;;
  'install --plain') set_up install; install_plain ;;
  test | 'test '*) check_tiers "${@:2}"; set_up test; run_tests "${@:2}" ;;
  package | 'package '*) set_up install; package "${@:2}" ;;
  uninstall | 'uninstall '*) uninstall "${@:2}" ;;
  clean) clean ;;
  *) usage ;;
esac
