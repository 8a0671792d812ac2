#!/bin/sh
# SPDX-License-Identifier: MIT
# What a claim hands over works: DMA reaches what is mapped and nothing else.
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
group=$(group_of 01:00.0)
snapshot /tmp/before

expect 0 iommuscope check "$group"
expect 0 iommuscope plan claim "$group"
[ ! -e /sys/bus/pci/drivers/vfio-pci ] || fail 'the driver is there before anybody asked for it'
expect 0 iommuscope claim "$group"
has_driver 01:00.0 vfio-pci
expect 0 iommuscope check --open "$group"
expect 0 lab-vfio status "$group"
expect 0 lab-vfio dma "$group" 0000:01:00.0
says 'edu: 1024 bytes went there and back'
kernel_says 'DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0x200000'
kernel_says 'DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x200000'
expect 0 iommuscope status
says 01:00.0
expect 0 iommuscope release "$group"
snapshot /tmp/after
same /tmp/before /tmp/after
expect 0 iommuscope status
expect 0 iommuscope log
