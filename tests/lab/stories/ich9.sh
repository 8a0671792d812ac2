#!/bin/sh
# SPDX-License-Identifier: MIT
# The driver of the SMBus, loaded by whoever wants to read a sensor, breaks the group of the SATA
# controller; a claim holds its seat.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 00:1f.2)
has_driver 00:1f.2 ahci

expect 3 iommuscope check "$group"
says '00:1f.2 is bound to ahci, a host driver'
says_not '00:1f.3 is bound to'

modprobe i2c-i801
has_driver 00:1f.3 i801_smbus
expect 3 iommuscope check "$group"
says '00:1f.2 is bound to ahci, a host driver'
says '00:1f.3 is bound to i801_smbus, a host driver'
rmmod i2c-i801

# With the disk controller alone on vfio-pci, VFIO and check both go by the SMBus.
modprobe vfio-pci
echo vfio-pci >"$devices/0000:00:1f.2/driver_override"
echo 0000:00:1f.2 >/sys/bus/pci/drivers/ahci/unbind
echo 0000:00:1f.2 >/sys/bus/pci/drivers/vfio-pci/bind
expect 0 iommuscope check "$group"
expect 0 lab-vfio status "$group"
modprobe i2c-i801
expect 3 iommuscope check "$group"
says '00:1f.3 is bound to i801_smbus, a host driver'
expect 3 lab-vfio status "$group"
rmmod i2c-i801
echo 0000:00:1f.2 >/sys/bus/pci/drivers/vfio-pci/unbind
echo >"$devices/0000:00:1f.2/driver_override"
echo 0000:00:1f.2 >/sys/bus/pci/drivers_probe
has_driver 00:1f.2 ahci

# After a claim the module finds the seat taken: functions of one device are handed over together,
# as a reset of one of them is a reset of all.
# vfio-pci leaves "on" behind: a release gives back what there was.
echo auto >"$devices/0000:00:1f.3/power/control"
echo on >"$devices/0000:00:1f.2/power/control"
snapshot /tmp/before
expect 0 iommuscope claim 00:1f.2
has_driver 00:1f.2 vfio-pci
has_driver 00:1f.3 vfio-pci
modprobe i2c-i801
has_driver 00:1f.3 vfio-pci
expect 0 iommuscope check --open "$group"
rmmod i2c-i801
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
