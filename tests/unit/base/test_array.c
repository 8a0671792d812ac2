/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

static void grows_by_doubling_and_keeps_items(void **state)
{
    uint32_t *items = NULL;
    uint32_t capacity = 0;
    uint32_t moves = 0;

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t before = capacity;
        uint32_t *grown = ims_array_grow(items, &capacity, i + 1, sizeof(*items));
        assert_non_null(grown);
        items = grown;
        assert_true(capacity >= i + 1);
        moves += before != capacity;
        items[i] = i * 3;
    }
    assert_true(moves < 20);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(items[i], i * 3);
    free(items);
}

static void leaves_a_large_enough_array_alone(void **state)
{
    uint32_t capacity = 0;
    char *items = ims_array_grow(NULL, &capacity, 5, 1);
    uint32_t before = capacity;

    (void)state;
    assert_non_null(items);
    assert_ptr_equal(ims_array_grow(items, &capacity, 5, 1), items);
    assert_ptr_equal(ims_array_grow(items, &capacity, 0, 1), items);
    assert_int_equal(capacity, before);
    free(items);
}

static void an_empty_request_is_not_a_failure(void **state)
{
    uint32_t capacity = 0;
    void *items = ims_array_grow(NULL, &capacity, 0, 4);

    (void)state;
    assert_non_null(items);
    free(items);
}

static void a_size_that_overflows_leaves_the_array(void **state)
{
    uint32_t capacity = 0;
    int *items = ims_array_grow(NULL, &capacity, 1, sizeof(*items));
    uint32_t before = capacity;

    (void)state;
    assert_non_null(items);
    items[0] = 42;
    assert_null(ims_array_grow(items, &capacity, UINT32_MAX, SIZE_MAX / 2));
    assert_int_equal(capacity, before);
    assert_int_equal(items[0], 42);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_by_doubling_and_keeps_items),
        cmocka_unit_test(leaves_a_large_enough_array_alone),
        cmocka_unit_test(an_empty_request_is_not_a_failure),
        cmocka_unit_test(a_size_that_overflows_leaves_the_array),
    };
    return cmocka_run_group_tests_name("base-array", tests, NULL, NULL);
}
