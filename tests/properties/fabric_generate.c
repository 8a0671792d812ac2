/* SPDX-License-Identifier: MIT */
#include "fabric_generate.h"

#include "fabric_layout.h"

struct fabric_options fabric_draw_options(struct rng *rng)
{
    static const unsigned often[] = {0, 20, 50, 90};
    static const unsigned seldom[] = {0, 0, 10, 30};
    struct fabric_options options = {
        .function_max = 4 + rng_below(rng, rng_percent(rng, 15) ? 40 : 18),
        .depth_max = 2 + rng_below(rng, 7),
    };
    options.lax = often[rng_below(rng, 4)];
    options.enhanced = often[rng_below(rng, 4)];
    options.functions = often[rng_below(rng, 4)];
    options.egress = seldom[rng_below(rng, 4)] * 2;
    options.unknown = seldom[rng_below(rng, 4)];
    options.multicast = seldom[rng_below(rng, 4)] * 2;
    options.vfs = seldom[rng_below(rng, 4)];
    options.conventional = seldom[rng_below(rng, 4)];
    options.port_bars = seldom[rng_below(rng, 4)];
    options.vendors = seldom[rng_below(rng, 4)] * 2;
    options.wrong = seldom[rng_below(rng, 4)];
    options.commands = seldom[rng_below(rng, 4)];
    options.roots = seldom[rng_below(rng, 4)] * 2;
    options.ats = seldom[rng_below(rng, 4)];
    options.phantom = seldom[rng_below(rng, 4)] / 2;
    return options;
}

static bool room(const struct fabric_generator *generator)
{
    return generator->sketch->count < generator->options->function_max &&
           generator->next_bus < 0xf0;
}

static struct sketch_function *add(struct fabric_generator *generator, unsigned bus, unsigned devfn,
                                   int type, int header)
{
    struct ims_address address = {generator->segment, (uint8_t)bus, (uint8_t)devfn};
    struct sketch_function *function = sketch_add(generator->sketch, address, type, header);
    function->vmd_stated = generator->vmd;
    function->vmd = generator->vmd_endpoint;
    return function;
}

/* Registers of a function of a device; VFs and bridges below come afterwards. */
static struct sketch_function *add_function(struct fabric_generator *generator, unsigned bus,
                                            unsigned devfn, int type, int header, bool ari)
{
    struct sketch_function *function = add(generator, bus, devfn, type, header);
    function->ari = ari && type == 0;
    fabric_draw_function_acs(generator, function);
    fabric_draw_bars(generator, function);
    fabric_draw_multicast(generator, function);
    fabric_draw_vendor(generator, function);
    return function;
}

static void draw_vfs(struct fabric_generator *generator, unsigned index, unsigned number)
{
    struct sketch_function *pf = &generator->sketch->functions[index];
    unsigned count = 1 + fabric_below(generator, 3);
    pf->sriov = true;
    pf->sriov_total = (uint16_t)(count + fabric_below(generator, 2));
    pf->sriov_num = (uint16_t)count;
    pf->sriov_offset = (uint16_t)(0x80 + 8 * number);
    pf->sriov_stride = (uint16_t)(1 + fabric_below(generator, 2));
    if (number == 0 && generator->next_bus == pf->address.bus + 1u &&
        fabric_percent(generator, 30)) { /* VFs on the next bus (B10) */
        pf->sriov_offset = 0x100;
        generator->next_bus++;
    }
    pf->sriov_vf_device = 0x0011;
    if (fabric_percent(generator, 85))
        pf->fabric.vf_bars[0].size = 0x1000u << fabric_below(generator, 6);
    struct sketch_function copy = *pf;
    for (unsigned i = 0; i < count; i++) {
        unsigned devfn = copy.address.devfn + copy.sriov_offset + i * copy.sriov_stride;
        struct sketch_function *vf =
            add(generator, copy.address.bus + (devfn >> 8), devfn & 0xff, 0, 0);
        vf->is_vf = true;
        vf->physfn = copy.address;
        vf->ids[0] = (struct ims_id){copy.ids[0].vendor, copy.sriov_vf_device};
        vf->ari = copy.ari;
        fabric_draw_function_acs(generator, vf); /* A6.6: its own enables */
    }
}

static void draw_conventional_bus(struct fabric_generator *generator, unsigned bus, unsigned depth);
static void draw_link(struct fabric_generator *generator, unsigned bus, unsigned depth);

/* Gives the bridge its bus, draws what is below and closes the bus range. */
static unsigned open_bus(struct fabric_generator *generator, unsigned index)
{
    unsigned bus = generator->next_bus++;
    generator->sketch->functions[index].secondary = (uint8_t)bus;
    return bus;
}

static void close_bus(struct fabric_generator *generator, unsigned index)
{
    generator->sketch->functions[index].subordinate = (uint8_t)(generator->next_bus - 1);
}

static void draw_switch(struct fabric_generator *generator, unsigned bus, unsigned devfn,
                        unsigned depth)
{
    bool outer = generator->multicast;
    generator->multicast = fabric_percent(generator, generator->options->multicast);
    unsigned upstream = generator->sketch->count;
    add_function(generator, bus, devfn, 5, 1, false);
    unsigned inner = open_bus(generator, upstream);
    unsigned ports = 1 + fabric_below(generator, 4);
    unsigned skew = fabric_below(generator, 4);
    for (unsigned i = 0; i < ports && (i == 0 || room(generator)); i++) {
        unsigned index = generator->sketch->count;
        struct sketch_function *port = add(generator, inner, i << 3, 6, 1);
        port->fabric.port_number = (uint8_t)(1 + i + skew);
        fabric_draw_port_acs(generator, port);
        fabric_draw_bars(generator, port);
        fabric_draw_multicast(generator, port);
        draw_link(generator, open_bus(generator, index), depth + 1);
        close_bus(generator, index);
    }
    close_bus(generator, upstream);
    generator->multicast = outer;
}

static void draw_bridge(struct fabric_generator *generator, unsigned bus, unsigned devfn, int type,
                        unsigned depth)
{
    unsigned index = generator->sketch->count;
    struct sketch_function *bridge = add_function(generator, bus, devfn, type, 1, false);
    if (type == SKETCH_CONVENTIONAL && depth && fabric_percent(generator, 50))
        bridge->ids[0] = (struct ims_id){0x1b21, 0x1080}; /* B5 where it hangs on a link */
    if (type == SKETCH_CONVENTIONAL && fabric_percent(generator, 15))
        bridge->class_code = 0x060401; /* C8 */
    draw_conventional_bus(generator, open_bus(generator, index), depth + 1);
    close_bus(generator, index);
}

/* One function of the device on a link. */
static void draw_link_function(struct fabric_generator *generator, unsigned bus, unsigned devfn,
                               unsigned depth, bool ari)
{
    bool deep = depth >= generator->options->depth_max || !room(generator);
    unsigned what = fabric_below(generator, 100);
    unsigned index = generator->sketch->count;
    if (!deep && !ari && what < generator->options->conventional) {
        draw_bridge(generator, bus, devfn, fabric_percent(generator, 80) ? 7 : SKETCH_CONVENTIONAL,
                    depth);
    } else if (!deep && !ari && fabric_percent(generator, 45)) {
        draw_switch(generator, bus, devfn, depth);
    } else {
        add_function(generator, bus, devfn, what % 5 ? 0 : ari ? 0 : 1, 0, ari);
        if (generator->sketch->functions[index].type == 0 && devfn < 8 &&
            fabric_percent(generator, generator->options->vfs))
            draw_vfs(generator, index, devfn);
    }
}

/* ARI: more than eight functions, and function groups (A1.7). */
static void draw_ari_groups(struct fabric_generator *generator, unsigned first)
{
    bool groups = fabric_percent(generator, 50);
    for (unsigned i = first; i < generator->sketch->count; i++) {
        struct sketch_function *function = &generator->sketch->functions[i];
        if (function->is_vf || !function->ari)
            continue;
        function->fabric.group_stated = groups;
        function->fabric.group = groups ? (uint8_t)fabric_below(generator, 4) : 0;
        function->fabric.acs_groups = groups && function->address.devfn == 0;
    }
}

static void draw_link(struct fabric_generator *generator, unsigned bus, unsigned depth)
{
    unsigned first = generator->sketch->count;
    unsigned functions = fabric_percent(generator, generator->options->functions)
                             ? 2 + fabric_below(generator, 3)
                             : 1;
    bool ari = functions > 1 && fabric_percent(generator, 20);
    if (fabric_percent(generator, 6))
        return; /* an empty slot */
    for (unsigned i = 0; i < functions && (i == 0 || room(generator)); i++) {
        unsigned devfn = ari && i == 2 ? 9 : i == 3 ? 4 : i;
        draw_link_function(generator, bus, devfn, depth, ari);
    }
    if (ari)
        draw_ari_groups(generator, first);
}

static void draw_conventional_bus(struct fabric_generator *generator, unsigned bus, unsigned depth)
{
    unsigned count = 1 + fabric_below(generator, 3);
    for (unsigned i = 0; i < count && (i == 0 || room(generator)); i++) {
        unsigned devfn = (i + fabric_below(generator, 2) + i) << 3;
        bool deep = depth >= generator->options->depth_max || !room(generator);
        unsigned index = generator->sketch->count;
        if (!deep && fabric_percent(generator, 25)) {
            draw_bridge(generator, bus, devfn, SKETCH_CONVENTIONAL, 0);
        } else if (!deep && fabric_percent(generator, 10)) {
            add_function(generator, bus, devfn, 8, 1, false); /* B4 */
            unsigned link = open_bus(generator, index);
            add_function(generator, link, 0, 0, 0, false);
            close_bus(generator, index);
        } else {
            add_function(generator, bus, devfn, SKETCH_CONVENTIONAL, 0, false);
        }
    }
}

static void draw_root_port(struct fabric_generator *generator, unsigned bus, unsigned devfn)
{
    unsigned index = generator->sketch->count;
    generator->multicast = fabric_percent(generator, generator->options->multicast / 2);
    struct sketch_function *port = add(generator, bus, devfn, 4, 1);
    port->fabric.port_number = (uint8_t)(devfn + 1);
    port->arifwd = fabric_percent(generator, 50);
    fabric_draw_port_acs(generator, port);
    fabric_draw_bars(generator, port);
    fabric_draw_multicast(generator, port);
    fabric_draw_vendor(generator, port);
    draw_link(generator, open_bus(generator, index), 1);
    close_bus(generator, index);
    generator->multicast = false;
}

static void draw_root_bus(struct fabric_generator *generator, unsigned bus)
{
    unsigned slots = 1 + fabric_below(generator, 3);
    for (unsigned slot = 0; slot < slots && (slot == 0 || room(generator)); slot++) {
        unsigned functions = fabric_percent(generator, generator->options->functions) ? 2 : 1;
        unsigned what = fabric_below(generator, 100);
        for (unsigned i = 0; i < functions; i++) {
            unsigned devfn = (slot + 1) << 3 | i;
            if (what < 70)
                draw_root_port(generator, bus, devfn);
            else if (what < 90)
                add_function(generator, bus, devfn, what < 88 ? 9 : 10, 0, false);
            else if (what < 95)
                add_function(generator, bus, devfn, SKETCH_CONVENTIONAL, 0, false);
            else
                draw_bridge(generator, bus, devfn, SKETCH_CONVENTIONAL, 0);
        }
    }
}

static void draw_roots(struct fabric_generator *generator)
{
    draw_root_bus(generator, generator->next_bus++);
    if (!fabric_percent(generator, generator->options->roots))
        return;
    switch (fabric_below(generator, 3)) {
    case 0: /* a second host bridge */
        draw_root_bus(generator, generator->next_bus++);
        break;
    case 1:
        generator->segment = 1;
        generator->next_bus = 0;
        draw_root_bus(generator, generator->next_bus++);
        break;
    default: { /* VMD (B7) */
        generator->vmd_endpoint = (struct ims_address){0, 0, IMS_DEVFN(0x0e, 0)};
        struct sketch_function *endpoint = add(generator, 0, IMS_DEVFN(0x0e, 0), 9, 0);
        endpoint->ids[0] = (struct ims_id){0x8086, 0x467f};
        endpoint->nobar = true;
        generator->segment = 0x10000;
        generator->next_bus = 1;
        generator->vmd = true;
        draw_root_bus(generator, 0);
        break;
    }
    }
}

static void mark_roots(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        function->on_root = !function->is_vf;
        for (unsigned j = 0; j < sketch->count; j++) {
            const struct sketch_function *bridge = &sketch->functions[j];
            if (bridge->header && bridge->address.segment == function->address.segment &&
                bridge->secondary == function->address.bus)
                function->on_root = false;
        }
    }
}

void fabric_generate(struct rng *rng, const struct fabric_options *options, struct sketch *sketch)
{
    struct fabric_generator generator = {.rng = rng, .options = options, .sketch = sketch};
    draw_roots(&generator);
    mark_roots(sketch);
    sketch_settle(sketch);
    for (unsigned i = 0; i < sketch->count; i++)
        fabric_draw_unknown(&generator, &sketch->functions[i]);
    fabric_draw_commands(&generator);
    fabric_layout(sketch, rng);
    fabric_spoil_windows(&generator);
}
