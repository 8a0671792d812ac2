/* SPDX-License-Identifier: MIT */
/* The documents of the explain command. */
#include <errno.h>
#include <stdlib.h>

#include "output/document_parts.h"

static json_t *function_part(struct ims_maker *maker, const struct ims_subject *subject,
                             struct ims_function function)
{
    json_t *object = json_object();

    ims_part_function(maker, subject, object, function);
    return object;
}

/* Sets "summary": one sentence about a alone, and "uncertain" when an unknown fact decides. */
static int verdict_part(struct ims_maker *maker, const struct ims_subject *subject,
                        struct ims_function a, json_t *document, struct ims_error *reterr)
{
    const struct ims_group_info *group =
        ims_grouping_group(subject->grouping, ims_grouping_of(subject->grouping, a));
    char *summary = NULL;
    int code = ims_grouping_why_not_isolated(subject->grouping, a, &summary, reterr);

    if (code < 0)
        return code;
    ims_make_set(maker, document, "summary", ims_make_string(summary));
    free(summary);
    ims_make_set(maker, document, "uncertain",
                 group->certain ? json_null() : ims_make_string(group->uncertain_text));
    return 0;
}

/* Whether the kernel put both into one group; unknown when it did not say for either. */
static enum ims_tristate kernel_together(const struct ims_subject *subject, struct ims_function a,
                                         struct ims_function b)
{
    const struct ims_record *left = ims_topology_function(subject->topology, a)->record;
    const struct ims_record *right = ims_topology_function(subject->topology, b)->record;

    if (left->group_state != IMS_GROUP_KNOWN || right->group_state != IMS_GROUP_KNOWN)
        return IMS_UNKNOWN;
    return ims_tristate_from_bool(left->group == right->group);
}

static int finish(struct ims_maker *maker, const struct ims_subject *subject, int code,
                  json_t *document, json_t **ret)
{
    ims_part_gaps(maker, subject, document);
    if (code < 0) {
        json_decref(document);
        return code;
    }
    document = ims_make_finish(maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}

int ims_document_explain_pair(const struct ims_subject *subject, struct ims_function a,
                              struct ims_function b, json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.explain/1");
    json_t *reasons = json_array();
    struct ims_explanation *explanation = NULL;
    int code = ims_grouping_explain(subject->grouping, a, b, &explanation, reterr);

    ims_make_set(&maker, document, "a", function_part(&maker, subject, a));
    ims_make_set(&maker, document, "b", function_part(&maker, subject, b));
    ims_make_set(&maker, document, "together",
                 ims_make_tristate(explanation ? explanation->together : IMS_UNKNOWN));
    ims_make_set(&maker, document, "kernel_together",
                 ims_make_tristate(kernel_together(subject, a, b)));
    for (uint32_t i = 0; explanation && i < explanation->reason_count; i++)
        ims_make_append(&maker, reasons,
                        ims_part_reason(&maker, subject, &explanation->reasons[i]));
    ims_make_set(&maker, document, "reasons", reasons);
    ims_explanation_free(explanation);
    if (code == 0)
        code = verdict_part(&maker, subject, a, document, reterr);
    return finish(&maker, subject, code, document, ret);
}

/* The merges of one group as a graph; edge = index of a reason, node = index of a member. */
struct walk {
    const struct ims_group_info *group;
    const struct ims_explanation *explanation;
    uint32_t *first;  /* per node + 1: where its edges begin */
    uint32_t *edges;  /* edge numbers, node after node */
    uint32_t *queue;  /* nodes in the order in which they are reached */
    uint32_t *via;    /* per node: the edge by which it was reached, IMS_NONE */
    uint32_t *before; /* per node: the node from which it was reached, IMS_NONE */
    uint32_t reached;
};

static uint32_t node_of(const struct ims_group_info *group, struct ims_function function)
{
    uint32_t low = 0;
    uint32_t high = group->member_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (group->members[middle].index == function.index)
            return middle;
        if (group->members[middle].index < function.index)
            low = middle + 1;
        else
            high = middle;
    }
    return IMS_NONE;
}

static void walk_done(struct walk *walk)
{
    free(walk->first);
    free(walk->edges);
    free(walk->queue);
    free(walk->via);
    free(walk->before);
}

static int walk_init(struct walk *walk, const struct ims_group_info *group,
                     const struct ims_explanation *explanation)
{
    uint32_t nodes = group->member_count;
    uint32_t edges = explanation->reason_count;

    *walk = (struct walk){.group = group, .explanation = explanation};
    walk->first = calloc((size_t)nodes + 2, sizeof(uint32_t));
    walk->edges = calloc((size_t)edges * 2 + 1, sizeof(uint32_t));
    walk->queue = calloc((size_t)nodes + 1, sizeof(uint32_t));
    walk->via = calloc((size_t)nodes + 1, sizeof(uint32_t));
    walk->before = calloc((size_t)nodes + 1, sizeof(uint32_t));
    if (walk->first && walk->edges && walk->queue && walk->via && walk->before)
        return 0;
    walk_done(walk);
    return -ENOMEM;
}

static void ends_of(const struct walk *walk, uint32_t edge, uint32_t ends[2])
{
    const struct ims_reason *reason = &walk->explanation->reasons[edge];

    ends[0] = node_of(walk->group, reason->from);
    ends[1] = node_of(walk->group, reason->to);
}

/* Counting sort of the edges by their ends. */
static void walk_index(struct walk *walk)
{
    uint32_t nodes = walk->group->member_count;
    uint32_t ends[2];

    for (uint32_t edge = 0; edge < walk->explanation->reason_count; edge++) {
        ends_of(walk, edge, ends);
        for (int side = 0; side < 2; side++)
            if (ends[side] != IMS_NONE)
                walk->first[ends[side] + 2]++;
    }
    for (uint32_t node = 2; node < nodes + 2; node++)
        walk->first[node] += walk->first[node - 1];
    for (uint32_t edge = 0; edge < walk->explanation->reason_count; edge++) {
        ends_of(walk, edge, ends);
        for (int side = 0; side < 2; side++)
            if (ends[side] != IMS_NONE)
                walk->edges[walk->first[ends[side] + 1]++] = edge;
    }
}

/* Breadth first from one member, so that every other one is reached in the fewest merges. */
static void walk_from(struct walk *walk, uint32_t start)
{
    uint32_t nodes = walk->group->member_count;

    for (uint32_t node = 0; node < nodes; node++)
        walk->via[node] = walk->before[node] = IMS_NONE;
    walk->before[start] = start;
    walk->queue[0] = start;
    walk->reached = 1;
    for (uint32_t next = 0; next < walk->reached; next++) {
        uint32_t node = walk->queue[next];

        for (uint32_t i = walk->first[node]; i < walk->first[node + 1]; i++) {
            uint32_t ends[2];
            uint32_t other;

            ends_of(walk, walk->edges[i], ends);
            other = ends[0] == node ? ends[1] : ends[0];
            if (other == IMS_NONE || walk->before[other] != IMS_NONE)
                continue;
            walk->before[other] = node;
            walk->via[other] = walk->edges[i];
            walk->queue[walk->reached++] = other;
        }
    }
}

/* Sets "reasons" in the order in which the walk uses them, and "members" with their step. */
static void walk_part(struct ims_maker *maker, const struct ims_subject *subject,
                      const struct walk *walk, json_t *document)
{
    json_t *reasons = json_array();
    json_t *members = json_array();

    for (uint32_t i = 1; i < walk->reached; i++) {
        uint32_t node = walk->queue[i];
        json_t *member = function_part(maker, subject, walk->group->members[node]);

        ims_make_set(maker, member, "reason", ims_make_uint(json_array_size(reasons)));
        ims_make_set(maker, member, "through",
                     ims_part_address(subject, walk->group->members[walk->before[node]]));
        ims_make_append(maker, members, member);
        ims_make_append(
            maker, reasons,
            ims_part_reason(maker, subject, &walk->explanation->reasons[walk->via[node]]));
    }
    for (uint32_t node = 0; node < walk->group->member_count; node++) {
        json_t *member;

        if (walk->before[node] != IMS_NONE)
            continue;
        member = function_part(maker, subject, walk->group->members[node]);
        ims_make_set(maker, member, "reason", json_null());
        ims_make_set(maker, member, "through", json_null());
        ims_make_append(maker, members, member);
    }
    /* Reasons that lead to nobody: what keeps the function apart, or what is not known. */
    for (uint32_t i = 0; i < walk->explanation->reason_count; i++)
        if (walk->group->member_count == 1 ||
            ims_function_is_none(walk->explanation->reasons[i].to))
            ims_make_append(maker, reasons,
                            ims_part_reason(maker, subject, &walk->explanation->reasons[i]));
    ims_make_set(maker, document, "members", members);
    ims_make_set(maker, document, "reasons", reasons);
}

int ims_document_explain(const struct ims_subject *subject, struct ims_function a, json_t **ret,
                         struct ims_error *reterr)
{
    const struct ims_group_info *group =
        ims_grouping_group(subject->grouping, ims_grouping_of(subject->grouping, a));
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.explain/1");
    struct ims_explanation *explanation = NULL;
    int code = ims_grouping_explain_group(subject->grouping, a, &explanation, reterr);
    struct walk walk;

    ims_make_set(&maker, document, "a", function_part(&maker, subject, a));
    ims_make_set(&maker, document, "b", json_null());
    ims_make_set(&maker, document, "together",
                 group->certain ? json_boolean(group->member_count > 1) : json_null());
    if (code == 0)
        code = walk_init(&walk, group, explanation);
    if (code == 0) {
        walk_index(&walk);
        walk_from(&walk, node_of(group, a));
        walk_part(&maker, subject, &walk, document);
        walk_done(&walk);
        code = verdict_part(&maker, subject, a, document, reterr);
    }
    ims_explanation_free(explanation);
    return finish(&maker, subject, code, document, ret);
}
