/* SPDX-License-Identifier: MIT */
/* Displays, keyboards and the rest; and trees that somebody made to trap whoever reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_tree.h"

#define KEYS "10000 7 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n"

static void displays_and_frame_buffers(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "i915", "30000");
    host_device(&tree, FIRST "/drm/card0/card0-DP-1", "drm", NULL);
    host_device(&tree, FIRST "/graphics/fb0", "graphics", "29:0\n");
    tree_text(&tree, FIRST "/drm/card0/card0-DP-1/status", "disconnected\n");
    tree_text(&tree, "sys/class/vtconsole/vtcon1/name", "(M) frame buffer device\n");
    tree_text(&tree, "sys/class/vtconsole/vtcon1/bind", "0\n");
    host_expect(&tree, "!04 display", "!04 console", "!04 boot-vga");
    tree_text(&tree, FIRST "/drm/card0/card0-DP-1/status", "connected\n");
    tree_text(&tree, "sys/class/vtconsole/vtcon1/bind", "1\n");
    tree_text(&tree, FIRST "/boot_vga", "1\n");
    host_expect(&tree, "04 display card0-DP-1", "04 console fb0", "04 boot-vga");
    tree_remove(&tree);
}

static void the_frame_buffer_of_the_firmware(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "nouveau", "30000");
    tree_text(&tree, FIRST "/resource",
              "0x00000000c0000000 0x00000000c1ffffff 0x0000000000040200\n");
    tree_directory(&tree, "sys/devices/platform/simple-framebuffer.0");
    tree_text(&tree, "proc/iomem", "  d0000000-d07fffff : BOOTFB\n");
    host_expect(&tree, "!04 console");
    tree_text(&tree, "proc/iomem", "  00000000-00000000 : BOOTFB\n");
    host_expect(&tree, "04 console? BOOTFB");
    tree_text(&tree, "proc/iomem", "  c0000000-c07fffff : BOOTFB\n");
    host_expect(&tree, "04 console BOOTFB");
    tree_remove(&tree);
}

static void only_the_last_keyboard_matters(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "xhci_hcd", "c0330");
    host_device(&tree, FIRST "/usb1/1-1/input/input3", "input", NULL);
    tree_text(&tree, FIRST "/usb1/1-1/input/input3/capabilities/key", "fc00000\n");
    host_expect(&tree, "!04 keyboard");
    tree_text(&tree, FIRST "/usb1/1-1/input/input3/capabilities/key", KEYS);
    tree_text(&tree, FIRST "/usb1/1-1/input/input3/name", "Some Keyboard\n");
    host_expect(&tree, "04 keyboard Some Keyboard");
    tree_text(&tree, "sys/devices/virtual/input/input9/capabilities/key", KEYS);
    tree_link(&tree, "sys/class/input/input9", "../../devices/virtual/input/input9");
    host_expect(&tree, "04 keyboard"); /* made by a program: nobody types there */
    tree_text(&tree, "sys/devices/platform/i8042/input/input1/capabilities/key", KEYS);
    tree_link(&tree, "sys/class/input/input1", "../../devices/platform/i8042/input/input1");
    host_expect(&tree, "!04 keyboard", "04 idle Some Keyboard");
    tree_remove(&tree);
}

static void functions_that_depend_on_it(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "xe", "30000");
    tree_text(&tree, FIRST "/sriov_numvfs", "0\n");
    tree_text(&tree, FIRST "/consumer:pci:0000:00:05.0/status", "not tracked\n");
    tree_text(&tree, FIRST "/infiniband/mlx5_0/ports/1/state", "1: DOWN\n");
    host_device(&tree, FIRST "/infiniband/mlx5_0", "infiniband", NULL);
    host_expect(&tree, "!04 consumer", "!04 vfs", "!04 rdma");
    tree_text(&tree, FIRST "/sriov_numvfs", "2\n");
    tree_text(&tree, FIRST "/consumer:pci:0000:00:05.0/status", "active\n");
    tree_text(&tree, FIRST "/infiniband/mlx5_0/ports/1/state", "4: ACTIVE\n");
    host_expect(&tree, "04 consumer pci:0000:00:05.0", "04 vfs", "04 rdma mlx5_0");
    tree_remove(&tree);
}

static void what_is_not_understood_is_unknown(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "qat_4xxx", "b4000");
    host_expect(&tree, "04 idle? qat_4xxx");
    host_device(&tree, FIRST "/i2c-4", "i2c", NULL);
    host_expect(&tree, "04 idle qat_4xxx");
    tree_remove(&tree);
}

/* 6.18: the descriptor of a device says which one; the name of the guest is in its command line. */
static void anonymous_descriptors_of_vfio(void **state)
{
    (void)state;
    static const char words[] = "qemu\0-name\0guest=web,debug=on";
    struct tree tree;

    host_make(&tree, "vfio-pci", "20000");
    tree_text(&tree, "proc/7/comm", "qemu-system-x86\n");
    tree_bytes(&tree, "proc/7/cmdline", words, sizeof(words));
    tree_link(&tree, "proc/7/fd/9", "anon_inode:[vfio-device]");
    tree_text(&tree, "proc/7/fdinfo/9",
              "pos: 0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:00:05.0\n");
    host_expect(&tree, "!04 guest");
    tree_text(&tree, "proc/7/fdinfo/9",
              "pos: 0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:00:04.0\n");
    host_expect(&tree, "04 guest process 7 (qemu-system-x86)");
    tree_remove(&tree);
}

/* Reading configuration space is what every lspci does. */
static void readers_of_config_are_no_users(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "e1000", "20000");
    tree_link(&tree, "proc/7/fd/3", "/sys/devices/pci0000:00/0000:00:04.0/config");
    tree_text(&tree, "proc/7/fdinfo/3", "pos:\t0\nflags:\t0100000\n");
    host_expect(&tree, "!04 open");
    tree_text(&tree, "proc/7/fdinfo/3", "pos:\t0\nflags:\t0100002\n");
    host_expect(&tree, "04 open process 7");
    tree_remove(&tree);
}

/* ---- traps ---- */

static void loops_and_pipes_end(void **state)
{
    (void)state;
    struct tree tree;
    char path[1024];

    host_make(&tree, "ahci", "10601");
    host_device(&tree, FIRST "/block/vdz", "block", "250:0\n");
    tree_link(&tree, FIRST "/block/vdz/holders/dm-0", "../../../../../virtual/block/dm-0");
    tree_link(&tree, VIRTUAL "/block/dm-0/holders/dm-1", "../../dm-1");
    tree_link(&tree, VIRTUAL "/block/dm-1/holders/dm-0", "../../dm-0");
    tree_link(&tree, FIRST "/block/vdz/holders/up", "../../../../../../../../../etc");
    tree_link(&tree, FIRST "/block/vdz/holders/one", "../../../../../../x");
    tree_link(&tree, FIRST "/self", ".");
    tree_link(&tree, "proc/7/fd/1", "1");
    const char *const pipes[] = {"proc/self/mountinfo",   "proc/swaps",
                                 "proc/net/route",        "proc/consoles",
                                 FIRST "/block/vdz/size", FIRST "/boot_vga"};
    for (size_t i = 0; i < sizeof(pipes) / sizeof(pipes[0]); i++) {
        tree_path(&tree, path, pipes[i]);
        assert_int_equal(mkfifo(path, 0644), 0);
    }
    host_expect(&tree, "04 stacked /dev/vdz", "04 stacked /dev/dm-0", "04 stacked /dev/dm-1");
    tree_remove(&tree);
}

/* Deeper than any bus: what is below is not known, and that is said. */
static void depths_are_told(void **state)
{
    (void)state;
    struct tree tree;
    char path[1024] = FIRST;

    host_make(&tree, "xhci_hcd", "c0330");
    host_expect(&tree, "!04 system?");
    for (unsigned i = 0; i < 60; i++)
        strcat(path, "/deep");
    tree_directory(&tree, path);
    host_expect(&tree, "04 system? sysfs");
    tree_remove(&tree);
}

static void names_may_hold_anything(void **state)
{
    (void)state;
    struct tree tree;

    host_make(&tree, "e1000", "20000");
    host_device(&tree, FIRST "/net/e\033[2J\n%s%n", "net", NULL);
    tree_text(&tree, FIRST "/net/e\033[2J\n%s%n/flags", "0x1003\n");
    host_device(&tree, FIRST "/block/%s", "block", "99999999999:1\n");
    tree_text(&tree, FIRST "/block/%s/uevent", "DEVNAME=../../%n\n");
    tree_text(&tree, "proc/net/route",
              "x\n\n \t\n"
              "eth9 zz yy 1 0 0 0 0\n");
    tree_text(&tree, "proc/self/mountinfo",
              "1 2\n- - -\n1 1 1:1:1 / / - \n\\04\\9 1 0:0 / \\ - a b\n");
    host_expect(&tree, "04 link-up e\033[2J\n%s%n", "04 claimed-block?");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displays_and_frame_buffers),
        cmocka_unit_test(the_frame_buffer_of_the_firmware),
        cmocka_unit_test(only_the_last_keyboard_matters),
        cmocka_unit_test(functions_that_depend_on_it),
        cmocka_unit_test(what_is_not_understood_is_unknown),
        cmocka_unit_test(anonymous_descriptors_of_vfio),
        cmocka_unit_test(readers_of_config_are_no_users),
        cmocka_unit_test(loops_and_pipes_end),
        cmocka_unit_test(depths_are_told),
        cmocka_unit_test(names_may_hold_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
