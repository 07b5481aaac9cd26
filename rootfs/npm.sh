# The npm packages that a command needs, and getting them. Sourced by build.sh.
# shellcheck shell=bash disable=SC2154

# The paths of packages in node_modules that package-lock.json wants and npm has not finished installing. npm writes
# node_modules/.package-lock.json as the last thing, so an interrupted run has none.
# Takes `install`, for what the product is made of, or `test`, for the tests' packages too.
missing_packages() {
  local installed=node_modules/.package-lock.json
  if [ ! -e "$installed" ]; then installed=/dev/null; fi
  jq --raw-output --arg cpu "$(node_cpu)" --arg purpose "$1" --slurpfile installed "$installed" '
    # Other optional packages are there to be compiled, and nothing needs them.
    def are($wanted): [.] | flatten == [$wanted];
    def fits: (.optional | not)
      or ((.os | are("linux")) and (.cpu | are($cpu)) and (.libc // "glibc" | are("glibc")));
    ($installed[0].packages // {}) as $there
    | .packages | to_entries[]
    | select(.key != "" and (.value | fits) and ($purpose == "test" or (.value.dev | not)))
    | select($there[.key].integrity != .value.integrity)
    | .key' package-lock.json
}

# npm takes the proxy and the registry that root, or else who called sudo, has configured. All that it downloads is kept in the
# cache, which is in nobody's home.
configure_npm() {
  local config
  config=$(npm_config_files | sed -n 1p)
  if [ -n "$config" ]; then export npm_config_userconfig=$config; fi
  export npm_config_cache=$SLUICE_CACHE/npm
  mkdir -p "$npm_config_cache"
}

# Whether the registry answers, which takes a second; npm by itself tries for minutes. Leaves the proxy set that it goes by.
reach_registry() {
  local proxy
  for proxy in "${https_proxy:-$(npm_proxies)}" "$(apt_proxy)" ''; do
    if [ -n "$proxy" ]; then export https_proxy=$proxy; else unset https_proxy; fi
    if npm_failure=$(timeout 15 npm view split2 version --fetch-retries=0 --no-update-notifier 2>&1); then return; fi
  done
  return 1
}

install_npm_packages() {
  local before options=(--ignore-scripts --no-audit --no-fund --no-update-notifier --prefer-offline --loglevel=error)
  configure_npm
  if [ -n "$(missing_packages "$1")" ]; then
    if [ "$1" = install ]; then options+=(--omit=dev); fi
    say "installing npm packages"
    before=$(cached)
    npm_failure=''
    # What the cache has needs no registry.
    if ! reach_registry; then options+=(--offline); fi
    output=$(npm ci "${options[@]}" 2>&1) || die_of_npm "$npm_failure$output"
    say "installed npm packages, $(($(cached) - before)) MB downloaded"
  fi
  rootfs/link-node.sh
  if ! node_modules/.bin/node --version >/dev/null 2>&1; then
    die "cannot run the pinned Node: see node_modules/.bin/node --version. A file system that is mounted noexec runs nothing"
  fi
}

# In MB.
cached() { du --summarize --block-size=1M "$npm_config_cache" | cut -f 1; }

# Ends with one line that says why npm failed. Takes its output.
die_of_npm() {
  local reason
  reason=$(sed -n 's/^npm \(ERR!\|error\) \(.\)/\2/p' <<<"$1" | sed -n 1,3p | paste -s -d ' ')
  if [ -n "$npm_failure" ]; then
    die "cannot install npm packages: $(npm config get registry) does not answer (${reason:-timed out}). $proxy_advice"
  fi
  die "cannot install npm packages: ${reason:-$1}"
}
