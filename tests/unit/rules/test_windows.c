/* SPDX-License-Identifier: MIT */
/* Which row takes part in which release. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/quirk_tables.h"

/* The window of a row: the first verdict row for an id with this rule, or the alias row. */
static const struct ims_release_window *acs_window(unsigned vendor, unsigned device,
                                                   enum ims_acs_quirk_rule rule)
{
    struct ims_id id = {(uint16_t)vendor, (uint16_t)device};
    const struct ims_acs_quirk_row *row = NULL;

    while ((row = ims_acs_quirk_next(id, row))) {
        if (row->rule == rule)
            return &row->window;
    }
    fail_msg("no row for %04x:%04x", vendor, device);
    return NULL;
}

static const struct ims_release_window *alias_window(unsigned vendor, unsigned device)
{
    struct ims_id id = {(uint16_t)vendor, (uint16_t)device};
    const struct ims_alias_quirk_row *rows = NULL;

    assert_true(ims_alias_quirks_find(id, &rows) > 0);
    return &rows->window;
}

#define YES "yes"
#define NO "no"
#define PERHAPS "unknown, likely yes"
#define HARDLY "unknown, likely no"

static const char *presence(const struct ims_release_window *window, int major, int minor,
                            int patch)
{
    bool likely = false;
    enum ims_tristate state = ims_release_window_present(
        window, (struct ims_kernel_version){major, minor, patch}, &likely);

    assert_int_equal(
        ims_release_window_present(window, (struct ims_kernel_version){major, minor, patch}, NULL),
        state);
    if (state == IMS_UNKNOWN)
        return likely ? PERHAPS : HARDLY;
    assert_int_equal(likely, state == IMS_YES);
    return state == IMS_YES ? YES : NO;
}

struct spot {
    int major;
    int minor;
    int patch;
    const char *expected;
};

static void check(const struct ims_release_window *window, const struct spot *spots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct spot *spot = &spots[i];
        const char *found = presence(window, spot->major, spot->minor, spot->patch);

        if (found != spot->expected)
            print_message("# %d.%d.%d\n", spot->major, spot->minor, spot->patch);
        assert_string_equal(found, spot->expected);
    }
}

#define CHECK(window, ...)                                      \
    do {                                                        \
        static const struct spot spots[] = {__VA_ARGS__};       \
        check(window, spots, sizeof(spots) / sizeof(spots[0])); \
    } while (0)

static void always(void **state)
{
    (void)state;
    CHECK(acs_window(0x1002, 0x4385, IMS_ACS_QUIRK_AMD_SB), {4, 4, -1, YES}, {4, 4, 0, YES},
          {7, 3, 4, YES}, {3, 10, 0, YES}, {9, 0, 0, YES});
    CHECK(acs_window(0x8086, 0x3b42, IMS_ACS_QUIRK_INTEL_PCH), {4, 4, -1, YES}, {5, 4, 9, YES});
    CHECK(alias_window(0x1b4b, 0x9230), {4, 4, -1, YES}, {6, 6, 13, YES});
}

static void mainline_only(void **state)
{
    (void)state;
    /* Intel root complex endpoints: not in 5.4.30, in 5.10.223. */
    CHECK(acs_window(0x8086, 0x1234, IMS_ACS_QUIRK_INTEL_RCIEP), {4, 4, -1, NO}, {4, 19, 100, NO},
          {5, 4, -1, NO}, {5, 4, 30, NO}, {5, 4, 31, HARDLY}, {5, 7, -1, PERHAPS}, {5, 10, -1, YES},
          {5, 10, 223, YES}, {5, 10, 222, PERHAPS}, {5, 12, 0, PERHAPS}, {5, 15, -1, YES},
          {5, 15, 0, YES}, {6, 1, 0, YES}, {7, 3, -1, YES});
    CHECK(acs_window(0x8086, 0xa110, IMS_ACS_QUIRK_INTEL_SPT), {4, 4, -1, NO}, {4, 4, 6, NO},
          {4, 4, 200, HARDLY}, {4, 9, -1, PERHAPS}, {4, 15, 0, YES}, {5, 0, -1, YES});
    CHECK(acs_window(0x1def, 0xe005, IMS_ACS_QUIRK_XGENE_RP), {4, 15, 17, NO}, {4, 16, -1, PERHAPS},
          {4, 18, -1, YES});
    CHECK(acs_window(0x14e4, 0xd714, IMS_ACS_QUIRK_BRCM_PAXB), {5, 0, -1, NO}, {5, 4, -1, YES});
    CHECK(alias_window(0x14e4, 0x9000), {4, 4, -1, NO}, {4, 15, -1, YES});
    CHECK(alias_window(0x1a03, 0x1150), {6, 17, -1, NO}, {6, 12, 117, NO}, {6, 12, 118, HARDLY},
          {6, 12, -1, NO}, {6, 18, -1, PERHAPS}, {7, 0, -1, YES}, {7, 1, -1, YES});
    /* Read in 6.12.117, shown by 6.12.95. */
    CHECK(acs_window(0x14e4, 0x1760, IMS_ACS_QUIRK_MF_ENDPOINT), {6, 8, 1, NO},
          {6, 12, 94, PERHAPS}, {6, 12, 95, YES}, {6, 12, 117, YES}, {6, 14, 0, YES});
    CHECK(alias_window(0x11f8, 0x8532), {4, 18, -1, NO}, {4, 19, 5, PERHAPS}, {5, 0, -1, YES});
}

/* A stable release is named: its series is settled patch by patch. */
static void stable_series(void **state)
{
    (void)state;
    CHECK(acs_window(0x177d, 0xa026, IMS_ACS_QUIRK_MF_ENDPOINT), {5, 10, 67, NO}, {5, 10, 68, YES},
          {5, 10, -1, PERHAPS}, {5, 14, 6, NO}, {5, 14, 7, YES}, {5, 13, -1, NO}, {5, 15, -1, YES},
          {5, 15, 3, YES}, {5, 4, -1, NO});
    CHECK(acs_window(0x17cb, 0x0115, IMS_ACS_QUIRK_QCOM_RP), {6, 1, 112, NO}, {6, 1, 113, YES},
          {6, 1, 192, YES}, {6, 1, -1, PERHAPS}, {6, 11, 3, NO}, {6, 11, 4, YES}, {6, 5, -1, NO},
          {6, 8, -1, NO}, {6, 6, 0, NO}, {6, 6, 60, PERHAPS}, {5, 10, -1, NO}, {5, 10, 223, NO},
          {6, 12, -1, YES}, {6, 12, 3, YES}, {6, 13, -1, YES}, {6, 14, -1, YES});
    CHECK(acs_window(0x17cb, 0x0111, IMS_ACS_QUIRK_QCOM_RP), {6, 12, 74, NO}, {6, 12, 75, YES},
          {6, 1, 164, NO}, {6, 1, 165, YES}, {6, 12, -1, PERHAPS}, {6, 17, -1, NO},
          {6, 18, -1, PERHAPS}, {7, 0, -1, YES});
    CHECK(acs_window(0x14e4, 0x1750, IMS_ACS_QUIRK_MF_ENDPOINT), {5, 10, 137, NO},
          {5, 10, 138, YES}, {5, 15, 30, NO}, {5, 15, 100, PERHAPS}, {5, 15, -1, PERHAPS},
          {5, 16, -1, PERHAPS}, {5, 19, -1, YES}, {5, 4, 250, HARDLY});
    CHECK(acs_window(0x0014, 0x7a09, IMS_ACS_QUIRK_LOONGSON_RP), {6, 12, 34, NO}, {6, 12, 35, YES},
          {6, 14, -1, NO}, {6, 15, -1, PERHAPS}, {6, 17, -1, YES});
    CHECK(acs_window(0x1d17, 0x3038, IMS_ACS_QUIRK_MF_ENDPOINT), {5, 6, 8, NO}, {5, 6, 9, YES},
          {5, 7, -1, YES}, {5, 10, 1, YES}, {5, 5, -1, NO}, {5, 4, -1, NO});
    CHECK(acs_window(0x8088, 0x0100, IMS_ACS_QUIRK_WANGXUN_NIC), {5, 10, 172, NO},
          {5, 10, 173, YES}, {6, 1, 17, NO}, {6, 1, 18, YES}, {5, 19, -1, NO}, {6, 2, -1, YES},
          {6, 2, 13, YES}, {6, 2, 0, PERHAPS}, {6, 5, 0, YES});
    CHECK(acs_window(0x14e4, 0x1760, IMS_ACS_QUIRK_MF_ENDPOINT), {6, 12, 117, YES},
          {6, 12, 0, PERHAPS}, {6, 1, 121, NO}, {6, 8, -1, NO}, {6, 14, -1, YES});
    CHECK(alias_window(0x1b4b, 0x9235), {6, 4, 4, NO}, {6, 4, 5, YES}, {6, 1, 39, NO},
          {6, 1, 40, YES}, {5, 10, 188, YES}, {6, 3, -1, NO}, {6, 5, 0, YES});
    CHECK(alias_window(0x1b4b, 0x9125), {5, 10, 93, NO}, {5, 10, 94, YES}, {5, 15, -1, YES},
          {5, 15, 2, PERHAPS}, {5, 16, -1, YES});
    CHECK(alias_window(0x1055, 0x1008), {6, 12, 116, NO}, {6, 12, 117, YES}, {6, 18, 9, PERHAPS},
          {7, 2, -1, NO}, {7, 1, -1, NO}, {7, 3, -1, YES}, {6, 1, -1, NO});
    CHECK(alias_window(0x8086, 0x2954), {5, 4, 16, NO}, {5, 4, 17, YES}, {5, 0, -1, NO});
}

/* A longterm tree has the row, and nobody wrote down since which release. */
static void longterm_backport(void **state)
{
    (void)state;
    CHECK(alias_window(0x11f8, 0x5000), {6, 1, 192, YES}, {6, 1, 100, PERHAPS}, {6, 1, 0, NO},
          {6, 1, -1, PERHAPS}, {6, 2, -1, NO}, {6, 5, 3, NO}, {6, 6, 7, PERHAPS}, {6, 8, -1, YES},
          {5, 10, -1, NO}, {6, 12, 0, YES});
    CHECK(alias_window(0x1055, 0x1001), {6, 1, 192, YES}, {6, 12, -1, YES}, {6, 12, 117, YES},
          {6, 6, 50, PERHAPS}, {6, 8, -1, NO}, {6, 14, -1, YES});
}

static void lists(void **state)
{
    (void)state;
    CHECK(&ims_acs_quirk_list_row(IMS_ACS_QUIRK_CAVIUM_RP, 0xaf84)->window, {5, 4, 5, NO},
          {5, 4, 6, YES}, {5, 4, -1, PERHAPS}, {5, 0, -1, NO}, {5, 10, -1, YES});
    CHECK(&ims_acs_quirk_list_row(IMS_ACS_QUIRK_CAVIUM_RP, 0xa000)->window, {4, 4, -1, NO},
          {4, 15, -1, YES});
    CHECK(&ims_acs_quirk_list_row(IMS_ACS_QUIRK_ZHAOXIN_PORTS, 0x0733)->window, {5, 10, 208, NO},
          {5, 10, 209, YES}, {6, 6, 12, NO}, {6, 6, 13, YES}, {6, 5, -1, NO}, {6, 8, -1, YES});
    CHECK(&ims_acs_quirk_list_row(IMS_ACS_QUIRK_WANGXUN_NIC, 0x5010)->window, {6, 12, 4, NO},
          {6, 12, 5, YES}, {6, 1, 120, YES}, {6, 8, -1, NO}, {6, 14, -1, YES});
}

static void run_time_rows(void **state)
{
    (void)state;
    CHECK(&ims_alias_quirk_runtime(IMS_ALIAS_RUNTIME_REAL_DMA)->window, {5, 4, -1, NO},
          {5, 10, -1, YES}, {6, 12, 95, YES});
    CHECK(&ims_alias_quirk_runtime(IMS_ALIAS_RUNTIME_IVRS)->window, {4, 4, -1, NO},
          {4, 15, -1, YES});
}

/* Numbers that no kernel has must neither crash nor run over into the next major number. */
static void absurd_versions(void **state)
{
    const struct ims_release_window *window = alias_window(0x1a03, 0x1150);

    (void)state;
    CHECK(window, {INT32_MAX, INT32_MAX, INT32_MAX, YES}, {INT32_MIN, INT32_MIN, INT32_MIN, NO},
          {5, 300, 0, NO}, {5, -3, 0, NO}, {0, 0, -1, NO});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(always),          cmocka_unit_test(mainline_only),
        cmocka_unit_test(stable_series),   cmocka_unit_test(longterm_backport),
        cmocka_unit_test(lists),           cmocka_unit_test(run_time_rows),
        cmocka_unit_test(absurd_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
