/* SPDX-License-Identifier: MIT */
/* Requester ids besides the own one, and bridges that the alias walk treats apart (section 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"
#include "rules/judge.h"

static struct ims_judge judge_of(struct lab *lab, int major, int minor, int patch)
{
    lab_seal(lab);
    return (struct ims_judge){.topology = lab->topology,
                              .version = {major, minor, patch},
                              .acs = IMS_ACS_AS_IS,
                              .acs_certain = true};
}

static bool aliases_of(const struct ims_judge *judge, const char *name, struct ims_alias_mask *mask)
{
    memset(mask, 0, sizeof(*mask));
    return ims_judge_aliases(judge, ims_topology_find(judge->topology, address_of(name)), mask);
}

static unsigned count_bits(const uint64_t bits[4])
{
    unsigned count = 0;

    for (unsigned i = 0; i < 256; i++)
        count += ims_devfn_bit(bits, (uint8_t)i);
    return count;
}

/* Exactly these devfns are aliases, surely. */
static void expect_devfns(const struct ims_judge *judge, const char *name, const uint8_t *devfns,
                          unsigned count)
{
    struct ims_alias_mask mask;

    assert_int_equal(aliases_of(judge, name, &mask), count > 0);
    assert_int_equal(count_bits(mask.certain), count);
    assert_int_equal(count_bits(mask.likely), count);
    assert_int_equal(count_bits(mask.possible), count);
    for (unsigned i = 0; i < count; i++)
        assert_true(ims_devfn_bit(mask.certain, devfns[i]));
    if (count)
        assert_non_null(mask.label);
}
#define EXPECT_DEVFNS(judge, name, ...)                       \
    do {                                                      \
        const uint8_t devfns_[] = {__VA_ARGS__};              \
        expect_devfns(judge, name, devfns_, sizeof(devfns_)); \
    } while (0)

static void functions_0_and_1(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:03.2", .id = 0x1180e832); /* uses function 0 */
    put_endpoint(lab.builder, "00:04.0", .id = 0x1180e832); /* is function 0 itself (R5.2) */
    put_endpoint(lab.builder, "00:05.0", .id = 0x1b4b9230); /* uses function 1 */
    put_endpoint(lab.builder, "00:05.1", .id = 0x1b4b9230);
    put_endpoint(lab.builder, "00:06.0", .id = 0x1b4b9231); /* near miss */
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    EXPECT_DEVFNS(&judge, "00:03.2", IMS_DEVFN(3, 0));
    expect_devfns(&judge, "00:04.0", NULL, 0);
    EXPECT_DEVFNS(&judge, "00:05.0", IMS_DEVFN(5, 1));
    expect_devfns(&judge, "00:05.1", NULL, 0);
    expect_devfns(&judge, "00:06.0", NULL, 0);
    lab_done(&lab);
}

static void fixed_ids_of_one_subsystem(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:0e.0", .id = 0x90050285, .subsystem = 0x900502bb);
    put_endpoint(lab.builder, "00:0f.0", .id = 0x90050285, .subsystem = 0x900502bd);
    record = put_endpoint(lab.builder, "00:10.0", .id = 0x90050285);
    record->subsystem_stated = true;
    record->subsystem = (struct ims_id){0x9005, 0x02bc};
    put_endpoint(lab.builder, "00:11.0", .id = 0x90050285, .known_bytes = 32);
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    EXPECT_DEVFNS(&judge, "00:0e.0", IMS_DEVFN(1, 0));
    expect_devfns(&judge, "00:0f.0", NULL, 0);
    EXPECT_DEVFNS(&judge, "00:10.0", IMS_DEVFN(1, 0));

    struct ims_alias_mask mask; /* the subsystem is unknown */
    assert_true(aliases_of(&judge, "00:11.0", &mask));
    assert_int_equal(count_bits(mask.certain), 0);
    assert_int_equal(count_bits(mask.likely), 0);
    assert_int_equal(count_bits(mask.possible), 1);
    lab_done(&lab);
}

static void lists_and_whole_buses(void **state)
{
    struct ims_alias_mask mask;
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:00.0", .id = 0x80862260);
    put_endpoint(lab.builder, "00:01.0", .id = 0x80862954);
    put_endpoint(lab.builder, "00:1f.7", .id = 0x10b587b0);
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    EXPECT_DEVFNS(&judge, "00:00.0", IMS_DEVFN(0x10, 0), IMS_DEVFN(0x11, 0), IMS_DEVFN(0x12, 3));
    assert_true(aliases_of(&judge, "00:01.0", &mask)); /* functions 0 to 4 of 32 slots, less one */
    assert_int_equal(count_bits(mask.certain), 5 * 32 - 1);
    assert_false(ims_devfn_bit(mask.certain, IMS_DEVFN(1, 0)));
    assert_false(ims_devfn_bit(mask.certain, IMS_DEVFN(2, 5)));
    assert_true(aliases_of(&judge, "00:1f.7", &mask));
    assert_int_equal(count_bits(mask.certain), 255);
    assert_false(ims_devfn_bit(mask.certain, 255));
    lab_done(&lab);
}

static void windows_of_rows(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:05.0", .id = 0x1b4b9183); /* since 5.0 */
    struct ims_judge judge = judge_of(&lab, 4, 18, 17);
    expect_devfns(&judge, "00:05.0", NULL, 0);
    judge.version = (struct ims_kernel_version){5, 0, -1};
    EXPECT_DEVFNS(&judge, "00:05.0", IMS_DEVFN(5, 1));
    lab_done(&lab);
}

/* R5.4: what stands in the tables is unknown: every id of the bus is possible, none is sure. */
static void tables_are_unknown(void **state)
{
    struct ims_alias_mask mask;
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.1", .id = 0x11f88531, .class_code = 0x068000);
    put_endpoint(lab.builder, "00:02.1", .id = 0x11f88531, .class_code = 0x058000);
    struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    assert_true(aliases_of(&judge, "00:01.1", &mask));
    assert_true(mask.table);
    assert_int_equal(count_bits(mask.certain), 0);
    assert_int_equal(count_bits(mask.likely), 0);
    assert_int_equal(count_bits(mask.possible), 255);
    assert_false(aliases_of(&judge, "00:02.1", &mask)); /* the management function */
    judge.probe = IMS_PROBE_HOT_ADDED; /* read after the function was grouped (R3.6) */
    assert_false(aliases_of(&judge, "00:01.1", &mask));
    lab_done(&lab);
}

static void candidate_ids(void **state)
{
    const struct ims_id both[2] = {{0x1b4b, 0x9230}, {0x1b4b, 0x9235}};
    const struct ims_id one[2] = {{0x1b4b, 0x9230}, {0x1b4b, 0x9231}};
    struct ims_alias_mask mask;
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:05.0");
    record->ids = both;
    record->id_count = 2;
    record = put_endpoint(lab.builder, "00:06.0");
    record->ids = one;
    record->id_count = 2;
    assert_int_equal(ims_builder_function(lab.builder, address_of("00:07.0"), &record, NULL), 0);
    record = put_endpoint(lab.builder, "00:08.0"); /* a vendor without rows */
    memset(record->config.rows[0].known + 2, 0, 2);
    memset(record->config.rows[0].value + 2, 0, 2);
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    EXPECT_DEVFNS(&judge, "00:05.0", IMS_DEVFN(5, 1));
    assert_true(aliases_of(&judge, "00:06.0", &mask));
    assert_int_equal(count_bits(mask.certain), 0);
    assert_int_equal(count_bits(mask.possible), 1);
    assert_true(aliases_of(&judge, "00:07.0", &mask)); /* nothing is known: anything is possible */
    assert_int_equal(count_bits(mask.certain), 0);
    assert_int_equal(count_bits(mask.likely), 0);
    assert_int_equal(count_bits(mask.possible), 255);
    assert_false(aliases_of(&judge, "00:08.0", &mask));
    lab_done(&lab);
}

/* ---- bridges (R2.3) ---- */

static enum ims_tristate translation_root(const struct ims_judge *judge, const char *name)
{
    bool likely;
    return ims_judge_translation_root(judge, ims_topology_find(judge->topology, address_of(name)),
                                      &likely);
}

static enum ims_tristate no_alias(const struct ims_judge *judge, const char *name)
{
    bool likely;
    return ims_judge_no_alias(judge, ims_topology_find(judge->topology, address_of(name)), &likely);
}

static void bridge_flags(void **state)
{
    const struct ims_id candidates[2] = {{0x14e4, 0x9000}, {0x14e4, 0x9001}};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .id = 0x14e49000);
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON, .id = 0x14e49001);
    record = put_root_port(lab.builder, "00:03.0", 3, ACS_ON);
    record->ids = candidates;
    record->id_count = 2;
    put_pcie_pci_bridge(lab.builder, "01:00.0", 4, .id = 0x1a031150);
    put_pci_bridge(lab.builder, "02:00.0", 5, .id = 0x1a031150); /* not type 7 */
    put_pcie_pci_bridge(lab.builder, "03:00.0", 6, .id = 0x1a031151);
    struct ims_judge judge = judge_of(&lab, 7, 0, -1);
    assert_int_equal(translation_root(&judge, "00:01.0"), IMS_YES);
    assert_int_equal(translation_root(&judge, "00:02.0"), IMS_NO);
    assert_int_equal(translation_root(&judge, "00:03.0"), IMS_UNKNOWN);
    assert_int_equal(no_alias(&judge, "01:00.0"), IMS_YES);
    assert_int_equal(no_alias(&judge, "02:00.0"), IMS_NO);
    assert_int_equal(no_alias(&judge, "03:00.0"), IMS_NO);
    judge.version = (struct ims_kernel_version){6, 17, 0};
    assert_int_equal(no_alias(&judge, "01:00.0"), IMS_NO);
    judge.version = (struct ims_kernel_version){4, 4, 6};
    assert_int_equal(translation_root(&judge, "00:01.0"), IMS_NO);
    lab_done(&lab);
}

/* A bridge that hides its PCI Express capability: header type 1, below a PCI Express port. */
static void hidden_pcie_bridges(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 1, ACS_ON, .subordinate = 2);
    put_pci_bridge(lab.builder, "01:00.0", 2, .id = 0x1b211080);
    put_pci_bridge(lab.builder, "01:01.0", 3, .id = 0x1b211081);
    put_pci_bridge(lab.builder, "00:1e.0", 4, .id = 0x8086244e); /* on a root bus */
    put_pci_bridge(lab.builder, "02:00.0", 5, .id = 0x1b211080); /* below a conventional bridge */
    put_pcie_pci_bridge(lab.builder, "01:02.0", 6, .id = 0x1b211080);
    put_pci_bridge(lab.builder, "06:00.0", 7, .id = 0x1b211080); /* below type 7 */
    const struct ims_judge judge = judge_of(&lab, 6, 12, -1);
    assert_true(ims_judge_pcie_alias(&judge, at(&lab, "01:00.0")));
    assert_false(ims_judge_pcie_alias(&judge, at(&lab, "01:01.0")));
    assert_false(ims_judge_pcie_alias(&judge, at(&lab, "00:1e.0")));
    assert_false(ims_judge_pcie_alias(&judge, at(&lab, "02:00.0")));
    assert_false(ims_judge_pcie_alias(&judge, at(&lab, "01:02.0")));
    assert_false(ims_judge_pcie_alias(&judge, at(&lab, "06:00.0")));
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_0_and_1),     cmocka_unit_test(fixed_ids_of_one_subsystem),
        cmocka_unit_test(lists_and_whole_buses), cmocka_unit_test(windows_of_rows),
        cmocka_unit_test(tables_are_unknown),    cmocka_unit_test(candidate_ids),
        cmocka_unit_test(bridge_flags),          cmocka_unit_test(hidden_pcie_bridges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
