/* SPDX-License-Identifier: MIT */
#include "fabric_laws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iommuscope/edit.h"
#include "iommuscope/fabric.h"

/* Edits of the model do to the sets of the fabric what the same change of the machine does (F9). */

struct edited_sets {
    struct ims_edited *edited;
    struct ims_fabric *fabric;
    struct ims_fabric_sets *sets[2]; /* LOWER and UPPER */
};

static void sets_done(struct edited_sets *sets)
{
    ims_fabric_sets_free(sets->sets[0]);
    ims_fabric_sets_free(sets->sets[1]);
    ims_fabric_free(sets->fabric);
    ims_edited_free(sets->edited);
    *sets = (struct edited_sets){0};
}

/* Returns the code of the edits; every other failure is told in why, with -EIO. */
static int apply(const struct ims_topology *topology, const struct ims_edit *edits, uint32_t count,
                 enum ims_fabric_threat threat, struct edited_sets *ret, char why[WHY_SIZE])
{
    const struct ims_fabric_options options = {.threat = threat};
    struct ims_error error = {0};
    int code = ims_edits_apply(topology, edits, count, &ret->edited, &error);

    if (code < 0)
        return code;
    if (ims_topology_check(ret->edited->topology, &error) < 0 ||
        ims_fabric_new(ret->edited->topology, &options, &ret->fabric, &error) < 0 ||
        ims_fabric_sets(ret->fabric, IMS_FABRIC_MUST, &ret->sets[0], &error) < 0 ||
        ims_fabric_sets(ret->fabric, IMS_FABRIC_MAY, &ret->sets[1], &error) < 0) {
        law_fails(why, "%s", error.message);
        return -EIO;
    }
    return 0;
}

static bool together(const struct edited_sets *sets, unsigned which, uint32_t a, uint32_t b)
{
    return ims_fabric_sets_of(sets->sets[which], (struct ims_function){a}) ==
           ims_fabric_sets_of(sets->sets[which], (struct ims_function){b});
}

/* Functions that are still there: together after means together before, or the same. */
static bool refines(const struct edited_sets *before, const struct edited_sets *after, bool exactly,
                    char why[WHY_SIZE])
{
    const struct ims_topology *topology = after->edited->topology;
    const uint32_t *origin = after->edited->origin;

    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++)
        for (uint32_t j = 0; j < i; j++)
            for (unsigned which = 0; which < 2; which++) {
                const bool is = together(after, which, i, j);
                const bool was = together(before, which, origin[i], origin[j]);
                char a[IMS_ADDRESS_STRING_SIZE];
                char b[IMS_ADDRESS_STRING_SIZE];
                if (is == was || (was && !exactly))
                    continue;
                return law_fails(
                    why, "%s and %s are in one %s set %s the edits only",
                    ims_address_format(
                        ims_topology_function(topology, (struct ims_function){j})->address, a),
                    ims_address_format(
                        ims_topology_function(topology, (struct ims_function){i})->address, b),
                    which ? "UPPER" : "LOWER", is ? "after" : "before");
            }
    return true;
}

static bool hold(const struct sketch *sketch, const struct trial *trial,
                 const struct ims_edit *edits, uint32_t count, bool exactly, char why[WHY_SIZE])
{
    const enum ims_fabric_threat threat = (enum ims_fabric_threat)(trial->seed % 3);
    struct edited_sets before = {0};
    struct edited_sets after = {0};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};

    if (sketch_seal(sketch, &topology, &error) < 0)
        return law_fails(why, "%s", error.message);
    const int first = apply(topology, NULL, 0, threat, &before, why);
    const int second = first == 0 ? apply(topology, edits, count, threat, &after, why) : first;
    bool ok = first == 0 && second != -EIO;
    if (ok && second == 0)
        ok = refines(&before, &after, exactly, why);
    sets_done(&before);
    sets_done(&after);
    ims_topology_free(topology);
    return ok;
}

bool law_edit_takes_out(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct rng rng = {trial->seed};

    if (!sketch->count)
        return true;
    const struct ims_edit edit = {
        .kind = IMS_EDIT_REMOVE,
        .function = sketch->functions[rng_below(&rng, sketch->count)].address,
    };
    return hold(sketch, trial, &edit, 1, false, why);
}

/* Request redirect may only separate; taken back, it leaves the sets as they were (T: F9 b). */
bool law_edit_redirects(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    bool ok = true;

    for (unsigned i = 0; i < sketch->count && ok; i++) {
        const struct sketch_function *function = &sketch->functions[i];
        const struct ims_edit set = {
            .kind = IMS_EDIT_SET_ACS, .function = function->address, .to.acs = {.set = IMS_ACS_RR}};
        const struct ims_edit both[] = {set,
                                        {.kind = IMS_EDIT_SET_ACS,
                                         .function = function->address,
                                         .to.acs = {.clear = IMS_ACS_RR}}};
        if (function->acs != SKETCH_YES || function->acs_ctrl_unknown ||
            (function->acs_ctrl & (IMS_ACS_RR | IMS_ACS_EC)) || !(function->acs_cap & IMS_ACS_RR))
            continue;
        ok = hold(sketch, trial, &set, 1, false, why) && hold(sketch, trial, both, 2, true, why);
        break;
    }
    return ok;
}
