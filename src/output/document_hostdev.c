/* SPDX-License-Identifier: MIT */
/* The document of the hostdev command: which function of a group becomes which one of a guest. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "output/document_parts.h"

/* Bus 0 of the guest is its root bus; each slot is alone on a bus behind a root port. */
#define GUEST_BUS_FIRST 1u
#define GUEST_BUS_LAST 255u

struct endpoint {
    struct ims_function function;
    struct ims_address address;
    bool is_vf;
    uint32_t group;
};

struct endpoints {
    struct endpoint *list;
    uint32_t count;
};

static bool same_host_slot(struct ims_address a, struct ims_address b)
{
    return a.segment == b.segment && a.bus == b.bus &&
           ims_address_device(a) == ims_address_device(b);
}

/* With ARI a VF may have an address between those of its PF, whose slot it is not in. */
static int compare(const void *left, const void *right)
{
    const struct endpoint *a = left;
    const struct endpoint *b = right;

    if (same_host_slot(a->address, b->address) && a->is_vf != b->is_vf)
        return a->is_vf ? 1 : -1;
    return ims_address_compare(a->address, b->address);
}

static uint32_t slot_size(const struct endpoints *endpoints, uint32_t first)
{
    uint32_t size = 1;

    if (endpoints->list[first].is_vf)
        return size;
    while (first + size < endpoints->count && !endpoints->list[first + size].is_vf &&
           same_host_slot(endpoints->list[first].address, endpoints->list[first + size].address))
        size++;
    return size;
}

/* What is behind VMD is there only as long as the host's driver has the VMD endpoint. */
static bool is_behind_vmd(const struct ims_topology *topology, const struct ims_member *member)
{
    return !ims_function_is_none(member->function) &&
           !ims_function_is_none(ims_topology_function(topology, member->function)->vmd_endpoint);
}

static bool is_endpoint(const struct ims_topology *topology, const struct ims_member *member)
{
    return !member->is_interconnect && !ims_function_is_none(member->function) &&
           !is_behind_vmd(topology, member);
}

static const char *why_left_out(const struct ims_topology *topology,
                                const struct ims_member *member)
{
    if (member->is_interconnect)
        return "a bridge cannot be handed to a guest";
    return is_behind_vmd(topology, member)
               ? "it is behind VMD, and gone when the host lets the VMD endpoint go"
               : "it is no PCI function";
}

static int collect(const struct ims_subject *subject, struct ims_check *const *checks,
                   uint32_t count, struct endpoints *ret)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += ims_check_member_count(checks[i]);
    ret->count = 0;
    ret->list = calloc(total ? total : 1, sizeof(*ret->list));
    if (!ret->list)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < ims_check_member_count(checks[i]); j++) {
            const struct ims_member *member = ims_check_member(checks[i], j);

            if (!is_endpoint(subject->topology, member))
                continue;
            const struct ims_function_info *info =
                ims_topology_function(subject->topology, member->function);
            ret->list[ret->count++] = (struct endpoint){
                .function = member->function,
                .address = info->address,
                .is_vf = info->is_vf == IMS_YES,
                .group = ims_check_number(checks[i], NULL),
            };
        }
    qsort(ret->list, ret->count, sizeof(*ret->list), compare);
    return 0;
}

/*
 * Whether the slot of the host has no function beside those that go. More VFs may come at any time.
 */
static bool goes_whole(const struct ims_subject *subject, const struct endpoint *endpoints,
                       uint32_t size)
{
    uint32_t present = 0;

    for (uint32_t i = 0; i < ims_topology_function_count(subject->topology); i++)
        present += same_host_slot(
            ims_topology_function(subject->topology, (struct ims_function){i})->address,
            endpoints[0].address);
    return present == size && !endpoints[0].is_vf;
}

/* A guest looks for the other functions of a slot only where function 0 answers. */
static json_t *slot_part(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct endpoint *endpoints, uint32_t size, uint32_t bus)
{
    const bool keeps = !endpoints[0].is_vf && ims_address_function(endpoints[0].address) == 0;
    json_t *object = json_object();
    json_t *functions = json_array();

    ims_make_set(maker, object, "guest_bus", ims_make_uint(bus));
    ims_make_set(maker, object, "guest_device", ims_make_uint(0));
    ims_make_set(maker, object, "whole", json_boolean(goes_whole(subject, endpoints, size)));
    for (uint32_t i = 0; i < size; i++) {
        const uint32_t number = keeps ? ims_address_function(endpoints[i].address) : i;
        json_t *function = json_object();

        ims_part_function(maker, subject, function, endpoints[i].function);
        ims_make_set(maker, function, "hostdev_group",
                     endpoints[i].group == IMS_NONE ? json_null()
                                                    : ims_make_uint(endpoints[i].group));
        ims_make_set(maker, function, "guest_function", ims_make_uint(number));
        ims_make_set(maker, function, "multifunction", json_boolean(size > 1 && number == 0));
        ims_make_append(maker, functions, function);
    }
    ims_make_set(maker, object, "functions", functions);
    return object;
}

static json_t *group_part(struct ims_maker *maker, const struct ims_topology *topology,
                          const struct ims_check *check)
{
    json_t *object = json_object();
    json_t *left = json_array();
    bool of_kernel;
    const uint32_t number = ims_check_number(check, &of_kernel);

    ims_make_set(maker, object, "id", number == IMS_NONE ? json_null() : ims_make_uint(number));
    ims_make_set(maker, object, "kernel_id", of_kernel ? ims_make_uint(number) : json_null());
    ims_make_set(maker, object, "usable", ims_make_tristate(ims_check_usable(check)));
    ims_make_set(maker, object, "message", ims_make_string(ims_check_message(check)));
    for (uint32_t i = 0; i < ims_check_member_count(check); i++)
        if (!is_endpoint(topology, ims_check_member(check, i)))
            ims_make_append(maker, left, ims_make_string(ims_check_member(check, i)->name));
    ims_make_set(maker, object, "left_out", left);
    return object;
}

static void group_notes(struct ims_maker *maker, const struct ims_topology *topology,
                        json_t *document, const struct ims_check *check)
{
    const uint32_t members = ims_check_member_count(check);
    uint32_t left = 0;

    for (uint32_t i = 0; i < members; i++) {
        const struct ims_member *member = ims_check_member(check, i);

        if (is_endpoint(topology, member))
            continue;
        left++;
        ims_part_note(
            maker, document,
            ims_make_format("%s is left out: %s", member->name, why_left_out(topology, member)));
    }
    if (left == members)
        ims_part_note(maker, document,
                      ims_make_format("the group of %s has no endpoint: nothing of it can be "
                                      "handed to a guest",
                                      members ? ims_check_member(check, 0)->name : "?"));
    if (ims_check_usable(check) != IMS_YES)
        ims_part_note(maker, document, ims_make_string(ims_check_message(check)));
}

bool ims_hostdev_has_endpoint(const struct ims_topology *topology, const struct ims_check *check)
{
    for (uint32_t i = 0; i < ims_check_member_count(check); i++)
        if (is_endpoint(topology, ims_check_member(check, i)))
            return true;
    return false;
}

int ims_document_hostdev(const struct ims_subject *subject, struct ims_check *const *checks,
                         uint32_t count, json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    struct endpoints endpoints;
    uint32_t bus = GUEST_BUS_FIRST;
    const int code = collect(subject, checks, count, &endpoints);

    if (code < 0)
        return ims_error_set(reterr, code, "out of memory");
    json_t *document = ims_part_document(&maker, subject, "iommuscope.hostdev/1");
    json_t *groups = json_array();
    json_t *slots = json_array();
    for (uint32_t i = 0; i < count; i++)
        ims_make_append(&maker, groups, group_part(&maker, subject->topology, checks[i]));
    for (uint32_t i = 0; i < endpoints.count; bus++) {
        const uint32_t size = slot_size(&endpoints, i);

        ims_make_append(&maker, slots, slot_part(&maker, subject, &endpoints.list[i], size, bus));
        i += size;
    }
    free(endpoints.list);
    ims_make_set(&maker, document, "groups", groups);
    ims_make_set(&maker, document, "slots", slots);
    ims_part_gaps(&maker, subject, document);
    for (uint32_t i = 0; i < count; i++)
        group_notes(&maker, subject->topology, document, checks[i]);
    document = ims_make_finish(&maker, document);
    if (!document)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    if (bus > GUEST_BUS_LAST + 1) {
        json_decref(document);
        return ims_error_set(reterr, -E2BIG, "a guest has %u buses for slots, and these are %u",
                             GUEST_BUS_LAST, bus - GUEST_BUS_FIRST);
    }
    *ret = document;
    return 0;
}
