/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/turn.h"

/* Between the ports of a switch: A2.6 to A2.9. */

/* Ranges and windows of the downstream ports. Returns whether one of them surely takes it. */
static bool find_ports(const struct ims_walk *walk, struct ims_turn *turn)
{
    const struct ims_fabric *fabric = walk->fabric;
    const uint32_t sender = turn->sender;
    bool taken;

    /* A port's own register BAR counts with those of its siblings (A2.6). */
    const struct ims_place place = {fabric->nodes[sender].realm, IMS_NONE, IMS_NO};
    turn->count = ims_walk_find(walk, place, turn->hits, &taken);
    for (unsigned i = 0; i < turn->count; i++)
        if (turn->hits[i].function == sender &&
            (turn->hits[i].bar == IMS_NONE || !ims_fabric_is_port(&fabric->nodes[sender])))
            turn->hits[i--] = turn->hits[--turn->count];
    ims_turn_weigh(walk, turn);
    return turn->count > 0 && taken;
}

/* Whether a range of the upstream port holds the address; for sure, perhaps, or not. */
static enum ims_tristate is_own_range(const struct ims_walk *walk, uint32_t bar)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_fabric_bar *range = &fabric->bars[bar];
    const enum ims_tristate on =
        fabric->basis.options.as_configured ? fabric->bar_on[bar] : IMS_YES;

    if (range->space != IMS_FABRIC_MEMORY || on == IMS_NO || walk->tlp->address < range->first ||
        walk->tlp->address > range->last_may)
        return IMS_NO;
    return walk->tlp->address <= range->last ? on : IMS_UNKNOWN;
}

/* A2.8: register BARs of the upstream port. Returns whether one of them surely takes it. */
static bool find_upstream(const struct ims_walk *walk, uint32_t upstream, struct ims_turn *turn)
{
    const struct ims_fabric_node *above = &walk->fabric->nodes[upstream];
    const unsigned choices =
        ims_choices_target(walk->fabric->nodes[turn->sender].controls.usp_target);
    bool found = false;
    bool taken = false;

    for (uint32_t i = 0; i < above->bar_count && ims_tlp_is_memory(walk->tlp); i++) {
        const enum ims_tristate takes = is_own_range(walk, above->bar_first + i);
        if (takes == IMS_NO)
            continue;
        found = true;
        if (turn->count == IMS_HIT_MAX)
            break;
        turn->hits[turn->count] =
            (struct ims_hit){upstream, above->bar_first + i, takes == IMS_YES};
        turn->direct[turn->count] = choices & IMS_CHOICE_DIRECT;
        turn->ways += turn->direct[turn->count++] != 0;
        taken |= takes == IMS_YES;
    }
    if (found) {
        turn->other |= choices & ~(unsigned)IMS_CHOICE_DIRECT;
        turn->violation = IMS_FABRIC_VIOLATION_TARGET;
    }
    return taken;
}

/* The ways that end at the sender: blocked, or claimed by nobody. */
static void stop(struct ims_walk *walk, const struct ims_turn *turn)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    const bool open = ims_turn_open(turn);

    if (turn->other & IMS_CHOICE_BLOCK) {
        ims_walk_block(walk, turn->sender, open,
                       turn->violation == IMS_FABRIC_VIOLATION_TARGET ? "A3.3, A3.4" : "A3.1, A3.4",
                       turn->violation);
        ims_walk_back(walk, &fork);
    }
    if (turn->other & IMS_CHOICE_REJECT) {
        ims_walk_reject(
            walk, turn->sender, open, "A2.9",
            "the address lies in the window of the upstream port, and no port claims it");
        ims_walk_back(walk, &fork);
    }
}

void ims_turn_in_switch(struct ims_walk *walk, uint32_t sender, uint32_t upstream)
{
    const struct ims_controls *controls = &walk->fabric->nodes[sender].controls;
    struct ims_turn turn = {.sender = sender, .violation = IMS_FABRIC_VIOLATION_EGRESS};
    const bool taken = find_ports(walk, &turn) || find_upstream(walk, upstream, &turn);
    const enum ims_tristate inside = taken ? IMS_NO : ims_walk_returns(walk, upstream);
    const bool redirected = turn.other & IMS_CHOICE_UP;

    if (!taken && inside != IMS_NO)
        turn.other |= ims_fabric_choices_unclaimed(controls, ims_tlp_is_memory(walk->tlp));
    if (!taken && inside != IMS_YES)
        turn.other |= IMS_CHOICE_UP;
    ims_turn_direct(walk, &turn);
    stop(walk, &turn);
    if (!(turn.other & IMS_CHOICE_UP))
        return;
    const bool open = ims_turn_open(&turn);
    if (redirected)
        ims_walk_hop(walk, sender, IMS_FABRIC_REDIRECT, open, "A3.1, A4.1",
                     IMS_LOOK_ACS | IMS_LOOK_EGRESS,
                     "the address belongs to %s beside it; %s: it sends the request up",
                     ims_walk_name(walk, turn.hits[0].function), ims_walk_acs_words(walk, sender));
    else if (inside != IMS_NO)
        ims_walk_hop(walk, sender, IMS_FABRIC_REDIRECT, open, "A2.9", IMS_LOOK_ACS,
                     "nobody in the switch claims the address; %s: it sends the request up",
                     ims_walk_acs_words(walk, sender));
    else
        ims_walk_hop(walk, sender, IMS_FABRIC_PASS_UP, open, "A2.5, A2.9",
                     ims_turn_looks(walk, sender) | IMS_LOOK_WINDOW,
                     "the address belongs to nobody in this switch: the request goes up");
    if (!redirected)
        ims_turn_leave_out(walk, &turn);
    ims_walk_leave(walk, upstream);
}
