/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <stdlib.h>
#include <string.h>

#include "iommuscope/source.h"

/* Laws about the model: what must not matter does not matter. */

static int *groups_room(const struct sketch *sketch)
{
    int *groups = calloc(sketch->count + 1u, sizeof(*groups));
    if (!groups)
        abort();
    return groups;
}

bool law_partition(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct judged judged;
    if (!judge(sketch, trial, &judged, why))
        return false;
    uint32_t total = 0;
    uint32_t functions = ims_topology_function_count(judged.topology);
    bool ok = functions == sketch->count || law_fails(why, "the model has other functions");
    for (uint32_t i = 0; ok && i < ims_grouping_count(judged.grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(judged.grouping, i);
        total += group->member_count;
        if (group->member_count == 0 || (!group->managed && group->member_count != 1))
            ok = law_fails(why, "group %u has %u members", group->number, group->member_count);
        for (uint32_t j = 0; ok && j < group->member_count; j++) {
            if (ims_grouping_of(judged.grouping, group->members[j]) != i)
                ok = law_fails(why, "a member of group %u is in another group", group->number);
            else if (j && group->members[j].index <= group->members[j - 1].index)
                ok = law_fails(why, "members of group %u are not sorted", group->number);
        }
    }
    if (ok && total != functions)
        ok = law_fails(why, "%u members in all, %u functions", total, functions);
    judged_done(&judged);
    return ok;
}

bool law_order(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct rng rng = {trial->seed};
    struct judged plain, shuffled;
    unsigned *permutation = calloc(sketch->count + 1u, sizeof(*permutation));
    int *a = groups_room(sketch);
    int *b = groups_room(sketch);
    if (!permutation)
        abort();
    for (unsigned i = 0; i < sketch->count; i++) {
        unsigned j = rng_below(&rng, i + 1);
        permutation[i] = permutation[j];
        permutation[j] = i;
    }
    bool ok = judge(sketch, trial, &plain, why);
    if (ok) {
        ok = judge_builder(sketch_build_ordered(sketch, permutation), trial, &shuffled, why);
        if (ok) {
            ok = judged_groups(&plain, sketch, a, why) &&
                 judged_groups(&shuffled, sketch, b, why) &&
                 same_partition(sketch, a, "one order", b, "another order", why);
            judged_done(&shuffled);
        }
        judged_done(&plain);
    }
    free(permutation);
    free(a);
    free(b);
    return ok;
}

/* A random monotone map of the bus numbers that a segment uses. */
static void draw_bus_map(struct rng *rng, const struct sketch *sketch, uint32_t segment,
                         uint8_t map[256])
{
    bool used[256] = {false};
    unsigned left = 0;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        if (function->address.segment != segment)
            continue;
        used[function->address.bus] = true;
        if (function->header)
            used[function->secondary] = used[function->subordinate] = true;
    }
    for (unsigned i = 0; i < 256; i++)
        left += used[i];
    unsigned next = 0;
    for (unsigned i = 0; i < 256; i++) {
        if (!used[i])
            continue;
        unsigned spare = 256 - next - left;
        next += spare ? rng_below(rng, spare < 6 ? spare + 1 : 6) : 0;
        map[i] = (uint8_t)next++;
        left--;
    }
}

/* VFs keep their distance to the PF in the register that states it. */
static void settle_sriov(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *pf = &sketch->functions[i];
        bool first = true;
        for (unsigned j = 0; j < sketch->count; j++) {
            const struct sketch_function *vf = &sketch->functions[j];
            if (!vf->is_vf || ims_address_compare(vf->physfn, pf->address) != 0 || !first)
                continue;
            pf->sriov_offset = (uint16_t)(((unsigned)vf->address.bus << 8 | vf->address.devfn) -
                                          ((unsigned)pf->address.bus << 8 | pf->address.devfn));
            first = false;
        }
    }
}

static void renumber(struct rng *rng, struct sketch *sketch)
{
    static const uint32_t segments[] = {0, 1, 2, 3, 0x10000};
    for (unsigned s = 0; s < sizeof(segments) / sizeof(segments[0]); s++) {
        uint8_t map[256] = {0};
        draw_bus_map(rng, sketch, segments[s], map);
        for (unsigned i = 0; i < sketch->count; i++) {
            struct sketch_function *function = &sketch->functions[i];
            if (function->vmd_stated && function->vmd.segment == segments[s])
                function->vmd.bus = map[function->vmd.bus];
            if (function->address.segment != segments[s])
                continue;
            function->address.bus = map[function->address.bus];
            if (function->is_vf)
                function->physfn.bus = map[function->physfn.bus];
            if (function->header) {
                function->secondary = map[function->secondary];
                function->subordinate = map[function->subordinate];
            }
        }
    }
    settle_sriov(sketch);
}

bool law_renumber(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct rng rng = {trial->seed};
    struct judged plain, moved;
    struct sketch other;
    int *a = groups_room(sketch);
    int *b = groups_room(sketch);
    sketch_copy(&other, sketch);
    renumber(&rng, &other);
    bool ok = judge(sketch, trial, &plain, why);
    if (ok) {
        ok = judge(&other, trial, &moved, why);
        if (ok) {
            ok = judged_groups(&plain, sketch, a, why) && judged_groups(&moved, &other, b, why) &&
                 same_partition(sketch, a, "these bus numbers", b, "others", why);
            judged_done(&moved);
        }
        judged_done(&plain);
    }
    sketch_done(&other);
    free(a);
    free(b);
    return ok;
}

static bool same_facts(const struct ims_topology *a, const struct ims_topology *b,
                       char why[WHY_SIZE])
{
    char name[IMS_ADDRESS_STRING_SIZE];
    for (uint32_t i = 0; i < ims_topology_function_count(a); i++) {
        const struct ims_function_info *x = ims_topology_function(a, (struct ims_function){i});
        const struct ims_function_info *y = ims_topology_function(b, (struct ims_function){i});
        if (ims_address_compare(x->address, y->address) != 0 || x->bus.index != y->bus.index ||
            x->corrected_type != y->corrected_type || x->multifunction != y->multifunction ||
            x->extended != y->extended || x->acs.present != y->acs.present ||
            x->acs.control.value != y->acs.control.value || x->is_vf != y->is_vf ||
            x->physfn.index != y->physfn.index || x->secondary_bus.index != y->secondary_bus.index)
            return law_fails(why, "the facts of %s differ", ims_address_format(x->address, name));
    }
    return true;
}

bool law_twice(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct judged a, b;
    char *first = NULL;
    char *second = NULL;
    if (!judge(sketch, trial, &a, why))
        return false;
    if (!judge(sketch, trial, &b, why)) {
        judged_done(&a);
        return false;
    }
    bool ok = ims_topology_function_count(a.topology) == ims_topology_function_count(b.topology) &&
              ims_topology_bus_count(a.topology) == ims_topology_bus_count(b.topology) &&
              ims_grouping_count(a.grouping) == ims_grouping_count(b.grouping);
    if (!ok)
        law_fails(why, "the counts differ");
    ok = ok && same_facts(a.topology, b.topology, why);
    if (ok &&
        (ims_snapshot_write(a.topology, NULL, &first, NULL) < 0 ||
         ims_snapshot_write(b.topology, NULL, &second, NULL) < 0 || strcmp(first, second) != 0))
        ok = law_fails(why, "the snapshots differ");
    free(first);
    free(second);
    judged_done(&a);
    judged_done(&b);
    return ok;
}

bool law_known_is_certain(const struct sketch *sketch, const struct trial *trial,
                          char why[WHY_SIZE])
{
    struct judged judged;
    char name[IMS_ADDRESS_STRING_SIZE];
    if (!judge(sketch, trial, &judged, why))
        return false;
    bool ok = true;
    for (uint32_t i = 0; ok && i < ims_grouping_count(judged.grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(judged.grouping, i);
        if (!group->certain)
            ok = law_fails(
                why, "the group of %s is uncertain: %s",
                ims_address_format(
                    ims_topology_function(judged.topology, group->members[0])->address, name),
                group->uncertain_text ? group->uncertain_text : "(no text)");
    }
    judged_done(&judged);
    return ok;
}
