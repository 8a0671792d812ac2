/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/sets.h"
#include "pci/regs.h"

/*
 * Edges of multicast (A7.5). What gets in by one port is copied alike wherever it comes from, so the
 * first issuer whose writes are copied sends one for each group; the others only join it.
 */

struct receiver {
    uint32_t function; /* or IMS_NONE */
    uint64_t address;
};

struct copy_pass {
    struct ims_sets_builder *builder;
    enum ims_fabric_certainty certainty;
    enum ims_tlp_at at;
    uint32_t issuer;
    uint64_t address;
    struct receiver *receivers; /* per port that makes copies: the first that gets one */
    const uint64_t *addresses;  /* where some function of the fabric multicasts */
    uint32_t address_count;
};

static void join(struct copy_pass *pass, uint32_t to, uint64_t address)
{
    ims_sets_join(pass->builder, &(struct ims_fabric_edge){
                                     .kind = IMS_FABRIC_EDGE_MULTICAST,
                                     .certainty = pass->certainty,
                                     .from = {pass->issuer},
                                     .to = {to},
                                     .tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                                             .at = pass->at,
                                             .address = address,
                                             .to = IMS_FUNCTION_NONE},
                                     .rule = "A7.5",
                                 });
}

static int take(struct ims_walk *walk, const struct ims_walk_end *end)
{
    struct copy_pass *pass = walk->context;

    if (end->end != IMS_FABRIC_END_PEER || !end->multicast || end->target == pass->issuer ||
        (end->certainty == IMS_FABRIC_MAY && pass->certainty == IMS_FABRIC_MUST))
        return 0;
    if (pass->receivers[walk->copier].function == IMS_NONE)
        pass->receivers[walk->copier] = (struct receiver){end->target, pass->address};
    join(pass, end->target, pass->address);
    return 0;
}

/* Sends one write into each group that the port may take. */
static void send_all(struct copy_pass *pass, uint32_t port)
{
    const struct ims_fabric *fabric = pass->builder->fabric;

    for (uint32_t i = 0; i < pass->address_count; i++) {
        const struct ims_tlp tlp = {
            .kind = IMS_TLP_MEMORY_WRITE,
            .at = pass->at,
            .address = pass->addresses[i],
            .to = IMS_FUNCTION_NONE,
        };
        struct ims_walk walk = {
            .fabric = fabric,
            .tlp = &tlp,
            .issuer = pass->issuer,
            .quiet = true,
            .arrive = take,
            .context = pass,
        };
        if (ims_multicast_find(fabric, port, &tlp).hit == IMS_NO)
            continue;
        pass->address = tlp.address;
        ims_walk_run(&walk);
        ims_walk_done(&walk);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static bool is_known(const struct ims_multicast *multicast)
{
    return multicast->present == IMS_YES && multicast->enable != IMS_NO &&
           multicast->base.known == UINT64_MAX && ims_bits_all_known(multicast->groups, 0x3f) &&
           (multicast->base.value & IMS_REG_MULTICAST_BASE_INDEX) >= 12;
}

/* The first address of each group of each function, once; and 0 for those that are not known. */
static uint64_t *find_addresses(const struct ims_fabric *fabric, uint32_t *ret_count)
{
    size_t room = 1;
    uint32_t count = 0, kept = 0;

    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_multicast *multicast = &ims_fabric_info(fabric, i)->pci.multicast;
        room += is_known(multicast) ? multicast->groups.value + 1 : 0;
    }
    uint64_t *addresses = malloc(room * sizeof(*addresses));
    if (!addresses)
        return NULL;
    addresses[count++] = 0;
    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_multicast *multicast = &ims_fabric_info(fabric, i)->pci.multicast;
        for (uint64_t group = 0; is_known(multicast) && group <= multicast->groups.value; group++)
            addresses[count++] = (multicast->base.value & IMS_REG_MULTICAST_BASE_MASK) +
                                 (group << (multicast->base.value & IMS_REG_MULTICAST_BASE_INDEX));
    }
    qsort(addresses, count, sizeof(*addresses), compare);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || addresses[i] != addresses[kept - 1])
            addresses[kept++] = addresses[i];
    *ret_count = kept;
    return addresses;
}

/* The next port from a realm upwards that may multicast, or IMS_NONE. */
static uint32_t next_port(const struct ims_fabric *fabric, uint32_t realm)
{
    while (fabric->realms[realm].bridge != IMS_NONE) {
        const uint32_t bridge = fabric->realms[realm].bridge;
        const struct ims_multicast *multicast = &ims_fabric_info(fabric, bridge)->pci.multicast;
        if (ims_fabric_is_port(&fabric->nodes[bridge]) && multicast->present == IMS_YES &&
            multicast->enable != IMS_NO)
            return bridge;
        realm = fabric->nodes[bridge].realm;
    }
    return IMS_NONE;
}

static void send_from(struct copy_pass *pass)
{
    const struct ims_fabric *fabric = pass->builder->fabric;
    const struct receiver *receivers = pass->receivers;
    uint32_t port = next_port(fabric, fabric->nodes[pass->issuer].realm);

    for (; port != IMS_NONE; port = next_port(fabric, fabric->nodes[port].realm)) {
        if (receivers[port].function != IMS_NONE) {
            join(pass, receivers[port].function, receivers[port].address);
            continue;
        }
        send_all(pass, port);
    }
}

int ims_sets_multicast(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty,
                       enum ims_tlp_at at)
{
    const struct ims_fabric *fabric = builder->fabric;
    struct copy_pass pass = {.builder = builder, .certainty = certainty, .at = at};
    struct receiver *receivers = calloc((size_t)fabric->count + 1, sizeof(*receivers));
    uint64_t *addresses = find_addresses(fabric, &pass.address_count);

    pass.addresses = addresses;
    pass.receivers = receivers;
    if (receivers && addresses) {
        for (uint32_t i = 0; i < fabric->count; i++)
            receivers[i].function = IMS_NONE;
        for (pass.issuer = 0; pass.issuer < fabric->count && !builder->error; pass.issuer++)
            if (fabric->nodes[pass.issuer].issuer)
                send_from(&pass);
    }
    const bool failed = !receivers || !addresses;
    free(receivers);
    free(addresses);
    return failed ? -ENOMEM : builder->error;
}
