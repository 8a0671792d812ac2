/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "iommuscope/ownership.h"

static struct ims_use use_of(uint8_t bus, enum ims_use_kind kind, const char *subject)
{
    return (struct ims_use){.address = {0, bus, 0},
                            .kind = kind,
                            .certain = IMS_YES,
                            .subject = subject,
                            .evidence = "e",
                            .text = "t"};
}

/* Sorted by address, then what matters most; what stands twice is said once. */
static void uses_are_sorted(void **state)
{
    (void)state;
    const struct ims_use all[] = {
        use_of(2, IMS_USE_IDLE, "b"),     use_of(1, IMS_USE_IDLE, "sda"),
        use_of(1, IMS_USE_MOUNT, "sda1"), use_of(1, IMS_USE_ROOT_DISK, "sda2"),
        use_of(1, IMS_USE_MOUNT, "sda1"),
    };
    struct ims_uses uses = {0};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        ims_uses_add(&uses, &all[i]);
    ims_uses_sort(&uses);
    assert_false(uses.failed);
    assert_int_equal(uses.count, 4);
    assert_string_equal(uses.uses[0].subject, "sda2");
    assert_string_equal(uses.uses[1].subject, "sda1");
    assert_string_equal(uses.uses[2].subject, "sda");
    assert_string_equal(uses.uses[3].subject, "b");
    ims_uses_done(&uses);
    assert_int_equal(uses.count, 0);
    ims_uses_sort(&uses);
}

static void every_kind_has_a_name_and_a_weight(void **state)
{
    (void)state;
    for (int kind = 0; kind < IMS_USE_MAX; kind++) {
        const char *name = ims_use_kind_to_string((enum ims_use_kind)kind);

        assert_true(strlen(name) > 1);
        for (int other = 0; other < kind; other++)
            assert_string_not_equal(name, ims_use_kind_to_string((enum ims_use_kind)other));
        assert_true(ims_use_kind_weight((enum ims_use_kind)kind) <= IMS_USE_FATAL);
    }
    assert_string_equal(ims_use_kind_to_string(IMS_USE_MAX), "unknown");
    assert_int_equal(ims_use_kind_weight(IMS_USE_MAX), IMS_USE_LOSS);
    assert_string_equal(ims_use_weight_to_string(IMS_USE_FATAL), "vital");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses_are_sorted),
        cmocka_unit_test(every_kind_has_a_name_and_a_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
