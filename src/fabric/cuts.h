/* SPDX-License-Identifier: MIT */
#ifndef IMS_FABRIC_CUTS_H
#define IMS_FABRIC_CUTS_H

/*
 * The elementary intervals of a function (F6): between two neighbouring edges of ranges and windows
 * that its requests can meet, everything that it sends goes the same way.
 */

#include "fabric/model.h"

/* First addresses of intervals, ascending, each once. Zero-initialise. */
struct ims_cuts {
    uint64_t *items;
    uint32_t count;
    uint32_t capacity;
    bool failed;
};

/* Return -ENOMEM; release with ims_cuts_done() after a failure too. */
int ims_cuts_find(const struct ims_fabric *fabric, uint32_t issuer, enum ims_tlp_at at,
                  struct ims_cuts *cuts);
/* The same, with the groups of every function that takes multicast copies (A7.5). */
int ims_cuts_find_copies(const struct ims_fabric *fabric, uint32_t issuer, enum ims_tlp_at at,
                         struct ims_cuts *cuts);
void ims_cuts_done(struct ims_cuts *cuts);

#endif
