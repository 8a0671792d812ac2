/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_GUEST_VFIO_H
#define IMS_TESTS_LAB_GUEST_VFIO_H

/* A device that user space owns, as a VMM would have it. */

#include <stdint.h>

struct owned {
    int container_fd;
    int group_fd;
    int device_fd;
};

/* Says what went wrong, with errno, and ends the program with status 1. */
_Noreturn void die(const char *what);

/* Maps memory of this process where the device sees it; ends the program when that fails. */
void map_memory(const struct owned *owned, void *memory, uint64_t iova, uint64_t bytes);

/* ---- edu.c: QEMU's educational device ---- */

/*
 * Lets it copy through mapped memory, which must work, and through memory that is not mapped, which
 * must not. Returns 0, or 1 with a sentence on stdout.
 */
int edu_try(const struct owned *owned);

#endif
