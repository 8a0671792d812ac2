#!/bin/sh
# SPDX-License-Identifier: MIT
# One kernel: from its packages to $cache/kernels/NAME.
#
# Sourced by tests/lab/fetch after apt.sh.
: "${cache:?}" "${tmp:?}"

# What a guest of the lab may load; all modules would be 400 MB for each kernel.
module_folders='arch/*/crypto block crypto kernel lib mm virt
    drivers/acpi drivers/ata drivers/base drivers/block drivers/bus drivers/char drivers/cxl
    drivers/dax drivers/dca drivers/dma drivers/firmware drivers/hwmon drivers/i2c drivers/input
    drivers/iommu drivers/leds drivers/mfd drivers/misc drivers/net/ethernet/intel drivers/net/mdio
    drivers/net/phy drivers/nvdimm drivers/nvme drivers/pci drivers/pps drivers/ptp drivers/scsi
    drivers/thunderbolt drivers/uio drivers/usb/common drivers/usb/core drivers/usb/host
    drivers/vdpa drivers/vfio drivers/vhost drivers/virt drivers/virtio
    fs/9p fs/fat fs/fuse fs/netfs fs/fscache fs/nls fs/overlayfs net/9p net/core'

# number FILE OFFSET: a little-endian 32-bit word, as the boot protocol stores them.
number() {
    od -A n -t u4 -j "$2" -N 4 --endian=little "$1" | tr -d ' '
}

# expand FILE OFFSET LENGTH: the compressed payload of a kernel, whatever its format. The last
# four bytes of a payload are its size, which the tools would take for damage.
expand() {
    magic=$(od -A n -t x1 -j "$2" -N 4 "$1" | tr -d ' ')
    case $magic in
    fd377a58) set -- "$@" xz -dc --single-stream ;;
    28b52ffd) set -- "$@" zstd -dcq ;;
    1f8b*) set -- "$@" gzip -dcq ;;
    02214c18 | 04224d18) set -- "$@" lz4 -dcq ;;
    *) return 1 ;;
    esac
    payload=$1
    from=$2
    length=$3
    shift 3
    tail -c "+$((from + 1))" "$payload" | head -c "$((length - 4))" | "$@" 2>/dev/null
}

# kernel_image ARCH VMLINUZ IMAGE
kernel_image() {
    case $1 in
    amd64)
        # PVH boot of the ELF file saves a second; QEMU boots the bzImage just as well.
        sectors=$(od -A n -t u1 -j 497 -N 1 "$2" | tr -d ' ')
        expand "$2" $(((sectors + 1) * 512 + $(number "$2" 584))) "$(number "$2" 588)" >"$3" || :
        [ "$(od -A n -t x1 -N 4 "$3" | tr -d ' ')" = 7f454c46 ] || cp "$2" "$3"
        ;;
    *)
        cp "$2" "$3"
        # An EFI program that unpacks itself: QEMU wants what is inside.
        if [ "$(od -A n -t x1 -j 4 -N 4 "$2" | tr -d ' ')" = 7a696d67 ]; then
            expand "$2" "$(number "$2" 8)" $(($(number "$2" 12) + 4)) >"$3" || :
        fi
        [ "$(od -A n -t x1 -j 56 -N 4 "$3" | tr -d ' ')" = 41524d64 ] ||
            fail "no arm64 kernel in ${2##*/}"
        ;;
    esac
}

# kernel_modules ROOT DIRECTORY RELEASE: the modules of the unpacked package with their index.
kernel_modules() {
    find "$1" -name '*.ko.xz' -exec xz -dq -T 1 {} +
    find "$1" -name '*.ko.zst' -exec zstd -dq --rm {} +
    PATH=$PATH:/sbin:/usr/sbin depmod -b "$1" "$3" 2>"$tmp/depmod.log" || fail "no depmod for $3"
    if missing=$(grep -m 1 WARNING "$tmp/depmod.log"); then
        fail "$missing"
    fi
    mv "$1/lib/modules/$3" "$2"
}

# kernel_headers LIST DIRECTORY RELEASE: makes the tree usable where it lies, not only in /usr.
kernel_headers() {
    deb_unpack "$1" "$2/headers"
    # shellcheck disable=SC2016 # for make
    # Debian's Makefile of a flavour names the common one by its installed place.
    find "$2/headers/usr/src" -maxdepth 2 -name Makefile -exec \
        sed -i 's,/usr/src/linux-headers,$(dir $(lastword $(MAKEFILE_LIST)))../linux-headers,g' {} +
    # A vmlinux with only type information would have each module described by pahole.
    rm -f "$2/headers/usr/src/linux-headers-$3/vmlinux"
    rm -rf "$2/headers/usr/share"
    ln -s "headers/usr/src/linux-headers-$3" "$2/build"
}

# kernel_packages RELEASE IMAGE VERSION ARCH: the image and, in newer kernels, what its files
# moved to.
kernel_packages() {
    echo "$2:$4=$3"
    apt_depends "$1" "$2:$4" "linux-(base|binary|modules)-.*" | sed "s/\$/:$4/"
}

# header_packages RELEASE IMAGE: what compiling a module needs.
header_packages() {
    flavour=linux-headers-${2#linux-image-}
    echo "$flavour"
    apt_depends "$1" "$flavour" 'linux-(headers|kbuild|compiler)-.*'
}

# kernel_unpack LIST ROOT: the kernel and the modules that a guest may load.
kernel_unpack() {
    list=$1
    root=$2
    set --
    for folder in $module_folders; do
        set -- "$@" "*/kernel/$folder/*"
    done
    while read -r sum file; do
        deb_check "$sum" "$file"
        dpkg-deb --fsys-tarfile "$cache/debs/$file" | tar -x -C "$root" --wildcards \
            '*/vmlinuz*' '*/modules.builtin*' '*/modules.order' "$@" 2>"$tmp/tar.log" ||
            # Not every package has all of them, and that alone is no failure.
            ! grep -vE ': (Not found in archive|Exiting with failure)' "$tmp/tar.log" >&2 ||
            fail "cannot unpack $file"
    done <"$list"
    # Newer packages write to /usr/lib.
    if [ -d "$root/usr/lib/modules" ]; then
        mkdir -p "$root/lib"
        mv "$root/usr/lib/modules" "$root/lib/modules"
    fi
}

# kernel_fetch NAME ARCH SUITE IMAGE VERSION MODULE
kernel_fetch() {
    say "$1: $4 $5"
    made=$tmp/$1
    root=$tmp/root
    rm -rf "$root" "$made"
    mkdir -p "$root" "$made" "$cache/kernels"
    # shellcheck disable=SC2046 # a list of words
    apt_download "${3%-backports}" "$made/packages" \
        $(kernel_packages "${3%-backports}" "$4" "$5" "$2")
    kernel_unpack "$made/packages" "$root"
    set -- "$@" "$(basename "$root"/lib/modules/*)"
    kernel_image "$2" "$(find "$root" -name 'vmlinuz*' -type f)" "$made/image"
    find "$root" -name 'vmlinuz*' -delete
    kernel_modules "$root" "$made/modules" "$7"
    if [ "$6" != - ]; then
        # shellcheck disable=SC2046 # a list of words
        apt_download "${3%-backports}" "$made/headers.packages" \
            $(header_packages "${3%-backports}" "$4")
        kernel_headers "$made/headers.packages" "$made" "${4#linux-image-}"
        deb_drop "$made/headers.packages"
    fi
    deb_drop "$made/packages"
    echo "$5" >"$made/version"
    echo "$7" >"$made/release"
    # A folder of the final name is complete: it appears by one rename.
    rm -rf "$tmp/old"
    [ ! -d "$cache/kernels/$1" ] || mv "$cache/kernels/$1" "$tmp/old"
    mv "$made" "$cache/kernels/$1"
}
