/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_BULK_SWEEP_H
#define IMS_TESTS_LAB_BULK_SWEEP_H

/* Thousands of synthetic machines for each kernel. */

#include "run.h"

struct bulk_request {
    const char *modules;  /* folder of NAME-OF-KERNEL/iommulab.ko */
    const char *machines; /* folder of plain.machine and ivrs.machine */
    uint64_t seed;
    unsigned count;     /* machines for each kernel */
    const char *cases;  /* file of cases to ask too, or NULL */
    const char *record; /* file that gets the cases and answers, or NULL */
};

/*
 * The kernels that are asked for, otherwise those of the cache that have the module. None is a failed
 * test. Release each with lab_kernel_done().
 */
unsigned bulk_find_kernels(struct lab_run *run, const struct bulk_request *request,
                           struct lab_kernel kernels[LAB_KERNEL_MAX]);

/* Judges, and shrinks what differs. Returns the exit status. */
int bulk_run(struct lab_run *run, const struct bulk_request *request);

/* Judges the cases of files that were recorded. Returns the exit status. */
int bulk_rejudge(char **paths, struct tap *tap);

#endif
