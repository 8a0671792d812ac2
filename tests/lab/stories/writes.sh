#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel reports each file that iommuscope, or a program that it starts, opens for writing, and
# each name that it changes: what is not on this list does not happen (SECURITY.md).
# shellcheck source=tests/lab/stories/helpers.sh
. /lab/helpers.sh
pf=$(group_of 01:00.0)
tool=/iommuscope

# watched STATUS ARGUMENT...: what it does is added to /tmp/watch.
watched() {
    expected_status=$1
    shift
    expect "$expected_status" lab-watch /tmp/watch "$tool" "$@"
}

# Journals are named by the time, and modules lie where their kernel wants them.
sorted() {
    sed -e 's,/run/iommuscope/[0-9.-]*[.]journal$,/run/iommuscope/TIME.journal,' \
        -e 's,^module /lib/modules/.*,module /lib/modules,' \
        -e 's,^execute /.*/busybox,execute modprobe,' \
        -e "s,^execute $tool\$,execute iommuscope," /tmp/watch | sort -u
}

# Questions write nothing at all.
for question in groups tree audit reach status log "check $pf" "plan claim $pf" "claim --dry-run $pf"; do
    : >/tmp/watch
    echo "\$ iommuscope $question"
    # shellcheck disable=SC2086 # words
    lab-watch /tmp/watch "$tool" $question >/dev/null 2>&1 || :
    sorted >/tmp/list
    echo 'execute iommuscope' >/tmp/expected
    same /tmp/expected /tmp/list
done

# The groups of the VFs, which go with the PF, are asked whether somebody has them open.
nodes=$(for function in 01:00.0 01:10.0 01:10.2; do
    echo "open /dev/vfio/$(group_of "$function")"
done | sort)
: >/tmp/watch
watched 0 claim --allow-loss 01:00.0 "$pf"
watched 0 check --open "$pf"
watched 0 release "$pf"
watched 0 recover
sorted >/tmp/list
cat >/tmp/expected <<END
execute iommuscope
execute modprobe
mkdir /run/iommuscope
module /lib/modules
open /dev/null
$nodes
open /dev/vfio/vfio
open /run/iommuscope/TIME.journal
open /run/iommuscope/lock
open /sys/bus/pci/devices/0000:01:00.0/driver_override
open /sys/bus/pci/devices/0000:01:00.0/power/control
open /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs
open /sys/bus/pci/drivers/igb/bind
open /sys/bus/pci/drivers/igb/unbind
open /sys/bus/pci/drivers/vfio-pci/bind
open /sys/bus/pci/drivers/vfio-pci/unbind
END
same /tmp/expected /tmp/list
