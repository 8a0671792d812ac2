#!/bin/sh
# SPDX-License-Identifier: MIT
# Static libraries for the programs that run in guests: $cache/sysroot-ARCH.
#
# Sourced by tests/lab/fetch after apt.sh.
: "${cache:?}" "${tmp:?}"

sysroot_release=bookworm

# smartcols_sources: Debian has no static libsmartcols, so it is compiled from Debian's source.
smartcols_sources() {
    [ ! -d "$tmp/source" ] || return 0
    apt_update "$sysroot_release-source"
    mkdir -p "$tmp/source" "$tmp/tarball"
    (cd "$tmp/tarball" && apt_in "$sysroot_release-source" apt-get source -qq --tar-only \
        util-linux) >"$tmp/apt.log" 2>&1 || fail "cannot download: $(head -n 1 "$tmp/apt.log")"
    tar -x -C "$tmp/source" --strip-components 1 --wildcards -f "$tmp/tarball"/*.orig.tar.* \
        '*/libsmartcols/src' '*/include' '*/lib' '*/.tarball-version'
}

# smartcols_build COMPILER PREFIX LIBRARIES: the library, its header and its pkg-config file.
smartcols_build() {
    said=$(cat "$tmp/source/.tarball-version")
    mkdir -p "$2/include/libsmartcols" "$3/pkgconfig" "$tmp/objects"
    rm -f "$tmp/objects"/*
    sed "s/@LIBSMARTCOLS_VERSION@/$said/" "$tmp/source/libsmartcols/src/libsmartcols.h.in" \
        >"$2/include/libsmartcols/libsmartcols.h"
    for file in "$tmp/source"/libsmartcols/src/*.c "$tmp/source"/lib/buffer.c \
        "$tmp/source"/lib/color-names.c "$tmp/source"/lib/jsonwrt.c "$tmp/source"/lib/mbsalign.c \
        "$tmp/source"/lib/strutils.c "$tmp/source"/lib/ttyutils.c; do
        # What its configure would find in any glibc; warnings are not ours to mend.
        "$1" -O2 -w -D_GNU_SOURCE -DHAVE_WIDECHAR=1 -DHAVE_OPEN_MEMSTREAM=1 -DHAVE_ERR_H=1 \
            -DHAVE_ERR=1 -DHAVE_ERRX=1 -DHAVE_WARN=1 -DHAVE_WARNX=1 -DHAVE_STRNLEN=1 \
            -DHAVE_STRNDUP=1 -DHAVE_NANOSLEEP=1 -DHAVE_LANGINFO_H=1 -I "$tmp/source/include" \
            -I "$2/include/libsmartcols" -I "$tmp/source/libsmartcols/src" \
            -c "$file" -o "$tmp/objects/$(basename "$file" .c).o"
    done
    rm -f "$3/libsmartcols.a"
    ar rcs "$3/libsmartcols.a" "$tmp/objects"/*.o
    cat >"$3/pkgconfig/smartcols.pc" <<END
prefix=/usr
Name: smartcols
Description: table or tree library
Version: $said
Cflags: -I\${prefix}/include/libsmartcols
Libs: -L\${prefix}/lib/${3##*/} -lsmartcols
END
}

# sysroot_fetch ARCH
sysroot_fetch() {
    say "libraries for $1 guests"
    case $1 in
    arm64) triplet=aarch64-linux-gnu ;;
    *) triplet=x86_64-linux-gnu ;;
    esac
    apt_update "$sysroot_release"
    made=$tmp/sysroot
    rm -rf "$made"
    mkdir -p "$made"
    apt_download "$sysroot_release" "$made/packages" "libjansson-dev:$1"
    deb_unpack "$made/packages" "$made"
    deb_drop "$made/packages"
    smartcols_sources
    smartcols_build "$triplet-gcc" "$made/usr" "$made/usr/lib/$triplet"
    rm -rf "${made:?}/usr/share" "$cache/sysroot-$1"
    mv "$made" "$cache/sysroot-$1"
}
