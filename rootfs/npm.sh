# The npm packages that a command needs, and getting them. Sourced by build.sh.
# shellcheck shell=bash

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

# The name that npm has for this machine's architecture.
node_cpu() { dpkg --print-architecture | sed 's/^amd64$/x64/'; }

install_npm_packages() {
  local missing options=(--ignore-scripts --no-audit --no-fund --no-update-notifier --prefer-offline --loglevel=error)
  missing=$(missing_packages "$1")
  if [ -n "$missing" ]; then
    if [ "$1" = install ]; then options+=(--omit=dev); fi
    say "installing npm packages"
    npm ci "${options[@]}"
  fi
  rootfs/link-node.sh
}
