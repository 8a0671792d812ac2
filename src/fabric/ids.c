/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/sets.h"
#include "rules/judge.h"

/* Requester ids: which functions may carry the same (B12), and who may use another's (A8). */

/* ---- a table of ids ---- */

struct id_slot {
    uint64_t key; /* segment and requester id, or unit and what it looks up */
    uint32_t owner;
    bool used;
};

struct id_table {
    struct id_slot *slots;
    size_t size; /* power of two */
    size_t used;
};

/* The upper half of the product: its lower bits know nothing of the segment. */
static size_t home_of(const struct id_table *table, uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (table->size - 1);
}

static bool grow(struct id_table *table)
{
    struct id_table grown = {.size = table->size ? 2 * table->size : 64, .used = table->used};

    grown.slots = calloc(grown.size, sizeof(*grown.slots));
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < table->size; i++) {
        if (!table->slots[i].used)
            continue;
        size_t at = home_of(&grown, table->slots[i].key);
        while (grown.slots[at].used)
            at = (at + 1) & (grown.size - 1);
        grown.slots[at] = table->slots[i];
    }
    free(table->slots);
    *table = grown;
    return true;
}

/* The function that had the id before, or function itself; IMS_NONE without memory. */
static uint32_t owner_of(struct id_table *table, uint64_t key, uint32_t function)
{
    if (2 * (table->used + 1) > table->size && !grow(table))
        return IMS_NONE;
    size_t at = home_of(table, key);
    while (table->slots[at].used && table->slots[at].key != key)
        at = (at + 1) & (table->size - 1);
    if (table->slots[at].used)
        return table->slots[at].owner;
    table->slots[at] = (struct id_slot){key, function, true};
    table->used++;
    return function;
}

/* ---- aliases ---- */

struct alias_pass {
    struct ims_sets_builder *builder;
    struct ims_judge judge;
    struct id_table table;
    enum ims_fabric_certainty certainty;
};

static uint64_t key_of_id(uint32_t segment, uint32_t rid)
{
    return (uint64_t)segment << 16 | rid;
}

#define KEY_OF_LOOKUP (UINT64_C(1) << 63)

/* Joins function with whoever had the key before; edge lacks the ends. */
static void share(struct alias_pass *pass, uint64_t key, uint32_t function,
                  struct ims_fabric_edge *edge)
{
    const uint32_t owner = owner_of(&pass->table, key, function);

    if (owner == IMS_NONE)
        pass->builder->error = -ENOMEM;
    if (owner == IMS_NONE || owner == function)
        return;
    edge->kind = IMS_FABRIC_EDGE_ALIAS;
    edge->certainty = pass->certainty;
    edge->from.index = function;
    edge->to.index = owner;
    ims_sets_join(pass->builder, edge);
}

/* The id by which the IOMMU looks the requester id up (E8); only what sends requests matters. */
static void carry_lookup(struct alias_pass *pass, uint32_t function, struct ims_address id)
{
    const struct ims_topology *topology = pass->builder->fabric->topology;
    struct ims_fabric_edge edge = {.alias = id, .of_table = true};
    uint64_t key;

    if (!pass->builder->fabric->nodes[function].requester ||
        !ims_topology_lookup(topology, id, &edge.lookup))
        return;
    key = KEY_OF_LOOKUP | (uint64_t)edge.lookup.unit << 32 | edge.lookup.id;
    switch (ims_topology_tables(topology)->units[edge.lookup.unit].table) {
    case IMS_ACPI_IVRS:
        /* The used id is one on the bus: whoever owns it shares its tables. */
        key = key_of_id(id.segment, edge.lookup.id);
        edge.rule = "E4, E8";
        break;
    case IMS_ACPI_IORT:
        edge.rule = "E5, E8";
        break;
    default:
        edge.rule = "E6, E8";
        break;
    }
    share(pass, key, function, &edge);
}

static void carry(struct alias_pass *pass, uint32_t function, uint16_t rid, const char *rule)
{
    const struct ims_address id = {
        ims_fabric_info(pass->builder->fabric, function)->address.segment, (uint8_t)(rid >> 8),
        (uint8_t)rid};
    struct ims_fabric_edge edge = {.alias = id, .rule = rule};

    share(pass, key_of_id(id.segment, rid), function, &edge);
    carry_lookup(pass, function, id);
}

static uint16_t rid_of(const struct ims_function_info *info)
{
    return (uint16_t)((unsigned)info->address.bus << 8 | info->address.devfn);
}

/* Tables of single devices (B7). */
static void carry_quirks(struct alias_pass *pass, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(pass->builder->fabric, function);
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
    const struct ims_function_info *info = ims_fabric_info(pass->builder->fabric, function);
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
    const struct ims_fabric *fabric = pass->builder->fabric;
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
    const struct ims_fabric *fabric = pass->builder->fabric;
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
    const struct ims_fabric *fabric = pass->builder->fabric;

    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const uint32_t bridge = fabric->realms[i].bridge;
        nearest[i] = IMS_NONE;
        if (bridge == IMS_NONE || translates(pass, bridge))
            continue;
        nearest[i] = id_of_bridge(pass, bridge) >= 0 ? i : nearest[fabric->nodes[bridge].realm];
    }
}

int ims_sets_aliases(struct ims_sets_builder *builder, enum ims_fabric_certainty certainty)
{
    const struct ims_fabric *fabric = builder->fabric;
    struct alias_pass pass = {
        .builder = builder,
        .judge = {.topology = fabric->topology,
                  .version = IMS_RULESET_NEWEST,
                  .acs = IMS_ACS_AS_IS,
                  .acs_certain = true},
        .certainty = certainty,
    };
    uint32_t *nearest = malloc(((size_t)fabric->realm_count + 1) * sizeof(*nearest));

    if (!nearest)
        return -ENOMEM;
    find_nearest(&pass, nearest);
    /* Every id belongs to its function, before anybody else is found to use it. */
    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        struct ims_fabric_edge edge = {.alias = info->address, .rule = "B1"};
        share(&pass, key_of_id(info->address.segment, rid_of(info)), i, &edge);
    }
    for (uint32_t i = 0; i < fabric->count && !builder->error; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        carry_lookup(&pass, i, info->address);
        carry_quirks(&pass, i);
        carry_phantoms(&pass, i);
        carry_bridges(&pass, i, nearest);
        if (!ims_function_is_none(info->vmd_endpoint))
            ims_sets_join(builder,
                          &(struct ims_fabric_edge){
                              .kind = IMS_FABRIC_EDGE_ALIAS,
                              .certainty = certainty,
                              .from = {i},
                              .to = info->vmd_endpoint,
                              .alias = ims_fabric_info(fabric, info->vmd_endpoint.index)->address,
                              .rule = "B7",
                          });
    }
    free(nearest);
    free(pass.table.slots);
    return builder->error;
}

/* ---- forged ids ---- */

/* The lowest port above each realm that checks ids, or IMS_NONE (A8.1). */
static void find_checks(const struct ims_fabric *fabric, enum ims_fabric_certainty certainty,
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
        find_checks(fabric, certainty, checks);
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
