/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_STAGE_H
#define IMS_TESTS_FABRIC_STAGE_H

/* A sketched machine with its fabric, and answers as text; include cmocka.h first. */

#include <stdio.h>
#include <string.h>

#include "iommuscope/fabric.h"
#include "sketch.h"

struct stage {
    struct ims_topology *topology;
    struct ims_fabric *fabric;
    char text[4096];
};

static inline void stage_begin(struct stage *stage, const char *text,
                               const struct ims_fabric_options *options)
{
    struct sketch sketch = {0};
    struct ims_error error = {0};
    char message[256];

    memset(stage, 0, sizeof(*stage));
    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &stage->topology, &error), 0);
    sketch_done(&sketch);
    if (ims_topology_check(stage->topology, &error) < 0)
        fail_msg("%s", error.message);
    assert_int_equal(ims_fabric_new(stage->topology, options, &stage->fabric, &error), 0);
}

static inline void stage_done(struct stage *stage)
{
    ims_fabric_free(stage->fabric);
    ims_topology_free(stage->topology);
}

static inline struct ims_function stage_at(const struct stage *stage, const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    const struct ims_function function = ims_topology_find(stage->topology, address);
    if (ims_function_is_none(function))
        fail_msg("%s is not there", text);
    return function;
}

/* "03:00.0", with the segment where it is not 0. */
static inline const char *stage_name(const struct stage *stage, struct ims_function function,
                                     char buffer[IMS_ADDRESS_STRING_SIZE])
{
    const struct ims_address address = ims_topology_function(stage->topology, function)->address;

    ims_address_format(address, buffer);
    return address.segment ? buffer : buffer + 5;
}

/* Whether the route of an edge ends where the edge says. */
static inline void stage_check_edge(const struct stage *stage, const struct ims_fabric_edge *edge)
{
    struct ims_fabric_route *route = NULL;
    bool found = false;

    if (edge->kind == IMS_FABRIC_EDGE_ALIAS || edge->kind == IMS_FABRIC_EDGE_HOST)
        return;
    assert_int_equal(ims_fabric_route(stage->fabric, edge->from, &edge->tlp, &route, NULL), 0);
    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        if (edge->kind == IMS_FABRIC_EDGE_FORGED)
            found |= outcome->end == IMS_FABRIC_END_IOMMU || outcome->end == IMS_FABRIC_END_HOST;
        else
            found |= outcome->end == IMS_FABRIC_END_PEER &&
                     outcome->target.index == edge->to.index &&
                     outcome->certainty <= edge->certainty;
    }
    assert_true(found);
    ims_fabric_route_free(route);
}

/* The edges of a set are a tree over its members. */
static inline void stage_check_tree(const struct stage *stage, const struct ims_fabric_set *set)
{
    uint32_t label[256];

    assert_int_equal(set->edge_count, set->member_count - 1);
    assert_true(set->member_count <= 256);
    for (uint32_t i = 0; i < set->member_count; i++)
        label[i] = i;
    for (uint32_t e = 0; e < set->edge_count; e++) {
        uint32_t a = set->member_count, b = set->member_count;
        for (uint32_t i = 0; i < set->member_count; i++) {
            if (set->members[i].index == set->edges[e].from.index)
                a = i;
            if (set->members[i].index == set->edges[e].to.index)
                b = i;
        }
        assert_true(a < set->member_count && b < set->member_count);
        const uint32_t old = label[b];
        assert_int_not_equal(label[a], old);
        for (uint32_t i = 0; i < set->member_count; i++)
            if (label[i] == old)
                label[i] = label[a];
        stage_check_edge(stage, &set->edges[e]);
    }
}

/* "{03:00.0 04:00.0} {...}": sets with more than one member, each held against its witnesses. */
static inline const char *stage_sets(struct stage *stage, enum ims_fabric_certainty certainty)
{
    struct ims_fabric_sets *sets = NULL;
    size_t used = 0;

    stage->text[0] = '\0';
    assert_int_equal(ims_fabric_sets(stage->fabric, certainty, &sets, NULL), 0);
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(sets, i);
        stage_check_tree(stage, set);
        for (uint32_t j = 0; j < set->member_count; j++) {
            char name[IMS_ADDRESS_STRING_SIZE];
            assert_int_equal(ims_fabric_sets_of(sets, set->members[j]), i);
            if (set->member_count > 1)
                used += (size_t)snprintf(stage->text + used, sizeof(stage->text) - used, "%s%s",
                                         j == 0 ? used ? " {" : "{" : " ",
                                         stage_name(stage, set->members[j], name));
        }
        if (set->member_count > 1)
            used += (size_t)snprintf(stage->text + used, sizeof(stage->text) - used, "}");
    }
    assert_null(ims_fabric_sets_at(sets, ims_fabric_sets_count(sets)));
    ims_fabric_sets_free(sets);
    return stage->text;
}

static inline const char *stage_outcome(const struct stage *stage,
                                        const struct ims_fabric_outcome *outcome, char *text,
                                        size_t size)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    size_t used =
        (size_t)snprintf(text, size, "%s %s", ims_fabric_certainty_to_string(outcome->certainty),
                         ims_fabric_end_to_string(outcome->end));

    if (outcome->end == IMS_FABRIC_END_PEER || outcome->end == IMS_FABRIC_END_BLOCKED)
        used += (size_t)snprintf(text + used, size - used, " %s",
                                 stage_name(stage, outcome->target, name));
    if (outcome->end == IMS_FABRIC_END_PEER)
        used += (size_t)snprintf(text + used, size - used, "+%llx",
                                 (unsigned long long)outcome->offset);
    if (outcome->end == IMS_FABRIC_END_BLOCKED)
        snprintf(text + used, size - used, " (%s)",
                 ims_fabric_violation_to_string(outcome->violation));
    return text;
}

/* "must iommu", "may peer 03:00.0+10; may iommu", ... */
static inline const char *stage_send(struct stage *stage, const char *from,
                                     const struct ims_tlp *tlp)
{
    struct ims_fabric_route *route = NULL;
    size_t used = 0;

    stage->text[0] = '\0';
    assert_int_equal(ims_fabric_route(stage->fabric, stage_at(stage, from), tlp, &route, NULL), 0);
    assert_true(ims_fabric_route_count(route) > 0);
    assert_false(ims_fabric_route_truncated(route));
    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        char one[128];
        used += (size_t)snprintf(
            stage->text + used, sizeof(stage->text) - used, "%s%s", used ? "; " : "",
            stage_outcome(stage, ims_fabric_route_at(route, i), one, sizeof(one)));
    }
    ims_fabric_route_free(route);
    return stage->text;
}

static inline const char *stage_write(struct stage *stage, const char *from, uint64_t address)
{
    return stage_send(stage, from, &(struct ims_tlp){.address = address, .to = IMS_FUNCTION_NONE});
}

/* The functions that an outcome passes: "03:00.0 02:00.0 ... rc". */
static inline const char *stage_path(struct stage *stage, const char *from, uint64_t address,
                                     uint32_t index)
{
    const struct ims_tlp tlp = {.address = address, .to = IMS_FUNCTION_NONE};
    struct ims_fabric_route *route = NULL;
    size_t used = 0;

    assert_int_equal(ims_fabric_route(stage->fabric, stage_at(stage, from), &tlp, &route, NULL), 0);
    const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, index);
    assert_non_null(outcome);
    stage->text[0] = '\0';
    for (uint32_t i = 0; i < outcome->hop_count; i++) {
        const struct ims_fabric_hop *hop = &outcome->hops[i];
        char name[IMS_ADDRESS_STRING_SIZE];
        assert_non_null(hop->rule);
        assert_true(hop->text[0] != '\0');
        if (i > 0 && hop->function.index == outcome->hops[i - 1].function.index)
            continue;
        used += (size_t)snprintf(
            stage->text + used, sizeof(stage->text) - used, "%s%s", i ? " " : "",
            ims_function_is_none(hop->function) ? "rc" : stage_name(stage, hop->function, name));
    }
    ims_fabric_route_free(route);
    return stage->text;
}

#endif
