/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_MACHINES_COMPARE_H
#define IMS_TESTS_MACHINES_COMPARE_H

/* The groups that a kernel made, held against the groups that are computed. */

#include "iommuscope/grouping.h"
#include "tap.h"

#define KERNEL_NO_GROUP (-1)
#define KERNEL_SILENT (-2) /* the capture does not say */

/* One number per function of a topology. */
struct kernel_groups {
    int *numbers;
    uint32_t count;
    uint32_t grouped; /* functions in a group */
};

/* The groups that the input itself states. Release with free(ret->numbers). */
void kernel_groups_from_topology(const struct ims_topology *topology, struct kernel_groups *ret);

/*
 * How many functions have other companions than the kernel gave them. Describes each on stream, in
 * lines that begin with '#'.
 */
uint32_t count_differences(FILE *stream, const struct ims_topology *topology,
                           const struct ims_grouping *grouping, const struct kernel_groups *kernel);

/* How many of *ret_claims certain claims about pairs the kernel contradicts; likewise described. */
uint32_t count_wrong_claims(FILE *stream, const struct ims_topology *topology,
                            const struct ims_grouping *grouping, const struct kernel_groups *kernel,
                            uint32_t *ret_claims);

/*
 * One TAP line: the computed partition equals the kernel's for all functions that the kernel put in
 * a group. Prints the sets that differ.
 */
void check_partition(struct tap *tap, const char *name, const struct ims_topology *topology,
                     const struct ims_grouping *grouping, const struct kernel_groups *kernel);

/* One TAP line: no claim of certainty contradicts the kernel. */
void check_claims(struct tap *tap, const char *name, const struct ims_topology *topology,
                  const struct ims_grouping *grouping, const struct kernel_groups *kernel);

#endif
