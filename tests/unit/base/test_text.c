/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void starts_empty(void **state)
{
    struct ims_text text = {0};

    (void)state;
    assert_string_equal(ims_text_get(&text), "");
    ims_text_done(&text);
    ims_text_done(NULL);
}

static void grows_with_what_is_appended(void **state)
{
    struct ims_text text = {0};

    (void)state;
    ims_text_append(&text, "ab");
    ims_text_append(&text, "");
    ims_text_append_bytes(&text, "cdef", 2);
    ims_text_appendf(&text, "-%u-%s", 12u, "x");
    assert_string_equal(ims_text_get(&text), "abcd-12-x");
    assert_int_equal(text.length, 9);
    for (unsigned i = 0; i < 10000; i++)
        ims_text_appendf(&text, "%05u", i);
    assert_int_equal(text.length, 9 + 50000);
    assert_int_equal(strlen(ims_text_get(&text)), text.length);
    assert_string_equal(ims_text_get(&text) + text.length - 5, "09999");
    ims_text_done(&text);
}

static void bytes_may_hold_zeros(void **state)
{
    struct ims_text text = {0};

    (void)state;
    ims_text_append_bytes(&text, "a\0b", 3);
    assert_int_equal(text.length, 3);
    assert_memory_equal(ims_text_get(&text), "a\0b", 4);
    ims_text_done(&text);
}

static void clear_keeps_it_usable(void **state)
{
    struct ims_text text = {0};

    (void)state;
    ims_text_clear(&text);
    ims_text_append(&text, "old");
    ims_text_clear(&text);
    assert_string_equal(ims_text_get(&text), "");
    ims_text_append(&text, "new");
    assert_string_equal(ims_text_get(&text), "new");
    ims_text_done(&text);
}

static void take_moves_the_string_out(void **state)
{
    struct ims_text text = {0};
    char *taken = ims_text_take(&text);

    (void)state;
    assert_string_equal(taken, "");
    free(taken);
    ims_text_append(&text, "abc");
    taken = ims_text_take(&text);
    assert_string_equal(taken, "abc");
    assert_string_equal(ims_text_get(&text), "");
    assert_int_equal(text.length, 0);
    free(taken);
    ims_text_done(&text);
}

static void a_failure_is_remembered(void **state)
{
    struct ims_text text = {0};

    (void)state;
    ims_text_append(&text, "abc");
    ims_text_append_bytes(&text, "x", SIZE_MAX - 3);
    assert_true(text.failed);
    ims_text_append(&text, "more");
    assert_null(ims_text_get(&text));
    assert_null(ims_text_take(&text));
    assert_string_equal(ims_text_get(&text), "");
    ims_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_empty),
        cmocka_unit_test(grows_with_what_is_appended),
        cmocka_unit_test(bytes_may_hold_zeros),
        cmocka_unit_test(clear_keeps_it_usable),
        cmocka_unit_test(take_moves_the_string_out),
        cmocka_unit_test(a_failure_is_remembered),
    };
    return cmocka_run_group_tests_name("base-text", tests, NULL, NULL);
}
