/* SPDX-License-Identifier: MIT */
/* What a function is: its ids, whether it is a VF and of which PF (R1.2, R1.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

static const struct ims_function none = {IMS_NONE};

/* A PF with count VFs from offset on. */
static void put_pf(struct lab *lab, const char *name, unsigned count, unsigned offset,
                   unsigned stride)
{
    put(lab->builder, .at = name, .id = 0x808610fb, .vf_count = count, .vf_offset = offset,
        .vf_stride = stride, .vf_device = 0x10ed);
}

static void capability_claims_virtual_functions(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON, .subordinate = 2);
    put_pf(&lab, "01:00.0", 3, 0x80, 0x82);
    put_endpoint(lab.builder, "01:10.0", .multi = true); /* 0x100 + 0x80 */
    put_endpoint(lab.builder, "02:00.2", .id = 0xffffffff);
    put_endpoint(lab.builder, "02:10.4");
    put_endpoint(lab.builder, "01:10.1"); /* between two steps */
    lab_seal(&lab);
    const struct ims_function pf = at(&lab, "01:00.0");
    assert_int_equal(info_of(&lab, "01:10.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "01:10.0")->physfn.index, pf.index);
    assert_int_equal(info_of(&lab, "01:10.0")->multifunction, IMS_NO);
    assert_int_equal(info_of(&lab, "01:10.0")->extended, IMS_YES);
    assert_int_equal(info_of(&lab, "02:00.2")->physfn.index, pf.index);
    assert_int_equal(info_of(&lab, "02:10.4")->physfn.index, pf.index);
    assert_int_equal(info_of(&lab, "01:10.1")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "01:00.0")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "01:00.0")->physfn.index, none.index);
    lab_done(&lab);
}

static void claims_end_with_the_count_and_the_segment(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_pf(&lab, "00:01.0", 2, 8, 8);
    put_pf(&lab, "00:08.0", 5, 8, 0);           /* without a stride there is one VF */
    put_pf(&lab, "ff:1f.0", 65535, 1, 1);       /* ends with the segment */
    put_pf(&lab, "0001:00:04.0", 9, 0, 0x2000); /* the first "VF" would be the PF itself */
    put_endpoint(lab.builder, "00:02.0");
    put_endpoint(lab.builder, "00:03.0");
    put_endpoint(lab.builder, "00:04.0");
    put_endpoint(lab.builder, "00:09.0");
    put_endpoint(lab.builder, "00:0a.0");
    put_endpoint(lab.builder, "ff:1f.7");
    put_endpoint(lab.builder, "0001:00:00.0");
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "00:03.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "00:04.0")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "00:09.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "00:0a.0")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "ff:1f.7")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "0001:00:00.0")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "0001:00:04.0")->is_vf, IMS_NO);
    lab_done(&lab);
}

static void what_the_source_says_wins(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_pf(&lab, "00:01.0", 3, 8, 8);
    put_pf(&lab, "00:01.1", 3, 7, 8); /* claims the same functions */
    record = put_endpoint(lab.builder, "00:02.0");
    record->is_vf = IMS_NO;
    put_vf(lab.builder, "00:03.0", "00:01.1");
    put_endpoint(lab.builder, "00:04.0");
    put_vf(lab.builder, "00:05.0", NULL);
    put_vf(lab.builder, "00:06.0", "00:1e.0");
    put_vf(lab.builder, "00:07.0", "00:07.0");
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "00:02.0")->physfn.index, none.index);
    assert_int_equal(info_of(&lab, "00:03.0")->physfn.index, at(&lab, "00:01.1").index);
    assert_int_equal(info_of(&lab, "00:04.0")->physfn.index, at(&lab, "00:01.0").index);
    assert_int_equal(info_of(&lab, "00:05.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "00:05.0")->physfn.index, none.index);
    assert_int_equal(info_of(&lab, "00:06.0")->physfn.index, none.index);
    assert_int_equal(info_of(&lab, "00:07.0")->physfn.index, none.index);
    assert_int_equal(count_gaps(&lab, IMS_GAP_NOT_IN_INPUT, "physical function 0000:00:1e.0"), 1);
    assert_int_equal(count_gaps(&lab, IMS_GAP_NOT_IN_INPUT, "physical function"), 2);
    lab_done(&lab);
}

static void ids_of_ones_or_a_name_make_a_vf(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:02.0", .id = 0xffffffff, .multi = true);
    record = put_endpoint(lab.builder, "00:03.0");
    record->device_name = "82599 Ethernet Controller Virtual Function";
    record = put_endpoint(lab.builder, "00:04.0");
    record->device_name = "82599 Ethernet Controller";
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "00:02.0")->id_count, 0);
    assert_int_equal(info_of(&lab, "00:02.0")->multifunction, IMS_NO);
    assert_int_equal(info_of(&lab, "00:03.0")->is_vf, IMS_YES);
    assert_int_equal(info_of(&lab, "00:04.0")->is_vf, IMS_NO);
    lab_done(&lab);
}

/* R1.7: vendor of the PF, device of the capability; stated ids win. */
static void ids_of_virtual_functions(void **state)
{
    const struct ims_id stated = {0x15b3, 0x1018};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_pf(&lab, "00:01.0", 2, 8, 8);
    put_endpoint(lab.builder, "00:02.0", .id = 0xffffffff);
    record = put_vf(lab.builder, "00:03.0", "00:01.0");
    record->ids = &stated;
    record->id_count = 1;
    put_endpoint(lab.builder, "00:0a.0");
    put_vf(lab.builder, "00:0b.0", "00:0a.0"); /* its PF shows no capability */
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->id_count, 1);
    assert_int_equal(info_of(&lab, "00:02.0")->ids[0].vendor, 0x8086);
    assert_int_equal(info_of(&lab, "00:02.0")->ids[0].device, 0x10ed);
    assert_int_equal(info_of(&lab, "00:03.0")->ids[0].vendor, 0x15b3);
    assert_int_equal(info_of(&lab, "00:0b.0")->id_count, 0);
    lab_done(&lab);
}

static void ids_and_class_as_stated(void **state)
{
    const struct ims_id stated = {0x10de, 0x1b80};
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:02.0", .class_code = 0x020000);
    record->ids = &stated;
    record->id_count = 1;
    record->class_stated = true;
    record->class_code = 0x030000;
    record->class_known = 0xff0000;
    put_endpoint(lab.builder, "00:03.0", .known_bytes = 64);
    assert_int_equal(ims_builder_function(lab.builder, address_of("00:04.0"), &record, NULL), 0);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:02.0")->ids[0].vendor, 0x10de);
    assert_int_equal(info_of(&lab, "00:02.0")->class_code.value, 0x030000);
    assert_int_equal(info_of(&lab, "00:02.0")->class_code.known, 0xffffff);
    assert_int_equal(info_of(&lab, "00:03.0")->ids[0].vendor, 0x1b36);
    assert_int_equal(info_of(&lab, "00:04.0")->id_count, 0);
    assert_int_equal(info_of(&lab, "00:04.0")->class_code.known, 0);
    lab_done(&lab);
}

/* Capabilities that lie about VFs cost a bounded walk, and a VF cannot claim VFs itself. */
static void lying_counts_end(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    for (unsigned i = 0; i < 256; i++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        ims_address_format((struct ims_address){0, 0, (uint8_t)i}, name);
        put_pf(&lab, name, 65535, 1, 1);
    }
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "00:00.0")->is_vf, IMS_NO);
    for (uint32_t i = 1; i < 256; i++)
        assert_int_equal(
            ims_topology_function(lab.topology, (struct ims_function){i})->physfn.index, 0);
    lab_done(&lab);
}

static void damage_is_a_gap(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    record = put_endpoint(lab.builder, "00:02.0");
    part_16(&record->config, 0x40, 0x4010); /* points to itself */
    record = put_endpoint(lab.builder, "00:03.0");
    for (unsigned i = 0; i < 256; i += 4)
        part_32(&record->config, i, 0xffffffff);
    record->config.row_count = 16;
    lab_seal(&lab);
    assert_int_equal(count_gaps(&lab, IMS_GAP_MALFORMED, "capability list is damaged"), 1);
    assert_int_equal(count_gaps(&lab, IMS_GAP_UNREADABLE, "all ones"), 1);
    assert_int_equal(info_of(&lab, "00:03.0")->is_vf, IMS_NO);
    assert_int_equal(info_of(&lab, "00:03.0")->acs.present, IMS_UNKNOWN);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capability_claims_virtual_functions),
        cmocka_unit_test(claims_end_with_the_count_and_the_segment),
        cmocka_unit_test(what_the_source_says_wins),
        cmocka_unit_test(ids_of_ones_or_a_name_make_a_vf),
        cmocka_unit_test(ids_of_virtual_functions),
        cmocka_unit_test(ids_and_class_as_stated),
        cmocka_unit_test(lying_counts_end),
        cmocka_unit_test(damage_is_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
