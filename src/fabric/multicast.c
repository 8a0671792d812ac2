/* SPDX-License-Identifier: MIT */
#include "fabric/walk.h"
#include "pci/regs.h"

/*
 * Multicast (A7.5): a posted write into the range is copied to every port and function that receives
 * its group; redirect, egress control and upstream routing do not apply. Where the registers are not
 * known there is no range to speak of, so such a port is taken as one without multicast.
 */

int ims_multicast_group(const struct ims_fabric *fabric, uint32_t function,
                        const struct ims_tlp *tlp)
{
    const struct ims_multicast *multicast = &ims_fabric_info(fabric, function)->pci.multicast;
    const unsigned shift = (unsigned)(multicast->base.value & IMS_REG_MULTICAST_BASE_INDEX);
    const uint64_t base = multicast->base.value & IMS_REG_MULTICAST_BASE_MASK;

    if (tlp->kind != IMS_TLP_MEMORY_WRITE || multicast->enable != IMS_YES ||
        multicast->base.known != UINT64_MAX || !ims_bits_all_known(multicast->groups, 0x3f) ||
        shift < 12 || tlp->address < base)
        return -1;
    const uint64_t group = (tlp->address - base) >> shift;
    return group <= multicast->groups.value ? (int)group : -1;
}

static bool bit(struct ims_bits64 bits, unsigned group)
{
    return bits.value & bits.known & UINT64_C(1) << group;
}

bool ims_multicast_admits(const struct ims_fabric *fabric, uint32_t port, unsigned group,
                          enum ims_tlp_at at)
{
    const struct ims_multicast *multicast = &ims_fabric_info(fabric, port)->pci.multicast;

    return !bit(multicast->block_all, group) &&
           !(at == IMS_TLP_UNTRANSLATED && bit(multicast->block_untranslated, group));
}

/* Whether a port or function takes copies of the write. */
static bool receives(const struct ims_walk *walk, uint32_t function)
{
    const int group = ims_multicast_group(walk->fabric, function, walk->tlp);

    return group >= 0 &&
           bit(ims_fabric_info(walk->fabric, function)->pci.multicast.receive, (unsigned)group);
}

static unsigned copy_down(struct ims_walk *walk, uint32_t port);

/* Copies to the ports of a realm but one. Returns how many took it. */
static unsigned copy_to_ports(struct ims_walk *walk, uint32_t realm_index, uint32_t ingress)
{
    const struct ims_realm *realm = &walk->fabric->realms[realm_index];
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    unsigned count = 0;

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t port = realm->functions[i];
        if (port == ingress || !ims_fabric_is_port(&walk->fabric->nodes[port]) ||
            walk->fabric->nodes[port].below == IMS_NONE || !receives(walk, port))
            continue;
        /* A root complex need not pass copies from port to port. */
        ims_walk_hop(walk, port, IMS_FABRIC_COPY, realm->kind == IMS_REALM_ROOT, "A7.5",
                     IMS_LOOK_MULTICAST, "its receive bit is set: it sends a copy down");
        count += copy_down(walk, port);
        ims_walk_back(walk, &fork);
    }
    return count;
}

/* The functions behind the link of a port. */
static unsigned copy_down(struct ims_walk *walk, uint32_t port)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[port].below];
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    unsigned count = 0;

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const uint32_t function = realm->functions[i];
        const struct ims_fabric_node *node = &fabric->nodes[function];
        if (node->role == IMS_ROLE_UPSTREAM && node->below != IMS_NONE) {
            const int group = ims_multicast_group(fabric, function, walk->tlp);
            if (group < 0 ||
                !ims_multicast_admits(fabric, function, (unsigned)group, walk->tlp->at))
                continue;
            ims_walk_hop(walk, function, IMS_FABRIC_COPY, false, "A7.5", IMS_LOOK_MULTICAST,
                         "it copies the write to the ports that receive it");
            count += copy_to_ports(walk, node->below, IMS_NONE);
        } else if (node->role == IMS_ROLE_ENDPOINT && receives(walk, function)) {
            ims_walk_hop(walk, function, IMS_FABRIC_DELIVER, false, "A7.5", IMS_LOOK_MULTICAST,
                         "its receive bit is set: it takes the write");
            ims_walk_end(walk, IMS_FABRIC_END_PEER, IMS_FABRIC_VIOLATION_NONE, function, IMS_NONE);
            count++;
        }
        ims_walk_back(walk, &fork);
    }
    return count;
}

void ims_walk_multicast(struct ims_walk *walk, uint32_t port, unsigned group)
{
    const struct ims_fabric *fabric = walk->fabric;
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[port].realm];
    const struct ims_walk_fork fork = ims_walk_fork(walk);
    unsigned count = 0;

    if (!ims_multicast_admits(fabric, port, group, walk->tlp->at)) {
        ims_walk_hop(walk, port, IMS_FABRIC_BLOCK, false, "A7.5", IMS_LOOK_MULTICAST,
                     "it blocks multicast group %u", group);
        ims_walk_end(walk, IMS_FABRIC_END_BLOCKED, IMS_FABRIC_VIOLATION_MULTICAST, port, IMS_NONE);
        return;
    }
    walk->multicast = true;
    const struct ims_walk_fork hit = ims_walk_fork(walk);
    count += copy_to_ports(walk, fabric->nodes[port].realm, port);
    if (realm->kind == IMS_REALM_SWITCH && receives(walk, realm->bridge)) {
        ims_walk_hop(walk, realm->bridge, IMS_FABRIC_COPY, false, "A7.5", IMS_LOOK_MULTICAST,
                     "its receive bit is set: it sends a copy up");
        ims_walk_send(walk, realm->bridge);
        ims_walk_back(walk, &hit);
        count++;
    }
    if (count == 0) {
        ims_walk_hop(walk, port, IMS_FABRIC_REJECT, false, "A7.5", IMS_LOOK_MULTICAST,
                     "the write is in multicast group %u, which nobody receives", group);
        ims_walk_end(walk, IMS_FABRIC_END_UNSUPPORTED, IMS_FABRIC_VIOLATION_NONE, port, IMS_NONE);
    }
    ims_walk_back(walk, &fork);
}
