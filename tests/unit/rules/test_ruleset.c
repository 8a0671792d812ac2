/* SPDX-License-Identifier: MIT */
/* Kernel releases as text, rule sets by name. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iommuscope/rules.h"

static void releases_that_are_read(void **state)
{
    static const struct {
        const char *text;
        int major, minor, patch;
    } rows[] = {
        {"6.12", 6, 12, -1},
        {"linux-6.12", 6, 12, -1},
        {"linux-6.12.95", 6, 12, 95},
        {"6.12.95+deb12-amd64", 6, 12, 95},
        {"6.12.0", 6, 12, 0},
        {"6.18-rc7", 6, 18, -1},
        {"7.3-rc2", 7, 3, -1},
        {"5.14.0-rc2_linus", 5, 14, -1},
        {"6.5.0-rc1-next-20230710", 6, 5, -1},
        {"6.1.0-56-amd64", 6, 1, -1},
        {"6.1.0-0.deb11.21-amd64", 6, 1, -1},
        {"4.15.0-213-generic", 4, 15, -1},
        {"5.14.0-427.13.1.el9_4.x86_64", 5, 14, -1},
        {"6.17.0-custom", 6, 17, 0},
        {"6.8.12-4-pve", 6, 8, 12},
        {"4.19.128-microsoft-standard", 4, 19, 128},
        {"4.4.302", 4, 4, 302},
        {"6.6.13_1", 6, 6, 13},
        {"6.1.2.3", 6, 1, 2},
        {"2.6.32", 2, 6, 32},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ims_kernel_version version = {-7, -7, -7};

        assert_int_equal(ims_kernel_version_parse(rows[i].text, &version), 0);
        assert_int_equal(version.major, rows[i].major);
        assert_int_equal(version.minor, rows[i].minor);
        assert_int_equal(version.patch, rows[i].patch);
    }
}

static void releases_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "",       "6",       "6.",         "6.x",         "6.12.",   "6.12.x",          "linux-",
        "linux",  "v6.12",   " 6.12",      "-6.12",       "6.-12",   "6.12amd64",       "6.12.9z",
        "+6.12",  "99999.1", "6.99999999", "6.12.999999", "linux-x", "linux-linux-6.1", "6..1",
        "6.12\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ims_kernel_version version = {-7, -7, -7};

        assert_int_equal(ims_kernel_version_parse(rows[i], &version), -EINVAL);
        assert_int_equal(version.major, -7); /* written only on success */
    }
    assert_int_equal(ims_kernel_version_parse(NULL, &(struct ims_kernel_version){0, 0, 0}),
                     -EINVAL);
}

static void check_found(const char *name, const char *release, const char *expected)
{
    struct ims_machine machine = {.kernel_release = release};
    struct ims_ruleset ruleset;
    struct ims_error error = {0};
    char buffer[IMS_RULESET_NAME_SIZE];

    assert_int_equal(ims_ruleset_find(name, &machine, &ruleset, &error), 0);
    assert_ptr_equal(ims_ruleset_name(&ruleset, buffer), buffer);
    assert_string_equal(buffer, expected);
}

static void names_that_are_known(void **state)
{
    struct ims_ruleset ruleset;

    (void)state;
    check_found("linux-4.4", NULL, "linux-4.4");
    check_found("linux-7.3", NULL, "linux-7.3");
    check_found("linux-6.12.95", "5.10.0-8-amd64", "linux-6.12.95");
    check_found("linux-6.12.0", NULL, "linux-6.12.0");
    check_found("linux-7.3.4", NULL, "linux-7.3.4");
    check_found("linux-4.20", NULL, "linux-4.20");
    check_found("linux", NULL, "linux-7.3");
    check_found("linux", "6.12.95+deb12-amd64", "linux-6.12.95");
    check_found("linux", "6.1.0-56-amd64", "linux-6.1");
    check_found("linux", "3.10.0-1160.el7.x86_64", "linux-4.4");
    check_found("linux", "8.1.2", "linux-7.3");
    check_found("linux", "7.4-rc1", "linux-7.3");
    check_found("linux", "somebody's kernel", "linux-7.3");
    check_found("linux-proposed-2025", NULL, "linux-proposed-2025");
    assert_int_equal(ims_ruleset_find("linux", NULL, &ruleset, NULL), 0);
    assert_int_equal(ruleset.kind, IMS_RULESET_LINUX);
    assert_int_equal(ruleset.version.major, 7);
    assert_int_equal(ims_ruleset_find("linux-proposed-2025", NULL, &ruleset, NULL), 0);
    assert_int_equal(ruleset.kind, IMS_RULESET_PROPOSED_2025);
    assert_int_equal(ruleset.version.minor, 3);
}

static void names_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "Linux",
        "linux-",
        "linux-4.3",
        "linux-7.4",
        "linux-8.0",
        "linux-6",
        "6.12",
        "linux-6.12.",
        "linux-6.12-rc1",
        "linux-6.12.95+deb12-amd64",
        "linux-3.0",
        "linux-proposed",
        "linux-proposed-2026",
        "fabric",
        "linux-6.12.1.1.1.",
        "linux-linux-6.12",
        "linux-6.12 ",
        "linux-6.99999999999999999999",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ims_ruleset ruleset;
        struct ims_error error = {0};

        assert_int_equal(ims_ruleset_find(rows[i], NULL, &ruleset, &error), -EINVAL);
        assert_int_equal(error.code, EINVAL);
        assert_non_null(strstr(error.message, "linux-4.4 to linux-7.3"));
        assert_int_equal(ims_ruleset_find(rows[i], NULL, &ruleset, NULL), -EINVAL);
    }
    assert_int_equal(ims_ruleset_find(NULL, NULL, &(struct ims_ruleset){0}, NULL), -EINVAL);
}

/* A caller may fill in any numbers: the name fits its buffer. */
static void names_fit(void **state)
{
    struct ims_ruleset ruleset = {IMS_RULESET_LINUX, {INT_MAX, INT_MAX, INT_MAX}};
    char buffer[IMS_RULESET_NAME_SIZE];

    (void)state;
    assert_string_equal(ims_ruleset_name(&ruleset, buffer),
                        "linux-2147483647.2147483647.2147483647");
    ruleset.version = (struct ims_kernel_version){INT_MIN, INT_MIN, INT_MIN};
    assert_string_equal(ims_ruleset_name(&ruleset, buffer), "linux-0.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_that_are_read),
        cmocka_unit_test(releases_that_are_refused),
        cmocka_unit_test(names_that_are_known),
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(names_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
