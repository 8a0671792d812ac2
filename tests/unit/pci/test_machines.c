/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

/* Rows of functions that QEMU emulates; rows of zeros are left out and stated by load(). */

static const char root_port[] = "00: 36 1b 0c 00 07 05 10 00 00 00 04 06 00 00 01 00\n"
                                "10: 00 00 40 fe 00 00 00 00 00 01 05 00 d0 d0 00 00\n"
                                "20: a0 fd f0 fd 61 fe 91 fe 00 00 00 00 00 00 00 00\n"
                                "30: 00 00 00 00 54 00 00 00 00 00 00 00 0a 01 02 00\n"
                                "40: 0d 00 00 00 36 1b 00 00 11 40 00 80 00 00 00 00\n"
                                "50: 00 08 00 00 10 48 42 01 20 80 00 00 0f 00 00 00\n"
                                "60: 04 06 30 00 00 00 11 00 7b 00 02 00 c0 03 00 00\n"
                                "70: 00 00 00 00 00 00 00 00 20 00 30 00 00 00 00 00\n"
                                "80: 1e 00 00 00 04 00 00 00 00 00 00 00 00 00 00 00\n"
                                "100: 01 00 82 14 00 00 00 00 00 00 40 02 30 20 46 00\n"
                                "110: 00 00 00 00 00 e0 00 00 a0 02 00 00 00 00 00 00\n"
                                "120: 00 00 00 00 00 00 00 00 00 00 00 00 07 00 00 00\n"
                                "140: 00 00 00 00 00 00 00 00 0d 00 01 00 5f 00 1d 00\n";

static const char switch_port[] = "00: 4c 10 33 82 03 01 10 00 01 00 04 06 00 00 01 00\n"
                                  "10: 00 00 00 00 00 00 00 00 02 05 05 00 f0 00 00 00\n"
                                  "20: e0 fd f0 fd 61 fe 71 fe 00 00 00 00 00 00 00 00\n"
                                  "30: 00 00 00 00 90 00 00 00 00 00 00 00 00 00 02 00\n"
                                  "70: 05 00 80 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
                                  "80: 0d 70 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
                                  "90: 10 80 62 01 20 80 00 10 0f 00 00 00 00 04 00 00\n"
                                  "a0: 00 00 11 00 7b 00 12 00 c0 03 00 00 00 00 00 00\n"
                                  "b0: 00 00 00 00 20 00 30 00 00 00 00 00 00 00 00 00\n"
                                  "100: 01 00 02 00 00 00 00 00 00 00 40 02 30 20 46 00\n"
                                  "110: 00 00 00 00 00 e0 00 00 a0 02 00 00 00 00 00 00\n";

static const char pci_bridge[] = "00: 36 1b 0e 00 07 01 b0 00 00 00 04 06 00 00 01 00\n"
                                 "10: 04 00 c0 fd 00 00 00 00 03 04 04 00 d0 d0 a0 00\n"
                                 "20: a0 fd b0 fd 81 fe 91 fe 00 00 00 00 00 00 00 00\n"
                                 "30: 00 00 00 00 8c 00 00 00 00 00 00 00 0a 01 02 00\n"
                                 "40: 0c 00 27 00 3f 0d 00 7f 10 40 72 00 20 80 00 00\n"
                                 "50: 0f 00 00 00 11 04 00 00 00 00 11 00 00 00 00 00\n"
                                 "60: 00 00 00 00 00 00 00 00 00 00 00 00 20 00 30 00\n"
                                 "80: 00 00 00 00 01 48 03 00 00 00 00 00 05 84 80 01\n"
                                 "100: 01 00 02 00 00 00 00 00 00 00 40 02 30 20 46 00\n"
                                 "110: 00 00 00 00 00 e0 00 00 a0 00 00 00 00 00 00 00\n";

static const char physical[] = "00: 86 80 c9 10 07 05 10 00 01 00 00 02 00 00 00 00\n"
                               "10: 00 00 60 fe 00 00 62 fe 01 c0 00 00 04 00 64 fe\n"
                               "20: 00 00 00 00 00 00 00 00 00 00 00 00 f4 1a 00 11\n"
                               "30: 00 00 00 00 40 00 00 00 00 00 00 00 0a 01 00 00\n"
                               "40: 01 50 22 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
                               "50: 05 70 80 01 00 00 00 00 00 00 00 00 00 00 00 00\n"
                               "70: 11 a0 09 80 03 00 00 00 03 20 00 00 00 00 00 00\n"
                               "a0: 10 00 02 00 20 80 00 10 00 00 00 00 11 04 00 00\n"
                               "b0: 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
                               "c0: 00 00 00 00 00 00 30 00 00 00 00 00 00 00 00 00\n"
                               "100: 01 00 01 15 00 00 00 00 00 00 40 02 30 20 46 00\n"
                               "110: 00 00 00 00 00 e0 00 00 a0 00 00 00 00 00 00 00\n"
                               "150: 0e 00 01 16 00 00 00 00 00 00 00 00 00 00 00 00\n"
                               "160: 10 00 01 00 00 00 00 00 19 00 00 00 08 00 08 00\n"
                               "170: 03 00 00 00 80 00 02 00 00 00 ca 10 53 05 00 00\n"
                               "180: 01 00 00 00 0c 00 a0 fe 00 00 00 00 00 00 00 00\n"
                               "190: 0c 00 a2 fe 00 00 00 00 00 00 00 00 00 00 00 00\n";

static const char virtual[] = "00: ff ff ff ff 06 04 10 00 01 00 00 02 00 00 00 00\n"
                              "20: 00 00 00 00 00 00 00 00 00 00 00 00 f4 1a 00 11\n"
                              "30: 00 00 00 00 a0 00 00 00 00 00 00 00 00 00 00 00\n"
                              "70: 11 00 02 80 03 00 00 00 03 20 00 00 00 00 00 00\n"
                              "a0: 10 70 02 00 20 80 00 10 00 00 00 00 11 04 00 00\n"
                              "b0: 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
                              "c0: 00 00 00 00 00 00 30 00 00 00 00 00 00 00 00 00\n"
                              "100: 01 00 01 15 00 00 00 00 00 00 40 02 30 20 46 00\n"
                              "110: 00 00 00 00 00 e0 00 00 a0 00 00 00 00 00 00 00\n"
                              "150: 0e 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00\n";

static void load(struct ims_config *config, const char *rows)
{
    *config = (struct ims_config){0};
    image_zeros(config, 0, IMS_CONFIG_SIZE_BYTES);
    image_rows(config, rows);
}

static void a_root_port(void **state)
{
    struct ims_config config;

    (void)state;
    load(&config, root_port);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.port_type, IMS_PORT_ROOT);
    assert_int_equal(facts.slot_implemented, IMS_YES);
    assert_bits(facts.link_speed_max, 4, 0xf);
    assert_bits(facts.link_width_max, 0x20, 0x3f);
    assert_bits(facts.link_speed, 1, 0xf);
    assert_bits(facts.link_width, 1, 0x3f);
    assert_int_equal(facts.ari_forwarding, IMS_NO);
    assert_bits(facts.bridge.secondary, 1, 0xff);
    assert_bits(facts.bridge.subordinate, 5, 0xff);
    assert_true(facts.bridge.io.base == 0xd000 && facts.bridge.io.limit == 0xdfff);
    assert_true(facts.bridge.memory.base == 0xfda00000 && facts.bridge.memory.limit == 0xfdffffff);
    assert_true(facts.bridge.prefetchable.base == 0xfe600000 &&
                facts.bridge.prefetchable.limit == 0xfe9fffff);
    assert_bits(facts.subsystem_vendor, 0x1b36, 0xffff);
    assert_int_equal(facts.acs.offset, 0x148);
    assert_bits(facts.acs.capability, 0x5f, 0xffff);
    assert_bits(facts.acs.control, 0x1d, 0xffff);
    assert_int_equal(facts.capability_count, 5);
    assert_int_equal(facts.damage, 0);
    ims_config_done(&config);
}

static void a_switch_port_without_acs(void **state)
{
    struct ims_config config;

    (void)state;
    load(&config, switch_port);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.port_type, IMS_PORT_DOWNSTREAM);
    assert_int_equal(facts.pcie_offset, 0x90);
    assert_int_equal(facts.acs.present, IMS_NO);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.bridge.io.open, IMS_NO);
    assert_int_equal(facts.bridge.memory.open, IMS_YES);
    ims_config_done(&config);
}

static void a_bridge_to_conventional_pci(void **state)
{
    struct ims_config config;

    (void)state;
    load(&config, pci_bridge);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.port_type, IMS_PORT_PCIE_TO_PCI_BRIDGE);
    assert_int_equal(facts.bars[0].kind, IMS_BAR_MEMORY64);
    assert_true(facts.bars[0].address == 0xfdc00000);
    assert_int_equal(facts.pcix_mode2, IMS_NO);
    assert_int_equal(facts.ari_forwarding, IMS_NO);
    ims_config_done(&config);
}

static void a_physical_function(void **state)
{
    struct ims_config config;

    (void)state;
    load(&config, physical);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.port_type, IMS_PORT_ENDPOINT);
    assert_int_equal(facts.ari, IMS_YES);
    assert_int_equal(facts.sriov.vf_enable, IMS_YES);
    assert_int_equal(facts.sriov.ari_hierarchy, IMS_YES);
    assert_bits(facts.sriov.total_vfs, 8, 0xffff);
    assert_bits(facts.sriov.num_vfs, 3, 0xffff);
    assert_bits(facts.sriov.first_vf_offset, 0x80, 0xffff);
    assert_bits(facts.sriov.vf_stride, 2, 0xffff);
    assert_bits(facts.sriov.vf_device, 0x10ca, 0xffff);
    assert_int_equal(facts.bars[3].kind, IMS_BAR_MEMORY64);
    assert_true(facts.bars[3].address == 0xfe640000);
    ims_config_done(&config);
}

static void a_virtual_function(void **state)
{
    struct ims_config config;
    struct ims_pci_facts facts;

    (void)state;
    load(&config, virtual);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.damage, 0);
    assert_bits(facts.vendor, 0xffff, 0xffff);
    assert_int_equal(facts.port_type, IMS_PORT_ENDPOINT);
    assert_int_equal(facts.ari, IMS_YES);
    assert_int_equal(facts.sriov.present, IMS_NO);
    assert_int_equal(facts.acs.present, IMS_NO);
    ims_config_done(&config);
}

static bool agrees(enum ims_tristate part, enum ims_tristate whole)
{
    return part == IMS_UNKNOWN || part == whole;
}

static bool bits_agree(struct ims_bits part, struct ims_bits whole)
{
    return (part.known & ~whole.known) == 0 && part.value == (whole.value & part.known);
}

static bool window_agrees(struct ims_window part, struct ims_window whole)
{
    return part.open == IMS_UNKNOWN ||
           (part.open == whole.open && part.base == whole.base && part.limit == whole.limit);
}

static bool sriov_agrees(const struct ims_sriov *part, const struct ims_sriov *whole)
{
    return agrees(part->present, whole->present) && agrees(part->vf_enable, whole->vf_enable) &&
           agrees(part->ari_hierarchy, whole->ari_hierarchy) &&
           bits_agree(part->total_vfs, whole->total_vfs) &&
           bits_agree(part->num_vfs, whole->num_vfs) &&
           bits_agree(part->first_vf_offset, whole->first_vf_offset) &&
           bits_agree(part->vf_stride, whole->vf_stride) &&
           bits_agree(part->vf_device, whole->vf_device);
}

/* Whether what a poorer image says is also what the whole one says. */
static bool facts_agree(const struct ims_pci_facts *part, const struct ims_pci_facts *whole)
{
    for (unsigned i = 0; i < IMS_BAR_COUNT; i++)
        if ((part->bars[i].kind != IMS_BAR_NONE && part->bars[i].kind != whole->bars[i].kind) ||
            (part->bars[i].address != 0 && part->bars[i].address != whole->bars[i].address))
            return false;
    for (uint32_t i = 0; i < part->capability_count; i++)
        if (part->capabilities[i].id != whole->capabilities[i].id ||
            part->capabilities[i].offset != whole->capabilities[i].offset)
            return false;
    return part->damage == 0 && part->capability_count <= whole->capability_count &&
           (part->port_type == IMS_PORT_UNKNOWN || part->port_type == whole->port_type) &&
           bits_agree(part->vendor, whole->vendor) &&
           bits_agree(part->class_code, whole->class_code) &&
           bits_agree(part->header_type, whole->header_type) &&
           agrees(part->multifunction_bit, whole->multifunction_bit) &&
           agrees(part->pcie, whole->pcie) && agrees(part->pcix_mode2, whole->pcix_mode2) &&
           agrees(part->slot_implemented, whole->slot_implemented) &&
           agrees(part->ari_forwarding, whole->ari_forwarding) &&
           agrees(part->extended_header, whole->extended_header) && agrees(part->ari, whole->ari) &&
           agrees(part->acs.present, whole->acs.present) &&
           bits_agree(part->acs.capability, whole->acs.capability) &&
           bits_agree(part->acs.control, whole->acs.control) &&
           sriov_agrees(&part->sriov, &whole->sriov) &&
           bits_agree(part->bridge.secondary, whole->bridge.secondary) &&
           window_agrees(part->bridge.io, whole->bridge.io) &&
           window_agrees(part->bridge.memory, whole->bridge.memory) &&
           window_agrees(part->bridge.prefetchable, whole->bridge.prefetchable);
}

static const struct {
    const char *name;
    const char *rows;
    bool is_vf;
} machines[] = {
    {"root port", root_port, false},
    {"switch port", switch_port, false},
    {"PCI bridge", pci_bridge, false},
    {"PF", physical, false},
    {"VF", virtual, true},
};

static void truncation_never_turns_an_answer(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++) {
        struct ims_config config;
        struct ims_pci_facts whole;

        load(&config, machines[m].rows);
        ims_pci_decode(&config, machines[m].is_vf, &whole);
        for (unsigned size = IMS_CONFIG_SIZE_BYTES; size-- > 0;) {
            struct ims_pci_facts part;
            image_cut(&config, size);
            ims_pci_decode(&config, machines[m].is_vf, &part);
            if (!facts_agree(&part, &whole))
                fail_msg("%s cut at 0x%x says something else", machines[m].name, size);
        }
        ims_config_done(&config);
    }
}

/* One unknown bit may take an entry out of the kept list, so that list is not compared. */
static void an_unknown_bit_never_turns_an_answer(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++) {
        struct ims_config config;
        struct ims_pci_facts whole;

        load(&config, machines[m].rows);
        ims_pci_decode(&config, machines[m].is_vf, &whole);
        for (unsigned bit = 0; bit < 0x1a0 * 8; bit++) {
            struct ims_pci_facts part;
            uint8_t before = (uint8_t)ims_config_get8(&config, bit / 8).value;

            image_forget(&config, bit / 8, 1u << bit % 8);
            ims_pci_decode(&config, machines[m].is_vf, &part);
            part.capability_count = 0;
            if (!facts_agree(&part, &whole))
                fail_msg("%s without bit %u of 0x%x says something else", machines[m].name, bit % 8,
                         bit / 8);
            image_8(&config, bit / 8, before);
        }
        ims_config_done(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_port),
        cmocka_unit_test(a_switch_port_without_acs),
        cmocka_unit_test(a_bridge_to_conventional_pci),
        cmocka_unit_test(a_physical_function),
        cmocka_unit_test(a_virtual_function),
        cmocka_unit_test(truncation_never_turns_an_answer),
        cmocka_unit_test(an_unknown_bit_never_turns_an_answer),
    };
    return cmocka_run_group_tests_name("pci-machines", tests, NULL, NULL);
}
