/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/tristate.h"
#include "fabric/model.h"

#define VGA_FIRST UINT64_C(0xa0000)
#define VGA_LAST UINT64_C(0xbffff)

static bool inside(const struct ims_window *window, uint64_t address)
{
    return window->open == IMS_YES && window->base <= address && address <= window->limit;
}

/* ---- building ---- */

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
        add(&realm->claims[IMS_FABRIC_MEMORY], VGA_FIRST, VGA_LAST, VGA_LAST, function, IMS_NONE);
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

static uint32_t root_of(const struct ims_fabric *fabric, uint32_t segment)
{
    uint32_t low = 0;
    uint32_t high = fabric->root_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (fabric->realms[middle].segment < segment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
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
        if ((i == 2) == (bar->space == IMS_FABRIC_IO) && inside(windows[i], bar->first) &&
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
        counts[root_of(fabric,
                       ims_fabric_info(fabric, fabric->bar_function[i])->address.segment)]++;
    for (uint32_t i = 0; i < fabric->root_count; i++)
        for (unsigned space = 0; space < 2; space++) {
            fabric->all[i][space].items =
                ims_arena_alloc_array(&fabric->arena, counts[i], sizeof(struct ims_claim));
            if (!fabric->all[i][space].items)
                goto fail;
        }
    for (uint32_t i = 0; i < fabric->bar_total; i++)
        add_bar(fabric,
                fabric->all[root_of(
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

/* ---- asking ---- */

/* The number of claims that begin at or before address: those behind cannot hold it. */
static uint32_t claims_before(const struct ims_claims *claims, uint64_t address)
{
    uint32_t low = 0;
    uint32_t high = claims->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (claims->items[middle].first <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t ims_fabric_toward(const struct ims_fabric *fabric, uint32_t realm, uint32_t function)
{
    const uint32_t depth = fabric->realms[realm].depth;
    uint32_t element = function;

    while (fabric->realms[fabric->nodes[element].realm].depth > depth)
        element = fabric->realms[fabric->nodes[element].realm].bridge;
    return fabric->nodes[element].realm == realm ? element : IMS_NONE;
}

/* Whether a range of some function below bridge holds the address. */
static enum ims_tristate taken_below(const struct ims_fabric *fabric, uint32_t bridge,
                                     enum ims_fabric_space space, uint64_t address)
{
    const struct ims_realm *below = &fabric->realms[fabric->nodes[bridge].below];
    const struct ims_claims *claims = &fabric->all[root_of(fabric, below->segment)][space];
    enum ims_tristate taken = IMS_NO;

    for (uint32_t i = claims_before(claims, address);
         i > 0 && claims->items[i - 1].reach >= address; i--) {
        const struct ims_claim *claim = &claims->items[i - 1];
        if (claim->last_may < address ||
            ims_fabric_toward(fabric, fabric->nodes[bridge].below, claim->function) == IMS_NONE)
            continue;
        if (claim->last >= address && claim->last >= claim->first)
            return IMS_YES;
        taken = IMS_UNKNOWN;
    }
    return taken;
}

static enum ims_tristate find_window(const struct ims_fabric *fabric, uint32_t bridge,
                                     enum ims_fabric_space space, uint64_t address)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, bridge);
    const struct ims_bridge *facts = &info->pci.bridge;
    bool unknown = false;

    if (fabric->nodes[bridge].below == IMS_NONE)
        return IMS_NO;
    if (space == IMS_FABRIC_IO) {
        /* Only the first quarter of each KiB of legacy I/O passes with the ISA bit (C7). */
        const bool masked = facts->isa == IMS_YES && address < 0x10000 && (address & 0x300);
        if (inside(&facts->io, address) && !masked)
            return IMS_YES;
        unknown = facts->io.open == IMS_UNKNOWN;
    } else {
        if (inside(&facts->memory, address) || inside(&facts->prefetchable, address) ||
            (facts->vga == IMS_YES && address >= VGA_FIRST && address <= VGA_LAST))
            return IMS_YES;
        unknown = facts->memory.open == IMS_UNKNOWN || facts->prefetchable.open == IMS_UNKNOWN ||
                  info->pci.fpb_memory == IMS_YES;
    }
    if (fabric->basis.options.structural) {
        const enum ims_tristate taken = taken_below(fabric, bridge, space, address);
        if (taken != IMS_NO)
            return taken;
    }
    return unknown ? IMS_UNKNOWN : IMS_NO;
}

/* A bridge that does not decode has no window, for what comes from below it either (C4). */
enum ims_tristate ims_fabric_window(const struct ims_fabric *fabric, uint32_t bridge,
                                    enum ims_fabric_space space, uint64_t address)
{
    return ims_tristate_and(ims_fabric_decodes(fabric, bridge, space),
                            find_window(fabric, bridge, space, address));
}

struct hit_list {
    struct ims_hit *hits;
    unsigned count;
    uint32_t skip;
};

static void note(struct hit_list *list, uint32_t function, uint32_t bar, bool sure)
{
    if (function == list->skip)
        return;
    for (unsigned i = 0; i < list->count; i++)
        if (list->hits[i].function == function && list->hits[i].bar == bar) {
            list->hits[i].sure |= sure;
            return;
        }
    if (list->count < IMS_HIT_MAX)
        list->hits[list->count++] = (struct ims_hit){function, bar, sure};
}

/* One pass over the claims that hold the address; windows or exact ranges. */
static void scan(const struct ims_fabric *fabric, const struct ims_realm *realm,
                 enum ims_fabric_space space, uint64_t address, bool windows, struct hit_list *list)
{
    const struct ims_claims *claims = &realm->claims[space];

    for (uint32_t i = claims_before(claims, address);
         i > 0 && claims->items[i - 1].reach >= address; i--) {
        const struct ims_claim *claim = &claims->items[i - 1];
        if (claim->last_may < address || (claim->bar == IMS_NONE) != windows)
            continue;
        const bool sure = claim->last >= address && claim->last >= claim->first;
        if (!windows || ims_fabric_window(fabric, claim->function, space, address) == IMS_YES)
            note(list, claim->function, claim->bar, sure);
    }
}

/* Elements that lead to a function whose range holds the address, whatever windows say (T94). */
static void scan_below(const struct ims_fabric *fabric, uint32_t realm, enum ims_fabric_space space,
                       uint64_t address, struct hit_list *list)
{
    const struct ims_claims *claims =
        &fabric->all[root_of(fabric, fabric->realms[realm].segment)][space];

    for (uint32_t i = claims_before(claims, address);
         i > 0 && claims->items[i - 1].reach >= address; i--) {
        const struct ims_claim *claim = &claims->items[i - 1];
        if (claim->last_may < address)
            continue;
        const uint32_t element = ims_fabric_toward(fabric, realm, claim->function);
        if (element == IMS_NONE || element == claim->function)
            continue;
        const enum ims_tristate decodes = ims_fabric_decodes(fabric, element, space);
        if (decodes != IMS_NO)
            note(list, element, IMS_NONE,
                 decodes == IMS_YES && claim->last >= address && claim->last >= claim->first);
    }
}

/* Several elements at one place: none of them is sure to be the one (C6). */
static unsigned settle(struct hit_list *list, bool *ret_taken)
{
    *ret_taken = false;
    for (unsigned i = 0; i < list->count; i++)
        *ret_taken |= list->hits[i].sure;
    if (list->count > 1)
        for (unsigned i = 0; i < list->count; i++)
            list->hits[i].sure = false;
    return list->count;
}

/* What is left over: lowest priority (C8). */
static void subtract(const struct ims_fabric *fabric, struct ims_place place,
                     enum ims_fabric_space space, struct hit_list *list)
{
    const struct ims_realm *realm = &fabric->realms[place.realm];
    const bool alone = list->count == 0 && place.inside == IMS_YES;

    for (uint32_t i = 0; i < realm->open_count; i++) {
        const uint32_t bridge = realm->open[i];
        const enum ims_tristate decodes = ims_fabric_decodes(fabric, bridge, space);
        if (fabric->nodes[bridge].subtractive && decodes != IMS_NO)
            note(list, bridge, IMS_NONE, alone && decodes == IMS_YES);
    }
}

unsigned ims_fabric_hits(const struct ims_fabric *fabric, struct ims_place place,
                         enum ims_fabric_space space, uint64_t address,
                         struct ims_hit hits[IMS_HIT_MAX], bool *ret_taken)
{
    const struct ims_realm *realm = &fabric->realms[place.realm];
    struct hit_list list = {.hits = hits, .skip = place.skip};

    scan(fabric, realm, space, address, false, &list);
    bool sure = false;
    for (unsigned i = 0; i < list.count; i++)
        sure |= hits[i].sure;
    if (sure)
        return settle(&list, ret_taken);

    scan(fabric, realm, space, address, true, &list);
    if (fabric->basis.options.structural)
        scan_below(fabric, place.realm, space, address, &list);
    for (uint32_t i = 0; i < realm->open_count; i++)
        if (!fabric->nodes[realm->open[i]].subtractive &&
            ims_fabric_window(fabric, realm->open[i], space, address) == IMS_UNKNOWN)
            note(&list, realm->open[i], IMS_NONE, false);
    for (unsigned i = 0; i < list.count; i++)
        sure |= hits[i].sure;
    if (!sure && place.inside != IMS_NO)
        subtract(fabric, place, space, &list);
    return settle(&list, ret_taken);
}
