/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/tristate.h"
#include "fabric/model.h"
#include "pci/regs.h"

/* Smallest register of memory and of I/O space: what an assigned one surely decodes. */
#define LEAST_MEMORY_BYTES 16u
#define LEAST_IO_BYTES 4u
#define LEAST_ROM_BYTES 2048u
#define VF_PAGE_BYTES UINT64_C(4096)

/* A size that is told beside the register (C2). */
static bool stated_size(const struct ims_record *record, unsigned index, uint64_t *ret)
{
    if (index >= record->resource_count ||
        record->resources[index].end < record->resources[index].start ||
        record->resources[index].end == 0)
        return false;
    *ret = record->resources[index].end - record->resources[index].start;
    return true;
}

/* The end that natural alignment allows. */
static uint64_t aligned_end(uint64_t first)
{
    return first + ((first & (~first + 1)) - 1);
}

static bool make_bar(const struct ims_bar *from, unsigned number, struct ims_fabric_bar *bar)
{
    uint64_t least = LEAST_MEMORY_BYTES;

    if (from->kind == IMS_BAR_NONE || from->address == 0)
        return false;
    if (from->kind == IMS_BAR_IO)
        least = LEAST_IO_BYTES;
    else if (from->kind == IMS_BAR_ROM)
        least = LEAST_ROM_BYTES;
    *bar = (struct ims_fabric_bar){
        .number = number,
        .space = from->kind == IMS_BAR_IO ? IMS_FABRIC_IO : IMS_FABRIC_MEMORY,
        .first = from->address,
        .last = from->address + (least - 1),
        .last_may = aligned_end(from->address),
    };
    if (from->size_known && from->size_bytes != 0) {
        bar->last = bar->last_may = from->address + (from->size_bytes - 1);
        bar->size_known = true;
    }
    return bar->last >= bar->first;
}

static void set_last(struct ims_fabric_bar *bar, uint64_t length)
{
    if (length > UINT64_MAX - bar->first)
        length = UINT64_MAX - bar->first;
    bar->last = bar->last_may = bar->first + length;
    bar->size_known = true;
}

/* Whether a function decodes now, for "as configured". */
static enum ims_tristate decode_on(const struct ims_function_info *info,
                                   enum ims_fabric_space space)
{
    return ims_bits_test(info->pci.command, space == IMS_FABRIC_IO ? IMS_REG_COMMAND_IO_SPACE
                                                                   : IMS_REG_COMMAND_MEMORY_SPACE);
}

struct bar_list {
    struct ims_fabric *fabric;
    uint32_t capacity;
    bool failed;
};

static void keep(struct bar_list *list, uint32_t function, const struct ims_fabric_bar *bar,
                 enum ims_tristate on)
{
    struct ims_fabric *fabric = list->fabric;

    if (fabric->bar_total == list->capacity) {
        list->failed = true;
        return;
    }
    fabric->bars[fabric->bar_total] = *bar;
    fabric->bar_on[fabric->bar_total] = on;
    fabric->bar_function[fabric->bar_total++] = function;
    fabric->nodes[function].bar_count++;
}

static void own_bars(struct bar_list *list, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(list->fabric, function);

    for (unsigned i = 0; i < IMS_BAR_COUNT; i++) {
        struct ims_fabric_bar bar;
        uint64_t length;

        if (!make_bar(&info->pci.bars[i], i, &bar))
            continue;
        if (!bar.size_known && stated_size(info->record, i, &length))
            set_last(&bar, length);
        enum ims_tristate on = decode_on(info, bar.space);
        if (i == IMS_BAR_ROM_INDEX)
            on = ims_tristate_and(on, ims_tristate_from_bool(info->pci.bars[i].enabled));
        keep(list, function, &bar, on);
    }
    for (uint32_t i = 0; i < info->pci.ea_count; i++) {
        const struct ims_ea_entry *entry = &info->pci.ea_entries[i];
        const struct ims_fabric_bar bar = {
            .number = entry->bei == IMS_EA_BEI_ROM ? IMS_BAR_ROM_INDEX : entry->bei,
            .space = entry->io ? IMS_FABRIC_IO : IMS_FABRIC_MEMORY,
            .first = entry->first,
            .last = entry->last,
            .last_may = entry->last,
            .size_known = true,
        };
        if (entry->first == 0)
            continue;
        keep(list, function, &bar,
             ims_tristate_and(decode_on(info, bar.space), ims_tristate_from_bool(entry->enabled)));
    }
}

/* The number of a VF among those of its physical function (B10). */
static bool vf_ordinal(const struct ims_function_info *info, const struct ims_function_info *pf,
                       uint64_t *ret)
{
    const struct ims_sriov *sriov = &pf->pci.sriov;
    const uint32_t rid = (uint32_t)info->address.bus << 8 | info->address.devfn;
    const uint32_t pf_rid = (uint32_t)pf->address.bus << 8 | pf->address.devfn;

    if (!ims_bits_all_known(sriov->first_vf_offset, 0xffff) ||
        !ims_bits_all_known(sriov->vf_stride, 0xffff))
        return false;
    const uint32_t distance = (rid - pf_rid - sriov->first_vf_offset.value) & 0xffff;
    if (sriov->vf_stride.value == 0) {
        *ret = 0;
        return distance == 0;
    }
    *ret = distance / sriov->vf_stride.value;
    return distance % sriov->vf_stride.value == 0;
}

/* Registers of a VF read zero: its ranges come from sysfs or from the capability of the PF (B10). */
static void vf_bars(struct bar_list *list, uint32_t function)
{
    const struct ims_function_info *info = ims_fabric_info(list->fabric, function);
    const struct ims_record *record = info->record;
    const struct ims_function_info *pf = ims_function_is_none(info->physfn)
                                             ? NULL
                                             : ims_fabric_info(list->fabric, info->physfn.index);
    uint64_t ordinal = 0;
    const bool placed = pf && vf_ordinal(info, pf, &ordinal);

    for (unsigned i = 0; i < IMS_BAR_ROM_INDEX; i++) {
        struct ims_fabric_bar bar = {.number = i, .of_vf = true};
        const enum ims_tristate on = pf ? pf->pci.vf_memory_enable : IMS_UNKNOWN;
        uint64_t length;

        if (stated_size(record, i, &length)) {
            bar.first = record->resources[i].start;
            set_last(&bar, length);
            keep(list, function, &bar, on);
            continue;
        }
        if (!placed || !make_bar(&pf->pci.vf_bars[i], i, &bar))
            continue;
        bar.of_vf = true;
        uint64_t aperture = VF_PAGE_BYTES;
        if (ims_bits_all_known(pf->pci.vf_page_size, 0xffffffff) && pf->pci.vf_page_size.value)
            aperture *= pf->pci.vf_page_size.value;
        const bool exact = stated_size(pf->record, IMS_BAR_COUNT + i, &length) &&
                           ims_bits_all_known(pf->pci.sriov.total_vfs, 0xffff) &&
                           pf->pci.sriov.total_vfs.value;
        if (exact)
            aperture = (length + 1) / pf->pci.sriov.total_vfs.value;
        bar.first += ordinal * aperture;
        bar.last_may = bar.last = bar.first + (aperture - 1);
        bar.size_known = exact;
        keep(list, function, &bar, on);
    }
}

int ims_fabric_find_bars(struct ims_fabric *fabric)
{
    struct bar_list list = {.fabric = fabric};
    uint32_t total = 0;

    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        if (info->is_vf == IMS_YES) {
            total += IMS_BAR_ROM_INDEX;
            continue;
        }
        total += info->pci.ea_count;
        for (unsigned j = 0; j < IMS_BAR_COUNT; j++)
            total += info->pci.bars[j].kind != IMS_BAR_NONE;
    }
    list.capacity = total;
    fabric->bars = ims_arena_alloc_array(&fabric->arena, total, sizeof(*fabric->bars));
    fabric->bar_on = ims_arena_alloc_array(&fabric->arena, total, sizeof(*fabric->bar_on));
    fabric->bar_function =
        ims_arena_alloc_array(&fabric->arena, total, sizeof(*fabric->bar_function));
    if (!fabric->bars || !fabric->bar_on || !fabric->bar_function)
        return -ENOMEM;
    for (uint32_t i = 0; i < fabric->count; i++) {
        fabric->nodes[i].bar_first = fabric->bar_total;
        if (ims_fabric_info(fabric, i)->is_vf == IMS_YES)
            vf_bars(&list, i);
        else
            own_bars(&list, i);
    }
    return list.failed ? -ENOMEM : 0;
}
