/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_BOOT_H
#define IMS_HOST_BOOT_H

/* What the phases of a boot share. */

#include "host/keep.h"

/* Whether the kernel's command line switches claims off. */
bool ims_boot_is_off(const char *cmdline);

/* One override that the early phase set: whose it is after that is the late phase's to say. */
struct ims_boot_hold {
    struct ims_address address;
    char driver[IMS_CLAIM_WORD_SIZE];
    char claim[IMS_CLAIM_NAME_SIZE];
};

/* In a file below /run/iommuscope, which the root file system takes over from the initramfs. */
struct ims_boot_holds {
    struct ims_boot_hold *holds;
    uint32_t count;
    uint32_t capacity;
    bool changed;
};
void ims_boot_holds_done(struct ims_boot_holds *holds);
/* Errors of the vault; -EBADMSG for a file that is none of ours; -ENOMEM. */
int ims_boot_holds_read(const struct ims_vault *vault, struct ims_boot_holds *ret);
int ims_boot_holds_write(const struct ims_vault *vault, struct ims_boot_holds *holds);
int ims_boot_holds_add(struct ims_boot_holds *holds, struct ims_address address, const char *driver,
                       const char *claim);
void ims_boot_holds_drop(struct ims_boot_holds *holds, uint32_t index);

/*
 * Gives back what early held off: for one claim after late tried it, with the rest of its sentence;
 * for claims that are not among saved (NULL: for all); for each claim of saved and for those. Returns
 * -ENOMEM; after a claim and for strays alone nothing else, for all what failed. (boot_undo.c)
 */
int ims_boot_undo_after(const struct ims_keeper *keeper, const char *claim,
                        struct ims_outcome *outcome);
int ims_boot_undo_strays(const struct ims_keeper *keeper, const struct ims_saved_claims *saved);
int ims_boot_undo_all(const struct ims_keeper *keeper, const struct ims_saved_claims *saved,
                      struct ims_boot_report *report);

/*
 * The plan that carries a claim out on the machine as it is, with what uses the members. *ret stays
 * NULL when there is none: *outcome says why. The caller frees it. (boot_plan.c)
 */
int ims_boot_plan(const struct ims_keeper *keeper, const struct ims_topology *topology,
                  const struct ims_claim *claim, const struct ims_claim_match *match,
                  struct ims_plan **ret, struct ims_outcome *outcome);

#endif
