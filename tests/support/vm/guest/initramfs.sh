#!/bin/busybox sh
# Process 1 of the initramfs: loads what the disks need, and hands over to guest/init.sh on the second disk.
bb=/bin/busybox
$bb mount -t devtmpfs dev /dev
while read -r module; do $bb insmod "/modules/$module"; done </modules/order
$bb mount -t ext4 /dev/vda /root
$bb mount -t ext4 -o ro /dev/vdb /root/supplies
exec $bb switch_root /root /supplies/init.sh
