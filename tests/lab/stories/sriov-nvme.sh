#!/bin/sh
# SPDX-License-Identifier: MIT
# VFs that were made for guests, and have no driver, are handed over; the PF goes only when its VFs
# may be lost, and gets them back.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
echo 0 >"$devices/0000:01:00.0/sriov_drivers_autoprobe"
echo 2 >"$devices/0000:01:00.0/sriov_numvfs"
has_driver 01:00.1 -
pf=$(group_of 01:00.0)
vf=$(group_of 01:00.1)
snapshot /tmp/before
expect 0 iommuscope claim "$vf"
has_driver 01:00.1 vfio-pci
has_driver 01:00.0 nvme
expect 0 lab-vfio status "$vf"
expect 0 iommuscope release "$vf"
snapshot /tmp/after
same /tmp/before /tmp/after

expect 4 iommuscope claim "$pf"
says 'virtual functions'
expect 0 iommuscope claim --allow-loss 01:00.0 "$pf"
has_driver 01:00.0 vfio-pci
[ ! -e "$devices/0000:01:00.1" ] || fail 'the VFs are still there'
expect 0 iommuscope release "$pf"
snapshot /tmp/after
same /tmp/before /tmp/after
