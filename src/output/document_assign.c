/* SPDX-License-Identifier: MIT */
/* The document of the assign command: who gets what, and what they would get at. */
#include <errno.h>

#include "output/document_parts.h"

struct parts {
    struct ims_maker maker;
    const struct ims_subject *subject;
    const struct ims_assignment *assignment;
    const struct ims_roster *roster;
};

/* The name of a guest; null for the host. */
static json_t *owner_name(const struct parts *parts, uint32_t owner)
{
    return owner == IMS_NONE ? json_null()
                             : ims_make_string(ims_roster_owner(parts->roster, owner)->name);
}

static json_t *owner_part(struct parts *parts, uint32_t index)
{
    const struct ims_roster_owner *owner = ims_roster_owner(parts->roster, index);
    const uint32_t functions = ims_topology_function_count(parts->subject->topology);
    json_t *object = json_object();
    json_t *devices = json_array();

    ims_make_set(&parts->maker, object, "name", ims_make_string(owner->name));
    ims_make_set(&parts->maker, object, "host", json_boolean(owner->is_host));
    ims_make_set(&parts->maker, object, "plan", ims_make_string(owner->path));
    for (uint32_t i = 0; i < functions && !owner->is_host; i++)
        if (ims_assignment_owner(parts->assignment, (struct ims_function){i}) == index)
            ims_make_append(
                &parts->maker, devices,
                ims_part_member(&parts->maker, parts->subject, (struct ims_function){i}));
    ims_make_set(&parts->maker, object, "devices", devices);
    return object;
}

static json_t *offence_part(struct parts *parts, const struct ims_offence *offence)
{
    const struct ims_fabric_outcome *outcome =
        offence->witness ? ims_fabric_route_at(offence->witness, offence->witness_outcome) : NULL;
    struct ims_maker *maker = &parts->maker;
    json_t *object = json_object();
    json_t *devices = json_array();
    json_t *like = json_array();

    ims_make_set(maker, object, "kind", ims_make_string(ims_offence_kind_to_string(offence->kind)));
    ims_make_set(maker, object, "breaks", ims_make_tristate(offence->breaks));
    ims_make_set(maker, object, "certainty",
                 ims_make_string(ims_fabric_certainty_to_string(offence->certainty)));
    ims_make_set(maker, object, "owner", owner_name(parts, offence->owner));
    ims_make_set(maker, object, "victim", owner_name(parts, offence->victim));
    ims_make_set(maker, object, "from", ims_part_address(parts->subject, offence->from));
    ims_make_set(maker, object, "to", ims_part_address(parts->subject, offence->to));
    for (uint32_t i = 0; i < offence->all_count; i++)
        ims_make_append(maker, devices, ims_part_member(maker, parts->subject, offence->all[i]));
    for (uint32_t i = 0; i < offence->like_count; i++)
        ims_make_append(maker, like, ims_part_address(parts->subject, offence->like[i]));
    ims_make_set(maker, object, "devices", devices);
    ims_make_set(maker, object, "like", like);
    ims_make_set(maker, object, "rule", ims_make_string(offence->rule));
    ims_make_set(maker, object, "text", ims_make_string(offence->text));
    ims_make_set(maker, object, "remedy", ims_make_string(offence->remedy));
    ims_make_set(maker, object, "request",
                 outcome
                     ? ims_part_request(maker, parts->subject, offence->from, &offence->edge.tlp)
                     : json_null());
    ims_make_set(maker, object, "witness",
                 outcome ? ims_part_hops(maker, parts->subject, outcome) : json_null());
    return object;
}

/* What a plan gives away without saying which function it is. */
static json_t *unread_part(struct parts *parts, const struct ims_roster_entry *entry)
{
    json_t *object = json_object();

    ims_make_set(&parts->maker, object, "owner", owner_name(parts, entry->owner));
    ims_make_set(&parts->maker, object, "plan", ims_make_string(entry->path));
    ims_make_set(&parts->maker, object, "line",
                 entry->line ? ims_make_uint(entry->line) : json_null());
    ims_make_set(&parts->maker, object, "text", ims_make_string(entry->text));
    return object;
}

/* Two plans that name one guest may mean two. */
static void repeated_notes(struct parts *parts, json_t *document)
{
    for (uint32_t i = 0; i < ims_roster_owner_count(parts->roster); i++) {
        const struct ims_roster_owner *owner = ims_roster_owner(parts->roster, i);

        if (owner->repeated && !owner->is_host)
            ims_part_note(&parts->maker, document,
                          ims_make_format("more than one plan names guest %s: they are taken for "
                                          "one guest",
                                          owner->name));
    }
}

/* The verdict, and owners, offences and what was not read. */
static void fill(struct parts *parts, const struct ims_assignment_options *how, json_t *document)
{
    struct ims_maker *maker = &parts->maker;
    enum ims_tristate safe = ims_assignment_safe(parts->assignment);
    json_t *owners = json_array();
    json_t *offences = json_array();
    json_t *unread = json_array();

    for (uint32_t i = 0; i < ims_roster_owner_count(parts->roster); i++)
        ims_make_append(maker, owners, owner_part(parts, i));
    for (uint32_t i = 0; i < ims_assignment_count(parts->assignment); i++)
        ims_make_append(maker, offences,
                        offence_part(parts, ims_assignment_at(parts->assignment, i)));
    for (uint32_t i = 0; i < ims_roster_count(parts->roster); i++)
        if (!ims_roster_at(parts->roster, i)->known)
            ims_make_append(maker, unread, unread_part(parts, ims_roster_at(parts->roster, i)));
    if (json_array_size(unread) > 0 && safe == IMS_YES)
        safe = IMS_UNKNOWN;
    ims_make_set(maker, document, "certainty",
                 how->settled ? ims_make_string(ims_fabric_certainty_to_string(how->certainty))
                              : json_null());
    ims_make_set(maker, document, "safe", ims_make_tristate(safe));
    ims_make_set(maker, document, "owners", owners);
    ims_make_set(maker, document, "offences", offences);
    ims_make_set(maker, document, "unread", unread);
}

int ims_document_assign(const struct ims_subject *subject, const struct ims_assignment *assignment,
                        const struct ims_roster *roster, const struct ims_assignment_options *how,
                        json_t **ret, struct ims_error *reterr)
{
    struct parts parts = {.subject = subject, .assignment = assignment, .roster = roster};
    json_t *document = ims_part_document(&parts.maker, subject, "iommuscope.assign/1");

    (void)reterr;
    ims_part_fabric(&parts.maker, subject, document);
    fill(&parts, how, document);
    ims_part_gaps(&parts.maker, subject, document);
    repeated_notes(&parts, document);
    document = ims_make_finish(&parts.maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
