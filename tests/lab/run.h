/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_RUN_H
#define IMS_TESTS_LAB_RUN_H

/* Many boots: a few at a time, judged in their order, one TAP line each and a table at the end. */

#include "boot.h"
#include "tap.h"

#define LAB_KERNEL_MAX 16u

struct lab_run {
    struct lab_options options;
    unsigned jobs;
    const char *kernel_names[LAB_KERNEL_MAX]; /* none: all that are in the cache */
    unsigned kernel_count;
    const char *fixtures; /* folder for captures, or NULL */
    bool print_groups;
    bool shrink; /* make machines smaller whose groups differ */
    struct lab_machine **machines;
    unsigned machine_count;
    struct tap tap; /* files that cannot be read are failures too */
};

/* Reads a machine file; one that cannot be read is a failed test. */
void lab_run_add_machine(struct lab_run *run, const char *path, bool quick_only);

/*
 * Finds the kernels that are asked for, all of the cache otherwise. Returns their number; what
 * cannot be found is a failed test. Also settles how guests run, unless that is asked for. Release each with lab_kernel_done().
 */
unsigned lab_run_find_kernels(struct lab_run *run, struct lab_kernel kernels[LAB_KERNEL_MAX]);

/* Only reads the files. Returns the exit status, and frees the machines. */
int lab_run_check(struct lab_run *run);

/* Boots every machine with every kernel that it is for. Likewise. */
int lab_run_boots(struct lab_run *run);

#endif
