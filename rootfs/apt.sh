# Packages of the system. Sourced by build.sh.
# shellcheck shell=bash disable=SC2154

is_installed() { dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# Asks nothing, removes nothing, and waits for another program that installs.
run_apt() {
  DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes NEEDRESTART_MODE=l \
    apt-get -qq --yes --no-remove -o DPkg::Lock::Timeout=300 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@"
}

# While packages are installed, none starts a service. The machine's own policy is kept beside ours, from where the next run
# takes it back if this one is killed.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  allow_services
  if [ -e "$policy" ]; then mv "$policy" "$policy.sluice"; fi
  printf '#!/bin/sh\n# Written by sluice for as long as it installs packages.\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

allow_services() {
  if grep --quiet 'by sluice' "$policy" 2>/dev/null; then rm "$policy"; fi
  if [ -e "$policy.sluice" ]; then mv "$policy.sluice" "$policy"; fi
}

# Ends with one line that says why apt failed. Takes what it was for, and its output.
die_of_apt() {
  if grep --quiet --extended-regexp "resolv|onnect|imed out|unreachable|Failed to fetch" <<<"$2"; then
    die "cannot $1: the mirrors that apt is configured for do not answer. $proxy_advice"
  fi
  die "cannot $1: $(grep --max-count=1 '^E:' <<<"$2" || tail -n 1 <<<"$2")"
}

# Brings apt's lists up to date, once. A source that is broken and has nothing to do with Sluice is no error.
refresh_lists() {
  if [ -n "${apt_failure+done}" ]; then return; fi
  apt_failure=''
  local proxy
  for proxy in '' $(npm_proxies); do
    if [ -n "$proxy" ]; then export http_proxy=$proxy https_proxy=$proxy; fi
    if apt_failure=$(run_apt update -o APT::Update::Error-Mode=any 2>&1); then return; fi
    if [ -n "${http_proxy-}" ] || [ -n "$(apt_proxy)" ]; then return; fi
  done
}

# Installs packages with what they depend on.
install_packages() {
  refresh_lists
  install_refreshed "$@"
}

install_refreshed() (
  trap allow_services EXIT
  forbid_services
  # What an earlier run that was killed left half done.
  dpkg --configure -a >/dev/null
  uris=$(run_apt install --no-install-recommends --print-uris "$@" 2>&1) || die_of_apt "install $*" "$apt_failure$uris"
  say "installing from the system's packages, $(awk '{ sum += $3 } END { printf "%d", sum / 1e6 }' <<<"$uris") MB: $*"
  output=$(run_apt install --no-install-recommends "$@" 2>&1) || die_of_apt "install $*" "$output"
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
