/* SPDX-License-Identifier: MIT */
#include "shrink.h"

#include <string.h>

void shrink_remove(struct sketch *sketch, struct ims_address address)
{
    struct sketch_function *found = sketch_find(sketch, address);
    if (!found)
        return;
    struct sketch_function function = *found;
    sketch_remove(sketch, (unsigned)(found - sketch->functions));
    for (unsigned i = 0; i < sketch->count;) {
        const struct sketch_function *other = &sketch->functions[i];
        uint8_t bus = other->is_vf ? other->physfn.bus : other->address.bus;
        bool below = function.header && other->address.segment == address.segment &&
                     bus >= function.secondary && bus <= function.subordinate;
        bool vf = other->is_vf && ims_address_compare(other->physfn, address) == 0;
        bool vmd = other->vmd_stated && ims_address_compare(other->vmd, address) == 0;
        if (below || vf || vmd)
            sketch_remove(sketch, i);
        else
            i++;
    }
}

#define SIMPLIFICATIONS 26u

/* What only fabrics have. No step may undo one of simplify(): shrinking would not end. */
static void simplify_fabric(struct sketch_function *function, unsigned what)
{
    struct sketch_fabric *fabric = &function->fabric;
    switch (what) {
    case 0:
        memset(&fabric->multicast, 0, sizeof(fabric->multicast));
        break;
    case 1:
        memset(fabric->egress, 0, sizeof(fabric->egress));
        break;
    case 2:
        function->acs_cap &= ~0xffa0u;
        function->acs_ctrl &= 0x5f;
        fabric->egress_stated = false;
        memset(fabric->egress, 0, sizeof(fabric->egress));
        break;
    case 3:
        if (fabric->command_stated)
            fabric->command = function->is_vf ? 4 : 7;
        break;
    case 4:
        memset(&fabric->rom, 0, sizeof(fabric->rom));
        break;
    case 5:
        memset(&fabric->bars[1], 0, 5 * sizeof(fabric->bars[1]));
        break;
    case 6:
        if (fabric->bars[0].size)
            function->nobar = !function->header;
        memset(fabric->bars, 0, sizeof(fabric->bars));
        break;
    case 7:
        fabric->ats = fabric->ats_on = false;
        fabric->phantom = 0;
        break;
    case 8:
        fabric->group_stated = fabric->acs_groups = false;
        fabric->group = 0;
        break;
    default:
        function->acs_ctrl &= SKETCH_REQ;
    }
}

/* Makes one thing of a function plain; returns false when it already is. */
static bool simplify(struct sketch_function *function, unsigned what)
{
    struct sketch_function before = *function;
    switch (what) {
    case 0:
        function->ids[0] = (struct ims_id){0x1b36, function->header ? 0x000c : 0x0010};
        function->id_count = 1;
        break;
    case 1:
        function->acs = SKETCH_NO;
        function->acs_cap = function->acs_ctrl = 0;
        function->acs_ctrl_unknown = function->spt = false;
        break;
    case 2:
        function->acs_ctrl = function->acs_cap = function->acs == SKETCH_YES ? 0x1d : 0;
        break;
    case 3:
        function->mf = SKETCH_NO;
        break;
    case 4:
        function->no_ext = function->pcix2 = false;
        break;
    case 5:
        function->ari = false;
        break;
    case 6:
        function->arifwd = false;
        break;
    case 7:
        function->bar = function->rom = false;
        function->nobar = function->nobar && function->fabric.command_stated; /* laid out */
        break;
    case 8:
        function->raw_count = 0;
        break;
    case 9:
        function->subsystem = (struct ims_id){0, 0};
        break;
    case 10:
        function->cfg64 = false;
        break;
    case 11:
        function->nocfg = false;
        break;
    case 12:
        function->driver_stated = false;
        function->driver[0] = '\0';
        break;
    case 13:
        function->class_code = function->header ? 0x060400 : 0x020000;
        break;
    case 14:
        function->group = 0;
        break;
    case 15:
        function->acs_cap &= SKETCH_REQ;
        function->acs_ctrl &= SKETCH_REQ;
        break;
    default:
        simplify_fabric(function, what - 16);
    }
    return memcmp(&before, function, sizeof(before)) != 0;
}

/* Takes what the kernel's groups say away; returns false when nothing is said. */
static bool forget_groups(struct sketch *sketch)
{
    if (sketch->machine.groups_stated != IMS_YES)
        return false;
    sketch->machine.groups_stated = IMS_UNKNOWN;
    for (unsigned i = 0; i < sketch->count; i++)
        sketch->functions[i].group_state = IMS_GROUP_UNKNOWN;
    return true;
}

unsigned shrink_steps(const struct sketch *sketch)
{
    return sketch->count + 1 + sketch->count * SIMPLIFICATIONS;
}

bool shrink_candidate(const struct sketch *sketch, unsigned step, struct sketch *ret)
{
    bool smaller;
    sketch_copy(ret, sketch);
    if (step < sketch->count) {
        shrink_remove(ret, sketch->functions[step].address);
        smaller = ret->count > 0;
    } else if (step == sketch->count) {
        smaller = forget_groups(ret);
    } else {
        step -= sketch->count + 1;
        smaller = simplify(&ret->functions[step / SIMPLIFICATIONS], step % SIMPLIFICATIONS);
    }
    if (!smaller)
        sketch_done(ret);
    return smaller;
}
