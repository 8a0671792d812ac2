/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_PAIR_H
#define IMS_TESTS_FABRIC_PAIR_H

/* One random fabric twice: for the oracle, and for the engine that is under test. */

#include "fabric_oracle.h"
#include "iommuscope/fabric.h"
#include "laws.h"

struct fabric_pair {
    const struct sketch *sketch;
    struct oracle *oracle;
    struct ims_topology *topology;
    struct ims_fabric *fabric;
    struct ims_function *functions; /* per function of the sketch */
    unsigned *back;                 /* the other way round */
};

/* Returns whether both could be made; else why says what went wrong. Release with fabric_pair_done(). */
bool fabric_pair_begin(struct fabric_pair *pair, const struct sketch *sketch,
                       const struct oracle_options *options, char why[WHY_SIZE]);
void fabric_pair_done(struct fabric_pair *pair);
const char *fabric_pair_name(const struct fabric_pair *pair, unsigned function,
                             char buffer[IMS_ADDRESS_STRING_SIZE]);

#endif
