/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_REFERENCE_H
#define IMS_TESTS_REFERENCE_H

/*
 * A second implementation of the grouping rules, written from the rules and kept as plain as they
 * are: no sealed model, no sets, no shortcuts; every question is a walk over all functions. It
 * reads sketches whose facts are all known.
 */

#include "iommuscope/grouping.h"
#include "sketch.h"

struct reference_options {
    struct ims_ruleset ruleset;
    bool acs_as_linux_sets; /* R4.13, R4.14 */
    bool hot_added;         /* R1.5, R3.6 */
    bool manage_everything;
};

#define REFERENCE_UNMANAGED (-1)

/*
 * Writes one group number per function of the sketch into groups (count entries), unmanaged
 * functions get REFERENCE_UNMANAGED. Returns -ENOTSUP where a quirk row's window is not known.
 */
int reference_compute(const struct sketch *sketch, const struct reference_options *options,
                      int *groups);

/* ---- shared between the files of the reference ---- */

struct reference_node {
    const struct sketch_function *sketch;
    unsigned bus;  /* index into buses */
    int type;      /* after R1.4 where the release corrects types */
    bool extended; /* R1.8 */
    bool has_acs;
    uint32_t cap16, ctrl16; /* as at p+4, p+6 */
    uint32_t cap32, ctrl32; /* as at p+4, p+8 (R4.21) */
    bool m_boot;            /* R1.5 */
    bool managed;
    bool visible;
    int group;
    bool alias[256]; /* R5.1 */
    bool xlate_root, no_alias, pcie_alias;
};

struct reference_bus {
    uint32_t segment;
    uint8_t number;
    int parent; /* bus index, -1 for a root bus */
    int bridge; /* node index, -1: none */
};

struct reference {
    const struct sketch *sketch;
    const struct reference_options *options;
    struct reference_node *nodes;
    unsigned count;
    struct reference_bus *buses;
    unsigned bus_count;
    unsigned *order;  /* of probing */
    unsigned current; /* the function that is grouped now, for R1.5 under hot-add */
    int next_group;
    bool *flagged; /* per group: not isolated (R9.8) */
    bool unsupported;
};

/* ACS_OK (section 4) of a node while "current" is grouped. */
bool reference_acs_ok(const struct reference *reference, unsigned node);
/* REQ as the proposed series tests it for a root port or downstream port (R9.7, R9.10). */
bool reference_acs_ok_proposed(const struct reference *reference, unsigned node);
/* M(x), R1.5. */
bool reference_m(const struct reference *reference, unsigned node);
/* alias(a, b), R2.9. */
bool reference_alias(const struct reference *reference, unsigned a, unsigned b);
/* What the quirk rows say before any register is read (R4.1). */
enum reference_verdict {
    REFERENCE_PASS,
    REFERENCE_ENABLED,
    REFERENCE_NOT_ENABLED,
};
enum reference_verdict reference_table(const struct reference *reference, unsigned node);
/* Applies the id rows: alias masks, bridge flags, the IDT capability fix. */
void reference_apply_rows(struct reference *reference);
/* The registers as the kernel leaves them (R4.13, R4.19-R4.21). */
void reference_program_acs(struct reference *reference);
/* Groups one function by the proposed series (R9.7-R9.10). */
int reference_group_proposed(struct reference *reference, unsigned node);

#endif
