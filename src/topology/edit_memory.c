/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "pci/regs.h"
#include "topology/edit.h"

#define END_4G UINT64_C(0xffffffff)

/*
 * Everything of a guest that bridges pass by one kind of window. It is moved as a whole, so that
 * windows within the guest and what is in them keep their order.
 */
struct block {
    bool any;
    struct ims_edit_span span;
    uint64_t alignment;
    bool below_4g;
    bool is_placed;
    uint64_t delta; /* added to every address; wraps */
};

struct memory {
    struct ims_edit_step *step;
    struct ims_edit_guest *guest;
    struct ims_function port;
    const struct ims_function_info *old_port; /* above the guest so far, or NULL */
    struct block blocks[IMS_EDIT_SPACES];
};

static bool within(const struct ims_window *window, uint64_t address)
{
    return window->open == IMS_YES && address >= window->base && address <= window->limit;
}

/* By which window a register was passed so far; in a slot nobody knows, by its own flag. */
static enum ims_edit_space space_of(const struct memory *memory, const struct ims_bar *bar)
{
    if (memory->old_port) {
        const struct ims_window prefetchable =
            ims_edit_window(memory->old_port, IMS_EDIT_PREFETCHABLE);
        const struct ims_window other = ims_edit_window(memory->old_port, IMS_EDIT_MEMORY);
        if (within(&prefetchable, bar->address))
            return IMS_EDIT_PREFETCHABLE;
        if (within(&other, bar->address))
            return IMS_EDIT_MEMORY;
    }
    return bar->prefetchable ? IMS_EDIT_PREFETCHABLE : IMS_EDIT_MEMORY;
}

static void widen(struct block *block, struct ims_edit_span span, uint64_t alignment, bool below_4g)
{
    if (!block->any || span.first < block->span.first)
        block->span.first = span.first;
    if (!block->any || span.last > block->span.last)
        block->span.last = span.last;
    if (alignment > block->alignment)
        block->alignment = alignment;
    block->any = true;
    block->below_4g |= below_4g;
}

/* Registers lie at multiples of their size; what is not sized goes no further than its window. */
static void count_bar(struct memory *memory, const struct ims_bar *bar, struct ims_edit_span span)
{
    const enum ims_edit_space space = space_of(memory, bar);
    uint64_t alignment = 16;

    if (memory->old_port) {
        const struct ims_window window = ims_edit_window(memory->old_port, space);
        if (within(&window, span.first) && span.last > window.limit)
            span.last = window.limit;
    }
    while (alignment && alignment - 1 < span.last - span.first)
        alignment *= 2;
    widen(&memory->blocks[space], span, alignment,
          space == IMS_EDIT_MEMORY || bar->kind != IMS_BAR_MEMORY64);
}

static void count_function(struct memory *memory, const struct ims_function_info *info)
{
    struct ims_edit_span span;

    for (unsigned i = 0; i < IMS_BAR_COUNT; i++)
        if (ims_edit_bar_span(info, i, &span))
            count_bar(memory, &info->pci.bars[i], span);
    for (unsigned i = 0; i < IMS_BAR_COUNT - 1; i++)
        if (ims_edit_vf_bar_span(info, i, &span))
            count_bar(memory, &info->pci.vf_bars[i], span);
    for (unsigned i = 0; i < IMS_EDIT_SPACES; i++) {
        const struct ims_window window = ims_edit_window(info, (enum ims_edit_space)i);
        if (window.open == IMS_YES)
            widen(&memory->blocks[i], (struct ims_edit_span){window.base, window.limit},
                  UINT64_C(0x100000), i == IMS_EDIT_MEMORY || window.limit <= END_4G);
    }
}

/* ---- writing ---- */

static int write_bar(const struct memory *memory, struct ims_record *record, unsigned offset,
                     const struct ims_bar *bar, unsigned resource)
{
    const struct block *block = &memory->blocks[space_of(memory, bar)];
    const uint32_t mask = bar->kind == IMS_BAR_ROM ? IMS_REG_ROM_MASK : IMS_REG_BAR_MEMORY_MASK;
    const uint64_t address = block->is_placed ? bar->address + block->delta : 0;
    int r = ims_config_set32(&record->config, offset, (uint32_t)address & mask, mask);

    if (r == 0 && bar->kind == IMS_BAR_MEMORY64)
        r = ims_config_set32(&record->config, offset + 4, (uint32_t)(address >> 32), 0xffffffff);
    if (resource < record->resource_count && record->resources[resource].end) {
        struct ims_resource *stated = &record->resources[resource];
        stated->end = block->is_placed ? stated->end + block->delta : 0;
        stated->start = block->is_placed ? stated->start + block->delta : 0;
    }
    return r;
}

/* An I/O register has no address until firmware gives it one; the fabric's sets do not ask it. */
static int write_io(struct ims_record *record, unsigned offset, unsigned resource)
{
    if (resource < record->resource_count)
        record->resources[resource].start = record->resources[resource].end = 0;
    return ims_config_set32(&record->config, offset, 0, IMS_REG_BAR_IO_MASK);
}

static int write_windows(const struct memory *memory, const struct ims_function_info *info,
                         struct ims_record *record)
{
    int r = 0;

    if (info->pci.bridge.io.open == IMS_YES) { /* closed: the base is above the limit */
        r = ims_config_set(&record->config, IMS_REG_TYPE1_IO_BASE, 0xf0, 0xf0);
        if (r == 0)
            r = ims_config_set(&record->config, IMS_REG_TYPE1_IO_LIMIT, 0, 0xf0);
    }
    for (unsigned i = 0; i < IMS_EDIT_SPACES && r == 0; i++) {
        const struct ims_window window = ims_edit_window(info, (enum ims_edit_space)i);
        const struct block *block = &memory->blocks[i];
        if (window.open != IMS_YES)
            continue;
        if (block->is_placed)
            r = ims_edit_write_window(
                record, (enum ims_edit_space)i,
                (struct ims_edit_span){window.base + block->delta, window.limit + block->delta});
        else if (i == IMS_EDIT_MEMORY)
            ims_edit_forget(&record->config, IMS_REG_TYPE1_MEMORY_BASE, 4);
        else
            ims_edit_forget(&record->config, IMS_REG_TYPE1_PREFETCHABLE_BASE, 12);
    }
    return r;
}

static int write_function(const struct memory *memory, const struct ims_function_info *info,
                          struct ims_record *record)
{
    const unsigned rom =
        info->pci.header_type.value == IMS_HEADER_BRIDGE ? IMS_REG_TYPE1_ROM : IMS_REG_TYPE0_ROM;
    int r = write_windows(memory, info, record);

    for (unsigned i = 0; i < IMS_BAR_COUNT && r == 0; i++) {
        const struct ims_bar *bar = &info->pci.bars[i];
        const unsigned offset = i == IMS_BAR_ROM_INDEX ? rom : IMS_REG_BAR0 + 4 * i;
        if (bar->kind == IMS_BAR_IO)
            r = write_io(record, offset, i);
        else if (bar->kind != IMS_BAR_NONE && bar->address)
            r = write_bar(memory, record, offset, bar, i);
    }
    for (unsigned i = 0; i < IMS_BAR_COUNT - 1 && r == 0; i++) {
        const struct ims_bar *bar = &info->pci.vf_bars[i];
        if (bar->kind != IMS_BAR_NONE && bar->address)
            r = write_bar(memory, record, info->pci.sriov.offset + IMS_REG_SRIOV_BAR0 + 4 * i, bar,
                          IMS_BAR_COUNT + i);
    }
    return r;
}

/* Registers of a VF read zero: what sysfs told of it moves with the registers of its PF. */
static void shift_vf(const struct memory *memory, const struct ims_function_info *info,
                     struct ims_record *record)
{
    const struct ims_pci_facts *pf =
        ims_function_is_none(info->physfn)
            ? NULL
            : &memory->guest->topology->functions[info->physfn.index].pci;

    for (unsigned i = 0; i < record->resource_count; i++) {
        struct ims_resource *stated = &record->resources[i];
        const struct block *block =
            pf && i < IMS_BAR_COUNT - 1 && pf->vf_bars[i].kind != IMS_BAR_NONE
                ? &memory->blocks[space_of(memory, &pf->vf_bars[i])]
                : NULL;
        if (!stated->end)
            continue;
        stated->end = block && block->is_placed ? stated->end + block->delta : 0;
        stated->start = block && block->is_placed ? stated->start + block->delta : 0;
    }
}

/* ---- finding places ---- */

static const char *space_name(unsigned space)
{
    return space == IMS_EDIT_MEMORY ? "memory" : "prefetchable memory";
}

/* A size for a person: a number and its unit. */
struct size {
    unsigned long long number;
    const char *unit;
};

static struct size size_of(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;

    while (bytes && bytes % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        unit++;
    }
    return (struct size){bytes, units[unit]};
}

static void note_place(struct memory *memory, unsigned space, int found, uint64_t at)
{
    const struct ims_function_info *port = &memory->step->from->functions[memory->port.index];
    const struct ims_window window = ims_edit_window(port, (enum ims_edit_space)space);
    const struct block *block = &memory->blocks[space];
    const struct size needed = size_of(block->span.last - block->span.first + 1);
    const struct size room = size_of(window.open == IMS_YES ? window.limit - window.base + 1 : 0);
    const struct ims_address *address = &memory->step->places[memory->port.index].address;

    if (found == IMS_EDIT_FIND_FREE)
        return;
    if (found == IMS_EDIT_FIND_STAND_IN)
        ims_edit_note(memory->step, IMS_EDIT_NOTE_MISFIT, address,
                      "the device needs %llu %s of %s and the window of the port has %llu %s: "
                      "firmware or kernel must assign it anew; until then 0x%llx stands in for the "
                      "address that they choose",
                      needed.number, needed.unit, space_name(space), room.number, room.unit,
                      (unsigned long long)at);
    else
        ims_edit_note(memory->step, IMS_EDIT_NOTE_UNKNOWN, address,
                      "the device needs %llu %s of %s and the window of the port has %llu %s; "
                      "where firmware would put it cannot be told, so nothing is said of requests "
                      "to it",
                      needed.number, needed.unit, space_name(space), room.number, room.unit);
}

static int place_block(struct memory *memory, unsigned space)
{
    struct block *block = &memory->blocks[space];
    const struct ims_edit_wish wish = {
        .length = block->span.last - block->span.first + 1,
        .alignment = block->alignment,
        .rest = block->span.first & (block->alignment - 1),
        .below_4g = block->below_4g,
    };
    uint64_t at = 0;
    int found;

    if (!block->any)
        return 0;
    if (!wish.length || !wish.alignment)
        return 0;
    found = ims_edit_find_place(memory->step, memory->guest, memory->port,
                                (enum ims_edit_space)space, &wish, &at);
    if (found < 0)
        return found;
    note_place(memory, space, found, at);
    if (found == IMS_EDIT_FIND_NONE)
        return 0;
    block->is_placed = true;
    block->delta = at - block->span.first;
    memory->guest->placed[memory->guest->placed_count++] =
        (struct ims_edit_span){at, at + (wish.length - 1)};
    return 0;
}

static void note_fixed(struct memory *memory, const struct ims_function_info *info,
                       struct ims_address address)
{
    if (info->pci.ea == IMS_YES)
        ims_edit_note(memory->step, IMS_EDIT_NOTE_UNKNOWN, &address,
                      "it has addresses that cannot be assigned (Enhanced Allocation), which are "
                      "left as they are");
}

int ims_edit_place_memory(struct ims_edit_step *step, struct ims_edit_guest *guest,
                          struct ims_function port)
{
    const struct ims_function above = ims_topology_bridge_above(guest->topology, guest->top);
    struct memory memory = {
        .step = step,
        .guest = guest,
        .port = port,
        .old_port = ims_function_is_none(above) ? NULL : &guest->topology->functions[above.index],
    };
    int r = 0;

    for (uint32_t i = 0; i < guest->topology->function_count; i++)
        if (guest->marks[i] && guest->topology->functions[i].is_vf != IMS_YES)
            count_function(&memory, &guest->topology->functions[i]);
    for (unsigned i = 0; i < IMS_EDIT_SPACES && r == 0; i++)
        r = place_block(&memory, i);
    for (uint32_t i = 0; i < guest->topology->function_count && r == 0; i++) {
        const struct ims_function_info *info = &guest->topology->functions[i];
        if (!guest->marks[i])
            continue;
        struct ims_record *record = ims_builder_find(step->builder, guest->addresses[i]);
        if (info->is_vf == IMS_YES)
            shift_vf(&memory, info, record);
        else
            r = write_function(&memory, info, record);
        note_fixed(&memory, info, guest->addresses[i]);
    }
    return r;
}
