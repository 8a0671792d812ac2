/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "output/render.h"

static struct ims_selector slot(const char *text)
{
    struct ims_selector selector = {0};

    assert_int_equal(ims_selector_parse_slot(text, &selector), 0);
    assert_true(selector.active);
    return selector;
}

static void slots_mean_what_they_mean_to_lspci(void **state)
{
    struct ims_selector selector = slot("0001:02:03.4");

    (void)state;
    assert_true(selector.has_segment && selector.has_bus && selector.has_device &&
                selector.has_function);
    assert_int_equal(selector.segment, 1);
    assert_int_equal(selector.bus, 2);
    assert_int_equal(selector.device, 3);
    assert_int_equal(selector.function, 4);
    selector = slot("1f");
    assert_true(!selector.has_bus && selector.has_device && !selector.has_function);
    assert_int_equal(selector.device, 0x1f);
    selector = slot("01:");
    assert_true(!selector.has_segment && selector.has_bus && !selector.has_device);
    selector = slot(".1");
    assert_true(!selector.has_bus && !selector.has_device && selector.has_function);
    selector = slot("*:*:*.*");
    assert_true(!selector.has_segment && !selector.has_bus && !selector.has_device &&
                !selector.has_function);
    selector = slot("10000::");
    assert_true(selector.has_segment && !selector.has_bus);
    assert_int_equal(selector.segment, 0x10000);
}

static void bad_slots_are_refused(void **state)
{
    static const char *const bad[] = {"20",       "00:00.8", "100:00", "1:2:3:4", "zz",
                                      "00:1.1.1", "-1",      " 1",     "1 "};
    struct ims_selector selector = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (ims_selector_parse_slot(bad[i], &selector) == 0)
            fail_msg("accepted %s", bad[i]);
        assert_false(selector.active);
    }
}

static void ids_and_classes(void **state)
{
    struct ims_selector selector = {0};

    (void)state;
    assert_int_equal(ims_selector_parse_device("10de:", &selector), 0);
    assert_true(selector.has_vendor_id && !selector.has_device_id);
    assert_int_equal(selector.vendor_id, 0x10de);
    assert_int_equal(ims_selector_parse_device(":1533", &selector), 0);
    assert_true(!selector.has_vendor_id && selector.has_device_id);
    assert_int_equal(ims_selector_parse_device("::0300", &selector), 0);
    assert_int_equal(selector.class_code, 0x030000);
    assert_int_equal(selector.class_mask, 0xffff00);
    assert_int_equal(ims_selector_parse_device("::03xx", &selector), 0);
    assert_int_equal(selector.class_code, 0x030000);
    assert_int_equal(selector.class_mask, 0xff0000);
    assert_int_equal(ims_selector_parse_device("::0c03:30", &selector), 0);
    assert_int_equal(selector.class_code, 0x0c0330);
    assert_int_equal(selector.class_mask, 0xffffff);
    assert_int_not_equal(ims_selector_parse_device("10de", &selector), 0);
    assert_int_not_equal(ims_selector_parse_device("10de0:", &selector), 0);
    assert_int_not_equal(ims_selector_parse_device("::03000", &selector), 0);
    assert_int_not_equal(ims_selector_parse_device("1:2:3:4:5", &selector), 0);
}

static void options_stand_anywhere(void **state)
{
    char *words[] = {(char[]){"iommuscope"},
                     (char[]){"-nnDv"},
                     (char[]){"explain"},
                     (char[]){"01:00.0"},
                     (char[]){"--acs=as-linux-sets"},
                     (char[]){"-F"},
                     (char[]){"x.txt"},
                     NULL};
    struct ims_options options;

    (void)state;
    assert_int_equal(ims_options_read(7, words, &options), 0);
    assert_int_equal(options.word_count, 2);
    assert_string_equal(options.words[0], "explain");
    assert_string_equal(options.words[1], "01:00.0");
    assert_int_equal(options.numeric, 2);
    assert_int_equal(options.verbose, 1);
    assert_true(ims_options_has(&options, IMS_OPTION_DOMAIN));
    assert_int_equal(options.acs, IMS_ACS_AS_LINUX_SETS);
    assert_string_equal(options.input, "x.txt");
}

static void the_tables_are_whole(void **state)
{
    const struct ims_command *command;

    (void)state;
    for (unsigned i = 0; i < IMS_OPTION_MAX; i++) {
        const struct ims_option_row *row = ims_option_at(i);

        assert_int_equal(row->id, i);
        assert_non_null(row->name);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(row->name, ims_option_at(k)->name);
            assert_true(row->letter == 0 || row->letter != ims_option_at(k)->letter);
        }
    }
    for (unsigned i = 0; (command = ims_command_at(i)) != NULL; i++) {
        assert_ptr_equal(ims_command_find(command->name), command);
        assert_non_null(command->run);
        assert_non_null(command->examples[0].command);
        assert_int_equal(command->exits[0].status, IMS_EXIT_OK);
        assert_true((command->schema != NULL) ==
                    ((command->options & IMS_OPTION_BIT(OUTPUT)) != 0));
        assert_true(!command->schema || ims_render_columns(command->schema) != NULL);
    }
    assert_null(ims_command_find("nonsense"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_mean_what_they_mean_to_lspci),
        cmocka_unit_test(bad_slots_are_refused),
        cmocka_unit_test(ids_and_classes),
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(the_tables_are_whole),
    };

    return cmocka_run_group_tests_name("cli-options", tests, NULL, NULL);
}
