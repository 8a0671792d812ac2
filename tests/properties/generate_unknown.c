/* SPDX-License-Identifier: MIT */
#include "generate.h"

/* Hiding facts, and filling in what is hidden with anything that the input cannot rule out. */

static void hide_ids(struct rng *rng, struct sketch_function *function)
{
    unsigned count = 2 + rng_below(rng, SKETCH_ID_MAX - 1);
    for (unsigned i = function->id_count; i < count; i++) {
        struct ims_quirk_row row = ims_quirk_row_at(rng_below(rng, ims_quirk_row_count()));
        struct ims_id id = {row.vendor, row.any_device ? 0x1234 : row.device};
        if (rng_percent(rng, 30))
            id = (struct ims_id){0x1b36, (uint16_t)(0x0020 + i)};
        function->ids[i] = id;
    }
    function->id_count = count;
    unsigned other = rng_below(rng, count);
    struct ims_id first = function->ids[0];
    function->ids[0] = function->ids[other];
    function->ids[other] = first;
}

static void hide_one(struct rng *rng, struct sketch_function *function)
{
    bool pcie = function->type != SKETCH_CONVENTIONAL;
    bool plain = !function->is_vf && !function->sriov && !function->ari && !function->arifwd &&
                 !function->pcix2;
    switch (rng_below(rng, 7)) {
    case 0:
        if (pcie && plain)
            function->acs = SKETCH_UNKNOWN;
        break;
    case 1:
        function->acs_ctrl_unknown = function->acs == SKETCH_YES;
        break;
    case 2:
        if (!function->is_vf)
            function->mf = SKETCH_UNKNOWN;
        break;
    case 3:
        function->cfg64 = pcie && plain && function->raw_count == 0;
        break;
    case 4:
        function->nocfg = plain && function->header == 0 && function->raw_count == 0;
        break;
    case 5:
        if (!function->is_vf && function->raw_count == 0)
            hide_ids(rng, function);
        break;
    default:
        for (unsigned i = 0; i < function->raw_count; i++)
            function->raw[i].unknown = true;
    }
}

void generate_hide(struct rng *rng, struct sketch *sketch)
{
    unsigned percent = 4 + rng_below(rng, 30);
    for (unsigned i = 0; i < sketch->count; i++) {
        if (rng_percent(rng, percent))
            hide_one(rng, &sketch->functions[i]);
    }
}

static void complete_acs(struct rng *rng, struct sketch_function *function)
{
    static const uint32_t caps[] = {0x1d, 0x5f, 0x00, 0x0c};
    function->acs = rng_percent(rng, 60) ? SKETCH_YES : SKETCH_NO;
    function->acs_cap = function->acs == SKETCH_YES ? caps[rng_below(rng, 4)] : 0;
    function->acs_ctrl = rng_percent(rng, 60) ? function->acs_cap & SKETCH_REQ
                                              : rng_below(rng, 0x80) & function->acs_cap;
}

/* Types that fit the place; what lies about its place is not part of this law. */
static void complete_type(struct rng *rng, struct sketch_function *function)
{
    static const int endpoints[] = {0, 1, SKETCH_CONVENTIONAL, 9};
    static const int root_bridges[] = {4, 4, 7, SKETCH_CONVENTIONAL};
    static const int other_bridges[] = {5, 6, 7, SKETCH_CONVENTIONAL};
    if (rng_percent(rng, 40))
        return;
    if (function->header == 0)
        function->type = endpoints[rng_below(rng, function->on_root ? 4 : 3)];
    else if (function->on_root)
        function->type = root_bridges[rng_below(rng, 4)];
    else
        function->type = other_bridges[rng_below(rng, 4)];
}

/*
 * A function 0 with others beside it has bit 7 set: else nobody would have looked for them
 * (R1.5, R5.10).
 */
static enum sketch_known complete_mf(struct rng *rng, const struct sketch *sketch,
                                     const struct sketch_function *function)
{
    for (unsigned i = 0; i < sketch->count && !(function->address.devfn & 7); i++) {
        const struct sketch_function *other = &sketch->functions[i];
        if (other != function && !other->is_vf &&
            other->address.segment == function->address.segment &&
            other->address.bus == function->address.bus &&
            other->address.devfn >> 3 == function->address.devfn >> 3)
            return SKETCH_YES;
    }
    return rng_percent(rng, 50) ? SKETCH_YES : SKETCH_NO;
}

static void complete_one(struct rng *rng, const struct sketch *sketch,
                         struct sketch_function *function)
{
    if (function->nocfg || function->cfg64) {
        complete_type(rng, function);
        if (function->nocfg && !function->is_vf)
            function->mf = complete_mf(rng, sketch, function);
        complete_acs(rng, function);
        function->nocfg = false;
        function->cfg64 = false;
    }
    if (function->type == SKETCH_CONVENTIONAL)
        function->acs = SKETCH_NO;
    if (function->acs == SKETCH_UNKNOWN)
        complete_acs(rng, function);
    if (function->acs_ctrl_unknown)
        function->acs_ctrl = rng_percent(rng, 50) ? function->acs_cap & SKETCH_REQ
                                                  : rng_below(rng, 0x80) & function->acs_cap;
    function->acs_ctrl_unknown = false;
    if (function->mf == SKETCH_UNKNOWN)
        function->mf = complete_mf(rng, sketch, function);
    function->ids[0] = function->ids[rng_below(rng, function->id_count)];
    function->id_count = 1;
    for (unsigned i = 0; i < function->raw_count; i++) {
        if (function->raw[i].unknown)
            function->raw[i].value = rng_below(rng, 2);
        function->raw[i].unknown = false;
    }
}

void generate_complete(struct rng *rng, const struct sketch *hidden, struct sketch *ret)
{
    sketch_copy(ret, hidden);
    for (unsigned i = 0; i < ret->count; i++)
        complete_one(rng, ret, &ret->functions[i]);
}
