/* SPDX-License-Identifier: MIT */
/* Edits of registers and of the question: ACS, egress vectors, VFs, kernel, command line, IOMMU. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edit_support.h"

#define VECTOR(at_, value_, mask_)                                               \
    {                                                                            \
        .kind = IMS_EDIT_SET_VECTOR, .function = address_of(at_), .to.vector = { \
            .value = {value_},                                                   \
            .mask = {mask_}                                                      \
        }                                                                        \
    }
#define CMDLINE(text_, replace_)                                    \
    {                                                               \
        .kind = IMS_EDIT_CMDLINE, .to.cmdline = { text_, replace_ } \
    }
#define OVERRIDE(text_)                                           \
    {                                                             \
        .kind = IMS_EDIT_OVERRIDE, .to.cmdline = { text_, false } \
    }
#define KERNEL(text_)                               \
    {                                               \
        .kind = IMS_EDIT_KERNEL, .to.kernel = text_ \
    }
#define IOMMU(on_)                                 \
    {                                              \
        .kind = IMS_EDIT_IOMMU, .to.iommu_on = on_ \
    }
#define RC(text_)                           \
    {                                       \
        .kind = IMS_EDIT_RC, .to.rc = text_ \
    }

static void acs_bits(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_WORDS, .acs_cap = 0x1d, .acs_ctrl = 0x11);
    put_root_port(lab.builder, "00:02.0", 2, NO_ACS);
    put_root_port(lab.builder, "00:03.0", 3, ACS_MISSING);
    edited = edit_all(&lab, SET_ACS("00:01.0", IMS_ACS_RR | IMS_ACS_CR, 0));
    assert_int_equal(edited_info(edited, "00:01.0")->acs.control.value, 0x1d);
    assert_int_equal(edited->note_count, 0);
    ims_edited_free(edited);

    /* Linux sets again what is cleared (R4.13). */
    edited = edit_all(&lab, SET_ACS("00:01.0", IMS_ACS_RR, IMS_ACS_UF));
    assert_int_equal(edited_info(edited, "00:01.0")->acs.control.value, 0x05);
    assert_true(has_note(edited, IMS_EDIT_NOTE_INFO, "whenever it finds"));
    ims_edited_free(edited);

    /* A bit that is not there cannot be set; clearing it does no harm. */
    refuse_all(&lab, -EOPNOTSUPP, "lacks egress control", SET_ACS("00:01.0", IMS_ACS_EC, 0));
    edited = edit_all(&lab, SET_ACS("00:01.0", 0, IMS_ACS_EC));
    assert_int_equal(edited_info(edited, "00:01.0")->acs.control.value, 0x11);
    ims_edited_free(edited);
    refuse_all(&lab, -EOPNOTSUPP, "no ACS capability", SET_ACS("00:02.0", IMS_ACS_RR, 0));
    refuse_all(&lab, -ENODATA, "as root", SET_ACS("00:03.0", IMS_ACS_RR, 0));
    refuse_all(&lab, -EINVAL, "no bit", SET_ACS("00:01.0", 0, 0));
    refuse_all(&lab, -EINVAL, "both", SET_ACS("00:01.0", IMS_ACS_RR, IMS_ACS_RR));
    lab_done(&lab);
}

/* PCIe 6.x 7.7.11.4: the vector is as long as the capability says. */
static void egress_vector(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_WORDS, .acs_cap = 0x083f, .acs_ctrl = 0x20);
    put_root_port(lab.builder, "00:02.0", 2, ACS_ON);
    put_root_port(lab.builder, "00:03.0", 3, ACS_WORDS, .acs_cap = 0x083f, .acs_ctrl = 0);
    edited = edit_all(&lab, VECTOR("00:01.0", 0x84, 0xff));
    assert_int_equal(edited_info(edited, "00:01.0")->pci.acs_egress[0].value, 0x84);
    assert_int_equal(edited->note_count, 0);
    ims_edited_free(edited);
    edited = edit_all(&lab, VECTOR("00:01.0", 0x84, 0xff), VECTOR("00:01.0", 0x01, 0x81));
    assert_int_equal(edited_info(edited, "00:01.0")->pci.acs_egress[0].value, 0x05);
    ims_edited_free(edited);
    edited = edit_all(&lab, VECTOR("00:03.0", 1, 1));
    assert_true(has_note(edited, IMS_EDIT_NOTE_INFO, "egress control is not on"));
    ims_edited_free(edited);
    refuse_all(&lab, -EOPNOTSUPP, "has 8 bits, there is no bit 9", VECTOR("00:01.0", 0x200, 0x3ff));
    refuse_all(&lab, -EOPNOTSUPP, "lacks egress control", VECTOR("00:02.0", 1, 1));
    lab_done(&lab);
}

/* ---- VFs ---- */

static void begin_sriov(struct lab *lab, unsigned offset, unsigned stride, unsigned last_bus)
{
    lab_begin(lab);
    put_root_port(lab->builder, "00:01.0", 1, ACS_ON, .subordinate = last_bus,
                  .ari_forwarding = true);
    struct ims_record *pf =
        put_endpoint(lab->builder, "01:00.0", .ari = true, .vf_count = 4, .vf_offset = offset,
                     .vf_stride = stride, .vf_device = 0x1520);
    part_16(&pf->config, 0x188, 0); /* no VF is enabled */
    part_16(&pf->config, 0x190, 0);
}

static void vfs_appear_and_go(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin_sriov(&lab, 0x80, 2, 1);
    edited = edit_all(&lab, NUMVFS("01:00.0", 3));
    assert_functions(edited, "00:01.0 01:00.0 01:10.0 01:10.2 01:10.4");
    const struct ims_function_info *vf = edited_info(edited, "01:10.2");
    assert_int_equal(vf->is_vf, IMS_YES);
    assert_int_equal(vf->physfn.index, 1);
    assert_int_equal(vf->ids[0].device, 0x1520);
    assert_int_equal(edited->origin[3], IMS_NONE);
    assert_int_equal(edited_info(edited, "01:00.0")->pci.sriov.num_vfs.value, 3);
    assert_true(has_note(edited, IMS_EDIT_NOTE_UNKNOWN, "VF BARs have no address"));
    ims_edited_free(edited);
    edited = edit_all(&lab, NUMVFS("01:00.0", 3), NUMVFS("01:00.0", 1));
    assert_functions(edited, "00:01.0 01:00.0 01:10.0");
    ims_edited_free(edited);
    edited = edit_all(&lab, NUMVFS("01:00.0", 3), NUMVFS("01:00.0", 0));
    assert_functions(edited, "00:01.0 01:00.0");
    assert_int_equal(edited_info(edited, "01:00.0")->pci.sriov.vf_enable, IMS_NO);
    ims_edited_free(edited);
    refuse_all(&lab, -ERANGE, "at most 4", NUMVFS("01:00.0", 5));
    refuse_all(&lab, -EOPNOTSUPP, "no SR-IOV", NUMVFS("00:01.0", 1));
    lab_done(&lab);
}

/* Bus numbers of VFs are within the range of the bridge above, or the kernel refuses them. */
static void vfs_need_buses(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin_sriov(&lab, 0x100, 0x80, 2);
    edited = edit_all(&lab, NUMVFS("01:00.0", 2));
    assert_functions(edited, "00:01.0 01:00.0 02:00.0 02:10.0");
    ims_edited_free(edited);
    refuse_all(&lab, -ENOSPC, "buses 01 to 03, but the range of 0000:00:01.0 above it ends at 02",
               NUMVFS("01:00.0", 3));
    lab_done(&lab);
    begin_sriov(&lab, 0, 0, 2);
    refuse_all(&lab, -EOPNOTSUPP, "no routing ids", NUMVFS("01:00.0", 1));
    lab_done(&lab);
    begin_sriov(&lab, 0x80, 1, 1);
    put_endpoint(lab.builder, "01:10.1");
    refuse_all(&lab, -EBUSY, "VF 1 would have this address", NUMVFS("01:00.0", 2));
    lab_done(&lab);
}

/* Below a port without ARI forwarding only device 0 of its bus answers. */
static void vfs_need_ari(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin_sriov(&lab, 0x80, 2, 1);
    part_16(&ims_builder_find(lab.builder, address_of("00:01.0"))->config, 0x68, 0);
    edited = edit_all(&lab, NUMVFS("01:00.0", 1));
    assert_true(has_note(edited, IMS_EDIT_NOTE_MISFIT, "ARI forwarding is off"));
    ims_edited_free(edited);
    lab_done(&lab);
    begin_sriov(&lab, 1, 1, 1); /* functions 1 to 4 of device 0 need none */
    part_16(&ims_builder_find(lab.builder, address_of("00:01.0"))->config, 0x68, 0);
    edited = edit_all(&lab, NUMVFS("01:00.0", 4));
    assert_false(has_note(edited, IMS_EDIT_NOTE_MISFIT, "ARI"));
    ims_edited_free(edited);
    lab_done(&lab);
}

static void vfs_need_memory(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    begin_sriov(&lab, 0x80, 2, 1);
    put_windows(ims_builder_find(lab.builder, address_of("00:01.0")), 0xe0000000, 0xe00fffff, 0, 0);
    struct ims_record *pf = ims_builder_find(lab.builder, address_of("01:00.0"));
    part_32(&pf->config, 0x1a4, 0xe0080000);
    put_size(pf, 7, 0xe0080000, 0x10000);
    edited = edit_all(&lab, NUMVFS("01:00.0", 4));
    assert_false(has_note(edited, IMS_EDIT_NOTE_MISFIT, "VF BAR"));
    assert_false(has_note(edited, IMS_EDIT_NOTE_UNKNOWN, "VF BARs"));
    ims_edited_free(edited);
    lab_done(&lab);

    begin_sriov(&lab, 0x80, 2, 1);
    put_windows(ims_builder_find(lab.builder, address_of("00:01.0")), 0xe0000000, 0xe00fffff, 0, 0);
    pf = ims_builder_find(lab.builder, address_of("01:00.0"));
    part_32(&pf->config, 0x1a4, 0xe0080000);
    put_size(pf, 7, 0xe0080000, 0x100000);
    edited = edit_all(&lab, NUMVFS("01:00.0", 4));
    assert_true(has_note(edited, IMS_EDIT_NOTE_MISFIT, "VF BAR 0 takes 0x100000 bytes"));
    ims_edited_free(edited);
    lab_done(&lab);
}

/* ---- the question ---- */

static void command_line(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    ims_builder_machine(lab.builder)->cmdline = "quiet";
    edited = edit_all(&lab, CMDLINE("pci=noaer", false), OVERRIDE("downstream"));
    assert_string_equal(edited->scenario.cmdline, "quiet pci=noaer pcie_acs_override=downstream");
    assert_string_equal(ims_topology_machine(edited->topology)->cmdline, edited->scenario.cmdline);
    assert_true(edited->scenario.boots);
    ims_edited_free(edited);
    edited = edit_all(&lab, CMDLINE("", true));
    assert_string_equal(edited->scenario.cmdline, "");
    ims_edited_free(edited);
    lab_done(&lab);
}

static void kernel_and_root_complex(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_ON);
    struct ims_edited *edited = edit_all(&lab, KERNEL("6.12"), RC("none"));
    assert_string_equal(edited->scenario.kernel, "6.12");
    assert_string_equal(ims_topology_machine(edited->topology)->kernel_release, "6.12");
    assert_string_equal(edited->scenario.rc, "none");
    assert_null(edited->scenario.cmdline);
    assert_int_equal(edited->scenario.iommu_on, IMS_UNKNOWN);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* Off: nobody has a group. On: what firmware left is kept, for the kernel to go on from. */
static void iommu_on_and_off(void **state)
{
    struct lab lab;
    struct ims_edited *edited;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, ACS_OFF);
    put_endpoint(lab.builder, "01:00.0");
    edited = edit_all(&lab, IOMMU(true));
    assert_int_equal(edited->scenario.iommu_on, IMS_UNKNOWN); /* it was on */
    assert_false(edited->scenario.boots);
    ims_edited_free(edited);
    edited = edit_all(&lab, IOMMU(false));
    assert_int_equal(edited->scenario.iommu_on, IMS_NO);
    assert_int_equal(ims_topology_machine(edited->topology)->iommu_on, IMS_NO);
    assert_int_equal(edited_info(edited, "01:00.0")->record->group_state, IMS_GROUP_NONE);
    ims_edited_free(edited);
    edited = edit_all(&lab, IOMMU(false), IOMMU(true));
    assert_int_equal(edited->scenario.iommu_on, IMS_YES);
    assert_int_equal(edited_info(edited, "01:00.0")->record->group_state, IMS_GROUP_UNKNOWN);
    ims_edited_free(edited);
    lab_done(&lab);
}

/* The first edit that is impossible is named, and nothing comes of the others. */
static void the_error_names_the_edit(void **state)
{
    struct lab lab;
    struct ims_edited *edited = NULL;
    struct ims_error error = {0};

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:01.0", 1, NO_ACS);
    lab_seal(&lab);
    const struct ims_edit edits[] = {KERNEL("6.12"), SET_ACS("00:01.0", IMS_ACS_RR, 0),
                                     KERNEL("6.1")};
    assert_int_equal(ims_edits_apply(lab.topology, edits, 3, &edited, &error), -EOPNOTSUPP);
    assert_string_equal(error.message,
                        "edit 2 (set acs): it has no ACS capability, so there is no bit to set");
    assert_int_equal(ims_address_compare(error.address, address_of("00:01.0")), 0);
    assert_int_equal(ims_edits_apply(lab.topology, edits, 3, &edited, NULL), -EOPNOTSUPP);
    const struct ims_edit none = {.kind = IMS_EDIT_MAX};
    assert_int_equal(ims_edits_apply(lab.topology, &none, 1, &edited, &error), -EINVAL);
    lab_done(&lab);
}

static void names_of_kinds(void **state)
{
    (void)state;
    for (unsigned i = 0; i < IMS_EDIT_MAX; i++)
        assert_string_not_equal(ims_edit_kind_to_string((enum ims_edit_kind)i), "unknown");
    assert_string_equal(ims_edit_kind_to_string(IMS_EDIT_MAX), "unknown");
    assert_string_equal(ims_edit_note_kind_to_string(IMS_EDIT_NOTE_MISFIT), "misfit");
    assert_string_equal(ims_edit_note_kind_to_string((enum ims_edit_note_kind)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acs_bits),          cmocka_unit_test(egress_vector),
        cmocka_unit_test(vfs_appear_and_go), cmocka_unit_test(vfs_need_buses),
        cmocka_unit_test(vfs_need_ari),      cmocka_unit_test(vfs_need_memory),
        cmocka_unit_test(command_line),      cmocka_unit_test(kernel_and_root_complex),
        cmocka_unit_test(iommu_on_and_off),  cmocka_unit_test(the_error_names_the_edit),
        cmocka_unit_test(names_of_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
