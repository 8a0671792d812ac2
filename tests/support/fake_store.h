/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FAKE_STORE_H
#define IMS_TESTS_FAKE_STORE_H

/* Journals in memory, behind struct ims_store. */

#include <stddef.h>

#include "fake_script.h"
#include "host/store.h"

#define FAKE_JOURNALS_MAX 16u

struct fake_journal {
    char name[IMS_JOURNAL_NAME_SIZE];
    char *bytes;
    size_t size_bytes;
};

/* Zero-initialise it, but for the script; release it with fake_store_done(). */
struct fake_store {
    struct fake_script *script;
    bool locked; /* by the code under test: a kill frees it, as the end of a process does */
    bool locked_by_other;
    unsigned next; /* number of the next journal */
    unsigned count;
    struct fake_journal journals[FAKE_JOURNALS_MAX];
    bool is_wrong; /* it was used without the lock, or locked twice */
};

void fake_store_done(struct fake_store *store);
/* A copy of all, with another script. */
void fake_store_copy(struct fake_store *to, const struct fake_store *from,
                     struct fake_script *script);
/* The process that held the lock is gone. */
void fake_store_free_lock(struct fake_store *store);
struct ims_store fake_store_interface(struct fake_store *store);

#endif
