/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_BOOTLOADER_H
#define IMS_OUTPUT_BOOTLOADER_H

/* Words of the kernel command line as boot loaders want them. Text only: nothing is written. */

#include "iommuscope/advice.h"
#include "output/value.h"

enum ims_bootloader {
    IMS_BOOTLOADER_NONE = 0, /* the bare words */
    IMS_BOOTLOADER_GRUB,
    IMS_BOOTLOADER_GRUBBY,
    IMS_BOOTLOADER_SYSTEMD_BOOT,
    IMS_BOOTLOADER_PROXMOX,
};

/* "grub", "grubby", "systemd-boot", "proxmox"; NULL for NONE. */
const char *ims_bootloader_to_string(enum ims_bootloader loader);

/*
 * Lines to be pasted that make add, remove and cmdline (the whole of it, NULL where the input does
 * not know what stands there now) the command line of the next boot; no line for NONE or where
 * nothing changes. Lines that begin with # are comments.
 */
json_t *ims_bootloader_lines(struct ims_maker *maker, enum ims_bootloader loader, const char *add,
                             const char *remove, const char *cmdline);

#endif
