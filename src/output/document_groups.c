/* SPDX-License-Identifier: MIT */
/* The document of the groups command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/document_parts.h"

/* The kernel's number when every member has the same one. */
static bool common_kernel_number(const struct ims_subject *subject,
                                 const struct ims_group_info *group, uint32_t *ret)
{
    for (uint32_t i = 0; i < group->member_count; i++) {
        const struct ims_record *record =
            ims_topology_function(subject->topology, group->members[i])->record;

        if (record->group_state != IMS_GROUP_KNOWN || (i > 0 && record->group != *ret))
            return false;
        *ret = record->group;
    }
    return group->member_count > 0;
}

static const struct ims_kernel_group *find_kernel_group(const struct ims_topology *topology,
                                                        uint32_t number)
{
    uint32_t low = 0;
    uint32_t high = ims_topology_kernel_group_count(topology);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ims_kernel_group *group = ims_topology_kernel_group(topology, middle);

        if (group->number == number)
            return group;
        if (group->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Appends a rule id to the reasons of a device, once. */
static void add_reason(struct ims_maker *maker, json_t *device, const char *id)
{
    json_t *reasons = device ? json_object_get(device, "reasons") : NULL;
    json_t *item;
    size_t index;

    if (!reasons)
        return;
    json_array_foreach(reasons, index, item)
    {
        if (strcmp(json_string_value(item), id) == 0)
            return;
    }
    ims_make_append(maker, reasons, ims_make_string(id));
}

/*
 * Gives every member the rules that joined it: those of the links that start at it. The member that
 * opened the group has none; it gets the rule by which the first other one came to it.
 */
static int add_reasons(struct ims_maker *maker, const struct ims_subject *subject,
                       const struct ims_group_info *group, json_t **devices,
                       struct ims_error *reterr)
{
    struct ims_explanation *explanation;
    int code =
        ims_grouping_explain_group(subject->grouping, group->members[0], &explanation, reterr);

    if (code < 0)
        return code;
    for (uint32_t i = 0; i < explanation->reason_count; i++) {
        const struct ims_reason *reason = &explanation->reasons[i];

        if (!ims_function_is_none(reason->from))
            add_reason(maker, devices[reason->from.index], reason->rule->id);
    }
    for (uint32_t i = 0; i < explanation->reason_count; i++) {
        const struct ims_reason *reason = &explanation->reasons[i];
        json_t *device = ims_function_is_none(reason->to) ? NULL : devices[reason->to.index];

        if (device && json_array_size(json_object_get(device, "reasons")) == 0)
            add_reason(maker, device, reason->rule->id);
    }
    ims_explanation_free(explanation);
    return 0;
}

static json_t *uncertain_part(struct ims_maker *maker, const struct ims_subject *subject,
                              const struct ims_group_info *group)
{
    json_t *object;

    if (group->certain)
        return json_null();
    object = json_object();
    ims_make_set(maker, object, "text", ims_make_string(group->uncertain_text));
    ims_make_set(maker, object, "at", ims_part_address(subject, group->uncertain_at));
    return object;
}

static void kernel_part(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_group_info *group, json_t *object)
{
    const struct ims_kernel_group *kernel = NULL;
    uint32_t number = 0;
    bool known = common_kernel_number(subject, group, &number);
    json_t *reserved = json_array();

    if (known)
        kernel = find_kernel_group(subject->topology, number);
    for (uint32_t i = 0; kernel && i < kernel->reserved_count; i++)
        ims_make_append(maker, reserved, ims_make_string(kernel->reserved[i]));
    ims_make_set(maker, object, "kernel_id", known ? ims_make_uint(number) : json_null());
    ims_make_set(maker, object, "type", ims_make_string(kernel ? kernel->type : NULL));
    ims_make_set(maker, object, "name", ims_make_string(kernel ? kernel->name : NULL));
    ims_make_set(maker, object, "reserved_regions", reserved);
    ims_make_set(maker, object, "non_pci_members",
                 kernel ? ims_make_uint(kernel->non_pci_count) : json_null());
}

/* A group with those members that are shown; *ret is NULL when none of them is. */
static int group_part(struct ims_maker *maker, const struct ims_subject *subject, uint32_t index,
                      json_t **devices_of, json_t **ret, struct ims_error *reterr)
{
    const struct ims_group_info *group = ims_grouping_group(subject->grouping, index);
    enum ims_match match =
        subject->comparison ? subject->comparison->per_group[index] : IMS_MATCH_UNKNOWN;
    json_t *object = json_object();
    json_t *devices = json_array();
    int code = 0;

    ims_make_set(maker, object, "id", group->managed ? ims_make_uint(group->number) : json_null());
    kernel_part(maker, subject, group, object);
    ims_make_set(maker, object, "managed", json_boolean(group->managed));
    ims_make_set(maker, object, "certain", json_boolean(group->certain));
    ims_make_set(maker, object, "match",
                 ims_make_string(match == IMS_MATCH_SAME        ? "same"
                                 : match == IMS_MATCH_DIFFERENT ? "different"
                                                                : "unknown"));
    ims_make_set(maker, object, "uncertain", uncertain_part(maker, subject, group));
    ims_make_set(maker, object, "device_count", ims_make_uint(group->member_count));
    ims_make_set(maker, object, "devices", devices);
    for (uint32_t i = 0; i < group->member_count; i++) {
        struct ims_function member = group->members[i];
        json_t *device;

        if (!ims_selector_matches(&subject->selector,
                                  ims_topology_function(subject->topology, member)))
            continue;
        device = json_object();
        ims_part_function(maker, subject, device, member);
        ims_make_set(maker, device, "acs", ims_part_acs_brief(maker, subject, member));
        ims_make_set(maker, device, "bridge",
                     ims_part_bridge(maker, ims_topology_function(subject->topology, member)));
        ims_make_set(maker, device, "reasons", json_array());
        ims_make_append(maker, devices, device);
        if (!maker->failed)
            devices_of[member.index] = device;
    }
    if (json_array_size(devices) == 0) {
        json_decref(object);
        object = NULL;
    } else if (group->member_count > 1) {
        code = add_reasons(maker, subject, group, devices_of, reterr);
    }
    if (code < 0)
        json_decref(object);
    else
        *ret = object;
    return code;
}

struct group_order {
    json_t *group;
    uint64_t key;
    uint32_t index;
};

static int compare_order(const void *a, const void *b)
{
    const struct group_order *left = a;
    const struct group_order *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* By the kernel's number where there is one, then by ours; functions without a group come last. */
static uint64_t order_key(const json_t *group)
{
    json_t *device;
    size_t index;
    json_int_t best = -1;

    json_array_foreach(json_object_get(group, "devices"), index, device)
    {
        json_t *number = json_object_get(device, "kernel_group");

        if (json_is_integer(number) && (best < 0 || json_integer_value(number) < best))
            best = json_integer_value(number);
    }
    if (best >= 0)
        return (uint64_t)best;
    if (json_is_integer(json_object_get(group, "id")))
        return (uint64_t)1 << 32 | (uint64_t)json_integer_value(json_object_get(group, "id"));
    return (uint64_t)1 << 33;
}

static json_t *comparison_part(struct ims_maker *maker, const struct ims_comparison *comparison)
{
    json_t *object;
    json_t *causes;

    if (!comparison)
        return json_null();
    object = json_object();
    causes = json_array();
    ims_make_set(maker, object, "match",
                 ims_make_string(comparison->match == IMS_MATCH_SAME        ? "same"
                                 : comparison->match == IMS_MATCH_DIFFERENT ? "different"
                                                                            : "unknown"));
    ims_make_set(maker, object, "functions_compared",
                 ims_make_uint(comparison->functions_compared));
    ims_make_set(maker, object, "groups_different", ims_make_uint(comparison->groups_different));
    ims_make_set(maker, object, "causes", causes);
    for (uint32_t i = 0; i < comparison->cause_count; i++)
        ims_make_append(maker, causes, ims_make_string(comparison->causes[i]));
    return object;
}

static int groups_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *groups,
                       struct ims_error *reterr)
{
    uint32_t count = ims_grouping_count(subject->grouping);
    uint32_t functions = ims_topology_function_count(subject->topology);
    struct group_order *order = calloc(count ? count : 1, sizeof(*order));
    json_t **devices_of = calloc(functions ? functions : 1, sizeof(json_t *));
    uint32_t shown = 0;
    int code = order && devices_of ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < count && code == 0; i++) {
        json_t *group = NULL;

        code = group_part(maker, subject, i, devices_of, &group, reterr);
        if (code == 0 && group)
            order[shown++] = (struct group_order){group, order_key(group), i};
    }
    if (order)
        qsort(order, shown, sizeof(*order), compare_order);
    for (uint32_t i = 0; i < shown; i++)
        ims_make_append(maker, groups, order[i].group);
    free(order);
    free(devices_of);
    return code;
}

int ims_document_groups(const struct ims_subject *subject, json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.groups/1");
    json_t *groups = json_array();
    int code;

    ims_make_set(&maker, document, "numbers_certain",
                 json_boolean(ims_grouping_basis(subject->grouping)->numbers_certain));
    code = groups ? groups_part(&maker, subject, groups, reterr) : -ENOMEM;
    ims_make_set(&maker, document, "groups", groups);
    ims_make_set(&maker, document, "comparison", comparison_part(&maker, subject->comparison));
    ims_part_gaps(&maker, subject, document);
    if (code < 0) {
        json_decref(document);
        return code;
    }
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
