/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

/* R9.7-R9.10: the series that was proposed in 2025. */

enum isolation {
    ISOLATED,
    PCIE_NON,
    BRIDGE_NON,
    DSP_NON,
    BUS_NON,
};

static bool has_alias_mask(const struct reference_node *node)
{
    for (unsigned i = 0; i < 256; i++) {
        if (node->alias[i])
            return true;
    }
    return false;
}

/* The bus inside a switch: the first member that offends decides. */
static enum isolation internal_bus(const struct reference *reference, int bus)
{
    for (unsigned i = 0; i < reference->count; i++) {
        unsigned index = reference->order[i];
        const struct reference_node *node = &reference->nodes[index];
        if ((int)node->bus != bus || node->sketch->is_vf)
            continue;
        if (node->type != 6 || has_alias_mask(node))
            return PCIE_NON;
        /* R9.10: USP-MT-RR; without any structure it fails, without the Enhanced bits it passes. */
        bool quirk = reference_table(reference, index) == REFERENCE_ENABLED;
        if (!quirk && (!node->has_acs || ((node->cap16 & 0x80) && !(node->ctrl16 & 0x800))))
            return PCIE_NON;
        if (!reference_acs_ok_proposed(reference, index))
            return DSP_NON;
    }
    return ISOLATED;
}

/* R9.7 */
static enum isolation isolation_of(const struct reference *reference, int bus, int *ret_bridge)
{
    while (reference->buses[bus].bridge < 0 && reference->buses[bus].parent >= 0)
        bus = reference->buses[bus].parent;
    int bridge = reference->buses[bus].bridge;
    *ret_bridge = bridge;
    if (bridge < 0)
        return ISOLATED;
    const struct reference_node *node = &reference->nodes[bridge];
    if (node->type == 7 || (node->type == SKETCH_CONVENTIONAL && node->pcie_alias))
        return node->sketch->bar || node->sketch->rom ? BRIDGE_NON : BUS_NON;
    switch (node->type) {
    case 4:
        return node->has_acs && !reference_acs_ok_proposed(reference, (unsigned)bridge) ? PCIE_NON
                                                                                        : ISOLATED;
    case 5:
        return internal_bus(reference, bus);
    case 6:
        return ISOLATED;
    default:
        return BRIDGE_NON;
    }
}

/* R9.9 */
static bool same_mfd(const struct reference *reference, unsigned a, unsigned b)
{
    const struct reference_node *x = &reference->nodes[a];
    const struct reference_node *y = &reference->nodes[b];
    if (x->bus != y->bus || x->sketch->is_vf || y->sketch->is_vf ||
        x->sketch->address.devfn >> 3 != y->sketch->address.devfn >> 3)
        return false;
    if (reference_m(reference, a) != reference_m(reference, b))
        return true;
    if (!reference_m(reference, a))
        return false;
    return (x->has_acs && !reference_acs_ok(reference, a)) ||
           (y->has_acs && !reference_acs_ok(reference, b));
}

/* Marks everything that is connected to node on its bus; returns how many. */
static unsigned mark_connected(const struct reference *reference, unsigned node, bool *marked)
{
    unsigned count = 1;
    marked[node] = true;
    for (unsigned t = 0; t < reference->count; t++) {
        if (!marked[t] && reference->nodes[t].visible &&
            (reference_alias(reference, node, t) || same_mfd(reference, node, t)))
            count += mark_connected(reference, t, marked);
    }
    return count;
}

/* The group that any of the marked functions has, or a new one. */
static int shared_group(struct reference *reference, const bool *marked)
{
    for (unsigned i = 0; i < reference->count; i++) {
        if (marked[i] && reference->nodes[i].group >= 0)
            return reference->nodes[i].group;
    }
    return reference->next_group++;
}

/* R9.8 */
int reference_group_proposed(struct reference *reference, unsigned node)
{
    const struct sketch_function *sketch = reference->nodes[node].sketch;
    if (sketch->vmd_stated) {
        for (unsigned i = 0; i < reference->count; i++) {
            if (ims_address_compare(reference->nodes[i].sketch->address, sketch->vmd) == 0)
                return reference->nodes[i].group;
        }
    }
    int bus = (int)reference->nodes[node].bus;
    int bridge;
    if (sketch->is_vf) {
        for (unsigned i = 0; i < reference->count; i++) {
            if (ims_address_compare(reference->nodes[i].sketch->address, sketch->physfn) == 0)
                bus = (int)reference->nodes[i].bus;
        }
    }
    enum isolation isolation = isolation_of(reference, bus, &bridge);
    if (bridge >= 0 && reference->nodes[bridge].xlate_root)
        return reference->next_group++;
    if (bridge >= 0 && reference->flagged[reference->nodes[bridge].group])
        return reference->nodes[bridge].group;
    if (isolation == PCIE_NON || isolation == BRIDGE_NON) {
        reference->flagged[reference->nodes[bridge].group] = true;
        return reference->nodes[bridge].group;
    }
    bool *marked = calloc(reference->count, sizeof(*marked));
    if (!marked)
        abort();
    unsigned count = 2;
    if (isolation == ISOLATED) {
        count = mark_connected(reference, node, marked);
    } else {
        for (unsigned i = 0; i < reference->count; i++)
            marked[i] = (int)reference->nodes[i].bus == bus;
    }
    int group = count == 1 ? reference->next_group++ : shared_group(reference, marked);
    reference->flagged[group] = reference->flagged[group] || count > 1;
    free(marked);
    return group;
}
