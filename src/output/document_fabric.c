/* SPDX-License-Identifier: MIT */
/* The sets of the fabric as a document of the groups command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/document_parts.h"

/* The rule of the first way that brought a member to others of its set. */
static const char **reasons_of(const struct ims_fabric *fabric, const struct ims_fabric_sets *sets,
                               uint32_t function_count)
{
    const char **reasons = calloc((size_t)function_count + 1, sizeof(char *));

    for (uint32_t i = 0; reasons && i < ims_fabric_sets_count(sets); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(sets, i);

        for (uint32_t m = 0; set->with_host && m < set->member_count; m++)
            if (ims_fabric_is_uncovered(fabric, set->members[m]))
                reasons[set->members[m].index] = "E9";
        for (uint32_t e = 0; e < set->edge_count; e++) {
            const struct ims_fabric_edge *edge = &set->edges[e];

            if (!reasons[edge->from.index])
                reasons[edge->from.index] = edge->rule;
            if (!reasons[edge->to.index])
                reasons[edge->to.index] = edge->rule;
        }
    }
    return reasons;
}

static json_t *device_part(struct ims_maker *maker, const struct ims_subject *subject,
                           struct ims_function member, uint32_t set, const char *reason)
{
    const struct ims_function_info *info = ims_topology_function(subject->topology, member);
    json_t *device = json_object();
    json_t *reasons = json_array();

    ims_part_function(maker, subject, device, member);
    ims_make_set(maker, device, "group", ims_make_uint(set));
    ims_make_set(maker, device, "group_certain", json_true());
    ims_make_set(maker, device, "group_match", ims_make_string("unknown"));
    ims_make_set(maker, device, "acs", ims_part_acs_brief(maker, subject, member));
    ims_make_set(maker, device, "bridge", ims_part_bridge(maker, info));
    if (reason)
        ims_make_append(maker, reasons, ims_make_string(reason));
    ims_make_set(maker, device, "reasons", reasons);
    return device;
}

/* A set with those members that are shown, or NULL. */
static json_t *set_part(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_fabric_set *set, uint32_t index,
                        const char *const *reasons)
{
    json_t *object = json_object();
    json_t *devices = json_array();
    json_t *ways = json_array();

    for (uint32_t i = 0; i < set->member_count; i++) {
        struct ims_function member = set->members[i];

        if (ims_selector_matches(&subject->selector,
                                 ims_topology_function(subject->topology, member)))
            ims_make_append(maker, devices,
                            device_part(maker, subject, member, index, reasons[member.index]));
    }
    for (uint32_t i = 0; i < set->edge_count; i++)
        ims_make_append(maker, ways, ims_part_way(maker, subject, &set->edges[i]));
    ims_make_set(maker, object, "id", ims_make_uint(index));
    ims_make_set(maker, object, "kernel_id", json_null());
    ims_make_set(maker, object, "managed", json_true());
    ims_make_set(maker, object, "certain", json_true());
    ims_make_set(maker, object, "match", ims_make_string("unknown"));
    ims_make_set(maker, object, "uncertain", json_null());
    ims_make_set(maker, object, "device_count", ims_make_uint(set->member_count));
    ims_make_set(maker, object, "with_host", json_boolean(set->with_host));
    ims_make_set(maker, object, "devices", devices);
    ims_make_set(maker, object, "ways", ways);
    if (json_array_size(devices) == 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The host is no function and has no row of its own (E9). */
static void host_notes(struct ims_maker *maker, const struct ims_fabric_sets *sets,
                       json_t *document)
{
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++)
        if (ims_fabric_sets_at(sets, i)->with_host)
            ims_part_note(maker, document,
                          ims_make_format("the host is in group %u too: no IOMMU covers those of "
                                          "its functions that are marked E9",
                                          i));
}

int ims_document_fabric_groups(const struct ims_subject *subject,
                               enum ims_fabric_certainty certainty, json_t **ret,
                               struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    struct ims_fabric_sets *sets = NULL;
    const char **reasons;
    json_t *document;
    json_t *groups;
    int code = ims_fabric_sets(subject->fabric, certainty, &sets, reterr);

    if (code < 0)
        return code;
    reasons = reasons_of(subject->fabric, sets, ims_topology_function_count(subject->topology));
    if (!reasons) {
        ims_fabric_sets_free(sets);
        return -ENOMEM;
    }
    document = ims_part_document(&maker, subject, "iommuscope.groups/1");
    groups = json_array();
    ims_make_set(&maker, document, "ruleset", ims_make_string("fabric"));
    ims_make_set(&maker, document, "certainty",
                 ims_make_string(ims_fabric_certainty_to_string(certainty)));
    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "numbers_certain", json_true());
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++) {
        json_t *group = set_part(&maker, subject, ims_fabric_sets_at(sets, i), i, reasons);

        if (group)
            ims_make_append(&maker, groups, group);
    }
    ims_make_set(&maker, document, "groups", groups);
    ims_make_set(&maker, document, "comparison", json_null());
    ims_part_gaps(&maker, subject, document);
    host_notes(&maker, sets, document);
    free(reasons);
    ims_fabric_sets_free(sets);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
