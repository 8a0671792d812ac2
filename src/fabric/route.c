/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/walk.h"

/* The simulator: a request climbs realm by realm and turns where it must or may. */

/* ---- turning ---- */

/* What an element of a realm may do with a request, before it does it. */
struct turn {
    uint32_t sender;
    struct ims_hit hits[IMS_HIT_MAX];
    unsigned direct[IMS_HIT_MAX]; /* IMS_CHOICE_DIRECT when it may go there */
    unsigned count;
    unsigned other; /* IMS_CHOICE_UP, _BLOCK, _REJECT */
    bool untaken;   /* perhaps none of the hits takes it */
    unsigned ways;  /* in how many ways it can go on */
    enum ims_fabric_violation violation;
};

static void weigh(const struct ims_walk *walk, struct turn *turn)
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

static unsigned bits(unsigned choices)
{
    unsigned count = 0;

    for (; choices; choices &= choices - 1)
        count++;
    return count;
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
static unsigned looks_of(const struct ims_walk *walk, uint32_t sender)
{
    const struct ims_fabric_node *node = &walk->fabric->nodes[sender];

    return ims_fabric_is_port(node) && node->controls.v == IMS_YES && !node->controls.stated
               ? IMS_LOOK_ACS | IMS_LOOK_BUSES
               : 0u;
}

/* The request goes on up because none of the hits takes it. */
static void assume_absent(struct ims_walk *walk, const struct turn *turn)
{
    for (unsigned i = 0; i < turn->count; i++)
        if (turn->hits[i].bar != IMS_NONE && walk->absent_count < IMS_WALK_ABSENT_MAX)
            walk->absent[walk->absent_count++] = turn->hits[i].bar;
}

static void go_direct(struct ims_walk *walk, const struct turn *turn)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    for (unsigned i = 0; i < turn->count; i++) {
        const struct ims_hit *hit = &turn->hits[i];
        if (!turn->direct[i])
            continue;
        const bool open = turn->ways + bits(turn->other) > 1 || !hit->sure;
        ims_walk_hop(walk, turn->sender, IMS_FABRIC_DIRECT, open,
                     rule_of(walk, turn->sender, hit->bar == IMS_NONE),
                     looks_of(walk, turn->sender) | IMS_LOOK_ACS | IMS_LOOK_EGRESS,
                     "the address belongs to %s beside it; %s: %s",
                     ims_walk_name(walk, hit->function), ims_walk_acs_words(walk, turn->sender),
                     open ? "it may go there directly" : "it goes there directly");
        ims_walk_take(walk, hit);
        ims_walk_back(walk, &fork);
    }
}

/* ---- up, by the kind of the realm ---- */

/* A5.10, B6: an IOMMU below the root bus; nothing gets past it untranslated. */
bool ims_walk_meets_iommu(struct ims_walk *walk, uint32_t bridge)
{
    if (!walk->fabric->nodes[bridge].translates || !ims_tlp_is_memory(walk->tlp))
        return false;
    ims_walk_hop(walk, bridge, IMS_FABRIC_TRANSLATE, false, "A5.10, B6", 0,
                 "the IOMMU stands at this bridge and gets the request");
    ims_walk_end(walk, IMS_FABRIC_END_IOMMU, IMS_FABRIC_VIOLATION_NONE, IMS_NONE, IMS_NONE);
    return true;
}

/* Leaves a switch, or a bus, through the bridge above. */
void ims_walk_leave(struct ims_walk *walk, uint32_t bridge)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    const enum ims_tristate masters = ims_fabric_masters(walk->fabric, bridge);

    if (masters != IMS_YES) {
        ims_walk_hop(walk, bridge, IMS_FABRIC_REJECT, masters == IMS_UNKNOWN, "C4",
                     IMS_LOOK_COMMAND, "its bus mastering is off, so it passes nothing up");
        ims_walk_end(walk, IMS_FABRIC_END_UNSUPPORTED, IMS_FABRIC_VIOLATION_NONE, bridge, IMS_NONE);
        ims_walk_back(walk, &fork);
    }
    if (masters == IMS_NO || ims_walk_meets_iommu(walk, bridge))
        return;
    ims_walk_hop(walk, bridge, IMS_FABRIC_PASS_UP, masters == IMS_UNKNOWN, "C4", 0,
                 "it passes the request up");
    ims_walk_send(walk, bridge);
}

/* The functions of one device (A6). */
static void send_in_device(struct ims_walk *walk, uint32_t sender, uint32_t bridge)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct turn turn = {.sender = sender};
    bool taken;

    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    weigh(walk, &turn);
    const bool sent_up = turn.other & IMS_CHOICE_UP;
    if (turn.count > 0 && !taken)
        turn.other |= IMS_CHOICE_UP;
    go_direct(walk, &turn);
    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_BLOCK) {
        ims_walk_block(walk, sender, open, "A6.2, A3.1", IMS_FABRIC_VIOLATION_EGRESS);
        ims_walk_back(walk, &fork);
    }
    if (turn.count == 0 || (turn.other & IMS_CHOICE_UP)) {
        if (turn.count > 0)
            ims_walk_hop(walk, sender, IMS_FABRIC_REDIRECT, open, "A6.2, A6.3",
                         IMS_LOOK_ACS | IMS_LOOK_EGRESS,
                         "the address belongs to %s of the same device; %s: it leaves the device",
                         ims_walk_name(walk, turn.hits[0].function),
                         ims_walk_acs_words(walk, sender));
        if (!sent_up)
            assume_absent(walk, &turn);
        ims_walk_rise(walk, bridge);
    }
}

/* Between the ports of a switch: A2.6 to A2.9. */
static void send_in_switch(struct ims_walk *walk, uint32_t sender, uint32_t upstream)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_controls *controls = &fabric->nodes[sender].controls;
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct turn turn = {.sender = sender, .violation = IMS_FABRIC_VIOLATION_EGRESS};
    bool taken;

    /* A port's own register BAR counts with those of its siblings (A2.6). */
    const struct ims_place place = {fabric->nodes[sender].realm, IMS_NONE, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    for (unsigned i = 0; i < turn.count; i++)
        if (turn.hits[i].function == sender &&
            (turn.hits[i].bar == IMS_NONE || !ims_fabric_is_port(&fabric->nodes[sender])))
            turn.hits[i--] = turn.hits[--turn.count];
    if (turn.count == 0)
        taken = false;
    weigh(walk, &turn);

    /* A2.8: register BARs of the upstream port. */
    struct ims_hit own[IMS_HIT_MAX];
    unsigned own_count = 0;
    const struct ims_fabric_node *above = &fabric->nodes[upstream];
    for (uint32_t i = 0; i < above->bar_count && ims_tlp_is_memory(walk->tlp) && !taken; i++) {
        const struct ims_fabric_bar *bar = &fabric->bars[above->bar_first + i];
        if (bar->space == IMS_FABRIC_MEMORY && bar->first <= walk->tlp->address &&
            walk->tlp->address <= bar->last_may &&
            !(fabric->basis.options.as_configured &&
              fabric->bar_on[above->bar_first + i] == IMS_NO) &&
            own_count < IMS_HIT_MAX)
            own[own_count++] =
                (struct ims_hit){upstream, above->bar_first + i,
                                 walk->tlp->address <= bar->last &&
                                     (!fabric->basis.options.as_configured ||
                                      fabric->bar_on[above->bar_first + i] == IMS_YES)};
    }
    if (own_count > 0) {
        const unsigned choices = ims_choices_target(controls->usp_target);
        for (unsigned i = 0; i < own_count && turn.count < IMS_HIT_MAX; i++) {
            turn.hits[turn.count] = own[i];
            turn.direct[turn.count] = choices & IMS_CHOICE_DIRECT;
            turn.ways += turn.direct[turn.count++] != 0;
            taken |= own[i].sure;
        }
        turn.other |= choices & ~(unsigned)IMS_CHOICE_DIRECT;
        turn.violation = IMS_FABRIC_VIOLATION_TARGET;
    }

    const enum ims_tristate inside = taken ? IMS_NO : ims_walk_returns(walk, upstream);
    const bool redirected = turn.other & IMS_CHOICE_UP;
    unsigned unclaimed = 0;
    if (!taken && inside != IMS_NO)
        unclaimed = ims_fabric_choices_unclaimed(controls, ims_tlp_is_memory(walk->tlp));
    if (!taken && inside != IMS_YES)
        unclaimed |= IMS_CHOICE_UP;
    turn.other |= unclaimed;
    go_direct(walk, &turn);

    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_BLOCK) {
        ims_walk_block(walk, sender, open,
                       turn.violation == IMS_FABRIC_VIOLATION_TARGET ? "A3.3, A3.4" : "A3.1, A3.4",
                       turn.violation);
        ims_walk_back(walk, &fork);
    }
    if (turn.other & IMS_CHOICE_REJECT) {
        ims_walk_reject(
            walk, sender, open, "A2.9",
            "the address lies in the window of the upstream port, and no port claims it");
        ims_walk_back(walk, &fork);
    }
    if (!(turn.other & IMS_CHOICE_UP))
        return;
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
                     looks_of(walk, sender) | IMS_LOOK_WINDOW,
                     "the address belongs to nobody in this switch: the request goes up");
    if (!redirected)
        assume_absent(walk, &turn);
    ims_walk_leave(walk, upstream);
}

/* A parallel bus: whoever claims the address takes it, else the bridge above (C9). */
static void send_on_bus(struct ims_walk *walk, uint32_t sender, uint32_t bridge)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct turn turn = {.sender = sender};
    bool taken;

    enum ims_tristate inside = ims_walk_returns(walk, bridge);
    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, inside};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    if (taken)
        inside = IMS_NO;
    weigh(walk, &turn);
    if (!taken)
        turn.other |=
            (inside != IMS_NO ? IMS_CHOICE_REJECT : 0u) | (inside != IMS_YES ? IMS_CHOICE_UP : 0u);
    go_direct(walk, &turn);
    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_REJECT) {
        ims_walk_reject(walk, bridge, open, "C9", "nobody on the bus claims the address");
        ims_walk_back(walk, &fork);
    }
    if (turn.other & IMS_CHOICE_UP) {
        walk->may |= open;
        assume_absent(walk, &turn);
        ims_walk_rise(walk, bridge);
    }
}

static void send_in_unknown(struct ims_walk *walk, uint32_t sender, uint32_t bridge)
{
    struct turn turn = {.sender = sender};
    bool taken;

    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    weigh(walk, &turn);
    turn.other |= IMS_CHOICE_UP;
    go_direct(walk, &turn);
    walk->may = true;
    ims_walk_leave(walk, bridge);
}

/* A root port's own register BAR (A2.6). Returns whether something else may take the address. */
static bool root_port_bar(struct ims_walk *walk, uint32_t port)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_fabric_node *node = &fabric->nodes[port];
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct ims_hit hits[IMS_HIT_MAX];
    bool taken;

    if (node->role != IMS_ROLE_ROOT_PORT || !ims_tlp_is_memory(walk->tlp) || node->bar_count == 0)
        return true;
    const struct ims_place place = {node->realm, IMS_NONE, IMS_NO};
    const unsigned count = ims_walk_find(walk, place, hits, &taken);
    unsigned own = 0;
    while (own < count && !(hits[own].function == port && hits[own].bar != IMS_NONE))
        own++;
    if (own == count)
        return true;
    const unsigned choices = ims_choices_target(node->controls.dsp_target);
    const bool open = bits(choices) > 1 || !hits[own].sure;
    if (choices & IMS_CHOICE_DIRECT) {
        ims_walk_hop(walk, port, IMS_FABRIC_DIRECT, open, "A2.6, A3.3", IMS_LOOK_ACS,
                     "the address is in its own register BAR; %s", ims_walk_acs_words(walk, port));
        ims_walk_deliver(walk, &hits[own]);
        ims_walk_back(walk, &fork);
    }
    if (choices & IMS_CHOICE_BLOCK) {
        ims_walk_block(walk, port, open, "A2.6, A3.3", IMS_FABRIC_VIOLATION_TARGET);
        ims_walk_back(walk, &fork);
    }
    if (choices & IMS_CHOICE_UP) {
        ims_walk_hop(walk, port, IMS_FABRIC_REDIRECT, open, "A2.6, A3.3", IMS_LOOK_ACS,
                     "the address is in its own register BAR; %s", ims_walk_acs_words(walk, port));
        ims_walk_reach_root(walk, false, "A4.2");
        ims_walk_back(walk, &fork);
    }
    walk->may |= !hits[own].sure;
    return !hits[own].sure;
}

/* The root complex (A5). */
static void send_in_root(struct ims_walk *walk, uint32_t sender)
{
    const struct ims_fabric_node *node = &walk->fabric->nodes[sender];
    struct turn turn = {.sender = sender};
    bool taken;

    if (!root_port_bar(walk, sender))
        return;
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    const struct ims_place place = {node->realm, sender, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    weigh(walk, &turn);
    if (!taken)
        turn.other |= IMS_CHOICE_UP;
    go_direct(walk, &turn);
    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_BLOCK) {
        ims_walk_block(walk, sender, open, "A3.1, A3.4", IMS_FABRIC_VIOLATION_EGRESS);
        ims_walk_back(walk, &fork);
    }
    if (!(turn.other & IMS_CHOICE_UP))
        return;
    if (turn.count == 0) {
        if (ims_fabric_is_bridge(node))
            ims_walk_hop(walk, sender, IMS_FABRIC_PASS_UP, open, "A2.5, A2.9",
                         looks_of(walk, sender) | IMS_LOOK_WINDOW,
                         "the address belongs to nobody in the root complex: the request goes up");
        ims_walk_reach_root(walk, open, "A5.8");
        return;
    }
    ims_walk_hop(walk, sender, IMS_FABRIC_REDIRECT, open, "A4.2, A5.1", IMS_LOOK_ACS,
                 "the address belongs to %s in the root complex; %s; the profile is \"%s\"",
                 ims_walk_name(walk, turn.hits[0].function), ims_walk_acs_words(walk, sender),
                 ims_fabric_rc_to_string(walk->fabric->basis.options.rc));
    ims_walk_reach_root(walk, false, "A5.8");
}

void ims_walk_send(struct ims_walk *walk, uint32_t element)
{
    const struct ims_realm *realm = &walk->fabric->realms[walk->fabric->nodes[element].realm];

    if (walk->error || walk->truncated)
        return;
    switch (realm->kind) {
    case IMS_REALM_ROOT:
        send_in_root(walk, element);
        return;
    case IMS_REALM_SWITCH:
        send_in_switch(walk, element, realm->bridge);
        return;
    case IMS_REALM_LINK:
        send_in_device(walk, element, realm->bridge);
        return;
    case IMS_REALM_BUS:
        send_on_bus(walk, element, realm->bridge);
        return;
    case IMS_REALM_UNKNOWN:
        send_in_unknown(walk, element, realm->bridge);
        return;
    }
}
