/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/sets.h"
#include "rules/judge.h"

/* Requester ids: those that a function may carry (B12), and who may use another's (A8). */

/* ---- the ids of a function ---- */

struct alias_pass {
    const struct ims_fabric *fabric;
    struct ims_judge judge;
    enum ims_fabric_certainty certainty;
    ims_sets_id_found found;
    void *context;
    int error;
};

static uint64_t key_of_id(uint32_t segment, uint32_t rid)
{
    return (uint64_t)segment << 16 | rid;
}

#define KEY_OF_LOOKUP (UINT64_C(1) << 63)

static void share(struct alias_pass *pass, const struct ims_sets_id *id)
{
    if (!pass->error)
        pass->error = pass->found(pass->context, id);
}

/* The id by which the IOMMU looks the requester id up (E8); only what sends requests matters. */
static void carry_lookup(struct alias_pass *pass, uint32_t function, struct ims_address id)
{
    const struct ims_topology *topology = pass->fabric->topology;
    struct ims_sets_id looked_up = {.function = function, .alias = id, .of_table = true};

    if (!pass->fabric->nodes[function].requester ||
        !ims_topology_lookup(topology, id, &looked_up.lookup))
        return;
    looked_up.key = KEY_OF_LOOKUP | (uint64_t)looked_up.lookup.unit << 32 | looked_up.lookup.id;
    switch (ims_topology_tables(topology)->units[looked_up.lookup.unit].table) {
    case IMS_ACPI_IVRS:
        /* The used id is one on the bus: whoever owns it shares its tables. */
        looked_up.key = key_of_id(id.segment, looked_up.lookup.id);
        looked_up.rule = "E4, E8";
        break;
    case IMS_ACPI_IORT:
        looked_up.rule = "E5, E8";
        break;
    default:
        looked_up.rule = "E6, E8";
        break;
    }
    share(pass, &looked_up);
}

static void carry(struct alias_pass *pass, uint32_t function, uint16_t rid, const char *rule)
{
    const struct ims_address id = {ims_fabric_info(pass->fabric, function)->address.segment,
                                   (uint8_t)(rid >> 8), (uint8_t)rid};

    share(pass,
          &(struct ims_sets_id){
              .key = key_of_id(id.segment, rid), .function = function, .alias = id, .rule = rule});
    carry_lookup(pass, function, id);
}

static uint16_t rid_of(const struct ims_function_info *info)
{
    return (uint16_t)((unsigned)info->address.bus << 8 | info->address.devfn);
}

/* Tables of single devices (B7). */
static void carry_quirks(struct alias_pass *pass, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(pass->fabric, function);
    struct ims_alias_mask mask;

    if (!ims_judge_aliases(&pass->judge, (struct ims_function){function}, &mask))
        return;
    const uint64_t *wanted = pass->certainty == IMS_FABRIC_MUST ? mask.certain : mask.possible;
    for (unsigned devfn = 0; devfn < 256; devfn++)
        if (ims_devfn_bit(wanted, (uint8_t)devfn))
            carry(pass, function, (uint16_t)((unsigned)info->address.bus << 8 | devfn), "B7");
}

/* Function numbers that are used as further tags (B9); ARI devices have none. */
static void carry_phantoms(struct alias_pass *pass, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(pass->fabric, function);
    const enum ims_tristate on = info->pci.phantom_enable;
    const uint16_t slot = (uint16_t)(rid_of(info) & ~7u);
    const unsigned own = info->address.devfn & 7u;

    if (info->pci.phantom.value == 0 || info->pci.ari == IMS_YES || info->is_vf == IMS_YES ||
        !(on == IMS_YES || (on == IMS_UNKNOWN && pass->certainty == IMS_FABRIC_MAY)))
        return;
    /* With n bits of phantom numbers, the lower 3 - n bits say whose they are. */
    const unsigned real = 8u >> info->pci.phantom.value;
    for (unsigned number = own; number < 8; number += real)
        if (own < real && number != own)
            carry(pass, function, (uint16_t)(slot | number), "B9");
}

/* The id that a bridge puts in, or -1 (B2-B5). */
static int id_of_bridge(const struct alias_pass *pass, uint32_t bridge)
{
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_function_info *info = ims_fabric_info(fabric, bridge);

    switch (fabric->nodes[bridge].role) {
    case IMS_ROLE_PCI_BRIDGE:
        if (fabric->nodes[bridge].retags)
            return (int)(info->pci.bridge.secondary.value << 8);
        return rid_of(info);
    case IMS_ROLE_REVERSE:
        return rid_of(info);
    default:
        return -1;
    }
}

/* Walks up; nearest holds per realm the next realm whose bridge puts in an id. */
static void carry_bridges(struct alias_pass *pass, uint32_t function, const uint32_t *nearest)
{
    const struct ims_fabric *fabric = pass->fabric;
    uint32_t realm = nearest[fabric->nodes[function].realm];

    while (realm != IMS_NONE) {
        const uint32_t bridge = fabric->realms[realm].bridge;
        const int rid = id_of_bridge(pass, bridge);
        if (rid >= 0)
            carry(pass, function, (uint16_t)rid, rid & 0xff ? "B3" : "B2, B3");
        realm = nearest[fabric->nodes[bridge].realm];
    }
}

/* Whether translation happens at the bridge, so that ids above it do not matter (B6). */
static bool translates(const struct alias_pass *pass, uint32_t bridge)
{
    bool likely;
    const enum ims_tristate root =
        ims_judge_translation_root(&pass->judge, (struct ims_function){bridge}, &likely);

    return root == IMS_YES || (root == IMS_UNKNOWN && pass->certainty == IMS_FABRIC_MUST);
}

static void find_nearest(const struct alias_pass *pass, uint32_t *nearest)
{
    const struct ims_fabric *fabric = pass->fabric;

    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const uint32_t bridge = fabric->realms[i].bridge;
        nearest[i] = IMS_NONE;
        if (bridge == IMS_NONE || translates(pass, bridge))
            continue;
        nearest[i] = id_of_bridge(pass, bridge) >= 0 ? i : nearest[fabric->nodes[bridge].realm];
    }
}

/* A function behind VMD has the id of its endpoint too (B7). */
static void carry_vmd(struct alias_pass *pass, uint32_t function)
{
    const struct ims_function endpoint = ims_fabric_info(pass->fabric, function)->vmd_endpoint;

    if (ims_function_is_none(endpoint))
        return;
    const struct ims_function_info *info = ims_fabric_info(pass->fabric, endpoint.index);
    share(pass, &(struct ims_sets_id){.key = key_of_id(info->address.segment, rid_of(info)),
                                      .function = function,
                                      .alias = info->address,
                                      .rule = "B7"});
}

int ims_sets_each_id(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                     ims_sets_id_found found, void *context)
{
    struct alias_pass pass = {
        .fabric = fabric,
        .judge = {.topology = fabric->topology,
                  .version = IMS_RULESET_NEWEST,
                  .acs = IMS_ACS_AS_IS,
                  .acs_certain = true},
        .certainty = certainty,
        .found = found,
        .context = context,
    };
    uint32_t *nearest = malloc(((size_t)fabric->realm_count + 1) * sizeof(*nearest));

    if (!nearest)
        return -ENOMEM;
    find_nearest(&pass, nearest);
    /* Every id belongs to its function, before anybody else is found to use it. */
    for (uint32_t i = 0; i < fabric->count && !pass.error; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        share(&pass, &(struct ims_sets_id){.key = key_of_id(info->address.segment, rid_of(info)),
                                           .function = i,
                                           .alias = info->address,
                                           .rule = "B1"});
    }
    for (uint32_t i = 0; i < fabric->count && !pass.error; i++) {
        carry_lookup(&pass, i, ims_fabric_info(fabric, i)->address);
        carry_quirks(&pass, i);
        carry_phantoms(&pass, i);
        carry_bridges(&pass, i, nearest);
        carry_vmd(&pass, i);
    }
    free(nearest);
    return pass.error;
}

/* ---- forged ids ---- */

void ims_sets_find_checks(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
                          uint32_t *checks)
{
    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const uint32_t bridge = fabric->realms[i].bridge;
        checks[i] = IMS_NONE;
        if (bridge == IMS_NONE)
            continue;
        const struct ims_fabric_node *node = &fabric->nodes[bridge];
        const bool checked = node->controls.v == IMS_YES ||
                             (node->controls.v == IMS_UNKNOWN && certainty == IMS_FABRIC_MUST);
        checks[i] = ims_fabric_is_port(node) && checked ? bridge : checks[node->realm];
    }
}

/* Returns whether a request of from with the id of to arrives at the IOMMU. */
static bool forge(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty,
                  uint32_t from, uint32_t to, bool proved)
{
    const struct ims_fabric *fabric = builder->fabric;
    const struct ims_fabric_edge edge = {
        .kind = IMS_FABRIC_EDGE_FORGED,
        .certainty = certainty,
        .from = {from},
        .to = {to},
        .tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                .to = IMS_FUNCTION_NONE,
                .forged = true,
                .requester = ims_fabric_info(fabric, to)->address},
        .rule = "A8.3",
    };

    if (!proved && !ims_sets_prove(fabric, &edge))
        return false;
    ims_sets_join(builder, &edge);
    return true;
}

/*
 * Everything that issues requests behind the port that checks, or in the segment: functions are
 * sorted by bus. Returns whether the requests of from arrive; then they do for everybody there.
 */
static bool forge_all(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty,
                      uint32_t from, uint32_t port)
{
    const struct ims_fabric *fabric = builder->fabric;
    const uint32_t segment = ims_fabric_info(fabric, from)->address.segment;
    uint32_t first = from;
    bool proved = false;
    unsigned low = 0;
    unsigned high = 255;

    if (port != IMS_NONE) {
        const struct ims_bridge *bridge = &ims_fabric_info(fabric, port)->pci.bridge;
        low = bridge->secondary.value;
        high = ims_bits_all_known(bridge->subordinate, 0xff) ? bridge->subordinate.value : low;
    }
    while (first > 0 && ims_fabric_info(fabric, first - 1)->address.segment == segment &&
           ims_fabric_info(fabric, first - 1)->address.bus >= low)
        first--;
    for (uint32_t i = first; i < fabric->count; i++) {
        const struct ims_address address = ims_fabric_info(fabric, i)->address;
        if (address.segment != segment || address.bus > high)
            break;
        if (address.bus >= low && i != from && fabric->nodes[i].requester)
            proved |= forge(builder, certainty, from, i, proved);
    }
    return proved;
}

int ims_sets_forged(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty)
{
    const struct ims_fabric *fabric = builder->fabric;
    uint32_t *checks = malloc(((size_t)fabric->realm_count + 1) * sizeof(*checks));
    bool *done = calloc((size_t)fabric->count + 1, sizeof(*done));
    uint32_t open_segment = UINT32_MAX; /* the last segment whose ids all became one set */
    bool any_open = false;

    if (checks && done) {
        ims_sets_find_checks(fabric, certainty, checks);
        for (uint32_t i = 0; i < fabric->count && !builder->error; i++) {
            const uint32_t port = checks[fabric->nodes[i].realm];
            const uint32_t segment = ims_fabric_info(fabric, i)->address.segment;
            if (!fabric->nodes[i].issuer ||
                (port == IMS_NONE ? any_open && open_segment == segment : done[port]))
                continue;
            if (!forge_all(builder, certainty, i, port))
                continue;
            if (port == IMS_NONE) {
                any_open = true;
                open_segment = segment;
            } else {
                done[port] = true;
            }
        }
    }
    const bool failed = !checks || !done;
    free(checks);
    free(done);
    return failed ? -ENOMEM : builder->error;
}
