/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_GROUPING_H
#define IOMMUSCOPE_GROUPING_H

/*
 * The IOMMU groups that a Linux kernel would form, with the reason of every merge.
 */

#include "iommuscope/rules.h"
#include "iommuscope/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ims_grouping_options {
    size_t size_bytes; /* sizeof(struct ims_grouping_options), for later additions */
    struct ims_ruleset ruleset;
    enum ims_acs_mode acs;
    enum ims_probe_mode probe;
    const char *cmdline;    /* kernel command line to judge by; NULL = the machine's own */
    bool manage_everything; /* group functions too that the kernel left without a group (R1.11) */
    /*
     * Functions that are taken to pass the kernel's isolation test, whatever their registers say:
     * "were this port a better one". Borrowed during ims_grouping_compute() only.
     */
    const struct ims_function *isolated;
    uint32_t isolated_count;
};

struct ims_grouping;

/*
 * Computes the groups. The topology must outlive the result; the caller frees it with
 * ims_grouping_free(). options may be NULL (newest kernel, everything else automatic).
 * Linear in the number of functions. Returns -ENOMEM, -EINVAL. Rules: sections 1 to 5, R9.7-R9.10.
 */
IMS_PUBLIC int ims_grouping_compute(const struct ims_topology *topology,
                                    const struct ims_grouping_options *options,
                                    struct ims_grouping **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_grouping_free(struct ims_grouping *grouping);

struct ims_group_info {
    uint32_t number; /* in the order of creation; the kernel's own number where order is known */
    bool managed;    /* no: the one member has no group at all (R1.11) */
    bool certain;    /* no fact that is unknown could change the members */
    const struct ims_function *members; /* sorted by address */
    uint32_t member_count;
    const char *uncertain_text; /* which unknown decides, and how to settle it; NULL if certain */
    struct ims_function uncertain_at; /* the function whose fact is unknown, or NONE */
};

/* Groups sorted by number; the members of all groups are a partition of all functions. */
IMS_PUBLIC uint32_t ims_grouping_count(const struct ims_grouping *grouping);
IMS_PUBLIC const struct ims_group_info *ims_grouping_group(const struct ims_grouping *grouping,
                                                           uint32_t index);
/* The index of the group of a function. */
IMS_PUBLIC uint32_t ims_grouping_of(const struct ims_grouping *grouping,
                                    struct ims_function function);

/* Whether two functions share a group; unknown where a fact that is unknown decides. */
IMS_PUBLIC enum ims_tristate ims_grouping_together(const struct ims_grouping *grouping,
                                                   struct ims_function a, struct ims_function b);

/* The topology that was grouped. */
IMS_PUBLIC const struct ims_topology *ims_grouping_topology(const struct ims_grouping *grouping);

/* The ACS mode, rule set and command line that were used after "auto" was settled. */
struct ims_grouping_basis {
    struct ims_ruleset ruleset;
    enum ims_acs_mode acs; /* never AUTO */
    bool acs_mode_certain; /* no: the input does not say whether the IOMMU was on */
    enum ims_probe_mode probe;
    const char *cmdline;  /* or NULL */
    bool numbers_certain; /* the order of creation is known (section 3) */
};
IMS_PUBLIC const struct ims_grouping_basis *ims_grouping_basis(const struct ims_grouping *grouping);

/* The verdict of the kernel's isolation test on a function (section 4). */
IMS_PUBLIC const struct ims_acs_verdict *ims_grouping_acs(const struct ims_grouping *grouping,
                                                          struct ims_function function);

/* One link of a chain: why "from" is (or is not) with "to". */
struct ims_reason {
    const struct ims_rule *rule;
    struct ims_function at; /* where it bites: the port, the bridge, the sibling */
    struct ims_function from;
    struct ims_function to; /* or NONE */
    const char *text;       /* one sentence with the evidence */
    const char *remedy;
    enum ims_tristate certain;
};

struct ims_explanation {
    enum ims_tristate together;
    const struct ims_reason *reasons;
    uint32_t reason_count;
};

/*
 * Why a and b are together (the chain of merges from a to b), or what keeps them apart at each
 * level. The result is freed with ims_explanation_free(). Returns -ENOMEM.
 */
IMS_PUBLIC int ims_grouping_explain(const struct ims_grouping *grouping, struct ims_function a,
                                    struct ims_function b, struct ims_explanation **ret,
                                    struct ims_error *reterr);

/* Every merge of the group of a function, in the order of creation. Same ownership. */
IMS_PUBLIC int ims_grouping_explain_group(const struct ims_grouping *grouping,
                                          struct ims_function function,
                                          struct ims_explanation **ret, struct ims_error *reterr);

IMS_PUBLIC void ims_explanation_free(struct ims_explanation *explanation);

/*
 * One sentence for a person: why function cannot be assigned alone, or that it can. Bridges in its
 * group do not stand in the way: VFIO leaves them to the host (R8.1, R8.2).
 * The call that a VMM makes when a group holds more than the device it wants. *ret is heap text,
 * to be released with free(). Returns -ENOMEM.
 */
IMS_PUBLIC int ims_grouping_why_not_isolated(const struct ims_grouping *grouping,
                                             struct ims_function function, char **ret,
                                             struct ims_error *reterr);

/*
 * The machine as it is once the kernel of the grouping has booted with an IOMMU: the ACS control
 * registers as that kernel leaves them (R4.13, R4.19), and its command line. Bits that firmware sets
 * and nobody has read are unknown. The functions are those of the grouping's topology, in the same
 * order; what a kernel said of its groups is dropped. The caller frees *ret with
 * ims_topology_free(). Returns -ENOMEM.
 */
IMS_PUBLIC int ims_grouping_boot(const struct ims_grouping *grouping, struct ims_topology **ret,
                                 struct ims_error *reterr);

/* How the computed groups relate to those that the kernel made. */
enum ims_match {
    IMS_MATCH_UNKNOWN = 0, /* the input has no kernel groups */
    IMS_MATCH_SAME,
    IMS_MATCH_DIFFERENT,
};

struct ims_comparison {
    enum ims_match match; /* over all functions that the kernel put in a group */
    uint32_t functions_compared;
    uint32_t groups_different;       /* computed groups whose members differ */
    const enum ims_match *per_group; /* one per computed group */
    /*
     * Likely causes, most likely first: a sentence each. Each was found by computing again with one
     * thing changed (other kernel, hot-added probe, registers as Linux sets them, ACS override).
     */
    const char *const *causes;
    uint32_t cause_count;
};

/* Compares with the kernel's groups. Freed with ims_comparison_free(). Returns -ENOMEM. */
IMS_PUBLIC int ims_grouping_compare(const struct ims_grouping *grouping,
                                    struct ims_comparison **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_comparison_free(struct ims_comparison *comparison);

/* How groups of a machine relate to groups of what an edit made of it (iommuscope/edit.h). */
enum ims_change_kind {
    IMS_CHANGE_SAME = 0,
    IMS_CHANGE_SPLIT,     /* one group became several */
    IMS_CHANGE_MERGED,    /* several became one */
    IMS_CHANGE_MIXED,     /* several became several others, or one lost and gained members */
    IMS_CHANGE_GAINED,    /* functions that were not there before joined it */
    IMS_CHANGE_LOST,      /* it lost functions that are no more */
    IMS_CHANGE_NEW,       /* of functions that were not there before */
    IMS_CHANGE_GONE,      /* all its functions are no more */
    IMS_CHANGE_GROUPED,   /* functions without a group got one */
    IMS_CHANGE_UNGROUPED, /* and the other way round */
    IMS_CHANGE_CERTAINTY, /* the same members; whether they are certain has changed */
    IMS_CHANGE_MAX,
};

/* "same", "split", "merged", ...; never NULL. */
IMS_PUBLIC const char *ims_change_kind_to_string(enum ims_change_kind kind);

/* Groups that have to do with each other, by index; matched by members, whatever their numbers. */
struct ims_change {
    enum ims_change_kind kind;
    const uint32_t *before;
    uint32_t before_count;
    const uint32_t *after;
    uint32_t after_count;
};

struct ims_difference {
    const struct ims_change *changes; /* in the order of before, then those that are new */
    uint32_t change_count;
    uint32_t same_count; /* how many of them are IMS_CHANGE_SAME */
};

/*
 * Compares groups before and after edits. origin tells for every function of after which one of
 * before it is, or IMS_NONE. The result does not refer to the groupings; it is freed with
 * ims_difference_free(). Linear. Returns -ENOMEM.
 */
IMS_PUBLIC int ims_grouping_difference(const struct ims_grouping *before,
                                       const struct ims_grouping *after, const uint32_t *origin,
                                       struct ims_difference **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_difference_free(struct ims_difference *difference);

#ifdef __cplusplus
}
#endif

#endif
