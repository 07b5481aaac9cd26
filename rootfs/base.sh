#!/usr/bin/env bash
# Fills a folder with Node, the programs that the plugin starts and the libraries that those need.
# All but Node comes out of Debian packages, by the machine's own apt sources and keys. Nothing is installed and
# nothing of the folder is run, so its architecture need not be the machine's.
#
# usage: rootfs/base.sh ARCH NODE OUT      ARCH: amd64 or arm64; NODE: that architecture's Node binary
set -euo pipefail
shopt -s inherit_errexit

readonly arch=$1 node=$2 out=$3
readonly cache=$SLUICE_CACHE/apt-$arch tree=$3.tree

# libatomic1, libgcc-s1 and libstdc++6 are Node's.
readonly packages=(conntrack coreutils iproute2 iptables libatomic1 libgcc-s1 libstdc++6 nftables)
readonly programs=(
  bridge conntrack ip mkfifo nft tc
  {iptables,ip6tables}-{legacy,nft}{,-restore,-save}
  xtables-{legacy,nft}-multi
)

# An apt that has its own state, believes that nothing is installed, and keeps the machine's sources and proxies.
# The machine's hooks (APT::Update::Post-Invoke) are left out: they are about the machine's packages.
write_apt_config() {
  mkdir -p "$cache"/{state/lists/partial,archives/partial,parts}
  : >"$cache/status"
  {
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets::'
    cat <<END
Acquire::Languages "none";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
Dir::Cache "$cache";
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "$cache/parts";
Dir::State "$cache/state";
Dir::State::Status "$cache/status";
END
  } >"$cache/apt.conf"
}

# Debian 12's iproute2 does not know netem's seed: there, the next release's is taken, with the libraries it needs, by the same
# mirrors and keys. nft and iptables stay those of the machine: an older nft cannot list what a newer one has written.
take_next_iproute2() {
  # shellcheck source=/dev/null
  [ "$(. /etc/os-release && echo "$ID/${VERSION_CODENAME-}")" = debian/bookworm ] || return 0
  local folder=$cache/sources file
  rm -rf "$folder"
  mkdir -p "$folder/parts"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian*; do
    if [ ! -f "$file" ]; then continue; fi
    cp "$file" "$folder/parts/"
    sed 's/\bbookworm\b/trixie/g' "$file" >"$folder/parts/next-${file##*/}"
  done
  cat >"$folder/preferences" <<END
Package: nftables iptables libnftables1 libnftnl11 libxtables12 libip4tc2 libip6tc2
Pin: release n=bookworm*
Pin-Priority: 1001
END
  cat >>"$cache/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$folder/parts";
Dir::Etc::Preferences "$folder/preferences";
Dir::Etc::PreferencesParts "$cache/parts";
END
}

# Lists that the machine's own apt has are not downloaded again.
download() {
  export APT_CONFIG=$cache/apt.conf
  local output
  cp --update --preserve=timestamps /var/lib/apt/lists/*_dists_* "$cache/state/lists/" 2>/dev/null || true
  output=$(apt-get -qq update 2>&1) || fail "$output"
  rm -f "$cache"/archives/*.deb
  output=$(apt-get -qq install --print-uris "${packages[@]}" 2>&1) || fail "$output"
  awk '{ sum += $3 } END { printf "sluice: downloading packages for the plugin, %d MB\n", sum / 1e6 }' <<<"$output" >&2
  output=$(apt-get -qq install --download-only --yes "${packages[@]}" 2>&1) || fail "$output"
}

# Takes what apt said.
fail() {
  echo "sluice: cannot download packages for $arch: $(grep --max-count=1 '^E:' <<<"$1" || echo "$1")" >&2
  exit 1
}

# Debian's merged layout, whichever way the packages are built.
make_folders() {
  mkdir -p "$1"/{dev,etc,proc,run,sys,tmp,var/lib} "$1"/usr/{bin,lib,lib64,sbin}
  local folder
  for folder in bin lib lib64 sbin; do ln -s "usr/$folder" "$1/$folder"; done
}

unpack() {
  make_folders "$tree"
  local deb
  for deb in "$cache"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$tree"
  done
}

# Copies a path of the tree, and what it points at if it is a link.
take() {
  cp -a --parents "$1" "$out"
  [ -L "$1" ] || return 0
  local target
  target=$(readlink "$1")
  case $target in
    /*) take "${target#/}" ;;
    *) take "$(realpath --relative-to=. "$(dirname "$1")/$target")" ;;
  esac
}

take_files() {
  local program
  for program in "${programs[@]}"; do take "$(find usr/bin usr/sbin -name "$program" -print -quit)"; done
  take "$(find usr/lib -type d -name xtables)"
  # Where tc finds its delay distributions, and ip its names for groups, tables and scopes.
  find usr/lib usr/share -path '*/tc/*.dist' -exec cp -a --parents -t "$out" {} +
  find etc usr/share -maxdepth 1 -name iproute2 -exec cp -a --parents -t "$out" {} +
}

# Libraries are looked for until a round finds no new one, as the dynamic linker does at run time.
take_libraries() {
  local before=-1 count=0 library
  while [ "$count" -ne "$before" ]; do
    before=$count
    while read -r library; do
      take "$(find usr/lib usr/lib64 -name "$library" -print -quit)"
    done < <(find "$out" -type f -exec eu-readelf -d {} + 2>/dev/null | sed -n 's/^ *NEEDED .*\[\(.*\)\]/\1/p' | sort -u)
    count=$(find "$out" | wc -l)
  done
  local interpreter
  interpreter=$(eu-readelf -l "$out/usr/bin/node" | sed -n 's/.*program interpreter: \/\(.*\)\]/\1/p')
  take "usr/$interpreter"
}

rm -rf "$out" "$tree"
mkdir -p "$out"
write_apt_config
take_next_iproute2
download
unpack
make_folders "$out"
install -m 755 "$node" "$out/usr/bin/node"
eu-strip "$out/usr/bin/node"
(
  cd "$tree"
  take_files
  take_libraries
)
rm -rf "$tree"
