/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/tristate.h"
#include "fabric/sets.h"

/* How far up requests of a function get, and how far up it is seen from, for one pass. */

static bool counts(const struct ims_sets_pass *pass, enum ims_tristate state)
{
    return state == IMS_YES || (state == IMS_UNKNOWN && pass->certainty == IMS_FABRIC_MAY);
}

/* ---- issuers ---- */

/* Whether a request with an id on bus gets up through a bridge (A2.1, A2.2, C4). */
static enum ims_tristate gets_through(const struct ims_sets_pass *pass, uint32_t bridge,
                                      uint8_t bus)
{
    const struct ims_fabric *fabric = pass->fabric;
    const struct ims_controls *controls = &fabric->nodes[bridge].controls;
    enum ims_tristate passes = ims_fabric_masters(fabric, bridge);

    if (!ims_fabric_is_port(&fabric->nodes[bridge]))
        return passes;
    const enum ims_tristate inside = ims_fabric_in_aperture(fabric, bridge, bus);
    const enum ims_tristate unchecked = controls->v == IMS_NO    ? IMS_YES
                                        : controls->v == IMS_YES ? IMS_NO
                                                                 : IMS_UNKNOWN;
    passes = ims_tristate_and(passes, ims_tristate_or(inside, unchecked));
    if (pass->at == IMS_TLP_UNTRANSLATED || controls->b == IMS_NO)
        return passes;
    return ims_tristate_and(passes, controls->b == IMS_YES ? IMS_NO : IMS_UNKNOWN);
}

static uint32_t source_depth(const struct ims_sets_pass *pass, uint32_t function)
{
    const struct ims_fabric *fabric = pass->fabric;
    uint32_t realm = fabric->nodes[function].realm;
    uint8_t bus = ims_fabric_info(fabric, function)->address.bus;

    if (!fabric->nodes[function].issuer ||
        (fabric->nodes[function].conventional && pass->at != IMS_TLP_UNTRANSLATED) ||
        !counts(pass, ims_fabric_masters(fabric, function)))
        return IMS_DEPTH_NEVER;
    while (fabric->realms[realm].bridge != IMS_NONE) {
        const uint32_t bridge = fabric->realms[realm].bridge;
        const struct ims_function_info *info = ims_fabric_info(fabric, bridge);
        const enum ims_role role = fabric->nodes[bridge].role;
        /* Beyond such a bridge nothing is translated: the other pass has it. */
        if (pass->at != IMS_TLP_UNTRANSLATED &&
            (role == IMS_ROLE_PCI_BRIDGE || role == IMS_ROLE_REVERSE))
            break;
        if (fabric->nodes[bridge].translates || !counts(pass, gets_through(pass, bridge, bus)))
            break;
        if (role == IMS_ROLE_PCI_BRIDGE || role == IMS_ROLE_REVERSE)
            bus = fabric->nodes[bridge].retags ? (uint8_t)info->pci.bridge.secondary.value
                                               : info->address.bus;
        realm = fabric->nodes[bridge].realm;
    }
    return fabric->realms[realm].depth;
}

/* ---- targets ---- */

/* Whether requests at a place in the realm of element go to element (C5, C6, C8). */
static enum ims_tristate is_seen_at(const struct ims_fabric *fabric, uint32_t element, bool is_bar,
                                    uint64_t address, enum ims_tristate inside)
{
    struct ims_hit hits[IMS_HIT_MAX];
    bool taken;
    const struct ims_place place = {fabric->nodes[element].realm, IMS_NONE, inside};
    const unsigned count = ims_fabric_hits(fabric, place, IMS_FABRIC_MEMORY, address, hits, &taken);

    for (unsigned i = 0; i < count; i++)
        if (hits[i].function == element && (hits[i].bar != IMS_NONE) == is_bar)
            return hits[i].sure ? IMS_YES : IMS_UNKNOWN;
    return IMS_NO;
}

/* From above: what got there stays there, whether the bridge took it by a window or not (C8). */
static enum ims_tristate is_seen(const struct ims_fabric *fabric, uint32_t element, bool is_bar,
                                 uint64_t address)
{
    const bool at_root = fabric->realms[fabric->nodes[element].realm].bridge == IMS_NONE;

    return is_seen_at(fabric, element, is_bar, address, at_root ? IMS_NO : IMS_YES);
}

/* From a neighbour: only a bus leaves over what no window above it would take back (C9). */
static enum ims_tristate is_seen_beside(const struct ims_fabric *fabric, uint32_t element,
                                        uint64_t address)
{
    const struct ims_realm *realm = &fabric->realms[fabric->nodes[element].realm];
    const enum ims_tristate inside =
        realm->kind == IMS_REALM_BUS
            ? ims_fabric_window(fabric, realm->bridge, IMS_FABRIC_MEMORY, address)
            : IMS_NO;

    return is_seen_at(fabric, element, false, address, inside);
}

bool ims_sets_hides(const struct ims_fabric *fabric, uint32_t bridge)
{
    return fabric->nodes[bridge].subtractive &&
           fabric->realms[fabric->nodes[bridge].realm].kind != IMS_REALM_ROOT;
}

/* The first address of [first, last] that a bridge passes down, or last + 1. */
static uint64_t first_inside(const struct ims_fabric *fabric, uint32_t bridge, uint64_t first,
                             uint64_t last)
{
    const struct ims_bridge *facts = &ims_fabric_info(fabric, bridge)->pci.bridge;
    const struct ims_window *windows[] = {&facts->memory, &facts->prefetchable};
    uint64_t best = first;

    if (ims_fabric_window(fabric, bridge, IMS_FABRIC_MEMORY, first) == IMS_NO)
        for (unsigned i = 0; i < 2; i++)
            if (windows[i]->open == IMS_YES && windows[i]->base > first &&
                windows[i]->base <= last && (best == first || windows[i]->base < best))
                best = windows[i]->base;
    return best;
}

/* Climbs with one range of a function. Returns the depth up to which it is seen. */
static uint32_t climb(struct ims_sets_pass *pass, uint32_t function,
                      const struct ims_fabric_bar *bar, uint64_t *ret_address)
{
    const struct ims_fabric *fabric = pass->fabric;
    uint64_t address = bar->first;
    uint32_t element = function;
    uint32_t depth = IMS_DEPTH_NEVER;

    while (element != IMS_NONE) {
        const uint32_t realm = fabric->nodes[element].realm;
        uint64_t candidate = address;
        if (element != function)
            candidate = first_inside(fabric, element, address, bar->last_may);
        if (!counts(pass, is_seen(fabric, element, element == function, candidate)))
            break;
        /* Moving the address must not lose what is below. */
        for (uint32_t below = function; candidate != address && below != element;
             below = fabric->realms[fabric->nodes[below].realm].bridge)
            if (!counts(pass, is_seen(fabric, below, below == function, candidate)))
                return depth;
        address = candidate;
        if (element != function && ims_sets_hides(fabric, element) &&
            pass->beside[element].function == IMS_NONE &&
            counts(pass, is_seen_beside(fabric, element, address)))
            pass->beside[element] = (struct ims_sight){function, address, bar->number};
        depth = fabric->realms[realm].depth;
        *ret_address = address;
        element = fabric->realms[realm].bridge;
    }
    return depth;
}

static void find_target(struct ims_sets_pass *pass, uint32_t function)
{
    const struct ims_fabric_node *node = &pass->fabric->nodes[function];

    pass->target_depth[function] = IMS_DEPTH_NEVER;
    for (uint32_t i = 0; i < node->bar_count; i++) {
        const struct ims_fabric_bar *bar = &pass->fabric->bars[node->bar_first + i];
        uint64_t address = 0;
        if (bar->space != IMS_FABRIC_MEMORY)
            continue;
        const uint32_t depth = climb(pass, function, bar, &address);
        if (pass->target_depth[function] == IMS_DEPTH_NEVER) {
            pass->near_address[function] = bar->first;
            pass->near_bar[function] = bar->number;
        }
        if (depth < pass->target_depth[function]) {
            pass->target_depth[function] = depth;
            pass->target_address[function] = address;
            pass->target_bar[function] = bar->number;
        }
    }
}

/* ---- hubs ---- */

static uint32_t better(const uint32_t *depths, uint32_t a, uint32_t b)
{
    if (a == IMS_NONE || b == IMS_NONE)
        return a == IMS_NONE ? b : a;
    return depths[b] < depths[a] ? b : a;
}

/* Children come behind their parents, so one pass from the end fills all hubs. */
static void find_best(struct ims_sets_pass *pass)
{
    const struct ims_fabric *fabric = pass->fabric;

    for (uint32_t i = fabric->realm_count; i > 0; i--) {
        const struct ims_realm *realm = &fabric->realms[i - 1];
        uint32_t source = IMS_NONE;
        uint32_t target = IMS_NONE;

        if (realm->bridge == IMS_NONE)
            continue;
        for (uint32_t j = 0; j < realm->function_count; j++) {
            const uint32_t function = realm->functions[j];
            source = better(pass->source_depth, source, function);
            target = better(pass->target_depth, target, function);
            source = better(pass->source_depth, source, pass->best_source[function]);
            target = better(pass->target_depth, target, pass->best_target[function]);
        }
        const uint32_t outside = realm->depth - 1;
        if (source != IMS_NONE && pass->source_depth[source] <= outside)
            pass->best_source[realm->bridge] = source;
        if (target != IMS_NONE && pass->target_depth[target] <= outside) {
            pass->best_target[realm->bridge] = target;
            if (!ims_sets_hides(fabric, realm->bridge))
                pass->beside[realm->bridge] = (struct ims_sight){
                    target, pass->target_address[target], pass->target_bar[target]};
        }
    }
}

/* Where a request that was sent up, for a target below the same port, may turn back (A4.6, A4.7). */
static void find_hairpins(struct ims_sets_pass *pass)
{
    const struct ims_fabric *fabric = pass->fabric;

    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const struct ims_realm *realm = &fabric->realms[i];

        pass->hairpin[i] = IMS_DEPTH_NEVER;
        if (realm->bridge == IMS_NONE || realm->kind == IMS_REALM_BUS)
            continue;
        const uint32_t outside = fabric->nodes[realm->bridge].realm;
        const bool turns = (realm->kind == IMS_REALM_LINK &&
                            ims_fabric_forwards_up(fabric, realm->bridge) != IMS_YES) ||
                           fabric->nodes[realm->bridge].hidden_above;
        pass->hairpin[i] = turns ? fabric->realms[outside].depth : pass->hairpin[outside];
    }
}

int ims_sets_pass_begin(struct ims_sets_pass *pass)
{
    const uint32_t count = pass->fabric->count;
    const size_t room = (size_t)count + 1;

    pass->source_depth = calloc(room, sizeof(*pass->source_depth));
    pass->target_depth = calloc(room, sizeof(*pass->target_depth));
    pass->target_address = calloc(room, sizeof(*pass->target_address));
    pass->target_bar = calloc(room, sizeof(*pass->target_bar));
    pass->near_address = calloc(room, sizeof(*pass->near_address));
    pass->near_bar = calloc(room, sizeof(*pass->near_bar));
    pass->best_source = calloc(room, sizeof(*pass->best_source));
    pass->best_target = calloc(room, sizeof(*pass->best_target));
    pass->beside = calloc(room, sizeof(*pass->beside));
    pass->source_marks = calloc(room, sizeof(*pass->source_marks));
    pass->target_marks = calloc(room, sizeof(*pass->target_marks));
    pass->hairpin = calloc((size_t)pass->fabric->realm_count + 1, sizeof(*pass->hairpin));
    if (!pass->source_depth || !pass->target_depth || !pass->target_address || !pass->target_bar ||
        !pass->best_source || !pass->best_target || !pass->beside || !pass->source_marks ||
        !pass->target_marks || !pass->hairpin || !pass->near_address || !pass->near_bar)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        pass->best_source[i] = pass->best_target[i] = pass->beside[i].function = IMS_NONE;
    for (uint32_t i = 0; i < count; i++) {
        pass->source_depth[i] = source_depth(pass, i);
        find_target(pass, i);
    }
    find_best(pass);
    find_hairpins(pass);
    return 0;
}

void ims_sets_pass_done(struct ims_sets_pass *pass)
{
    free(pass->source_depth);
    free(pass->target_depth);
    free(pass->target_address);
    free(pass->target_bar);
    free(pass->near_address);
    free(pass->near_bar);
    free(pass->best_source);
    free(pass->best_target);
    free(pass->beside);
    free(pass->source_marks);
    free(pass->target_marks);
    free(pass->hairpin);
}
