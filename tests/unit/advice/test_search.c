/* SPDX-License-Identifier: MIT */
/* The smallest set that passes: against all subsets, and with more items than can be tried. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "advice/model.h"
#include "rng.h"

#define CLAUSES_MAX 12u

/* Passes when every clause has an item that is chosen. */
struct formula {
    uint32_t count;
    uint32_t clauses[CLAUSES_MAX];
    uint32_t clause_count;
    unsigned asked;
    unsigned fail_at; /* the call that fails, 0 = none */
};

static int formula_test(void *context, const bool *chosen, bool *ret)
{
    struct formula *formula = context;
    uint32_t set = 0;

    if (++formula->asked == formula->fail_at)
        return -ENOMEM;
    for (uint32_t i = 0; i < formula->count; i++)
        set |= (uint32_t)chosen[i] << i;
    *ret = true;
    for (uint32_t i = 0; i < formula->clause_count; i++)
        *ret &= (formula->clauses[i] & set) != 0;
    return 0;
}

static unsigned smallest(const struct formula *formula)
{
    unsigned best = UINT32_MAX;

    for (uint32_t set = 0; set < 1u << formula->count; set++) {
        bool passes = true;
        for (uint32_t i = 0; i < formula->clause_count; i++)
            passes &= (formula->clauses[i] & set) != 0;
        if (passes && (unsigned)__builtin_popcount(set) < best)
            best = (unsigned)__builtin_popcount(set);
    }
    return best;
}

static void as_small_as_can_be(void **state)
{
    struct rng rng = {7};

    (void)state;
    for (int trial = 0; trial < 400; trial++) {
        struct formula formula = {.count = 1 + rng_below(&rng, 9)};
        bool chosen[16];
        bool found = false;
        bool exact = false;
        bool passes = false;
        unsigned size = 0;

        formula.clause_count = rng_below(&rng, CLAUSES_MAX);
        for (uint32_t i = 0; i < formula.clause_count; i++)
            formula.clauses[i] = rng_below(&rng, 1u << formula.count);
        assert_int_equal(ims_search(formula.count, formula_test, &formula, chosen, &found, &exact),
                         0);
        const unsigned best = smallest(&formula);
        assert_int_equal(found, best != UINT32_MAX);
        assert_true(exact);
        if (!found)
            continue;
        for (uint32_t i = 0; i < formula.count; i++)
            size += chosen[i];
        assert_int_equal(size, best);
        assert_int_equal(formula_test(&formula, chosen, &passes), 0);
        assert_true(passes);
    }
}

static void nothing_to_choose_from(void **state)
{
    struct formula formula = {0};
    bool chosen[1] = {true};
    bool found = false;
    bool exact = false;

    (void)state;
    assert_int_equal(ims_search(0, formula_test, &formula, chosen, &found, &exact), 0);
    assert_true(found);
    formula = (struct formula){.clauses = {0}, .clause_count = 1};
    assert_int_equal(ims_search(0, formula_test, &formula, chosen, &found, &exact), 0);
    assert_false(found);
}

static void a_failing_test_is_passed_on(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 6; at++) {
        struct formula formula = {
            .count = 3, .clauses = {1, 2, 4}, .clause_count = 3, .fail_at = at};
        bool chosen[3];
        bool found = false;
        bool exact = false;

        assert_int_equal(ims_search(3, formula_test, &formula, chosen, &found, &exact), -ENOMEM);
    }
}

/* Every third item is needed. */
static int thirds_test(void *context, const bool *chosen, bool *ret)
{
    const uint32_t count = *(const uint32_t *)context;

    *ret = true;
    for (uint32_t i = 0; i < count; i += 3)
        *ret &= chosen[i];
    return 0;
}

static void too_many_to_be_sure(void **state)
{
    uint32_t count = 600;
    bool *chosen = calloc(count, sizeof(*chosen));
    bool found = false;
    bool exact = true;

    (void)state;
    assert_non_null(chosen);
    assert_int_equal(ims_search(count, thirds_test, &count, chosen, &found, &exact), 0);
    assert_true(found);
    assert_false(exact);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(chosen[i], i % 3 == 0);
    free(chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_small_as_can_be),
        cmocka_unit_test(nothing_to_choose_from),
        cmocka_unit_test(a_failing_test_is_passed_on),
        cmocka_unit_test(too_many_to_be_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
