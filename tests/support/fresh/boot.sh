#!/bin/sh
# Makes the namespaces it runs in (cgroup, mount, UTS, IPC, PID, network) into a machine of its own, and boots systemd there.
#
#   boot.sh WORK BASE NAME
#
# WORK is the machine's disk and keeps what it writes; BASE is its root file system, left as it is: one or more folders, as
# overlayfs names its lower ones; NAME is the machine's host name.
set -eu
work=$1 base=$2 name=$3

hostname "$name"
ip link set lo up
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" "$work/root"
cd "$work/root"
# Engines stack file systems of their own, which an overlay does not carry.
for folder in docker containerd; do
  mkdir -p "var/lib/$folder"
  mount --bind "$work/$folder" "var/lib/$folder"
done

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
# The real machine's own settings are not this one's to change; those of the network belong to the namespace.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger

mount -t tmpfs -o mode=755 tmpfs dev
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  # shellcheck disable=SC2086 # a name and two numbers
  set -- $device
  mknod -m 666 "dev/$1" c "$2" "$3"
done
mkdir dev/net dev/pts dev/shm
mknod -m 666 dev/net/tun c 10 200
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in '0 stdin' '1 stdout' '2 stderr'; do ln -s "/proc/self/fd/${number% *}" "dev/${number#* }"; done
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run

pivot_root . .
umount -l .
cd /
exec setpriv --bounding-set=-sys_time,-sys_module -- env -i container=other /sbin/init
