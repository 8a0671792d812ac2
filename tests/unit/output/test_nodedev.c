/* SPDX-License-Identifier: MIT */
/* Names, places and orders of libvirt and sysfs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support.h"
#include "output/nodedev.h"
#include "output/xml.h"

#define VMD 0x80869a0bu

static void names_keep_all_digits_of_the_domain(void **state)
{
    static const char *const names[] = {"pci_0000_01_00_0", "pci_0001_ff_1f_7", "pci_10000_e1_00_0",
                                        "pci_ffffffff_ff_1f_7"};
    char buffer[IMS_NODEDEV_NAME_SIZE];
    struct ims_address address;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(ims_address_parse(names[i], &address), 0);
        assert_string_equal(ims_nodedev_name(address, buffer), names[i]);
    }
}

/* As Linux 6.1 and 6.12 listed the members of groups in guests of the lab. */
static void places_are_those_of_the_kernel(void **state)
{
    static const char *const listed[] = {"0000:07:01.0", "0000:08:03.0", "0000:00:05.1",
                                         "0000:06:00.0", "0000:07:02.0"};
    static const char *const slot[] = {"0000:00:1f.2", "0000:00:1f.0", "0000:00:1f.3"};

    (void)state;
    for (size_t i = 1; i < sizeof(listed) / sizeof(listed[0]); i++)
        assert_true(ims_nodedev_place(listed[i - 1]) < ims_nodedev_place(listed[i]));
    for (size_t i = 1; i < sizeof(slot) / sizeof(slot[0]); i++)
        assert_true(ims_nodedev_place(slot[i - 1]) < ims_nodedev_place(slot[i]));
}

static void assert_path(const struct lab *lab, const char *address, const char *expected)
{
    struct ims_text path = {0};

    assert_int_equal(ims_nodedev_path(lab->topology, at(lab, address), &path), expected != NULL);
    assert_string_equal(ims_text_get(&path), expected ? expected : "");
    ims_text_done(&path);
}

static void vmd_hangs_below_its_endpoint(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:0e.0", .id = VMD);
    put_root_port(lab.builder, "10000:e0:06.0", 0xe1, NO_ACS);
    put_endpoint(lab.builder, "10000:e1:00.0");
    lab_seal(&lab);
    assert_int_equal(ims_nodedev_parent(lab.topology, at(&lab, "10000:e0:06.0")).index,
                     at(&lab, "00:0e.0").index);
    assert_path(&lab, "10000:e1:00.0",
                "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0");
    lab_done(&lab);
}

/* A VF may be on a bus of its own, and stands beside its PF all the same (R1.2). */
static void virtual_functions_stand_beside_their_own(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_root_port(lab.builder, "00:1c.0", 4, NO_ACS);
    put_endpoint(lab.builder, "04:00.0");
    put_vf(lab.builder, "05:10.0", "04:00.0");
    lab_seal(&lab);
    assert_int_equal(ims_nodedev_parent(lab.topology, at(&lab, "05:10.0")).index,
                     at(&lab, "00:1c.0").index);
    assert_path(&lab, "05:10.0", "/sys/devices/pci0000:00/0000:00:1c.0/0000:05:10.0");
    lab_done(&lab);
}

/* Where a device tree describes the machine, only the input can tell the way to a root bus. */
static void a_device_tree_may_hide_the_way(void **state)
{
    struct lab lab;

    (void)state;
    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    ims_builder_machine(lab.builder)->architecture = "aarch64";
    lab_seal(&lab);
    assert_path(&lab, "00:01.0", NULL);
    lab_done(&lab);

    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    put_endpoint(lab.builder, "00:02.0");
    ims_builder_machine(lab.builder)->architecture = "aarch64";
    /* One function of the bus is enough to know it. */
    ims_builder_find(lab.builder, address_of("00:02.0"))->root_path =
        "platform/4010000000.pcie/pci0000:00";
    lab_seal(&lab);
    assert_path(&lab, "00:01.0", "/sys/devices/platform/4010000000.pcie/pci0000:00/0000:00:01.0");
    lab_done(&lab);

    lab_begin(&lab);
    put_endpoint(lab.builder, "00:01.0");
    ims_builder_machine(lab.builder)->architecture = "aarch64";
    ims_builder_machine(lab.builder)->acpi_iort = IMS_YES;
    lab_seal(&lab);
    assert_path(&lab, "00:01.0", "/sys/devices/pci0000:00/0000:00:01.0");
    lab_done(&lab);
}

static void markup_is_escaped(void **state)
{
    struct ims_text out = {0};

    (void)state;
    ims_xml_escape(&out, "AT&T <\"R'Us\"> \x1b[1m\tGr\xc3\xbc\xc3\x9f");
    assert_string_equal(ims_text_get(&out),
                        "AT&amp;T &lt;&quot;R&apos;Us&quot;&gt; [1m\tGr\xc3\xbc\xc3\x9f");
    ims_text_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_keep_all_digits_of_the_domain),
        cmocka_unit_test(places_are_those_of_the_kernel),
        cmocka_unit_test(vmd_hangs_below_its_endpoint),
        cmocka_unit_test(virtual_functions_stand_beside_their_own),
        cmocka_unit_test(a_device_tree_may_hide_the_way),
        cmocka_unit_test(markup_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
