/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include <string.h>

#define DEPTH_MAX 7u

struct generator {
    struct rng *rng;
    const struct generate_options *options;
    struct sketch *sketch;
    unsigned next_bus;
    uint32_t segment;
    bool vmd;
    struct ims_address vmd_endpoint;
};

/* What sits above a bus; decides what may sit on it. */
enum place {
    PLACE_ROOT,
    PLACE_LINK,     /* below a root or downstream port: one device */
    PLACE_INTERNAL, /* inside a switch, below the upstream port */
    PLACE_CONVENTIONAL,
};

struct generate_options generate_draw_options(struct rng *rng)
{
    static const unsigned quirks[] = {0, 10, 40, 80};
    static const unsigned lies[] = {0, 0, 10, 40};
    return (struct generate_options){
        .function_max = 4 + rng_below(rng, rng_percent(rng, 20) ? 60 : 24),
        .quirk_percent = quirks[rng_below(rng, 4)],
        .lie_percent = lies[rng_below(rng, 4)],
        .orphan_percent = rng_percent(rng, 25) ? 5 + rng_below(rng, 40) : 0,
        .vf_percent = rng_percent(rng, 30) ? 30 : 0,
        .vmd_percent = 8,
    };
}

static bool percent(struct generator *generator, unsigned value)
{
    return rng_percent(generator->rng, value);
}

static unsigned below(struct generator *generator, unsigned n)
{
    return rng_below(generator->rng, n);
}

static void draw_acs(struct generator *generator, struct sketch_function *function)
{
    static const uint32_t caps[] = {0x1d, 0x1f, 0x5f, 0x7f, 0x0c, 0x00, 0x01, 0x1c};
    unsigned what = below(generator, 100);
    if (what < 35)
        return;
    function->acs = SKETCH_YES;
    function->acs_cap = caps[below(generator, 8)];
    if (what < 45)
        function->acs_cap = below(generator, 0x80);
    if (what < 75)
        function->acs_ctrl = function->acs_cap & (SKETCH_REQ | 0x40u);
    else if (what < 85)
        function->acs_ctrl = 0;
    else
        function->acs_ctrl = below(generator, 0x80) & function->acs_cap;
    if (generator->options->enhanced && percent(generator, 40)) {
        function->acs_cap |= 0x80;
        function->acs_ctrl |= percent(generator, 50) ? 0x1f80u : below(generator, 0x40) << 7;
    }
}

/* A random id of the quirk tables, sometimes the one beside it. */
static void draw_id(struct generator *generator, struct sketch_function *function)
{
    if (!percent(generator, generator->options->quirk_percent))
        return;
    struct ims_quirk_row row = ims_quirk_row_at(below(generator, ims_quirk_row_count()));
    /* The alias rows of 9005 ask for a subsystem id, which is no part of a bridge's header. */
    if (row.vendor == 0x9005 && function->header)
        return;
    uint16_t device = row.any_device ? (uint16_t)below(generator, 0x10000) : row.device;
    if (strcmp(row.kind, "expand") == 0) /* the row of a list shows its first id */
        device = (uint16_t)(device + below(generator, 0x22));
    else if (!row.any_device && percent(generator, 15))
        device = (uint16_t)(device + (percent(generator, 50) ? 1 : 0xffff));
    function->ids[0] = (struct ims_id){row.vendor, device};
    if (row.vendor == 0x9005 && percent(generator, 70))
        function->subsystem = (struct ims_id){0x9005, percent(generator, 50) ? 0x02bb : 0x02bc};
    /* The layout that R4.21 is about. */
    if (row.vendor == 0x8086 && strcmp(row.rule, "intel_spt") == 0)
        function->spt = true;
}

static struct sketch_function *add(struct generator *generator, uint8_t bus, unsigned devfn,
                                   int type, int header)
{
    struct ims_address address = {generator->segment, bus, (uint8_t)devfn};
    struct sketch_function *function = sketch_add(generator->sketch, address, type, header);
    function->mf_stated = true;
    function->vmd_stated = generator->vmd;
    function->vmd = generator->vmd_endpoint;
    draw_id(generator, function);
    if (type != SKETCH_CONVENTIONAL) {
        draw_acs(generator, function);
        function->no_ext = percent(generator, 3);
    }
    function->bar = header && percent(generator, 30);
    function->rom = percent(generator, 10);
    function->driver_stated = true;
    return function;
}

static int draw_endpoint_type(struct generator *generator, enum place place)
{
    if (place == PLACE_CONVENTIONAL)
        return percent(generator, 90) ? SKETCH_CONVENTIONAL : 0;
    if (place == PLACE_ROOT) {
        static const int types[] = {SKETCH_CONVENTIONAL, SKETCH_CONVENTIONAL, 0, 9, 9, 1, 10};
        return types[below(generator, 7)];
    }
    static const int types[] = {0, 0, 0, 0, 1, SKETCH_CONVENTIONAL, 10, 2};
    return types[percent(generator, 90) ? below(generator, 5) : below(generator, 8)];
}

static int draw_bridge_type(struct generator *generator, enum place place)
{
    static const int any[] = {4, 5, 6, 7, 8, 0, SKETCH_CONVENTIONAL};
    static const int at_root[] = {4, 4, 4, 4, 4, SKETCH_CONVENTIONAL, 7};
    static const int at_link[] = {5, 5, 5, 5, 7, 7, SKETCH_CONVENTIONAL};
    static const int inside[] = {6, 6, 6, 6, 6, 6, 7};
    static const int conventional[] = {-1, -1, -1, -1, 8, 8, 7};
    unsigned index = below(generator, 7);
    if (percent(generator, generator->options->lie_percent))
        return any[index];
    if (place == PLACE_ROOT)
        return at_root[index];
    if (place == PLACE_LINK)
        return at_link[index];
    return place == PLACE_INTERNAL ? inside[index] : conventional[index];
}

static enum place place_below(int type)
{
    if (type == 4 || type == 6 || type == 8)
        return PLACE_LINK;
    return type == 5 ? PLACE_INTERNAL : PLACE_CONVENTIONAL;
}

static bool room(const struct generator *generator)
{
    return generator->sketch->count < generator->options->function_max &&
           generator->next_bus < 0xe0;
}

/*
 * VFs of the function with this index: beside the PF, or on the next bus, which then has no bridge
 * (R1.2). From a high slot number the first form runs into the following bus, which may be any.
 */
static void draw_vfs(struct generator *generator, unsigned index)
{
    struct sketch_function *pf = &generator->sketch->functions[index];
    unsigned count = 1 + below(generator, 3);
    unsigned rid = (unsigned)pf->address.bus << 8 | pf->address.devfn;
    unsigned offset = 0x80 + below(generator, 4) * 8;
    if (percent(generator, 50))
        offset = (generator->next_bus++ << 8 | below(generator, 64)) - rid;
    pf->sriov = true;
    pf->no_ext = false;
    pf->sriov_total = (uint16_t)(count + 1);
    pf->sriov_num = (uint16_t)count;
    pf->sriov_offset = (uint16_t)offset;
    pf->sriov_stride = (uint16_t)(1 + below(generator, 2));
    pf->sriov_vf_device = (uint16_t)(0x8000 + below(generator, 16));
    struct sketch_function copy = *pf;
    for (unsigned i = 0; i < count; i++) {
        unsigned vf_rid = rid + offset + i * copy.sriov_stride;
        struct ims_address address = {generator->segment, (uint8_t)(vf_rid >> 8), (uint8_t)vf_rid};
        if (vf_rid > 0xffff || sketch_find(generator->sketch, address))
            break;
        struct sketch_function *vf = sketch_add(generator->sketch, address, 0, 0);
        vf->is_vf = true;
        vf->physfn = copy.address;
        vf->ids[0] = (struct ims_id){copy.ids[0].vendor, copy.sriov_vf_device};
        vf->mf_stated = true;
        vf->driver_stated = true;
        vf->vmd_stated = copy.vmd_stated;
        vf->vmd = copy.vmd;
        if (copy.acs == SKETCH_YES && percent(generator, 50)) {
            vf->acs = SKETCH_YES;
            vf->acs_cap = copy.acs_cap;
        }
    }
}

static void draw_bus(struct generator *generator, uint8_t bus, enum place place, unsigned depth);

/* One function of a slot; below a bridge the whole subtree. */
static void draw_function(struct generator *generator, uint8_t bus, unsigned devfn,
                          enum place place, unsigned depth, unsigned bridge_percent, bool header_mf)
{
    unsigned index = generator->sketch->count;
    if (depth < DEPTH_MAX && percent(generator, bridge_percent)) {
        int type = draw_bridge_type(generator, place);
        struct sketch_function *bridge = add(generator, bus, devfn, type, 1);
        unsigned secondary = generator->next_bus++;
        bridge->mf = header_mf ? SKETCH_YES : SKETCH_NO;
        bridge->secondary = (uint8_t)secondary;
        bridge->pcix2 = type == SKETCH_CONVENTIONAL && percent(generator, 10);
        bridge->arifwd = (type == 4 || type == 6) && percent(generator, 15);
        draw_bus(generator, (uint8_t)secondary, place_below(type), depth + 1);
        generator->sketch->functions[index].subordinate = (uint8_t)(generator->next_bus - 1);
        return;
    }
    int type = draw_endpoint_type(generator, place);
    struct sketch_function *endpoint = add(generator, bus, devfn, type, 0);
    endpoint->mf = header_mf ? SKETCH_YES : SKETCH_NO;
    endpoint->nobar = percent(generator, 10);
    endpoint->pcix2 = type == SKETCH_CONVENTIONAL && percent(generator, 5);
    endpoint->ari = type == 0 && percent(generator, 10);
    if (type == 0 && percent(generator, generator->options->vf_percent) && room(generator))
        draw_vfs(generator, index);
}

static void draw_slot(struct generator *generator, uint8_t bus, unsigned slot, enum place place,
                      unsigned depth)
{
    static const unsigned bridges[] = {50, 45, 85, 20};
    unsigned functions = percent(generator, 55) ? 1 : 1 + below(generator, 4);
    unsigned bridge_percent = bridges[place];
    unsigned function = percent(generator, 4) ? 1 : 0; /* function 0 may be missing (R5.10) */
    unsigned first = generator->sketch->count;
    if (percent(generator, 5))
        functions = 8;
    for (; functions && function < 8; functions--, function++) {
        bool mf = functions > 1 || function ? percent(generator, function ? 40 : 90)
                                            : percent(generator, 5);
        if (!room(generator) && generator->sketch->count > first)
            break;
        draw_function(generator, bus, slot << 3 | function, place, depth, bridge_percent, mf);
        if (percent(generator, 20))
            function++; /* holes */
    }
}

static void draw_bus(struct generator *generator, uint8_t bus, enum place place, unsigned depth)
{
    unsigned slots = place == PLACE_ROOT   ? 2 + below(generator, 5)
                     : place == PLACE_LINK ? (percent(generator, 92) ? 1 : 2)
                                           : 1 + below(generator, 4);
    unsigned slot = percent(generator, 80) ? 0 : below(generator, 16);
    if (place != PLACE_ROOT && percent(generator, 8))
        return; /* an empty bus */
    for (unsigned i = 0; i < slots && slot < 31 && (i == 0 || room(generator)); i++) {
        draw_slot(generator, bus, slot, place, depth);
        slot += 1 + below(generator, percent(generator, 80) ? 2 : 8);
    }
}

/* Slot 31 function 0 of every bus with a PCH port holds the RCBA register (R4.20). */
static void draw_rcba(struct generator *generator)
{
    unsigned count = generator->sketch->count;
    for (unsigned i = 0; i < count; i++) {
        struct ims_address address = generator->sketch->functions[i].address;
        if (generator->sketch->functions[i].ids[0].vendor != 0x8086 ||
            generator->sketch->functions[i].type != 4)
            continue;
        address.devfn = IMS_DEVFN(31, 0);
        struct sketch_function *lpc = sketch_find(generator->sketch, address);
        if (!lpc) {
            lpc = sketch_add(generator->sketch, address, SKETCH_CONVENTIONAL, 0);
            lpc->vmd_stated = generator->sketch->functions[i].vmd_stated;
            lpc->vmd = generator->sketch->functions[i].vmd;
            lpc->class_code = 0x060100;
            lpc->mf_stated = true;
            lpc->driver_stated = true;
            lpc->mf = percent(generator, 50) ? SKETCH_YES : SKETCH_NO;
        }
        if (lpc->raw_count == 0) {
            uint32_t value = percent(generator, 50) ? 0xfed1c001u : 0;
            lpc->raw[lpc->raw_count++] = (struct sketch_raw){.offset = 0xf0, .value = value};
        }
    }
}

/* A VF gives way to a function that was drawn later at the same address. */
static void drop_duplicates(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count;) {
        bool twice = false;
        for (unsigned j = 0; j < sketch->count; j++)
            twice = twice || (i != j && ims_address_compare(sketch->functions[i].address,
                                                            sketch->functions[j].address) == 0);
        if (twice && sketch->functions[i].is_vf)
            sketch_remove(sketch, i);
        else
            i++;
    }
}

static bool same_bus(const struct sketch_function *a, const struct sketch_function *b)
{
    return a->address.segment == b->address.segment && a->address.bus == b->address.bus;
}

/* All functions of an ARI device have the capability; where one cannot, none has. */
static bool can_be_ari(const struct sketch *sketch, const struct sketch_function *of)
{
    bool first = false;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        if (function->is_vf || !same_bus(function, of))
            continue;
        if (function->type == SKETCH_CONVENTIONAL || function->no_ext)
            return false;
        first = first || (function->address.devfn == 0 && function->ari);
    }
    return first;
}

static void settle_ari(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        bool settled = function->is_vf;
        for (unsigned j = 0; j < i; j++)
            settled = settled ||
                      (!sketch->functions[j].is_vf && same_bus(&sketch->functions[j], function));
        if (settled)
            continue;
        bool ari = can_be_ari(sketch, function);
        for (unsigned j = i; j < sketch->count; j++) {
            struct sketch_function *other = &sketch->functions[j];
            if (!other->is_vf && same_bus(other, function))
                other->ari = ari;
        }
    }
}

static bool has_bridge_above(const struct sketch *sketch, const struct sketch_function *function)
{
    uint8_t bus = function->is_vf ? function->physfn.bus : function->address.bus;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *bridge = &sketch->functions[i];
        if (bridge->header && bridge->address.segment == function->address.segment &&
            bridge->secondary == bus)
            return true;
    }
    return false;
}

static void draw_groups(struct generator *generator)
{
    struct sketch *sketch = generator->sketch;
    bool orphans = generator->options->orphan_percent > 0;
    sketch->machine.groups_stated = orphans ? IMS_YES : IMS_UNKNOWN;
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        function->on_root = !function->is_vf && !has_bridge_above(sketch, function);
        if (!orphans)
            continue;
        function->group_state = percent(generator, generator->options->orphan_percent)
                                    ? IMS_GROUP_NONE
                                    : IMS_GROUP_KNOWN;
        function->group = function->group_state == IMS_GROUP_KNOWN ? i : 0;
    }
}

void generate_machine(struct rng *rng, const struct generate_options *options,
                      struct sketch *sketch)
{
    struct generator generator = {.rng = rng, .options = options, .sketch = sketch};
    unsigned roots = rng_percent(rng, 70) ? 1 : 1 + rng_below(rng, 3);
    sketch->machine.iommu_on = IMS_YES;
    sketch->machine.ivrs = rng_percent(rng, 50) ? IMS_YES : IMS_NO;
    sketch->machine.kind = sketch->machine.ivrs == IMS_YES ? IMS_IOMMU_AMD : IMS_IOMMU_INTEL;
    memcpy(sketch->machine.arch, "x86_64", 7);
    for (unsigned i = 0; i < roots; i++) {
        if (i && rng_percent(rng, 30)) {
            generator.segment++;
            generator.next_bus = 0;
        }
        draw_bus(&generator, (uint8_t)generator.next_bus++, PLACE_ROOT, 0);
    }
    if (rng_percent(rng, options->vmd_percent)) {
        struct ims_address endpoint = {0, 0, IMS_DEVFN(0x0e, 0)};
        if (!sketch_find(sketch, endpoint)) {
            struct sketch_function *vmd = sketch_add(sketch, endpoint, 9, 0);
            vmd->ids[0] = (struct ims_id){0x8086, 0x467f};
            vmd->class_code = 0x010400;
            vmd->mf_stated = true;
            vmd->driver_stated = true;
            memcpy(vmd->driver, "vmd", 4);
            generator.segment = 0x10000;
            generator.next_bus = 0xc1;
            generator.vmd = true;
            generator.vmd_endpoint = endpoint;
            draw_bus(&generator, 0xc0, PLACE_ROOT, 3);
        }
    }
    drop_duplicates(sketch);
    settle_ari(sketch);
    draw_rcba(&generator);
    draw_groups(&generator);
}
