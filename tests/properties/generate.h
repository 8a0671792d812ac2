/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_GENERATE_H
#define IMS_TESTS_GENERATE_H

/* Random machines that lean towards the corners of the grouping rules. */

#include "iommuscope/rules.h"
#include "rng.h"
#include "sketch.h"

/* What a machine may hold. */
struct generate_options {
    unsigned function_max;   /* about this many functions */
    unsigned quirk_percent;  /* functions that carry an id of a quirk row, or of its neighbour */
    unsigned lie_percent;    /* bridges whose type does not fit their place (R1.4) */
    unsigned orphan_percent; /* functions without a group in a machine that has groups (R1.11) */
    unsigned vf_percent;     /* endpoints with VFs */
    unsigned vmd_percent;    /* machines with a VMD segment */
    bool enhanced;           /* ACS Enhanced bits appear (R9.10) */
};

/* Options that differ from machine to machine, drawn from rng. */
struct generate_options generate_draw_options(struct rng *rng);

/* Adds the functions of a random machine to an empty sketch. Every fact is known. */
void generate_machine(struct rng *rng, const struct generate_options *options,
                      struct sketch *sketch);

/* Hides random facts (ACS, control words, header bit 7, whole functions, ids, RCBA). */
void generate_hide(struct rng *rng, struct sketch *sketch);

/*
 * Replaces what generate_hide() hid in hidden by random facts that the input cannot rule out; the
 * facts that truth holds are among the possible ones.
 */
void generate_complete(struct rng *rng, const struct sketch *hidden, struct sketch *ret);

#endif
