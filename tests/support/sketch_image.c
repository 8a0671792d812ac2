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

/* An address that no two functions of a segment share. */
static uint32_t bar_address(const struct sketch_function *function)
{
    return 0x80000000u + (((uint32_t)function->address.bus << 8 | function->address.devfn) << 12);
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
        put32(image, 0x10, bar_address(function));
    if (function->header == 2)
        return;
    if (function->rom)
        put32(image, 0x38, bar_address(function) + 0x800u);
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
    if (!function->is_vf && !function->nobar)
        put32(image, 0x10, bar_address(function));
    if (!function->is_vf && function->rom)
        put32(image, 0x30, bar_address(function) + 0x800u);
    put16(image, 0x2c, function->subsystem.vendor);
    put16(image, 0x2e, function->subsystem.device);
}

static void put_header(struct sketch_image *image, const struct sketch_function *function)
{
    struct ims_id id = sketch_id(function);
    put16(image, 0x00, function->is_vf ? 0xffff : id.vendor);
    put16(image, 0x02, function->is_vf ? 0xffff : id.device);
    put16(image, 0x04, function->is_vf ? 0x0004 : 0x0006);
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
        put32(image, 0x4c, 0x00000043);
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

static void put_extended_list(struct sketch_image *image, const struct sketch_function *function)
{
    unsigned offset = 0x100;
    unsigned last = 0;
    if (function->acs == SKETCH_YES) {
        unsigned at = offset;
        offset = put_extended(image, at, &last, 0x000d, function->fabric.egress_stated ? 40 : 16);
        if (function->spt) {
            put32(image, at + 4, function->acs_cap);
            put32(image, at + 8, function->acs_ctrl);
        } else {
            put16(image, at + 4, function->acs_cap);
            put16(image, at + 6, function->acs_ctrl);
            sketch_fabric_image_egress(function, image, at);
        }
    }
    if (function->ari) {
        sketch_fabric_image_ari(function, image, offset);
        offset = put_extended(image, offset, &last, 0x000e, 16);
    }
    if (function->sriov) {
        unsigned at = offset;
        offset = put_extended(image, at, &last, 0x0010, 0x40);
        put16(image, at + 0x08, function->sriov_num ? 0x0009 : 0);
        put16(image, at + 0x0c, function->sriov_total);
        put16(image, at + 0x0e, function->sriov_total);
        put16(image, at + 0x10, function->sriov_num);
        put16(image, at + 0x14, function->sriov_offset);
        put16(image, at + 0x16, function->sriov_stride);
        put16(image, at + 0x1a, function->sriov_vf_device);
        put32(image, at + 0x1c, 1);
        put32(image, at + 0x20, 1);
        sketch_fabric_image_sriov(function, image, at);
    }
    if (function->fabric.ats) {
        sketch_fabric_image_ats(function, image, offset);
        offset = put_extended(image, offset, &last, 0x000f, 8);
    }
    if (function->fabric.multicast.present) {
        sketch_fabric_image_multicast(function, image, offset);
        put_extended(image, offset, &last, 0x0012, 0x30);
    }
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
    put_header(ret, function);
    if (pcie || function->pcix2) {
        put16(ret, 0x06, 0x0010);
        put8(ret, function->header == 2 ? 0x14 : 0x34, 0x40);
    }
    if (pcie)
        put_pcie(ret, function);
    else if (function->pcix2)
        put_pcix(ret, function);
    sketch_fabric_image(function, ret);
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
