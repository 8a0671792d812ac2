/* SPDX-License-Identifier: MIT */
#include "advice/assign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "ownership/model.h"

/* A plan that gives functions to owners, held against what their requests reach (F3). */

const char *ims_assignment_text(struct ims_assignment *assignment, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&assignment->arena, format, arguments);
    va_end(arguments);
    return text;
}

const char *ims_assignment_owner_name(struct ims_assignment *assignment, uint32_t owner)
{
    if (owner == IMS_OWNER_HOST)
        return "the host";
    return ims_assignment_text(assignment, "guest %s", assignment->owners[owner].name);
}

const char *ims_assignment_name(struct ims_assignment *assignment, struct ims_function function)
{
    const char *owner =
        ims_assignment_owner_name(assignment, ims_assignment_of(assignment, function));
    char address[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_assignment_info(assignment, function)->address, address);
    return owner ? ims_assignment_text(assignment, "%s of %s", address, owner) : NULL;
}

const struct ims_function *ims_assignment_list(struct ims_assignment *assignment,
                                               const struct ims_function *functions, uint32_t count)
{
    struct ims_function *list = ims_arena_alloc_array(&assignment->arena, count, sizeof(*list));

    if (list)
        memcpy(list, functions, count * sizeof(*list));
    return list;
}

enum ims_tristate ims_assignment_weigh(const struct ims_assignment *assignment,
                                       enum ims_fabric_certainty certainty)
{
    if (certainty == IMS_FABRIC_MUST)
        return IMS_YES;
    if (!assignment->options.settled)
        return IMS_UNKNOWN;
    return assignment->options.certainty == IMS_FABRIC_MAY ? IMS_YES : IMS_NO;
}

int ims_assignment_add(struct ims_assignment *assignment, const struct ims_offence *offence)
{
    if (!offence->text || !offence->remedy || !offence->rule || !offence->all)
        return -ENOMEM;
    if (assignment->count == assignment->capacity) {
        struct ims_offence *grown = ims_array_grow(assignment->offences, &assignment->capacity,
                                                   assignment->count + 1, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        assignment->offences = grown;
    }
    assignment->offences[assignment->count++] = *offence;
    return 0;
}

/* ---- who has what ---- */

/* Bridges stay with the host, whoever is given them: VFIO takes none (R8.1, R8.2). */
static int give_bridge(struct ims_assignment *assignment, struct ims_function function,
                       uint32_t owner)
{
    const char *guest = ims_assignment_owner_name(assignment, owner);
    char address[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_assignment_info(assignment, function)->address, address);
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_BRIDGE,
            .breaks = IMS_NO,
            .owner = owner,
            .victim = IMS_OWNER_HOST,
            .from = IMS_FUNCTION_NONE,
            .to = function,
            .all = ims_assignment_list(assignment, &function, 1),
            .all_count = 1,
            .rule = "R8.1, R8.2",
            .text = guest ? ims_assignment_text(assignment,
                                                "%s is a bridge and stays with the host, although "
                                                "it is given to %s",
                                                address, guest)
                          : NULL,
            .remedy = "Leave bridges out of the plan: VFIO takes none, and needs none.",
        });
}

static int give_twice(struct ims_assignment *assignment, struct ims_function function,
                      uint32_t first, uint32_t second)
{
    const char *names[2] = {ims_assignment_owner_name(assignment, first),
                            ims_assignment_owner_name(assignment, second)};
    char address[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(ims_assignment_info(assignment, function)->address, address);
    return ims_assignment_add(
        assignment,
        &(struct ims_offence){
            .kind = IMS_OFFENCE_SHARED,
            .breaks = IMS_YES,
            .owner = first,
            .victim = second,
            .from = function,
            .to = function,
            .all = ims_assignment_list(assignment, &function, 1),
            .all_count = 1,
            .rule = "F3",
            .text = names[0] && names[1]
                        ? ims_assignment_text(assignment, "%s is given to %s and to %s", address,
                                              names[0], names[1])
                        : NULL,
            .remedy = "Give it to one of them; two that never run at once are two plans.",
        });
}

static int give(struct ims_assignment *assignment, const struct ims_holding *holding, bool *named)
{
    const struct ims_function function = holding->function;
    const uint32_t owner =
        assignment->owners[holding->owner].is_host ? IMS_OWNER_HOST : holding->owner;
    uint32_t *has = &assignment->owner_of[function.index];

    if (owner != IMS_OWNER_HOST &&
        ims_is_interconnect(ims_assignment_info(assignment, function)) == IMS_YES)
        return give_bridge(assignment, function, owner);
    if (named[function.index])
        return *has == owner ? 0 : give_twice(assignment, function, *has, owner);
    named[function.index] = true;
    *has = owner;
    return 0;
}

static int give_all(struct ims_assignment *assignment, const struct ims_holding *holdings,
                    uint32_t count)
{
    const uint32_t functions = ims_topology_function_count(assignment->topology);
    bool *named = calloc((size_t)functions + 1, sizeof(*named));
    int r = named ? 0 : -ENOMEM;

    assignment->owner_of = ims_arena_alloc_array(&assignment->arena, functions, sizeof(uint32_t));
    assignment->guests =
        ims_arena_alloc_array(&assignment->arena, functions, sizeof(*assignment->guests));
    if (!assignment->owner_of || !assignment->guests)
        r = -ENOMEM;
    for (uint32_t i = 0; i < functions && r == 0; i++)
        assignment->owner_of[i] = IMS_OWNER_HOST;
    for (uint32_t i = 0; i < count && r == 0; i++)
        r = give(assignment, &holdings[i], named);
    for (uint32_t i = 0; i < functions && r == 0; i++)
        if (assignment->owner_of[i] != IMS_OWNER_HOST)
            assignment->guests[assignment->guest_count++] = (struct ims_function){i};
    free(named);
    return r;
}

/* ---- the whole ---- */

/* Yes before unknown before no; then by kind and by functions. */
static int compare(const void *a, const void *b)
{
    static const int ranks[] = {[IMS_YES] = 0, [IMS_UNKNOWN] = 1, [IMS_NO] = 2};
    const struct ims_offence *left = a;
    const struct ims_offence *right = b;

    if (left->breaks != right->breaks)
        return ranks[left->breaks] - ranks[right->breaks];
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->from.index != right->from.index)
        return left->from.index < right->from.index ? -1 : 1;
    if (left->to.index != right->to.index)
        return left->to.index < right->to.index ? -1 : 1;
    return left->victim < right->victim ? -1 : left->victim > right->victim;
}

static int judge(struct ims_assignment *assignment)
{
    static int (*const judges[])(struct ims_assignment * assignment) = {
        ims_assignment_uncovered, ims_assignment_ways, ims_assignment_aliases,
        ims_assignment_groups,    ims_assignment_vfs,  ims_assignment_resets,
        ims_assignment_blind,
    };
    int r = 0;

    for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]) && r == 0; i++)
        r = judges[i](assignment);
    if (r == 0 && assignment->count > 0)
        qsort(assignment->offences, assignment->count, sizeof(*assignment->offences), compare);
    return r;
}

static int check_handles(const struct ims_topology *topology, uint32_t owner_count,
                         const struct ims_holding *holdings, uint32_t count,
                         struct ims_error *reterr)
{
    for (uint32_t i = 0; i < count; i++)
        if (holdings[i].owner >= owner_count ||
            holdings[i].function.index >= ims_topology_function_count(topology))
            return ims_error_set(reterr, -EINVAL, "no such function or owner");
    return 0;
}

int ims_assignment_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                       const struct ims_owner *owners, uint32_t owner_count,
                       const struct ims_holding *holdings, uint32_t holding_count,
                       const struct ims_assignment_options *options, struct ims_assignment **ret,
                       struct ims_error *reterr)
{
    const struct ims_topology *topology = ims_fabric_topology(fabric);

    if (ims_grouping_topology(grouping) != topology)
        return ims_error_set(reterr, -EINVAL, "the groups and the fabric are of two machines");
    int r = check_handles(topology, owner_count, holdings, holding_count, reterr);
    if (r < 0)
        return r;
    struct ims_assignment *assignment = calloc(1, sizeof(*assignment));
    if (!assignment)
        return ims_error_set(reterr, -ENOMEM, "no memory for the plan");
    assignment->topology = topology;
    assignment->grouping = grouping;
    assignment->fabric = fabric;
    assignment->owners = owners;
    if (options)
        memcpy(&assignment->options, options,
               options->size_bytes > 0 && options->size_bytes < sizeof(*options)
                   ? options->size_bytes
                   : sizeof(*options));
    r = give_all(assignment, holdings, holding_count);
    if (r == 0)
        r = judge(assignment);
    if (r < 0) {
        ims_assignment_free(assignment);
        return ims_error_set(reterr, r, "no memory for the plan");
    }
    *ret = assignment;
    return 0;
}

void ims_assignment_free(struct ims_assignment *assignment)
{
    if (!assignment)
        return;
    for (uint32_t i = 0; i < assignment->count; i++)
        ims_fabric_route_free(assignment->offences[i].witness);
    free(assignment->offences);
    ims_arena_done(&assignment->arena);
    free(assignment);
}

enum ims_tristate ims_assignment_safe(const struct ims_assignment *assignment)
{
    if (assignment->count == 0 || assignment->offences[0].breaks == IMS_NO)
        return IMS_YES;
    return assignment->offences[0].breaks == IMS_YES ? IMS_NO : IMS_UNKNOWN;
}

uint32_t ims_assignment_owner(const struct ims_assignment *assignment, struct ims_function function)
{
    return assignment->owner_of[function.index];
}

uint32_t ims_assignment_count(const struct ims_assignment *assignment)
{
    return assignment->count;
}

const struct ims_offence *ims_assignment_at(const struct ims_assignment *assignment, uint32_t index)
{
    return index < assignment->count ? &assignment->offences[index] : NULL;
}
