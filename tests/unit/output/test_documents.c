/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/document.h"
#include "output/layout.h"
#include "output/render.h"
#include "sketch.h"

/* Two root ports, one without ACS above a card of two functions, one kernel group per side. */
static const char machine[] = "machine kernel=6.12.0 iommu=yes kind=intel\n"
                              "00:00.0 conv 8086:1237 class=060000 group=0\n"
                              "00:01.0 rp 8086:1901 bus=01 acs=none group=1 driver=pcieport\n"
                              "00:02.0 rp 8086:1905 bus=02 acs=1f/1d group=2 driver=pcieport\n"
                              "01:00.0 ep 10de:2684 class=030000 group=1 driver=nvidia\n"
                              "01:00.1 ep 10de:22ba class=040300 group=1 driver=none\n"
                              "02:00.0 ep 8086:1533 class=020000 group=3\n";

struct fixture {
    struct sketch sketch;
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_comparison *comparison;
    struct ims_subject subject;
};

static void make(struct fixture *fixture, const char *text)
{
    struct ims_error error = {0};
    char message[200] = "";

    memset(fixture, 0, sizeof(*fixture));
    if (sketch_parse(&fixture->sketch, text, message, sizeof(message)) != 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&fixture->sketch, &fixture->topology, &error), 0);
    assert_int_equal(ims_grouping_compute(fixture->topology, NULL, &fixture->grouping, &error), 0);
    assert_int_equal(ims_grouping_compare(fixture->grouping, &fixture->comparison, &error), 0);
    fixture->subject = (struct ims_subject){.topology = fixture->topology,
                                            .grouping = fixture->grouping,
                                            .comparison = fixture->comparison};
}

static void drop(struct fixture *fixture)
{
    ims_comparison_free(fixture->comparison);
    ims_grouping_free(fixture->grouping);
    ims_topology_free(fixture->topology);
    sketch_done(&fixture->sketch);
}

static struct ims_function at(const struct fixture *fixture, const char *text)
{
    struct ims_address address = {0};

    assert_int_equal(ims_address_parse(text, &address), 0);
    return ims_topology_find(fixture->topology, address);
}

/* Whatever a document is about: JSON reads back to itself, and there is text. */
static void check_renderings(json_t *document)
{
    struct ims_style style = {.headings = true};
    struct ims_text json = {0};
    struct ims_text text = {0};
    struct ims_text notes = {0};
    json_t *back;

    assert_non_null(document);
    assert_int_equal(ims_render(document, IMS_FORMAT_JSON, &style, &json, NULL), 0);
    assert_int_equal(ims_render(document, IMS_FORMAT_TEXT, &style, &text, NULL), 0);
    assert_int_equal(ims_render_notes(document, &style, &notes), 0);
    back = json_loads(ims_text_get(&json), JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_equal(document, back));
    assert_true(text.length > 0);
    assert_int_equal(ims_text_get(&text)[text.length - 1], '\n');
    assert_true(json_is_array(json_object_get(document, "gaps")));
    assert_true(json_is_array(json_object_get(document, "notes")));
    json_decref(back);
    ims_text_done(&json);
    ims_text_done(&text);
    ims_text_done(&notes);
}

static void every_document_has_every_format(void **state)
{
    struct fixture fixture;
    struct ims_error error = {0};
    json_t *document = NULL;

    (void)state;
    make(&fixture, machine);
    assert_int_equal(ims_document_groups(&fixture.subject, &document, &error), 0);
    check_renderings(document);
    json_decref(document);
    assert_int_equal(ims_document_tree(&fixture.subject, &document, &error), 0);
    check_renderings(document);
    json_decref(document);
    for (uint32_t a = 0; a < ims_topology_function_count(fixture.topology); a++) {
        struct ims_function function = {a};

        assert_int_equal(ims_document_show(&fixture.subject, function, &document, &error), 0);
        check_renderings(document);
        json_decref(document);
        assert_int_equal(ims_document_explain(&fixture.subject, function, &document, &error), 0);
        check_renderings(document);
        json_decref(document);
        for (uint32_t b = 0; b < ims_topology_function_count(fixture.topology); b++) {
            assert_int_equal(ims_document_explain_pair(&fixture.subject, function,
                                                       (struct ims_function){b}, &document, &error),
                             0);
            check_renderings(document);
            json_decref(document);
        }
    }
    drop(&fixture);
}

static void the_catalogue_has_every_format(void **state)
{
    struct ims_ruleset ruleset;
    struct ims_style style = {0};
    struct ims_text page = {0};
    json_t *document = NULL;

    (void)state;
    assert_int_equal(ims_ruleset_find("linux", NULL, &ruleset, NULL), 0);
    assert_int_equal(ims_document_rules(&document), 0);
    check_renderings(document);
    assert_int_equal(ims_render(document, IMS_FORMAT_MARKDOWN, &style, &page, NULL), 0);
    assert_non_null(strstr(ims_text_get(&page), "### ACS-NO-CAP\n"));
    ims_text_done(&page);
    json_decref(document);
    assert_int_equal(ims_document_quirks(&ruleset, &document), 0);
    assert_int_equal(json_array_size(json_object_get(document, "quirks")), ims_quirk_row_count());
    check_renderings(document);
    json_decref(document);
    for (uint32_t i = 0; i < ims_rule_count(); i++) {
        assert_int_equal(ims_document_rule(ims_rule_at(i), &ruleset, &document), 0);
        check_renderings(document);
        json_decref(document);
    }
}

static void groups_carry_numbers_members_and_reasons(void **state)
{
    struct fixture fixture;
    struct ims_error error = {0};
    json_t *document = NULL;
    json_t *group;
    json_t *device;

    (void)state;
    make(&fixture, machine);
    assert_int_equal(ims_document_groups(&fixture.subject, &document, &error), 0);
    assert_string_equal(ims_layout_string(document, "schema"), "iommuscope.groups/1");
    assert_int_equal(json_array_size(json_object_get(document, "groups")), 4);
    group = json_array_get(json_object_get(document, "groups"), 1);
    assert_int_equal(ims_layout_integer(group, "kernel_id", -1), 1);
    assert_string_equal(ims_layout_string(group, "match"), "same");
    assert_true(ims_layout_true(group, "certain"));
    assert_int_equal(json_array_size(json_object_get(group, "devices")), 3);
    device = json_array_get(json_object_get(group, "devices"), 1);
    assert_string_equal(ims_layout_string(device, "address"), "0000:01:00.0");
    assert_string_equal(ims_layout_string(device, "vendor_id"), "0x10de");
    assert_string_equal(ims_layout_string(device, "class"), "0x030000");
    assert_string_equal(ims_layout_string(device, "driver"), "nvidia");
    assert_string_equal(json_string_value(json_array_get(json_object_get(device, "reasons"), 0)),
                        "ACS-NO-CAP");
    json_decref(document);
    drop(&fixture);
}

static void filters_hide_and_do_not_regroup(void **state)
{
    struct fixture fixture;
    struct ims_error error = {0};
    json_t *document = NULL;
    json_t *group;

    (void)state;
    make(&fixture, machine);
    fixture.subject.selector = (struct ims_selector){.active = true,
                                                     .has_vendor_id = true,
                                                     .vendor_id = 0x10de,
                                                     .class_code = 0x030000,
                                                     .class_mask = 0xffff00};
    assert_int_equal(ims_document_groups(&fixture.subject, &document, &error), 0);
    assert_int_equal(json_array_size(json_object_get(document, "groups")), 1);
    group = json_array_get(json_object_get(document, "groups"), 0);
    assert_int_equal(json_array_size(json_object_get(group, "devices")), 1);
    assert_int_equal(ims_layout_integer(group, "device_count", -1), 3);
    json_decref(document);
    drop(&fixture);
}

static void check_groups_text(const struct fixture *fixture, struct ims_style style,
                              const char *expected)
{
    struct ims_error error = {0};
    struct ims_text out = {0};
    json_t *document = NULL;

    assert_int_equal(ims_document_groups(&fixture->subject, &document, &error), 0);
    assert_int_equal(ims_render(document, IMS_FORMAT_TEXT, &style, &out, &error), 0);
    assert_string_equal(ims_text_get(&out), expected);
    ims_text_done(&out);
    json_decref(document);
}

static void the_table_sorts_numbers_as_numbers(void **state)
{
    struct fixture fixture;

    (void)state;
    make(&fixture, "machine kernel=6.12.0 iommu=yes kind=intel\n"
                   "00:00.0 conv 8086:1237 class=060000 group=10\n"
                   "00:03.0 ep 8086:1533 class=020000 group=9\n"
                   "00:04.0 ep 8086:1534 class=020000 group=none\n");
    check_groups_text(&fixture, (struct ims_style){.numeric = 1, .columns = "group,address,ids"},
                      "    9 00:03.0 8086:1533\n"
                      "   10 00:00.0 8086:1237\n"
                      "    - 00:04.0 8086:1534\n");
    check_groups_text(&fixture, (struct ims_style){.full_address = true, .columns = "ADDRESS"},
                      "0000:00:03.0\n0000:00:00.0\n0000:00:04.0\n");
    drop(&fixture);
}

static void a_column_that_does_not_exist_is_named(void **state)
{
    struct fixture fixture;
    struct ims_style style = {.columns = "GROUP,COLOUR"};
    struct ims_error error = {0};
    struct ims_text out = {0};
    json_t *document = NULL;

    (void)state;
    make(&fixture, machine);
    assert_int_equal(ims_document_groups(&fixture.subject, &document, &error), 0);
    assert_int_not_equal(ims_render(document, IMS_FORMAT_TEXT, &style, &out, &error), 0);
    assert_non_null(strstr(error.message, "COLOUR"));
    ims_text_done(&out);
    json_decref(document);
    drop(&fixture);
}

static void a_tree_shows_acs_of_ports(void **state)
{
    struct fixture fixture;
    struct ims_error error = {0};
    struct ims_style style = {.columns = "ADDRESS,GROUP,ACS"};
    struct ims_text out = {0};
    json_t *document = NULL;

    (void)state;
    make(&fixture, machine);
    assert_int_equal(ims_document_tree(&fixture.subject, &document, &error), 0);
    assert_int_equal(ims_render(document, IMS_FORMAT_TEXT, &style, &out, &error), 0);
    assert_string_equal(ims_text_get(&out), "[0000:00]\n"
                                            "|-00:00.0       0\n"
                                            "|-00:01.0       1 no ACS\n"
                                            "| |-01:00.0     1\n"
                                            "| `-01:00.1     1\n"
                                            "`-00:02.0       2 SV+ RR+ CR+ UF+\n"
                                            "  `-02:00.0     3\n");
    ims_text_done(&out);
    json_decref(document);
    drop(&fixture);
}

static void unknown_is_null_with_its_gap(void **state)
{
    struct fixture fixture;
    struct ims_error error = {0};
    json_t *document = NULL;

    (void)state;
    make(&fixture, "machine kernel=6.12.0 iommu=yes kind=intel\n"
                   "00:01.0 rp 8086:1901 bus=01 cfg64\n"
                   "01:00.0 ep 10de:2684 class=030000\n");
    assert_int_equal(ims_document_explain_pair(&fixture.subject, at(&fixture, "01:00.0"),
                                               at(&fixture, "00:01.0"), &document, &error),
                     0);
    assert_true(json_is_null(json_object_get(document, "together")));
    json_decref(document);
    assert_int_equal(
        ims_document_show(&fixture.subject, at(&fixture, "00:01.0"), &document, &error), 0);
    assert_true(json_is_null(json_object_get(json_object_get(document, "acs"), "isolated")));
    assert_true(json_array_size(json_object_get(document, "unknown")) > 0);
    json_decref(document);
    drop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_has_every_format),
        cmocka_unit_test(the_catalogue_has_every_format),
        cmocka_unit_test(groups_carry_numbers_members_and_reasons),
        cmocka_unit_test(filters_hide_and_do_not_regroup),
        cmocka_unit_test(the_table_sorts_numbers_as_numbers),
        cmocka_unit_test(a_column_that_does_not_exist_is_named),
        cmocka_unit_test(a_tree_shows_acs_of_ports),
        cmocka_unit_test(unknown_is_null_with_its_gap),
    };

    return cmocka_run_group_tests_name("output-documents", tests, NULL, NULL);
}
