# What the machine lacks, and getting it. Sourced by build.sh.
# shellcheck shell=bash

has_systemd() { [ -d /run/systemd/system ]; }

is_installed() { dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# Installs packages, starting none of their services: the policy of the machine comes back afterwards.
install_packages() (
  say "installing from the system's packages: $*"
  policy=/usr/sbin/policy-rc.d
  saved=$(mktemp --directory)
  trap 'rm -f "$policy"; mv "$saved"/* "${policy%/*}/" 2>/dev/null || true; rmdir "$saved"' EXIT
  if [ -e "$policy" ]; then mv "$policy" "$saved/"; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes NEEDRESTART_MODE=l \
    apt-get -qq --yes --no-install-recommends install "$@" >/dev/null
  # Nor are these to start with the machine, until `install` says so.
  if has_systemd && [[ " $* " = *" docker"* ]]; then
    systemctl disable --quiet docker.service docker.socket docker-registry.service 2>/dev/null || true
  fi
)

# For every `program:package` (or `:package`) that is not there.
need() {
  local pair missing=()
  for pair; do
    command -v "${pair%%:*}" >/dev/null || is_installed "${pair#*:}" || missing+=("${pair#*:}")
  done
  if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
}

# For the program `docker` or `dockerd`. Newer releases have the former in a package of its own; a kernel with
# AppArmor wants its parser.
need_docker() {
  if command -v "$1" >/dev/null; then return; fi
  local packages=(docker.io)
  if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  if [ -d /sys/module/apparmor ]; then packages+=(apparmor); fi
  install_packages "${packages[@]}"
}

# Takes what for: `install` or `test`.
set_up() {
  [ "$(id -u)" = 0 ] || die "needs root"
  # The pinned Node, on which all of it runs, is linked to the two libraries.
  need npm:npm jq:jq eu-strip:elfutils :libatomic1 :libstdc++6
  mkdir -p "$SLUICE_CACHE"
  # The mark by which `clean`, and backups, know a cache.
  echo 'Signature: 8a477f597d28d172789f06886806bc55' >"$SLUICE_CACHE/CACHEDIR.TAG"
  install_npm_packages "$1"
}
