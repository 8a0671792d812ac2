/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "fabric/model.h"

/* What the elements of each realm take: ranges and windows, in sorted lists. */

static int compare_claims(const void *a, const void *b)
{
    const struct ims_claim *left = a;
    const struct ims_claim *right = b;

    if (left->first != right->first)
        return left->first < right->first ? -1 : 1;
    if (left->function != right->function)
        return left->function < right->function ? -1 : 1;
    return left->bar < right->bar ? -1 : left->bar > right->bar;
}

static void finish(struct ims_claims *claims)
{
    uint64_t reach = 0;

    if (claims->count > 1)
        qsort(claims->items, claims->count, sizeof(*claims->items), compare_claims);
    for (uint32_t i = 0; i < claims->count; i++) {
        struct ims_claim *claim = &claims->items[i];
        if (claim->last_may > reach)
            reach = claim->last_may;
        claim->reach = reach;
    }
}

static void add(struct ims_claims *claims, uint64_t first, uint64_t last, uint64_t last_may,
                uint32_t function, uint32_t bar)
{
    claims->items[claims->count++] = (struct ims_claim){
        .first = first,
        .last = last,
        .last_may = last_may,
        .function = function,
        .bar = bar,
    };
}

static void add_bar(const struct ims_fabric *fabric, struct ims_claims *claims, uint32_t bar)
{
    const struct ims_fabric_bar *range = &fabric->bars[bar];
    const bool asked = fabric->basis.options.as_configured;
    const enum ims_tristate on = asked ? fabric->bar_on[bar] : IMS_YES;

    if (on == IMS_NO)
        return;
    /* Nothing is sure where the enable bit is not known. */
    add(&claims[range->space], range->first, on == IMS_YES ? range->last : range->first - 1,
        range->last_may, fabric->bar_function[bar], bar);
}

static void add_window(struct ims_claims *claims, const struct ims_window *window,
                       uint32_t function)
{
    if (window->open == IMS_YES)
        add(claims, window->base, window->limit, window->limit, function, IMS_NONE);
}

static bool windows_known(const struct ims_fabric *fabric, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, function);
    const struct ims_bridge *bridge = &info->pci.bridge;

    return ims_fabric_decodes(fabric, function, IMS_FABRIC_MEMORY) != IMS_UNKNOWN &&
           ims_fabric_decodes(fabric, function, IMS_FABRIC_IO) != IMS_UNKNOWN &&
           bridge->memory.open != IMS_UNKNOWN && bridge->prefetchable.open != IMS_UNKNOWN &&
           bridge->io.open != IMS_UNKNOWN && info->pci.fpb_memory != IMS_YES;
}

static void claim_function(struct ims_fabric *fabric, struct ims_realm *realm, uint32_t function,
                           uint32_t *open)
{
    const struct ims_fabric_node *node = &fabric->nodes[function];
    const struct ims_function_info *info = ims_fabric_info(fabric, function);

    for (uint32_t i = 0; i < node->bar_count; i++)
        add_bar(fabric, realm->claims, node->bar_first + i);
    if (node->below == IMS_NONE)
        return;
    const struct ims_bridge *bridge = &info->pci.bridge;
    add_window(&realm->claims[IMS_FABRIC_MEMORY], &bridge->memory, function);
    add_window(&realm->claims[IMS_FABRIC_MEMORY], &bridge->prefetchable, function);
    add_window(&realm->claims[IMS_FABRIC_IO], &bridge->io, function);
    if (bridge->vga == IMS_YES)
        add(&realm->claims[IMS_FABRIC_MEMORY], IMS_VGA_FIRST, IMS_VGA_LAST, IMS_VGA_LAST, function,
            IMS_NONE);
    if (!windows_known(fabric, function) || node->subtractive)
        open[realm->open_count++] = function;
}

static int claim_realm(struct ims_fabric *fabric, struct ims_realm *realm)
{
    size_t ranges = 0;
    size_t bridges = 0;

    for (uint32_t i = 0; i < realm->function_count; i++) {
        const struct ims_fabric_node *node = &fabric->nodes[realm->functions[i]];
        ranges += node->bar_count;
        bridges += node->below != IMS_NONE;
    }
    uint32_t *open = ims_arena_alloc_array(&fabric->arena, bridges, sizeof(*open));
    for (unsigned space = 0; space < 2; space++) {
        realm->claims[space].items =
            ims_arena_alloc_array(&fabric->arena, ranges + 3 * bridges, sizeof(struct ims_claim));
        if (!realm->claims[space].items)
            return -ENOMEM;
    }
    if (!open)
        return -ENOMEM;
    realm->open = open;
    for (uint32_t i = 0; i < realm->function_count; i++)
        claim_function(fabric, realm, realm->functions[i], open);
    finish(&realm->claims[IMS_FABRIC_MEMORY]);
    finish(&realm->claims[IMS_FABRIC_IO]);
    return 0;
}

/* Registers of a bridge do not reach into what it passes down. */
static void clip_before_own_windows(const struct ims_fabric *fabric, uint32_t function,
                                    struct ims_fabric_bar *bar)
{
    const struct ims_bridge *own = &ims_fabric_info(fabric, function)->pci.bridge;
    const struct ims_window *windows[] = {&own->memory, &own->prefetchable, &own->io};

    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
        if ((i == 2) == (bar->space == IMS_FABRIC_IO) && windows[i]->open == IMS_YES &&
            windows[i]->base > bar->first && windows[i]->base <= bar->last_may)
            bar->last_may = windows[i]->base - 1;
}

static void clip_to_window(const struct ims_fabric *fabric, uint32_t function,
                           struct ims_fabric_bar *bar)
{
    const uint32_t bridge = fabric->realms[fabric->nodes[function].realm].bridge;
    const struct ims_bridge *facts =
        bridge == IMS_NONE ? NULL : &ims_fabric_info(fabric, bridge)->pci.bridge;

    clip_before_own_windows(fabric, function, bar);
    if (!facts)
        return;
    const struct ims_window *windows[] = {&facts->memory, &facts->prefetchable, &facts->io};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
        if ((i == 2) == (bar->space == IMS_FABRIC_IO) && ims_window_holds(windows[i], bar->first) &&
            bar->last_may > windows[i]->limit)
            bar->last_may = windows[i]->limit;
}

/*
 * A register of unknown size ends before the next one and within the window above it, whichever
 * comes first. Lists are sorted, so one pass from the end does.
 */
static void clip_unknown_sizes(struct ims_fabric *fabric)
{
    for (uint32_t root = 0; root < fabric->root_count; root++)
        for (unsigned space = 0; space < 2; space++) {
            const struct ims_claims *claims = &fabric->all[root][space];
            uint64_t next = UINT64_MAX;
            for (uint32_t i = claims->count; i > 0; i--) {
                struct ims_fabric_bar *bar = &fabric->bars[claims->items[i - 1].bar];
                const bool is_last = i == claims->count;
                if (!is_last && claims->items[i].first > bar->first)
                    next = claims->items[i].first;
                if (bar->size_known || bar->last_may == bar->last)
                    continue;
                if (next != UINT64_MAX && bar->last_may >= next)
                    bar->last_may = next - 1;
                clip_to_window(fabric, claims->items[i - 1].function, bar);
                if (bar->last_may < bar->last)
                    bar->last_may = bar->last;
            }
        }
}

/* Every range of a segment in one list: where windows are not known, or not asked. */
static int claim_segments(struct ims_fabric *fabric)
{
    uint32_t *counts = calloc((size_t)fabric->root_count + 1, sizeof(*counts));

    fabric->all = ims_arena_alloc_array(&fabric->arena, fabric->root_count, sizeof(*fabric->all));
    if (!counts || !fabric->all)
        goto fail;
    for (uint32_t i = 0; i < fabric->bar_total; i++)
        counts[ims_fabric_root_of(
            fabric, ims_fabric_info(fabric, fabric->bar_function[i])->address.segment)]++;
    for (uint32_t i = 0; i < fabric->root_count; i++)
        for (unsigned space = 0; space < 2; space++) {
            fabric->all[i][space].items =
                ims_arena_alloc_array(&fabric->arena, counts[i], sizeof(struct ims_claim));
            if (!fabric->all[i][space].items)
                goto fail;
        }
    for (uint32_t i = 0; i < fabric->bar_total; i++)
        add_bar(fabric,
                fabric->all[ims_fabric_root_of(
                    fabric, ims_fabric_info(fabric, fabric->bar_function[i])->address.segment)],
                i);
    for (uint32_t i = 0; i < fabric->root_count; i++)
        for (unsigned space = 0; space < 2; space++)
            finish(&fabric->all[i][space]);
    free(counts);
    return 0;

fail:
    free(counts);
    return -ENOMEM;
}

static void take_clipped_sizes(struct ims_fabric *fabric)
{
    for (uint32_t root = 0; root < fabric->root_count; root++)
        for (unsigned space = 0; space < 2; space++) {
            struct ims_claims *claims = &fabric->all[root][space];
            for (uint32_t i = 0; i < claims->count; i++)
                claims->items[i].last_may = fabric->bars[claims->items[i].bar].last_may;
            finish(claims);
        }
}

int ims_fabric_make_claims(struct ims_fabric *fabric)
{
    const int segments = claim_segments(fabric);
    if (segments < 0)
        return segments;
    clip_unknown_sizes(fabric);
    take_clipped_sizes(fabric);
    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const int r = claim_realm(fabric, &fabric->realms[i]);
        if (r < 0)
            return r;
    }
    return 0;
}
