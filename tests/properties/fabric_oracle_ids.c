/* SPDX-License-Identifier: MIT */
#include "fabric_oracle.h"

#include <stdlib.h>

/* Requester ids (B), forging (A8), and what vendors state (H). */

struct vendor_row {
    uint16_t vendor, first, last;
    int type; /* -2: any */
};

static bool is_listed(const struct sketch_function *function, const struct vendor_row *rows,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (function->ids[0].vendor == rows[i].vendor && function->ids[0].device >= rows[i].first &&
            function->ids[0].device <= rows[i].last &&
            (rows[i].type == -2 || rows[i].type == function->type))
            return true;
    }
    return false;
}

#define LISTED(function, rows) is_listed(function, rows, sizeof(rows) / sizeof((rows)[0]))

/* The tests draw from these; the list of a program has to be complete, this one has not. */
void oracle_read_vendor(struct oracle_node *node)
{
    static const struct vendor_row confirmed[] = {
        {0x177d, 0xa000, 0xa7ff, 4}, /* H1 */
        {0x10e8, 0xe004, 0xe004, 4}, {0x1def, 0xe005, 0xe00c, 4}, {0x17cb, 0x0400, 0x0401, 4},
        {0x1957, 0x8d80, 0x8d83, 4}, {0x1c36, 0x0031, 0x0031, 4}, {0x14e4, 0xd714, 0xd714, 4},
        {0x8086, 0x1c10, 0x1c1f, 4}, /* H2 */
        {0x8086, 0x9c10, 0x9c1b, 4},
    };
    static const struct vendor_row alone[] = {
        {0x1924, 0x0903, 0x0903, -2}, {0x8086, 0x10c9, 0x10c9, -2}, {0x8086, 0x1521, 0x1521, -2},
        {0x19a2, 0x0710, 0x0710, -2}, {0x10df, 0x0720, 0x0720, -2}, /* H4 */
    };
    static const struct vendor_row first[] = {{0x8086, 0x0000, 0xffff, 9}}; /* H5 */
    static const struct vendor_row translating[] = {
        {0x14e4, 0x9000, 0x9000, -2}, /* B6 */
        {0x14e4, 0x9084, 0x9084, -2},
    };
    /* A statement stands for registers that are not there, or were not read; not against them. */
    bool open = node->acs == ORACLE_ACS_NONE || node->acs == ORACLE_ACS_UNKNOWN;
    node->confirmed = open && LISTED(node->sketch, confirmed);
    node->no_inner_peers = open && LISTED(node->sketch, alone);
    if (node->confirmed || node->no_inner_peers)
        node->acs = ORACLE_ACS_NONE;
    node->translated = LISTED(node->sketch, first);
    node->translates_here = LISTED(node->sketch, translating);
}

/* B5: header type 1, no PCIe capability, below a bridge that has one and is not of type 7. */
bool oracle_hides_pcie(const struct oracle *oracle, unsigned bridge)
{
    static const struct vendor_row hiding[] = {
        {0x1b21, 0x1080, 0x1080, -2},
        {0x10e3, 0x8113, 0x8113, -2},
        {0x1283, 0x8892, 0x8893, -2},
        {0x8086, 0x244e, 0x244e, -2},
    };
    const struct oracle_node *node = &oracle->nodes[bridge];
    return node->role == ORACLE_PCI_BRIDGE && node->sketch->header == 1 && node->above >= 0 &&
           oracle->nodes[node->above].sketch->type != SKETCH_CONVENTIONAL &&
           oracle->nodes[node->above].sketch->type != 7 && LISTED(node->sketch, hiding);
}

struct ids {
    uint64_t id[600]; /* segment in the upper half */
    unsigned count;
};

static void add_id(struct ids *ids, struct ims_address address)
{
    if (ids->count < 600)
        ids->id[ids->count++] =
            (uint64_t)address.segment << 16 | (uint64_t)address.bus << 8 | address.devfn;
}

static void add_devfn(struct ids *ids, struct ims_address address, unsigned devfn)
{
    address.devfn = (uint8_t)devfn;
    add_id(ids, address);
}

/* B7: aliases that belong to a device. */
static void add_device_aliases(const struct sketch_function *function, struct ids *ids)
{
    static const struct vendor_row function_0[] = {
        {0x1180, 0xe832, 0xe832, -2}, {0x1180, 0xe476, 0xe476, -2}, {0x6766, 0x3d40, 0x3d41, -2}};
    static const struct vendor_row function_1[] = {{0x1b4b, 0x9120, 0x9120, -2},
                                                   {0x1b4b, 0x9123, 0x9123, -2},
                                                   {0x1b4b, 0x9230, 0x9230, -2},
                                                   {0x1b4b, 0x9172, 0x9172, -2},
                                                   {0x197b, 0x2392, 0x2392, -2}};
    static const struct vendor_row mic[] = {{0x8086, 0x2260, 0x2260, -2},
                                            {0x8086, 0x2264, 0x2264, -2}};
    static const struct vendor_row ntb[] = {{0x10b5, 0x87b0, 0x87b1, -2}};
    unsigned slot = function->address.devfn & 0xf8u;
    if (LISTED(function, function_0))
        add_devfn(ids, function->address, slot);
    if (LISTED(function, function_1))
        add_devfn(ids, function->address, slot | 1);
    if (LISTED(function, mic)) {
        add_devfn(ids, function->address, IMS_DEVFN(0x10, 0));
        add_devfn(ids, function->address, IMS_DEVFN(0x11, 0));
        add_devfn(ids, function->address, IMS_DEVFN(0x12, 3));
    }
    for (unsigned i = 0; i < 256 && LISTED(function, ntb); i++)
        add_devfn(ids, function->address, i);
}

static bool exists(const struct oracle *oracle, struct ims_address address)
{
    return sketch_find(oracle->sketch, address) != NULL;
}

/*
 * B9. Which numbers are claimed depends on the function: 01b f|4, 10b functions 0 and 1 three each,
 * 11b function 0 all; T93: a number that a function has is claimed all the same.
 */
static void add_phantoms(const struct sketch_function *function, struct ids *ids)
{
    unsigned f = function->address.devfn & 7u, slot = function->address.devfn & 0xf8u;
    unsigned kind = function->fabric.phantom;
    if (kind == 1 && f < 4)
        add_devfn(ids, function->address, slot | f | 4);
    for (unsigned i = 1; kind == 2 && f < 2 && i < 4; i++)
        add_devfn(ids, function->address, slot | (f + 2 * i));
    for (unsigned i = 1; kind == 3 && f == 0 && i < 8; i++)
        add_devfn(ids, function->address, slot | i);
}

/* B12: every id that requests of the function may carry at the translation agent. */
static void legit_ids(const struct oracle *oracle, unsigned index, struct ids *ids)
{
    const struct sketch_function *function = oracle->nodes[index].sketch;
    add_id(ids, function->address);
    add_device_aliases(function, ids);
    add_phantoms(function, ids);
    if (function->vmd_stated && exists(oracle, function->vmd))
        add_id(ids, function->vmd); /* B7, cross-bus: not a matter of the way up */
    for (int at = oracle->nodes[index].above; at >= 0; at = oracle->nodes[at].above) {
        const struct oracle_node *bridge = &oracle->nodes[at];
        struct ims_address secondary = bridge->sketch->address;
        secondary.bus = bridge->sketch->secondary;
        secondary.devfn = 0;
        if (bridge->translates_here) /* B6 */
            return;
        if (bridge->role == ORACLE_PCIE_TO_PCI || oracle_hides_pcie(oracle, (unsigned)at))
            add_id(ids, secondary); /* B2, B5 */
        else if (bridge->role == ORACLE_PCI_BRIDGE || bridge->role == ORACLE_PCI_TO_PCIE)
            add_id(ids, bridge->sketch->address); /* B3, B4 */
    }
}

static bool intersect(const struct ids *a, const struct ids *b)
{
    for (unsigned i = 0; i < a->count; i++) {
        for (unsigned j = 0; j < b->count; j++) {
            if (a->id[i] == b->id[j])
                return true;
        }
    }
    return false;
}

/*
 * A8.1: the lowest port above f that checks sources decides which bus numbers f may claim; none:
 * any. Where a control word is not known, the port checks (must) or does not (may).
 */
bool oracle_can_forge(const struct oracle *oracle, unsigned f, unsigned g, bool must)
{
    const struct oracle_node *victim = &oracle->nodes[g];
    struct ids ids = {.count = 0};
    if (oracle->nodes[f].sketch->address.segment != victim->sketch->address.segment)
        return false;
    legit_ids(oracle, g, &ids);
    for (int at = oracle->nodes[f].above; at >= 0; at = oracle->nodes[at].above) {
        const struct oracle_node *port = &oracle->nodes[at];
        enum oracle_tri v = oracle_bit(port, ORACLE_V);
        if ((port->role != ORACLE_ROOT_PORT && port->role != ORACLE_DOWNSTREAM) ||
            v == ORACLE_OFF || (v == ORACLE_EITHER && !must))
            continue;
        for (unsigned i = 0; i < ids.count; i++) {
            unsigned bus = (unsigned)(ids.id[i] >> 8 & 0xff);
            if (ids.id[i] >> 16 == port->sketch->address.segment &&
                bus >= port->sketch->secondary && bus <= port->sketch->subordinate)
                return true;
        }
        return false;
    }
    return true;
}

/* Whether a request with the id of g arrives at the translation agent (0.2). */
static bool arrives(const struct oracle *oracle, unsigned f, unsigned g)
{
    struct ims_address id = oracle->nodes[g].sketch->address;
    struct oracle_tlp tlp = {
        .issuer = f, .forged = true, .rid = (uint16_t)(id.bus << 8 | id.devfn)};
    struct oracle_outcomes outcomes;
    bool found = false;
    oracle_route(oracle, &tlp, &outcomes);
    for (unsigned i = 0; i < outcomes.count; i++)
        found = found || outcomes.items[i].end == ORACLE_END_IOMMU;
    return found;
}

void oracle_fill_ids(struct oracle *oracle)
{
    struct ids *all = calloc(oracle->count + 1u, sizeof(*all));
    if (!all)
        abort();
    for (unsigned i = 0; i < oracle->count; i++)
        legit_ids(oracle, i, &all[i]);
    for (unsigned i = 0; i < oracle->count; i++) {
        for (unsigned j = 0; j < oracle->count; j++) {
            unsigned char *edge = &oracle->edges[(size_t)i * oracle->count + j];
            if (i != j && intersect(&all[i], &all[j]))
                *edge |= 4;
            /* T77: who issues nothing, a port, has nothing behind its id. */
            if (i == j || oracle->options.threat < 2 || !oracle_issues(oracle, i) ||
                !oracle_issues(oracle, j) || !oracle_can_forge(oracle, i, j, false) ||
                !arrives(oracle, i, j))
                continue;
            *edge |= 1;
            *edge |= oracle_can_forge(oracle, i, j, true) ? 2 : 0;
        }
    }
    free(all);
}
