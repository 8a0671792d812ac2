/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "fabric_laws.h"
#include "fabric_pair.h"

/* What one function reaches, and who shares its id, against every pair of the oracle (F3, 0.4). */

struct matrix {
    unsigned count;
    unsigned char *cells; /* bit 0 may, bit 1 must, bit 2 may share an id, bit 3 does */
};

static unsigned char *cell(const struct matrix *matrix, unsigned from, unsigned to)
{
    return &matrix->cells[from * matrix->count + to];
}

static bool fill_victims(const struct fabric_pair *pair, struct matrix *matrix, char why[WHY_SIZE])
{
    for (unsigned i = 0; i < matrix->count; i++) {
        struct ims_fabric_victims *victims = NULL;
        if (ims_fabric_victims(pair->fabric, pair->functions[i], &victims, NULL) < 0)
            return law_fails(why, "the engine refuses to list what a function reaches");
        for (uint32_t j = 0; j < ims_fabric_victims_count(victims); j++) {
            const struct ims_fabric_edge *edge = ims_fabric_victims_at(victims, j);
            *cell(matrix, i, pair->back[edge->to.index]) |=
                edge->certainty == IMS_FABRIC_MUST ? 3u : 1u;
        }
        ims_fabric_victims_free(victims);
    }
    return true;
}

static void fill_aliases(const struct fabric_pair *pair, struct matrix *matrix, bool must)
{
    struct ims_fabric_aliases *aliases = NULL;
    if (ims_fabric_aliases(pair->fabric, must ? IMS_FABRIC_MUST : IMS_FABRIC_MAY, &aliases, NULL) <
        0)
        abort();
    for (uint32_t i = 0; i < ims_fabric_aliases_count(aliases); i++) {
        const struct ims_fabric_alias *alias = ims_fabric_aliases_at(aliases, i);
        for (uint32_t a = 0; a < alias->function_count; a++)
            for (uint32_t b = 0; b < alias->function_count; b++)
                if (a != b)
                    *cell(matrix, pair->back[alias->functions[a].index],
                          pair->back[alias->functions[b].index]) |= must ? 8u : 4u;
    }
    ims_fabric_aliases_free(aliases);
}

static bool compare(struct fabric_pair *pair, const struct matrix *matrix, char why[WHY_SIZE])
{
    char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
    for (unsigned i = 0; i < matrix->count; i++) {
        for (unsigned j = 0; j < matrix->count; j++) {
            unsigned expected = 0;
            unsigned got = *cell(matrix, i, j);
            if (i == j)
                continue;
            if (oracle_issues(pair->oracle, i))
                expected = (oracle_edge(pair->oracle, i, j, true) ? 2u : 0u) |
                           (oracle_edge(pair->oracle, i, j, false) ? 1u : 0u);
            if ((got & 3u) != expected)
                return law_fails(why, "%s to %s: oracle %u, engine %u",
                                 fabric_pair_name(pair, i, a), fabric_pair_name(pair, j, b),
                                 expected, got & 3u);
            if (!oracle_issues(pair->oracle, i) || !oracle_issues(pair->oracle, j))
                continue;
            if (oracle_alias(pair->oracle, i, j) != ((got & 4u) != 0))
                return law_fails(why, "%s and %s: share an id in the %s only",
                                 fabric_pair_name(pair, i, a), fabric_pair_name(pair, j, b),
                                 got & 4u ? "engine" : "oracle");
            if ((got & 8u) && !(got & 4u))
                return law_fails(why, "%s and %s share an id for sure, but not possibly",
                                 fabric_pair_name(pair, i, a), fabric_pair_name(pair, j, b));
        }
    }
    return true;
}

bool law_victims(const struct sketch *sketch, const struct trial *trial, char why[WHY_SIZE])
{
    struct oracle_options options = fabric_trial_options(trial);
    struct fabric_pair pair;
    options.one_rc_per_bus = false;
    if (!fabric_pair_begin(&pair, sketch, &options, why))
        return false;
    struct matrix matrix = {.count = sketch->count,
                            .cells = calloc((size_t)sketch->count * sketch->count + 1, 1)};
    if (!matrix.cells)
        abort();
    bool ok = fill_victims(&pair, &matrix, why);
    if (ok) {
        fill_aliases(&pair, &matrix, true);
        fill_aliases(&pair, &matrix, false);
        ok = compare(&pair, &matrix, why);
    }
    free(matrix.cells);
    fabric_pair_done(&pair);
    return ok;
}
