/* SPDX-License-Identifier: MIT */
#include "fabric_layout.h"

#include <string.h>

/* Three kinds of addresses, each with its window in a bridge. */
enum space {
    SPACE_MEMORY,
    SPACE_PREFETCHABLE, /* wide ranges, above 4 GiB */
    SPACE_IO,
};

struct layout {
    struct sketch *sketch;
    struct rng *rng;
    enum space space;
    uint64_t next; /* first address that is free */
};

static const uint64_t granules[] = {0x100000, 0x100000, 0x1000};

static uint64_t align(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static void leave_gap(struct layout *layout)
{
    if (layout->rng && rng_percent(layout->rng, 12))
        layout->next += granules[layout->space] * (1 + rng_below(layout->rng, 2));
}

static enum space space_of(const struct sketch_bar *bar)
{
    if (bar->io)
        return SPACE_IO;
    return bar->wide && bar->prefetchable ? SPACE_PREFETCHABLE : SPACE_MEMORY;
}

static void place(struct layout *layout, struct sketch_bar *bar, uint64_t times)
{
    if (!bar->size || space_of(bar) != layout->space)
        return;
    bar->base = align(layout->next, bar->size < 0x800 && !bar->io ? 0x800 : bar->size);
    layout->next = bar->base + bar->size * times;
}

static bool is_above(const struct sketch_function *bridge, const struct sketch_function *function)
{
    return bridge->header && bridge->address.segment == function->address.segment &&
           bridge->secondary == function->address.bus &&
           bridge->address.bus != function->address.bus;
}

static void place_function(struct layout *layout, struct sketch_function *function);

/* The window of a bridge opens around everything below it. */
static void place_below(struct layout *layout, struct sketch_function *bridge)
{
    struct sketch_window *windows[] = {&bridge->mem, &bridge->pref, &bridge->io};
    struct sketch_window *window = windows[layout->space];
    uint64_t granule = granules[layout->space];
    layout->next = align(layout->next, granule);
    leave_gap(layout);
    uint64_t first = layout->next;
    for (unsigned i = 0; i < layout->sketch->count; i++) {
        struct sketch_function *function = &layout->sketch->functions[i];
        if (!function->is_vf && is_above(bridge, function))
            place_function(layout, function);
    }
    leave_gap(layout);
    layout->next = align(layout->next, granule);
    *window = (struct sketch_window){layout->next > first, first, layout->next - 1};
    if (!window->set)
        window->base = window->limit = 0;
}

static void place_function(struct layout *layout, struct sketch_function *function)
{
    for (unsigned i = 0; i < SKETCH_BAR_COUNT; i++) {
        place(layout, &function->fabric.bars[i], 1);
        place(layout, &function->fabric.vf_bars[i], function->sriov_total);
    }
    place(layout, &function->fabric.rom, 1);
    if (function->header == 1)
        place_below(layout, function);
}

static bool on_root(const struct sketch *sketch, const struct sketch_function *function)
{
    bool root = !function->is_vf;
    for (unsigned i = 0; i < sketch->count; i++)
        root = root && !is_above(&sketch->functions[i], function);
    return root;
}

void fabric_layout(struct sketch *sketch, struct rng *rng)
{
    static const uint64_t starts[] = {0xc0000000, 0x4000000000, 0x2000};
    for (unsigned space = 0; space < 3; space++) {
        struct layout layout = {sketch, rng, (enum space)space, starts[space]};
        for (unsigned i = 0; i < sketch->count; i++) {
            if (on_root(sketch, &sketch->functions[i]))
                place_function(&layout, &sketch->functions[i]);
        }
    }
}

void fabric_default_bars(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        bool wants = function->header ? function->bar : !function->nobar && !function->is_vf;
        if (wants && !function->fabric.bars[0].size)
            function->fabric.bars[0].size = function->header ? 0x1000 : 0x10000;
        if (function->sriov && !function->fabric.vf_bars[0].size)
            function->fabric.vf_bars[0].size = 0x4000;
    }
}
