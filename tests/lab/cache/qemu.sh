#!/bin/sh
# SPDX-License-Identifier: MIT
# QEMU from backports with its own libraries, unpacked into $cache/qemu. Installing it would
# replace libudev1 of the machine, and libudev-dev could not be installed any more.
#
# Sourced by tests/lab/fetch after apt.sh.
: "${cache:?}" "${tmp:?}"

qemu_release=bookworm

# qemu_fetch SYSTEM: qemu-system-SYSTEM
qemu_fetch() {
    case $1 in
    aarch64) package='qemu-system-arm ipxe-qemu' ;;
    *) package=qemu-system-x86 ;;
    esac
    say "qemu-system-$1"
    apt_update "$qemu_release"
    mkdir -p "$cache/qemu/bin"
    made=$tmp/$1
    rm -rf "$made"
    mkdir -p "$made"
    # The machine's libc does; of what else the packages name only libraries and data are used.
    # shellcheck disable=SC2046,SC2086 # lists of words
    apt_download "$qemu_release" "$made/packages" $(apt_closure "$qemu_release" $package |
        grep -E '^(lib|zlib1g|qemu|seabios|ipxe)' |
        grep -vE '^lib(c6|c-|crypt1|systemd|pam|.*-(bin|data|common)=)')
    deb_unpack "$made/packages" "$made"
    deb_drop "$made/packages"
    rm -rf "$made/usr/share/doc" "$made/usr/share/man" "$made/usr/share/locale"
    rm -rf "$cache/qemu/$1"
    mv "$made" "$cache/qemu/$1"
    # The script comes last: where it is, all is.
    cat >"$tmp/wrapper" <<END
#!/bin/sh
qemu=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/$1
LD_LIBRARY_PATH=\$qemu/usr/lib/x86_64-linux-gnu:\$qemu/lib/x86_64-linux-gnu
QEMU_MODULE_DIR=\$qemu/usr/lib/x86_64-linux-gnu/qemu
export LD_LIBRARY_PATH QEMU_MODULE_DIR
exec "\$qemu/usr/bin/qemu-system-$1" -L "\$qemu/usr/share/qemu" -L "\$qemu/usr/share/seabios" \\
    -L "\$qemu/usr/lib/ipxe/qemu" "\$@"
END
    chmod 755 "$tmp/wrapper"
    mv "$tmp/wrapper" "$cache/qemu/bin/qemu-system-$1"
}

# efi_fetch: the firmware of arm64 guests that boot with ACPI.
efi_fetch() {
    say 'EDK2 for arm64'
    apt_update "$qemu_release"
    apt_download "$qemu_release" "$tmp/efi.packages" qemu-efi-aarch64
    deb_unpack "$tmp/efi.packages" "$tmp/efi"
    deb_drop "$tmp/efi.packages"
    mkdir -p "$cache/qemu"
    mv "$tmp/efi/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" "$cache/qemu/efi-aarch64.fd"
}
