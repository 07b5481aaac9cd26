# The Docker engine at $host, and the plugin there. Sourced by build.sh.
# shellcheck shell=bash disable=SC2154

# The Docker CLI on that one engine, whatever context is in use.
engine() { docker --host "$host" "$@"; }

engine_answers() { timeout 20 docker --host "$host" version >/dev/null 2>&1; }

is_default() { [[ $host = unix:///var/run/docker.sock || $host = unix:///run/docker.sock ]]; }

start_engine() {
  say "starting the Docker engine"
  if has_systemd; then
    systemctl enable --quiet --now docker
  elif ! service docker start 2>/dev/null; then
    setsid dockerd >>/var/log/docker.log 2>&1 </dev/null &
  fi
  local second
  for ((second = 0; second < 60; second++)); do
    if engine_answers; then return; fi
    sleep 1
  done
  die "the engine does not answer after a minute: see journalctl -u docker, or /var/log/docker.log"
}

# For the program `docker` or `dockerd`. Debian's newer releases have the former in a package of its own; a kernel with AppArmor
# wants its parser. Where packages of Docker's own are installed, theirs is taken.
need_docker() {
  local packages=(docker.io) package
  if command -v "$1" >/dev/null; then
    if [[ $(readlink -f "$(command -v "$1")") = */snap ]]; then
      die "cannot use the Docker of a snap, which is shut off from plugins: snap remove docker, and repeat this"
    fi
    return
  fi
  refresh_lists
  for package in docker-ce docker-ce-cli containerd.io; do
    if is_installed "$package"; then packages=(docker-ce docker-ce-cli containerd.io); fi
  done
  if [ "${packages[0]}" = docker.io ] && apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  if [ -d /sys/module/apparmor ]; then packages+=(apparmor); fi
  install_packages "${packages[@]}"
}

# Called before anything is downloaded for an engine elsewhere.
check_host() {
  need_root
  if is_default || ! command -v docker >/dev/null || engine_answers; then return; fi
  die "no engine answers at $host, which DOCKER_HOST names"
}

ensure_engine() {
  need_docker docker
  if engine_answers; then return; fi
  is_default || die "no engine answers at $host, which DOCKER_HOST names"
  need_docker dockerd
  start_engine
}

engine_arch() { engine version --format '{{.Server.Arch}}'; }

has_plugin() { engine plugin inspect "$plugin" >/dev/null 2>&1; }

# What the plugin runs with, as `docker plugin set` takes it.
settings() {
  engine plugin inspect "$plugin" --format '{{range .Settings.Env}}{{println .}}{{end}}{{range .Settings.Mounts
    }}{{if .Settable}}{{.Name}}.source={{.Source}}{{println}}{{end}}{{end}}'
}

# Engines write a mount's new source over its default, too: a mount always counts as changed.
changed_settings() {
  local defaults='{{range .Config.Env}}{{.Name}}={{.Value}}{{println}}{{end}}'
  comm -23 <(settings | sort) <(engine plugin inspect "$plugin" --format "$defaults" | sort)
}

remove_plugin() {
  engine plugin disable --force "$plugin" >/dev/null 2>&1 || true
  engine plugin rm --force "$plugin" >/dev/null
}

# Gives the plugin the engine's socket, which names of containers come from. Takes `engine` or `no-engine`, then what was set
# before: that stands.
share_engine() {
  local wanted=$1 path=${host#unix://} setting
  shift
  if [ "$wanted" = no-engine ]; then
    engine plugin set "$plugin" engine.source=/dev/null
    return
  fi
  for setting; do if [[ $setting = engine.source=* ]]; then return; fi; done
  if [ "$path" = "$host" ]; then
    say "no names of containers: $host is no socket that the plugin could read them from"
    return
  fi
  say "the plugin reads the names of containers from the engine's socket, $path (install --no-engine: it does not)"
  engine plugin set "$plugin" "engine.source=$path"
}

# Networks name their driver by the reference and the state is on the host, so both outlive the swap. Settings are in a file
# meanwhile, for the next run if this one is killed. Takes the plugin's folder and `engine` or `no-engine`.
kept_settings=$SLUICE_CACHE/settings-${host//\//-}
create_plugin() {
  local kept=() setting
  if has_plugin; then
    say "replacing the installed plugin"
    if [ ! -e "$kept_settings" ]; then
      changed_settings >"$kept_settings.new"
      mv "$kept_settings.new" "$kept_settings"
    fi
    remove_plugin
  fi
  if [ -e "$kept_settings" ]; then mapfile -t kept <"$kept_settings"; fi
  engine plugin create "$plugin" "$1" >/dev/null
  for setting in "${kept[@]}"; do
    if settings | grep --quiet --line-regexp --fixed-strings -e "$setting"; then continue; fi
    say "keeping the setting $setting"
    engine plugin set "$plugin" "$setting" || say "dropped: this version does not take the setting"
  done
  share_engine "$2" "${kept[@]}"
  rm -f "$kept_settings"
}

engine_log() {
  if has_systemd; then journalctl --unit docker --lines 500; else tail -n 500 /var/log/docker.log; fi 2>/dev/null
}

enable_plugin() {
  if engine plugin enable "$plugin" >/dev/null; then return; fi
  local id
  id=$(engine plugin inspect --format '{{.ID}}' "$plugin")
  if is_default; then engine_log | grep "plugin=$id" | tail -n 20 | cut -c 1-300 >&2 || true; fi
  die "the plugin does not start: the engine's log says why (journalctl -u docker, or /var/log/docker.log)"
}

# The folder on the engine's machine that holds the state database.
state_folder() {
  local source folder
  source=$(settings | sed -n 's/^state\.source=//p')
  folder=$(settings | sed -n 's/^STATE_DIR=//p')
  if [[ $host = unix://* && $folder = /var/lib/?* ]]; then echo "$source/${folder#/var/lib/}"; fi
}
