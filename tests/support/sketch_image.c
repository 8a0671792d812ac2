/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <string.h>

/* Configuration bytes of a sketched function: PCIe capability at 0x40, extended list from 0x100. */

static void put8(struct sketch_image *image, unsigned offset, unsigned value)
{
    image->bytes[offset] = (uint8_t)value;
}

static void put16(struct sketch_image *image, unsigned offset, unsigned value)
{
    put8(image, offset, value & 0xff);
    put8(image, offset + 1, (value >> 8) & 0xff);
}

static void put32(struct sketch_image *image, unsigned offset, uint32_t value)
{
    put16(image, offset, value & 0xffff);
    put16(image, offset + 2, value >> 16);
}

uint32_t sketch_bar_address(const struct sketch_function *function)
{
    return 0x80000000u + (((uint32_t)function->address.bus << 8 | function->address.devfn) << 12);
}

/* Stated registers; those beyond 4 GiB are wide. number_base is 0 or SKETCH_BAR_VF. */
static void put_bars(struct sketch_image *image, const struct sketch_function *function,
                     unsigned offset, unsigned number_base)
{
    for (unsigned i = 0; i < function->bar_count; i++) {
        const struct sketch_bar *bar = &function->bars[i];
        unsigned number = bar->number - number_base;
        if (bar->number < number_base || number > SKETCH_BAR_ROM)
            continue;
        if (number == SKETCH_BAR_ROM) {
            put32(image, function->header == 1 ? 0x38 : 0x30, (uint32_t)bar->base | 1);
            continue;
        }
        bool wide = bar->base > UINT32_MAX;
        put32(image, offset + 4 * number,
              (uint32_t)bar->base | (bar->io ? 1u : 0u) | (wide ? 0xcu : 0u));
        if (wide)
            put32(image, offset + 4 * number + 4, (uint32_t)(bar->base >> 32));
    }
}

static void put_bridge(struct sketch_image *image, const struct sketch_function *function)
{
    const struct sketch_window *io = &function->io;
    const struct sketch_window *mem = &function->mem;
    const struct sketch_window *pref = &function->pref;
    put8(image, 0x18, function->address.bus);
    put8(image, 0x19, function->secondary);
    put8(image, 0x1a, function->subordinate);
    if (function->bar)
        put32(image, 0x10, sketch_bar_address(function));
    put_bars(image, function, 0x10, 0);
    if (function->header == 2)
        return;
    if (function->rom)
        put32(image, 0x38, sketch_bar_address(function) + 0x800u);
    /* Base above limit = closed. */
    put8(image, 0x1c, io->set ? ((unsigned)(io->base >> 8) & 0xf0) | 1 : 0xf1);
    put8(image, 0x1d, io->set ? ((unsigned)(io->limit >> 8) & 0xf0) | 1 : 0x01);
    put16(image, 0x30, io->set ? (unsigned)(io->base >> 16) & 0xffff : 0);
    put16(image, 0x32, io->set ? (unsigned)(io->limit >> 16) & 0xffff : 0);
    put16(image, 0x20, mem->set ? (unsigned)(mem->base >> 16) & 0xfff0 : 0xfff0);
    put16(image, 0x22, mem->set ? (unsigned)(mem->limit >> 16) & 0xfff0 : 0);
    put16(image, 0x24, pref->set ? ((unsigned)(pref->base >> 16) & 0xfff0) | 1 : 0xfff1);
    put16(image, 0x26, pref->set ? ((unsigned)(pref->limit >> 16) & 0xfff0) | 1 : 0x0001);
    put32(image, 0x28, pref->set ? (uint32_t)(pref->base >> 32) : 0);
    put32(image, 0x2c, pref->set ? (uint32_t)(pref->limit >> 32) : 0);
}

static void put_endpoint(struct sketch_image *image, const struct sketch_function *function)
{
    bool stated = false;
    for (unsigned i = 0; i < function->bar_count; i++)
        stated |= function->bars[i].number < SKETCH_BAR_VF;
    if (!function->is_vf && !function->nobar && !stated)
        put32(image, 0x10, sketch_bar_address(function));
    if (!function->is_vf)
        put_bars(image, function, 0x10, 0);
    if (!function->is_vf && function->rom)
        put32(image, 0x30, sketch_bar_address(function) + 0x800u);
    put16(image, 0x2c, function->subsystem.vendor);
    put16(image, 0x2e, function->subsystem.device);
}

static void put_header(struct sketch_image *image, const struct sketch_function *function)
{
    struct ims_id id = sketch_id(function);
    put16(image, 0x00, function->is_vf ? 0xffff : id.vendor);
    put16(image, 0x02, function->is_vf ? 0xffff : id.device);
    put16(image, 0x04,
          function->command_set ? function->command
          : function->is_vf     ? 0x0004
                                : 0x0006);
    put8(image, 0x08, 1);
    put8(image, 0x09, function->class_code & 0xff);
    put8(image, 0x0a, (function->class_code >> 8) & 0xff);
    put8(image, 0x0b, (function->class_code >> 16) & 0xff);
    put8(image, 0x0e, (unsigned)function->header | (function->mf == SKETCH_YES ? 0x80u : 0u));
    if (function->header)
        put_bridge(image, function);
    else
        put_endpoint(image, function);
}

static void put_pcie(struct sketch_image *image, const struct sketch_function *function)
{
    unsigned type = (unsigned)function->type;
    bool port = type == 4 || type == 6;
    put16(image, 0x40, 0x0010);
    put16(image, 0x42, 2u | type << 4 | (port ? 0x100u : 0u));
    put32(image, 0x44, 0x00008000);
    if (type != 9 && type != 10) {
        put32(image, 0x4c, 0x00000043 | (uint32_t)function->port << 24);
        put16(image, 0x52, 0x0043);
    }
    if (function->arifwd) {
        put32(image, 0x64, 0x00000020);
        put16(image, 0x68, 0x0020);
    }
}

static void put_pcix(struct sketch_image *image, const struct sketch_function *function)
{
    put16(image, 0x40, 0x0007);
    if (function->header == 1)
        put16(image, 0x42, 0x4000); /* secondary status: 266 MHz capable */
    else
        put32(image, 0x44, 0x40000000); /* status: 266 MHz capable */
}

/* Appends one extended capability; returns the offset after it. */
static unsigned put_extended(struct sketch_image *image, unsigned offset, unsigned *last,
                             unsigned id, unsigned size_bytes)
{
    if (*last)
        put32(image, *last,
              (uint32_t)image->bytes[*last] | (uint32_t)image->bytes[*last + 1] << 8 | 1u << 16 |
                  offset << 20);
    put32(image, offset, id | 1u << 16);
    *last = offset;
    return offset + size_bytes;
}

static unsigned vector_dwords(const struct sketch_function *function)
{
    unsigned count = 8;
    while (count > 0 && function->vector[count - 1] == 0)
        count--;
    return count;
}

static void put64(struct sketch_image *image, unsigned offset, uint64_t value)
{
    put32(image, offset, (uint32_t)value);
    put32(image, offset + 4, (uint32_t)(value >> 32));
}

static unsigned put_multicast(struct sketch_image *image, unsigned at, unsigned *last,
                              const struct sketch_multicast *multicast)
{
    unsigned end = put_extended(image, at, last, 0x0012, 0x30);
    put16(image, at + 0x06, 0x8000u | multicast->groups);
    put64(image, at + 0x08, multicast->base | multicast->index);
    put64(image, at + 0x10, multicast->receive);
    put64(image, at + 0x18, multicast->block_all);
    put64(image, at + 0x20, multicast->block_untranslated);
    return end;
}

static void put_extended_list(struct sketch_image *image, const struct sketch_function *function)
{
    unsigned offset = 0x100;
    unsigned last = 0;
    if (function->acs == SKETCH_YES) {
        unsigned at = offset;
        unsigned dwords = vector_dwords(function);
        offset = put_extended(image, at, &last, 0x000d, dwords > 2 ? 0x28 : 16);
        for (unsigned i = 0; i < dwords; i++)
            put32(image, at + 8 + 4 * i, function->vector[i]);
        if (function->spt) {
            put32(image, at + 4, function->acs_cap);
            put32(image, at + 8, function->acs_ctrl);
        } else {
            put16(image, at + 4, function->acs_cap);
            put16(image, at + 6, function->acs_ctrl);
        }
    }
    if (function->ari || function->fgroup_set) {
        unsigned at = offset;
        offset = put_extended(image, at, &last, 0x000e, 16);
        put16(image, at + 4, function->fgroup_set ? 2 : 0);
        put16(image, at + 6, (function->fgroups_on ? 2u : 0u) | (unsigned)function->fgroup << 4);
    }
    if (function->ats) {
        unsigned at = offset;
        offset = put_extended(image, at, &last, 0x000f, 8);
        put16(image, at + 6, 0x8000);
    }
    if (function->multicast.set)
        offset = put_multicast(image, offset, &last, &function->multicast);
    if (function->sriov) {
        unsigned at = offset;
        offset = put_extended(image, at, &last, 0x0010, 0x40);
        put_bars(image, function, at + 0x24, SKETCH_BAR_VF);
        put16(image, at + 0x08, function->sriov_num ? 0x0009 : 0);
        put16(image, at + 0x0c, function->sriov_total);
        put16(image, at + 0x0e, function->sriov_total);
        put16(image, at + 0x10, function->sriov_num);
        put16(image, at + 0x14, function->sriov_offset);
        put16(image, at + 0x16, function->sriov_stride);
        put16(image, at + 0x1a, function->sriov_vf_device);
        put32(image, at + 0x1c, 1);
        put32(image, at + 0x20, 1);
    }
    image->list_end = offset > 0x180 ? offset : 0x180;
}

static void mark_unknown(struct sketch_image *image, const struct sketch_function *function)
{
    if (function->mf == SKETCH_UNKNOWN)
        image->known[0x0e] = 0x7f;
    if (function->id_count > 1)
        memset(image->known, 0, 4);
    if (function->acs == SKETCH_YES && function->acs_ctrl_unknown)
        memset(&image->known[function->spt ? 0x108 : 0x106], 0, function->spt ? 4 : 2);
    for (unsigned i = 0; i < function->raw_count; i++) {
        if (function->raw[i].unknown)
            memset(&image->known[function->raw[i].offset], 0, 4);
    }
    memset(image->known + image->size_bytes, 0, IMS_CONFIG_SIZE_BYTES - image->size_bytes);
    /* What is unknown reads 0, so that nobody can use it by accident. */
    for (unsigned i = 0; i < IMS_CONFIG_SIZE_BYTES; i++)
        image->bytes[i] &= image->known[i];
}

void sketch_image(const struct sketch_function *function, struct sketch_image *ret)
{
    bool pcie = function->type != SKETCH_CONVENTIONAL;
    memset(ret, 0, sizeof(*ret));
    memset(ret->known, 0xff, sizeof(ret->known));
    ret->list_end = 0x180;
    put_header(ret, function);
    if (pcie || function->pcix2) {
        put16(ret, 0x06, 0x0010);
        put8(ret, function->header == 2 ? 0x14 : 0x34, 0x40);
    }
    if (pcie)
        put_pcie(ret, function);
    else if (function->pcix2)
        put_pcix(ret, function);
    ret->size_bytes = pcie || function->pcix2 ? IMS_CONFIG_SIZE_BYTES : 256;
    if (ret->size_bytes > 256) {
        if (function->no_ext)
            memset(ret->bytes + 256, 0xff, IMS_CONFIG_SIZE_BYTES - 256);
        else
            put_extended_list(ret, function);
    }
    for (unsigned i = 0; i < function->raw_count; i++)
        put32(ret, function->raw[i].offset, function->raw[i].value);
    if (function->nocfg)
        ret->size_bytes = 0;
    else if (function->cfg64)
        ret->size_bytes = 64;
    else if (function->acs == SKETCH_UNKNOWN && ret->size_bytes > 256)
        ret->size_bytes = 256;
    mark_unknown(ret, function);
}
