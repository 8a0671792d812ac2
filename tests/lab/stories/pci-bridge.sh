#!/bin/sh
# SPDX-License-Identifier: MIT
# A group of a bridge and two cards: check names what VFIO will object to, claim mends it, release
# leaves nothing behind.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 02:01.0)
snapshot /tmp/before
has_driver 02:01.0 e1000
has_driver 02:02.0 e1000

expect 3 iommuscope check "$group"
says 02:01.0
says 02:02.0
says e1000

# Half of it done by hand: VFIO says no, and so did check before anybody asked VFIO.
modprobe vfio-pci
echo vfio-pci >"$devices/0000:02:01.0/driver_override"
echo 0000:02:01.0 >/sys/bus/pci/drivers/e1000/unbind
echo 0000:02:01.0 >/sys/bus/pci/drivers/vfio-pci/bind
expect 3 iommuscope check "$group"
says '02:02.0 is bound to e1000, a host driver'
expect 3 lab-vfio status "$group"
says 'not viable'
expect 3 iommuscope check --open "$group"
echo 0000:02:01.0 >/sys/bus/pci/drivers/vfio-pci/unbind
echo >"$devices/0000:02:01.0/driver_override"
echo 0000:02:01.0 >/sys/bus/pci/drivers_probe
snapshot /tmp/again
same /tmp/before /tmp/again

expect 0 iommuscope plan claim "$group"
expect 0 iommuscope claim --dry-run "$group"
snapshot /tmp/again
same /tmp/before /tmp/again
expect 0 iommuscope claim "$group"
has_driver 01:00.0 -
has_driver 02:01.0 vfio-pci
has_driver 02:02.0 vfio-pci
expect 0 iommuscope check --open "$group"
expect 0 lab-vfio status "$group"
expect 0 iommuscope status
says 'held'
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after

# One card is wanted: the other is kept away from host and guest by pci-stub.
expect 0 iommuscope claim 02:02.0
has_driver 02:01.0 pci-stub
has_driver 02:02.0 vfio-pci
expect 0 lab-vfio status "$group"
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
