/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <string.h>

#include "sketch.h"

/*
 * Machines grow by segments of the same shape: a segment cannot hold more than 65536 functions, and
 * buses, slots and depth have limits of their own.
 */

const char *const bench_shapes[] = {
    "multifunction", "switches", "deep", "conventional", "vfs", "aliases", "wide", "egress", NULL};

/* Every bus has a MiB of addresses, the least that a window can pass, every function 4 KiB of it. */
#define ADDRESSES UINT64_C(0x80000000)
#define BUS_BYTES UINT64_C(0x100000)
#define FUNCTION_BYTES UINT64_C(0x1000)

struct plan {
    struct ims_builder *builder;
    uint32_t left;
    uint32_t segment;
    bool failed;
};

static uint64_t base_of(struct ims_address address)
{
    return ADDRESSES + address.bus * BUS_BYTES + address.devfn * FUNCTION_BYTES;
}

/* States one function; only the bytes that carry something. */
static void state(struct plan *plan, const struct sketch_function *function)
{
    struct ims_record *record;
    struct sketch_image image;
    const uint64_t base = base_of(function->address);
    if (plan->failed || plan->left == 0)
        return;
    plan->left--;
    sketch_image(function, &image);
    if (ims_builder_function(plan->builder, function->address, &record, NULL) < 0 ||
        ims_config_set_bytes(&record->config, 0, image.bytes, 128) < 0 ||
        (image.size_bytes > 256 &&
         ims_config_set_bytes(&record->config, 256, image.bytes + 256, 64) < 0)) {
        plan->failed = true;
        return;
    }
    record->is_vf = function->is_vf ? IMS_YES : IMS_NO;
    record->physfn_stated = function->is_vf;
    record->physfn = function->physfn;
    record->on_root_bus = function->on_root;
    record->resource_count = 7;
    for (unsigned i = 1; i < record->resource_count; i++)
        record->resources[i].start = 1; /* unused: it ends before it begins */
    record->resources[0] = (struct ims_resource){base, base + FUNCTION_BYTES - 1, 0x200};
    if (function->is_vf) {
        record->ids = ims_builder_ids(plan->builder, function->ids, 1);
        record->id_count = 1;
    }
}

static struct sketch_function make(const struct plan *plan, unsigned bus, unsigned devfn, int type)
{
    struct sketch_function function = {
        .address = {plan->segment, (uint8_t)bus, (uint8_t)devfn},
        .type = type,
        .ids = {{0x1b36, 0x0010}},
        .id_count = 1,
        .class_code = 0x020000,
        .on_root = bus == 0,
        .mf = SKETCH_YES,
    };
    function.fabric.bars[0] =
        (struct sketch_bar){.base = base_of(function.address), .size = FUNCTION_BYTES};
    return function;
}

static void endpoint(struct plan *plan, unsigned bus, unsigned devfn, int type)
{
    struct sketch_function function = make(plan, bus, devfn, type);
    state(plan, &function);
}

static struct sketch_function make_bridge(const struct plan *plan, unsigned bus, unsigned devfn,
                                          int type, unsigned secondary, unsigned subordinate,
                                          unsigned acs_ctrl)
{
    struct sketch_function function = make(plan, bus, devfn, type);
    function.header = 1;
    function.class_code = 0x060400;
    function.mem = (struct sketch_window){true, ADDRESSES + secondary * BUS_BYTES,
                                          ADDRESSES + (subordinate + 1) * BUS_BYTES - 1};
    function.secondary = (uint8_t)secondary;
    function.subordinate = (uint8_t)subordinate;
    if (acs_ctrl) {
        function.acs = SKETCH_YES;
        function.acs_cap = SKETCH_REQ;
        function.acs_ctrl = acs_ctrl;
    }
    return function;
}

static void bridge(struct plan *plan, unsigned bus, unsigned devfn, int type, unsigned secondary,
                   unsigned subordinate, unsigned acs_ctrl)
{
    struct sketch_function function =
        make_bridge(plan, bus, devfn, type, secondary, subordinate, acs_ctrl);
    state(plan, &function);
}

/* 32 slots of eight functions without ACS on a root bus. */
static void multifunction(struct plan *plan)
{
    for (unsigned devfn = 0; devfn < 256; devfn++)
        endpoint(plan, 0, devfn, devfn < 128 ? 0 : SKETCH_CONVENTIONAL);
}

/* A switch with 32 downstream ports, eight functions below each; every second port without ACS. */
static void switches(struct plan *plan)
{
    bridge(plan, 0, 0, 4, 1, 34, SKETCH_REQ);
    bridge(plan, 1, 0, 5, 2, 34, 0);
    for (unsigned slot = 0; slot < 32; slot++)
        bridge(plan, 2, slot << 3, 6, 3 + slot, 3 + slot, slot & 1 ? SKETCH_REQ : 0);
    for (unsigned slot = 0; slot < 32; slot++) {
        for (unsigned function = 0; function < 8; function++)
            endpoint(plan, 3 + slot, function, 0);
    }
}

/* Switch below switch, 110 levels; seven functions on every bus inside: 991 functions. */
static void deep(struct plan *plan)
{
    bridge(plan, 0, 0, 4, 1, 221, SKETCH_REQ);
    for (unsigned bus = 1; bus < 220; bus += 2) {
        bridge(plan, bus, 0, 5, bus + 1, 221, 0);
        bridge(plan, bus + 1, 0, 6, bus + 2, 221, bus % 3 ? SKETCH_REQ : 0);
        for (unsigned slot = 1; slot < 8; slot++)
            endpoint(plan, bus + 1, slot << 3, 0);
    }
}

/* Conventional bridge below conventional bridge, 250 levels, three functions on every bus. */
static void conventional(struct plan *plan)
{
    for (unsigned bus = 0; bus < 250; bus++) {
        bridge(plan, bus, 0, SKETCH_CONVENTIONAL, bus + 1, 250, 0);
        for (unsigned slot = 1; slot < 4; slot++)
            endpoint(plan, bus, slot << 3, SKETCH_CONVENTIONAL);
    }
}

/* A PF with 7 VFs beside it and 128 on a bus without a bridge. */
static void vfs(struct plan *plan)
{
    bridge(plan, 0, 0, 4, 1, 2, SKETCH_REQ);
    endpoint(plan, 1, 0, 0);
    for (unsigned i = 1; i < 136; i++) {
        struct sketch_function vf = make(plan, i < 8 ? 1 : 2, i < 8 ? i : i - 8, 0);
        vf.is_vf = true;
        vf.physfn = (struct ims_address){plan->segment, 1, 0};
        vf.mf = SKETCH_NO;
        state(plan, &vf);
    }
}

/* A bus full of functions, each of which is an alias of all others. */
static void aliases(struct plan *plan)
{
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        struct sketch_function function = make(plan, 0, devfn, 0);
        function.ids[0] = (struct ims_id){0x10b5, 0x87b0};
        state(plan, &function);
    }
}

/* One segment as full as it gets: 255 root ports, 256 functions of one device below each. */
static void wide(struct plan *plan)
{
    for (unsigned bus = 1; bus < 256; bus++) {
        bridge(plan, 0, bus - 1, 4, bus, bus, bus % 3 ? SKETCH_REQ : 0);
        for (unsigned devfn = 0; devfn < 256; devfn++)
            endpoint(plan, bus, devfn, 0);
    }
}

/* A switch whose 64 ports have vectors of their own: every port forbids every third other one. */
static void egress(struct plan *plan)
{
    bridge(plan, 0, 0, 4, 1, 66, SKETCH_REQ);
    bridge(plan, 1, 0, 5, 2, 66, 0);
    for (unsigned slot = 0; slot < 64; slot++) {
        struct sketch_function port =
            make_bridge(plan, 2, slot << 2, 6, 3 + slot, 3 + slot, SKETCH_REQ | 0x20);
        port.acs_cap |= 0x20 | 64 << 8;
        port.fabric.port_number = (uint8_t)slot;
        port.fabric.egress_stated = true;
        for (unsigned bit = slot % 3; bit < 64; bit += 3)
            port.fabric.egress[bit / 32] |= UINT32_C(1) << bit % 32;
        state(plan, &port);
    }
    for (unsigned slot = 0; slot < 64; slot++) {
        for (unsigned function = 0; function < 3; function++)
            endpoint(plan, 3 + slot, function, 0);
    }
}

struct ims_builder *bench_machine(const char *shape, uint32_t count)
{
    static void (*const shapes[])(struct plan *) = {multifunction, switches, deep, conventional,
                                                    vfs,           aliases,  wide, egress};
    struct plan plan = {.builder = ims_builder_new(), .left = count};
    unsigned index = 0;
    while (bench_shapes[index] && strcmp(bench_shapes[index], shape) != 0)
        index++;
    if (!plan.builder || !bench_shapes[index]) {
        ims_builder_free(plan.builder);
        return NULL;
    }
    ims_builder_machine(plan.builder)->iommu_on = IMS_YES;
    for (; plan.left && !plan.failed; plan.segment++)
        shapes[index](&plan);
    if (plan.failed) {
        ims_builder_free(plan.builder);
        return NULL;
    }
    return plan.builder;
}
