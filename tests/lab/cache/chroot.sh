#!/bin/sh
# SPDX-License-Identifier: MIT
# A newer Debian release to compile modules in, with the gcc of its kernels: $cache/chroot-RELEASE.
# Nothing is installed in it: unpacked packages compile as well as configured ones.
#
# Sourced by tests/lab/fetch after apt.sh.
: "${cache:?}" "${tmp:?}"

chroot_packages='base-files bash coreutils dash diffutils findutils gcc gawk grep libelf1t64
    libssl3t64 make perl-base sed zlib1g'

# chroot_fetch RELEASE
chroot_fetch() {
    say "the compiler of $1"
    apt_update "$1"
    made=$tmp/chroot
    rm -rf "$made"
    mkdir -p "$made"
    # shellcheck disable=SC2046,SC2086 # lists of words
    apt_download "$1" "$made/packages" $(apt_closure "$1" $chroot_packages)
    deb_unpack "$made/packages" "$made"
    deb_drop "$made/packages"
    # The places that tests/lab/build-module mounts, and what maintainer scripts would link.
    mkdir -p "$made/kernel" "$made/module" "$made/proc" "$made/dev" "$made/tmp"
    [ -e "$made/usr/bin/awk" ] || ln -s gawk "$made/usr/bin/awk"
    rm -rf "$made/usr/share/doc" "$made/usr/share/man" "$made/usr/share/locale"
    rm -rf "$cache/chroot-$1"
    mv "$made" "$cache/chroot-$1"
}
