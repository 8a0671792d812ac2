#!/bin/sh
# SPDX-License-Identifier: MIT
# A member of a claimed group goes back to its host driver behind our back: check sees it before
# VFIO is asked, another claim mends it, and release still knows what was at the very beginning.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 02:01.0)
snapshot /tmp/before

expect 0 iommuscope claim "$group"
expect 0 lab-vfio status "$group"
echo 0000:02:02.0 >/sys/bus/pci/drivers/vfio-pci/unbind
echo >"$devices/0000:02:02.0/driver_override"
echo 0000:02:02.0 >/sys/bus/pci/drivers_probe
has_driver 02:02.0 e1000

expect 3 iommuscope check "$group"
says '02:02.0 is bound to e1000, a host driver'
expect 3 lab-vfio status "$group"
expect 3 iommuscope check --open "$group"

# A plan from before says that the machine is another now.
expect 0 iommuscope plan claim "$group" --json
cp "$said" /tmp/plan.json
ip link set dev "$(ls "$devices/0000:02:02.0/net")" name other
echo pci-stub >"$devices/0000:02:02.0/driver_override"
expect 3 iommuscope claim --plan /tmp/plan.json
says 02:02.0
echo >"$devices/0000:02:02.0/driver_override"

expect 0 iommuscope claim "$group"
has_driver 02:02.0 vfio-pci
expect 0 iommuscope check --open "$group"
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
expect 0 iommuscope status
says_not held

# While somebody has the group open, the kernel itself keeps the host driver away (R8.5).
expect 0 iommuscope claim "$group"
in_background /tmp/holder lab-vfio hold "$group" 0000:02:01.0
until_says /tmp/holder holding
expect 7 iommuscope check --open "$group"
echo 0000:02:02.0 >/sys/bus/pci/drivers/vfio-pci/unbind
echo >"$devices/0000:02:02.0/driver_override"
! echo 0000:02:02.0 >/sys/bus/pci/drivers/e1000/bind || fail 'a host driver got into an open group'
has_driver 02:02.0 -
kill "$pid"
end_of "$pid"
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
