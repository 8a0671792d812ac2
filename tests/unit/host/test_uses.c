/* SPDX-License-Identifier: MIT */
/* What on a host uses a function, on trees of files: each kind, and what is like it and is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tree.h"
#include "iommuscope/host.h"
#include "iommuscope/source.h"

#define DEVICES "sys/bus/pci/devices/"
#define CARD "sys/devices/pci0000:00/0000:00:04.0"

static void make_card(const struct tree *tree, const char *driver, const char *class_code)
{
    char text[128];

    snprintf(text, sizeof(text), "DRIVER=%s\nPCI_CLASS=%s\nPCI_ID=8086:100E\n", driver, class_code);
    tree_text(tree, CARD "/uevent", text);
    tree_link(tree, DEVICES "0000:00:04.0", "../../../devices/pci0000:00/0000:00:04.0");
    tree_text(tree, "proc/1/comm", "init\n");
    tree_directory(tree, "proc/1/fd");
}

static void make_disk(const struct tree *tree)
{
    make_card(tree, "nvme", "10802");
    tree_text(tree, CARD "/block/vdz/dev", "250:0\n");
    tree_text(tree, CARD "/block/vdz/uevent", "MAJOR=250\nMINOR=0\nDEVNAME=vdz\nDEVTYPE=disk\n");
    tree_text(tree, CARD "/block/vdz/vdz1/dev", "250:1\n");
    tree_text(tree, CARD "/block/vdz/vdz1/partition", "1\n");
    tree_text(tree, CARD "/block/vdz/vdz1/uevent",
              "MAJOR=250\nMINOR=1\nDEVNAME=vdz1\nDEVTYPE=partition\n");
    tree_link(tree, CARD "/block/vdz/subsystem", "../../../../../class/block");
    tree_link(tree, CARD "/block/vdz/vdz1/subsystem", "../../../../../../class/block");
    tree_directory(tree, "sys/class/block");
}

static void make_interface(const struct tree *tree, const char *flags)
{
    make_card(tree, "e1000", "20000");
    tree_text(tree, CARD "/net/eth9/flags", flags);
    tree_text(tree, CARD "/net/eth9/uevent", "INTERFACE=eth9\n");
    tree_link(tree, CARD "/net/eth9/subsystem", "../../../../../class/net");
    tree_link(tree, "sys/class/net/eth9", "../../devices/pci0000:00/0000:00:04.0/net/eth9");
}

/* "mount swap?": the kinds that were found, a question mark where it is not certain. */
static void find(const struct tree *tree, char kinds[512])
{
    const struct ims_host_options how = {.size_bytes = sizeof(how), .root = tree->root};
    const struct ims_source_options source = {.size_bytes = sizeof(source), .ownership = true};
    const struct ims_address address = {0, 0, IMS_DEVFN(4, 0)};
    struct ims_topology *topology = NULL;
    struct ims_host *host = NULL;
    struct ims_uses uses = {0};
    struct ims_error error = {0};

    assert_int_equal(ims_source_load(tree->root, &source, &topology, &error), 0);
    assert_int_equal(ims_host_open(&how, &host, &error), 0);
    const struct ims_function function = ims_topology_find(topology, address);
    assert_int_equal(ims_host_uses(host, topology, &function, 1, &uses, &error), 0);
    kinds[0] = '\0';
    for (uint32_t i = 0; i < uses.count; i++) {
        const char *name = ims_use_kind_to_string(uses.uses[i].kind);

        assert_true(strlen(uses.uses[i].text) > 0);
        assert_true(strlen(uses.uses[i].evidence) > 0);
        snprintf(kinds + strlen(kinds), 512 - strlen(kinds), "%s%s%s", kinds[0] ? " " : "", name,
                 uses.uses[i].certain == IMS_YES ? "" : "?");
    }
    ims_uses_done(&uses);
    ims_host_close(host);
    ims_topology_free(topology);
}

static void expect(const struct tree *tree, const char *present, const char *absent)
{
    char kinds[512];
    char padded[520];
    char word[64];

    find(tree, kinds);
    snprintf(padded, sizeof(padded), " %s ", kinds);
    snprintf(word, sizeof(word), " %s ", present);
    if (*present && !strstr(padded, word))
        fail_msg("'%s' is not among: %s", present, kinds);
    snprintf(word, sizeof(word), " %s ", absent);
    if (*absent && strstr(padded, word))
        fail_msg("'%s' is among: %s", absent, kinds);
}

static void mounts_are_found(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    expect(&tree, "", "mount"); /* nothing is mounted */
    tree_text(&tree, "proc/self/mountinfo",
              "22 1 250:1 / /srv/data rw - ext4 /dev/vdz1 rw\n"
              "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    expect(&tree, "mount", "root-disk");
    tree_text(&tree, "proc/self/mountinfo", "22 1 250:1 / / rw - ext4 /dev/vdz1 rw\n");
    expect(&tree, "root-disk", "idle");
    tree_remove(&tree);
}

static void swap_is_found(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    tree_text(&tree, "proc/swaps",
              "Filename Type Size Used Priority\n/dev/other partition 1024 0 -2\n");
    expect(&tree, "", "swap");
    tree_text(&tree, "proc/swaps",
              "Filename Type Size Used Priority\n/dev/vdz1 partition 1024 0 -2\n");
    expect(&tree, "swap", "idle");
    tree_remove(&tree);
}

/* dm on a partition, mounted: the disk below is in use. */
static void stacked_devices_are_followed(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    tree_text(&tree, "sys/devices/virtual/block/dm-3/dev", "253:3\n");
    tree_text(&tree, "sys/devices/virtual/block/dm-3/uevent",
              "MAJOR=253\nMINOR=3\nDEVNAME=dm-3\nDEVTYPE=disk\n");
    tree_link(&tree, "sys/class/block/dm-3", "../../devices/virtual/block/dm-3");
    tree_link(&tree, CARD "/block/vdz/vdz1/holders/dm-3", "../../../../../../virtual/block/dm-3");
    expect(&tree, "stacked", "mount");
    tree_text(&tree, "proc/self/mountinfo", "22 1 253:3 / /srv rw - xfs /dev/mapper/x rw\n");
    expect(&tree, "mount", "idle");
    tree_remove(&tree);
}

static void routes_and_flags_of_an_interface(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_interface(&tree, "0x1002\n");
    tree_text(&tree, "proc/net/route",
              "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
              "eth9 0002A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
              "eth1 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0\n");
    expect(&tree, "address", "default-route"); /* a network without a gateway */
    tree_text(&tree, "proc/net/route",
              "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
              "eth1 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0\n");
    expect(&tree, "idle", "default-route");
    tree_text(&tree, "proc/net/route",
              "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
              "eth9 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0\n");
    expect(&tree, "default-route", "idle");
    tree_text(&tree, "proc/net/route", "\n");
    tree_text(&tree, CARD "/net/eth9/flags", "0x1003\n");
    expect(&tree, "link-up", "default-route");
    tree_remove(&tree);
}

/* A bridge above the interface has the route: the interface below carries it. */
static void uppers_are_followed(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_interface(&tree, "0x1002\n");
    tree_link(&tree, CARD "/net/eth9/upper_br0", "../../../../virtual/net/br0");
    tree_text(&tree, "proc/net/route",
              "Iface Destination\nbr0 00000000 0102A8C0 0003 0 0 0 00000000 0 0 0\n");
    expect(&tree, "default-route", "idle");
    expect(&tree, "master", "");
    tree_remove(&tree);
}

/* Fact 7: an empty net directory is an interface in another namespace. */
static void a_hidden_interface_is_not_free(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_card(&tree, "e1000", "20000");
    expect(&tree, "", "netns?");
    tree_directory(&tree, CARD "/net");
    expect(&tree, "netns?", "idle");
    tree_remove(&tree);
}

static void open_files_are_found(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_card(&tree, "uio_pci_generic", "20000");
    tree_link(&tree, "proc/1/fd/3", "/dev/null");
    expect(&tree, "", "open");
    tree_link(&tree, "proc/1/fd/4", "/sys/devices/pci0000:00/0000:00:04.0/resource0");
    expect(&tree, "open", "guest");
    tree_text(&tree, "proc/2/comm", "qemu-system-x86\n");
    tree_link(&tree, "proc/2/fd/9", "/sys/devices/pci0000:00/0000:00:04.0/config");
    expect(&tree, "guest", "");
    tree_remove(&tree);
}

/* Whoever has the group open owns its members; a group of another number is nobody's business. */
static void holders_of_the_group_are_guests(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_card(&tree, "vfio-pci", "20000");
    tree_link(&tree, CARD "/iommu_group", "../../../kernel/iommu_groups/7");
    tree_link(&tree, "sys/kernel/iommu_groups/7/devices/0000:00:04.0",
              "../../../../devices/pci0000:00/0000:00:04.0");
    tree_link(&tree, "proc/1/fd/4", "/dev/vfio/8");
    expect(&tree, "", "guest");
    tree_link(&tree, "proc/1/fd/5", "/dev/vfio/7");
    expect(&tree, "guest", "");
    tree_remove(&tree);
}

/* Nobody could look at any process: that is not known, not free. */
static void processes_that_cannot_be_seen_are_unknown(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_disk(&tree);
    expect(&tree, "", "open?");
    tree_remove(&tree);
    tree_make(&tree);
    tree_text(&tree, CARD "/uevent", "DRIVER=vfio-pci\nPCI_CLASS=20000\nPCI_ID=8086:100E\n");
    tree_link(&tree, DEVICES "0000:00:04.0", "../../../devices/pci0000:00/0000:00:04.0");
    expect(&tree, "open?", "open");
    tree_remove(&tree);
}

static void consoles_and_the_platform(void **state)
{
    (void)state;
    struct tree tree;

    tree_make(&tree);
    make_card(&tree, "serial", "70002");
    tree_text(&tree, CARD "/tty/ttyS4/dev", "4:68\n");
    tree_link(&tree, CARD "/tty/ttyS4/subsystem", "../../../../../class/tty");
    tree_text(&tree, "proc/consoles", "ttyS0 -W- (EC a) 4:64\n");
    expect(&tree, "", "console");
    tree_text(&tree, "proc/consoles", "ttyS4 -W- (EC a) 4:68\n");
    expect(&tree, "console", "");
    tree_text(&tree, CARD "/tpm/tpm0/dev", "10:224\n");
    tree_link(&tree, CARD "/tpm/tpm0/subsystem", "../../../../../class/tpm");
    expect(&tree, "system", "");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mounts_are_found),
        cmocka_unit_test(swap_is_found),
        cmocka_unit_test(stacked_devices_are_followed),
        cmocka_unit_test(routes_and_flags_of_an_interface),
        cmocka_unit_test(uppers_are_followed),
        cmocka_unit_test(a_hidden_interface_is_not_free),
        cmocka_unit_test(open_files_are_found),
        cmocka_unit_test(holders_of_the_group_are_guests),
        cmocka_unit_test(processes_that_cannot_be_seen_are_unknown),
        cmocka_unit_test(consoles_and_the_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
