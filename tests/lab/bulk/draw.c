/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "bulk.h"
#include "properties/generate.h"
#include "properties/shrink.h"

/* Random machines within what the module can build and a scanning kernel can see. */

void bulk_case_done(struct bulk_case *bulk)
{
    sketch_done(&bulk->sketch);
    memset(bulk, 0, sizeof(*bulk));
}

/* One option value names a function or an id (R4.18). */
static void draw_device(struct rng *rng, const struct sketch *sketch, char *text, size_t size)
{
    const struct sketch_function *function = &sketch->functions[rng_below(rng, sketch->count)];
    struct ims_id id = sketch_id(function);
    char address[IMS_ADDRESS_STRING_SIZE];
    if (rng_percent(rng, 25))
        snprintf(text, size, "pci:%04x:%04x", id.vendor, rng_percent(rng, 30) ? 0 : id.device);
    else
        snprintf(text, size, "%s", ims_address_format(function->address, address));
}

static void draw_cmdline(struct rng *rng, struct sketch *sketch)
{
    char device[64], flags[16];
    struct sketch_machine *machine = &sketch->machine;
    bool redirect = rng_percent(rng, 50);
    size_t used = 0;
    if (redirect) {
        draw_device(rng, sketch, device, sizeof(device));
        used = (size_t)snprintf(machine->cmdline, sizeof(machine->cmdline),
                                "pci=disable_acs_redir=%s", device);
        if (rng_percent(rng, 50)) {
            draw_device(rng, sketch, device, sizeof(device));
            used += (size_t)snprintf(machine->cmdline + used, sizeof(machine->cmdline) - used,
                                     ";%s", device);
        }
    }
    struct ims_kernel_version version;
    bool has_config = ims_kernel_version_parse(machine->kernel, &version) == 0 &&
                      (version.major > 6 || (version.major == 6 && version.minor >= 11));
    if (!has_config || (redirect && rng_percent(rng, 50)))
        return;
    used += (size_t)snprintf(machine->cmdline + used, sizeof(machine->cmdline) - used,
                             "%spci=config_acs=", used ? " " : "");
    for (unsigned i = 0, count = 1 + rng_below(rng, 3); i < count; i++) {
        unsigned length = 1 + rng_below(rng, 7);
        for (unsigned k = 0; k < length; k++)
            flags[k] = "01x"[rng_below(rng, 3)];
        flags[length] = '\0';
        draw_device(rng, sketch, device, sizeof(device));
        used += (size_t)snprintf(machine->cmdline + used, sizeof(machine->cmdline) - used,
                                 "%s%s@%s", i ? ";" : "", flags, device);
    }
}

/* The ports of a PCH are armed at the step that an IOMMU driver asks for (R4.20). */
static void drop_pch(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++)
        if (sketch->functions[i].ids[0].vendor == 0x8086 && sketch->functions[i].type == 4)
            sketch->functions[i].ids[0] = (struct ims_id){0x1b36, 0x000c};
}

static const struct sketch_function *bridge_above(const struct sketch *sketch,
                                                  const struct sketch_function *function)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *bridge = &sketch->functions[i];
        if (bridge->header && bridge->address.segment == function->address.segment &&
            bridge->secondary == function->address.bus)
            return bridge;
    }
    return NULL;
}

/*
 * The SR-IOV capability is in extended space, which is out of reach below anything but proper
 * ports (R1.8), and below those whose type Linux corrects (R1.4).
 */
static bool reaches_extended(const struct sketch *sketch, const struct sketch_function *function)
{
    const struct sketch_function *bridge = bridge_above(sketch, function);
    while (bridge) {
        const struct sketch_function *parent = bridge_above(sketch, bridge);
        if (bridge->type < 4 || bridge->type > 6 ||
            (parent && bridge->type == 6 && parent->type != 5) ||
            (parent && bridge->type == 5 && parent->type == 5))
            return false;
        bridge = parent;
    }
    return true;
}

/*
 * Functions above 0 are looked for only where function 0 answers and says that there are more;
 * those of an ARI device below a port that forwards ARI are found by their chain.
 */
static bool is_visible(const struct sketch *sketch, const struct sketch_function *function)
{
    struct ims_address address = function->address;
    const struct sketch_function *port = bridge_above(sketch, function);
    address.devfn = 0;
    const struct sketch_function *device = sketch_find(sketch, address);
    if (port && port->arifwd && device && device->ari && reaches_extended(sketch, device))
        return true;
    address.devfn = function->address.devfn & 0xf8;
    const struct sketch_function *first = sketch_find(sketch, address);
    return first == function || (first && first->mf == SKETCH_YES);
}

static bool drop_invisible(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        if (function->is_vf || is_visible(sketch, function))
            continue;
        shrink_remove(sketch, function->address);
        return true;
    }
    return false;
}

/* A bus of a bridge that has nothing on it but VFs of somebody else. */
static bool is_borrowed_bus(const struct sketch *sketch, const struct sketch_function *vf)
{
    bool bridged = false;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *other = &sketch->functions[i];
        if (other->is_vf || other->address.segment != vf->address.segment)
            continue;
        if (other->address.bus == vf->address.bus)
            return false;
        bridged = bridged || (other->header && other->secondary == vf->address.bus);
    }
    return bridged;
}

/* The last bus of the bus range that a function's bus belongs to: VFs cannot be beyond it. */
static unsigned last_bus(const struct sketch *sketch, const struct sketch_function *function)
{
    const struct sketch_function *bridge = bridge_above(sketch, function);
    unsigned last = 0xff;
    if (bridge)
        return bridge->subordinate;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *root = &sketch->functions[i];
        if (!root->is_vf && root->address.segment == function->address.segment &&
            root->address.bus > function->address.bus && root->address.bus <= last &&
            !bridge_above(sketch, root))
            last = root->address.bus - 1u;
    }
    return last;
}

/*
 * The PF of a VF, where it can have any. Linux takes a bus that is empty after its last VF away,
 * even that of a bridge, and stumbles over it when the bridge goes.
 */
static const struct sketch_function *physical_function(const struct sketch *sketch,
                                                       const struct sketch_function *vf)
{
    const struct sketch_function *pf = sketch_find(sketch, vf->physfn);
    return pf && reaches_extended(sketch, pf) && vf->address.bus <= last_bus(sketch, pf) &&
                   !is_borrowed_bus(sketch, vf)
               ? pf
               : NULL;
}

/* A PF enables its VFs from the first on: the address that this one follows is one of them. */
static bool follows_another(const struct sketch *sketch, const struct sketch_function *vf,
                            const struct sketch_function *pf)
{
    unsigned id = (unsigned)vf->address.bus << 8 | vf->address.devfn;
    unsigned pf_id = (unsigned)pf->address.bus << 8 | pf->address.devfn;
    if (id == pf_id + pf->sriov_offset)
        return true;
    id -= pf->sriov_stride;
    struct ims_address before = {vf->address.segment, (uint8_t)(id >> 8), (uint8_t)id};
    const struct sketch_function *other = sketch_find(sketch, before);
    return other && other->is_vf && ims_address_compare(other->physfn, vf->physfn) == 0;
}

static bool drop_impossible_vf(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *vf = &sketch->functions[i];
        const struct sketch_function *pf = vf->is_vf ? physical_function(sketch, vf) : NULL;
        if (!vf->is_vf || (pf && follows_another(sketch, vf, pf)))
            continue;
        sketch_remove(sketch, i);
        return true;
    }
    return false;
}

bool bulk_settle(struct bulk_case *bulk)
{
    struct sketch *sketch = &bulk->sketch;
    while (drop_invisible(sketch) || drop_impossible_vf(sketch))
        ;
    for (unsigned i = 0; i < sketch->count; i++)
        sketch->functions[i].sriov_num = 0;
    /* A PF enables as many VFs as there are. */
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *vf = &sketch->functions[i];
        if (vf->is_vf)
            sketch_find(sketch, vf->physfn)->sriov_num++;
    }
    return sketch->count > 0;
}

void bulk_draw(struct rng *rng, const char *release, struct bulk_case *ret)
{
    do {
        memset(ret, 0, sizeof(*ret));
        struct generate_options options = generate_draw_options(rng);
        generate_machine(rng, &options, &ret->sketch);
        snprintf(ret->sketch.machine.kernel, sizeof(ret->sketch.machine.kernel), "%s", release);
        ret->hot = rng_percent(rng, 25);
        ret->acs_wanted = rng_percent(rng, 85);
        if (!ret->acs_wanted)
            drop_pch(&ret->sketch);
        if (bulk_settle(ret)) {
            if (ret->acs_wanted && rng_percent(rng, 20))
                draw_cmdline(rng, &ret->sketch);
            return;
        }
        bulk_case_done(ret);
    } while (true);
}
