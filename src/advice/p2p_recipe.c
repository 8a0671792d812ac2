/* SPDX-License-Identifier: MIT */
/* One recipe, applied to a copy of the model: does it open the way, and what else does it open? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/p2p.h"
#include "base/array.h"
#include "base/error.h"
#include "ownership/model.h"

/* ---- the edited machine ---- */

static uint32_t make_edits(const struct ims_p2p_box *box, const struct ims_p2p_recipe *recipe,
                           struct ims_edit *edits)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < recipe->change_count; i++) {
        const struct ims_p2p_change *change = &recipe->changes[i];
        const struct ims_address address =
            ims_topology_function(box->topology, change->function)->address;

        if (change->has_vector) {
            struct ims_edit *edit = &edits[count++];
            *edit = (struct ims_edit){.kind = IMS_EDIT_SET_VECTOR, .function = address};
            memcpy(edit->to.vector.value, change->vector_value, sizeof(edit->to.vector.value));
            memcpy(edit->to.vector.mask, change->vector_mask, sizeof(edit->to.vector.mask));
        }
        if (change->set | change->clear)
            edits[count++] =
                (struct ims_edit){.kind = IMS_EDIT_SET_ACS,
                                  .function = address,
                                  .to.acs = {.set = change->set, .clear = change->clear}};
    }
    return count;
}

/* The fabric of a topology with at least the attacker who sends translated requests. */
static int make_fabric(const struct ims_p2p_box *box, const struct ims_topology *topology,
                       bool translated, struct ims_fabric **ret)
{
    struct ims_fabric_options options = ims_fabric_basis(box->fabric)->options;

    if (translated && options.threat < IMS_FABRIC_TM1)
        options.threat = IMS_FABRIC_TM1;
    return ims_fabric_new(topology, &options, ret, NULL);
}

/* ---- exposure ---- */

/* Whose requests the changes are about: what is at or below the one that turns. */
static bool is_behind(const struct ims_p2p_box *box, struct ims_function function)
{
    const struct ims_function turn = box->visible.turn;

    while (!ims_function_is_none(function) && function.index != turn.index)
        function = ims_topology_bridge_above(box->topology, function);
    return !ims_function_is_none(function);
}

/* The strongest edge to each function. */
static int strengths(const struct ims_fabric *fabric, struct ims_function from,
                     unsigned char *strength, uint32_t count)
{
    struct ims_fabric_victims *victims = NULL;
    const int r = ims_fabric_victims(fabric, from, &victims, NULL);

    memset(strength, 0, count);
    for (uint32_t i = 0; r == 0 && i < ims_fabric_victims_count(victims); i++) {
        const struct ims_fabric_edge *edge = ims_fabric_victims_at(victims, i);
        const unsigned char here = edge->certainty == IMS_FABRIC_MUST ? 2 : 1;

        if (strength[edge->to.index] < here)
            strength[edge->to.index] = here;
    }
    ims_fabric_victims_free(victims);
    return r;
}

struct exposures {
    struct ims_p2p_exposure *items;
    uint32_t count;
    uint32_t capacity;
};

static int expose(struct exposures *exposures, struct ims_function from, uint32_t to)
{
    struct ims_p2p_exposure *grown = ims_array_grow(exposures->items, &exposures->capacity,
                                                    exposures->count + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    exposures->items = grown;
    exposures->items[exposures->count++] =
        (struct ims_p2p_exposure){from, (struct ims_function){to}};
    return 0;
}

static int find_exposures(struct ims_p2p_box *box, const struct ims_fabric *before,
                          const struct ims_fabric *after, struct ims_p2p_recipe *recipe)
{
    const uint32_t count = ims_topology_function_count(box->topology);
    unsigned char *had = malloc((size_t)count + 1);
    unsigned char *has = malloc((size_t)count + 1);
    struct exposures exposures = {0};
    int r = had && has ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < count && r == 0; i++) {
        const struct ims_function from = {i};

        if (!ims_fabric_is_issuer(before, from) || !is_behind(box, from))
            continue;
        r = strengths(before, from, had, count);
        if (r == 0)
            r = strengths(after, from, has, count);
        for (uint32_t j = 0; j < count && r == 0; j++)
            if (has[j] > had[j])
                r = expose(&exposures, from, j);
    }
    if (r == 0) {
        struct ims_p2p_exposure *list =
            ims_arena_alloc_array(&box->arena, exposures.count, sizeof(*list));
        if (list && exposures.count > 0)
            memcpy(list, exposures.items, exposures.count * sizeof(*list));
        recipe->exposures = list;
        recipe->exposure_count = exposures.count;
        r = list ? 0 : -ENOMEM;
    }
    free(exposures.items);
    free(had);
    free(has);
    return r;
}

/* ---- blast radius (D13) ---- */

static bool is_bridge(const struct ims_p2p_box *box, struct ims_function function)
{
    return ims_is_interconnect(ims_topology_function(box->topology, function)) == IMS_YES;
}

/* Members of a set that come from two sets before; none where it is no merge. */
static uint32_t merged_members(const struct ims_p2p_box *box, const struct ims_fabric_sets *before,
                               const struct ims_fabric_set *set, struct ims_function *members)
{
    bool differs = false;
    uint32_t count = 0;

    for (uint32_t i = 0; i < set->member_count; i++) {
        if (is_bridge(box, set->members[i]))
            continue;
        members[count++] = set->members[i];
        differs |=
            ims_fabric_sets_of(before, members[0]) != ims_fabric_sets_of(before, set->members[i]);
    }
    return differs ? count : 0;
}

static int find_merges(struct ims_p2p_box *box, const struct ims_fabric *before,
                       const struct ims_fabric *after, struct ims_p2p_recipe *recipe)
{
    struct ims_fabric_sets *old = NULL;
    struct ims_fabric_sets *new = NULL;
    struct ims_p2p_merge *merges = NULL;
    int r = ims_fabric_sets(before, IMS_FABRIC_MUST, &old, NULL);

    if (r == 0)
        r = ims_fabric_sets(after, IMS_FABRIC_MUST, &new, NULL);
    if (r == 0) {
        merges = ims_arena_alloc_array(&box->arena, ims_fabric_sets_count(new), sizeof(*merges));
        r = merges ? 0 : -ENOMEM;
    }
    for (uint32_t i = 0; r == 0 && i < ims_fabric_sets_count(new); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(new, i);
        struct ims_function *members =
            ims_arena_alloc_array(&box->arena, set->member_count, sizeof(*members));
        const uint32_t count = members ? merged_members(box, old, set, members) : 0;

        if (!members)
            r = -ENOMEM;
        else if (count > 0)
            merges[recipe->merge_count++] = (struct ims_p2p_merge){members, count};
    }
    recipe->merges = merges;
    ims_fabric_sets_free(old);
    ims_fabric_sets_free(new);
    return r;
}

/* ---- what Linux makes of it ---- */

static int group_of(struct ims_p2p_box *box, const struct ims_topology *topology,
                    const struct ims_function **ret, uint32_t *ret_count)
{
    const struct ims_grouping_basis *basis = ims_grouping_basis(box->grouping);
    const struct ims_grouping_options options = {
        .size_bytes = sizeof(options),
        .ruleset = basis->ruleset,
        .acs = IMS_ACS_AS_IS,
        .probe = basis->probe,
        .cmdline = basis->cmdline,
    };
    struct ims_grouping *grouping = NULL;
    struct ims_function *members = NULL;
    const int r = ims_grouping_compute(topology, &options, &grouping, NULL);

    *ret_count = 0;
    if (r < 0)
        return r;
    const struct ims_group_info *group =
        ims_grouping_group(grouping, ims_grouping_of(grouping, box->a));
    members = ims_arena_alloc_array(&box->arena, group->member_count, sizeof(*members));
    for (uint32_t i = 0; members && i < group->member_count; i++)
        if (!is_bridge(box, group->members[i]))
            members[(*ret_count)++] = group->members[i];
    ims_grouping_free(grouping);
    *ret = members;
    return members ? 0 : -ENOMEM;
}

static int find_group(struct ims_p2p_box *box, const struct ims_topology *after,
                      struct ims_p2p_recipe *recipe)
{
    const struct ims_function *before = NULL;
    struct ims_edited *same = NULL;
    uint32_t count = 0;
    int r = ims_edits_apply(box->topology, NULL, 0, &same, NULL);

    if (r == 0)
        r = group_of(box, same->topology, &before, &count);
    if (r == 0)
        r = group_of(box, after, &recipe->group, &recipe->group_count);
    recipe->group_grows = recipe->group_count > count;
    ims_edited_free(same);
    return r;
}

/* ---- the whole ---- */

static int measure(struct ims_p2p_box *box, const struct ims_topology *after,
                   struct ims_p2p_recipe *recipe)
{
    const bool translated = recipe->means == IMS_P2P_DIRECT_TRANSLATED;
    struct ims_fabric *fabrics[4] = {NULL, NULL, NULL, NULL};
    int r = make_fabric(box, box->topology, true, &fabrics[0]);

    if (r == 0)
        r = make_fabric(box, after, true, &fabrics[1]);
    if (r == 0)
        r = make_fabric(box, box->topology, translated, &fabrics[2]);
    if (r == 0)
        r = make_fabric(box, after, translated, &fabrics[3]);
    if (r == 0)
        r = find_exposures(box, fabrics[0], fabrics[1], recipe);
    if (r == 0)
        r = find_merges(box, fabrics[2], fabrics[3], recipe);
    if (r == 0)
        r = find_group(box, after, recipe);
    for (unsigned i = 0; i < 4; i++)
        ims_fabric_free(fabrics[i]);
    return r;
}

int ims_p2p_try(struct ims_p2p_box *box, struct ims_p2p_recipe *recipe, bool *ret_opens)
{
    struct ims_edit edits[2 * IMS_P2P_CHANGES_MAX];
    const uint32_t count = make_edits(box, recipe, edits);
    struct ims_edited *edited = NULL;
    struct ims_fabric *fabric = NULL;
    int r;

    *ret_opens = false;
    r = ims_edits_apply(box->topology, edits, count, &edited, NULL);
    if (r < 0)
        return r == -ENOMEM ? r : 0; /* the hardware has not got it, or nobody knows */
    r = make_fabric(box, edited->topology, false, &fabric);
    if (r == 0)
        r = ims_p2p_classify(fabric, box, &recipe->result);
    if (r == 0)
        *ret_opens =
            recipe->result ==
            (recipe->means == IMS_P2P_DIRECT_TRANSLATED ? IMS_P2P_TRANSLATED : IMS_P2P_DIRECT);
    if (*ret_opens)
        r = measure(box, edited->topology, recipe);
    if (r == 0 && *ret_opens)
        r = ims_p2p_options(box, recipe);
    ims_fabric_free(fabric);
    ims_edited_free(edited);
    return r;
}
