/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iommuscope/edit.h"
#include "iommuscope/fabric.h"

/*
 * Laws about edits: a list without edits changes nothing, an edit and its inverse neither, and what
 * is taken out joins nobody else. Every topology is checked on the way.
 */

struct edited_groups {
    struct ims_edited *edited;
    struct judged judged; /* of edited->topology, which the former owns */
};

static void groups_done(struct edited_groups *groups)
{
    if (groups->judged.grouping)
        ims_grouping_free(groups->judged.grouping);
    ims_edited_free(groups->edited);
    *groups = (struct edited_groups){0};
}

/* Returns false with the reason in why; *ret_refused when an edit was impossible. */
static bool apply(const struct ims_topology *topology, const struct trial *trial,
                  const struct ims_edit *edits, uint32_t count, struct edited_groups *ret,
                  bool *ret_refused, char why[WHY_SIZE])
{
    struct ims_error error = {0};
    const int code = ims_edits_apply(topology, edits, count, &ret->edited, &error);

    *ret_refused = code < 0 && code != -ENOMEM && code != -EEXIST;
    if (code < 0)
        return *ret_refused || law_fails(why, "%s", error.message);
    if (!judge_topology(ret->edited->topology, trial, &ret->judged, why)) {
        ret->edited->topology = NULL; /* released by the judge */
        return false;
    }
    return true;
}

static bool together(const struct edited_groups *groups, struct ims_function a,
                     struct ims_function b)
{
    const struct ims_grouping *grouping = groups->judged.grouping;
    const uint32_t index = ims_grouping_of(grouping, a);

    return a.index == b.index ||
           (ims_grouping_group(grouping, index)->managed && index == ims_grouping_of(grouping, b));
}

/* Where each function of the first topology is now; IMS_NONE: it is no more. */
static uint32_t *places_of(const struct edited_groups *groups, uint32_t count)
{
    uint32_t *places = malloc(((size_t)count + 1) * sizeof(*places));

    if (!places)
        abort();
    for (uint32_t i = 0; i < count; i++)
        places[i] = IMS_NONE;
    for (uint32_t i = 0; i < ims_topology_function_count(groups->edited->topology); i++)
        if (groups->edited->origin[i] != IMS_NONE)
            places[groups->edited->origin[i]] = i;
    return places;
}

/* Functions that are on both sides: together after means together before, or the same. */
static bool compare(const struct ims_topology *topology, const struct edited_groups *before,
                    const struct edited_groups *after, bool exactly, char why[WHY_SIZE])
{
    const uint32_t count = ims_topology_function_count(topology);
    uint32_t *old = places_of(before, count);
    uint32_t *new = places_of(after, count);
    bool ok = true;

    for (uint32_t i = 0; i < count && ok; i++)
        for (uint32_t j = 0; j < i && ok; j++) {
            if (old[i] == IMS_NONE || old[j] == IMS_NONE || new[i] == IMS_NONE ||
                new[j] == IMS_NONE)
                continue;
            const bool was =
                together(before, (struct ims_function){old[i]}, (struct ims_function){old[j]});
            const bool is =
                together(after, (struct ims_function){new[i]}, (struct ims_function){new[j]});
            char a[IMS_ADDRESS_STRING_SIZE];
            char b[IMS_ADDRESS_STRING_SIZE];
            if ((is && !was) || (exactly && is != was))
                ok = law_fails(
                    why, "%s and %s are together %s the edits only",
                    ims_address_format(
                        ims_topology_function(topology, (struct ims_function){j})->address, a),
                    ims_address_format(
                        ims_topology_function(topology, (struct ims_function){i})->address, b),
                    is ? "after" : "before");
        }
    free(old);
    free(new);
    return ok;
}

/* Applies both lists and compares; lists that are refused hold. */
static bool hold_lists(const struct ims_topology *topology, const struct trial *trial,
                       const struct ims_edit *before, uint32_t before_count,
                       const struct ims_edit *after, uint32_t after_count, bool exactly,
                       char why[WHY_SIZE])
{
    struct edited_groups old = {0};
    struct edited_groups new = {0};
    bool refused = false;
    bool ok = apply(topology, trial, before, before_count, &old, &refused, why);

    if (ok && !refused)
        ok = apply(topology, trial, after, after_count, &new, &refused, why);
    if (ok && !refused)
        ok = compare(topology, &old, &new, exactly, why);
    groups_done(&old);
    groups_done(&new);
    return ok;
}

bool law_edit_nothing(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct judged judged;
    struct edited_groups before = {0};
    struct edited_groups after = {0};
    bool refused = false;

    if (!judge(sketch, trial, &judged, why))
        return false;
    bool ok = apply(judged.topology, trial, NULL, 0, &after, &refused, why);
    if (ok && ims_topology_function_count(judged.topology) !=
                  ims_topology_function_count(after.edited->topology))
        ok = law_fails(why, "an empty list of edits changes the number of functions");
    if (ok &&
        ims_topology_gap_count(judged.topology) != ims_topology_gap_count(after.edited->topology))
        ok = law_fails(why, "an empty list of edits changes what could not be known");
    if (ok) {
        /* The original is a side too: its functions are where they were. */
        struct ims_edited same = *after.edited;
        same.topology = judged.topology;
        before = (struct edited_groups){.edited = &same, .judged = judged};
        ok = compare(judged.topology, &before, &after, true, why);
    }
    groups_done(&after);
    judged_done(&judged);
    return ok;
}

static struct ims_address draw_address(const struct ims_topology *topology, struct rng *rng)
{
    const uint32_t index = rng_below(rng, ims_topology_function_count(topology));

    return ims_topology_function(topology, (struct ims_function){index})->address;
}

bool law_edit_remove(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct rng rng = {trial->seed};
    struct judged judged;

    if (!judge(sketch, trial, &judged, why))
        return false;
    bool ok = true;
    for (unsigned i = 0; i < 4 && ok && sketch->count; i++) {
        const struct ims_edit edit = {.kind = IMS_EDIT_REMOVE,
                                      .function = draw_address(judged.topology, &rng)};
        ok = hold_lists(judged.topology, trial, NULL, 0, &edit, 1, false, why);
    }
    judged_done(&judged);
    return ok;
}

/* The port above a function, or one that has nothing to do with it. */
static struct ims_address port_above(const struct ims_topology *topology,
                                     struct ims_address address)
{
    const struct ims_function above =
        ims_topology_bridge_above(topology, ims_topology_find(topology, address));

    return ims_function_is_none(above) ? address : ims_topology_function(topology, above)->address;
}

/*
 * Room is made below the new port first; then a device goes there and comes back. That no IOMMU took
 * it in its old slot is forgotten on the way, so everything is managed.
 */
bool law_edit_move(const struct sketch *sketch, const struct trial *drawn, char why[WHY_SIZE])
{
    struct trial managed = *drawn;
    const struct trial *const trial = &managed;
    struct rng rng = {drawn->seed};
    struct judged judged;

    managed.manage_everything = true;
    if (!judge(sketch, trial, &judged, why))
        return false;
    bool ok = true;
    for (unsigned i = 0; i < 8 && ok && sketch->count; i++) {
        const struct ims_address guest = draw_address(judged.topology, &rng);
        const struct ims_address other = draw_address(judged.topology, &rng);
        const struct ims_edit edits[] = {
            {.kind = IMS_EDIT_REMOVE, .function = other},
            {.kind = IMS_EDIT_MOVE,
             .function = guest,
             .to.port = port_above(judged.topology, other)},
            {.kind = IMS_EDIT_MOVE,
             .function = guest,
             .to.port = port_above(judged.topology, guest)},
        };
        ok = hold_lists(judged.topology, trial, edits, 1, edits, 3, true, why);
    }
    judged_done(&judged);
    return ok;
}
