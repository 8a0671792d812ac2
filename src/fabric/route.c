/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/turn.h"

/* The simulator: a request climbs realm by realm and turns where it must or may. */

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
    struct ims_turn turn = {.sender = sender};
    bool taken;

    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    ims_turn_weigh(walk, &turn);
    const bool sent_up = turn.other & IMS_CHOICE_UP;
    if (turn.count > 0 && !taken)
        turn.other |= IMS_CHOICE_UP;
    ims_turn_direct(walk, &turn);
    const bool open = ims_turn_open(&turn);
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
            ims_turn_leave_out(walk, &turn);
        ims_walk_rise(walk, bridge);
    }
}

/* A parallel bus: whoever claims the address takes it, else the bridge above (C9). */
static void send_on_bus(struct ims_walk *walk, uint32_t sender, uint32_t bridge)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct ims_turn turn = {.sender = sender};
    bool taken;

    enum ims_tristate inside = ims_walk_returns(walk, bridge);
    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, inside};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    if (taken)
        inside = IMS_NO;
    ims_turn_weigh(walk, &turn);
    if (!taken)
        turn.other |=
            (inside != IMS_NO ? IMS_CHOICE_REJECT : 0u) | (inside != IMS_YES ? IMS_CHOICE_UP : 0u);
    ims_turn_direct(walk, &turn);
    const bool open = ims_turn_open(&turn);
    if (turn.other & IMS_CHOICE_REJECT) {
        ims_walk_reject(walk, bridge, open, "C9", "nobody on the bus claims the address");
        ims_walk_back(walk, &fork);
    }
    if (turn.other & IMS_CHOICE_UP) {
        walk->may |= open;
        ims_turn_leave_out(walk, &turn);
        ims_walk_rise(walk, bridge);
    }
}

static void send_in_unknown(struct ims_walk *walk, uint32_t sender, uint32_t bridge)
{
    struct ims_turn turn = {.sender = sender};
    bool taken;

    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    ims_turn_weigh(walk, &turn);
    turn.other |= IMS_CHOICE_UP;
    ims_turn_direct(walk, &turn);
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
    const bool open = ims_choices_count(choices) > 1 || !hits[own].sure;
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

/* The bridge above a port that is not in the input may turn back what is for below it (A1.9). */
void ims_walk_turn_hidden(struct ims_walk *walk, uint32_t port)
{
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    if (!walk->fabric->nodes[port].hidden_above)
        return;
    ims_walk_hop(walk, port, IMS_FABRIC_TURN_BACK, true, "A1.9, A4.6", IMS_LOOK_WINDOW,
                 "the address lies below it, and the port above it is not in the input: that may "
                 "turn the request back");
    ims_walk_enter(walk, port);
    ims_walk_back(walk, &fork);
    walk->may = true;
}

/* The root complex (A5). */
static void send_in_root(struct ims_walk *walk, uint32_t sender)
{
    const struct ims_fabric_node *node = &walk->fabric->nodes[sender];
    struct ims_turn turn = {.sender = sender};
    bool taken;

    if (!root_port_bar(walk, sender))
        return;
    if (node->role == IMS_ROLE_UPSTREAM && ims_walk_returns(walk, sender) != IMS_NO)
        ims_walk_turn_hidden(walk, sender);
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    const struct ims_place place = {node->realm, sender, IMS_NO};
    turn.count = ims_walk_find(walk, place, turn.hits, &taken);
    ims_turn_weigh(walk, &turn);
    if (!taken)
        turn.other |= IMS_CHOICE_UP;
    ims_turn_direct(walk, &turn);
    const bool open = ims_turn_open(&turn);
    if (turn.other & IMS_CHOICE_BLOCK) {
        ims_walk_block(walk, sender, open, "A3.1, A3.4", IMS_FABRIC_VIOLATION_EGRESS);
        ims_walk_back(walk, &fork);
    }
    if (!(turn.other & IMS_CHOICE_UP))
        return;
    if (turn.count == 0) {
        if (ims_fabric_is_bridge(node))
            ims_walk_hop(walk, sender, IMS_FABRIC_PASS_UP, open, "A2.5, A2.9",
                         ims_turn_looks(walk, sender) | IMS_LOOK_WINDOW,
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
        ims_turn_in_switch(walk, element, realm->bridge);
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
