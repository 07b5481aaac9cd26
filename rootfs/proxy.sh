# The way to package mirrors: the proxies that the machine is configured for. Sourced by build.sh.
# `sudo` drops the variables that a user may have set, so what apt knows is used for npm, and the other way round.
# shellcheck shell=bash disable=SC2034

readonly proxy_advice="If there is a proxy: sudo http_proxy=http://HOST:PORT https_proxy=http://HOST:PORT $0 $*"

# Programs differ in which of the two they read.
if [ -n "${https_proxy:-${HTTPS_PROXY:-${http_proxy:-${HTTP_PROXY-}}}}" ]; then
  export https_proxy=${https_proxy:-${HTTPS_PROXY:-${http_proxy:-${HTTP_PROXY-}}}}
  export http_proxy=${http_proxy:-${HTTP_PROXY:-$https_proxy}}
fi

apt_proxy() {
  local http='' https=''
  eval "$(apt-config shell http Acquire::http::Proxy https Acquire::https::Proxy)"
  printf '%s\n' "${https:-$http}" | grep --invert-match --ignore-case '^direct$' || true
}

# npm's configuration, of root or of who called sudo.
npm_config_files() {
  local file
  for file in ~/.npmrc "$(getent passwd "${SUDO_USER:-root}" | cut -d : -f 6)/.npmrc" /etc/npmrc; do
    if [ -f "$file" ]; then echo "$file"; fi
  done
}

npm_proxies() {
  local file
  while read -r file; do
    sed -n 's/^ *\(https-\)\?proxy *= *"\?\([^" ]*\)"\? *$/\2/p' "$file"
  done < <(npm_config_files) | sed -n 1p
}
