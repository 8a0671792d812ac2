/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_LAWS_H
#define IMS_TESTS_FABRIC_LAWS_H

/* Laws of random fabrics. They have the shape of laws.h, so that shrink() works on them. */

#include "fabric_oracle.h"
#include "laws.h"

/* The options that a trial stands for; everything is drawn from its seed. */
struct oracle_options fabric_trial_options(const struct trial *trial);

/* LOWER and UPPER of a sketch, an entry per function; release with fabric_sets_done(). */
struct fabric_sets {
    unsigned *lower;
    unsigned *upper;
};

void fabric_sets(const struct sketch *sketch, const struct oracle_options *options,
                 struct fabric_sets *ret);
void fabric_sets_done(struct fabric_sets *sets);

/*
 * Whether every set of fine lies within one of coarse, over the first count functions. why names a
 * pair that is together in fine and apart in coarse.
 */
bool fabric_refines(const struct sketch *sketch, unsigned count, const unsigned *fine,
                    const unsigned *coarse, const char *what, char why[WHY_SIZE]);

/* F9 on the oracle itself. */
bool law_certain_refines_possible(const struct sketch *sketch, const struct trial *trial,
                                  char why[WHY_SIZE]);
bool law_options(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_redirect(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_forwarding(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_vector(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_toggles(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_removal(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_isolated_root(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_bus_numbers(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_relocation(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_fabric_order(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_hiding(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_outcomes(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_forging(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_edit_takes_out(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_edit_redirects(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_witness(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* The engine of src/fabric against the oracle (law_fabric.c). */
bool law_engine(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* What each function reaches, and shares its id with, against all pairs of the oracle. */
bool law_victims(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* Advice on peer to peer traffic, against every bit and pair of bits that could open the way. */
bool law_p2p(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

/* A plan that gives functions to owners, against all pairs of the oracle. */
bool law_assign(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

bool law_fabric_language(const struct sketch *sketch, const struct trial *trial,
                         char why[WHY_SIZE]);
bool law_fabric_seals(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);

#endif
