/* SPDX-License-Identifier: MIT */
/* The document of the whatif command: what edits change. */
#include "output/document_whatif.h"

#include <errno.h>

#include "output/document_parts.h"

/* ---- the edits ---- */

static json_t *edits_part(struct ims_maker *maker, const struct ims_whatif *whatif)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < whatif->edit_count; i++) {
        json_t *object = json_object();

        ims_make_set(maker, object, "kind",
                     ims_make_string(ims_edit_kind_to_string(whatif->edits[i].kind)));
        ims_make_set(maker, object, "text", ims_make_string(whatif->texts[i]));
        ims_make_append(maker, array, object);
    }
    return array;
}

static json_t *consequences_part(struct ims_maker *maker, const struct ims_edited *edited)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < edited->note_count; i++) {
        const struct ims_edit_note *note = &edited->notes[i];
        json_t *object = json_object();

        ims_make_set(maker, object, "edit", ims_make_uint(note->edit + 1));
        ims_make_set(maker, object, "kind",
                     ims_make_string(ims_edit_note_kind_to_string(note->kind)));
        ims_make_set(maker, object, "address",
                     note->has_address ? ims_make_address(note->address) : json_null());
        ims_make_set(maker, object, "text", ims_make_string(note->text));
        ims_make_append(maker, array, object);
    }
    return array;
}

/* ---- functions ---- */

/* The address that a function of a side had in the input, null for one that is new. */
static json_t *origin_part(const struct ims_whatif *whatif, const struct ims_whatif_side *side,
                           struct ims_function function)
{
    const uint32_t origin = side->edited->origin[function.index];

    if (origin == IMS_NONE)
        return json_null();
    return ims_part_address(&whatif->before.subject, (struct ims_function){origin});
}

static json_t *moved_part(struct ims_maker *maker, const struct ims_whatif *whatif)
{
    const struct ims_topology *before = whatif->before.subject.topology;
    const struct ims_topology *after = whatif->after.subject.topology;
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_topology_function_count(after); i++) {
        const struct ims_function function = {i};
        const uint32_t origin = whatif->after.edited->origin[i];
        json_t *object;

        if (origin == IMS_NONE ||
            ims_address_compare(
                ims_topology_function(after, function)->address,
                ims_topology_function(before, (struct ims_function){origin})->address) == 0)
            continue;
        object = json_object();
        ims_make_set(maker, object, "from", origin_part(whatif, &whatif->after, function));
        ims_make_set(maker, object, "to", ims_part_address(&whatif->after.subject, function));
        ims_make_append(maker, array, object);
    }
    return array;
}

static json_t *added_part(struct ims_maker *maker, const struct ims_whatif *whatif)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_topology_function_count(whatif->after.subject.topology); i++)
        if (whatif->after.edited->origin[i] == IMS_NONE)
            ims_make_append(
                maker, array,
                ims_part_member(maker, &whatif->after.subject, (struct ims_function){i}));
    return array;
}

static json_t *removed_part(struct ims_maker *maker, const struct ims_whatif *whatif)
{
    const uint32_t count = ims_topology_function_count(whatif->before.subject.topology);
    json_t *kept = json_object(); /* a set of addresses: the same order for both is not known */
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_topology_function_count(whatif->after.subject.topology); i++) {
        json_t *address = origin_part(whatif, &whatif->after, (struct ims_function){i});

        if (json_is_string(address))
            ims_make_set(maker, kept, json_string_value(address), json_true());
        json_decref(address);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function function = {i};
        json_t *address = ims_part_address(&whatif->before.subject, function);

        if (json_is_string(address) && !json_object_get(kept, json_string_value(address)))
            ims_make_append(maker, array,
                            ims_part_member(maker, &whatif->before.subject, function));
        json_decref(address);
    }
    json_decref(kept);
    return array;
}

/* ---- groups ---- */

static json_t *group_part(struct ims_maker *maker, const struct ims_subject *input,
                          const struct ims_whatif *whatif, const struct ims_whatif_side *side,
                          uint32_t index)
{
    const struct ims_group_info *group = ims_grouping_group(side->subject.grouping, index);
    const struct ims_check *check = side->checks[index];
    json_t *object = json_object();
    json_t *members = json_array();
    json_t *kernel_id = NULL;

    for (uint32_t i = 0; i < group->member_count; i++) {
        json_t *member = ims_part_member(maker, &side->subject, group->members[i]);
        const uint32_t origin = side->edited->origin[group->members[i].index];

        ims_make_set(maker, member, "bridge",
                     ims_part_bridge(
                         maker, ims_topology_function(side->subject.topology, group->members[i])));
        ims_make_set(maker, member, "was", origin_part(whatif, side, group->members[i]));
        ims_make_append(maker, members, member);
        if (side == &whatif->before && origin != IMS_NONE && !kernel_id) {
            const struct ims_record *record =
                ims_topology_function(input->topology, (struct ims_function){origin})->record;
            if (record->group_state == IMS_GROUP_KNOWN)
                kernel_id = ims_make_uint(record->group);
        }
    }
    ims_make_set(maker, object, "id", ims_make_uint(group->number));
    ims_make_set(maker, object, "kernel_id", kernel_id ? kernel_id : json_null());
    ims_make_set(maker, object, "managed", json_boolean(group->managed));
    ims_make_set(maker, object, "certain", json_boolean(group->certain));
    ims_make_set(maker, object, "uncertain", ims_make_string(group->uncertain_text));
    ims_make_set(maker, object, "usable",
                 check ? ims_make_tristate(ims_check_usable(check)) : json_null());
    ims_make_set(maker, object, "message",
                 check ? ims_make_string(ims_check_message(check)) : json_null());
    ims_make_set(maker, object, "members", members);
    return object;
}

static bool usable_changed(const struct ims_whatif *whatif, const struct ims_change *change)
{
    const struct ims_check *before = whatif->before.checks[change->before[0]];
    const struct ims_check *after = whatif->after.checks[change->after[0]];

    return before && after && ims_check_usable(before) != ims_check_usable(after);
}

static json_t *changes_part(struct ims_maker *maker, const struct ims_subject *input,
                            const struct ims_whatif *whatif)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < whatif->difference->change_count; i++) {
        const struct ims_change *change = &whatif->difference->changes[i];
        const bool same = change->kind == IMS_CHANGE_SAME;
        json_t *object;
        json_t *before;
        json_t *after;

        if (same && !usable_changed(whatif, change))
            continue;
        object = json_object();
        before = json_array();
        after = json_array();
        for (uint32_t j = 0; j < change->before_count; j++)
            ims_make_append(maker, before,
                            group_part(maker, input, whatif, &whatif->before, change->before[j]));
        for (uint32_t j = 0; j < change->after_count; j++)
            ims_make_append(maker, after,
                            group_part(maker, input, whatif, &whatif->after, change->after[j]));
        ims_make_set(maker, object, "change",
                     ims_make_string(same ? "usable" : ims_change_kind_to_string(change->kind)));
        ims_make_set(maker, object, "before", before);
        ims_make_set(maker, object, "after", after);
        ims_make_append(maker, array, object);
    }
    return array;
}

/* ---- sides ---- */

/* Bridges and ports stay with the host: a group of nothing else is not one to hand over. */
static bool has_endpoint(const struct ims_check *check)
{
    for (uint32_t i = 0; i < ims_check_member_count(check); i++)
        if (!ims_check_member(check, i)->is_interconnect)
            return true;
    return false;
}

static json_t *side_part(struct ims_maker *maker, const struct ims_whatif_side *side)
{
    const struct ims_grouping *grouping = side->subject.grouping;
    const struct ims_grouping_basis *basis = ims_grouping_basis(grouping);
    const struct ims_fabric_basis *fabric = ims_fabric_basis(side->subject.fabric);
    char name[IMS_RULESET_NAME_SIZE];
    json_t *object = json_object();
    uint32_t managed = 0;
    uint32_t uncertain = 0;
    uint32_t usable = 0;
    uint32_t checked = 0;

    for (uint32_t i = 0; i < ims_grouping_count(grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(grouping, i);

        managed += group->managed;
        uncertain += group->managed && !group->certain;
        checked += side->checks[i] != NULL;
        usable += side->checks[i] && has_endpoint(side->checks[i]) &&
                  ims_check_usable(side->checks[i]) == IMS_YES;
    }
    ims_make_set(maker, object, "functions",
                 ims_make_uint(ims_topology_function_count(side->subject.topology)));
    ims_make_set(maker, object, "groups", ims_make_uint(managed));
    ims_make_set(maker, object, "uncertain", ims_make_uint(uncertain));
    ims_make_set(maker, object, "usable",
                 checked == ims_grouping_count(grouping) ? ims_make_uint(usable) : json_null());
    ims_make_set(maker, object, "verdict",
                 managed
                     ? ims_make_string(ims_audit_verdict_to_string(ims_audit_verdict(side->audit)))
                     : json_null());
    ims_make_set(maker, object, "ruleset",
                 ims_make_string(ims_ruleset_name(&basis->ruleset, name)));
    ims_make_set(maker, object, "acs",
                 ims_make_string(basis->acs == IMS_ACS_AS_LINUX_SETS ? "as-linux-sets" : "as-is"));
    ims_make_set(maker, object, "cmdline", ims_make_string(basis->cmdline));
    ims_make_set(maker, object, "rc", ims_make_string(ims_fabric_rc_to_string(fabric->options.rc)));
    return object;
}

static void kernel_note(struct ims_maker *maker, const struct ims_subject *subject,
                        json_t *document)
{
    if (subject->comparison && subject->comparison->match == IMS_MATCH_DIFFERENT)
        ims_part_note(maker, document,
                      ims_make_string("before and after are both computed; the kernel's own groups "
                                      "are not what is compared"));
}

static void others_note(struct ims_maker *maker, const struct ims_subject *subject,
                        json_t *document)
{
    uint32_t others = 0;

    for (uint32_t i = 0; i < ims_topology_kernel_group_count(subject->topology); i++)
        others += ims_topology_kernel_group(subject->topology, i)->non_pci_count;
    if (others)
        ims_part_note(maker, document,
                      ims_make_format("members of groups on other buses than PCI (%u) are left out "
                                      "of both sides",
                                      others));
}

int ims_document_whatif(const struct ims_subject *subject, const struct ims_whatif *whatif,
                        json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.whatif/1");

    (void)reterr;
    ims_make_set(&maker, document, "edits", edits_part(&maker, whatif));
    ims_make_set(&maker, document, "before", side_part(&maker, &whatif->before));
    ims_make_set(&maker, document, "after", side_part(&maker, &whatif->after));
    ims_make_set(&maker, document, "same", ims_make_uint(whatif->difference->same_count));
    ims_make_set(&maker, document, "changes", changes_part(&maker, subject, whatif));
    ims_make_set(&maker, document, "moved", moved_part(&maker, whatif));
    ims_make_set(&maker, document, "added", added_part(&maker, whatif));
    ims_make_set(&maker, document, "removed", removed_part(&maker, whatif));
    ims_part_findings_difference(&maker, whatif, document);
    ims_make_set(&maker, document, "consequences", consequences_part(&maker, whatif->after.edited));
    ims_part_gaps(&maker, subject, document);
    kernel_note(&maker, subject, document);
    others_note(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
