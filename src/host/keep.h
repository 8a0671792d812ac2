/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_KEEP_H
#define IMS_HOST_KEEP_H

/*
 * Claims that survive a boot. The claim file decides: a claim is persistent exactly when it is
 * there. All else that is written - rule, count of boots - follows from it, so that whoever comes
 * after a kill can complete or remove it.
 */

#include "base/text.h"
#include "host/transaction.h"
#include "host/vault.h"

#define IMS_CLAIM_SUFFIX ".claim"

/* All is borrowed. */
struct ims_keeper {
    struct ims_desk desk;
    const struct ims_vault *vault;
    void *context; /* of the calls below */

    /* The machine as it is now; the caller frees *ret with ims_topology_free(). */
    int (*look)(void *context, struct ims_topology **ret);
};

/* ---- claims (keep.c); see the calls of the same name in iommuscope/host.h ---- */

int ims_keep_load(const struct ims_keeper *keeper, struct ims_saved_claims *ret);
int ims_keep_persist(const struct ims_keeper *keeper, const struct ims_claim *claim,
                     struct ims_outcome *ret);
int ims_keep_forget(const struct ims_keeper *keeper, const char *name, struct ims_outcome *ret);
int ims_keep_tidy(const struct ims_keeper *keeper, struct ims_outcome *ret);

/* ---- phases of a boot (boot.c) ---- */

int ims_boot_run(const struct ims_keeper *keeper, enum ims_boot_phase phase,
                 struct ims_boot_report *ret);

/* ---- count of boots (boot_count.c) ---- */

struct ims_boot_count {
    char name[IMS_CLAIM_NAME_SIZE];
    uint32_t attempts;
    char boot_id[IMS_BOOT_ID_SIZE]; /* of the last one */
};

struct ims_boot_counts {
    struct ims_boot_count *counts;
    uint32_t count;
    uint32_t capacity;
    bool changed;
};
void ims_boot_counts_done(struct ims_boot_counts *counts);
/* A file that cannot be read counts nothing, but is told: -EBADMSG. Other errors of the vault. */
int ims_boot_counts_read(const struct ims_vault *vault, struct ims_boot_counts *ret);
/* Writes it when it changed; an empty one is removed. */
int ims_boot_counts_write(const struct ims_vault *vault, struct ims_boot_counts *counts);
/* NULL when there is none. */
struct ims_boot_count *ims_boot_counts_find(const struct ims_boot_counts *counts, const char *name);
/* Counts one boot, once. Returns -ENOMEM. */
int ims_boot_counts_add(struct ims_boot_counts *counts, const char *name, const char *boot_id);
void ims_boot_counts_drop(struct ims_boot_counts *counts, const char *name);

/* ---- the rule for who gets access (access.c) ---- */

#define IMS_RULE_PREFIX "90-iommuscope-"
#define IMS_RULE_SUFFIX ".rules"

/* "90-iommuscope-NAME.rules" */
void ims_access_rule_name(const char *claim, char ret[IMS_VAULT_NAME_SIZE]);
void ims_access_rule_write(const struct ims_claim *claim, struct ims_text *out);

#endif
