#!/bin/sh
# SPDX-License-Identifier: MIT
# VFs alone; then the PF, whose VFs the kernel would drop without a word.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
pf=$(group_of 01:00.0)
vf=$(group_of 01:10.0)
has_driver 01:00.0 igb
has_driver 01:10.0 igbvf
snapshot /tmp/before

expect 0 iommuscope claim "$vf"
has_driver 01:10.0 vfio-pci
has_driver 01:10.2 igbvf
has_driver 01:00.0 igb
expect 0 lab-vfio status "$vf"
expect 0 iommuscope release "$vf"
snapshot /tmp/after
same /tmp/before /tmp/after

expect 3 iommuscope check "$pf"
expect 4 iommuscope claim "$pf"
says 'virtual functions'
snapshot /tmp/after
same /tmp/before /tmp/after
# A VF that a guest has open goes with nobody: the kernel would wait for the guest, for ever.
expect 0 iommuscope claim "$vf"
in_background /tmp/holder lab-vfio hold "$vf" 0000:01:10.0
until_says /tmp/holder holding
snapshot /tmp/held
expect 7 iommuscope claim --allow-loss 01:00.0 "$pf"
says "process lab-vfio $pid has"
says 0000:01:10.0
snapshot /tmp/again
same /tmp/held /tmp/again
kill "$pid"
end_of "$pid"
expect 0 iommuscope release "$vf"
snapshot /tmp/after
same /tmp/before /tmp/after

expect 0 iommuscope plan claim --allow-loss 01:00.0 "$pf"
expect 0 iommuscope claim --allow-loss 01:00.0 "$pf"
has_driver 01:00.0 vfio-pci
[ ! -e "$devices/0000:01:10.0" ] || fail 'the VFs are still there'
expect 0 lab-vfio status "$pf"
expect 0 iommuscope release "$pf"
snapshot /tmp/after
same /tmp/before /tmp/after
