/* SPDX-License-Identifier: MIT */
/*
 * Ways that leave their group. The sets of the fabric come with a tree of ways each; contracted by
 * the groups of the claim, what is left of a tree crosses. Leaves that no group claims (a port whose
 * registers are reached by one group alone) harm nobody and are cut off.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/model.h"

/* A partition of all functions that only gets coarser. */
static uint32_t root_of(uint32_t *parent, uint32_t item)
{
    while (parent[item] != item) {
        parent[item] = parent[parent[item]];
        item = parent[item];
    }
    return item;
}

static bool join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = root_of(parent, a);
    b = root_of(parent, b);
    parent[a > b ? a : b] = a > b ? b : a;
    return a != b;
}

struct crossing {
    const struct ims_fabric_edge *edge;
    uint32_t ends[2]; /* roots before the edges were joined */
    uint32_t set;
    bool kept;
};

struct work {
    struct ims_audit *audit;
    uint32_t *parent; /* what is together before the edges of these sets count */
    uint32_t *forest; /* the same with them */
    uint32_t *degree; /* of a root: crossings that touch it */
    bool *claimed;    /* of a root: a group has a member in it */
    struct crossing *crossings;
    uint32_t count;
};

/* Cuts crossings off that lead to nobody, until none is left. */
static void prune(struct work *work)
{
    bool cut = true;

    while (cut) {
        cut = false;
        for (uint32_t i = 0; i < work->count; i++) {
            struct crossing *crossing = &work->crossings[i];

            for (unsigned end = 0; end < 2 && crossing->kept; end++) {
                uint32_t root = crossing->ends[end];

                if (work->claimed[root] || work->degree[root] > 1)
                    continue;
                crossing->kept = false;
                work->degree[crossing->ends[0]]--;
                work->degree[crossing->ends[1]]--;
                cut = true;
            }
        }
    }
}

static void collect(struct work *work, const struct ims_fabric_sets *sets)
{
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(sets, i);

        for (uint32_t e = 0; e < set->edge_count; e++) {
            const struct ims_fabric_edge *edge = &set->edges[e];
            uint32_t a = root_of(work->parent, edge->from.index);
            uint32_t b = root_of(work->parent, edge->to.index);

            if (!join(work->forest, a, b))
                continue;
            work->degree[a]++;
            work->degree[b]++;
            work->crossings[work->count++] =
                (struct crossing){.edge = edge, .ends = {a, b}, .set = i, .kept = true};
        }
    }
}

static enum ims_severity severity_of(enum ims_rule_id rule, enum ims_fabric_certainty certainty)
{
    if (certainty == IMS_FABRIC_MUST)
        return rule == IMS_RULE_OVERRIDE ? IMS_SEVERITY_CRITICAL : IMS_SEVERITY_HIGH;
    if (rule == IMS_RULE_RC_ASSUMPTION)
        return IMS_SEVERITY_LOW;
    return IMS_SEVERITY_MEDIUM;
}

/* So many pairs are tried for a witness between functions that somebody may own. */
#define TRIES_MAX 32u

/*
 * A tree of ways may lead through a function that is in no group (the IOMMU's own, say). Two that are
 * in groups make the better story: is there a way between any two of the finding, of the same kind?
 */
static int between_claimed(const struct ims_audit *audit, const struct ims_finding *finding,
                           struct ims_fabric_edge *edge)
{
    unsigned tries = 0;

    if (edge->kind != IMS_FABRIC_EDGE_DMA || (audit->group_of[edge->from.index] != IMS_NONE &&
                                              audit->group_of[edge->to.index] != IMS_NONE))
        return 0;
    for (uint32_t i = 0; i < finding->function_count; i++) {
        for (uint32_t j = 0; j < finding->function_count && tries < TRIES_MAX; j++) {
            struct ims_fabric_edge other = *edge;
            bool found = false;
            int code;

            other.from = finding->functions[i];
            other.to = finding->functions[j];
            if (audit->group_of[other.from.index] == IMS_NONE ||
                audit->group_of[other.to.index] == IMS_NONE ||
                audit->group_of[other.from.index] == audit->group_of[other.to.index])
                continue;
            tries++;
            code = ims_audit_way(audit, &other, &found);
            if (code < 0)
                return code;
            if (found) {
                *edge = other;
                return 0;
            }
        }
    }
    return 0;
}

/* The witness and the words of a finding, for the edge that is told of all. */
static int tell(struct ims_audit *audit, struct ims_finding *finding,
                const struct ims_fabric_edge *first, enum ims_rule_id rule)
{
    struct ims_fabric_edge edge = *first;
    struct ims_audit_cause cause = {0};
    int code = between_claimed(audit, finding, &edge);

    if (code == 0)
        code = ims_audit_classify(audit, &edge, &cause);
    if (code == 0 && cause.rule != rule) {
        /* Another story than the one that is to be told. */
        ims_fabric_route_free(cause.route);
        edge = *first;
        code = ims_audit_classify(audit, &edge, &cause);
    }
    if (code < 0)
        return code;
    finding->at = cause.at;
    finding->witness = cause.route;
    finding->witness_outcome = cause.outcome;
    finding->witness_issuer = edge.from;
    finding->witness_target = edge.to;
    finding->witness_tlp = edge.tlp;
    return ims_audit_describe(audit, finding, &edge);
}

/* The crossings of one set and one rule become one finding; its witness is that of the first. */
static int report(struct work *work, uint32_t first, const struct ims_audit_cause *causes)
{
    struct ims_audit *audit = work->audit;
    const struct crossing *head = &work->crossings[first];
    struct ims_finding *finding = NULL;
    struct ims_function *functions;
    struct ims_fabric_edge *edges;
    uint32_t count = 0;
    uint32_t end = first;
    int code;

    while (end < work->count && work->crossings[end].set == head->set)
        end++;
    functions = calloc((size_t)(end - first) * 2, sizeof(*functions));
    edges = ims_arena_alloc_array(&audit->arena, end - first, sizeof(*edges));
    for (uint32_t i = first; functions && edges && i < end; i++) {
        struct crossing *crossing = &work->crossings[i];

        if (!crossing->kept || causes[i].rule != causes[first].rule ||
            crossing->edge->certainty != head->edge->certainty ||
            (crossing->edge->kind == IMS_FABRIC_EDGE_ALIAS) !=
                (head->edge->kind == IMS_FABRIC_EDGE_ALIAS))
            continue;
        edges[count] = *crossing->edge;
        functions[2 * count] = crossing->edge->from;
        functions[2 * count + 1] = crossing->edge->to;
        count++;
        if (i > first)
            crossing->kept = false;
    }
    if (count)
        finding = ims_audit_add(audit, causes[first].rule,
                                severity_of(causes[first].rule, head->edge->certainty), functions,
                                2 * count);
    free(functions);
    if (!finding)
        return -ENOMEM;
    finding->edges = edges;
    finding->edge_count = count;
    code = tell(audit, finding, head->edge, causes[first].rule);
    return code < 0 ? code : ims_audit_beside(audit, finding);
}

/* The rule without the way: only one way of a finding is kept. */
static int classify_only(struct ims_audit *audit, const struct ims_fabric_edge *edge,
                         struct ims_audit_cause *ret)
{
    int code = ims_audit_classify(audit, edge, ret);

    if (code == 0)
        ims_fabric_route_free(ret->route);
    ret->route = NULL;
    return code;
}

static int report_all(struct work *work)
{
    struct ims_audit_cause *causes = calloc((size_t)work->count + 1, sizeof(*causes));
    int code = causes ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < work->count && code == 0; i++)
        if (work->crossings[i].kept)
            code = classify_only(work->audit, work->crossings[i].edge, &causes[i]);
    for (uint32_t i = 0; i < work->count && code == 0; i++) {
        if (work->crossings[i].kept)
            code = report(work, i, causes);
    }
    free(causes);
    return code;
}

/* Marks the groups that kept crossings touch. */
static void judge(struct work *work, enum ims_audit_verdict verdict)
{
    struct ims_audit *audit = work->audit;
    bool *touched = work->claimed; /* used up */

    memset(touched, 0, audit->function_count);
    for (uint32_t i = 0; i < work->count; i++)
        if (work->crossings[i].kept)
            for (unsigned end = 0; end < 2; end++)
                touched[work->crossings[i].ends[end]] = true;
    for (uint32_t i = 0; i < audit->group_count; i++) {
        struct ims_audit_group *group = &audit->groups[i];

        if (touched[root_of(work->parent, group->members[0].index)] && group->verdict < verdict)
            group->verdict = verdict;
    }
}

/* Joins what the claim has together; for the may sets also what the must sets have. */
static void prepare(struct work *work, bool with_lower)
{
    struct ims_audit *audit = work->audit;

    for (uint32_t i = 0; i < audit->function_count; i++)
        work->parent[i] = i;
    for (uint32_t i = 0; i < audit->group_count; i++)
        for (uint32_t j = 1; j < audit->groups[i].member_count; j++)
            (void)join(work->parent, audit->groups[i].members[0].index,
                       audit->groups[i].members[j].index);
    for (uint32_t i = 0; with_lower && i < ims_fabric_sets_count(audit->lower); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(audit->lower, i);

        for (uint32_t j = 1; j < set->member_count; j++)
            (void)join(work->parent, set->members[0].index, set->members[j].index);
    }
    for (uint32_t i = 0; i < audit->function_count; i++) {
        work->forest[i] = root_of(work->parent, i);
        if (audit->group_of[i] != IMS_NONE)
            work->claimed[root_of(work->parent, i)] = true;
    }
}

static int cross(struct ims_audit *audit, const struct ims_fabric_sets *sets, bool with_lower,
                 enum ims_audit_verdict verdict)
{
    size_t count = (size_t)audit->function_count + 1;
    struct work work = {
        .audit = audit,
        .parent = calloc(count, sizeof(uint32_t)),
        .forest = calloc(count, sizeof(uint32_t)),
        .degree = calloc(count, sizeof(uint32_t)),
        .claimed = calloc(count, sizeof(bool)),
        .crossings = calloc(count, sizeof(struct crossing)),
    };
    int code = -ENOMEM;

    if (work.parent && work.forest && work.degree && work.claimed && work.crossings) {
        prepare(&work, with_lower);
        collect(&work, sets);
        prune(&work);
        judge(&work, verdict);
        code = report_all(&work);
    }
    free(work.parent);
    free(work.forest);
    free(work.degree);
    free(work.claimed);
    free(work.crossings);
    return code;
}

int ims_audit_crossings(struct ims_audit *audit)
{
    int code = cross(audit, audit->lower, false, IMS_AUDIT_UNSOUND);

    return code < 0 ? code : cross(audit, audit->upper, true, IMS_AUDIT_UNPROVEN);
}
