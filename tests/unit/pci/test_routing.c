/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

/* Registers that only the fabric reads: a good vector and one that is cut off, each. */

static void command_and_port_number(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 6);
    image_16(&config, 0x04, 0x0006);
    image_32(&config, 0x4c, 0x07000043);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.command, 6, 0xffff);
    assert_bits(facts.link_port, 7, 0xff);
    image_cut(&config, 0x4f);
    facts = image_decode(&config);
    assert_bits(facts.link_port, 0, 0);
    ims_config_done(&config);
}

static void phantom_functions(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_32(&config, 0x44, 0x00000010);
    image_16(&config, 0x48, 0x0200);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.phantom, 2, 3);
    assert_int_equal(facts.phantom_enable, IMS_YES);
    image_cut(&config, 0x44);
    facts = image_decode(&config);
    assert_bits(facts.phantom, 0, 0);
    assert_int_equal(facts.phantom_enable, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void bridge_control(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 4);
    image_16(&config, 0x3e, 0x0008);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.bridge.vga, IMS_YES);
    assert_int_equal(facts.bridge.isa, IMS_NO);
    image_cut(&config, 0x3e);
    facts = image_decode(&config);
    assert_int_equal(facts.bridge.vga, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void egress_vector(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 6);
    image_extended(&config, 0x100, 0x000d, 0);
    image_16(&config, 0x104, 0x4020); /* 64 bits */
    image_32(&config, 0x108, 0x00000006);
    image_32(&config, 0x10c, 0x80000000);
    image_32(&config, 0x110, 0xffffffff); /* behind the vector */
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.acs_egress[0], 6, 0xffffffff);
    assert_bits(facts.acs_egress[1], 0x80000000, 0xffffffff);
    assert_bits(facts.acs_egress[2], 0, 0);
    image_16(&config, 0x104, 0x0020); /* size 0 is 256 bits */
    assert_bits(image_decode(&config).acs_egress[2], 0xffffffff, 0xffffffff);
    image_16(&config, 0x104, 0x001f); /* no egress control: no vector */
    assert_bits(image_decode(&config).acs_egress[0], 0, 0);
    image_16(&config, 0x104, 0x4020);
    image_cut(&config, 0x10c);
    facts = image_decode(&config);
    assert_bits(facts.acs_egress[0], 6, 0xffffffff);
    assert_bits(facts.acs_egress[1], 0, 0);
    ims_config_done(&config);
}

static void function_groups(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_extended(&config, 0x100, 0x000e, 0);
    image_16(&config, 0x104, 0x0002);
    image_16(&config, 0x106, 0x0032);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.groups.capable, IMS_YES);
    assert_int_equal(facts.groups.enable, IMS_YES);
    assert_bits(facts.groups.group, 3, 7);
    image_cut(&config, 0x106);
    facts = image_decode(&config);
    assert_int_equal(facts.groups.capable, IMS_YES);
    assert_int_equal(facts.groups.enable, IMS_UNKNOWN);
    ims_config_done(&config);
    image_express(&config, 0, 0);
    assert_int_equal(image_decode(&config).groups.enable, IMS_NO);
    ims_config_done(&config);
}

static void translation_services(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_extended(&config, 0x100, 0x000f, 0x140);
    image_16(&config, 0x106, 0x8000);
    image_extended(&config, 0x140, 0x0013, 0x180);
    image_16(&config, 0x144, 0x0001);
    image_extended(&config, 0x180, 0x001b, 0);
    image_16(&config, 0x186, 0x0000);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.ats, IMS_YES);
    assert_int_equal(facts.ats_enable, IMS_YES);
    assert_int_equal(facts.pri_enable, IMS_YES);
    assert_int_equal(facts.pasid_enable, IMS_NO);
    image_cut(&config, 0x106);
    facts = image_decode(&config);
    assert_int_equal(facts.ats, IMS_YES);
    assert_int_equal(facts.ats_enable, IMS_UNKNOWN);
    assert_int_equal(facts.pri_enable, IMS_UNKNOWN); /* the list breaks off */
    ims_config_done(&config);
}

static void multicast(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 6);
    image_extended(&config, 0x100, 0x0012, 0);
    image_16(&config, 0x106, 0x8003);
    image_32(&config, 0x108, 0xe8000010);
    image_32(&config, 0x10c, 0x00000001);
    image_32(&config, 0x110, 0x00000005);
    image_32(&config, 0x11c, 0x80000000);
    image_32(&config, 0x120, 0x00000002);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.multicast.present, IMS_YES);
    assert_int_equal(facts.multicast.enable, IMS_YES);
    assert_bits(facts.multicast.groups, 3, 0x3f);
    assert_true(facts.multicast.base.value == UINT64_C(0x1e8000010));
    assert_true(facts.multicast.receive.value == 5);
    assert_true(facts.multicast.block_all.value == UINT64_C(0x8000000000000000));
    assert_true(facts.multicast.block_untranslated.value == 2);
    image_cut(&config, 0x10c);
    facts = image_decode(&config);
    assert_true(facts.multicast.base.known == 0xffffffff);
    assert_true(facts.multicast.receive.known == 0);
    image_cut(&config, 0x106);
    assert_int_equal(image_decode(&config).multicast.enable, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void vf_bars(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_extended(&config, 0x100, 0x0010, 0);
    image_16(&config, 0x108, 0x0009);
    image_32(&config, 0x120, 0x00000001);
    image_32(&config, 0x124, 0xf000000c); /* 64 bit, prefetchable */
    image_32(&config, 0x128, 0x00000012);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.vf_memory_enable, IMS_YES);
    assert_bits(facts.vf_page_size, 1, 0xffffffff);
    assert_int_equal(facts.vf_bars[0].kind, IMS_BAR_MEMORY64);
    assert_true(facts.vf_bars[0].address == UINT64_C(0x12f0000000));
    assert_int_equal(facts.vf_bars[1].kind, IMS_BAR_NONE);
    image_cut(&config, 0x128);
    facts = image_decode(&config);
    assert_true(facts.vf_bars[0].address == 0);
    image_cut(&config, 0x108);
    assert_int_equal(image_decode(&config).vf_memory_enable, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void enhanced_allocation(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_classic(&config, 0x40, 0x10, 0x80);
    image_classic(&config, 0x80, 0x14, 0);
    image_8(&config, 0x82, 3);
    image_32(&config, 0x84, 0x80ff0002); /* BAR 0, 32 bit */
    image_32(&config, 0x88, 0xfe000000);
    image_32(&config, 0x8c, 0x0000fffc);
    image_32(&config, 0x90, 0x80ff0414); /* BAR 1, wide, of VFs: not the function's own */
    image_32(&config, 0xa4, 0x00ff0124); /* BAR 2, wide, disabled */
    image_32(&config, 0xa8, 0xc0000002);
    image_32(&config, 0xac, 0x0000fffe);
    image_32(&config, 0xb0, 0x00000008);
    image_32(&config, 0xb4, 0x00000001);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.ea, IMS_YES);
    assert_int_equal(facts.ea_complete, IMS_YES);
    assert_int_equal(facts.ea_count, 2);
    assert_int_equal(facts.ea_entries[0].bei, 0);
    assert_true(facts.ea_entries[0].enabled);
    assert_true(facts.ea_entries[0].first == 0xfe000000);
    assert_true(facts.ea_entries[0].last == 0xfe00ffff);
    assert_int_equal(facts.ea_entries[1].bei, 2);
    assert_false(facts.ea_entries[1].enabled);
    assert_true(facts.ea_entries[1].first == UINT64_C(0x8c0000000));
    assert_true(facts.ea_entries[1].last == UINT64_C(0x9c000ffff));
    image_cut(&config, 0xb0);
    facts = image_decode(&config);
    assert_int_equal(facts.ea_count, 1);
    assert_int_equal(facts.ea_complete, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void flattening_portals(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 6);
    assert_int_equal(image_decode(&config).fpb_memory, IMS_NO);
    image_classic(&config, 0x40, 0x10, 0x80);
    image_classic(&config, 0x80, 0x15, 0);
    assert_int_equal(image_decode(&config).fpb_memory, IMS_NO);
    assert_int_equal(image_decode(&config).fpb_rid, IMS_NO);
    image_32(&config, 0x88, 1);
    image_32(&config, 0x94, 1);
    assert_int_equal(image_decode(&config).fpb_memory, IMS_YES);
    assert_int_equal(image_decode(&config).fpb_rid, IMS_YES);
    image_cut(&config, 0x90);
    assert_int_equal(image_decode(&config).fpb_memory, IMS_UNKNOWN);
    image_cut(&config, 0x80);
    assert_int_equal(image_decode(&config).fpb_rid, IMS_UNKNOWN);
    ims_config_done(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_and_port_number),
        cmocka_unit_test(phantom_functions),
        cmocka_unit_test(bridge_control),
        cmocka_unit_test(egress_vector),
        cmocka_unit_test(function_groups),
        cmocka_unit_test(translation_services),
        cmocka_unit_test(multicast),
        cmocka_unit_test(vf_bars),
        cmocka_unit_test(enhanced_allocation),
        cmocka_unit_test(flattening_portals),
    };
    return cmocka_run_group_tests_name("pci-routing", tests, NULL, NULL);
}
