/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_PROCESS_H
#define IMS_HOST_PROCESS_H

/* Who a process is, in words that somebody who has to end it can use. */

#include "host/host.h"

/* Zero-initialise but for pid. */
struct ims_process {
    const char *pid; /* its directory in proc */
    char name[64];
    char guest[128]; /* of a virtual machine, "" for none */
    bool is_named;   /* name and guest were read */
};

/* Reads name and guest, once. */
void ims_process_read(const struct ims_host *host, struct ims_process *process);
bool ims_process_is_emulator(const char *name);

/*
 * The first process that has the VFIO group of a function open, or that of one of its VFs. Takes no
 * lock of a device. Returns whether one was seen.
 */
bool ims_process_find_holder(const struct ims_host *host, struct ims_address address,
                             struct ims_holder *ret);

#endif
