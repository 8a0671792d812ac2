/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_BULK_BATCH_H
#define IMS_TESTS_LAB_BULK_BATCH_H

/* Many cases in one boot. */

#include "boot.h"
#include "bulk.h"

/* Where the pieces are. */
struct bulk_setup {
    struct lab_options options;
    const char *modules;             /* folder: NAME-OF-KERNEL/iommulab.ko */
    struct lab_machine *machines[2]; /* [1]: firmware with AMD's table */
};

/* Cases of one kernel; all agree on whether firmware has AMD's table. */
struct bulk_batch {
    const struct bulk_setup *setup;
    const struct lab_kernel *kernel;
    bool ivrs;
    uint64_t seed;         /* that the cases were drawn from; 0: they are from a file */
    uint64_t request_seed; /* what to ask for to get them again */
    unsigned request_count;
    struct bulk_case *cases;
    unsigned count;
    struct bulk_answer *answers; /* NULL until booted */
    double seconds;
    char *problems; /* of the boot itself, lines for a person; NULL for none */
};

/* Reads the machine files in a folder. Returns 0, or a negative errno with reterr. */
int bulk_setup_init(struct bulk_setup *setup, const char *folder, struct ims_error *reterr);
void bulk_setup_done(struct bulk_setup *setup);

/* The name of the case with this number in texts. */
#define BULK_NAME_SIZE 24u
const char *bulk_case_name(unsigned index, char name[BULK_NAME_SIZE]);

/* Boots, and reads an answer for each case. */
void bulk_batch_boot(struct bulk_batch *batch);
void bulk_batch_done(struct bulk_batch *batch);

/*
 * Makes a case that the kernel answers otherwise smaller, many steps a boot, for as long as there
 * is a difference. The batch has the kernel; its cases are not touched. Replaces *bulk and *answer.
 */
void bulk_shrink(const struct bulk_batch *batch, struct bulk_case *bulk,
                 struct bulk_answer *answer);

/* Prints a case as a scenario that holds once the library agrees with the kernel. */
void bulk_print_scenario(const struct bulk_case *bulk, const struct bulk_answer *answer,
                         const char *why, FILE *stream);

#endif
