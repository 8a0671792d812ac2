/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_JOURNAL_H
#define IMS_HOST_JOURNAL_H

/*
 * The journal of one transaction: lines "LENGTH CHECKSUM JSON". The first one holds the plan; then an
 * intent before each write and its result after it; at the end how it ended. A torn or damaged line
 * counts as not written: what the machine has now decides, not what the journal remembers of it.
 */

#include "host/store.h"
#include "iommuscope/host.h"

/* Appends a record. Return 0 or -errno of the store. */
int ims_journal_begin(const struct ims_store *store, const char *name, const struct ims_plan *plan,
                      const char *boot_id);
int ims_journal_intent(const struct ims_store *store, const char *name, const struct ims_step *step,
                       bool back);
int ims_journal_result(const struct ims_store *store, const char *name, int code);
int ims_journal_end(const struct ims_store *store, const char *name,
                    enum ims_transaction_state state, const char *text);
struct ims_journal {
    struct ims_plan *plan; /* NULL: the first record cannot be read */
    char boot_id[64];
    int64_t time_seconds;
    enum ims_transaction_state state; /* DAMAGED when there is no plan */
    bool begun;     /* it holds a record, be it a damaged one: without any nothing was done */
    char text[512]; /* how it ended, or the step that it was at */
};

/* Release with ims_journal_done(). Returns -ENOMEM and errors of the store. */
int ims_journal_read(const struct ims_store *store, const char *name, struct ims_journal *ret);
void ims_journal_done(struct ims_journal *journal);

#endif
