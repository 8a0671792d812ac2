/* SPDX-License-Identifier: MIT */
#ifndef IMS_AUDIT_MODEL_H
#define IMS_AUDIT_MODEL_H

/* What the files of the audit share. */

#include "base/arena.h"
#include "iommuscope/audit.h"
#include "rules/catalogue.h"

struct ims_audit {
    struct ims_arena arena;
    const struct ims_topology *topology;
    const struct ims_grouping *grouping;
    const struct ims_fabric *fabric;
    uint32_t function_count;
    struct ims_fabric_sets *lower; /* must */
    struct ims_fabric_sets *upper; /* may */

    /* The claim: group_of[function] indexes groups, IMS_NONE for what nobody claims. */
    bool kernel_speaks; /* the input has groups of a kernel */
    uint32_t *group_of;
    struct ims_audit_group *groups;
    uint32_t group_count;

    /* The prediction with one thing changed, or NULL where that thing is not in play. */
    struct ims_grouping *honest;  /* without the ACS override on the command line */
    struct ims_grouping *at_boot; /* with ACS as Linux sets it */
    bool override_explains;       /* the override, not on any command line, explains the kernel */
    bool boot_explains;           /* at_boot has the kernel's groups */
    struct ims_comparison *comparison; /* with the kernel's groups, where there are any */
    const char *difference; /* the likely cause when the kernel's groups differ; or NULL */

    struct ims_finding *findings;
    uint32_t finding_count;
    uint32_t finding_capacity;
};

static inline const struct ims_function_info *ims_audit_info(const struct ims_audit *audit,
                                                             uint32_t function)
{
    return ims_topology_function(audit->topology, (struct ims_function){function});
}

/* The address of a function as text of the arena; "the root complex" for NONE. NULL: no memory. */
const char *ims_audit_name(struct ims_audit *audit, struct ims_function function);

/* claim.c: fills the groups. Returns -ENOMEM. */
int ims_audit_claim(struct ims_audit *audit);

/* others.c: computes what may explain differences. Returns -ENOMEM. */
int ims_audit_others(struct ims_audit *audit);

/* Whether the input says nothing about the addresses of a function. */
bool ims_audit_blind(const struct ims_audit *audit, uint32_t function);

/* crossing.c, coarse.c, ports.c, differences.c: verdicts and findings. Return -ENOMEM. */
int ims_audit_crossings(struct ims_audit *audit);
int ims_audit_unknowns(struct ims_audit *audit);
int ims_audit_coarse(struct ims_audit *audit);
int ims_audit_ports(struct ims_audit *audit);
int ims_audit_differences(struct ims_audit *audit);

/* tables.c: findings about what ACPI tables say of IOMMUs (E1-E9). Returns -ENOMEM. */
int ims_audit_tables(struct ims_audit *audit);

/*
 * A new finding about functions (copied, sorted, each once). Returns NULL when memory is short; the
 * pointer is valid until the next call.
 */
struct ims_finding *ims_audit_add(struct ims_audit *audit, enum ims_rule_id rule,
                                  enum ims_severity severity, const struct ims_function *functions,
                                  uint32_t count);

/* What decides about an edge: the rule, and the hop where. */
struct ims_audit_cause {
    enum ims_rule_id rule;
    struct ims_function at;         /* or NONE */
    struct ims_fabric_route *route; /* NULL for aliases; owned by whoever asked */
    uint32_t outcome;
};

/* classify.c. Returns -ENOMEM. */
int ims_audit_classify(struct ims_audit *audit, const struct ims_fabric_edge *edge,
                       struct ims_audit_cause *ret);

/* The bridge above the bus of a function is not in the input. */
bool ims_audit_is_cut_off(const struct ims_audit *audit, struct ims_function function);
/* Whether an alias hangs on vendor and device ids that the input does not tell exactly (B7). */
bool ims_audit_ids_unknown(const struct ims_audit *audit, const struct ims_fabric_edge *edge);

/* beside.c: what stands beside a finding that was just added: ASYM, CAP0-ASSUMED-ON. Returns -ENOMEM. */
int ims_audit_beside(struct ims_audit *audit, const struct ims_finding *finding);

/* describe.c: the words of a cause alone, for a group that has both ends. NULL: no memory. */
const char *ims_audit_why(struct ims_audit *audit, const struct ims_audit_cause *cause,
                          const char **ret_assumption);

/* Severity, sentence, assumption, remedy and limits of an edge that leaves its group. */
int ims_audit_describe(struct ims_audit *audit, struct ims_finding *finding,
                       const struct ims_fabric_edge *edge);

/* witness.c: finds the outcome of the route of an edge. Returns -ENOMEM. */
int ims_audit_witness(const struct ims_audit *audit, const struct ims_fabric_edge *edge,
                      struct ims_fabric_route **ret, uint32_t *ret_outcome);

/*
 * Whether a write of edge->from arrives in a register of edge->to as surely as the edge says; then
 * address and register of the edge are those. Returns -ENOMEM.
 */
int ims_audit_way(const struct ims_audit *audit, struct ims_fabric_edge *edge, bool *ret_found);

/* A write by from to the first memory register of to that does not arrive there for sure. */
bool ims_audit_stopped(const struct ims_audit *audit, struct ims_function from,
                       struct ims_function to, struct ims_tlp *ret_tlp,
                       struct ims_fabric_route **ret, int *ret_code);

#endif
