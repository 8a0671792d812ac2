/* SPDX-License-Identifier: MIT */
#include "fabric_oracle.h"

#include <stdlib.h>
#include <string.h>

/* Facts of the functions, cut points, edges and components (0.3-0.5, F6). */

#define EDGE_MAY 1u
#define EDGE_MUST 2u
#define EDGE_ALIAS 4u

static enum oracle_role role_of(const struct sketch_function *function)
{
    if (!function->header)
        return ORACLE_ENDPOINT;
    switch (function->type) {
    case 4:
        return ORACLE_ROOT_PORT;
    case 5:
        return ORACLE_UPSTREAM;
    case 6:
        return ORACLE_DOWNSTREAM;
    case 7:
        return ORACLE_PCIE_TO_PCI;
    case 8:
        return ORACLE_PCI_TO_PCIE;
    default:
        return ORACLE_PCI_BRIDGE;
    }
}

/* The bridge whose secondary side the function is on; a VF is where its PF is (A6.1). */
static int bridge_above(const struct sketch *sketch, const struct sketch_function *function)
{
    struct ims_address address = function->is_vf ? function->physfn : function->address;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *bridge = &sketch->functions[i];
        if (bridge->header && bridge->address.segment == address.segment &&
            bridge->secondary == address.bus && bridge->address.bus != address.bus)
            return (int)i;
    }
    return -1;
}

/* What a line without ranges stands for: the register of the image, one page long. */
static void default_bars(struct oracle_node *node)
{
    const struct sketch_function *function = node->sketch;
    uint64_t base =
        0x80000000u + (((uint64_t)function->address.bus << 8 | function->address.devfn) << 12);
    bool bar = function->header ? function->bar : !function->nobar;
    if (function->is_vf)
        return;
    if (bar)
        node->bars[0] = (struct sketch_bar){.base = base, .size = 0x800};
    if (function->rom)
        node->bars[6] = (struct sketch_bar){.base = base + 0x800, .size = 0x800};
}

struct oracle *oracle_new(const struct sketch *sketch, const struct oracle_options *options)
{
    struct oracle *oracle = calloc(1, sizeof(*oracle));
    if (!oracle)
        abort();
    oracle->sketch = sketch;
    oracle->options = *options;
    oracle->count = sketch->count;
    oracle->nodes = calloc(sketch->count + 1u, sizeof(*oracle->nodes));
    oracle->edges = calloc((size_t)sketch->count * sketch->count + 1u, 1);
    if (!oracle->nodes || !oracle->edges)
        abort();
    for (unsigned i = 0; i < sketch->count; i++) {
        struct oracle_node *node = &oracle->nodes[i];
        node->sketch = &sketch->functions[i];
        node->role = role_of(node->sketch);
        node->above = bridge_above(sketch, node->sketch);
        node->command = node->sketch->fabric.command_stated ? node->sketch->fabric.command
                        : node->sketch->is_vf               ? 0x0004
                                                            : 0x0006;
        if (sketch_has_extents(sketch, node->sketch))
            sketch_extents(sketch, node->sketch, node->bars);
        else
            default_bars(node);
        oracle_read_acs(node);
        oracle_read_vendor(node);
    }
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    if (!oracle)
        return;
    free(oracle->nodes);
    free(oracle->edges);
    free(oracle);
}

bool oracle_issues(const struct oracle *oracle, unsigned function)
{
    return oracle->nodes[function].role == ORACLE_ENDPOINT;
}

bool oracle_same_rc(const struct oracle *oracle, unsigned a, unsigned b)
{
    const struct ims_address *one = &oracle->nodes[a].sketch->address;
    const struct ims_address *other = &oracle->nodes[b].sketch->address;
    return one->segment == other->segment &&
           (!oracle->options.one_rc_per_bus || one->bus == other->bus);
}

/* A6.1: everything behind one link; on a root bus what has the same device number. */
bool oracle_same_device(const struct oracle *oracle, unsigned a, unsigned b)
{
    const struct oracle_node *one = &oracle->nodes[a];
    const struct oracle_node *other = &oracle->nodes[b];
    struct ims_address x = one->sketch->is_vf ? one->sketch->physfn : one->sketch->address;
    struct ims_address y = other->sketch->is_vf ? other->sketch->physfn : other->sketch->address;
    if (one->above != other->above || x.segment != y.segment || x.bus != y.bus)
        return false;
    return one->above >= 0 || x.devfn >> 3 == y.devfn >> 3;
}

static bool in_bar(const struct sketch_bar *bar, uint64_t address)
{
    return bar->size && address >= bar->base && address - bar->base < bar->size;
}

static bool in_window(const struct sketch_window *window, uint64_t address)
{
    return window->set && address >= window->base && address <= window->limit;
}

/*
 * C4: in the worst case everybody has switched decoding on. A bridge whose decoding is off has no
 * window, for what comes from below it too.
 */
bool oracle_decodes(const struct oracle *oracle, unsigned index, bool io)
{
    const struct oracle_node *node = &oracle->nodes[index];
    /* Memory of a VF is switched on in its PF (B10), which a sketch with VFs always does. */
    return !oracle->options.as_configured || (node->sketch->is_vf && !io) ||
           (node->command & (io ? 1 : 2));
}

bool oracle_hits_bar(const struct oracle *oracle, unsigned index, const struct oracle_tlp *tlp)
{
    const struct oracle_node *node = &oracle->nodes[index];
    bool io = tlp->kind == ORACLE_IO;
    bool hit = false;
    for (unsigned i = 0; i < 7; i++)
        hit = hit || (node->bars[i].io == io && in_bar(&node->bars[i], tlp->address));
    return hit && oracle_decodes(oracle, index, io);
}

bool oracle_hits_window(const struct oracle *oracle, unsigned index, const struct oracle_tlp *tlp)
{
    const struct oracle_node *node = &oracle->nodes[index];
    const struct sketch_function *function = node->sketch;
    bool io = tlp->kind == ORACLE_IO;
    bool hit =
        io ? in_window(&function->io, tlp->address)
           : in_window(&function->mem, tlp->address) || in_window(&function->pref, tlp->address);
    return function->header == 1 && hit && oracle_decodes(oracle, index, io);
}

/* ---- elementary intervals ---- */

static int compare_addresses(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

unsigned oracle_cuts(const struct oracle *oracle, bool io, uint64_t **ret)
{
    uint64_t *cuts = malloc((oracle->count * 85u + 1u) * sizeof(*cuts));
    unsigned count = 0, kept = 0;
    if (!cuts)
        abort();
    cuts[count++] = 0;
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct oracle_node *node = &oracle->nodes[i];
        const struct sketch_window *windows[3] = {&node->sketch->mem, &node->sketch->pref,
                                                  &node->sketch->io};
        const struct sketch_multicast *multicast = &node->sketch->fabric.multicast;
        for (unsigned j = 0; j < 7; j++) {
            if (node->bars[j].size && node->bars[j].io == io) {
                cuts[count++] = node->bars[j].base;
                cuts[count++] = node->bars[j].base + node->bars[j].size;
            }
        }
        for (unsigned j = 0; j < 3; j++) {
            if (windows[j]->set && (j == 2) == io) {
                cuts[count++] = windows[j]->base;
                cuts[count++] = windows[j]->limit + 1;
            }
        }
        if (multicast->enabled && !io) {
            for (unsigned j = 0; j <= multicast->groups; j++)
                cuts[count++] = multicast->base + ((uint64_t)j << multicast->position);
        }
    }
    qsort(cuts, count, sizeof(*cuts), compare_addresses);
    for (unsigned i = 0; i < count; i++) {
        if (i == 0 || cuts[i] != cuts[kept - 1])
            cuts[kept++] = cuts[i];
    }
    *ret = cuts;
    return kept;
}

/* ---- edges ---- */

static void add_edges(struct oracle *oracle, const struct oracle_tlp *tlp)
{
    struct oracle_outcomes outcomes;
    oracle_route(oracle, tlp, &outcomes);
    for (unsigned i = 0; i < outcomes.count; i++) {
        const struct oracle_outcome *outcome = &outcomes.items[i];
        if (outcome->end == ORACLE_END_PEER && outcome->target != tlp->issuer) /* A4.8 */
            oracle->edges[(size_t)tlp->issuer * oracle->count + outcome->target] |=
                outcome->must ? EDGE_MAY | EDGE_MUST : EDGE_MAY;
    }
}

/* Untranslated requests, and translated ones from TM1 on; writes differ by multicast only. */
static void add_edges_at(struct oracle *oracle, unsigned issuer, uint64_t address)
{
    bool translated = oracle->options.threat >= 1;
    for (unsigned at = 0; at <= (translated ? ORACLE_TRANSLATED : 0); at += ORACLE_TRANSLATED) {
        struct oracle_tlp tlp = {.issuer = issuer, .address = address, .at = at};
        tlp.kind = ORACLE_READ;
        add_edges(oracle, &tlp);
        tlp.kind = ORACLE_WRITE;
        if (!oracle->options.without_mc)
            add_edges(oracle, &tlp);
    }
}

static void fill_edges(struct oracle *oracle)
{
    uint64_t *cuts;
    unsigned count = oracle_cuts(oracle, false, &cuts);
    if (oracle->edges_done) {
        free(cuts);
        return;
    }
    oracle->edges_done = true;
    for (unsigned i = 0; i < oracle->count; i++) {
        for (unsigned j = 0; j < count && oracle_issues(oracle, i); j++)
            add_edges_at(oracle, i, cuts[j]);
    }
    free(cuts);
    oracle_fill_ids(oracle);
}

bool oracle_edge(struct oracle *oracle, unsigned from, unsigned to, bool must)
{
    fill_edges(oracle);
    return oracle->edges[(size_t)from * oracle->count + to] & (must ? EDGE_MUST : EDGE_MAY);
}

bool oracle_alias(struct oracle *oracle, unsigned a, unsigned b)
{
    fill_edges(oracle);
    return oracle->edges[(size_t)a * oracle->count + b] & EDGE_ALIAS;
}

/* Breadth first over edges without direction (F2). */
void oracle_sets(struct oracle *oracle, bool must, unsigned *sets)
{
    unsigned *queue = malloc((oracle->count + 1u) * sizeof(*queue));
    unsigned mask = EDGE_ALIAS | EDGE_MUST | (must ? 0 : EDGE_MAY);
    if (!queue)
        abort();
    fill_edges(oracle);
    for (unsigned i = 0; i < oracle->count; i++)
        sets[i] = oracle->count;
    for (unsigned start = 0; start < oracle->count; start++) {
        unsigned head = 0, tail = 0;
        if (sets[start] != oracle->count)
            continue;
        sets[start] = start;
        queue[tail++] = start;
        while (head < tail) {
            unsigned at = queue[head++];
            for (unsigned i = 0; i < oracle->count; i++) {
                unsigned edges = oracle->edges[(size_t)at * oracle->count + i] |
                                 oracle->edges[(size_t)i * oracle->count + at];
                if (sets[i] == oracle->count && (edges & mask)) {
                    sets[i] = start;
                    queue[tail++] = i;
                }
            }
        }
    }
    free(queue);
}
