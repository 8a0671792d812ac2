/* SPDX-License-Identifier: MIT */
/* Cards in other slots: tried one by one, and kept when the model confirms them. */
#include <errno.h>
#include <stdlib.h>

#include "advice/model.h"

#define TRIED_MAX 64u /* ports for each card */

static const struct ims_function_info *info_of(const struct ims_separator *separator,
                                               struct ims_function function)
{
    return ims_topology_function(separator->topology, function);
}

static bool is_port(const struct ims_function_info *info)
{
    return info->corrected_type == IMS_PORT_ROOT || info->corrected_type == IMS_PORT_DOWNSTREAM;
}

/*
 * What one takes out of a slot: below the nearest port that says it has a slot, else below the
 * root port; a function of the bus there. NONE for what is soldered to the root bus.
 */
static struct ims_function card_of(const struct ims_separator *separator,
                                   struct ims_function function)
{
    struct ims_function card = IMS_FUNCTION_NONE;

    for (struct ims_function at = function;;) {
        const struct ims_function above = ims_topology_bridge_above(separator->topology, at);

        if (ims_function_is_none(above))
            return card;
        const struct ims_function_info *port = info_of(separator, above);
        if (is_port(port)) {
            card = at;
            if (port->pci.slot_implemented == IMS_YES || port->corrected_type == IMS_PORT_ROOT)
                return card;
        }
        at = above;
    }
}

/* Whether b is on the bus of card or below it: then both move together. */
static bool goes_along(const struct ims_separator *separator, struct ims_function card,
                       struct ims_function b)
{
    const uint32_t bus = info_of(separator, card)->bus.index;

    while (!ims_function_is_none(b)) {
        if (info_of(separator, b)->bus.index == bus)
            return true;
        b = ims_topology_bridge_above(separator->topology, b);
    }
    return false;
}

static bool is_free_port(const struct ims_separator *separator, struct ims_function function)
{
    const struct ims_function_info *info = info_of(separator, function);

    return is_port(info) && !ims_bus_is_none(info->secondary_bus) &&
           ims_topology_bus(separator->topology, info->secondary_bus)->function_count == 0 &&
           info->pci.slot_implemented != IMS_NO;
}

/* Whether a move leads to the goal, on the next boot and without anything else. */
static int try_move(struct ims_separator *separator, struct ims_function card,
                    struct ims_function port, struct ims_separation_move *ret, bool *ret_leads)
{
    const struct ims_edit edit = {
        .kind = IMS_EDIT_MOVE,
        .function = info_of(separator, card)->address,
        .to.port = info_of(separator, port)->address,
    };
    const struct ims_world_spec spec = {
        .boot = true, .kernel = separator->ruleset, .edits = &edit, .edit_count = 1};
    struct ims_world world;
    uint32_t pair;
    const int r = ims_world_make(separator, &spec, &world);

    *ret_leads = false;
    if (r < 0)
        return r == -ENOMEM ? r : 0; /* an impossible move is none */
    *ret = (struct ims_separation_move){
        .card = card,
        .port = port,
        .slot = info_of(separator, port)->pci.slot_implemented,
        .truth = ims_goal_truth(separator, &world, &pair),
    };
    *ret_leads = ims_goal_reached(separator, &world) == IMS_YES && ret->truth != IMS_TRUTH_JOINED;
    ims_world_done(&world);
    return 0;
}

/* Proof before possibility, sure slots before others. */
static int compare_moves(const void *a, const void *b)
{
    const struct ims_separation_move *left = a;
    const struct ims_separation_move *right = b;

    if (left->truth != right->truth)
        return left->truth > right->truth ? -1 : 1;
    if (left->slot != right->slot)
        return left->slot > right->slot ? -1 : 1;
    if (left->card.index != right->card.index)
        return left->card.index < right->card.index ? -1 : 1;
    return left->port.index < right->port.index ? -1 : left->port.index > right->port.index;
}

/* All parties of a card move together, else it is no answer to move one of them. */
static bool moves_whole_party(const struct ims_separator *separator,
                              const struct ims_function *party, uint32_t count,
                              struct ims_function card)
{
    for (uint32_t i = 0; i < count; i++)
        if (!goes_along(separator, card, party[i]))
            return false;
    return true;
}

static int try_card(struct ims_separator *separator, const struct ims_function *party,
                    uint32_t count, struct ims_separation_move *moves, uint32_t *move_count)
{
    const struct ims_separation_question *question = &separator->question;
    const struct ims_function card = card_of(separator, party[0]);
    uint32_t tried = 0;
    int r = 0;

    if (ims_function_is_none(card) || !moves_whole_party(separator, party, count, card))
        return 0;
    for (uint32_t i = 0; question->goal == IMS_SEPARATE_SPLIT && i < question->b_count; i++) {
        const struct ims_function *others = party == question->a ? question->b : question->a;
        const uint32_t other_count = party == question->a ? question->b_count : question->a_count;

        if (i < other_count && goes_along(separator, card, others[i]))
            return 0;
    }
    for (uint32_t i = 0; r == 0 && i < separator->function_count && tried < TRIED_MAX; i++) {
        bool leads = false;

        if (!is_free_port(separator, (struct ims_function){i}) ||
            goes_along(separator, card, (struct ims_function){i}))
            continue;
        tried++;
        r = try_move(separator, card, (struct ims_function){i}, &moves[*move_count], &leads);
        *move_count += leads;
    }
    return r;
}

int ims_moves_find(struct ims_separator *separator, struct ims_separation *separation)
{
    const struct ims_separation_question *question = &separator->question;
    struct ims_separation_move *moves =
        ims_arena_alloc_array(&separator->arena, TRIED_MAX * 2 + 1, sizeof(*moves));
    uint32_t count = 0;
    int r = moves ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < separator->pair_count; i++)
        separator->wanted[i] = true;
    if (r == 0)
        r = try_card(separator, question->a, question->a_count, moves, &count);
    if (r == 0 && question->goal == IMS_SEPARATE_SPLIT)
        r = try_card(separator, question->b, question->b_count, moves, &count);
    if (r < 0)
        return r;
    qsort(moves, count, sizeof(*moves), compare_moves);
    separation->moves = moves;
    separation->move_count = count;
    return 0;
}
