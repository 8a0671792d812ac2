/* SPDX-License-Identifier: MIT */
/* Who has the VFIO group of a function open, or that of one of its VFs, is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/process.h"
#include "host_tree.h"

static void make_group(const struct tree *tree, const char *function, const char *group)
{
    char name[256];
    char target[64];

    snprintf(name, sizeof(name), "sys/devices/pci0000:00/%s/iommu_group", function);
    snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%s", group);
    tree_link(tree, name, target);
}

static struct ims_holder find(const struct tree *tree, unsigned device, bool expected)
{
    const struct ims_host_options how = {.size_bytes = sizeof(how), .root = tree->root};
    struct ims_holder holder;
    struct ims_host *host = NULL;

    assert_int_equal(ims_host_open(&how, &host, NULL), 0);
    const struct ims_address address = {0, 0, (uint8_t)IMS_DEVFN(device, 0)};
    assert_int_equal(ims_process_find_holder(host, address, &holder), expected);
    ims_host_close(host);
    return holder;
}

static void holders_are_named(void **state)
{
    (void)state;
    static const char command[] = "/usr/bin/qemu\0-name\0guest=web1,debug-threads=on\0-m";
    struct tree tree;

    host_make(&tree, "vfio-pci", "20000");
    host_function(&tree, "0000:00:05.0", "igb", "20000");
    make_group(&tree, "0000:00:04.0", "7");
    make_group(&tree, "0000:00:05.0", "8");
    tree_link(&tree, SECOND "/virtfn0", "../0000:00:05.2");
    tree_link(&tree, SECOND "/virtfn1", "../0000:00:05.4");
    make_group(&tree, "0000:00:05.2", "9");
    make_group(&tree, "0000:00:05.4", "10");
    tree_link(&tree, "proc/1/fd/3", "/dev/vfio/70"); /* neither 7 nor 9 nor 10 */
    tree_link(&tree, "proc/1/fd/4", "/dev/vfio/vfio");
    assert_int_equal(find(&tree, 4, false).pid, 0);
    assert_int_equal(find(&tree, 5, false).pid, 0);
    assert_int_equal(find(&tree, 6, false).pid, 0); /* no such function */

    tree_text(&tree, "proc/22/comm", "qemu-system-x86\n");
    tree_bytes(&tree, "proc/22/cmdline", command, sizeof(command));
    tree_link(&tree, "proc/22/fd/5", "/dev/vfio/7");
    tree_text(&tree, "proc/33/comm", "dpdk-testpmd\n");
    tree_link(&tree, "proc/33/fd/0", "/dev/vfio/10");
    const struct ims_holder guest = find(&tree, 4, true);
    assert_int_equal(guest.pid, 22);
    assert_string_equal(guest.name, "qemu-system-x86");
    assert_string_equal(guest.guest, "web1");
    const struct ims_holder of_vf = find(&tree, 5, true);
    assert_int_equal(of_vf.pid, 33);
    assert_string_equal(of_vf.name, "dpdk-testpmd");
    assert_string_equal(of_vf.guest, "");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(holders_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
