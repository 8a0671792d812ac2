/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/sets.h"
#include "pci/regs.h"

/*
 * Edges of multicast (A7.5). Requests of all issuers whose first port with multicast is the same one
 * are copied alike, so the first of them is sent for each group and the others only join it.
 */

struct receiver {
    uint32_t function; /* or IMS_NONE */
    uint64_t address;
};

struct copy_pass {
    struct ims_sets_builder *builder;
    enum ims_fabric_certainty certainty;
    uint32_t issuer;
    const struct ims_tlp *tlp;
    struct receiver first;
};

static void join(struct copy_pass *pass, uint32_t from, uint32_t to, const struct ims_tlp *tlp)
{
    ims_sets_join(pass->builder, &(struct ims_fabric_edge){
                                     .kind = IMS_FABRIC_EDGE_MULTICAST,
                                     .certainty = pass->certainty,
                                     .from = {from},
                                     .to = {to},
                                     .tlp = *tlp,
                                     .rule = "A7.5",
                                 });
}

static int take(struct ims_walk *walk, const struct ims_walk_end *end)
{
    struct copy_pass *pass = walk->context;

    if (end->end != IMS_FABRIC_END_PEER || !end->multicast || end->target == pass->issuer ||
        (end->certainty == IMS_FABRIC_MAY && pass->certainty == IMS_FABRIC_MUST))
        return 0;
    if (pass->first.function == IMS_NONE)
        pass->first = (struct receiver){end->target, pass->tlp->address};
    join(pass, pass->issuer, end->target, pass->tlp);
    return 0;
}

/* Sends one write into each group of the port. */
static void send_all(struct copy_pass *pass, uint32_t port, enum ims_tlp_at at)
{
    const struct ims_fabric *fabric = pass->builder->fabric;
    const struct ims_multicast *multicast = &ims_fabric_info(fabric, port)->pci.multicast;
    const unsigned shift = (unsigned)(multicast->base.value & IMS_REG_MULTICAST_BASE_INDEX);
    const uint64_t base = multicast->base.value & IMS_REG_MULTICAST_BASE_MASK;

    for (unsigned group = 0; group <= multicast->groups.value; group++) {
        const struct ims_tlp tlp = {
            .kind = IMS_TLP_MEMORY_WRITE,
            .at = at,
            .address = base + ((uint64_t)group << shift),
            .to = IMS_FUNCTION_NONE,
        };
        if (shift < 64 && ims_multicast_group(fabric, port, &tlp) != (int)group)
            continue;
        pass->tlp = &tlp;
        struct ims_walk walk = {
            .fabric = fabric,
            .tlp = &tlp,
            .issuer = pass->issuer,
            .quiet = true,
            .arrive = take,
            .context = pass,
        };
        ims_walk_run(&walk);
        ims_walk_done(&walk);
    }
}

/* The nearest port above each realm that looks for multicast, or IMS_NONE. */
static void find_ports(const struct ims_fabric *fabric, uint32_t *ports)
{
    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const uint32_t bridge = fabric->realms[i].bridge;
        ports[i] = IMS_NONE;
        if (bridge == IMS_NONE)
            continue;
        const struct ims_fabric_node *node = &fabric->nodes[bridge];
        const struct ims_multicast *multicast = &ims_fabric_info(fabric, bridge)->pci.multicast;
        ports[i] = ims_fabric_is_port(node) && multicast->enable == IMS_YES &&
                           multicast->base.known == UINT64_MAX &&
                           ims_bits_all_known(multicast->groups, 0x3f)
                       ? bridge
                       : ports[node->realm];
    }
}

int ims_sets_multicast(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty,
                       enum ims_tlp_at at)
{
    const struct ims_fabric *fabric = builder->fabric;
    uint32_t *ports = malloc(((size_t)fabric->realm_count + 1) * sizeof(*ports));
    struct receiver *receivers = malloc(((size_t)fabric->count + 1) * sizeof(*receivers));
    bool *done = calloc((size_t)fabric->count + 1, sizeof(*done));

    if (ports && receivers && done) {
        find_ports(fabric, ports);
        for (uint32_t i = 0; i < fabric->count && !builder->error; i++) {
            const uint32_t port = ports[fabric->nodes[i].realm];
            struct copy_pass pass = {
                .builder = builder,
                .certainty = certainty,
                .issuer = i,
                .first = {IMS_NONE, 0},
            };
            if (port == IMS_NONE || !fabric->nodes[i].issuer)
                continue;
            if (done[port]) {
                const struct ims_tlp tlp = {
                    .kind = IMS_TLP_MEMORY_WRITE,
                    .at = at,
                    .address = receivers[port].address,
                    .to = IMS_FUNCTION_NONE,
                };
                if (receivers[port].function != IMS_NONE)
                    join(&pass, i, receivers[port].function, &tlp);
                continue;
            }
            send_all(&pass, port, at);
            receivers[port] = pass.first;
            done[port] = true;
        }
    }
    const bool failed = !ports || !receivers || !done;
    free(ports);
    free(receivers);
    free(done);
    return failed ? -ENOMEM : builder->error;
}
