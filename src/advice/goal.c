/* SPDX-License-Identifier: MIT */
/* Which functions are to be apart, and whether they are. */
#include <errno.h>
#include <stdlib.h>

#include "advice/model.h"
#include "base/error.h"

bool ims_is_bridge(const struct ims_function_info *info)
{
    return (info->pci.header_type.known & 0x7f) == 0x7f ? info->pci.header_type.value != 0
                                                        : !ims_bus_is_none(info->secondary_bus);
}

static bool is_party(const struct ims_function *party, uint32_t count, uint32_t function)
{
    for (uint32_t i = 0; i < count; i++)
        if (party[i].index == function)
            return true;
    return false;
}

static const struct ims_function_info *info_of(const struct ims_separator *separator,
                                               uint32_t function)
{
    return ims_topology_function(separator->topology, (struct ims_function){function});
}

/* Whether the input has groups of the kernel that is asked. */
static bool kernel_speaks(const struct ims_separator *separator, uint32_t function)
{
    struct ims_kernel_version version;
    const struct ims_machine *machine = ims_topology_machine(separator->topology);

    if (info_of(separator, function)->record->group_state != IMS_GROUP_KNOWN)
        return false;
    if (ims_kernel_version_parse(machine->kernel_release, &version) < 0)
        return true;
    return separator->ruleset.kind == IMS_RULESET_LINUX &&
           version.major == separator->ruleset.version.major &&
           version.minor == separator->ruleset.version.minor;
}

bool ims_goal_is_stated(const struct ims_separator *separator, uint32_t a, uint32_t b)
{
    return kernel_speaks(separator, a) && kernel_speaks(separator, b);
}

/* Members of the group of function, the kernel's own where it speaks; bridges left out. */
static uint32_t group_members(const struct ims_separator *separator, uint32_t function,
                              uint32_t *members)
{
    const bool stated = kernel_speaks(separator, function);
    const uint32_t index = ims_grouping_of(separator->grouping, (struct ims_function){function});
    uint32_t count = 0;

    for (uint32_t i = 0; i < separator->function_count; i++) {
        const struct ims_function_info *info = info_of(separator, i);
        const bool same =
            stated ? info->record->group_state == IMS_GROUP_KNOWN &&
                         info->record->group == info_of(separator, function)->record->group
                   : ims_grouping_of(separator->grouping, (struct ims_function){i}) == index;
        if (same && !ims_is_bridge(info))
            members[count++] = i;
    }
    return count;
}

static int pairs_of_group(struct ims_separator *separator, uint32_t function)
{
    uint32_t *members = calloc((size_t)separator->function_count + 1, sizeof(*members));
    const uint32_t count = members ? group_members(separator, function, members) : 0;

    separator->pairs = members ? ims_arena_alloc_array(&separator->arena, (size_t)count * count + 1,
                                                       sizeof(*separator->pairs))
                               : NULL;
    for (uint32_t i = 0; separator->pairs && i < count; i++)
        for (uint32_t j = i + 1; j < count; j++)
            separator->pairs[separator->pair_count++] = (struct ims_pair){members[i], members[j]};
    free(members);
    return separator->pairs ? 0 : -ENOMEM;
}

static int pairs_of_parties(struct ims_separator *separator)
{
    const struct ims_separation_question *question = &separator->question;
    const bool split = question->goal == IMS_SEPARATE_SPLIT;
    const size_t others = split ? question->b_count : separator->function_count;

    separator->pairs = ims_arena_alloc_array(&separator->arena, question->a_count * others + 1,
                                             sizeof(*separator->pairs));
    if (!separator->pairs)
        return -ENOMEM;
    for (uint32_t i = 0; i < question->a_count; i++)
        for (uint32_t j = 0; j < others; j++) {
            const uint32_t other = split ? question->b[j].index : j;

            if (!split && (ims_is_bridge(info_of(separator, other)) ||
                           is_party(question->a, question->a_count, other)))
                continue;
            separator->pairs[separator->pair_count++] =
                (struct ims_pair){question->a[i].index, other};
        }
    return 0;
}

int ims_goal_make(struct ims_separator *separator, struct ims_error *reterr)
{
    const struct ims_separation_question *question = &separator->question;
    int r;

    if (question->a_count == 0 || (question->goal == IMS_SEPARATE_SPLIT && question->b_count == 0))
        return ims_error_set(reterr, -EINVAL, "a party without functions");
    for (uint32_t i = 0; question->goal == IMS_SEPARATE_SPLIT && i < question->b_count; i++)
        if (is_party(question->a, question->a_count, question->b[i].index))
            return ims_error_set(reterr, -EINVAL, "nothing can be apart from itself");
    r = question->goal == IMS_SEPARATE_GROUP ? pairs_of_group(separator, question->a[0].index)
                                             : pairs_of_parties(separator);
    if (r < 0)
        return ims_error_set(reterr, r, "out of memory");
    separator->wanted =
        ims_arena_alloc_array(&separator->arena, separator->pair_count + 1u, sizeof(bool));
    if (!separator->wanted)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < separator->pair_count; i++)
        separator->wanted[i] = true;
    return 0;
}

enum ims_tristate ims_goal_together(const struct ims_world *world, const struct ims_pair *pair)
{
    return ims_grouping_together(world->grouping, ims_world_function(world, pair->a),
                                 ims_world_function(world, pair->b));
}

enum ims_tristate ims_goal_reached(const struct ims_separator *separator,
                                   const struct ims_world *world)
{
    enum ims_tristate reached = IMS_YES;

    for (uint32_t i = 0; i < separator->pair_count; i++) {
        const enum ims_tristate together =
            separator->wanted[i] ? ims_goal_together(world, &separator->pairs[i]) : IMS_NO;

        if (together == IMS_YES)
            return IMS_NO;
        if (together == IMS_UNKNOWN)
            reached = IMS_UNKNOWN;
    }
    return reached;
}

/* The input says nothing of the addresses of a function: then nothing is proven of it (A1.9). */
static bool is_blind(const struct ims_world *world, struct ims_function function)
{
    const struct ims_function_info *info =
        ims_topology_function(ims_fabric_topology(world->fabric), function);
    uint32_t count = 0;

    (void)ims_fabric_bars(world->fabric, function, &count);
    return count == 0 && info->is_vf != IMS_YES && info->pci.command.known == 0 &&
           ims_config_get32(&info->record->config, 0x10).known == 0;
}

enum ims_separation_truth ims_goal_truth(const struct ims_separator *separator,
                                         const struct ims_world *world, uint32_t *ret_pair)
{
    enum ims_separation_truth truth = IMS_TRUTH_APART;

    *ret_pair = IMS_NONE;
    for (uint32_t i = 0; i < separator->pair_count && truth > IMS_TRUTH_JOINED; i++) {
        const struct ims_function a = ims_world_function(world, separator->pairs[i].a);
        const struct ims_function b = ims_world_function(world, separator->pairs[i].b);
        enum ims_separation_truth one = IMS_TRUTH_APART;

        if (!separator->wanted[i])
            continue;
        if (ims_fabric_sets_of(world->lower, a) == ims_fabric_sets_of(world->lower, b))
            one = IMS_TRUTH_JOINED;
        else if (ims_fabric_sets_of(world->upper, a) == ims_fabric_sets_of(world->upper, b) ||
                 is_blind(world, a) || is_blind(world, b))
            one = IMS_TRUTH_OPEN;
        if (one < truth) {
            truth = one;
            *ret_pair = i;
        }
    }
    return truth;
}
