/* SPDX-License-Identifier: MIT */
#include "fabric/turn.h"

/* Turning a request: the choices of the sender, and the ways that go directly. */

void ims_turn_weigh(const struct ims_walk *walk, struct ims_turn *turn)
{
    for (unsigned i = 0; i < turn->count; i++) {
        const struct ims_hit *hit = &turn->hits[i];
        const bool window = hit->bar == IMS_NONE;
        const unsigned choices =
            ims_fabric_choices(walk->fabric, turn->sender, hit->function, window, walk->tlp);

        turn->direct[i] = choices & IMS_CHOICE_DIRECT;
        turn->ways += turn->direct[i] != 0;
        turn->other |= choices & ~(unsigned)IMS_CHOICE_DIRECT;
        if ((choices & IMS_CHOICE_BLOCK) && !window)
            turn->violation = IMS_FABRIC_VIOLATION_TARGET;
    }
}

static const char *rule_of(const struct ims_walk *walk, uint32_t sender, bool window)
{
    switch (walk->fabric->realms[walk->fabric->nodes[sender].realm].kind) {
    case IMS_REALM_SWITCH:
        return window ? "A2.7, A3.1" : "A2.6, A3.3";
    case IMS_REALM_LINK:
        return walk->fabric->nodes[sender].controls.present == IMS_NO ? "A6.2, A1.6" : "A6.2, A3.1";
    case IMS_REALM_ROOT:
        return "A2.7, A5.1";
    case IMS_REALM_BUS:
        return "C9";
    case IMS_REALM_UNKNOWN:
        break;
    }
    return "A1.9";
}

/* Registers that let the request in, where they were asked (A2.1). */
unsigned ims_turn_looks(const struct ims_walk *walk, uint32_t sender)
{
    const struct ims_fabric_node *node = &walk->fabric->nodes[sender];

    return ims_fabric_is_port(node) && node->controls.v == IMS_YES && !node->controls.stated
               ? IMS_LOOK_ACS | IMS_LOOK_BUSES
               : 0u;
}

/* The request goes on up because none of the hits takes it. */
void ims_turn_leave_out(struct ims_walk *walk, const struct ims_turn *turn)
{
    for (unsigned i = 0; i < turn->count; i++)
        if (turn->hits[i].bar != IMS_NONE && walk->absent_count < IMS_WALK_ABSENT_MAX)
            walk->absent[walk->absent_count++] = turn->hits[i].bar;
}

void ims_turn_direct(struct ims_walk *walk, const struct ims_turn *turn)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    for (unsigned i = 0; i < turn->count; i++) {
        const struct ims_hit *hit = &turn->hits[i];
        if (!turn->direct[i])
            continue;
        const bool open = ims_turn_open(turn) || !hit->sure;
        ims_walk_hop(walk, turn->sender, IMS_FABRIC_DIRECT, open,
                     rule_of(walk, turn->sender, hit->bar == IMS_NONE),
                     ims_turn_looks(walk, turn->sender) | IMS_LOOK_ACS | IMS_LOOK_EGRESS,
                     "the address belongs to %s beside it; %s: %s",
                     ims_walk_name(walk, hit->function), ims_walk_acs_words(walk, turn->sender),
                     open ? "it may go there directly" : "it goes there directly");
        ims_walk_take(walk, hit);
        ims_walk_back(walk, &fork);
    }
}
