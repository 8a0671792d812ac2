/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/tristate.h"
#include "fabric/walk.h"

/* What comes up from below a bridge: ports look at it in the order of A2. */

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
        ims_walk_block(walk, port, open, tests[i].rule, tests[i].violation);
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
        ims_walk_enter(walk, port);
        ims_walk_back(walk, &fork);
    }
    const bool open = up != IMS_YES || own == IMS_UNKNOWN;
    ims_walk_hop(walk, port, IMS_FABRIC_PASS_UP, open, up == IMS_YES ? "A2.5, A4.5" : "A2.5, A4.6",
                 IMS_LOOK_ACS | IMS_LOOK_WINDOW, "the address lies below it again; %s: %s", words,
                 up == IMS_YES ? "upstream forwarding sends it up" : "it may go on up");
    /* It is decided: what the switch would do with the address otherwise does not count (A4.5). */
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[port].realm];
    if (realm->kind == IMS_REALM_ROOT) {
        ims_walk_turn_hidden(walk, port);
        ims_walk_reach_root(walk, false, "A4.5");
    } else if (realm->kind == IMS_REALM_SWITCH)
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
    const enum ims_tristate own = ims_walk_returns(walk, bridge);
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    if (own != IMS_NO) {
        ims_walk_reject(walk, bridge, own == IMS_UNKNOWN, "B4, C3",
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
    if (ims_walk_meets_iommu(walk, bridge))
        return;
    const enum ims_tristate own = ims_walk_returns(walk, bridge);
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
        ims_walk_reject(walk, walk->issuer, masters == IMS_UNKNOWN, "C4",
                        "its bus mastering is off: it issues nothing");
        ims_walk_back(walk, &fork);
        if (masters == IMS_NO)
            return walk->error;
    }
    ims_walk_hop(walk, walk->issuer, IMS_FABRIC_ISSUE, masters == IMS_UNKNOWN, "0.1",
                 fabric->basis.options.as_configured ? IMS_LOOK_COMMAND : 0u, "it issues %s %s",
                 ims_tlp_space(walk->tlp) == IMS_FABRIC_IO ? "an" : "a",
                 ims_tlp_kind_to_string(walk->tlp->kind));
    ims_walk_send(walk, walk->issuer);
    return walk->error;
}

void ims_walk_done(struct ims_walk *walk)
{
    free(walk->hops);
}
