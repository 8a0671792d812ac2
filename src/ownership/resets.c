/* SPDX-License-Identifier: MIT */
/* How members can be reset, and whom a reset of the bus takes along. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ownership/model.h"

static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = words; *at; at += strspn(at, " ")) {
        const size_t part = strcspn(at, " ");
        if (part == length && strncmp(at, word, length) == 0)
            return true;
        at += part;
    }
    return false;
}

static bool is_vf(const struct ims_function_info *info)
{
    return info->is_vf == IMS_YES;
}

/* The kernel tried the bus when it listed the methods; a sibling may have come later. */
static bool bus_is_shared(const struct ims_check *check, const struct ims_function_info *info)
{
    const struct ims_bus_info *bus = ims_topology_bus(check->topology, info->bus);
    uint32_t count = 0;

    for (uint32_t i = 0; i < bus->function_count; i++)
        count += !is_vf(
            ims_topology_function(check->topology, (struct ims_function){bus->first_function + i}));
    return count > 1;
}

static bool is_at_or_below(const struct ims_topology *topology, struct ims_bus bus,
                           struct ims_bus top)
{
    while (!ims_bus_is_none(bus) && bus.index != top.index)
        bus = ims_topology_bus(topology, bus)->parent;
    return !ims_bus_is_none(bus);
}

/* All functions at and below a bus but VFs; counts only where ret is NULL. */
static uint32_t list_below(const struct ims_topology *topology, struct ims_bus top,
                           struct ims_function *ret)
{
    uint32_t found = 0;

    for (uint32_t b = 0; b < ims_topology_bus_count(topology); b++) {
        const struct ims_bus_info *bus = ims_topology_bus(topology, (struct ims_bus){b});

        if (!is_at_or_below(topology, (struct ims_bus){b}, top))
            continue;
        for (uint32_t i = 0; i < bus->function_count; i++) {
            const struct ims_function function = {bus->first_function + i};

            if (is_vf(ims_topology_function(topology, function)))
                continue;
            if (ret)
                ret[found] = function;
            found++;
        }
    }
    return found;
}

/* Nothing above a root bus can be reset, and a VF has no bus of its own. */
static bool has_hot_reset(const struct ims_topology *topology, const struct ims_function_info *info)
{
    return !is_vf(info) && !ims_function_is_none(ims_topology_bus(topology, info->bus)->bridge);
}

int ims_hot_reset_set(const struct ims_topology *topology, struct ims_function function,
                      struct ims_function **ret, uint32_t *ret_count)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const bool any = has_hot_reset(topology, info);
    const uint32_t count = any ? list_below(topology, info->bus, NULL) : 0;
    struct ims_function *found = calloc((size_t)count + 1, sizeof(*found));

    if (!found)
        return -ENOMEM;
    if (any)
        (void)list_below(topology, info->bus, found);
    *ret = found;
    *ret_count = count;
    return 0;
}

/* Those of the set that are no members. */
static void find_beyond(struct ims_check *check, struct ims_function function,
                        struct ims_reset *reset)
{
    struct ims_function *set = NULL;
    uint32_t count = 0;

    if (ims_hot_reset_set(check->topology, function, &set, &count) < 0) {
        check->failed = true;
        return;
    }
    struct ims_function *beyond = ims_arena_alloc_array(&check->arena, count, sizeof(*beyond));
    check->failed |= !beyond;
    for (uint32_t i = 0; beyond && i < count; i++)
        if (!ims_check_holds(check, set[i]))
            beyond[reset->beyond_count++] = set[i];
    reset->beyond = beyond;
    free(set);
}

void ims_check_resets(struct ims_check *check)
{
    const struct ims_reset *previous = NULL;
    struct ims_bus previous_bus = IMS_BUS_NONE;

    check->resets =
        ims_arena_alloc_array(&check->arena, check->member_count, sizeof(*check->resets));
    check->failed |= !check->resets;
    for (uint32_t i = 0; check->resets && i < check->member_count; i++) {
        const struct ims_function_info *info = ims_check_info(check, &check->members[i]);
        struct ims_reset *reset = &check->resets[check->reset_count];

        if (!info || check->members[i].is_interconnect)
            continue;
        check->reset_count++;
        *reset = (struct ims_reset){
            .member = i,
            .methods_known = info->record->reset_stated,
            .methods = info->record->reset_stated ? info->record->reset_methods : NULL,
        };
        reset->bus_is_shared =
            reset->methods && has_word(reset->methods, "bus") && bus_is_shared(check, info);
        /* Members of one bus are neighbours, and reset together. */
        if (previous && previous_bus.index == info->bus.index &&
            has_hot_reset(check->topology, info)) {
            reset->beyond = previous->beyond;
            reset->beyond_count = previous->beyond_count;
            continue;
        }
        find_beyond(check, check->members[i].function, reset);
        if (has_hot_reset(check->topology, info)) {
            previous = reset;
            previous_bus = info->bus;
        }
    }
}
