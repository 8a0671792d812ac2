/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <stdlib.h>

#include "generate.h"
#include "reference.h"

/* What the reference says of a sketch without unknown facts; NULL where it declines. */
static int *reference_groups(const struct sketch *sketch, const struct trial *trial)
{
    struct reference_options options = {
        .ruleset = trial->ruleset,
        .acs_as_linux_sets = trial->acs == IMS_ACS_AS_LINUX_SETS,
        .hot_added = trial->probe == IMS_PROBE_HOT_ADDED,
        .manage_everything = trial->manage_everything,
    };
    int *groups = calloc(sketch->count + 1u, sizeof(*groups));
    if (!groups)
        abort();
    if (reference_compute(sketch, &options, groups) < 0) {
        free(groups);
        return NULL;
    }
    return groups;
}

bool law_reference(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct judged judged;
    int *expected = reference_groups(sketch, trial);
    int *got = calloc(sketch->count + 1u, sizeof(*got));
    bool ok = true;
    if (expected && got) {
        ok = judge(sketch, trial, &judged, why);
        if (ok) {
            ok = judged_groups(&judged, sketch, got, why) &&
                 same_partition(sketch, expected, "the reference", got, "the library", why);
            judged_done(&judged);
        }
    }
    free(expected);
    free(got);
    return ok;
}

/* A claim of certainty about one pair or one group, held against one completion. */
static bool claims_hold(const struct judged *judged, const struct sketch *sketch, const int *got,
                        const int *truth, char why[WHY_SIZE])
{
    char x[IMS_ADDRESS_STRING_SIZE], y[IMS_ADDRESS_STRING_SIZE];
    for (unsigned i = 0; i < sketch->count; i++) {
        struct ims_function a = ims_topology_find(judged->topology, sketch->functions[i].address);
        const struct ims_group_info *group =
            ims_grouping_group(judged->grouping, ims_grouping_of(judged->grouping, a));
        ims_address_format(sketch->functions[i].address, x);
        for (unsigned j = 0; j < sketch->count; j++) {
            struct ims_function b =
                ims_topology_find(judged->topology, sketch->functions[j].address);
            bool together = i == j || (truth[i] >= 0 && truth[i] == truth[j]);
            enum ims_tristate claim = ims_grouping_together(judged->grouping, a, b);
            ims_address_format(sketch->functions[j].address, y);
            if (group->certain && group->managed && together != (i == j || got[i] == got[j]))
                return law_fails(why, "the group of %s is marked certain, but %s %s it", x, y,
                                 together ? "may join" : "may leave");
            if (group->managed && claim != IMS_UNKNOWN && together != (claim == IMS_YES))
                return law_fails(why, "%s and %s are certainly %s, but need not be", x, y,
                                 claim == IMS_YES ? "together" : "apart");
        }
    }
    return true;
}

bool law_certain(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    const char *show = getenv("IMS_LAWS_SHOW_COMPLETION");
    struct judged judged;
    struct rng rng = {trial->seed};
    int *got = calloc(sketch->count + 1u, sizeof(*got));
    if (!got)
        abort();
    bool ok = judge(sketch, trial, &judged, why);
    if (!ok) {
        free(got);
        return false;
    }
    ok = judged_groups(&judged, sketch, got, why);
    for (unsigned i = 0; ok && i < 24; i++) {
        struct sketch complete;
        generate_complete(&rng, sketch, &complete);
        int *truth = reference_groups(&complete, trial);
        if (truth)
            ok = claims_hold(&judged, sketch, got, truth, why);
        free(truth);
        if (!ok && show && *show)
            sketch_print(&complete, stderr);
        sketch_done(&complete);
    }
    judged_done(&judged);
    free(got);
    return ok;
}
