# Which machines Sluice is built on. Sourced by build.sh.
# shellcheck shell=bash

has_systemd() { [ -d /run/systemd/system ]; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: run it with sudo"; }

# The name that npm has for this machine's architecture.
node_cpu() { dpkg --print-architecture | sed 's/^amd64$/x64/'; }

# Called before anything else: where a later step would fail, nothing is changed.
check_machine() {
  local wanted='Debian 12, Ubuntu 24.04 or a newer release' name arch
  # shellcheck source=/dev/null
  name=$(. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME") || name='another system'
  need_root
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then die "needs $wanted; this is $name"; fi
  # The release of libc tells the age of systems derived from these, too.
  if dpkg --compare-versions "$(dpkg-query --show --showformat='${Version}\n' libc6 | sed -n 1p)" lt 2.36; then
    die "needs $wanted; this is $name"
  fi
  arch=$(dpkg --print-architecture)
  if [[ $arch != amd64 && $arch != arm64 ]]; then die "needs a system for amd64 or arm64; this one is for $arch"; fi
  [ -w . ] || die "cannot write to $PWD: copy the checkout to a folder that can be written"
  need_space . "$1"
  mkdir -p "$SLUICE_CACHE"
  need_space "$SLUICE_CACHE" "$1"
}

# Takes a folder and the MB that are to be free there, unless the folder was filled before.
need_space() {
  local free
  free=$(df --output=avail --block-size=1M "$1" | tail -n 1)
  if [ -d "$1/node_modules" ] || [ -d "$1/npm" ]; then return; fi
  if [ "$free" -lt "$2" ]; then die "needs $2 MB free in $(realpath "$1"), which has $((free)) MB"; fi
}

# Takes what for: `install` or `test`.
set_up() {
  check_machine "$([ "$1" = test ] && echo 1200 || echo 700)"
  # The mark by which `clean`, and backups, know a cache.
  echo 'Signature: 8a477f597d28d172789f06886806bc55' >"$SLUICE_CACHE/CACHEDIR.TAG"
  # The pinned Node, on which all of it runs, is linked to the two libraries.
  need npm:npm jq:jq eu-strip:elfutils :libatomic1 :libstdc++6 "${@:2}"
  install_npm_packages "$1"
}
