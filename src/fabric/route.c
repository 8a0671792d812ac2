/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/tristate.h"
#include "fabric/walk.h"

/* The simulator: a request climbs realm by realm, turns where it must or may, and descends. */

/* ---- ends ---- */

void ims_walk_end(struct ims_walk *walk, enum ims_fabric_end end,
                  enum ims_fabric_violation violation, uint32_t target, uint32_t bar)
{
    const struct ims_walk_end told = {
        .certainty = walk->may ? IMS_FABRIC_MAY : IMS_FABRIC_MUST,
        .end = end,
        .violation = violation,
        .target = target,
        .bar = bar,
        .multicast = walk->multicast,
    };

    if (walk->error)
        return;
    if (walk->end_count == IMS_WALK_ENDS_MAX) {
        walk->truncated = true;
        return;
    }
    walk->end_count++;
    walk->error = walk->arrive(walk, &told);
}

/* A5.8: presented to the translation agent; what is never translated is taken by the host. */
static void reach_root(struct ims_walk *walk, bool open, const char *rule)
{
    if (ims_tlp_is_memory(walk->tlp)) {
        ims_walk_hop(walk, IMS_NONE, IMS_FABRIC_TRANSLATE, open, rule, 0,
                     "the root complex presents it to the IOMMU");
        ims_walk_end(walk, IMS_FABRIC_END_IOMMU, IMS_FABRIC_VIOLATION_NONE, IMS_NONE, IMS_NONE);
        return;
    }
    ims_walk_hop(walk, IMS_NONE, IMS_FABRIC_TAKE, open,
                 ims_tlp_space(walk->tlp) == IMS_FABRIC_IO ? "A7.3" : "A7.4", 0,
                 "the root complex takes it: no IOMMU translates it");
    ims_walk_end(walk, IMS_FABRIC_END_HOST, IMS_FABRIC_VIOLATION_NONE, IMS_NONE, IMS_NONE);
}

static void reject(struct ims_walk *walk, uint32_t at, bool open, const char *rule, const char *why)
{
    ims_walk_hop(walk, at, IMS_FABRIC_REJECT, open, rule, IMS_LOOK_WINDOW, "%s", why);
    ims_walk_end(walk, IMS_FABRIC_END_UNSUPPORTED, IMS_FABRIC_VIOLATION_NONE, at, IMS_NONE);
}

static void block(struct ims_walk *walk, uint32_t at, bool open, const char *rule,
                  enum ims_fabric_violation violation)
{
    ims_walk_hop(walk, at, IMS_FABRIC_BLOCK, open, rule, IMS_LOOK_ACS | IMS_LOOK_EGRESS,
                 "%s: an ACS violation (%s)", ims_walk_acs_words(walk, at),
                 ims_fabric_violation_to_string(violation));
    ims_walk_end(walk, IMS_FABRIC_END_BLOCKED, violation, at, IMS_NONE);
}

/* ---- who takes it ---- */

/* Takes out what an earlier hop has decided not to be there. Returns how many are left. */
static unsigned drop_absent(const struct ims_walk *walk, struct ims_hit hits[IMS_HIT_MAX],
                            unsigned count)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        bool absent = false;
        for (uint32_t j = 0; j < walk->absent_count; j++)
            absent |= hits[i].bar == walk->absent[j];
        if (!absent)
            hits[kept++] = hits[i];
    }
    return kept;
}

static unsigned find(const struct ims_walk *walk, struct ims_place place,
                     struct ims_hit hits[IMS_HIT_MAX], bool *ret_taken)
{
    if (!ims_tlp_is_by_id(walk->tlp)) {
        const unsigned count = ims_fabric_hits(walk->fabric, place, ims_tlp_space(walk->tlp),
                                               walk->tlp->address, hits, ret_taken);
        return drop_absent(walk, hits, count);
    }
    const uint32_t element = ims_fabric_toward(walk->fabric, place.realm, walk->tlp->to.index);
    *ret_taken = element != IMS_NONE && element != place.skip;
    if (!*ret_taken)
        return 0;
    hits[0] = (struct ims_hit){element, IMS_NONE, true};
    return 1;
}

/* Whether what comes from below a bridge belongs below it again. */
static enum ims_tristate returns(const struct ims_walk *walk, uint32_t bridge)
{
    if (!ims_tlp_is_by_id(walk->tlp))
        return ims_fabric_window(walk->fabric, bridge, ims_tlp_space(walk->tlp),
                                 walk->tlp->address);
    return ims_tristate_from_bool(ims_fabric_toward(walk->fabric, walk->fabric->nodes[bridge].below,
                                                    walk->tlp->to.index) != IMS_NONE);
}

/* ---- down ---- */

static void enter(struct ims_walk *walk, uint32_t bridge);

static void deliver(struct ims_walk *walk, const struct ims_hit *hit)
{
    const struct ims_fabric *fabric = walk->fabric;

    if (hit->bar == IMS_NONE) {
        ims_walk_hop(walk, hit->function, IMS_FABRIC_DELIVER, false, "A7.4", 0,
                     "it is routed by id to this function");
    } else {
        const struct ims_fabric_bar *bar = &fabric->bars[hit->bar];
        ims_walk_hop(walk, hit->function, IMS_FABRIC_DELIVER, false, "C5, C6", IMS_LOOK_BAR,
                     "its BAR %u begins at %llx: offset %llx", bar->number,
                     (unsigned long long)bar->first,
                     (unsigned long long)(walk->tlp->address - bar->first));
    }
    ims_walk_end(walk, IMS_FABRIC_END_PEER, IMS_FABRIC_VIOLATION_NONE, hit->function, hit->bar);
}

/* The hit takes it: a range of its own, or the window of a bridge. */
static void take(struct ims_walk *walk, const struct ims_hit *hit)
{
    const bool is_end =
        ims_tlp_is_by_id(walk->tlp) ? hit->function == walk->tlp->to.index : hit->bar != IMS_NONE;

    if (is_end) {
        deliver(walk, hit);
        return;
    }
    ims_walk_hop(walk, hit->function, IMS_FABRIC_PASS_DOWN, false, "A1.10, C3",
                 ims_tlp_is_by_id(walk->tlp) ? IMS_LOOK_BUSES : IMS_LOOK_WINDOW,
                 "the address lies in its window: it passes it down");
    enter(walk, hit->function);
}

/* What is below bridge gets it from above. */
static void enter(struct ims_walk *walk, uint32_t bridge)
{
    const struct ims_place place = {walk->fabric->nodes[bridge].below, IMS_NONE, IMS_YES};
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    struct ims_hit hits[IMS_HIT_MAX];
    bool taken;
    const unsigned count = find(walk, place, hits, &taken);

    for (unsigned i = 0; i < count; i++) {
        walk->may |= !hits[i].sure;
        take(walk, &hits[i]);
        ims_walk_back(walk, &fork);
    }
    if (!taken)
        reject(walk, bridge, count > 0, "C5", "nobody below it claims the address");
}

void ims_walk_pass_down(struct ims_walk *walk, uint32_t bridge)
{
    const enum ims_tristate inside = returns(walk, bridge);

    if (inside == IMS_NO)
        return;
    walk->may |= inside == IMS_UNKNOWN;
    take(walk, &(struct ims_hit){bridge, IMS_NONE, inside == IMS_YES});
}

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
        take(walk, hit);
        ims_walk_back(walk, &fork);
    }
}

/* ---- up, by the kind of the realm ---- */

/* A5.10, B6: an IOMMU below the root bus; nothing gets past it untranslated. */
static bool meets_iommu(struct ims_walk *walk, uint32_t bridge)
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
    if (masters == IMS_NO || meets_iommu(walk, bridge))
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
    turn.count = find(walk, place, turn.hits, &taken);
    weigh(walk, &turn);
    const bool sent_up = turn.other & IMS_CHOICE_UP;
    if (turn.count > 0 && !taken)
        turn.other |= IMS_CHOICE_UP;
    go_direct(walk, &turn);
    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_BLOCK) {
        block(walk, sender, open, "A6.2, A3.1", IMS_FABRIC_VIOLATION_EGRESS);
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
    turn.count = find(walk, place, turn.hits, &taken);
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

    const enum ims_tristate inside = taken ? IMS_NO : returns(walk, upstream);
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
        block(walk, sender, open,
              turn.violation == IMS_FABRIC_VIOLATION_TARGET ? "A3.3, A3.4" : "A3.1, A3.4",
              turn.violation);
        ims_walk_back(walk, &fork);
    }
    if (turn.other & IMS_CHOICE_REJECT) {
        reject(walk, sender, open, "A2.9",
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

    enum ims_tristate inside = returns(walk, bridge);
    const struct ims_place place = {walk->fabric->nodes[sender].realm, sender, inside};
    turn.count = find(walk, place, turn.hits, &taken);
    if (taken)
        inside = IMS_NO;
    weigh(walk, &turn);
    if (!taken)
        turn.other |=
            (inside != IMS_NO ? IMS_CHOICE_REJECT : 0u) | (inside != IMS_YES ? IMS_CHOICE_UP : 0u);
    go_direct(walk, &turn);
    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_REJECT) {
        reject(walk, bridge, open, "C9", "nobody on the bus claims the address");
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
    turn.count = find(walk, place, turn.hits, &taken);
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
    const unsigned count = find(walk, place, hits, &taken);
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
        deliver(walk, &hits[own]);
        ims_walk_back(walk, &fork);
    }
    if (choices & IMS_CHOICE_BLOCK) {
        block(walk, port, open, "A2.6, A3.3", IMS_FABRIC_VIOLATION_TARGET);
        ims_walk_back(walk, &fork);
    }
    if (choices & IMS_CHOICE_UP) {
        ims_walk_hop(walk, port, IMS_FABRIC_REDIRECT, open, "A2.6, A3.3", IMS_LOOK_ACS,
                     "the address is in its own register BAR; %s", ims_walk_acs_words(walk, port));
        reach_root(walk, false, "A4.2");
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
    turn.count = find(walk, place, turn.hits, &taken);
    weigh(walk, &turn);
    if (!taken)
        turn.other |= IMS_CHOICE_UP;
    go_direct(walk, &turn);
    const bool open = turn.ways + bits(turn.other) > 1;
    if (turn.other & IMS_CHOICE_BLOCK) {
        block(walk, sender, open, "A3.1, A3.4", IMS_FABRIC_VIOLATION_EGRESS);
        ims_walk_back(walk, &fork);
    }
    if (!(turn.other & IMS_CHOICE_UP))
        return;
    if (turn.count == 0) {
        if (ims_fabric_is_bridge(node))
            ims_walk_hop(walk, sender, IMS_FABRIC_PASS_UP, open, "A2.5, A2.9",
                         looks_of(walk, sender) | IMS_LOOK_WINDOW,
                         "the address belongs to nobody in the root complex: the request goes up");
        reach_root(walk, open, "A5.8");
        return;
    }
    ims_walk_hop(walk, sender, IMS_FABRIC_REDIRECT, open, "A4.2, A5.1", IMS_LOOK_ACS,
                 "the address belongs to %s in the root complex; %s; the profile is \"%s\"",
                 ims_walk_name(walk, turn.hits[0].function), ims_walk_acs_words(walk, sender),
                 ims_fabric_rc_to_string(walk->fabric->basis.options.rc));
    reach_root(walk, false, "A5.8");
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

/* ---- a port from below ---- */

/* A2.1 to A2.3. Returns whether the request may get past them; then the walk stands behind them. */
static bool admit(struct ims_walk *walk, uint32_t port)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_controls *controls = &fabric->nodes[port].controls;
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    const enum ims_tristate inside = ims_fabric_in_aperture(fabric, port, walk->requester_bus);
    const enum ims_tristate foreign = inside == IMS_YES  ? IMS_NO
                                      : inside == IMS_NO ? IMS_YES
                                                         : IMS_UNKNOWN;
    const struct {
        enum ims_tristate stops;
        enum ims_fabric_violation violation;
        const char *rule;
    } tests[] = {
        {walk->tlp->kind == IMS_TLP_COMPLETION ? IMS_NO : ims_tristate_and(controls->v, foreign),
         IMS_FABRIC_VIOLATION_SOURCE, "A2.1"},
        {ims_tlp_is_memory(walk->tlp) && walk->tlp->at != IMS_TLP_UNTRANSLATED ? controls->b
                                                                               : IMS_NO,
         IMS_FABRIC_VIOLATION_TRANSLATION, "A2.2"},
        {ims_tlp_space(walk->tlp) == IMS_FABRIC_IO ? controls->io_blocking : IMS_NO,
         IMS_FABRIC_VIOLATION_IO, "A2.3"},
    };

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (tests[i].stops == IMS_NO)
            continue;
        const bool open = tests[i].stops == IMS_UNKNOWN;
        const struct ims_walk_fork here = ims_walk_fork(walk);
        block(walk, port, open, tests[i].rule, tests[i].violation);
        ims_walk_back(walk, &here);
        if (!open) {
            ims_walk_back(walk, &fork);
            return false;
        }
        walk->may = true;
    }
    return true;
}

/* A2.5: own egress, and what is done with it (A4.5, A4.6). */
static void own_egress(struct ims_walk *walk, uint32_t port, enum ims_tristate own)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    enum ims_tristate up = ims_fabric_forwards_up(fabric, port);
    const char *words = ims_walk_acs_words(walk, port);

    if (walk->tlp->kind == IMS_TLP_COMPLETION && up == IMS_YES &&
        fabric->nodes[port].role == IMS_ROLE_ROOT_PORT)
        up = fabric->nodes[port].controls.c;
    if (up != IMS_YES) {
        ims_walk_hop(walk, port, IMS_FABRIC_TURN_BACK, true, "A2.5, A4.6",
                     IMS_LOOK_ACS | IMS_LOOK_WINDOW,
                     "the address lies below it again; %s, without upstream forwarding the "
                     "standard leaves open what it does: it may turn the request back",
                     words);
        enter(walk, port);
        ims_walk_back(walk, &fork);
    }
    const bool open = up != IMS_YES || own == IMS_UNKNOWN;
    ims_walk_hop(walk, port, IMS_FABRIC_PASS_UP, open, up == IMS_YES ? "A2.5, A4.5" : "A2.5, A4.6",
                 IMS_LOOK_ACS | IMS_LOOK_WINDOW, "the address lies below it again; %s: %s", words,
                 up == IMS_YES ? "upstream forwarding sends it up" : "it may go on up");
    /* It is decided: what the switch would do with the address otherwise does not count (A4.5). */
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[port].realm];
    if (realm->kind == IMS_REALM_ROOT)
        reach_root(walk, false, "A4.5");
    else if (realm->kind == IMS_REALM_SWITCH)
        ims_walk_leave(walk, realm->bridge);
    else
        ims_walk_send(walk, port);
}

/* A bridge to a parallel bus re-issues what comes from there under another id (B2, B3). */
static void rise_from_bus(struct ims_walk *walk, uint32_t bridge)
{
    const struct ims_function_info *info = ims_fabric_info(walk->fabric, bridge);

    walk->requester_bus = info->address.bus;
    if (walk->fabric->nodes[bridge].retags)
        walk->requester_bus = (uint8_t)info->pci.bridge.secondary.value;
    walk->travelling.at = IMS_TLP_UNTRANSLATED; /* such a bus cannot carry an address type */
    ims_walk_leave(walk, bridge);
}

/* A bridge from PCI to PCI Express is no port: it takes nothing up that is for below it (B4). */
static void rise_through_reverse(struct ims_walk *walk, uint32_t bridge)
{
    const enum ims_tristate own = returns(walk, bridge);
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    if (own != IMS_NO) {
        reject(walk, bridge, own == IMS_UNKNOWN, "B4, C3",
               "the address lies in the window that it came from: no bridge takes it up");
        ims_walk_back(walk, &fork);
    }
    if (own == IMS_YES)
        return;
    walk->may |= own == IMS_UNKNOWN;
    rise_from_bus(walk, bridge);
}

/* A2.4. Returns whether nothing else can become of it. */
static bool is_multicast(struct ims_walk *walk, uint32_t port)
{
    const struct ims_multicast_hit hit = ims_multicast_find(walk->fabric, port, walk->tlp);
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    if (hit.hit == IMS_NO)
        return false;
    walk->may |= hit.hit == IMS_UNKNOWN;
    ims_walk_multicast(walk, port, hit.group);
    ims_walk_back(walk, &fork);
    walk->may |= hit.hit == IMS_UNKNOWN;
    return hit.hit == IMS_YES;
}

void ims_walk_rise(struct ims_walk *walk, uint32_t bridge)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_fabric_node *node = &fabric->nodes[bridge];

    if (walk->error || walk->truncated)
        return;
    if (node->role == IMS_ROLE_PCI_BRIDGE) {
        rise_from_bus(walk, bridge);
        return;
    }
    if (node->role == IMS_ROLE_REVERSE) {
        rise_through_reverse(walk, bridge);
        return;
    }
    const enum ims_tristate masters = ims_fabric_masters(fabric, bridge);
    if (masters != IMS_YES) {
        const struct ims_walk_fork fork = ims_walk_fork(walk);
        ims_walk_hop(walk, bridge, IMS_FABRIC_REJECT, masters == IMS_UNKNOWN, "C4",
                     IMS_LOOK_COMMAND, "its bus mastering is off, so it passes nothing up");
        ims_walk_end(walk, IMS_FABRIC_END_UNSUPPORTED, IMS_FABRIC_VIOLATION_NONE, bridge, IMS_NONE);
        ims_walk_back(walk, &fork);
        walk->may |= masters == IMS_UNKNOWN;
        if (masters == IMS_NO)
            return;
    }
    if (ims_fabric_is_port(node) && !admit(walk, bridge))
        return;
    if (ims_fabric_is_port(node) && is_multicast(walk, bridge))
        return;
    if (meets_iommu(walk, bridge))
        return;
    const enum ims_tristate own = returns(walk, bridge);
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    if (own != IMS_NO) {
        walk->may |= own == IMS_UNKNOWN;
        own_egress(walk, bridge, own);
        ims_walk_back(walk, &fork);
    }
    if (own == IMS_YES)
        return;
    /* In a switch or the root complex the same port goes on to decide, which is one hop. */
    const enum ims_realm_kind kind = fabric->realms[node->realm].kind;
    walk->may |= own == IMS_UNKNOWN;
    if (kind != IMS_REALM_SWITCH && kind != IMS_REALM_ROOT)
        ims_walk_hop(walk, bridge, IMS_FABRIC_PASS_UP, own == IMS_UNKNOWN, "A2.5", IMS_LOOK_WINDOW,
                     "the address is not in its window: the request goes on up");
    ims_walk_send(walk, bridge);
}

/* ---- all of it ---- */

int ims_walk_run(struct ims_walk *walk)
{
    const struct ims_fabric *fabric = walk->fabric;
    const enum ims_tristate masters = ims_fabric_masters(fabric, walk->issuer);

    walk->travelling = *walk->tlp;
    walk->tlp = &walk->travelling;
    if (fabric->nodes[walk->issuer].conventional)
        walk->travelling.at = IMS_TLP_UNTRANSLATED;
    walk->requester_bus = walk->tlp->forged ? walk->tlp->requester.bus
                                            : ims_fabric_info(fabric, walk->issuer)->address.bus;
    if (masters != IMS_YES) {
        const struct ims_walk_fork fork = ims_walk_fork(walk);
        reject(walk, walk->issuer, masters == IMS_UNKNOWN, "C4",
               "its bus mastering is off: it issues nothing");
        ims_walk_back(walk, &fork);
        if (masters == IMS_NO)
            return walk->error;
    }
    ims_walk_hop(walk, walk->issuer, IMS_FABRIC_ISSUE, masters == IMS_UNKNOWN, "0.1",
                 fabric->basis.options.as_configured ? IMS_LOOK_COMMAND : 0u, "it issues a %s",
                 ims_tlp_kind_to_string(walk->tlp->kind));
    ims_walk_send(walk, walk->issuer);
    return walk->error;
}

void ims_walk_done(struct ims_walk *walk)
{
    free(walk->hops);
}
