/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "source/pci_ids.h"
#include "text_case.h"

static const char ids_text[] = "# comment\n"
                               "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n"
                               "\t15d8  Picasso/Raven 2\n"
                               "1022  Advanced Micro Devices, Inc. [AMD]\n"
                               "\t1453  Family 17h GPP Bridge\n"
                               "\t780b  FCH SMBus Controller\n"
                               "\t790b  FCH SMBus  Controller\n"
                               "\t\t1462 7b98  A subsystem\n"
                               "10de  NVIDIA Corporation\n"
                               "\t2684  AD102 [GeForce RTX 4090]\n"
                               "8086  Intel Corporation\n"
                               "\t9d14  Sunrise Point-LP PCI Express Root Port #5\n"
                               "8087  Intel Corporation\n"
                               "\t9d14  Another Thing\n"
                               "8088  Intel\n"
                               "\t0001  Corporation Gadget\n"
                               "C 02  Network controller\n"
                               "\t00  Ethernet controller\n"
                               "\t80  Network controller\n"
                               "C 03  Display controller\n"
                               "\t00  VGA compatible controller\n"
                               "\t\t00  VGA controller\n"
                               "C 06  Bridge\n"
                               "\t04  PCI bridge\n"
                               "\t\t00  Normal decode\n";

static char path[] = "/tmp/iommuscope-pci-ids-XXXXXX";

static int write_file(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    const bool written = write(fd, ids_text, sizeof(ids_text) - 1) == (ssize_t)sizeof(ids_text) - 1;
    close(fd);
    return written ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static struct ims_pci_ids *load(void)
{
    struct ims_pci_ids *ids = NULL;

    assert_int_equal(ims_pci_ids_load(path, &ids), 0);
    return ids;
}

static void names_become_ids(void **state)
{
    struct ims_pci_ids *ids = load();
    struct ims_id found[8];
    size_t length;

    (void)state;
    assert_int_equal(
        ims_pci_ids_find(ids, "NVIDIA Corporation AD102 [GeForce RTX 4090]", found, 8, &length), 1);
    assert_int_equal(found[0].vendor, 0x10de);
    assert_int_equal(found[0].device, 0x2684);
    assert_int_equal(length, strlen("NVIDIA Corporation"));
    assert_int_equal(ims_pci_ids_find(ids, "Advanced Micro Devices, Inc. [AMD/ATI] Picasso/Raven 2",
                                      found, 8, &length),
                     1);
    assert_int_equal(found[0].vendor, 0x1002);
    ims_pci_ids_free(ids);
}

static void a_name_may_fit_several_ids(void **state)
{
    struct ims_pci_ids *ids = load();
    struct ims_id found[8];
    size_t length;

    (void)state;
    /* Pasted text has lost a double blank. */
    assert_int_equal(ims_pci_ids_find(ids,
                                      "Advanced Micro Devices, Inc. [AMD] FCH SMBus Controller",
                                      found, 8, &length),
                     2);
    assert_int_equal(found[0].vendor, 0x1022);
    assert_int_equal(found[0].device ^ found[1].device, 0x780b ^ 0x790b);
    /* Two vendors have this name. */
    assert_int_equal(ims_pci_ids_find(ids, "Intel Corporation Device 4637", found, 8, &length), 2);
    assert_int_equal(found[0].device, 0x4637);
    assert_int_equal(found[1].device, 0x4637);
    ims_pci_ids_free(ids);
}

static void the_longest_vendor_that_has_the_device_wins(void **state)
{
    struct ims_pci_ids *ids = load();
    struct ims_id found[8];
    size_t length;

    (void)state;
    assert_int_equal(ims_pci_ids_find(ids, "Intel Corporation Gadget", found, 8, &length), 1);
    assert_int_equal(found[0].vendor, 0x8088);
    assert_int_equal(length, strlen("Intel"));
    ims_pci_ids_free(ids);
}

static void unknown_names_are_not_guessed(void **state)
{
    struct ims_pci_ids *ids = load();
    struct ims_id found[8];
    size_t length;

    (void)state;
    assert_int_equal(ims_pci_ids_find(ids, "NVIDIA Corporation Some New GPU", found, 8, &length),
                     0);
    assert_int_equal(length, strlen("NVIDIA Corporation"));
    assert_int_equal(ims_pci_ids_find(ids, "Nobody Gadget", found, 8, &length), 0);
    assert_int_equal(length, 0);
    assert_int_equal(ims_pci_ids_find(ids, "", found, 8, &length), 0);
    ims_pci_ids_free(ids);
}

static void classes_are_found_by_name(void **state)
{
    struct ims_pci_ids *ids = load();
    uint32_t code;
    uint32_t known;

    (void)state;
    assert_true(ims_pci_ids_find_class(ids, "PCI bridge", &code, &known));
    assert_int_equal(code, 0x060400);
    assert_int_equal(known, 0xffff00);
    assert_false(ims_pci_ids_find_class(ids, "Bridge to nowhere", &code, &known));
    ims_pci_ids_free(ids);
}

static void files_that_are_no_list_are_refused(void **state)
{
    struct ims_pci_ids *ids = NULL;
    struct ims_id found[1];
    size_t length;

    (void)state;
    assert_int_equal(ims_pci_ids_load("/nonexistent/pci.ids", &ids), -ENOENT);
    assert_null(ids);
    assert_int_equal(ims_pci_ids_load("/dev/null", &ids), 0); /* an empty list knows nothing */
    assert_int_equal(ims_pci_ids_find(ids, "Intel Corporation X", found, 1, &length), 0);
    ims_pci_ids_free(ids);
}

static void text_with_names_is_looked_up(void **state)
{
    static const char text[] =
        "00:1c.0 PCI bridge: Intel Corporation Sunrise Point-LP PCI Express Root Port #5 (rev f1) "
        "(prog-if 00 [Normal decode])\n"
        "00:14.0 SMBus: Advanced Micro Devices, Inc. [AMD] FCH SMBus Controller (rev 61)\n"
        "01:00.0 VGA compatible controller: NVIDIA Corporation Some New GPU (rev a1)\n"
        "02:00.0 Ethernet controller: Device 1d6a:07b1 (rev 02)\n";
    int r;
    struct ims_builder *builder = text_read_bytes(text, sizeof(text) - 1, path, &r, NULL);

    (void)state;
    assert_int_equal(r, 0);
    const struct ims_record *port = text_at(builder, "00:1c.0");
    assert_int_equal(port->id_count, 1);
    assert_int_equal(port->ids[0].device, 0x9d14);
    assert_int_equal(port->class_code, 0x060400);
    assert_string_equal(port->vendor_name, "Intel Corporation");
    assert_string_equal(port->device_name, "Sunrise Point-LP PCI Express Root Port #5");
    assert_int_equal(text_at(builder, "00:14.0")->id_count, 2);
    assert_int_equal(text_at(builder, "01:00.0")->id_count, 0);
    assert_int_equal(text_facts(builder, "01:00.0").vendor.value, 0x10de); /* as much is known */
    assert_int_equal(text_facts(builder, "01:00.0").vendor.known, 0xffff);
    assert_int_equal(text_facts(builder, "01:00.0").device.known, 0);
    assert_int_equal(text_at(builder, "01:00.0")->class_code, 0x030000);
    assert_string_equal(text_at(builder, "01:00.0")->device_name, "Some New GPU");
    assert_int_equal(text_at(builder, "02:00.0")->ids[0].vendor, 0x1d6a);
    assert_int_equal(text_at(builder, "02:00.0")->class_code, 0x020000);
    ims_builder_free(builder);
}

static void a_missing_list_is_a_gap(void **state)
{
    static const char text[] = "00:1c.0 PCI bridge: Intel Corporation Some Port\n";
    int r;
    struct ims_builder *builder =
        text_read_bytes(text, sizeof(text) - 1, "/nonexistent/pci.ids", &r, NULL);

    (void)state;
    assert_int_equal(r, 0);
    assert_int_equal(text_at(builder, "00:1c.0")->id_count, 0);
    /* The other one says that the capabilities are not in this text. */
    assert_int_equal(text_gaps(builder, IMS_GAP_NOT_IN_INPUT), 2);
}

static void assert_name(struct ims_pci_ids_name name, const char *expected)
{
    assert_int_equal(name.length, expected ? strlen(expected) : 0);
    if (expected)
        assert_memory_equal(name.text, expected, name.length);
    else
        assert_null(name.text);
}

/* Blanks inside of a name stay: libvirt prints the file's spelling. */
static void ids_become_names(void **state)
{
    static const struct {
        struct ims_id id;
        const char *vendor, *device;
    } rows[] = {
        {{0x10de, 0x2684}, "NVIDIA Corporation", "AD102 [GeForce RTX 4090]"},
        {{0x1022, 0x790b}, "Advanced Micro Devices, Inc. [AMD]", "FCH SMBus  Controller"},
        {{0x1022, 0x15d8}, "Advanced Micro Devices, Inc. [AMD]", NULL}, /* another vendor's */
        {{0x8088, 0x0001}, "Intel", "Corporation Gadget"},
        {{0x1462, 0x7b98}, NULL, NULL}, /* a subsystem is no device */
        {{0x0002, 0x0080}, NULL, NULL}, /* nor is a class */
    };
    struct ims_pci_ids *ids = load();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ims_pci_ids_name vendor;
        struct ims_pci_ids_name device;

        ims_pci_ids_names(ids, rows[i].id, &vendor, &device);
        assert_name(vendor, rows[i].vendor);
        assert_name(device, rows[i].device);
    }
    ims_pci_ids_free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_ids),
        cmocka_unit_test(ids_become_names),
        cmocka_unit_test(a_name_may_fit_several_ids),
        cmocka_unit_test(the_longest_vendor_that_has_the_device_wins),
        cmocka_unit_test(unknown_names_are_not_guessed),
        cmocka_unit_test(classes_are_found_by_name),
        cmocka_unit_test(files_that_are_no_list_are_refused),
        cmocka_unit_test(text_with_names_is_looked_up),
        cmocka_unit_test(a_missing_list_is_a_gap),
    };
    return cmocka_run_group_tests(tests, write_file, remove_file);
}
