/* SPDX-License-Identifier: MIT */
/*
 * The smallest set that passes, by what failures teach: from a set that fails, items are added as
 * long as it keeps failing; one of those that are left is needed by every set that passes. The
 * smallest set that meets all such demands is the next to be tried (an implicit hitting set).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/model.h"

#define EXACT_MAX 256u /* items, above which one item after the other is left out instead */
#define WORDS (EXACT_MAX / 64u)
#define STEPS_MAX 2000000u /* of the search for a hitting set */

struct items {
    uint64_t words[WORDS];
};

struct search {
    uint32_t count;
    ims_search_test test;
    void *context;
    bool *scratch;
    struct items *demands;
    uint32_t demand_count;
    uint32_t demand_room;
    uint32_t best_size;
    struct items best;
    uint32_t steps;
};

static bool has(const struct items *items, uint32_t i)
{
    return items->words[i / 64] >> (i % 64) & 1;
}

static void put(struct items *items, uint32_t i)
{
    items->words[i / 64] |= UINT64_C(1) << (i % 64);
}

static void take(struct items *items, uint32_t i)
{
    items->words[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

static bool meet(const struct items *a, const struct items *b)
{
    for (uint32_t i = 0; i < WORDS; i++)
        if (a->words[i] & b->words[i])
            return true;
    return false;
}

static int ask(struct search *search, const struct items *items, bool *ret)
{
    for (uint32_t i = 0; i < search->count; i++)
        search->scratch[i] = has(items, i);
    return search->test(search->context, search->scratch, ret);
}

/* Branches on the items of the first demand that is not met yet. */
static void hit(struct search *search, struct items *chosen, uint32_t size)
{
    uint32_t open = 0;

    if (size >= search->best_size || search->steps++ > STEPS_MAX)
        return;
    while (open < search->demand_count && meet(&search->demands[open], chosen))
        open++;
    if (open == search->demand_count) {
        search->best_size = size;
        search->best = *chosen;
        return;
    }
    for (uint32_t i = 0; i < search->count; i++) {
        if (!has(&search->demands[open], i))
            continue;
        put(chosen, i);
        hit(search, chosen, size + 1);
        take(chosen, i);
    }
}

static int add_demand(struct search *search, const struct items *demand)
{
    if (search->demand_count == search->demand_room) {
        const uint32_t room = search->demand_room ? search->demand_room * 2 : 16;
        struct items *demands = reallocarray(search->demands, room, sizeof(*demands));

        if (!demands)
            return -ENOMEM;
        search->demands = demands;
        search->demand_room = room;
    }
    search->demands[search->demand_count++] = *demand;
    return 0;
}

/* Adds to a set that fails while it fails; what is left is the next demand. */
static int learn(struct search *search, const struct items *failed)
{
    struct items grown = *failed;

    for (uint32_t i = 0; i < search->count; i++) {
        bool passes = false;
        int r;

        if (has(&grown, i))
            continue;
        put(&grown, i);
        r = ask(search, &grown, &passes);
        if (r < 0)
            return r;
        if (passes)
            take(&grown, i);
    }
    struct items demand = {0};
    for (uint32_t i = 0; i < search->count; i++)
        if (!has(&grown, i))
            put(&demand, i);
    return add_demand(search, &demand);
}

/* Items without which nothing passes: mostly those are the answer. */
static int learn_needed(struct search *search, struct items *ret_needed)
{
    struct items rest = {0};

    for (uint32_t i = 0; i < search->count; i++)
        put(&rest, i);
    for (uint32_t i = 0; i < search->count; i++) {
        struct items alone = {0};
        bool passes = false;
        int r;

        take(&rest, i);
        r = ask(search, &rest, &passes);
        put(&rest, i);
        put(&alone, i);
        if (r == 0 && !passes) {
            put(ret_needed, i);
            r = add_demand(search, &alone);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static int search_exactly(struct search *search, bool *ret_chosen, bool *ret_exact)
{
    struct items chosen = {0};
    bool passes = false;
    int r = ask(search, &chosen, &passes);

    if (r == 0 && !passes)
        r = learn_needed(search, &chosen);
    if (r < 0)
        return r;
    for (;;) {
        r = ask(search, &chosen, &passes);
        if (r < 0)
            return r;
        if (passes)
            break;
        r = learn(search, &chosen);
        if (r < 0)
            return r;
        search->best_size = UINT32_MAX;
        search->steps = 0;
        struct items none = {0};
        hit(search, &none, 0);
        *ret_exact &= search->steps <= STEPS_MAX;
        chosen = search->best;
    }
    for (uint32_t i = 0; i < search->count; i++)
        ret_chosen[i] = has(&chosen, i);
    return 0;
}

/* Leaves out whatever is not needed, one after the other. */
static int search_greedily(struct search *search, bool *chosen)
{
    for (uint32_t i = 0; i < search->count; i++) {
        bool passes = false;
        int r;

        chosen[i] = false;
        r = search->test(search->context, chosen, &passes);
        if (r < 0)
            return r;
        chosen[i] = !passes;
    }
    return 0;
}

int ims_search(uint32_t count, ims_search_test test, void *context, bool *ret_chosen,
               bool *ret_found, bool *ret_exact)
{
    struct search search = {.count = count, .test = test, .context = context};
    int r;

    for (uint32_t i = 0; i < count; i++)
        ret_chosen[i] = true;
    *ret_exact = count <= EXACT_MAX;
    *ret_found = false;
    r = test(context, ret_chosen, ret_found);
    if (r < 0 || !*ret_found)
        return r;
    if (count > EXACT_MAX)
        return search_greedily(&search, ret_chosen);
    search.scratch = calloc((size_t)count + 1, sizeof(*search.scratch));
    if (!search.scratch)
        return -ENOMEM;
    r = search_exactly(&search, ret_chosen, ret_exact);
    free(search.scratch);
    free(search.demands);
    return r;
}
