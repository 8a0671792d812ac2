/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_TRANSACTION_H
#define IMS_HOST_TRANSACTION_H

/* Plans carried out as transactions: all of it, or none, or a named conflict. */

#include "host/kernel.h"
#include "host/store.h"
#include "iommuscope/host.h"

/* Both are borrowed. tell (may be NULL) is told a sentence before each step. */
struct ims_desk {
    const struct ims_kernel *kernel;
    const struct ims_store *store;
    void (*tell)(void *context, const char *sentence);
    void *tell_context;
};

/*
 * Carries a plan out: lock, recheck, journal, steps, verification; a failure rolls back. Returns 0
 * and fills *ret, whose state says how it ended; -ENOMEM.
 */
int ims_transaction_apply(const struct ims_desk *desk, const struct ims_plan *plan,
                          struct ims_outcome *ret);

/* So many journals of what is over are kept for the log. */
#define IMS_JOURNALS_KEPT 100u

/*
 * Removes the oldest journals of what is over, but for the last kept ones. Claims that hold, what was
 * interrupted and what is damaged stays. With the lock held. Errors end it: nothing rests on it.
 */
void ims_transaction_prune(const struct ims_desk *desk, uint32_t kept);

/* Ends every interrupted transaction; see ims_host_recover(). */
int ims_transaction_recover(const struct ims_desk *desk, enum ims_recovery recovery,
                            struct ims_outcome *ret);

/* Reads all journals; see ims_host_status(). */
int ims_transaction_status(const struct ims_desk *desk, struct ims_status **ret);

/* Looks at the members of the claims that hold, and marks those claims that strayed. -ENOMEM. */
int ims_transaction_mark_strayed(const struct ims_desk *desk, struct ims_status *status);

#endif
