/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <inttypes.h>
#include <string.h>

/* The bytes and extents that the words of the fabric stand for. */

static void put16(struct sketch_image *image, unsigned offset, unsigned value)
{
    image->bytes[offset] = (uint8_t)value;
    image->bytes[offset + 1] = (uint8_t)(value >> 8);
}

static void put32(struct sketch_image *image, unsigned offset, uint32_t value)
{
    put16(image, offset, value & 0xffff);
    put16(image, offset + 2, value >> 16);
}

static void put64(struct sketch_image *image, unsigned offset, uint64_t value)
{
    put32(image, offset, (uint32_t)value);
    put32(image, offset + 4, (uint32_t)(value >> 32));
}

static void put_bars(struct sketch_image *image, unsigned offset, unsigned count,
                     const struct sketch_bar *bars)
{
    bool any = false;
    for (unsigned i = 0; i < count; i++)
        any = any || bars[i].size;
    for (unsigned i = 0; any && i < count; i++) {
        const struct sketch_bar *bar = &bars[i];
        unsigned flags = bar->io ? 1u : (bar->wide ? 4u : 0u) | (bar->prefetchable ? 8u : 0u);
        put32(image, offset + 4 * i, bar->size ? (uint32_t)bar->base | flags : 0);
        if (bar->size && bar->wide && i + 1 < count)
            put32(image, offset + 4 * ++i, (uint32_t)(bar->base >> 32));
    }
}

void sketch_fabric_image(const struct sketch_function *function, struct sketch_image *image)
{
    const struct sketch_fabric *fabric = &function->fabric;
    if (fabric->command_stated)
        put16(image, 0x04, fabric->command);
    if (!function->is_vf && function->header < 2) {
        put_bars(image, 0x10, function->header ? 2 : SKETCH_BAR_COUNT, fabric->bars);
        if (fabric->rom.size)
            put32(image, function->header ? 0x38 : 0x30, (uint32_t)fabric->rom.base | 1);
    }
    if (function->type == SKETCH_CONVENTIONAL)
        return;
    /* The PCIe capability stands at 0x40: device capabilities and control, link capabilities. */
    image->bytes[0x44] |= (uint8_t)(fabric->phantom << 3);
    image->bytes[0x49] |= fabric->phantom ? 0x02 : 0;
    image->bytes[0x4f] = fabric->port_number;
}

void sketch_fabric_image_egress(const struct sketch_function *function, struct sketch_image *image,
                                unsigned at)
{
    for (unsigned i = 0; function->fabric.egress_stated && i < SKETCH_EGRESS_WORDS; i++)
        put32(image, at + 8 + 4 * i, function->fabric.egress[i]);
}

void sketch_fabric_image_ari(const struct sketch_function *function, struct sketch_image *image,
                             unsigned at)
{
    const struct sketch_fabric *fabric = &function->fabric;
    put16(image, at + 4, fabric->group_stated || fabric->acs_groups ? 2 : 0);
    put16(image, at + 6, (unsigned)fabric->group << 4 | (fabric->acs_groups ? 2u : 0u));
}

void sketch_fabric_image_sriov(const struct sketch_function *function, struct sketch_image *image,
                               unsigned at)
{
    put_bars(image, at + 0x24, SKETCH_BAR_COUNT, function->fabric.vf_bars);
}

void sketch_fabric_image_ats(const struct sketch_function *function, struct sketch_image *image,
                             unsigned at)
{
    put16(image, at + 4, 0x0020);
    put16(image, at + 6, function->fabric.ats_on ? 0x8000 : 0);
}

void sketch_fabric_image_multicast(const struct sketch_function *function,
                                   struct sketch_image *image, unsigned at)
{
    const struct sketch_multicast *multicast = &function->fabric.multicast;
    put16(image, at + 4, 0x003f);
    if (!multicast->enabled)
        return;
    put16(image, at + 6, 0x8000u | (multicast->groups - 1u));
    put64(image, at + 0x08, multicast->base | multicast->position);
    put64(image, at + 0x10, multicast->receive);
    put64(image, at + 0x18, multicast->block_all);
    put64(image, at + 0x20, multicast->block_untranslated);
}

static bool any_bar(const struct sketch_bar *bars)
{
    bool any = false;
    for (unsigned i = 0; i < SKETCH_BAR_COUNT; i++)
        any = any || bars[i].size;
    return any;
}

bool sketch_has_extents(const struct sketch *sketch, const struct sketch_function *function)
{
    const struct sketch_function *pf =
        function->is_vf ? sketch_find(sketch, function->physfn) : NULL;
    if (function->is_vf)
        return pf && any_bar(pf->fabric.vf_bars);
    return any_bar(function->fabric.bars) || any_bar(function->fabric.vf_bars) ||
           function->fabric.rom.size;
}

/* Number of a VF among those of its PF (B10). */
static uint64_t vf_number(const struct sketch_function *pf, const struct sketch_function *vf)
{
    unsigned first = (unsigned)pf->address.bus << 8 | pf->address.devfn;
    unsigned id = (unsigned)vf->address.bus << 8 | vf->address.devfn;
    unsigned distance = (id - first - pf->sriov_offset) & 0xffff;
    return pf->sriov_stride ? distance / pf->sriov_stride : 0;
}

void sketch_extents(const struct sketch *sketch, const struct sketch_function *function,
                    struct sketch_bar ret[7])
{
    memset(ret, 0, 7 * sizeof(*ret));
    if (!function->is_vf) {
        memcpy(ret, function->fabric.bars, sizeof(function->fabric.bars));
        ret[6] = function->fabric.rom;
        return;
    }
    const struct sketch_function *pf = sketch_find(sketch, function->physfn);
    for (unsigned i = 0; pf && i < SKETCH_BAR_COUNT; i++) {
        ret[i] = pf->fabric.vf_bars[i];
        ret[i].base += ret[i].size * vf_number(pf, function);
    }
}

static struct ims_resource resource_of(const struct sketch_bar *bar, bool rom, uint64_t times)
{
    if (!bar->size)
        return (struct ims_resource){0, 0, 0};
    uint64_t flags = bar->io ? 0x40101u : 0x40200u;
    flags |= (bar->prefetchable ? 0x2008u : 0) | (bar->wide ? 0x100004u : 0) | (rom ? 0x2u : 0);
    return (struct ims_resource){bar->base, bar->base + bar->size * times - 1, flags};
}

void sketch_fabric_record(const struct sketch *sketch, const struct sketch_function *function,
                          struct ims_record *record)
{
    struct sketch_bar bars[7];
    if (!sketch_has_extents(sketch, function))
        return;
    sketch_extents(sketch, function, bars);
    record->resource_count = function->sriov || function->is_vf ? IMS_RESOURCE_COUNT : 7;
    for (unsigned i = 0; i < 7; i++)
        record->resources[i] = resource_of(&bars[i], i == 6, 1);
    for (unsigned i = 0; function->sriov && i < SKETCH_BAR_COUNT; i++)
        record->resources[7 + i] =
            resource_of(&function->fabric.vf_bars[i], false, function->sriov_total);
}

void sketch_fabric_resource(const struct sketch *sketch, const struct sketch_function *function,
                            char *text, size_t size)
{
    struct ims_record record = {0};
    size_t used = 0;
    sketch_fabric_record(sketch, function, &record);
    text[0] = '\0';
    for (uint32_t i = 0; i < record.resource_count && used < size; i++)
        used += (size_t)snprintf(
            text + used, size - used, "0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 "\n",
            record.resources[i].start, record.resources[i].end, record.resources[i].flags);
}

/* ---- windows that fit ---- */

static void widen(struct sketch_window *window, uint64_t first, uint64_t last)
{
    first &= ~UINT64_C(0xfffff);
    last |= UINT64_C(0xfffff);
    if (!window->set || first < window->base)
        window->base = first;
    if (!window->set || last > window->limit)
        window->limit = last;
    window->set = true;
}

static void cover(struct sketch_window windows[2], const struct sketch_bar *bar, uint64_t times)
{
    if (bar->size && !bar->io)
        widen(&windows[bar->base > UINT32_MAX], bar->base, bar->base + bar->size * times - 1);
}

/* Widens the windows of a bridge for the memory ranges of one function below it. */
static void cover_function(struct sketch_window windows[2], const struct sketch *sketch,
                           const struct sketch_function *function)
{
    struct sketch_bar bars[7];
    struct sketch_image image;
    if (!sketch_has_extents(sketch, function)) { /* the register that goes without saying */
        sketch_image(function, &image);
        uint64_t base = (uint64_t)image.bytes[0x10] | (uint64_t)image.bytes[0x11] << 8 |
                        (uint64_t)image.bytes[0x12] << 16 | (uint64_t)image.bytes[0x13] << 24;
        cover(windows, &(struct sketch_bar){.base = base, .size = base ? 0x1000 : 0}, 1);
        return;
    }
    sketch_extents(sketch, function, bars);
    for (unsigned i = 0; i < 7; i++)
        cover(windows, &bars[i], 1);
    for (unsigned i = 0; i < SKETCH_BAR_COUNT; i++)
        cover(windows, &function->fabric.vf_bars[i], function->sriov_total);
}

void sketch_fit_windows(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *bridge = &sketch->functions[i];
        struct sketch_window windows[2] = {{0}};
        if (!bridge->header || !bridge->secondary || bridge->mem.set || bridge->pref.set)
            continue;
        for (unsigned j = 0; j < sketch->count; j++) {
            const struct sketch_function *function = &sketch->functions[j];
            if (function->address.segment == bridge->address.segment &&
                function->address.bus >= bridge->secondary &&
                function->address.bus <= bridge->subordinate)
                cover_function(windows, sketch, function);
        }
        bridge->mem = windows[0];
        bridge->pref = windows[1];
    }
}
