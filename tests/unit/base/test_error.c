/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/error.h"

static void returns_the_code_and_fills_the_rest(void **state)
{
    struct ims_error error;
    char text[512];

    (void)state;
    memset(&error, 0xff, sizeof(error));
    assert_int_equal(ims_error_set(&error, -EINVAL, "bad %s %d", "number", 7), -EINVAL);
    assert_int_equal(error.code, EINVAL);
    assert_false(error.has_address);
    assert_int_equal(error.line, 0);
    assert_int_equal(error.column, 0);
    assert_string_equal(error.path, "");
    assert_string_equal(error.message, "bad number 7");
    assert_string_equal(ims_error_format(&error, text, sizeof(text)), "bad number 7");
}

static void details_are_optional(void **state)
{
    (void)state;
    assert_int_equal(ims_error_set(NULL, -ENOMEM, "x"), -ENOMEM);
    assert_int_equal(ims_error_set_at(NULL, -EIO, "a", 1, 2, "x"), -EIO);
    ims_error_set_address(NULL, (struct ims_address){0, 0, 0});
}

static void formats_only_what_is_set(void **state)
{
    const struct ims_address address = {0, 1, 0};
    struct ims_error error;
    char text[512];

    (void)state;
    ims_error_set_at(&error, -EINVAL, "dump.txt", 12, 5, "not a byte");
    assert_string_equal(ims_error_format(&error, text, sizeof(text)), "dump.txt:12:5: not a byte");
    ims_error_set_address(&error, address);
    assert_string_equal(ims_error_format(&error, text, sizeof(text)),
                        "dump.txt:12:5: 0000:01:00.0: not a byte");
    ims_error_set_at(&error, -EINVAL, "dump.txt", 12, 0, "short");
    assert_string_equal(ims_error_format(&error, text, sizeof(text)), "dump.txt:12: short");
    ims_error_set_at(&error, -ENOENT, "dump.txt", 0, 0, "missing");
    assert_string_equal(ims_error_format(&error, text, sizeof(text)), "dump.txt: missing");
    ims_error_set_at(&error, -EINVAL, NULL, 3, 0, "odd");
    assert_string_equal(ims_error_format(&error, text, sizeof(text)), "3: odd");
    ims_error_set(&error, -EINVAL, "gone");
    ims_error_set_address(&error, address);
    assert_string_equal(ims_error_format(&error, text, sizeof(text)), "0000:01:00.0: gone");
}

static void short_buffers_are_terminated(void **state)
{
    struct ims_error error;
    char whole[512];

    (void)state;
    ims_error_set_at(&error, -EINVAL, "some/file", 1234, 5, "a message");
    ims_error_set_address(&error, (struct ims_address){0, 0, 8});
    ims_error_format(&error, whole, sizeof(whole));
    for (size_t size = 1; size < strlen(whole) + 3; size++) {
        char *text = malloc(size);
        assert_non_null(text);
        ims_error_format(&error, text, size);
        assert_true(strlen(text) < size);
        assert_int_equal(strncmp(text, whole, strlen(text)), 0);
        free(text);
    }
    assert_ptr_equal(ims_error_format(&error, whole, 0), whole);
}

static void quoted_input_stays_one_clean_line(void **state)
{
    struct ims_error error;
    char path[400];

    (void)state;
    ims_error_set(&error, -EINVAL, "bad word \"%s\"", "a\nb\033[31m\tc\x7f");
    assert_string_equal(error.message, "bad word \"a?b?[31m?c?\"");
    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    ims_error_set_at(&error, -EINVAL, path, 1, 1, "%s", path);
    assert_int_equal(strlen(error.path), sizeof(error.path) - 1);
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}

static void a_cut_never_halves_a_character(void **state)
{
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

    (void)state;
    for (size_t c = 0; c < 3; c++)
        for (unsigned pad = 0; pad < 4; pad++) {
            struct ims_error error;
            char text[1024] = "";
            size_t width = strlen(characters[c]);

            memset(text, 'x', pad);
            while (strlen(text) < 400)
                strcat(text, characters[c]);
            ims_error_set(&error, -EINVAL, "%s", text);
            assert_int_equal((strlen(error.message) - pad) % width, 0);
            assert_true(strlen(error.message) + width > sizeof(error.message) - 1);
        }
}

static void an_error_may_quote_the_one_it_replaces(void **state)
{
    struct ims_error error;

    (void)state;
    ims_error_set_at(&error, -EIO, "file", 0, 0, "inner");
    ims_error_set_at(&error, -EIO, error.path, 0, 0, "outer: %s", error.message);
    assert_string_equal(error.message, "outer: inner");
    assert_string_equal(error.path, "file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_the_code_and_fills_the_rest),
        cmocka_unit_test(details_are_optional),
        cmocka_unit_test(formats_only_what_is_set),
        cmocka_unit_test(short_buffers_are_terminated),
        cmocka_unit_test(quoted_input_stays_one_clean_line),
        cmocka_unit_test(a_cut_never_halves_a_character),
        cmocka_unit_test(an_error_may_quote_the_one_it_replaces),
    };
    return cmocka_run_group_tests_name("base-error", tests, NULL, NULL);
}
