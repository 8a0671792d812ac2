/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image.h"

#define ACS 0x000du
#define ARI 0x000eu
#define SRIOV 0x0010u

static void acs_words_are_read(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 4);
    image_extended(&config, 0x100, 0x0001, 0x148);
    image_extended(&config, 0x148, ACS, 0);
    image_32(&config, 0x14c, 0x001d005f);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.extended_header, IMS_YES);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_int_equal(facts.acs.offset, 0x148);
    assert_bits(facts.acs.capability, 0x5f, 0xffff);
    assert_bits(facts.acs.control, 0x1d, 0xffff);
    assert_int_equal(facts.ari, IMS_NO);
    assert_int_equal(facts.sriov.present, IMS_NO);
    assert_int_equal(facts.sriov.vf_enable, IMS_NO);
    assert_int_equal(facts.capability_count, 3);
    assert_int_equal(facts.capabilities[2].id, ACS);
    assert_int_equal(facts.capabilities[2].version, 1);
    assert_true(facts.capabilities[2].extended);

    image_cut(&config, 0x14e);
    facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_bits(facts.acs.capability, 0x5f, 0xffff);
    assert_bits(facts.acs.control, 0, 0);
    image_cut(&config, 0x148);
    facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    assert_int_equal(facts.acs.offset, 0);
    ims_config_done(&config);
}

static void acs_at_the_very_end_has_no_words(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 4);
    image_extended(&config, 0x100, 0x0001, 0xffc);
    image_extended(&config, 0xffc, ACS, 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_bits(facts.acs.capability, 0, 0);
    assert_bits(facts.acs.control, 0, 0);
    ims_config_done(&config);
}

static void sriov_registers_are_read(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_extended(&config, 0x100, ARI, 0x160);
    image_extended(&config, 0x160, SRIOV, 0);
    image_32(&config, 0x168, 0x00000019);
    image_32(&config, 0x16c, 0x00080008);
    image_32(&config, 0x170, 0x00000003);
    image_32(&config, 0x174, 0x00020080);
    image_32(&config, 0x178, 0x10ca0000);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.ari, IMS_YES);
    assert_int_equal(facts.sriov.present, IMS_YES);
    assert_int_equal(facts.sriov.offset, 0x160);
    assert_int_equal(facts.sriov.vf_enable, IMS_YES);
    assert_int_equal(facts.sriov.ari_hierarchy, IMS_YES);
    assert_bits(facts.sriov.total_vfs, 8, 0xffff);
    assert_bits(facts.sriov.num_vfs, 3, 0xffff);
    assert_bits(facts.sriov.first_vf_offset, 0x80, 0xffff);
    assert_bits(facts.sriov.vf_stride, 2, 0xffff);
    assert_bits(facts.sriov.vf_device, 0x10ca, 0xffff);
    assert_int_equal(facts.acs.present, IMS_NO);

    image_16(&config, 0x168, 0x0008);
    facts = image_decode(&config);
    assert_int_equal(facts.sriov.vf_enable, IMS_NO);
    assert_int_equal(facts.sriov.ari_hierarchy, IMS_NO);
    image_cut(&config, 0x175);
    facts = image_decode(&config);
    assert_int_equal(facts.sriov.vf_enable, IMS_NO);
    assert_bits(facts.sriov.num_vfs, 3, 0xffff);
    assert_bits(facts.sriov.first_vf_offset, 0x80, 0xff);
    assert_bits(facts.sriov.vf_device, 0, 0);
    image_cut(&config, 0x168);
    facts = image_decode(&config);
    assert_int_equal(facts.sriov.present, IMS_YES);
    assert_int_equal(facts.sriov.vf_enable, IMS_UNKNOWN);
    image_cut(&config, 0x160);
    facts = image_decode(&config);
    assert_int_equal(facts.ari, IMS_YES);
    assert_int_equal(facts.sriov.present, IMS_UNKNOWN);
    assert_int_equal(facts.sriov.vf_enable, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void only_256_bytes_leave_it_unknown(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 4);
    image_cut(&config, 0x100);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.classic_complete, IMS_YES);
    assert_int_equal(facts.extended_header, IMS_UNKNOWN);
    assert_int_equal(facts.extended_complete, IMS_UNKNOWN);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    assert_int_equal(facts.ari, IMS_UNKNOWN);
    assert_int_equal(facts.sriov.present, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void conventional_functions_have_no_extended_space(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0);
    image_extended(&config, 0x100, ACS, 0); /* bytes that this function cannot have */
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.extended_header, IMS_NO);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_NO);
    assert_int_equal(facts.capability_count, 0);
    image_cut(&config, 0x100);
    assert_int_equal(image_decode(&config).acs.present, IMS_NO);
    /* A host bridge may have it all the same, and so may a class that is not known. */
    image_16(&config, 0x0a, 0x0600);
    assert_int_equal(image_decode(&config).acs.present, IMS_UNKNOWN);
    image_forget(&config, 0x0a, 0xff);
    assert_int_equal(image_decode(&config).acs.present, IMS_UNKNOWN);
    image_forget(&config, 0x0b, 0x04);
    image_8(&config, 0x0a, 0x04);
    assert_int_equal(image_decode(&config).acs.present, IMS_NO);
    ims_config_done(&config);
}

static void fast_pcix_functions_have_extended_space(void **state)
{
    struct ims_config config;

    (void)state;
    image_begin(&config, 0, 0x40);
    image_classic(&config, 0x40, 0x07, 0);
    image_32(&config, 0x44, 0x40000000);
    image_extended(&config, 0x100, ACS, 0);
    assert_int_equal(image_decode(&config).acs.present, IMS_YES);
    image_32(&config, 0x44, 0);
    assert_int_equal(image_decode(&config).acs.present, IMS_NO);
    ims_config_done(&config);
}

static void all_ones_at_the_start_is_absence(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 4);
    image_32(&config, 0x100, 0xffffffff);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.extended_header, IMS_NO);
    assert_int_equal(facts.acs.present, IMS_NO);
    assert_int_equal(facts.damage, 0);
    image_forget(&config, 0x102, 0x01);
    assert_int_equal(image_decode(&config).extended_header, IMS_UNKNOWN);
    assert_int_equal(image_decode(&config).acs.present, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void zero_at_the_start_is_an_empty_list(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.extended_header, IMS_YES);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_NO);
    assert_int_equal(facts.capability_count, 1);
    ims_config_done(&config);
}

static void a_repeating_space_is_absence(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    for (unsigned offset = 0x100; offset < 0x1000; offset += 0x100)
        image_32(&config, offset, 0x00011234);
    assert_int_equal(image_decode(&config).extended_header, IMS_NO);
    assert_int_equal(image_decode(&config).acs.present, IMS_NO);
    image_8(&config, 0xf00, 0x35); /* one place differs */
    assert_int_equal(image_decode(&config).extended_header, IMS_YES);
    image_forget(&config, 0xf00, 0xff);
    assert_int_equal(image_decode(&config).extended_header, IMS_NO);
    image_forget(&config, 0x00, 0x01); /* no ids to compare with */
    assert_int_equal(image_decode(&config).extended_header, IMS_YES);
    ims_config_done(&config);
}

static void vfs_always_have_extended_space(void **state)
{
    struct ims_config config;
    struct ims_pci_facts facts;

    (void)state;
    image_express(&config, 0, 0);
    image_32(&config, 0x00, 0xffffffff);
    for (unsigned offset = 0x100; offset < 0x1000; offset += 0x100)
        image_32(&config, offset, 0xffffffff);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.extended_header, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_NO);
    image_extended(&config, 0x100, ACS, 0);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.acs.present, IMS_YES);
    image_cut(&config, 0x100);
    ims_pci_decode(&config, true, &facts);
    assert_int_equal(facts.extended_header, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void loops_are_damage(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_extended(&config, 0x100, 0x0001, 0x140);
    image_extended(&config, 0x140, 0x0003, 0x100);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_EXTENDED_LOOP);
    assert_int_equal(facts.extended_complete, IMS_NO);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    image_extended(&config, 0x140, ACS, 0x142); /* reserved bits do not hide the loop */
    facts = image_decode(&config);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_EXTENDED_LOOP);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_int_equal(facts.ari, IMS_UNKNOWN);
    ims_config_done(&config);
}

static void pointers_below_the_space_are_damage(void **state)
{
    (void)state;
    for (unsigned pointer = 4; pointer < 0x100; pointer += 0x14) {
        struct ims_config config;
        image_express(&config, 0, 0);
        image_extended(&config, 0x100, 0x0001, pointer);
        struct ims_pci_facts facts = image_decode(&config);
        assert_int_equal(facts.damage, IMS_PCI_DAMAGE_EXTENDED_OFFSET);
        assert_int_equal(facts.extended_complete, IMS_NO);
        assert_int_equal(facts.acs.present, IMS_UNKNOWN);
        ims_config_done(&config);
    }
}

static void ones_within_the_list_hide_the_rest(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    image_extended(&config, 0x100, 0x0001, 0x140);
    image_32(&config, 0x140, 0xffffffff);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.extended_complete, IMS_NO);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    assert_int_equal(facts.capability_count, 2);
    ims_config_done(&config);
}

static void unknown_bits_of_a_header(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 1, 6);
    image_extended(&config, 0x100, 0x0001, 0x140);
    image_extended(&config, 0x140, 0x0003, 0x180);
    image_extended(&config, 0x180, ACS, 0);
    image_forget(&config, 0x142, 0x0f); /* the version */
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_int_equal(facts.extended_complete, IMS_YES);
    image_forget(&config, 0x140, 0x01); /* the id */
    facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_int_equal(facts.extended_complete, IMS_UNKNOWN);
    assert_int_equal(facts.ari, IMS_UNKNOWN);
    assert_int_equal(facts.capability_count, 3);
    image_forget(&config, 0x143, 0x80); /* the pointer */
    facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_UNKNOWN);
    ims_config_done(&config);
}

/* Decoded text states ids and pointers, not versions, and maybe no ids of the function. */
static void text_alone_is_enough(void **state)
{
    struct ims_config config = {0};

    (void)state;
    image_8(&config, 0x34, 0x40);
    image_classic(&config, 0x40, 0x10, 0);
    assert_int_equal(ims_config_set32(&config, 0x100, 0x14000001, 0xfff0ffff), 0);
    assert_int_equal(ims_config_set32(&config, 0x140, ACS, 0xfff0ffff), 0);
    assert_int_equal(ims_config_set16(&config, 0x144, 0x001d, 0x007f), 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.extended_header, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_bits(facts.acs.capability, 0x1d, 0x7f);
    assert_bits(facts.acs.control, 0, 0);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.sriov.present, IMS_NO);
    assert_int_equal(ims_config_set32(&config, 0x100, 0, 0xfff0ffff), 0);
    facts = image_decode(&config);
    assert_int_equal(facts.acs.present, IMS_NO);
    assert_int_equal(facts.capability_count, 1);
    ims_config_done(&config);
}

static void too_many_entries_are_still_walked(void **state)
{
    struct ims_config config;

    (void)state;
    image_express(&config, 0, 0);
    for (unsigned offset = 0x100; offset < 0xffc; offset += 4)
        image_extended(&config, offset, 0x000b, offset + 4);
    image_extended(&config, 0xffc, ACS, 0);
    struct ims_pci_facts facts = image_decode(&config);
    assert_int_equal(facts.capability_count, IMS_CAPABILITY_MAX);
    assert_int_equal(facts.damage, IMS_PCI_DAMAGE_TOO_MANY);
    assert_int_equal(facts.extended_complete, IMS_YES);
    assert_int_equal(facts.acs.present, IMS_YES);
    assert_int_equal(facts.acs.offset, 0xffc);
    ims_config_done(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acs_words_are_read),
        cmocka_unit_test(acs_at_the_very_end_has_no_words),
        cmocka_unit_test(sriov_registers_are_read),
        cmocka_unit_test(only_256_bytes_leave_it_unknown),
        cmocka_unit_test(conventional_functions_have_no_extended_space),
        cmocka_unit_test(fast_pcix_functions_have_extended_space),
        cmocka_unit_test(all_ones_at_the_start_is_absence),
        cmocka_unit_test(zero_at_the_start_is_an_empty_list),
        cmocka_unit_test(a_repeating_space_is_absence),
        cmocka_unit_test(vfs_always_have_extended_space),
        cmocka_unit_test(loops_are_damage),
        cmocka_unit_test(pointers_below_the_space_are_damage),
        cmocka_unit_test(ones_within_the_list_hide_the_rest),
        cmocka_unit_test(unknown_bits_of_a_header),
        cmocka_unit_test(text_alone_is_enough),
        cmocka_unit_test(too_many_entries_are_still_walked),
    };
    return cmocka_run_group_tests_name("pci-extended", tests, NULL, NULL);
}
