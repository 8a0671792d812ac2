/* SPDX-License-Identifier: MIT */
#include "fabric_oracle.h"

/* Multicast (A7.5): redirect and egress control do not apply, upstream routing is suspended. */

static bool is_hit(const struct oracle_node *node, const struct oracle_tlp *tlp)
{
    const struct sketch_multicast *multicast = &node->sketch->fabric.multicast;
    if (!multicast->enabled || tlp->kind != ORACLE_WRITE || tlp->address < multicast->base)
        return false;
    return (tlp->address - multicast->base) >> multicast->position < multicast->groups;
}

static uint64_t group_bit(const struct oracle_node *node, const struct oracle_tlp *tlp)
{
    const struct sketch_multicast *multicast = &node->sketch->fabric.multicast;
    return UINT64_C(1) << ((tlp->address - multicast->base) >> multicast->position & 63);
}

static bool receives(const struct oracle_node *node, const struct oracle_tlp *tlp)
{
    return is_hit(node, tlp) &&
           (node->sketch->fabric.multicast.receive & group_bit(node, tlp)) != 0;
}

/* The block bits of the port that the request comes in by. */
static bool is_blocked(const struct oracle_node *node, const struct oracle_tlp *tlp)
{
    const struct sketch_multicast *multicast = &node->sketch->fabric.multicast;
    uint64_t bit = group_bit(node, tlp);
    return (multicast->block_all & bit) ||
           (tlp->at == ORACLE_UNTRANSLATED && (multicast->block_untranslated & bit));
}

/* A copy leaves port downwards: endpoints consume it, an inner switch copies it again. */
static void copy_down(struct oracle_flight flight, unsigned port)
{
    const struct oracle *oracle = flight.oracle;
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct oracle_node *node = &oracle->nodes[i];
        if (node->above != (int)port)
            continue;
        if (node->role == ORACLE_ENDPOINT) {
            if (receives(node, &flight.tlp))
                oracle_arrive(&flight, ORACLE_END_PEER, i);
        } else if (!is_hit(node, &flight.tlp)) {
            if (oracle_hits_window(oracle, i, &flight.tlp)) /* an address like any other here */
                oracle_descend(flight, i);
        } else if (is_blocked(node, &flight.tlp)) {
            oracle_arrive(&flight, ORACLE_END_BLOCKED, 0);
        } else if (node->role == ORACLE_UPSTREAM) {
            for (unsigned j = 0; j < oracle->count; j++) {
                if (oracle->nodes[j].above == (int)i && receives(&oracle->nodes[j], &flight.tlp))
                    copy_down(flight, j);
            }
        }
    }
}

/* Between root ports it is as optional as all peer traffic of a root complex (A5.1-A5.4). */
static bool crosses_root(struct oracle_flight *flight)
{
    enum oracle_rc rc = flight->oracle->options.rc;
    if (rc == ORACLE_RC_NONE ||
        (rc == ORACLE_RC_TRANSLATE_FIRST && flight->tlp.at != ORACLE_TRANSLATED))
        return false;
    flight->must = flight->must && rc == ORACLE_RC_DIRECT;
    return true;
}

static void copy_across_root(struct oracle_flight flight, unsigned port)
{
    const struct oracle *oracle = flight.oracle;
    if (!crosses_root(&flight))
        return;
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct oracle_node *node = &oracle->nodes[i];
        if (i == port || node->above >= 0 || !oracle_same_rc(oracle, port, i) ||
            !receives(node, &flight.tlp))
            continue;
        if (node->role == ORACLE_ROOT_PORT)
            copy_down(flight, i);
        else if (node->role == ORACLE_ENDPOINT)
            oracle_arrive(&flight, ORACLE_END_PEER, i);
    }
}

bool oracle_multicast(struct oracle_flight flight, unsigned port)
{
    const struct oracle *oracle = flight.oracle;
    const struct oracle_node *node = &oracle->nodes[port];
    unsigned before = flight.outcomes->arrivals;
    if (!is_hit(node, &flight.tlp))
        return false;
    if (is_blocked(node, &flight.tlp)) {
        oracle_arrive(&flight, ORACLE_END_BLOCKED, 0);
        return true;
    }
    if (node->above < 0) {
        copy_across_root(flight, port);
    } else {
        for (unsigned i = 0; i < oracle->count; i++) {
            if (i != port && oracle->nodes[i].above == node->above &&
                receives(&oracle->nodes[i], &flight.tlp))
                copy_down(flight, i);
        }
        unsigned upstream = (unsigned)node->above;
        if (receives(&oracle->nodes[upstream], &flight.tlp) && oracle->nodes[upstream].above >= 0)
            oracle_ingress(flight, (unsigned)oracle->nodes[upstream].above);
    }
    if (flight.outcomes->arrivals == before) /* nobody wants a copy */
        oracle_arrive(&flight, ORACLE_END_UNSUPPORTED, 0);
    return true;
}
