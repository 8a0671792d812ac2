/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_BOOT_H
#define IMS_TESTS_LAB_BOOT_H

/* One boot: QEMU with a deadline, what the guest sent, what it asked for. */

#include "frames.h"
#include "kernel.h"

struct lab_options {
    const char *cache;   /* what fetch filled */
    const char *guest;   /* build folders of the guest without "-ARCH": "build-lab" */
    const char *stories; /* folder of the scripts that guests run */
    const char *keep;    /* folder for the traces of every boot, or NULL */
    unsigned deadline_seconds;
    const char *append; /* words behind every kernel command line, or NULL */
    const char *accel;  /* of QEMU for amd64 guests: "kvm"; NULL = "tcg" */
};

struct lab_boot {
    const struct lab_machine *machine;
    const struct lab_kernel *kernel;
    const struct ims_text *extra; /* one more archive for the guest's file system, or NULL */

    struct lab_frames frames;
    bool timed_out;
    int status;            /* of QEMU, as waitpid() has it */
    unsigned attempts;     /* 2: the first one never produced a frame */
    double seconds;        /* of the last attempt */
    char trouble[512];     /* why there was no boot, "" when there was one */
    struct ims_text trace; /* tails of the serial line, of QEMU's messages and of the monitor */
};

/* Boots; tries once more only when the guest never produced its first frame. */
void lab_boot_run(const struct lab_options *options, struct lab_boot *boot);
/* Boots once. */
void lab_boot_try(const struct lab_options *options, struct lab_boot *boot);
void lab_boot_done(struct lab_boot *boot);

/* How long a boot of a machine may take, in seconds. */
unsigned lab_boot_deadline(const struct lab_options *options, const struct lab_machine *machine);

/* The options of "iommuscope groups" that a machine asks for with a kernel, one a line. */
void lab_boot_groups_options(const struct lab_boot *boot, struct ims_text *lines);

#endif
