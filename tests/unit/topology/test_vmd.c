/* SPDX-License-Identifier: MIT */
/* Which VMD endpoint stands above which segment (R2.1, R5.9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"

#define VMD 0x80869a0bu

static void one_endpoint_one_segment(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:0e.0", .id = VMD);
    put_root_port(lab.builder, "10000:e0:06.0", 0xe1, NO_ACS);
    put_endpoint(lab.builder, "10000:e1:00.0");
    put_endpoint(lab.builder, "0001:00:00.0"); /* a segment, but not one of VMD */
    lab_seal(&lab);
    const uint32_t endpoint = at(&lab, "00:0e.0").index;
    assert_int_equal(info_of(&lab, "10000:e0:06.0")->vmd_endpoint.index, endpoint);
    assert_int_equal(info_of(&lab, "10000:e1:00.0")->vmd_endpoint.index, endpoint);
    assert_true(ims_function_is_none(info_of(&lab, "0001:00:00.0")->vmd_endpoint));
    assert_true(ims_function_is_none(info_of(&lab, "00:0e.0")->vmd_endpoint));
    assert_int_equal(ims_topology_gap_count(lab.topology), 0);
    lab_done(&lab);
}

static void several_pair_in_order(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "16:05.5", .id = 0x8086201d);
    put_endpoint(lab.builder, "64:00.5", .id = 0x808628c0);
    put_endpoint(lab.builder, "10000:00:00.0", .type = IMS_PORT_RC_ENDPOINT);
    put_endpoint(lab.builder, "10000:00:01.0");
    put_endpoint(lab.builder, "10001:00:00.0", .type = IMS_PORT_RC_ENDPOINT);
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "10000:00:00.0")->vmd_endpoint.index, at(&lab, "16:05.5").index);
    assert_int_equal(info_of(&lab, "10000:00:01.0")->vmd_endpoint.index, at(&lab, "16:05.5").index);
    assert_int_equal(info_of(&lab, "10001:00:00.0")->vmd_endpoint.index, at(&lab, "64:00.5").index);
    lab_done(&lab);
}

static void numbers_that_do_not_fit_stay_open(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "16:05.5", .id = 0x8086201d);
    put_endpoint(lab.builder, "64:00.5", .id = 0x808628c0);
    put_endpoint(lab.builder, "10000:00:00.0", .type = IMS_PORT_RC_ENDPOINT);
    lab_seal(&lab);
    assert_true(ims_function_is_none(info_of(&lab, "10000:00:00.0")->vmd_endpoint));
    assert_int_equal(count_gaps(&lab, IMS_GAP_NOT_IN_INPUT, "segment 10000 looks like"), 1);
    lab_done(&lab);
}

static void what_the_source_saw_wins(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "16:05.5", .id = 0x8086201d);
    put_endpoint(lab.builder, "64:00.5", .id = 0x808628c0);
    record = put_endpoint(lab.builder, "10000:00:00.0", .type = IMS_PORT_RC_ENDPOINT);
    record->vmd_endpoint_stated = true;
    record->vmd_endpoint = address_of("64:00.5");
    record = put_endpoint(lab.builder, "10001:00:00.0", .type = IMS_PORT_RC_ENDPOINT);
    record->vmd_endpoint_stated = true;
    record->vmd_endpoint = address_of("65:00.5"); /* not in the input */
    record = put_endpoint(lab.builder, "10002:00:00.0", .type = IMS_PORT_RC_ENDPOINT);
    record->vmd_endpoint_stated = true;
    record->vmd_endpoint = address_of("10002:00:00.0"); /* itself */
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "10000:00:00.0")->vmd_endpoint.index, at(&lab, "64:00.5").index);
    assert_true(ims_function_is_none(info_of(&lab, "10001:00:00.0")->vmd_endpoint));
    assert_true(ims_function_is_none(info_of(&lab, "10002:00:00.0")->vmd_endpoint));
    lab_done(&lab);
}

static void an_endpoint_known_by_name(void **state)
{
    struct lab lab;
    struct ims_record *record;

    (void)state;
    lab_begin(&lab);
    assert_int_equal(ims_builder_function(lab.builder, address_of("00:0e.0"), &record, NULL), 0);
    record->device_name = "Volume Management Device NVMe RAID Controller";
    put_endpoint(lab.builder, "10000:e1:00.0");
    lab_seal(&lab);
    assert_int_equal(info_of(&lab, "10000:e1:00.0")->vmd_endpoint.index, 0);
    lab_done(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_endpoint_one_segment),
        cmocka_unit_test(several_pair_in_order),
        cmocka_unit_test(numbers_that_do_not_fit_stay_open),
        cmocka_unit_test(what_the_source_saw_wins),
        cmocka_unit_test(an_endpoint_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
