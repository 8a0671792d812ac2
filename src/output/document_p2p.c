/* SPDX-License-Identifier: MIT */
/* The documents of advise p2p and advise slots. */
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"

static json_t *bits_part(struct ims_maker *maker, uint16_t bits)
{
    static const char *const names[] = {"SV", "TB", "RR", "CR", "UF", "EC", "DT"};
    json_t *array = json_array();

    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (bits >> i & 1)
            ims_make_append(maker, array, ims_make_string(names[i]));
    return array;
}

static json_t *functions_part(struct ims_maker *maker, const struct ims_subject *subject,
                              const struct ims_function *functions, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++)
        ims_make_append(maker, array, ims_part_member(maker, subject, functions[i]));
    return array;
}

/* The vector before the control register: what is opened is opened last. */
static void change_lines(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_p2p_change *change, json_t *lines)
{
    char address[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_topology_function(subject->topology, change->function)->address,
                       address);
    for (uint32_t i = 0; i < IMS_ACS_EGRESS_DWORDS && change->has_vector; i++)
        if (change->vector_mask[i])
            ims_make_append(maker, lines,
                            ims_make_format("setpci -s %s ECAP_ACS+%x.l=%08x:%08x", address,
                                            8 + 4 * i, change->vector_value[i],
                                            change->vector_mask[i]));
    if (change->set | change->clear)
        ims_make_append(maker, lines,
                        ims_make_format("setpci -s %s ECAP_ACS+6.w=%04x:%04x", address, change->set,
                                        (unsigned)change->set | change->clear));
}

static json_t *recipe_part(struct ims_maker *maker, const struct ims_subject *subject,
                           const struct ims_p2p_recipe *recipe, enum ims_bootloader loader)
{
    const char *given = ims_grouping_basis(subject->grouping)->cmdline;
    json_t *object = json_object();
    json_t *changes = json_array();
    json_t *lines = json_array();
    json_t *exposures = json_array();
    json_t *merges = json_array();

    for (uint32_t i = 0; i < recipe->change_count; i++) {
        json_t *change = json_object();

        ims_make_set(maker, change, "address",
                     ims_part_address(subject, recipe->changes[i].function));
        ims_make_set(maker, change, "set", bits_part(maker, recipe->changes[i].set));
        ims_make_set(maker, change, "clear", bits_part(maker, recipe->changes[i].clear));
        ims_make_set(maker, change, "vector", json_boolean(recipe->changes[i].has_vector));
        ims_make_append(maker, changes, change);
        change_lines(maker, subject, &recipe->changes[i], lines);
    }
    for (uint32_t i = 0; i < recipe->exposure_count; i++) {
        json_t *pair = json_object();

        ims_make_set(maker, pair, "from", ims_part_address(subject, recipe->exposures[i].from));
        ims_make_set(maker, pair, "to", ims_part_address(subject, recipe->exposures[i].to));
        ims_make_append(maker, exposures, pair);
    }
    for (uint32_t i = 0; i < recipe->merge_count; i++)
        ims_make_append(maker, merges,
                        functions_part(maker, subject, recipe->merges[i].members,
                                       recipe->merges[i].member_count));
    ims_make_set(maker, object, "means", ims_make_string(ims_p2p_means_to_string(recipe->means)));
    ims_make_set(maker, object, "result", ims_make_string(ims_p2p_class_to_string(recipe->result)));
    ims_make_set(maker, object, "changes", changes);
    ims_make_set(maker, object, "lines", lines);
    ims_make_set(maker, object, "option", ims_make_string(recipe->option));
    ims_make_set(maker, object, "option_remove", ims_make_string(recipe->option_remove));
    ims_make_set(maker, object, "loader_lines",
                 recipe->option
                     ? ims_bootloader_lines(maker, loader, recipe->option, recipe->option_remove,
                                            given ? recipe->option_cmdline : NULL)
                     : json_array());
    ims_make_set(maker, object, "no_option", ims_make_string(recipe->no_option));
    ims_make_set(maker, object, "exposures", exposures);
    ims_make_set(maker, object, "merges", merges);
    ims_make_set(maker, object, "linux_group",
                 functions_part(maker, subject, recipe->group, recipe->group_count));
    ims_make_set(maker, object, "linux_group_grows", json_boolean(recipe->group_grows));
    return object;
}

int ims_document_p2p(const struct ims_subject *subject, struct ims_function a,
                     struct ims_function b, const struct ims_p2p *p2p, enum ims_bootloader loader,
                     json_t **ret)
{
    const char *cmdline = ims_grouping_basis(subject->grouping)->cmdline;
    const struct ims_tlp tlp = {
        .kind = IMS_TLP_MEMORY_WRITE, .address = p2p->address, .to = IMS_FUNCTION_NONE};
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.p2p/1");
    json_t *recipes = json_array();
    json_t *outcomes = json_array();

    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "from", ims_part_member(&maker, subject, a));
    ims_make_set(&maker, document, "to", ims_part_member(&maker, subject, b));
    ims_make_set(&maker, document, "now", ims_make_string(ims_p2p_class_to_string(p2p->now)));
    ims_make_set(&maker, document, "turn", ims_part_address(subject, p2p->turn));
    ims_make_set(&maker, document, "beside", ims_part_address(subject, p2p->beside));
    ims_make_set(&maker, document, "at_root", json_boolean(p2p->at_root));
    ims_make_set(&maker, document, "bar", ims_make_uint(p2p->bar));
    ims_make_set(&maker, document, "request", ims_part_request(&maker, subject, a, &tlp));
    for (uint32_t i = 0; i < ims_fabric_route_count(p2p->witness); i++)
        ims_make_append(&maker, outcomes,
                        ims_part_outcome(&maker, subject, ims_fabric_route_at(p2p->witness, i)));
    ims_make_set(&maker, document, "outcomes", outcomes);
    for (uint32_t i = 0; i < p2p->recipe_count; i++)
        ims_make_append(&maker, recipes, recipe_part(&maker, subject, &p2p->recipes[i], loader));
    ims_make_set(&maker, document, "recipes", recipes);
    ims_make_set(&maker, document, "redirects_completions",
                 json_boolean(p2p->redirects_completions));
    ims_make_set(&maker, document, "host_forwards", ims_make_tristate(p2p->host));
    ims_make_set(&maker, document, "host_text", ims_make_string(p2p->host_text));
    ims_make_set(&maker, document, "lacks", ims_make_string(p2p->lacks));
    ims_make_set(&maker, document, "override",
                 json_boolean(cmdline && strstr(cmdline, "pcie_acs_override=")));
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}

static json_t *slot_part(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_slot *slot)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "port", ims_part_member(maker, subject, slot->port));
    ims_make_set(maker, object, "slot", ims_make_tristate(slot->implemented));
    ims_make_set(maker, object, "fits", json_boolean(slot->fits));
    ims_make_set(maker, object, "width", slot->width ? ims_make_uint(slot->width) : json_null());
    ims_make_set(maker, object, "speed", slot->speed ? ims_make_uint(slot->speed) : json_null());
    ims_make_set(maker, object, "chosen", json_boolean(slot->chosen));
    ims_make_set(maker, object, "unit",
                 slot->unit == IMS_NONE ? json_null() : ims_make_uint(slot->unit));
    ims_make_set(maker, object, "companions",
                 functions_part(maker, subject, slot->companions, slot->companion_count));
    ims_make_set(maker, object, "rival", ims_part_address(subject, slot->rival));
    return object;
}

int ims_document_slots(const struct ims_subject *subject, const struct ims_slots *slots,
                       json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.slots/1");
    json_t *array = json_array();

    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "wanted", ims_make_uint(slots->wanted));
    ims_make_set(&maker, document, "chosen", ims_make_uint(slots->chosen));
    ims_make_set(&maker, document, "units", ims_make_uint(slots->units));
    ims_make_set(&maker, document, "exact", json_boolean(slots->exact));
    for (uint32_t i = 0; i < slots->slot_count; i++)
        ims_make_append(&maker, array, slot_part(&maker, subject, &slots->slots[i]));
    ims_make_set(&maker, document, "slots", array);
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
