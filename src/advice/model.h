/* SPDX-License-Identifier: MIT */
#ifndef IMS_ADVICE_MODEL_H
#define IMS_ADVICE_MODEL_H

/* What the files of this room share: a question, machines after changes, and the search. */

#include "base/arena.h"
#include "iommuscope/advice.h"
#include "iommuscope/edit.h"
#include "rules/acs_registers.h"
#include "rules/judge.h"

/* Two functions that are to be apart. */
struct ims_pair {
    uint32_t a;
    uint32_t b;
};

/* A control point: bits of one ACS control register (F10). */
struct ims_point {
    uint32_t function;
    uint16_t set;
    uint16_t clear;
    bool for_fabric;
};

/* One question while it is answered. */
struct ims_separator {
    struct ims_arena arena; /* of the result */
    const struct ims_topology *topology;
    const struct ims_grouping *grouping; /* as it was asked */
    const struct ims_fabric *fabric;
    struct ims_separation_question question;
    struct ims_ruleset ruleset;
    uint32_t function_count;
    const char *cmdline; /* of the next boot: without the ACS override; "" for none */
    struct ims_pair *pairs;
    uint32_t pair_count;
    bool *wanted;       /* per pair: it can be had and is to be had (of GROUP: F11) */
    bool keep_override; /* in command lines: peers need no isolation that Linux believes in */
};

/* A machine after changes. Zero-initialise; released with ims_world_done(). */
struct ims_world {
    struct ims_edited *edited; /* or NULL: the registers are as they were */
    uint32_t *where;           /* per function of the question: its index now, where they differ */
    struct ims_grouping *grouping;
    struct ims_fabric *fabric;
    struct ims_fabric_sets *lower; /* must */
    struct ims_fabric_sets *upper; /* may */
};

void ims_world_done(struct ims_world *world);

/* Which machine: what it boots, and what has been changed. */
struct ims_world_spec {
    bool boot;      /* after the next boot; no: now, after writes to registers and a rescan */
    bool hot_added; /* now: functions are grouped as they are found again (R1.5) */
    struct ims_ruleset kernel; /* of the boot */
    const char *cmdline;       /* of the boot; NULL: that of the separator */
    const struct ims_point *points;
    uint32_t point_count;
    const struct ims_function *isolated; /* taken to pass the kernel's test */
    uint32_t isolated_count;
    const struct ims_edit *edits; /* besides */
    uint32_t edit_count;
    bool without_groups; /* Linux is not asked */
    bool without_fabric; /* the fabric is not asked */
};

/* world.c: makes that machine and asks both judges. Returns -ENOMEM, or what an edit returns. */
int ims_world_make(struct ims_separator *separator, const struct ims_world_spec *spec,
                   struct ims_world *ret);

/* world.c: how the kernel writes ACS at a boot: not at all before groups are made (R4.15), or as R4.13. */
enum ims_acs_mode ims_boot_acs_mode(const struct ims_topology *topology,
                                    struct ims_kernel_version version);

/* world.c: the control word of a function after a boot. */
struct ims_acs_registers ims_boot_registers(const struct ims_separator *separator,
                                            struct ims_ruleset kernel,
                                            const struct ims_cmdline *cmdline,
                                            struct ims_function function);

/* goal.c: the pairs of the question. Returns -EINVAL, -ENOMEM. */
int ims_goal_make(struct ims_separator *separator, struct ims_error *reterr);
/* goal.c: whether all wanted pairs are in different groups; unknown where that is not certain. */
enum ims_tristate ims_goal_reached(const struct ims_separator *separator,
                                   const struct ims_world *world);
/* goal.c: the least of what the fabric says of the wanted pairs; *ret_pair is one of those. */
enum ims_separation_truth ims_goal_truth(const struct ims_separator *separator,
                                         const struct ims_world *world, uint32_t *ret_pair);
bool ims_is_bridge(const struct ims_function_info *info);
/* goal.c: whether the input has the groups of the kernel that is asked, for both. */
bool ims_goal_is_stated(const struct ims_separator *separator, uint32_t a, uint32_t b);
enum ims_tristate ims_goal_together(const struct ims_world *world, const struct ims_pair *pair);

/* The handle of a function of the question in a world; NONE where it is gone. */
static inline struct ims_function ims_world_function(const struct ims_world *world,
                                                     uint32_t function)
{
    return (struct ims_function){world->where ? world->where[function] : function};
}

/* points.c: what may be changed so that Linux splits the pairs, in world before. */
int ims_points_of_groups(struct ims_separator *separator, const struct ims_world *before,
                         struct ims_point **ret, uint32_t *ret_count);
/* points.c: the same for the fabric: every control of the sets at its safest value (F11). */
int ims_points_of_fabric(struct ims_separator *separator, const struct ims_world *before,
                         struct ims_point **ret, uint32_t *ret_count);
/* points.c: two lists as one, sorted by function, each function once. Returns -ENOMEM. */
int ims_points_join(struct ims_separator *separator, const struct ims_point *a, uint32_t a_count,
                    const struct ims_point *b, uint32_t b_count, struct ims_point **ret,
                    uint32_t *ret_count);

/* options.c: the command line that brings points about. */
struct ims_boot_options {
    const char *add;
    const char *remove;
    const char *cmdline;
};
int ims_boot_options_make(struct ims_separator *separator, struct ims_ruleset kernel,
                          const struct ims_point *points, uint32_t count,
                          struct ims_boot_options *ret);

/* options.c: the same for kernels that know disable_acs_redir= only: one more entry of it. */
int ims_boot_options_redirect(struct ims_separator *separator, struct ims_function function,
                              struct ims_boot_options *ret);

/*
 * options.c: takes out of the list what writing a register cannot change for long: an endpoint that
 * is found again gets what the command line says of it (R4.12). Returns -ENOMEM.
 */
int ims_options_spare(struct ims_separator *separator, struct ims_point *points, uint32_t *count);

/*
 * search.c: the smallest subset of count items that passes. test is asked of a subset (per item:
 * chosen or not). Exact where adding an item never undoes what was reached: each failure names items
 * of which one is needed, and the smallest set that has one of each is tried next. *ret_found is
 * whether all of them together pass; *ret_exact is no where there were too many for that.
 * Returns what test returns, or -ENOMEM.
 */
typedef int (*ims_search_test)(void *context, const bool *chosen, bool *ret_passes);
int ims_search(uint32_t count, ims_search_test test, void *context, bool *ret_chosen,
               bool *ret_found, bool *ret_exact);

/* solve.c: A search over subsets of points. */
struct ims_attempt {
    struct ims_separator *separator;
    struct ims_world_spec spec; /* what all attempts share */
    const struct ims_point *points;
    uint32_t count;
    struct ims_point *candidates; /* all that Linux may need */
    uint32_t candidate_count;
    enum ims_separation_truth truth; /* that the fabric has to come to */
};
/*
 * The least that leads to the goal: *ret, but for what is written where; *ret_full is what all points
 * together come to.
 */
int ims_solve(struct ims_attempt *attempt, struct ims_separation_way *ret,
              enum ims_tristate *ret_full);

/* way.c: the least that gets there now, and at the next boot. */
int ims_way_now(struct ims_separator *separator, struct ims_separation_way *ret,
                enum ims_tristate *ret_full);
int ims_way_boot(struct ims_separator *separator, struct ims_separation_way *ret,
                 enum ims_tristate *ret_full);

/* lacks.c: "root port", ...; fills lacks, section and firmware of an obstacle at a function. */
const char *ims_kind_of(const struct ims_function_info *info);
void ims_name_the_lack(const struct ims_function_info *info, const struct ims_rule *rule,
                       struct ims_separation_obstacle *ret);

/* obstacles.c, moves.c */
int ims_obstacles_find(struct ims_separator *separator, struct ims_separation *separation);
int ims_moves_find(struct ims_separator *separator, struct ims_separation *separation);

#endif
