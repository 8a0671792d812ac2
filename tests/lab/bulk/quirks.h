/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_BULK_QUIRKS_H
#define IMS_TESTS_LAB_BULK_QUIRKS_H

/* Every quirk row, asked of the kernels. */

#include "bulk/sweep.h"

/*
 * For each kernel: rows that its release has must show, rows that it has not must not; every row
 * must be shown by one of the kernels or have an excuse. every: of long lists one id in so many.
 * Returns the exit status.
 */
int bulk_quirks(struct lab_run *run, const struct bulk_request *request, unsigned every);

#endif
