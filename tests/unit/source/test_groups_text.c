/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "text_case.h"

static const struct ims_address functions[] = {
    {.devfn = IMS_DEVFN(1, 0)},
    {.bus = 1, .devfn = IMS_DEVFN(0, 0)},
    {.bus = 1, .devfn = IMS_DEVFN(0, 1)},
    {.devfn = IMS_DEVFN(0x1f, 3)},
};

static struct ims_builder *read_groups(const char *text, int *ret, struct ims_error *reterr)
{
    struct ims_builder *builder = ims_builder_new();
    FILE *stream = tmpfile();
    struct ims_record *record;

    assert_non_null(builder);
    assert_non_null(stream);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        assert_int_equal(ims_builder_function(builder, functions[i], &record, NULL), 0);
    assert_int_equal(fwrite(text, 1, strlen(text), stream), strlen(text));
    rewind(stream);
    *ret = ims_groups_read(builder, stream, "groups", reterr);
    fclose(stream);
    return builder;
}

/* 00:01.0 in group 1, both functions of 01:00 in 13, 00:1f.3 in none. */
static void assert_groups(const char *text)
{
    int r;
    struct ims_builder *builder = read_groups(text, &r, NULL);

    assert_int_equal(r, 0);
    assert_int_equal(ims_builder_count(builder), 4);
    assert_int_equal(text_at(builder, "00:01.0")->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(text_at(builder, "00:01.0")->group, 1);
    assert_int_equal(text_at(builder, "01:00.0")->group, 13);
    assert_int_equal(text_at(builder, "01:00.1")->group, 13);
    assert_int_equal(text_at(builder, "01:00.1")->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(text_at(builder, "00:1f.3")->group_state, IMS_GROUP_NONE);
    assert_int_equal(ims_builder_machine(builder)->groups_stated, IMS_YES);
    assert_int_equal(ims_builder_machine(builder)->iommu_on, IMS_YES);
    ims_builder_free(builder);
}

static void the_shell_loop_is_read_in_its_shapes(void **state)
{
    static const char *const shapes[] = {
        "IOMMU Group 1 00:01.0 PCI bridge [0604]: Intel Corporation Port [8086:1901] (rev 05)\n"
        "IOMMU Group 13 01:00.0 VGA compatible controller [0300]: NVIDIA [10de:2684] (rev a1)\n"
        "IOMMU Group 13 01:00.1 Audio device [0403]: NVIDIA Corporation Audio [10de:22ba]\n",

        "IOMMU Group 1:\n\t00:01.0 PCI bridge [0604]: Intel Corporation Port [8086:1901]\n"
        "IOMMU Group 13:\n\t01:00.0 VGA compatible controller [0300]: NVIDIA [10de:2684]\n"
        "\t01:00.1 Audio device [0403]: NVIDIA Corporation Audio [10de:22ba]\n",

        "Group 1:\t[8086:1901]     0000:00:01.0  PCI bridge  Some Port\n"
        "Group 13:\t[10de:2684] [R] 0000:01:00.0  VGA compatible controller  Some GPU\n"
        "\t\t[10de:22ba]     0000:01:00.1  Audio device  Some Audio\n",

        "### Group 1 ###\n    00:01.0 PCI bridge: Intel Corporation Port\n"
        "### Group 13 ###\n    01:00.0 VGA compatible controller: NVIDIA GPU\n"
        "    01:00.1 Audio device: NVIDIA Audio\n",

        "iommu group 1\n - 0000:00:01.0\niommu group 13\n - 0000:01:00.0\n - 0000:01:00.1\n",

        "IOMMU group: 1\n|- [RESET] 00:01.0 PCI bridge: Port\n\n"
        "IOMMU group: 13\n|- 01:00.0 VGA: GPU\n|- 01:00.1 Audio: Audio\n",

        "/sys/kernel/iommu_groups/1/devices/0000:00:01.0\n"
        "/sys/kernel/iommu_groups/13/devices/0000:01:00.0\n"
        "/sys/kernel/iommu_groups/13/devices/0000:01:00.1\n",

        "/sys/kernel/iommu_groups/1/devices:\ntotal 0\n"
        "lrwxrwxrwx 1 root root 0 Nov 23 10:00 0000:00:01.0 -> "
        "../../../../devices/pci0000:00/0000:00:01.0\n\n"
        "/sys/kernel/iommu_groups/13/devices:\ntotal 0\n"
        "lrwxrwxrwx 1 root root 0 Nov 23 10:00 0000:01:00.0 -> "
        "../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0\n"
        "lrwxrwxrwx 1 root root 0 Nov 23 10:00 0000:01:00.1 -> "
        "../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.1\n",

        "/sys/kernel/iommu_groups/1/devices:\n0000:00:01.0\n\n"
        "/sys/kernel/iommu_groups/13/devices:\n0000:01:00.0  0000:01:00.1\n",

        "/sys/bus/pci/devices/0000:00:01.0/iommu_group -> ../../../../kernel/iommu_groups/1\n"
        "/sys/bus/pci/devices/0000:01:00.0/iommu_group -> ../../../../kernel/iommu_groups/13\n"
        "/sys/bus/pci/devices/0000:01:00.1/iommu_group -> ../../../../kernel/iommu_groups/13\n",

        "[    0.7] pci 0000:00:01.0: Adding to iommu group 1\n"
        "[    0.7] pci 0000:01:00.0: Adding to iommu group 13\n"
        "[    0.7] nvidia 0000:01:00.1: Adding to iommu group 13\n",

        "iommu: Adding device 0000:00:01.0 to group 1\niommu: Adding device 0000:01:00.0 to group "
        "13\n"
        "iommu: Adding device 0000:01:00.1 to group 13\n",

        "> IOMMU Group 1 00:01.0 PCI bridge [0604]: Intel\r\n> IOMMU Group 13 01:00.0 VGA: x\r\n"
        "> IOMMU Group 13 01:00.1 Audio: x\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        assert_groups(shapes[i]);
}

static void details_below_members_do_not_end_a_group(void **state)
{
    (void)state;
    assert_groups("IOMMU Group 1:\n\t00:01.0 PCI bridge [0604]: Intel [8086:1901]\n"
                  "\tKernel driver in use: pcieport\n"
                  "IOMMU Group 13:\n\t01:00.0 VGA [0300]: NVIDIA [10de:2684]\n"
                  "\tSubsystem: Some Board\n\tKernel modules: nouveau\n"
                  "\t01:00.1 Audio device [0403]: NVIDIA [10de:22ba]\n");
}

static void a_function_that_nothing_describes_is_a_gap(void **state)
{
    int r;
    struct ims_builder *builder = read_groups(
        "IOMMU Group 1 00:01.0 PCI bridge: x\nIOMMU Group 2 7f:00.0 Bridge: y\n", &r, NULL);

    (void)state;
    assert_int_equal(r, 0);
    assert_int_equal(ims_builder_count(builder), 4);
    assert_int_equal(text_gaps(builder, IMS_GAP_NOT_IN_INPUT), 1);
}

static void two_groups_for_one_function_are_a_contradiction(void **state)
{
    int r;
    struct ims_builder *builder = read_groups(
        "IOMMU Group 1 00:01.0 PCI bridge: x\nIOMMU Group 2 00:01.0 PCI bridge: x\n", &r, NULL);

    (void)state;
    assert_int_equal(r, 0);
    assert_int_equal(text_at(builder, "00:01.0")->group, 1);
    assert_int_equal(text_gaps(builder, IMS_GAP_CONTRADICTION), 1);
}

static void a_text_without_groups_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n\n",
        "Group 1 is my favourite\n",
        "00:01.0 PCI bridge: Intel\n",
        "IOMMU Group x 00:01.0\n",
        "IOMMU Group 99999999999 00:01.0 PCI bridge: x\n",
        "pci 0000:00:01.0: Adding to iommu group\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ims_error error = {0};
        int r;
        struct ims_builder *builder = read_groups(texts[i], &r, &error);
        assert_int_equal(r, -EBADMSG);
        assert_string_equal(error.path, "groups");
        assert_non_null(strstr(error.message, "IOMMU group"));
        assert_int_equal(text_at(builder, "00:01.0")->group_state, IMS_GROUP_UNKNOWN);
        ims_builder_free(builder);
    }
}

static void lists_inside_a_text_describe_functions(void **state)
{
    struct ims_builder *builder =
        text_read("IOMMU Group 1:\n"
                  "\t00:01.0 PCI bridge [0604]: Intel Corporation Port [8086:1901] (rev 05)\n"
                  "IOMMU Group 2:\n"
                  "\t00:02.0 VGA compatible controller [0300]: Intel Corporation GPU [8086:4688]\n"
                  "\n"
                  "00:00.0 Host bridge [0600]: Intel Corporation Host [8086:4637]\n"
                  "00:02.0 VGA compatible controller [0300]: Intel Corporation GPU [8086:4688]\n"
                  "00:1f.0 ISA bridge [0601]: Intel Corporation LPC [8086:7a0c]\n");

    (void)state;
    assert_int_equal(text_at(builder, "00:01.0")->group, 1);
    assert_int_equal(text_at(builder, "00:01.0")->ids[0].device, 0x1901);
    assert_int_equal(text_at(builder, "00:02.0")->group, 2);
    assert_int_equal(text_at(builder, "00:00.0")->group_state, IMS_GROUP_NONE);
    assert_int_equal(text_at(builder, "00:1f.0")->group_state, IMS_GROUP_NONE);
    assert_string_equal(ims_builder_machine(builder)->source_kind, "lspci-text+group-list");
    assert_int_equal(text_gaps(builder, IMS_GAP_CONTRADICTION), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shell_loop_is_read_in_its_shapes),
        cmocka_unit_test(details_below_members_do_not_end_a_group),
        cmocka_unit_test(a_function_that_nothing_describes_is_a_gap),
        cmocka_unit_test(two_groups_for_one_function_are_a_contradiction),
        cmocka_unit_test(a_text_without_groups_is_refused),
        cmocka_unit_test(lists_inside_a_text_describe_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
