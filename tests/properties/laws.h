/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAWS_H
#define IMS_TESTS_LAWS_H

/* Laws that hold for every machine, and the tools to state them. */

#include "iommuscope/grouping.h"
#include "rng.h"
#include "sketch.h"

/* How one machine is judged; everything a law does follows from the sketch and from this. */
struct trial {
    uint64_t seed; /* for laws that draw */
    struct ims_ruleset ruleset;
    enum ims_acs_mode acs;
    enum ims_probe_mode probe;
    bool manage_everything;
};

#define WHY_SIZE 512u

/* Returns whether the law holds; else one sentence in why. Skipped machines hold. */
typedef bool (*law_function)(const struct sketch *sketch, const struct trial *trial,
                             char why[WHY_SIZE]);

enum law_machines {
    LAW_KNOWN,    /* every fact is known, there may be a command line */
    LAW_SETTLED,  /* every fact is known, no option that only patched kernels know */
    LAW_HIDDEN,   /* facts are hidden */
    LAW_PLAIN,    /* known, without what only some inputs can tell (VMD, orphans) */
    LAW_PROPOSED, /* known, managed, with ACS Enhanced bits */
};

struct law {
    const char *name;
    law_function holds;
    enum law_machines machines;
    unsigned count; /* machines a run */
    enum ims_acs_mode acs;
    enum ims_probe_mode probe;
};

extern const struct law laws[];
extern const unsigned law_count;

/* The rule sets whose kernel trees were read. */
extern const char *const law_releases[];
extern const unsigned law_release_count;

/* ---- tools ---- */

__attribute__((format(printf, 2, 3))) bool law_fails(char why[WHY_SIZE], const char *format, ...);

/* Everything that a law needs of a sealed and grouped machine. */
struct judged {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
};

/* Seals, checks and groups. Returns false with the reason in why. */
bool judge(const struct sketch *sketch, const struct trial *trial, struct judged *ret,
           char why[WHY_SIZE]);
/* The same for a builder, which is consumed. */
bool judge_builder(struct ims_builder *builder, const struct trial *trial, struct judged *ret,
                   char why[WHY_SIZE]);
bool judge_topology(struct ims_topology *topology, const struct trial *trial, struct judged *ret,
                    char why[WHY_SIZE]);
void judged_done(struct judged *judged);

/* Group of every function of the sketch (index of the group, -1 where it has none). */
bool judged_groups(const struct judged *judged, const struct sketch *sketch, int *groups,
                   char why[WHY_SIZE]);

/* Whether two groupings of the same functions are the same partition. */
bool same_partition(const struct sketch *sketch, const int *a, const char *a_name, const int *b,
                    const char *b_name, char why[WHY_SIZE]);

/* Makes a failing machine smaller while the law still fails (shrink_law.c). */
void shrink(struct sketch *sketch, const struct law *law, const struct trial *trial);

/* ---- the laws, by file ---- */

bool law_reference(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_partition(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_order(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_renumber(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_twice(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_forms(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_language(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_edit_nothing(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_edit_remove(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_edit_move(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_edges(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_together(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_certain(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE]);
bool law_known_is_certain(const struct sketch *sketch, const struct trial *trial,
                          char why[WHY_SIZE]);

#endif
