/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "pci/regs.h"
#include "topology/edit.h"

#define WINDOW_BYTES UINT64_C(0x100000) /* windows begin and end at multiples of it */
#define END_4G UINT64_C(0xffffffff)
/* Where stand-ins are looked for: where firmware places devices, below its own registers. */
#define LOW_FIRST UINT64_C(0x80000000)
#define LOW_LAST UINT64_C(0xfbffffff)
#define HIGH_FIRST UINT64_C(0x4000000000)
#define HIGH_LAST UINT64_C(0x3fffffffffff)

struct ims_window ims_edit_window(const struct ims_function_info *bridge, enum ims_edit_space space)
{
    return space == IMS_EDIT_MEMORY ? bridge->pci.bridge.memory : bridge->pci.bridge.prefetchable;
}

/* The largest end that natural alignment allows. */
static uint64_t aligned_end(uint64_t first)
{
    return first + ((first & (~first + 1)) - 1);
}

static bool stated_span(const struct ims_record *record, unsigned index, struct ims_edit_span *ret)
{
    if (index >= record->resource_count || record->resources[index].end == 0 ||
        record->resources[index].end < record->resources[index].start)
        return false;
    ret->last = ret->first + (record->resources[index].end - record->resources[index].start);
    return ret->last >= ret->first;
}

static bool span_of(const struct ims_function_info *info, const struct ims_bar *bar,
                    unsigned resource, struct ims_edit_span *ret)
{
    if (bar->kind == IMS_BAR_NONE || bar->kind == IMS_BAR_IO || bar->address == 0)
        return false;
    ret->first = bar->address;
    if (bar->size_known && bar->size_bytes)
        ret->last = bar->address + (bar->size_bytes - 1);
    else if (!stated_span(info->record, resource, ret))
        ret->last = aligned_end(bar->address);
    return true;
}

bool ims_edit_bar_span(const struct ims_function_info *info, unsigned number,
                       struct ims_edit_span *ret)
{
    return span_of(info, &info->pci.bars[number], number, ret);
}

bool ims_edit_vf_bar_span(const struct ims_function_info *info, unsigned number,
                          struct ims_edit_span *ret)
{
    return info->pci.sriov.present == IMS_YES &&
           span_of(info, &info->pci.vf_bars[number], IMS_BAR_COUNT + number, ret);
}

/* ---- what is taken ---- */

struct spans {
    struct ims_edit_span *items;
    uint32_t count;
};

static void take(struct spans *spans, uint64_t first, uint64_t last)
{
    spans->items[spans->count++] = (struct ims_edit_span){first, last};
}

/* A register whose size nobody states keeps others away from a grain of its own, not from all that
 * its alignment allows: for what only stands in for an address that is enough. */
static void take_span(struct spans *spans, const struct ims_record *record, unsigned resource,
                      struct ims_edit_span span, bool least)
{
    struct ims_edit_span stated = span;

    if (least && !stated_span(record, resource, &stated) &&
        span.last - span.first > WINDOW_BYTES - 1)
        span.last = span.first + (WINDOW_BYTES - 1);
    take(spans, span.first, span.last);
}

#define SPANS_PER_FUNCTION (IMS_BAR_COUNT + IMS_BAR_COUNT - 1 + IMS_EDIT_SPACES)

static void take_function(struct spans *spans, const struct ims_function_info *info, bool least)
{
    struct ims_edit_span span;

    for (unsigned i = 0; i < IMS_BAR_COUNT; i++)
        if (ims_edit_bar_span(info, i, &span))
            take_span(spans, info->record, i, span, least);
    for (unsigned i = 0; i < IMS_BAR_COUNT - 1; i++)
        if (ims_edit_vf_bar_span(info, i, &span))
            take_span(spans, info->record, IMS_BAR_COUNT + i, span, least);
    for (unsigned i = 0; i < IMS_EDIT_SPACES; i++) {
        const struct ims_window window = ims_edit_window(info, (enum ims_edit_space)i);
        if (window.open == IMS_YES)
            take(spans, window.base, window.limit);
    }
}

static int compare_spans(const void *a, const void *b)
{
    const struct ims_edit_span *left = a;
    const struct ims_edit_span *right = b;

    return left->first < right->first ? -1 : left->first > right->first;
}

/* What the functions of one bus take, or all functions when bus is NULL; except leaves out one. */
static int gather(const struct ims_edit_step *step, const struct ims_edit_guest *guest,
                  const struct ims_bus_info *bus, struct ims_function except, struct spans *ret)
{
    const struct ims_topology *from = step->from;
    const uint32_t first = bus ? bus->first_function : 0;
    const uint32_t count = bus ? bus->function_count : from->function_count;

    *ret = (struct spans){
        calloc((size_t)count * SPANS_PER_FUNCTION + IMS_EDIT_SPACES, sizeof(*ret->items)), 0};
    if (!ret->items)
        return -ENOMEM;
    for (uint32_t i = first; i < first + count; i++)
        if (i != except.index && !(guest->is_own && guest->marks[i]))
            take_function(ret, &from->functions[i], bus == NULL);
    for (unsigned i = 0; i < guest->placed_count; i++)
        take(ret, guest->placed[i].first, guest->placed[i].last);
    qsort(ret->items, ret->count, sizeof(*ret->items), compare_spans);
    return 0;
}

/* The lowest place between first and last that nobody takes; 0 when there is none. */
static uint64_t find_gap(const struct spans *taken, uint64_t first, uint64_t last,
                         const struct ims_edit_wish *wish)
{
    uint64_t at = first;

    for (uint32_t i = 0; i <= taken->count; i++) {
        at += (wish->rest - at) & (wish->alignment - 1);
        if (at < first || at > last || wish->length - 1 > last - at)
            return 0;
        if (i == taken->count || at + (wish->length - 1) < taken->items[i].first)
            return at;
        if (taken->items[i].last >= at)
            at = taken->items[i].last + 1;
    }
    return 0;
}

static uint64_t gap_on_bus(const struct ims_edit_step *step, const struct ims_edit_guest *guest,
                           struct ims_bus bus, struct ims_function except,
                           struct ims_edit_span span, const struct ims_edit_wish *wish,
                           int *ret_code)
{
    struct spans taken;
    uint64_t at;

    if (wish->below_4g && span.last > END_4G)
        span.last = END_4G;
    *ret_code = gather(step, guest, ims_bus_is_none(bus) ? NULL : &step->from->buses[bus.index],
                       except, &taken);
    if (*ret_code < 0)
        return 0;
    at = find_gap(&taken, span.first, span.last, wish);
    free(taken.items);
    return at;
}

/* ---- opening windows ---- */

int ims_edit_write_window(struct ims_record *record, enum ims_edit_space space,
                          struct ims_edit_span span)
{
    const uint16_t base = (uint16_t)(span.first >> 16 & 0xfff0);
    const uint16_t limit = (uint16_t)(span.last >> 16 & 0xfff0);
    struct ims_config *config = &record->config;
    int r;

    if (space == IMS_EDIT_MEMORY) {
        r = ims_config_set16(config, IMS_REG_TYPE1_MEMORY_BASE, base, 0xffff);
        return r < 0 ? r : ims_config_set16(config, IMS_REG_TYPE1_MEMORY_LIMIT, limit, 0xffff);
    }
    r = ims_config_set16(config, IMS_REG_TYPE1_PREFETCHABLE_BASE, base | IMS_REG_WINDOW_WIDE,
                         0xffff);
    if (r == 0)
        r = ims_config_set16(config, IMS_REG_TYPE1_PREFETCHABLE_LIMIT, limit | IMS_REG_WINDOW_WIDE,
                             0xffff);
    if (r == 0)
        r = ims_config_set32(config, IMS_REG_TYPE1_PREFETCHABLE_BASE_UPPER,
                             (uint32_t)(span.first >> 32), 0xffffffff);
    if (r == 0)
        r = ims_config_set32(config, IMS_REG_TYPE1_PREFETCHABLE_LIMIT_UPPER,
                             (uint32_t)(span.last >> 32), 0xffffffff);
    return r;
}

/* Whether nothing that stays is behind a bridge, so that its window may lie anywhere. */
static bool is_free_behind(const struct ims_edit_step *step, const struct ims_edit_guest *guest,
                           const struct ims_function_info *bridge)
{
    if (ims_bus_is_none(bridge->secondary_bus))
        return true;
    const struct ims_bus_info *bus = &step->from->buses[bridge->secondary_bus.index];
    for (uint32_t i = bus->first_function; i < bus->first_function + bus->function_count; i++)
        if (!guest->is_own || !guest->marks[i])
            return false;
    return true;
}

/* Room for a window: in that of the bridge above, or where firmware would look for it. */
static int find_for_window(struct ims_edit_step *step, const struct ims_edit_guest *guest,
                           struct ims_function bridge, enum ims_edit_space space,
                           const struct ims_edit_wish *wish, uint64_t *ret)
{
    const struct ims_function_info *info = &step->from->functions[bridge.index];
    const struct ims_function above = ims_topology_bridge_above(step->from, bridge);
    struct ims_edit_span span = {HIGH_FIRST, HIGH_LAST};
    int r;

    if (ims_function_is_none(above)) {
        if (space == IMS_EDIT_MEMORY || wish->below_4g)
            span = (struct ims_edit_span){LOW_FIRST, LOW_LAST};
        *ret = gap_on_bus(step, guest, IMS_BUS_NONE, bridge, span, wish, &r);
        return r;
    }
    const struct ims_window window = ims_edit_window(&step->from->functions[above.index], space);
    *ret = 0;
    if (window.open != IMS_YES)
        return 0;
    span = (struct ims_edit_span){window.base, window.limit};
    *ret = gap_on_bus(step, guest, info->bus, bridge, span, wish, &r);
    return r;
}

static int open_window(struct ims_edit_step *step, const struct ims_edit_guest *guest,
                       struct ims_function port, enum ims_edit_space space,
                       const struct ims_edit_wish *wish, uint64_t *ret)
{
    const struct ims_function_info *info = &step->from->functions[port.index];
    const uint64_t rest = wish->rest & (WINDOW_BYTES - 1);
    struct ims_edit_wish whole = *wish;
    uint64_t base = 0;

    if (!is_free_behind(step, guest, info))
        return IMS_EDIT_FIND_NONE;
    /* The window begins at a multiple of its grain and still fits the alignment of what is in it. */
    if (whole.alignment < WINDOW_BYTES)
        whole.alignment = WINDOW_BYTES;
    whole.rest = (wish->rest & (wish->alignment - 1) & ~(WINDOW_BYTES - 1));
    whole.length = (rest + wish->length + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);
    const int r = find_for_window(step, guest, port, space, &whole, &base);
    if (r < 0 || base == 0)
        return r < 0 ? r : IMS_EDIT_FIND_NONE;
    const int code =
        ims_edit_write_window(ims_builder_find(step->builder, step->places[port.index].address),
                              space, (struct ims_edit_span){base, base + whole.length - 1});
    *ret = base + rest;
    return code < 0 ? code : IMS_EDIT_FIND_STAND_IN;
}

int ims_edit_find_place(struct ims_edit_step *step, struct ims_edit_guest *guest,
                        struct ims_function port, enum ims_edit_space space,
                        const struct ims_edit_wish *wish, uint64_t *ret)
{
    const struct ims_function_info *info = &step->from->functions[port.index];
    const struct ims_window window = ims_edit_window(info, space);
    int r = 0;

    if (window.open == IMS_YES) {
        const struct ims_edit_span span = {window.base, window.limit};
        *ret = 0;
        if (ims_bus_is_none(info->secondary_bus))
            *ret = window.base + ((wish->rest - window.base) & (wish->alignment - 1));
        else
            *ret = gap_on_bus(step, guest, info->secondary_bus, IMS_FUNCTION_NONE, span, wish, &r);
        if (r < 0)
            return r;
        if (*ret && *ret <= window.limit && wish->length - 1 <= window.limit - *ret &&
            (!wish->below_4g || *ret + (wish->length - 1) <= END_4G))
            return IMS_EDIT_FIND_FREE;
    }
    return open_window(step, guest, port, space, wish, ret);
}
