/* SPDX-License-Identifier: MIT */
#include "base/tristate.h"
#include "fabric/model.h"

/* Who takes an address: the claims of a realm, asked (C3-C8). */

uint32_t ims_fabric_root_of(const struct ims_fabric *fabric, uint32_t segment)
{
    uint32_t low = 0;
    uint32_t high = fabric->root_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (fabric->realms[middle].segment < segment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The number of claims that begin at or before address: those behind cannot hold it. */
static uint32_t claims_before(const struct ims_claims *claims, uint64_t address)
{
    uint32_t low = 0;
    uint32_t high = claims->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (claims->items[middle].first <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t ims_fabric_toward(const struct ims_fabric *fabric, uint32_t realm, uint32_t function)
{
    const uint32_t depth = fabric->realms[realm].depth;
    uint32_t element = function;

    while (fabric->realms[fabric->nodes[element].realm].depth > depth)
        element = fabric->realms[fabric->nodes[element].realm].bridge;
    return fabric->nodes[element].realm == realm ? element : IMS_NONE;
}

/* Whether a range of some function below bridge holds the address. */
static enum ims_tristate taken_below(const struct ims_fabric *fabric, uint32_t bridge,
                                     enum ims_fabric_space space, uint64_t address)
{
    const struct ims_realm *below = &fabric->realms[fabric->nodes[bridge].below];
    const struct ims_claims *claims =
        &fabric->all[ims_fabric_root_of(fabric, below->segment)][space];
    enum ims_tristate taken = IMS_NO;

    for (uint32_t i = claims_before(claims, address);
         i > 0 && claims->items[i - 1].reach >= address; i--) {
        const struct ims_claim *claim = &claims->items[i - 1];
        if (claim->last_may < address ||
            ims_fabric_toward(fabric, fabric->nodes[bridge].below, claim->function) == IMS_NONE)
            continue;
        if (claim->last >= address && claim->last >= claim->first)
            return IMS_YES;
        taken = IMS_UNKNOWN;
    }
    return taken;
}

static enum ims_tristate find_window(const struct ims_fabric *fabric, uint32_t bridge,
                                     enum ims_fabric_space space, uint64_t address)
{
    const struct ims_function_info *info = ims_fabric_info(fabric, bridge);
    const struct ims_bridge *facts = &info->pci.bridge;
    bool unknown = false;

    if (fabric->nodes[bridge].below == IMS_NONE)
        return IMS_NO;
    if (space == IMS_FABRIC_IO) {
        /* Only the first quarter of each KiB of legacy I/O passes with the ISA bit (C7). */
        const bool masked = facts->isa == IMS_YES && address < 0x10000 && (address & 0x300);
        if (ims_window_holds(&facts->io, address) && !masked)
            return IMS_YES;
        unknown = facts->io.open == IMS_UNKNOWN;
    } else {
        if (ims_window_holds(&facts->memory, address) ||
            ims_window_holds(&facts->prefetchable, address) ||
            (facts->vga == IMS_YES && address >= IMS_VGA_FIRST && address <= IMS_VGA_LAST))
            return IMS_YES;
        unknown = facts->memory.open == IMS_UNKNOWN || facts->prefetchable.open == IMS_UNKNOWN ||
                  info->pci.fpb_memory == IMS_YES;
    }
    if (fabric->basis.options.structural) {
        const enum ims_tristate taken = taken_below(fabric, bridge, space, address);
        if (taken != IMS_NO)
            return taken;
    }
    return unknown ? IMS_UNKNOWN : IMS_NO;
}

/* A bridge that does not decode has no window, for what comes from below it either (C4). */
enum ims_tristate ims_fabric_window(const struct ims_fabric *fabric, uint32_t bridge,
                                    enum ims_fabric_space space, uint64_t address)
{
    return ims_tristate_and(ims_fabric_decodes(fabric, bridge, space),
                            find_window(fabric, bridge, space, address));
}

struct hit_list {
    struct ims_hit *hits;
    unsigned count;
    uint32_t skip;
};

static void note(struct hit_list *list, uint32_t function, uint32_t bar, bool sure)
{
    if (function == list->skip)
        return;
    for (unsigned i = 0; i < list->count; i++)
        if (list->hits[i].function == function && list->hits[i].bar == bar) {
            list->hits[i].sure |= sure;
            return;
        }
    if (list->count < IMS_HIT_MAX)
        list->hits[list->count++] = (struct ims_hit){function, bar, sure};
}

/* One pass over the claims that hold the address; windows or exact ranges. */
static void scan(const struct ims_fabric *fabric, const struct ims_realm *realm,
                 enum ims_fabric_space space, uint64_t address, bool windows, struct hit_list *list)
{
    const struct ims_claims *claims = &realm->claims[space];

    for (uint32_t i = claims_before(claims, address);
         i > 0 && claims->items[i - 1].reach >= address; i--) {
        const struct ims_claim *claim = &claims->items[i - 1];
        if (claim->last_may < address || (claim->bar == IMS_NONE) != windows)
            continue;
        const bool sure = claim->last >= address && claim->last >= claim->first;
        if (!windows || ims_fabric_window(fabric, claim->function, space, address) == IMS_YES)
            note(list, claim->function, claim->bar, sure);
    }
}

/* Elements that lead to a function whose range holds the address, whatever windows say (T94). */
static void scan_below(const struct ims_fabric *fabric, uint32_t realm, enum ims_fabric_space space,
                       uint64_t address, struct hit_list *list)
{
    const struct ims_claims *claims =
        &fabric->all[ims_fabric_root_of(fabric, fabric->realms[realm].segment)][space];

    for (uint32_t i = claims_before(claims, address);
         i > 0 && claims->items[i - 1].reach >= address; i--) {
        const struct ims_claim *claim = &claims->items[i - 1];
        if (claim->last_may < address)
            continue;
        const uint32_t element = ims_fabric_toward(fabric, realm, claim->function);
        if (element == IMS_NONE || element == claim->function)
            continue;
        const enum ims_tristate decodes = ims_fabric_decodes(fabric, element, space);
        if (decodes != IMS_NO)
            note(list, element, IMS_NONE,
                 decodes == IMS_YES && claim->last >= address && claim->last >= claim->first);
    }
}

/* Several elements at one place: none of them is sure to be the one (C6). */
static unsigned settle(struct hit_list *list, bool *ret_taken)
{
    *ret_taken = false;
    for (unsigned i = 0; i < list->count; i++)
        *ret_taken |= list->hits[i].sure;
    if (list->count > 1)
        for (unsigned i = 0; i < list->count; i++)
            list->hits[i].sure = false;
    return list->count;
}

/* What is left over: lowest priority (C8). */
static void subtract(const struct ims_fabric *fabric, struct ims_place place,
                     enum ims_fabric_space space, struct hit_list *list)
{
    const struct ims_realm *realm = &fabric->realms[place.realm];
    const bool alone = list->count == 0 && place.inside == IMS_YES;

    for (uint32_t i = 0; i < realm->open_count; i++) {
        const uint32_t bridge = realm->open[i];
        const enum ims_tristate decodes = ims_fabric_decodes(fabric, bridge, space);
        if (fabric->nodes[bridge].subtractive && decodes != IMS_NO)
            note(list, bridge, IMS_NONE, alone && decodes == IMS_YES);
    }
}

unsigned ims_fabric_hits(const struct ims_fabric *fabric, struct ims_place place,
                         enum ims_fabric_space space, uint64_t address,
                         struct ims_hit hits[IMS_HIT_MAX], bool *ret_taken)
{
    const struct ims_realm *realm = &fabric->realms[place.realm];
    struct hit_list list = {.hits = hits, .skip = place.skip};

    scan(fabric, realm, space, address, false, &list);
    bool sure = false;
    for (unsigned i = 0; i < list.count; i++)
        sure |= hits[i].sure;
    if (sure)
        return settle(&list, ret_taken);

    scan(fabric, realm, space, address, true, &list);
    if (fabric->basis.options.structural)
        scan_below(fabric, place.realm, space, address, &list);
    for (uint32_t i = 0; i < realm->open_count; i++)
        if (!fabric->nodes[realm->open[i]].subtractive &&
            ims_fabric_window(fabric, realm->open[i], space, address) == IMS_UNKNOWN)
            note(&list, realm->open[i], IMS_NONE, false);
    for (unsigned i = 0; i < list.count; i++)
        sure |= hits[i].sure;
    if (!sure && place.inside != IMS_NO)
        subtract(fabric, place, space, &list);
    return settle(&list, ret_taken);
}
