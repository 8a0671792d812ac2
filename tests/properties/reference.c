/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool newer_than(const struct reference *reference, int major, int minor)
{
    struct ims_kernel_version version = reference->options->ruleset.version;
    return version.major > major || (version.major == major && version.minor > minor);
}

/* ---- section 1: the model ---- */

static int find_bus(const struct reference *reference, uint32_t segment, uint8_t number)
{
    for (unsigned i = 0; i < reference->bus_count; i++) {
        if (reference->buses[i].segment == segment && reference->buses[i].number == number)
            return (int)i;
    }
    return -1;
}

static unsigned add_bus(struct reference *reference, uint32_t segment, uint8_t number)
{
    int found = find_bus(reference, segment, number);
    if (found >= 0)
        return (unsigned)found;
    reference->buses[reference->bus_count] =
        (struct reference_bus){.segment = segment, .number = number, .parent = -1, .bridge = -1};
    return reference->bus_count++;
}

static int find_node(const struct reference *reference, struct ims_address address)
{
    for (unsigned i = 0; i < reference->count; i++) {
        if (ims_address_compare(reference->nodes[i].sketch->address, address) == 0)
            return (int)i;
    }
    return -1;
}

/* R1.1, R1.2. */
static void make_buses(struct reference *reference)
{
    for (unsigned i = 0; i < reference->count; i++) {
        const struct sketch_function *sketch = reference->nodes[i].sketch;
        if (!sketch->is_vf)
            reference->nodes[i].bus =
                add_bus(reference, sketch->address.segment, sketch->address.bus);
    }
    for (unsigned i = 0; i < reference->count; i++) {
        const struct sketch_function *sketch = reference->nodes[i].sketch;
        if (sketch->header == 0)
            continue;
        unsigned bus = add_bus(reference, sketch->address.segment, sketch->secondary);
        reference->buses[bus].bridge = (int)i;
        reference->buses[bus].parent = (int)reference->nodes[i].bus;
    }
    for (unsigned i = 0; i < reference->count; i++) {
        const struct sketch_function *sketch = reference->nodes[i].sketch;
        if (!sketch->is_vf)
            continue;
        bool exists = find_bus(reference, sketch->address.segment, sketch->address.bus) >= 0;
        reference->nodes[i].bus = add_bus(reference, sketch->address.segment, sketch->address.bus);
        if (!exists)
            reference->buses[reference->nodes[i].bus].parent =
                find_bus(reference, sketch->physfn.segment, sketch->physfn.bus);
    }
}

/* R1.4: the type after correction; recursion stands for "the parent's already corrected type". */
static int corrected_type(const struct reference *reference, unsigned node)
{
    const struct sketch_function *sketch = reference->nodes[node].sketch;
    int bridge = reference->buses[reference->nodes[node].bus].bridge;
    if (bridge < 0 || sketch->is_vf || (sketch->type != 5 && sketch->type != 6))
        return sketch->type;
    int above = corrected_type(reference, (unsigned)bridge);
    if (sketch->type == 6 && (above == 4 || above == 6 || above == 8))
        return 0; /* the correction misses its field: seen on 6.1.192 and 6.12.117 */
    if (sketch->type == 5 && above == 5)
        return 0;
    return sketch->type;
}

/* R1.8, second half: whether extended space can be reached on a bus. */
static bool reachable(const struct reference *reference, int bus)
{
    int bridge = reference->buses[bus].bridge;
    if (bridge < 0)
        return true;
    const struct sketch_function *sketch = reference->nodes[bridge].sketch;
    if (!reachable(reference, (int)reference->nodes[bridge].bus))
        return false;
    return (reference->nodes[bridge].type >= 4 && reference->nodes[bridge].type <= 6) ||
           sketch->pcix2;
}

static void read_registers(const struct reference *reference, struct reference_node *node)
{
    const struct sketch_function *sketch = node->sketch;
    node->extended = sketch->is_vf || ((sketch->type != SKETCH_CONVENTIONAL || sketch->pcix2) &&
                                       !sketch->no_ext && reachable(reference, (int)node->bus));
    node->has_acs = node->extended && sketch->acs == SKETCH_YES;
    if (sketch->spt) {
        node->cap16 = sketch->acs_cap & 0xffff;
        node->ctrl16 = sketch->acs_cap >> 16;
        node->cap32 = sketch->acs_cap;
        node->ctrl32 = sketch->acs_ctrl;
    } else {
        node->cap16 = sketch->acs_cap;
        node->ctrl16 = sketch->acs_ctrl;
        node->cap32 = sketch->acs_cap | sketch->acs_ctrl << 16;
        node->ctrl32 = 0;
    }
}

/* R1.5, as at boot. Under ARI the function number is the whole devfn. */
static bool multifunction_at_boot(const struct reference *reference,
                                  const struct reference_node *node)
{
    const struct sketch_function *sketch = node->sketch;
    struct ims_address zero = sketch->address;
    zero.devfn = 0;
    int bridge = reference->buses[node->bus].bridge;
    int first = find_node(reference, zero);
    if (sketch->is_vf)
        return false;
    if (sketch->address.devfn & 7)
        return true;
    if (sketch->address.devfn && bridge >= 0 && first >= 0 &&
        reference->nodes[bridge].sketch->arifwd && reference->nodes[first].sketch->ari &&
        reference->nodes[first].extended)
        return true;
    return sketch->mf == SKETCH_YES;
}

bool reference_m(const struct reference *reference, unsigned node)
{
    const struct sketch_function *sketch = reference->nodes[node].sketch;
    if (reference->options->hot_added && node == reference->current && !sketch->is_vf)
        return sketch->mf == SKETCH_YES;
    return reference->nodes[node].m_boot;
}

/* R1.11. Functions behind VMD have no group at all up to 5.4 (R2.1). */
static bool is_managed(const struct reference *reference, const struct sketch_function *sketch)
{
    if (sketch->vmd_stated && !newer_than(reference, 5, 4) &&
        reference->options->ruleset.kind == IMS_RULESET_LINUX)
        return false;
    return reference->options->manage_everything || sketch->group_state != IMS_GROUP_NONE;
}

/* ---- section 3: order ---- */

static void order_bus(struct reference *reference, unsigned bus, unsigned *length)
{
    unsigned first = *length;
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        for (unsigned i = 0; i < reference->count; i++) {
            const struct reference_node *node = &reference->nodes[i];
            if (node->bus == bus && !node->sketch->is_vf && node->sketch->address.devfn == devfn)
                reference->order[(*length)++] = i;
        }
    }
    unsigned last = *length;
    for (unsigned i = first; i < last; i++) {
        for (unsigned j = 0; j < reference->bus_count; j++) {
            if (reference->buses[j].bridge == (int)reference->order[i])
                order_bus(reference, j, length);
        }
    }
}

/* R3.1; VFs are made at run time, after everything else was grouped. */
static void make_order(struct reference *reference)
{
    unsigned length = 0;
    for (unsigned vmd = 0; vmd < 2; vmd++) {
        for (unsigned i = 0; i < reference->bus_count; i++) {
            const struct reference_bus *bus = &reference->buses[i];
            if (bus->parent < 0 && (bus->segment >= 0x10000) == (vmd == 1))
                order_bus(reference, i, &length);
        }
    }
    for (unsigned i = 0; i < reference->count; i++) {
        if (!reference->nodes[i].sketch->is_vf)
            continue;
        unsigned at = length++;
        for (; at > 0; at--) {
            const struct sketch_function *before =
                reference->nodes[reference->order[at - 1]].sketch;
            if (!before->is_vf ||
                ims_address_compare(before->address, reference->nodes[i].sketch->address) < 0)
                break;
            reference->order[at] = reference->order[at - 1];
        }
        reference->order[at] = i;
    }
}

/* ---- section 2: the algorithm ---- */

bool reference_alias(const struct reference *reference, unsigned a, unsigned b)
{
    const struct reference_node *x = &reference->nodes[a];
    const struct reference_node *y = &reference->nodes[b];
    return x->bus == y->bus &&
           (x->alias[y->sketch->address.devfn] || y->alias[x->sketch->address.devfn]);
}

static int search_f(const struct reference *reference, unsigned x, bool seen[256]);

/* R2.10 */
static int search_s(const struct reference *reference, unsigned x, bool seen[256])
{
    const struct reference_node *node = &reference->nodes[x];
    if (seen[node->sketch->address.devfn])
        return -1;
    seen[node->sketch->address.devfn] = true;
    if (node->group >= 0)
        return node->group;
    for (unsigned i = 0; i < reference->count; i++) {
        unsigned t = reference->order[i];
        if (t == x || !reference->nodes[t].visible || !reference_alias(reference, x, t))
            continue;
        int group = search_s(reference, t, seen);
        if (group < 0)
            group = search_f(reference, t, seen);
        if (group >= 0)
            return group;
    }
    return -1;
}

/* R2.11 */
static int search_f(const struct reference *reference, unsigned x, bool seen[256])
{
    const struct reference_node *node = &reference->nodes[x];
    if (!reference_m(reference, x) || reference_acs_ok(reference, x))
        return -1;
    for (unsigned i = 0; i < reference->count; i++) {
        unsigned t = reference->order[i];
        const struct reference_node *other = &reference->nodes[t];
        if (t == x || !other->visible || other->bus != node->bus ||
            other->sketch->address.devfn >> 3 != node->sketch->address.devfn >> 3 ||
            reference_acs_ok(reference, t))
            continue;
        int group = search_s(reference, t, seen);
        if (group >= 0)
            return group;
    }
    return -1;
}

/* R2.3: whether a bridge is visited by the alias walk. */
static bool visited(const struct reference_node *bridge)
{
    if (bridge->type == SKETCH_CONVENTIONAL || bridge->type == 8)
        return true;
    return bridge->type == 7 && !bridge->no_alias;
}

static bool path_ok(const struct reference *reference, unsigned bridge)
{
    if (!reference_acs_ok(reference, bridge))
        return false;
    for (int bus = (int)reference->nodes[bridge].bus; bus >= 0;
         bus = reference->buses[bus].parent) {
        int above = reference->buses[bus].bridge;
        if (above >= 0 && !reference_acs_ok(reference, (unsigned)above))
            return false;
    }
    return true;
}

/* R2.1-R2.12: the group that a function joins, or a new one. */
static int group_linux(struct reference *reference, unsigned node)
{
    unsigned current = node;
    if (reference->nodes[node].sketch->vmd_stated) {
        int endpoint = find_node(reference, reference->nodes[node].sketch->vmd);
        if (endpoint >= 0)
            current = (unsigned)endpoint;
    }
    if (reference->nodes[current].group >= 0)
        return reference->nodes[current].group;
    for (int bus = (int)reference->nodes[current].bus; bus >= 0;
         bus = reference->buses[bus].parent) {
        int bridge = reference->buses[bus].bridge;
        if (bridge < 0)
            continue;
        if (reference->nodes[bridge].xlate_root)
            break;
        if (!visited(&reference->nodes[bridge]))
            continue;
        current = (unsigned)bridge;
        if (reference->nodes[current].group >= 0)
            return reference->nodes[current].group;
    }
    for (int bus = (int)reference->nodes[current].bus; bus >= 0;
         bus = reference->buses[bus].parent) {
        int bridge = reference->buses[bus].bridge;
        if (bridge < 0)
            continue;
        if (path_ok(reference, (unsigned)bridge))
            break;
        current = (unsigned)bridge;
        if (reference->nodes[current].group >= 0)
            return reference->nodes[current].group;
    }
    bool seen[256] = {false};
    int group = search_s(reference, current, seen);
    if (group < 0)
        group = search_f(reference, current, seen);
    return group >= 0 ? group : reference->next_group++;
}

static void group_all(struct reference *reference)
{
    for (unsigned i = 0; i < reference->count; i++)
        reference->nodes[i].visible =
            !reference->options->hot_added && !reference->nodes[i].sketch->is_vf;
    for (unsigned i = 0; i < reference->count; i++) {
        struct reference_node *node = &reference->nodes[reference->order[i]];
        node->visible = true;
        reference->current = reference->order[i];
        if (!node->managed)
            continue;
        node->group = reference->options->ruleset.kind == IMS_RULESET_PROPOSED_2025
                          ? reference_group_proposed(reference, reference->order[i])
                          : group_linux(reference, reference->order[i]);
    }
}

static void describe_nodes(struct reference *reference)
{
    for (unsigned i = 0; i < reference->count; i++)
        reference->nodes[i].sketch = &reference->sketch->functions[i];
    make_buses(reference);
    bool corrects = newer_than(reference, 5, 0); /* absent from 5.0, present in 5.4 */
    for (unsigned i = 0; i < reference->count; i++)
        reference->nodes[i].type =
            corrects ? corrected_type(reference, i) : reference->nodes[i].sketch->type;
    for (unsigned i = 0; i < reference->count; i++) {
        struct reference_node *node = &reference->nodes[i];
        node->group = -1;
        node->managed = is_managed(reference, node->sketch);
        read_registers(reference, node);
    }
    for (unsigned i = 0; i < reference->count; i++)
        reference->nodes[i].m_boot = multifunction_at_boot(reference, &reference->nodes[i]);
}

int reference_compute(const struct sketch *sketch, const struct reference_options *options,
                      int *groups)
{
    struct reference reference = {.sketch = sketch, .options = options, .count = sketch->count};
    size_t n = sketch->count + 1u;
    reference.nodes = calloc(n, sizeof(*reference.nodes));
    reference.buses = calloc(2 * n, sizeof(*reference.buses));
    reference.order = calloc(n, sizeof(*reference.order));
    reference.flagged = calloc(n, sizeof(*reference.flagged));
    if (!reference.nodes || !reference.buses || !reference.order || !reference.flagged)
        abort();
    describe_nodes(&reference);
    reference_apply_rows(&reference);
    reference_program_acs(&reference);
    make_order(&reference);
    group_all(&reference);
    for (unsigned i = 0; i < sketch->count; i++)
        groups[i] = reference.nodes[i].group;
    free(reference.nodes);
    free(reference.buses);
    free(reference.order);
    free(reference.flagged);
    return reference.unsupported ? -ENOTSUP : 0;
}
