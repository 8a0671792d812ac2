#!/bin/sh
# SPDX-License-Identifier: MIT
# The shell of the guests that run a story: $cache/busybox-ARCH.
#
# Sourced by tests/lab/fetch after apt.sh.
: "${cache:?}" "${tmp:?}"

busybox_release=bookworm

# busybox_fetch ARCH
busybox_fetch() {
    say "busybox for $1 guests"
    apt_update "$busybox_release"
    made=$tmp/busybox
    rm -rf "$made"
    mkdir -p "$made"
    apt_download "$busybox_release" "$made/packages" "busybox-static:$1"
    deb_unpack "$made/packages" "$made/root"
    deb_drop "$made/packages"
    mv "$made/root/bin/busybox" "$made/busybox"
    rm -rf "${made:?}/root" "$cache/busybox-$1"
    mv "$made" "$cache/busybox-$1"
}
