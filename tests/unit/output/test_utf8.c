/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "output/utf8.h"
#include "output/value.h"

static void check_safe(const char *text, bool unicode, const char *expected)
{
    struct ims_text out = {0};

    ims_utf8_append_safe(&out, text, unicode);
    assert_string_equal(ims_text_get(&out), expected);
    ims_text_done(&out);
}

static void controls_cannot_reach_a_terminal(void **state)
{
    (void)state;
    check_safe("plain", true, "plain");
    check_safe("\x1b[2Jx\r\n\t", true, "\\x1b[2Jx\\x0d\\x0a\\x09");
    check_safe("\x7f", true, "\\x7f");
    check_safe("\xc2\x9b"
               "31m",
               true, "\\x9b31m"); /* the one-byte form of ESC [ */
    check_safe("a\xe2\x80\xae"
               "b",
               true, "a\\u202eb"); /* right-to-left override */
}

static void foreign_characters_depend_on_the_reader(void **state)
{
    (void)state;
    check_safe("Gr\xc3\xbc\xc3\x9f"
               "e",
               true,
               "Gr\xc3\xbc\xc3\x9f"
               "e");
    check_safe("Gr\xc3\xbc\xc3\x9f"
               "e",
               false, "Gr??e");
}

static void bytes_that_are_no_utf8_are_shown_as_such(void **state)
{
    (void)state;
    check_safe("\xff\xc3", true, "\\xff\\xc3");
    check_safe("\xc0\x80", true, "\\xc0\\x80");          /* overlong */
    check_safe("\xed\xa0\x80", true, "\\xed\\xa0\\x80"); /* surrogate */
    check_safe("\xf4\x90\x80\x80", true, "\\xf4\\x90\\x80\\x80");
    check_safe("\xe2\x82", true, "\\xe2\\x82");
}

static void documents_hold_valid_utf8(void **state)
{
    json_t *value = ims_make_string("a\xff"
                                    "b\xe2\x82");

    (void)state;
    assert_string_equal(json_string_value(value), "a\xef\xbf\xbd"
                                                  "b\xef\xbf\xbd\xef\xbf\xbd");
    json_decref(value);
    value = ims_make_string(NULL);
    assert_true(json_is_null(value));
    json_decref(value);
}

static void check_cut(const char *text, size_t width, bool unicode, const char *expected)
{
    struct ims_text out = {0};

    ims_utf8_append_cut(&out, text, width, unicode);
    assert_string_equal(ims_text_get(&out), expected);
    assert_true(ims_utf8_width(ims_text_get(&out)) <= width);
    ims_text_done(&out);
}

static void a_cut_ends_in_an_ellipsis(void **state)
{
    (void)state;
    check_cut("abcdef", 6, true, "abcdef");
    check_cut("abcdef", 5, true, "abcd\xe2\x80\xa6");
    check_cut("abcdef", 5, false, "ab...");
    check_cut("abcdef", 1, true, "\xe2\x80\xa6");
    check_cut("abcdef", 2, false, "");
    check_cut("", 0, true, "");
}

static void paragraphs_keep_to_the_width(void **state)
{
    struct ims_text out = {0};

    (void)state;
    ims_utf8_append_wrapped(&out, "aaaa bbbb  cccc dddd eeee ffff gggg", 24, 4);
    assert_string_equal(ims_text_get(&out), "    aaaa bbbb cccc dddd\n    eeee ffff gggg\n");
    ims_text_done(&out);
}

static void unknown_bits_are_null(void **state)
{
    json_t *known = ims_make_bits((struct ims_bits){0x1d, 0xff}, 0x1f, 4);
    json_t *unknown = ims_make_bits((struct ims_bits){0x1d, 0x1e}, 0x1f, 4);

    (void)state;
    assert_string_equal(json_string_value(known), "0x001d");
    assert_true(json_is_null(unknown));
    json_decref(known);
    json_decref(unknown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(controls_cannot_reach_a_terminal),
        cmocka_unit_test(foreign_characters_depend_on_the_reader),
        cmocka_unit_test(bytes_that_are_no_utf8_are_shown_as_such),
        cmocka_unit_test(documents_hold_valid_utf8),
        cmocka_unit_test(a_cut_ends_in_an_ellipsis),
        cmocka_unit_test(paragraphs_keep_to_the_width),
        cmocka_unit_test(unknown_bits_are_null),
    };

    return cmocka_run_group_tests_name("output-utf8", tests, NULL, NULL);
}
