/* SPDX-License-Identifier: MIT */
/* Peer to peer on purpose: whether a function reaches another directly, and what allows just that. */
#include "advice/p2p.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- how it is (D17) ---- */

static int ask(const struct ims_fabric *fabric, const struct ims_p2p_box *box, enum ims_tlp_at at,
               enum ims_p2p_class *ret)
{
    const struct ims_tlp tlp = {.kind = IMS_TLP_MEMORY_WRITE,
                                .at = at,
                                .address = box->visible.address,
                                .to = IMS_FUNCTION_NONE};
    struct ims_fabric_route *route = NULL;
    const int r = ims_fabric_route(fabric, box->a, &tlp, &route, NULL);

    *ret = IMS_P2P_NO_PATH;
    for (uint32_t i = 0; r == 0 && i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        enum ims_p2p_class here = IMS_P2P_NO_PATH;

        if (outcome->end == IMS_FABRIC_END_PEER && outcome->target.index == box->b.index &&
            !outcome->multicast)
            here = outcome->certainty == IMS_FABRIC_MUST ? IMS_P2P_DIRECT : IMS_P2P_OPEN;
        else if (outcome->end == IMS_FABRIC_END_IOMMU || outcome->end == IMS_FABRIC_END_HOST)
            here = IMS_P2P_VIA_HOST;
        else if (outcome->end == IMS_FABRIC_END_BLOCKED)
            here = IMS_P2P_BLOCKED;
        if (here < *ret)
            *ret = here;
    }
    ims_fabric_route_free(route);
    return r;
}

int ims_p2p_classify(const struct ims_fabric *fabric, const struct ims_p2p_box *box,
                     enum ims_p2p_class *ret)
{
    enum ims_p2p_class translated = IMS_P2P_NO_PATH;
    int r = ask(fabric, box, IMS_TLP_UNTRANSLATED, ret);

    if (r < 0 || *ret <= IMS_P2P_OPEN ||
        ims_topology_function(box->topology, box->a)->pci.ats != IMS_YES)
        return r;
    r = ask(fabric, box, IMS_TLP_TRANSLATED, &translated);
    if (translated == IMS_P2P_DIRECT)
        *ret = IMS_P2P_TRANSLATED;
    return r;
}

/* The largest range of b in memory: what peers want to reach. */
static bool find_target(struct ims_p2p_box *box)
{
    uint32_t count = 0;
    const struct ims_fabric_bar *bars = ims_fabric_bars(box->fabric, box->b, &count);
    const struct ims_fabric_bar *best = NULL;

    for (uint32_t i = 0; i < count; i++)
        if (bars[i].space == IMS_FABRIC_MEMORY &&
            (!best || bars[i].last - bars[i].first > best->last - best->first))
            best = &bars[i];
    if (!best)
        return false;
    box->visible.bar = best->number;
    box->visible.address = best->first;
    return true;
}

/* ---- where they meet (D11) ---- */

/* Whether function is bridge itself or below it. */
static bool is_at_or_below(const struct ims_topology *topology, struct ims_function function,
                           struct ims_function bridge)
{
    while (!ims_function_is_none(function) && function.index != bridge.index)
        function = ims_topology_bridge_above(topology, function);
    return !ims_function_is_none(function);
}

/* The one on the way up from a beside which something on the way up from b stands. */
static void find_turn(struct ims_p2p_box *box)
{
    struct ims_function turn = box->a;
    struct ims_function beside = box->b;
    struct ims_function above = ims_topology_bridge_above(box->topology, turn);

    while (!ims_function_is_none(above) && !is_at_or_below(box->topology, box->b, above)) {
        turn = above;
        above = ims_topology_bridge_above(box->topology, turn);
    }
    for (;;) {
        const struct ims_function next = ims_topology_bridge_above(box->topology, beside);

        if (next.index == above.index || ims_function_is_none(next))
            break;
        beside = next;
    }
    box->visible.turn = turn;
    box->visible.beside = beside;
    box->visible.at_root = ims_function_is_none(above);
}

/* ---- recipes (D12) ---- */

/* The place of beside in the egress vector of turn (A1.7); the model says whether it is right. */
static bool vector_index(const struct ims_p2p_box *box, unsigned *ret, unsigned *ret_size)
{
    const struct ims_function_info *turn = ims_topology_function(box->topology, box->visible.turn);
    const struct ims_function_info *beside =
        ims_topology_function(box->topology, box->visible.beside);
    const struct ims_bits capability = turn->acs.capability;
    const unsigned size = (capability.value & IMS_ACS_EGRESS_SIZE) >> 8;

    *ret_size = size ? size : 256;
    if (!ims_function_is_none(turn->vmd_endpoint) || ims_bus_is_none(beside->secondary_bus) ||
        ims_bus_is_none(turn->secondary_bus)) {
        *ret = beside->address.devfn & 7u;
        return *ret < *ret_size;
    }
    if (!ims_bits_all_known(beside->pci.link_port, 0xff))
        return false;
    *ret = beside->pci.link_port.value;
    return *ret < *ret_size;
}

/* All bits but those of beside and of turn itself, which stays 0. */
static bool make_egress(const struct ims_p2p_box *box, struct ims_p2p_recipe *recipe)
{
    const struct ims_function_info *turn = ims_topology_function(box->topology, box->visible.turn);
    struct ims_p2p_change *change = &recipe->changes[0];
    unsigned hole;
    unsigned size;

    if (!(turn->acs.capability.value & IMS_ACS_EC) || !vector_index(box, &hole, &size))
        return false;
    const unsigned own = ims_bus_is_none(turn->secondary_bus)            ? turn->address.devfn & 7u
                         : ims_bits_all_known(turn->pci.link_port, 0xff) ? turn->pci.link_port.value
                                                                         : IMS_NONE;
    *change = (struct ims_p2p_change){
        .function = box->visible.turn,
        .set = (uint16_t)((IMS_ACS_EC | (turn->acs.capability.value & IMS_ACS_RR)) &
                          ~(turn->acs.control.value & turn->acs.control.known)),
        .has_vector = true,
    };
    for (unsigned bit = 0; bit < size; bit++) {
        change->vector_mask[bit / 32] |= UINT32_C(1) << bit % 32;
        if (bit != hole && bit != own)
            change->vector_value[bit / 32] |= UINT32_C(1) << bit % 32;
    }
    recipe->means = IMS_P2P_EGRESS;
    recipe->change_count = 1;
    return true;
}

/* Translation blocking is asked at every port that is passed on the way up (D5). */
static bool make_translated(const struct ims_p2p_box *box, struct ims_p2p_recipe *recipe)
{
    const struct ims_function turn = box->visible.turn;
    struct ims_function at = ims_topology_bridge_above(box->topology, box->a);

    if (ims_topology_function(box->topology, box->a)->pci.ats != IMS_YES ||
        !(ims_topology_function(box->topology, turn)->acs.capability.value & IMS_ACS_DT))
        return false;
    recipe->means = IMS_P2P_DIRECT_TRANSLATED;
    recipe->changes[recipe->change_count++] =
        (struct ims_p2p_change){.function = turn, .set = IMS_ACS_DT};
    for (; box->a.index != turn.index && !ims_function_is_none(at);
         at = ims_topology_bridge_above(box->topology, at)) {
        const struct ims_acs *acs = &ims_topology_function(box->topology, at)->acs;
        const bool blocks =
            (acs->capability.value & IMS_ACS_TB) &&
            ((acs->control.value & IMS_ACS_TB) || !(acs->control.known & IMS_ACS_TB));

        if (at.index == turn.index) {
            recipe->changes[0].clear = blocks ? IMS_ACS_TB : 0;
            break;
        }
        if (!blocks)
            continue;
        if (recipe->change_count == IMS_P2P_CHANGES_MAX)
            return false;
        recipe->changes[recipe->change_count++] =
            (struct ims_p2p_change){.function = at, .clear = IMS_ACS_TB};
    }
    return true;
}

static bool make_no_redirect(const struct ims_p2p_box *box, struct ims_p2p_recipe *recipe)
{
    const struct ims_acs *acs = &ims_topology_function(box->topology, box->visible.turn)->acs;
    const uint32_t bits = acs->capability.value & (IMS_ACS_RR | IMS_ACS_EC) &
                          (acs->control.value | ~acs->control.known);

    recipe->means = IMS_P2P_NO_REDIRECT;
    recipe->changes[0] =
        (struct ims_p2p_change){.function = box->visible.turn, .clear = (uint16_t)bits};
    recipe->change_count = 1;
    return bits != 0;
}

/* Fewer exposed pairs first; of as many, the way that the specification prefers (D12). */
static int compare(const void *a, const void *b)
{
    const struct ims_p2p_recipe *left = a;
    const struct ims_p2p_recipe *right = b;

    if (left->exposure_count != right->exposure_count)
        return left->exposure_count < right->exposure_count ? -1 : 1;
    return left->means < right->means ? -1 : left->means > right->means;
}

static int find_recipes(struct ims_p2p_box *box)
{
    static bool (*const makers[])(const struct ims_p2p_box *box, struct ims_p2p_recipe *recipe) = {
        make_egress, make_translated, make_no_redirect};
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        struct ims_p2p_recipe recipe = {0};
        bool opens = false;
        int r;

        if (!makers[i](box, &recipe))
            continue;
        r = ims_p2p_try(box, &recipe, &opens);
        if (r < 0)
            return r;
        if (opens)
            box->recipes[count++] = recipe;
    }
    if (count > 0)
        qsort(box->recipes, count, sizeof(box->recipes[0]), compare);
    box->visible.recipes = box->recipes;
    box->visible.recipe_count = count;
    return 0;
}

/* Why nothing was found that opens the way. */
static const char *lacks_of(const struct ims_p2p_box *box)
{
    const struct ims_function_info *turn = ims_topology_function(box->topology, box->visible.turn);

    if (box->visible.at_root)
        return "They meet at the root complex only, where no register promises that requests of "
               "one "
               "port are passed to another.";
    if (turn->acs.present == IMS_UNKNOWN)
        return "Whether the one that turns requests has an ACS structure is not in the input.";
    if (turn->acs.present == IMS_NO)
        return "The one that would turn requests has no ACS structure, so there is no bit to "
               "change.";
    return "No bit of the one that turns requests makes them go there for sure.";
}

int ims_p2p_new(const struct ims_grouping *grouping, const struct ims_fabric *fabric,
                struct ims_function a, struct ims_function b, struct ims_p2p **ret,
                struct ims_error *reterr)
{
    const struct ims_topology *topology = ims_fabric_topology(fabric);

    if (ims_grouping_topology(grouping) != topology)
        return ims_error_set(reterr, -EINVAL, "the groups and the fabric are of two machines");
    if (a.index == b.index || !ims_fabric_is_issuer(fabric, a))
        return ims_error_set(reterr, -EINVAL,
                             "the first function must be one that sends requests to another one");
    struct ims_p2p_box *box = calloc(1, sizeof(*box));
    if (!box)
        return ims_error_set(reterr, -ENOMEM, "no memory for peer to peer");
    box->topology = topology;
    box->grouping = grouping;
    box->fabric = fabric;
    box->a = a;
    box->b = b;
    if (!find_target(box)) {
        ims_p2p_free(&box->visible);
        return ims_error_set(reterr, -EINVAL, "the second function has no registers in memory");
    }
    find_turn(box);
    box->visible.host = ims_p2p_host(topology, a, b, &box->visible.host_text);
    const struct ims_acs *beside = &ims_topology_function(topology, box->visible.beside)->acs;
    box->visible.redirects_completions =
        !box->visible.at_root && beside->present == IMS_YES && (beside->control.value & IMS_ACS_CR);
    const struct ims_tlp tlp = {
        .kind = IMS_TLP_MEMORY_WRITE, .address = box->visible.address, .to = IMS_FUNCTION_NONE};
    int r = ims_fabric_route(fabric, a, &tlp, &box->visible.witness, NULL);
    if (r == 0)
        r = ims_p2p_classify(fabric, box, &box->visible.now);
    if (r == 0 && box->visible.now != IMS_P2P_DIRECT)
        r = find_recipes(box);
    if (r < 0) {
        ims_p2p_free(&box->visible);
        return ims_error_set(reterr, r, "no memory for peer to peer");
    }
    if (box->visible.now != IMS_P2P_DIRECT && box->visible.recipe_count == 0)
        box->visible.lacks = lacks_of(box);
    *ret = &box->visible;
    return 0;
}

void ims_p2p_free(struct ims_p2p *p2p)
{
    struct ims_p2p_box *box = (struct ims_p2p_box *)p2p;

    if (!box)
        return;
    ims_fabric_route_free(box->visible.witness);
    ims_arena_done(&box->arena);
    free(box);
}
