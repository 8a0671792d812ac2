/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_QEMU_H
#define IMS_TESTS_LAB_QEMU_H

/* The command line of a machine. */

#include "boot.h"

#define LAB_ARGUMENT_MAX 512u

struct lab_command {
    char *arguments[LAB_ARGUMENT_MAX + 1]; /* closed with NULL */
    unsigned count;
    bool failed; /* too many, or no memory */
};

/* Files in the work folder: initramfs, serial.log, monitor (a socket). Frames go to stdout. */
void lab_qemu_command(const struct lab_options *options, const struct lab_boot *boot,
                      const char *work, struct lab_command *ret);
void lab_command_done(struct lab_command *command);

#endif
