#!/bin/sh
# SPDX-License-Identifier: MIT
# What the host needs is not taken away: a mounted disk, a disk with swap, the default route.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
disk=$(group_of 01:00.0)
card=$(group_of 02:00.0)
node=/dev/nvme0n1
has_driver 01:00.0 nvme
has_driver 02:00.0 e1000e

# refused GROUP TEXT: and nothing is written, not even a journal.
refused() {
    snapshot /tmp/before
    expect 4 iommuscope claim "$1"
    says "$2"
    snapshot /tmp/after
    same /tmp/before /tmp/after
    [ -z "$(find /run/iommuscope -type f ! -name lock 2>/dev/null)" ] || fail 'there is a journal'
}

mkdosfs "$node" >/dev/null
mkdir -p /mnt
mount -t vfat "$node" /mnt
echo kept >/mnt/file
refused "$disk" /mnt
[ "$(cat /mnt/file)" = kept ] || fail 'the file is gone'
umount /mnt

mkswap "$node" >/dev/null
swapon "$node"
refused "$disk" swap
swapoff "$node"

interface=$(ls "$devices/0000:02:00.0/net")
ip link set dev "$interface" up
ip addr add 192.0.2.2/24 dev "$interface"
ip route add default via 192.0.2.1 dev "$interface"
refused "$card" default
expect 4 iommuscope claim --dry-run "$card"

# Whoever names the device may lose it.
expect 0 iommuscope claim --allow-loss 02:00.0 "$card"
has_driver 02:00.0 vfio-pci
expect 0 iommuscope release "$card"
has_driver 02:00.0 e1000e
