/* SPDX-License-Identifier: MIT */
/* Which slots: every choice where there are few, else the next best one at a time (F13). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/slots.h"

uint32_t ims_slots_units(const struct ims_slots_relation *relation, const bool *chosen,
                         uint32_t *unit)
{
    uint32_t units = 0;

    for (uint32_t i = 0; i < relation->count; i++)
        unit[i] = IMS_NONE;
    for (uint32_t i = 0; i < relation->count; i++) {
        bool grew = true;

        if (!chosen[i] || unit[i] != IMS_NONE)
            continue;
        unit[i] = units;
        while (grew) {
            grew = false;
            for (uint32_t a = 0; a < relation->count; a++)
                for (uint32_t b = 0; unit[a] == units && b < relation->count; b++)
                    if (chosen[b] && unit[b] == IMS_NONE &&
                        relation->joined[a * relation->count + b]) {
                        unit[b] = units;
                        grew = true;
                    }
        }
        units++;
    }
    return units;
}

/* ---- every choice ---- */

struct score {
    uint32_t units;
    uint32_t companions;
    uint32_t bandwidth;
};

static bool is_better(const struct score *score, const struct score *than)
{
    if (score->units != than->units)
        return score->units > than->units;
    if (score->companions != than->companions)
        return score->companions < than->companions;
    return score->bandwidth > than->bandwidth;
}

static uint32_t count_units(const uint32_t *rows, uint32_t left)
{
    uint32_t units = 0;

    while (left) {
        uint32_t part = left & -left;
        uint32_t open = part;

        while (open) {
            const uint32_t card = (uint32_t)__builtin_ctz(open);
            const uint32_t fresh = rows[card] & left & ~part;

            part |= fresh;
            open = (open & (open - 1)) | fresh;
        }
        left &= ~part;
        units++;
    }
    return units;
}

static void choose_exactly(const struct ims_slots_relation *relation, uint32_t wanted, bool *chosen)
{
    uint32_t rows[IMS_SLOTS_EXACT_MAX];
    uint32_t cards[IMS_SLOTS_EXACT_MAX];
    struct score best = {0, UINT32_MAX, 0};
    uint32_t best_mask = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < relation->count; i++)
        if (relation->fits[i])
            cards[count++] = i;
    if (wanted > count)
        wanted = count;
    if (wanted == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = 0;
        for (uint32_t j = 0; j < count; j++)
            if (relation->joined[cards[i] * relation->count + cards[j]])
                rows[i] |= UINT32_C(1) << j;
    }
    /* Masks with as many bits, in ascending order: of equal choices the first slots stay. */
    for (uint64_t mask = (UINT64_C(1) << wanted) - 1; mask < UINT64_C(1) << count;) {
        struct score score = {count_units(rows, (uint32_t)mask), 0, 0};
        const uint64_t low = mask & -mask;
        const uint64_t ripple = mask + low;

        for (uint32_t i = 0; i < count; i++)
            if (mask >> i & 1) {
                score.companions += relation->companions[cards[i]];
                score.bandwidth += relation->bandwidth[cards[i]];
            }
        if (is_better(&score, &best)) {
            best = score;
            best_mask = (uint32_t)mask;
        }
        mask = ripple | (((mask ^ ripple) >> 2) / low);
    }
    for (uint32_t i = 0; i < count; i++)
        chosen[cards[i]] = best_mask >> i & 1;
}

/* ---- one at a time ---- */

static bool is_joined_to_chosen(const struct ims_slots_relation *relation, uint32_t card,
                                const bool *chosen)
{
    for (uint32_t i = 0; i < relation->count; i++)
        if (chosen[i] && relation->joined[card * relation->count + i])
            return true;
    return false;
}

/* Apart from those before first, then fewer companions, then bandwidth. */
static uint32_t next_best(const struct ims_slots_relation *relation, const bool *chosen)
{
    uint32_t best = IMS_NONE;
    bool best_joined = false;

    for (uint32_t i = 0; i < relation->count; i++) {
        const bool joined = is_joined_to_chosen(relation, i, chosen);

        if (chosen[i] || !relation->fits[i])
            continue;
        if (best != IMS_NONE &&
            (joined > best_joined ||
             (joined == best_joined && (relation->companions[i] > relation->companions[best] ||
                                        (relation->companions[i] == relation->companions[best] &&
                                         relation->bandwidth[i] <= relation->bandwidth[best])))))
            continue;
        best = i;
        best_joined = joined;
    }
    return best;
}

int ims_slots_choose(const struct ims_slots_relation *relation, uint32_t wanted, bool *chosen,
                     bool *ret_exact)
{
    uint32_t fitting = 0;

    for (uint32_t i = 0; i < relation->count; i++) {
        chosen[i] = false;
        fitting += relation->fits[i];
    }
    *ret_exact = fitting <= IMS_SLOTS_EXACT_MAX;
    if (*ret_exact) {
        choose_exactly(relation, wanted, chosen);
        return 0;
    }
    for (uint32_t i = 0; i < wanted; i++) {
        const uint32_t card = next_best(relation, chosen);

        if (card == IMS_NONE)
            break;
        chosen[card] = true;
    }
    return 0;
}
