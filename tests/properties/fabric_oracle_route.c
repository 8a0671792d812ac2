/* SPDX-License-Identifier: MIT */
#include "fabric_oracle.h"

/* One request, hop by hop (A2, A4, A5, A6, C). A flight is passed by value: it may fork. */

#define HOPS_MAX 200u

static const struct oracle_node *node_of(const struct oracle_flight *flight, unsigned index)
{
    return &flight->oracle->nodes[index];
}

static bool is_bridge(const struct oracle_node *node)
{
    return node->role != ORACLE_ENDPOINT;
}

void oracle_arrive(const struct oracle_flight *flight, enum oracle_end end, unsigned target)
{
    struct oracle_outcomes *outcomes = flight->outcomes;
    outcomes->arrivals++;
    for (unsigned i = 0; i < outcomes->count; i++) {
        struct oracle_outcome *outcome = &outcomes->items[i];
        if (outcome->end == end && outcome->target == target) {
            outcome->must = outcome->must || flight->must;
            return;
        }
    }
    if (outcomes->count < ORACLE_OUTCOME_MAX)
        outcomes->items[outcomes->count++] =
            (struct oracle_outcome){end, end == ORACLE_END_PEER ? target : 0, flight->must};
}

/* A5.8; I/O requests are never translated (A7.3). */
static void arrive_at_host(const struct oracle_flight *flight)
{
    oracle_arrive(flight, flight->tlp.kind == ORACLE_IO ? ORACLE_END_HOST : ORACLE_END_IOMMU, 0);
}

/* C4: a bridge passes requests up only as a bus master; the worst case assumes that it is. */
static bool masters(const struct oracle_flight *flight, unsigned node)
{
    return !flight->oracle->options.as_configured || (node_of(flight, node)->command & 4);
}

/* ---- finding who takes an address (C5, C6, C8) ---- */

struct takers {
    unsigned nodes[64];
    unsigned count;
    bool by_bar;
};

static bool is_subtractive(const struct oracle_node *node)
{
    return node->sketch->class_code == 0x060401;
}

/*
 * Those on the bus below "above" (-1: a root bus that belongs to the RC of sender) that take the
 * address: by a BAR before by a window. The sender does not take its own request.
 */
static void find_takers(const struct oracle_flight *flight, int above, unsigned sender,
                        struct takers *takers)
{
    const struct oracle *oracle = flight->oracle;
    takers->count = 0;
    for (unsigned pass = 0; pass < 2 && takers->count == 0; pass++) {
        takers->by_bar = pass == 0;
        for (unsigned i = 0; i < oracle->count && takers->count < 64; i++) {
            if (i == sender || oracle->nodes[i].above != above ||
                (above < 0 && !oracle_same_rc(oracle, sender, i)))
                continue;
            if (takers->by_bar ? oracle_hits_bar(oracle, i, &flight->tlp)
                               : oracle_hits_window(oracle, i, &flight->tlp))
                takers->nodes[takers->count++] = i;
        }
    }
}

/* Several takers are an error of the setup: each of them may take it (C6). */
static struct oracle_flight fork_for(struct oracle_flight flight, const struct takers *takers)
{
    flight.must = flight.must && takers->count == 1;
    return flight;
}

static void deliver(struct oracle_flight flight, unsigned node, bool by_bar)
{
    if (by_bar)
        oracle_arrive(&flight, ORACLE_END_PEER, node);
    else
        oracle_descend(flight, node);
}

/*
 * Goes on with whatever the bus has for an address that nobody claims positively (C8). Where the
 * bridge or root complex above claims what is outside the windows, nothing is left over.
 */
static void subtract(struct oracle_flight flight, int above, unsigned sender)
{
    const struct oracle *oracle = flight.oracle;
    struct takers takers = {.count = 0};
    for (unsigned i = 0; i < oracle->count && takers.count < 64; i++) {
        if (i != sender && oracle->nodes[i].above == above && is_bridge(&oracle->nodes[i]) &&
            is_subtractive(&oracle->nodes[i]) &&
            oracle_decodes(oracle, i, flight.tlp.kind == ORACLE_IO))
            takers.nodes[takers.count++] = i;
    }
    for (unsigned i = 0; i < takers.count; i++)
        oracle_descend(fork_for(flight, &takers), takers.nodes[i]);
    if (takers.count == 0)
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
}

/* Downstream of a bridge nothing is redirected (A1.10). */
void oracle_descend(struct oracle_flight flight, unsigned bridge)
{
    struct takers takers;
    if (++flight.hops > HOPS_MAX)
        return;
    find_takers(&flight, (int)bridge, bridge, &takers);
    for (unsigned i = 0; i < takers.count; i++)
        deliver(fork_for(flight, &takers), takers.nodes[i], takers.by_bar);
    if (takers.count == 0)
        subtract(flight, (int)bridge, bridge);
}

/* ---- forks ---- */

/* Whether more than one of direct, up and block is possible. */
static bool is_open(unsigned actions)
{
    return (actions & (actions - 1)) != 0;
}

static struct oracle_flight less_certain(struct oracle_flight flight, bool open)
{
    flight.must = flight.must && !open;
    return flight;
}

/* What blocks at a control point; the flight goes on with what is left of its certainty. */
static bool blocks(struct oracle_flight *flight, enum oracle_tri control)
{
    if (control == ORACLE_OFF)
        return false;
    flight->must = flight->must && control == ORACLE_ON;
    oracle_arrive(flight, ORACLE_END_BLOCKED, 0);
    return control == ORACLE_ON;
}

/* Blocks and direct deliveries of a decision. Returns whether it goes up too. */
static bool act(struct oracle_flight *flight, unsigned actions, unsigned target, bool by_bar)
{
    bool open = is_open(actions);
    struct oracle_flight fork = less_certain(*flight, open);
    if (actions & ORACLE_BLOCK)
        oracle_arrive(&fork, ORACLE_END_BLOCKED, 0);
    if (actions & ORACLE_DIRECT)
        deliver(fork, target, by_bar);
    *flight = fork;
    return actions & ORACLE_UP;
}

/* ---- going up ---- */

/* A5: x is the function of the root bus that the request comes from. */
static void enter_root_complex(struct oracle_flight flight, unsigned x)
{
    struct takers takers;
    find_takers(&flight, -1, x, &takers);
    for (unsigned i = 0; i < takers.count; i++) {
        struct oracle_flight fork = fork_for(flight, &takers);
        unsigned actions = oracle_root_actions(flight.oracle, x, takers.nodes[i], &flight.tlp);
        if (act(&fork, actions, takers.nodes[i], takers.by_bar))
            arrive_at_host(&fork);
    }
    if (takers.count == 0)
        arrive_at_host(&flight);
}

/* x is a function on a link or a root bus; the request leaves its device (A6.2, A6.4). */
static void leave_device(struct oracle_flight flight, unsigned x)
{
    int above = node_of(&flight, x)->above;
    struct takers takers;
    if (++flight.hops > HOPS_MAX)
        return;
    if (above < 0) {
        enter_root_complex(flight, x);
        return;
    }
    find_takers(&flight, above, x, &takers);
    for (unsigned i = 0; i < takers.count; i++) {
        struct oracle_flight fork = fork_for(flight, &takers);
        unsigned actions = oracle_sibling_actions(flight.oracle, x, takers.nodes[i], flight.tlp.at);
        if (act(&fork, actions, takers.nodes[i], takers.by_bar))
            oracle_ingress(fork, (unsigned)above);
    }
    if (takers.count == 0)
        oracle_ingress(flight, (unsigned)above);
}

static void leave_switch(struct oracle_flight flight, unsigned upstream)
{
    if (!masters(&flight, upstream))
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
    else
        leave_device(flight, upstream);
}

static uint16_t own_rid(const struct sketch_function *function)
{
    return (uint16_t)(function->address.bus << 8 | function->address.devfn);
}

static void on_conventional_bus(struct oracle_flight flight, unsigned x);

/* The request leaves a bridge towards its primary side with another id (B2-B5). */
static void leave_bridge(struct oracle_flight flight, unsigned bridge)
{
    const struct oracle_node *node = node_of(&flight, bridge);
    if (!masters(&flight, bridge)) {
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
        return;
    }
    if (node->role == ORACLE_PCIE_TO_PCI || oracle_hides_pcie(flight.oracle, bridge))
        flight.tlp.rid = (uint16_t)(node->sketch->secondary << 8);
    else
        flight.tlp.rid = own_rid(node->sketch);
    flight.tlp.at = ORACLE_UNTRANSLATED; /* conventional PCI cannot carry it */
    if (node->translates_here && flight.tlp.kind != ORACLE_IO) { /* B6, A5.10, A7.3 */
        arrive_at_host(&flight);
        return;
    }
    if (node->above >= 0 && (node_of(&flight, (unsigned)node->above)->role == ORACLE_PCIE_TO_PCI ||
                             node_of(&flight, (unsigned)node->above)->role == ORACLE_PCI_BRIDGE))
        on_conventional_bus(flight, bridge);
    else
        leave_device(flight, bridge);
}

/* C9: everybody on the bus sees the request; the bridge above takes what is outside its windows. */
static void on_conventional_bus(struct oracle_flight flight, unsigned x)
{
    unsigned above = (unsigned)node_of(&flight, x)->above;
    struct takers takers;
    if (++flight.hops > HOPS_MAX)
        return;
    find_takers(&flight, (int)above, x, &takers);
    for (unsigned i = 0; i < takers.count; i++)
        deliver(fork_for(flight, &takers), takers.nodes[i], takers.by_bar);
    if (takers.count)
        return;
    if (oracle_hits_window(flight.oracle, above, &flight.tlp))
        subtract(flight, (int)above, x);
    else
        leave_bridge(flight, above);
}

/* ---- downstream ports ---- */

/* A4.5, A4.6: the address lies in the windows of the port that the request came in by. */
static unsigned own_egress_actions(const struct oracle_flight *flight, unsigned port)
{
    if (oracle_bit(node_of(flight, port), ORACLE_U) == ORACLE_ON ||
        flight->oracle->options.kernel_profile)
        return ORACLE_UP;
    return ORACLE_DIRECT | ORACLE_UP;
}

/* A2.9; not among what acts on I/O requests (A7.3). */
static void unclaimed(struct oracle_flight flight, unsigned port, unsigned upstream)
{
    enum oracle_tri forward = flight.tlp.kind == ORACLE_IO
                                  ? ORACLE_OFF
                                  : oracle_bit(node_of(&flight, port), ORACLE_UNCLAIMED);
    flight.must = flight.must && forward != ORACLE_EITHER;
    if (forward != ORACLE_ON)
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
    if (forward != ORACLE_OFF)
        leave_switch(flight, upstream);
}

/* A2.6-A2.9 for a port of a switch. */
static void inside_switch(struct oracle_flight flight, unsigned port, unsigned upstream)
{
    const struct oracle *oracle = flight.oracle;
    struct takers takers;
    /* UINT_MAX: the port itself is among the owners of BARs; its windows were looked at before. */
    find_takers(&flight, (int)upstream, UINT32_MAX, &takers);
    for (unsigned i = 0; i < takers.count; i++) {
        struct oracle_flight fork = fork_for(flight, &takers);
        unsigned actions = takers.by_bar
                               ? oracle_target_actions(&oracle->nodes[port], false)
                               : oracle_port_actions(oracle, port, takers.nodes[i], flight.tlp.at);
        if (act(&fork, actions, takers.nodes[i], takers.by_bar))
            leave_switch(fork, upstream);
    }
    if (takers.count)
        return;
    if (oracle_hits_bar(oracle, upstream, &flight.tlp)) {
        unsigned actions = oracle_target_actions(&oracle->nodes[port], true);
        if (act(&flight, actions, upstream, true))
            leave_switch(flight, upstream);
    } else if (oracle_hits_window(oracle, upstream, &flight.tlp)) {
        unclaimed(flight, port, upstream);
    } else {
        leave_switch(flight, upstream);
    }
}

/* A2.5-A2.9; root ports have no switch above them. */
static void decode_at_port(struct oracle_flight flight, unsigned port)
{
    const struct oracle_node *node = node_of(&flight, port);
    bool root = node->above < 0;
    if (oracle_hits_window(flight.oracle, port, &flight.tlp)) {
        if (!act(&flight, own_egress_actions(&flight, port), port, false))
            return;
        if (root)
            arrive_at_host(&flight);
        else
            leave_switch(flight, (unsigned)node->above);
    } else if (!root) {
        inside_switch(flight, port, (unsigned)node->above);
    } else if (oracle_hits_bar(flight.oracle, port, &flight.tlp)) {
        if (act(&flight, oracle_target_actions(node, false), port, true))
            arrive_at_host(&flight);
    } else {
        enter_root_complex(flight, port);
    }
}

static bool bus_is_inside(const struct sketch_function *bridge, uint16_t rid)
{
    return rid >> 8 >= bridge->secondary && rid >> 8 <= bridge->subordinate;
}

/* A2, in its order. */
void oracle_ingress(struct oracle_flight flight, unsigned port)
{
    const struct oracle_node *node = node_of(&flight, port);
    bool memory = flight.tlp.kind != ORACLE_IO;
    if (++flight.hops > HOPS_MAX)
        return;
    if (!masters(&flight, port)) {
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
        return;
    }
    if (node->role == ORACLE_PCI_TO_PCIE) { /* B4; not a downstream port, so no ACS */
        if (oracle_hits_window(flight.oracle, port, &flight.tlp))
            oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
        else
            leave_bridge(flight, port);
        return;
    }
    if (node->role != ORACLE_ROOT_PORT && node->role != ORACLE_DOWNSTREAM) {
        leave_switch(flight, port);
        return;
    }
    if (!bus_is_inside(node->sketch, flight.tlp.rid) && /* A2.1 */
        blocks(&flight, oracle_bit(node, ORACLE_V)))
        return;
    if (memory && flight.tlp.at != ORACLE_UNTRANSLATED && /* A2.2 */
        blocks(&flight, oracle_bit(node, ORACLE_B)))
        return;
    if (!memory && blocks(&flight, oracle_bit(node, ORACLE_IO_BLOCKING))) /* A2.3 */
        return;
    if (oracle_multicast(flight, port)) /* A2.4 */
        return;
    decode_at_port(flight, port);
}

void oracle_route(const struct oracle *oracle, const struct oracle_tlp *tlp,
                  struct oracle_outcomes *ret)
{
    const struct oracle_node *node = &oracle->nodes[tlp->issuer];
    struct oracle_flight flight = {oracle, ret, *tlp, true, 0};
    ret->count = ret->arrivals = 0;
    if (!tlp->forged)
        flight.tlp.rid = own_rid(node->sketch);
    if (node->sketch->type == SKETCH_CONVENTIONAL)
        flight.tlp.at = ORACLE_UNTRANSLATED;
    if (!masters(&flight, tlp->issuer)) {
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
        return;
    }
    const struct oracle_node *above = node->above < 0 ? NULL : &oracle->nodes[node->above];
    if (above && (above->role == ORACLE_PCIE_TO_PCI || above->role == ORACLE_PCI_BRIDGE))
        on_conventional_bus(flight, tlp->issuer);
    else
        leave_device(flight, tlp->issuer);
}
