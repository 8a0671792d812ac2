/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_KERNEL_H
#define IMS_HOST_KERNEL_H

/*
 * The machine as a transaction sees it: a few questions, and one call that changes it. The real
 * kernel stands behind it (sysfs_kernel.c), or the behavioural fake of the tests.
 */

#include "iommuscope/host.h"

#define IMS_DRIVER_NAME_SIZE 64u
#define IMS_OVERRIDE_SIZE 256u
#define IMS_BOOT_ID_SIZE 64u

/* What one function is and has now. */
struct ims_live_function {
    struct ims_id id;
    struct ims_id subsystem; /* 0000:0000 where the function has none */
    uint32_t class_code;
    bool has_group;
    uint32_t group;
    char driver[IMS_DRIVER_NAME_SIZE]; /* "" = none bound */
    char override[IMS_OVERRIDE_SIZE];  /* "" = not set */
    uint32_t numvfs;
    char power[8]; /* "on", "auto", "" = not known */
};

struct ims_kernel {
    void *context;

    /*
     * Returns 0; -ENODEV when there is no such function (any more); -ETIME when reading it has not
     * returned by the deadline, because a write to it has not; other errors of reading.
     */
    int (*read_function)(void *context, struct ims_address address, struct ims_live_function *ret);

    /*
     * The PCI functions of a group, sorted; *ret is freed by the caller with free(). Returns -ENODEV
     * when there is no such group, -ENOMEM.
     */
    int (*read_members)(void *context, uint32_t group, struct ims_address **ret,
                        uint32_t *ret_count);

    /* The VFs that a PF has now, as read_members gives members; none for what is no PF. -ENOMEM. */
    int (*read_vfs)(void *context, struct ims_address pf, struct ims_address **ret,
                    uint32_t *ret_count);

    /* Text that is another one after every boot. */
    int (*read_boot_id)(void *context, char ret[IMS_BOOT_ID_SIZE]);

    /* A process that has the VFIO group of a function open, or that of one of its VFs. */
    bool (*find_holder)(void *context, struct ims_address address, struct ims_holder *ret);

    /* Who uses the functions that the plan takes from their drivers. Adds to *ret. */
    int (*find_uses)(void *context, const struct ims_plan *plan, struct ims_uses *ret);

    /*
     * Carries one step out; whether it had its effect is for the caller to read. Returns 0; the
     * errno that the write gave (ownership facts, table 1.1); -ETIME when it has not returned by the
     * deadline: it goes on in the background, and may still have its effect later.
     */
    int (*do_step)(void *context, const struct ims_step *step);

    /* Whether VFIO calls the group viable: 1, 0, or -errno (-EBUSY: another process has it open). */
    int (*is_viable)(void *context, uint32_t group);
};

#endif
