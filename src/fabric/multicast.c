/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/walk.h"
#include "pci/regs.h"

/*
 * Multicast (A7.5): a posted write into the range is copied to every port and function that receives
 * its group; redirect, egress control and upstream routing do not apply. Registers of a capability
 * that is there but was not read may say anything (A1.9); one that was not seen is not presumed.
 */

static enum ims_tristate bit(struct ims_bits64 bits, int group)
{
    if (group < 0 || !(bits.known & UINT64_C(1) << group))
        return IMS_UNKNOWN;
    return bits.value & UINT64_C(1) << group ? IMS_YES : IMS_NO;
}

struct ims_multicast_hit ims_multicast_find(const struct ims_fabric *fabric, uint32_t function,
                                            const struct ims_tlp *tlp)
{
    const struct ims_multicast *multicast = &ims_fabric_info(fabric, function)->pci.multicast;
    const struct ims_multicast_hit none = {IMS_NO, -1};

    if (tlp->kind != IMS_TLP_MEMORY_WRITE || multicast->present != IMS_YES ||
        multicast->enable == IMS_NO)
        return none;
    if (multicast->base.known != UINT64_MAX || !ims_bits_all_known(multicast->groups, 0x3f))
        return (struct ims_multicast_hit){IMS_UNKNOWN, -1};
    const unsigned shift = (unsigned)(multicast->base.value & IMS_REG_MULTICAST_BASE_INDEX);
    const uint64_t base = multicast->base.value & IMS_REG_MULTICAST_BASE_MASK;
    if (shift < 12 || tlp->address < base ||
        (tlp->address - base) >> shift > multicast->groups.value)
        return none;
    return (struct ims_multicast_hit){multicast->enable, (int)((tlp->address - base) >> shift)};
}

/* Whether a port lets a group of untranslated or translated writes in. */
static enum ims_tristate admits(const struct ims_walk *walk, uint32_t port, int group)
{
    const struct ims_multicast *multicast = &ims_fabric_info(walk->fabric, port)->pci.multicast;
    enum ims_tristate blocks = bit(multicast->block_all, group);

    if (walk->tlp->at == IMS_TLP_UNTRANSLATED)
        blocks = ims_tristate_or(blocks, bit(multicast->block_untranslated, group));
    return blocks == IMS_YES ? IMS_NO : blocks == IMS_NO ? IMS_YES : IMS_UNKNOWN;
}

/* Whether a port or function takes copies of the write. */
static enum ims_tristate receives(const struct ims_walk *walk, uint32_t function)
{
    const struct ims_multicast_hit hit = ims_multicast_find(walk->fabric, function, walk->tlp);

    return ims_tristate_and(
        hit.hit, bit(ims_fabric_info(walk->fabric, function)->pci.multicast.receive, hit.group));
}

/* Drops what the ingress port blocks. Returns whether anything may get in. */
static bool get_in(struct ims_walk *walk, uint32_t port, int group)
{
    const enum ims_tristate in = admits(walk, port, group);
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    if (in == IMS_YES)
        return true;
    ims_walk_hop(walk, port, IMS_FABRIC_BLOCK, in == IMS_UNKNOWN, "A7.5", IMS_LOOK_MULTICAST,
                 in == IMS_NO ? "it blocks the multicast group" : "it may block the group");
    ims_walk_end(walk, IMS_FABRIC_END_BLOCKED, IMS_FABRIC_VIOLATION_MULTICAST, port, IMS_NONE);
    ims_walk_back(walk, &fork);
    walk->may |= in == IMS_UNKNOWN;
    return in == IMS_UNKNOWN;
}

static void copy_down(struct ims_walk *walk, uint32_t port);

/* Whether copies get from one root port to others: as optional as all peer traffic there (A5). */
static enum ims_tristate crosses(const struct ims_walk *walk)
{
    switch (walk->fabric->basis.options.rc) {
    case IMS_FABRIC_RC_NONE:
        return IMS_NO;
    case IMS_FABRIC_RC_TRANSLATE_FIRST:
        return walk->tlp->at == IMS_TLP_TRANSLATED ? IMS_UNKNOWN : IMS_NO;
    case IMS_FABRIC_RC_DIRECT:
        return IMS_YES;
    default:
        return IMS_UNKNOWN;
    }
}

static void deliver_copy(struct ims_walk *walk, uint32_t function, bool open)
{
    ims_walk_hop(walk, function, IMS_FABRIC_DELIVER, open, "A7.5", IMS_LOOK_MULTICAST,
                 "its receive bit is set: it takes the write");
    ims_walk_end(walk, IMS_FABRIC_END_PEER, IMS_FABRIC_VIOLATION_NONE, function, IMS_NONE);
}

/* Copies to the elements of a switch or root complex but one. */
static void copy_around(struct ims_walk *walk, uint32_t realm_index, uint32_t ingress)
{
    const struct ims_realm *realm = &walk->fabric->realms[realm_index];
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    const enum ims_tristate passes = realm->kind == IMS_REALM_ROOT ? crosses(walk) : IMS_YES;

    for (uint32_t i = 0; i < realm->function_count && passes != IMS_NO; i++) {
        const uint32_t element = realm->functions[i];
        const struct ims_fabric_node *node = &walk->fabric->nodes[element];
        const enum ims_tristate takes = ims_tristate_and(passes, receives(walk, element));
        if (element == ingress || takes == IMS_NO)
            continue;
        if (ims_fabric_is_port(node) && node->below != IMS_NONE) {
            ims_walk_hop(walk, element, IMS_FABRIC_COPY, takes == IMS_UNKNOWN, "A7.5",
                         IMS_LOOK_MULTICAST, "its receive bit is set: it sends a copy down");
            copy_down(walk, element);
        } else if (node->role == IMS_ROLE_ENDPOINT) {
            deliver_copy(walk, element, takes == IMS_UNKNOWN);
        }
        ims_walk_back(walk, &fork);
    }
}

/* A bridge gets a copy from above. */
static void copy_into(struct ims_walk *walk, uint32_t bridge)
{
    const struct ims_fabric_node *node = &walk->fabric->nodes[bridge];
    const struct ims_multicast_hit hit = ims_multicast_find(walk->fabric, bridge, walk->tlp);
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    if (hit.hit != IMS_YES) { /* an address like any other for it */
        walk->may |= hit.hit == IMS_UNKNOWN;
        ims_walk_pass_down(walk, bridge);
        ims_walk_back(walk, &fork);
    }
    if (hit.hit == IMS_NO)
        return;
    walk->may |= hit.hit == IMS_UNKNOWN;
    if (!get_in(walk, bridge, hit.group) || node->role != IMS_ROLE_UPSTREAM)
        return;
    ims_walk_hop(walk, bridge, IMS_FABRIC_COPY, false, "A7.5", IMS_LOOK_MULTICAST,
                 "it copies the write to the ports that receive it");
    copy_around(walk, node->below, IMS_NONE);
}

/* The functions behind the link of a port. */
static void copy_down(struct ims_walk *walk, uint32_t port)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[port].below];
    const struct ims_walk_fork fork = ims_walk_fork(walk);

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t function = realm->functions[i];
        if (fabric->nodes[function].below != IMS_NONE) {
            copy_into(walk, function);
        } else if (fabric->nodes[function].role == IMS_ROLE_ENDPOINT) {
            const enum ims_tristate takes = receives(walk, function);
            if (takes != IMS_NO)
                deliver_copy(walk, function, takes == IMS_UNKNOWN);
        }
        ims_walk_back(walk, &fork);
    }
}

void ims_walk_multicast(struct ims_walk *walk, uint32_t port, int group)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[port].realm];
    const uint32_t ends = walk->end_count;

    if (!get_in(walk, port, group))
        return;
    if (!walk->multicast)
        walk->copier = port;
    walk->multicast = true;
    const struct ims_walk_fork hit = ims_walk_fork(walk);
    copy_around(walk, fabric->nodes[port].realm, port);
    const enum ims_tristate up =
        realm->kind == IMS_REALM_SWITCH ? receives(walk, realm->bridge) : IMS_NO;
    if (up != IMS_NO) {
        ims_walk_hop(walk, realm->bridge, IMS_FABRIC_COPY, up == IMS_UNKNOWN, "A7.5",
                     IMS_LOOK_MULTICAST, "its receive bit is set: it sends a copy up");
        ims_walk_send(walk, realm->bridge);
        ims_walk_back(walk, &hit);
    }
    if (walk->end_count == ends) {
        ims_walk_hop(walk, port, IMS_FABRIC_REJECT, false, "A7.5", IMS_LOOK_MULTICAST,
                     "the write is multicast, and nobody receives its group");
        ims_walk_end(walk, IMS_FABRIC_END_UNSUPPORTED, IMS_FABRIC_VIOLATION_NONE, port, IMS_NONE);
    }
}
