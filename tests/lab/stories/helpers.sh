#!/bin/sh
# SPDX-License-Identifier: MIT
# What the stories share; busybox's shell in a guest sources it as /lab/helpers.sh.
# The first thing that is not as it should be ends a story.
set -eu
devices=/sys/bus/pci/devices
said=/tmp/said
holders=

# A device that is held keeps the guest from turning itself off.
let_go() {
    # shellcheck disable=SC2086 # a list of numbers
    [ -z "$holders" ] || kill -9 $holders 2>/dev/null || :
}
trap let_go EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# expect STATUS COMMAND...: the command ends with this status; what it says is in $said.
expect() {
    expected=$1
    shift
    echo "\$ $*"
    status=0
    "$@" >"$said" 2>&1 </dev/null || status=$?
    cat "$said"
    [ "$status" -eq "$expected" ] || fail "status $status, not $expected"
}

# says TEXT: the last command did.
says() {
    grep -qF -e "$1" "$said" || fail "it does not say '$1'"
}

says_not() {
    ! grep -qF -e "$1" "$said" || fail "it says '$1'"
}

# group_of ADDRESS
group_of() {
    basename "$(readlink "$devices/0000:$1/iommu_group")"
}

# driver_of ADDRESS: "-" without one.
driver_of() {
    if [ -e "$devices/0000:$1/driver" ]; then
        basename "$(readlink "$devices/0000:$1/driver")"
    else
        echo -
    fi
}

# has_driver ADDRESS DRIVER
has_driver() {
    [ "$(driver_of "$1")" = "$2" ] || fail "$1 has driver $(driver_of "$1"), not $2"
}

# snapshot FILE: all that a claim may change and a release must give back.
snapshot() {
    for device in "$devices"/*; do
        address=${device##*/0000:}
        echo "$address driver $(driver_of "$address")"
        for file in driver_override sriov_numvfs sriov_drivers_autoprobe enable power/control; do
            [ ! -e "$device/$file" ] || echo "$address $file $(od -A n -c "$device/$file")"
        done
        echo "$address net $(ls "$device/net" 2>/dev/null || :)"
    done >"$1"
    # The node of the containers belongs to the module, not to a group.
    find /dev/vfio 2>/dev/null | grep -vxE '/dev/vfio(/vfio)?' | sort >>"$1" || :
    cat /sys/bus/pci/drivers_autoprobe >>"$1"
}

# same FILE FILE: byte for byte.
same() {
    diff "$1" "$2" || fail "$1 and $2 differ"
}

# in_background FILE COMMAND...: its output goes to the file; $pid is the process.
in_background() {
    output=$1
    shift
    echo "\$ $* &"
    : >"$output"
    "$@" >"$output" 2>&1 </dev/null &
    pid=$!
    holders="$holders $pid"
}

# until_says FILE TEXT: waits up to ten seconds.
until_says() {
    tries=0
    until grep -qF -e "$2" "$1"; do
        tries=$((tries + 1))
        [ "$tries" -le 200 ] || fail "$(cat "$1") instead of '$2'"
        usleep 50000
    done
}

# kernel_says TEXT
kernel_says() {
    dmesg | grep -qF -e "$1" || fail "the kernel does not say '$1'"
}

# end_of PID: waits for a child, whatever its status.
end_of() {
    wait "$1" 2>/dev/null || :
}

# as_nobody COMMAND...
as_nobody() {
    [ -e /etc/passwd ] || echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >/etc/passwd
    [ -e /etc/group ] || echo 'nogroup:x:65534:' >/etc/group
    su -s /bin/sh -c "$*" nobody
}

# without_enable FILE: a device that is open is enabled, and nobody minds.
without_enable() {
    sed -i '/ enable /d' "$1"
}
