#!/bin/sh
# Installs Debian packages over a root file system, which stays as it is: what they add goes to LAYER. No service is started.
#
#   layer.sh ROOT LAYER PACKAGE…      in a mount namespace of its own, with the real machine's network
set -eu
root=$1 layer=$2
shift 2
rm -rf "$layer" "$layer.work" "$layer.root"
mkdir -p "$layer" "$layer.work" "$layer.root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer,workdir=$layer.work" "$layer.root"
cd "$layer.root"
mount -t proc proc proc
mount --rbind /dev dev
cp /etc/resolv.conf etc/resolv.conf
# As the root's own builder, debootstrap, has it: no check of when the mirror was last written.
echo 'Acquire::Check-Valid-Until "false";' >etc/apt/apt.conf.d/90age
printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
chroot . apt-get -q update
chroot . apt-get -q -y install --no-install-recommends "$@"
chroot . apt-get clean
rm -rf var/lib/apt/lists etc/resolv.conf usr/sbin/policy-rc.d
umount -R proc dev
cd /
umount "$layer.root"
rm -rf "$layer.work" "$layer.root"
