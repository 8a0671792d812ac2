/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

static void port_types_are_read_raw(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 16; type++) {
        struct ims_config config;
        image_express(&config, type >= 4 && type <= 8, type);
        struct ims_pci_facts facts = image_decode(&config);
        assert_int_equal(facts.pcie, IMS_YES);
        assert_int_equal(facts.port_type, type);
        ims_config_done(&config);
    }
}

static void port_type_needs_all_four_bits(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 4);
    image_forget(&config, 0x42, 0x10);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.pcie, IMS_YES);
    assert_int_equal(facts.port_type, IMS_PORT_UNKNOWN);
    assert_int_equal(facts.slot_implemented, IMS_UNKNOWN);
    image_cut(&config, 0x42);
    facts = image_decode(&config);
    assert_int_equal(facts.pcie, IMS_YES);
    assert_int_equal(facts.port_type, IMS_PORT_UNKNOWN);
    ims_config_done(&config);
}

static void slots_belong_to_ports_that_lead_down(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 16; type++) {
        struct ims_config config;
        image_express(&config, 0, type);
        image_8(&config, 0x43, 0x01);
        enum ims_tristate expected = type == 4 || type == 6 || type == 8 ? IMS_YES : IMS_NO;
        assert_int_equal(image_decode(&config).slot_implemented, expected);
        image_8(&config, 0x43, 0x00);
        assert_int_equal(image_decode(&config).slot_implemented, IMS_NO);
        ims_config_done(&config);
    }
}

static void links_have_speed_and_width(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_32(&config, 0x4c, 0x0261ac84);
    image_16(&config, 0x52, 0x5083);
    struct ims_pci_facts facts = image_decode(&config);
    assert_bits(facts.link_speed_max, 4, 0xf);
    assert_bits(facts.link_width_max, 0x08, 0x3f);
    assert_bits(facts.link_speed, 3, 0xf);
    assert_bits(facts.link_width, 8, 0x3f);
    image_cut(&config, 0x4d);
    facts = image_decode(&config);
    assert_bits(facts.link_speed_max, 4, 0xf);
    assert_bits(facts.link_width_max, 8, 0xf);
    assert_bits(facts.link_speed, 0, 0);
    ims_config_done(&config);
}

static void functions_of_the_root_complex_have_no_link(void **state)
{
    (void)state;
    for (unsigned type = 9; type <= 10; type++) {
        struct ims_config config;
        image_express(&config, 0, type);
        image_32(&config, 0x4c, 0xffff);
        assert_bits(image_decode(&config).link_speed_max, 0, 0);
        ims_config_done(&config);
    }
}

static void ari_forwarding_is_device_control_2(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 6);
    assert_int_equal(image_decode(&config).ari_forwarding, IMS_NO);
    image_16(&config, 0x68, 0x0020);
    assert_int_equal(image_decode(&config).ari_forwarding, IMS_YES);
    image_16(&config, 0x42, 0x0061); /* version 1 ends before that register */
    assert_int_equal(image_decode(&config).ari_forwarding, IMS_NO);
    image_16(&config, 0x42, 0x0002); /* an endpoint forwards nothing */
    assert_int_equal(image_decode(&config).ari_forwarding, IMS_NO);
    image_16(&config, 0x42, 0x0052); /* the type of a switch port may be corrected later */
    assert_int_equal(image_decode(&config).ari_forwarding, IMS_YES);
    image_cut(&config, 0x68);
    assert_int_equal(image_decode(&config).ari_forwarding, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void a_structure_at_the_end_is_cut_by_the_space(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 1, 0xfc);
    image_classic(&config, 0xfc, 0x10, 0);
    image_16(&config, 0xfe, 0x0042);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.port_type, IMS_PORT_ROOT);
    ims_config_done(&config);
}

static void pcix(struct ims_config *config, unsigned header, uint32_t status)
{
    image_begin(config, header, 0x40);
    image_classic(config, 0x40, 0x07, 0);
    image_32(config, 0x44, status);
}

static void pcix_speed_is_in_the_status(void **state)
{
    (void)state;
    for (unsigned header = 0; header <= 1; header++) {
        struct ims_config config;
        pcix(&config, header, 0x40000000);
        assert_int_equal(image_decode(&config).pcix_mode2, IMS_YES);
        image_32(&config, 0x44, 0x80000000);
        assert_int_equal(image_decode(&config).pcix_mode2, IMS_YES);
        image_32(&config, 0x44, 0x3fffffff);
        assert_int_equal(image_decode(&config).pcix_mode2, IMS_NO);
        image_forget(&config, 0x47, 0x80);
        assert_int_equal(image_decode(&config).pcix_mode2, IMS_UNKNOWN);
        image_cut(&config, 0x44);
        struct ims_pci_facts facts = image_decode(&config);
        assert_int_equal(facts.pcix_mode2, IMS_UNKNOWN);
        assert_int_equal(facts.pcie, IMS_NO);
        ims_config_done(&config);
    }
}

static void types_have_names(void **state)
{
    (void)state;
    assert_string_equal(ims_port_type_to_string(IMS_PORT_ROOT), "root port");
    assert_string_equal(ims_port_type_to_string(IMS_PORT_DOWNSTREAM), "downstream port");
    assert_string_equal(ims_port_type_to_string(IMS_PORT_CONVENTIONAL), "conventional PCI");
    assert_string_equal(ims_port_type_to_string(IMS_PORT_UNKNOWN), "unknown");
    for (unsigned type = 0; type < 0x110; type++)
        for (unsigned other = 0; other < 11; other++) {
            const char *name = ims_port_type_to_string((enum ims_port_type)type);
            assert_true(strlen(name) > 0);
            if (type != other && (type < 2 || (type > 3 && type < 11)) && other != 2 && other != 3)
                assert_string_not_equal(name, ims_port_type_to_string((enum ims_port_type)other));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_types_are_read_raw),
        cmocka_unit_test(port_type_needs_all_four_bits),
        cmocka_unit_test(slots_belong_to_ports_that_lead_down),
        cmocka_unit_test(links_have_speed_and_width),
        cmocka_unit_test(functions_of_the_root_complex_have_no_link),
        cmocka_unit_test(ari_forwarding_is_device_control_2),
        cmocka_unit_test(a_structure_at_the_end_is_cut_by_the_space),
        cmocka_unit_test(pcix_speed_is_in_the_status),
        cmocka_unit_test(types_have_names),
    };
    return cmocka_run_group_tests_name("pci-express", tests, NULL, NULL);
}
