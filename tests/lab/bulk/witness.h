/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_BULK_WITNESS_H
#define IMS_TESTS_LAB_BULK_WITNESS_H

/*
 * Machines that show whether a kernel has a quirk row: with the row's id the groups differ from
 * those of the same machine with an id that nobody knows.
 */

#include "bulk.h"

/* An id that a row speaks of. */
struct witness_id {
    uint32_t row; /* for ims_quirk_row_at() */
    struct ims_id id;
    struct ims_id subsystem; /* 0000:0000 unless the row asks for one */
};

/* All ids of all rows; long lists are thinned when every is above 1. Release with free(). */
struct witness_id *witness_ids(unsigned every, unsigned *ret_count);

/*
 * Looks for a machine whose groups under a release depend on the id. Returns false when there is
 * none. The release is written into the machine.
 */
bool witness_find(const struct witness_id *id, const char *release, struct bulk_case *ret);

/* The same machine with an id that no row knows. */
void witness_neutral(const struct bulk_case *bulk, struct ims_id id, struct bulk_case *ret);

/* Why no machine can show a row, by its kind; NULL when one should. */
const char *witness_excuse(const struct ims_quirk_row *row);

#endif
