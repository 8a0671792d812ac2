/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_CANONICAL_H
#define IMS_TESTS_FABRIC_CANONICAL_H

#include "fabric_oracle.h"
#include "tap.h"

struct canonical {
    const char *name;
    const char *sketch; /* without addresses */
    enum oracle_rc rc;
    unsigned threat;
    const char *lower; /* sets with more than one member: "A B, C D" */
    const char *upper;
};

extern const struct canonical canonical_sets[];
extern const unsigned canonical_set_count;

/* Parses a sketch of this test; bails out when it is wrong. */
void canonical_parse(const char *text, struct sketch *ret);
/* Whether sets (per function the index of a representative) are the expected ones. */
bool canonical_same(const struct sketch *sketch, const unsigned *sets, const char *expected,
                    bool endpoints_only);
void canonical_check_routes(struct tap *tap);

#endif
