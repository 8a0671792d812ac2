/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_MACHINES_LSPCI_TEXT_H
#define IMS_TESTS_MACHINES_LSPCI_TEXT_H

/* The few facts of "lspci -vvv -D -n" that the oracle compares. */

#include <stdio.h>

#include "iommuscope/topology.h"

struct lspci_range {
    bool seen;
    bool open;
    uint64_t base;
    uint64_t limit;
};

struct lspci_function {
    struct ims_address address;
    char express[64]; /* what follows "Express (vN) ", or "" */
    bool has_buses;
    unsigned primary, secondary, subordinate;
    struct lspci_range io, memory, prefetchable;
    bool has_acs;
    unsigned acs_cap, acs_ctl; /* SV, TB, RR, CR, UF, EC, DT from bit 0 */
};

/* Reads the next function of the stream; line is the buffer of the caller. False at the end. */
struct lspci_reader {
    FILE *stream;
    char title[512]; /* title of the function to come, "" at the start */
};

bool lspci_next(struct lspci_reader *reader, struct lspci_function *ret);

#endif
