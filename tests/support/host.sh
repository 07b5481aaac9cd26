#!/bin/sh
# Makes the mount, PID and network namespace it runs in look like a machine of its own, and is that machine's init.
#
#   host.sh WORK REPO BASE
#
# WORK is the machine's disk and keeps what it writes; REPO is seen in it at the same path, read-only; BASE is its root file
# system, left as it is (an overlay takes the writes): one or more folders. The file WORK/ready says that all is mounted.
set -eu
work=$1 repo=$2 base=$3

mkdir -p "$work/var-lib/sluice" "$work/etc-docker" "$work/repo" "$work/root" "$work/cgroup" "$work/upper" "$work/overlay"
mount --bind "$repo" "$work/repo"
mount -o remount,bind,ro "$work/repo"
mount --rbind /sys/fs/cgroup "$work/cgroup"

root=$work/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" "$root"
mkdir -p "$root$work" "$root/etc/docker"
mount --bind "$work" "$root$work"
mount --rbind /dev "$root/dev"

mount --bind "$work/var-lib" "$root/var/lib"
mount --bind "$work/etc-docker" "$root/etc/docker"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t proc proc "$root/proc"
# A sysfs mounted from here shows this network namespace's links, as on a real machine, but comes without the cgroups.
mount -t sysfs sysfs "$root/sys"
mount --rbind "$work/cgroup" "$root/sys/fs/cgroup"
mkdir -p "$root$repo"
mount --bind "$work/repo" "$root$repo"

# Not chroot: runc would enter a container from the real root, not from this one.
cd "$root"
pivot_root . .
umount -l .
cd /
# As systemd has it: what is mounted below /run/docker/netns is seen by those who bound that folder before.
mount --make-rshared /

# A new namespace takes these from the real machine, and Docker sets its FORWARD policy only when it turns forwarding on.
echo 0 >/proc/sys/net/ipv4/ip_forward
[ ! -d /proc/sys/net/ipv6 ] || echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
ip link set lo up

: >"$work/ready"
# Reaps what lost its parent, containerd's shims above all, for as long as the machine is on.
while :; do
  sleep infinity &
  wait $! || :
done
