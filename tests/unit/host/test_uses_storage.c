/* SPDX-License-Identifier: MIT */
/* What hangs on disks: stacks, NVMe heads, paths that stay, btrfs, overlays, swap files, boot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host_tree.h"

#define DISK FIRST "/block/vdz"

static void make_disk(struct tree *tree)
{
    host_make(tree, "ahci", "10601");
    host_device(tree, DISK, "block", "250:0\n");
    host_device(tree, DISK "/vdz1", "block", "250:1\n");
    tree_text(tree, DISK "/vdz1/partition", "1\n");
}

/* A partition in an array, a volume on the array, mounted: found through both. */
static void volumes_on_arrays_are_followed(void **state)
{
    (void)state;
    struct tree tree;

    make_disk(&tree);
    tree_text(&tree, VIRTUAL "/block/md5/dev", "9:5\n");
    tree_text(&tree, VIRTUAL "/block/md5/md/level", "raid1\n");
    tree_text(&tree, VIRTUAL "/block/dm-3/dev", "253:3\n");
    tree_text(&tree, VIRTUAL "/block/dm-3/dm/name", "vg-srv\n");
    tree_text(&tree, VIRTUAL "/block/dm-3/dm/uuid", "LVM-abc\n");
    tree_link(&tree, DISK "/vdz1/holders/md5", "../../../../../../virtual/block/md5");
    tree_link(&tree, VIRTUAL "/block/md5/holders/dm-3", "../../dm-3");
    tree_text(&tree, "proc/self/mountinfo", "9 1 253:4 / /srv rw - xfs /dev/mapper/vg-no rw\n");
    host_expect(&tree, "04 stacked /dev/vdz1", "04 stacked /dev/md5", "!04 mount");
    tree_text(&tree, "proc/self/mountinfo", "9 1 253:3 / /srv rw - xfs /dev/mapper/vg-srv rw\n");
    host_expect(&tree, "04 mount /dev/dm-3");
    tree_remove(&tree);
}

/* Fact 6: the disk is a head below the subsystem; the hidden path has no node. */
static void make_nvme(const struct tree *tree, const char *function, const char *controller,
                      const char *hidden, const char *link)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/nvme/%s", function, controller);
    host_device(tree, path, "nvme", "241:0\n");
    snprintf(path, sizeof(path), "%s/nvme/%s/state", function, controller);
    tree_text(tree, path, "live\n");
    snprintf(path, sizeof(path), "%s/nvme/%s/%s", function, controller, hidden);
    host_device(tree, path, "block", NULL);
    snprintf(path, sizeof(path), "%s/nvme/%s/%s/hidden", function, controller, hidden);
    tree_text(tree, path, "1\n");
    snprintf(path, sizeof(path), VIRTUAL "/nvme-subsystem/nvme-subsys0/%s", controller);
    tree_link(tree, path, link);
}

static void make_head(struct tree *tree)
{
    host_make(tree, "nvme", "10802");
    make_nvme(tree, FIRST, "nvme0", "nvme0c0n1", "../../../pci0000:00/0000:00:04.0/nvme/nvme0");
    tree_link(tree, "sys/class/nvme-subsystem/nvme-subsys0",
              "../../devices/virtual/nvme-subsystem/nvme-subsys0");
    host_device(tree, VIRTUAL "/nvme-subsystem/nvme-subsys0/nvme0n1", "block", "259:0\n");
}

static void heads_of_subsystems_are_disks(void **state)
{
    (void)state;
    struct tree tree;

    make_head(&tree);
    host_expect(&tree, "04 claimed-block? /dev/nvme0n1", "!04 mount");
    tree_text(&tree, "proc/self/mountinfo", "9 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n");
    host_expect(&tree, "04 root-disk /dev/nvme0n1", "!04 path");
    tree_remove(&tree);
}

/* Another controller keeps the head; not when it is taken too, or does not work. */
static void one_of_two_paths_may_go(void **state)
{
    (void)state;
    struct tree tree;

    make_head(&tree);
    host_function(&tree, "0000:00:05.0", "nvme", "10802");
    make_nvme(&tree, SECOND, "nvme1", "nvme0c1n1", "../../../pci0000:00/0000:00:05.0/nvme/nvme1");
    tree_text(&tree, "proc/self/mountinfo", "9 1 259:0 / / rw - ext4 /dev/nvme0n1 rw\n");
    host_expect(&tree, "04 path /dev/nvme0n1", "!04 root-disk");
    host_expect_both(&tree, "04 root-disk", "05 root-disk", "!04 path", "!05 path");
    tree_text(&tree, SECOND "/nvme/nvme1/state", "dead\n");
    host_expect(&tree, "04 root-disk", "!04 path");
    tree_remove(&tree);
}

/* The members of a btrfs stand in sysfs; its mounts have a device of their own. */
static void members_of_btrfs_are_found(void **state)
{
    (void)state;
    struct tree tree;

    make_disk(&tree);
    tree_text(&tree, VIRTUAL "/block/sdy/dev", "8:1\n");
    tree_link(&tree, "sys/fs/btrfs/1234/devices/sdy", "../../../../devices/virtual/block/sdy");
    tree_text(&tree, "proc/self/mountinfo", "9 1 0:40 / /pool rw - btrfs /dev/sdy rw\n");
    host_expect(&tree, "!04 mount", "!04 stacked");
    tree_link(&tree, "sys/fs/btrfs/1234/devices/vdz1",
              "../../../../devices/pci0000:00/0000:00:04.0/block/vdz/vdz1");
    host_expect(&tree, "04 mount /dev/vdz1", "04 stacked /dev/vdz1");
    tree_remove(&tree);
}

static void other_namespaces_count(void **state)
{
    (void)state;
    struct tree tree;

    make_disk(&tree);
    tree_text(&tree, "proc/self/mountinfo", "9 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    tree_text(&tree, "proc/77/mountinfo", "9 1 250:1 / / rw - ext4 /dev/vdz1 rw\n");
    host_expect(&tree, "04 mount /dev/vdz1", "!04 root-disk"); /* the root of a container */
    tree_remove(&tree);
}

static void layers_of_the_root_are_vital(void **state)
{
    (void)state;
    struct tree tree;

    make_disk(&tree);
    tree_text(&tree, "proc/self/mountinfo",
              "8 1 250:1 / /run/upper rw - ext4 /dev/vdz1 rw\n"
              "9 1 0:30 / / rw - overlay overlay rw,lowerdir=/run/l,upperdir=/run/other/u\n");
    host_expect(&tree, "04 mount", "!04 root-disk");
    tree_text(&tree, "proc/self/mountinfo",
              "8 1 250:1 / /run/upper rw - ext4 /dev/vdz1 rw\n"
              "9 1 0:30 / / rw - overlay overlay rw,lowerdir=/run/l,upperdir=/run/upper/u\n");
    host_expect(&tree, "04 root-disk");
    tree_remove(&tree);
}

static void swap_files_lie_on_disks(void **state)
{
    (void)state;
    struct tree tree;

    make_disk(&tree);
    tree_text(&tree, "proc/self/mountinfo",
              "8 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
              "9 1 250:1 / /big\\040one rw - ext4 /dev/vdz1 rw\n");
    tree_text(&tree, "proc/swaps", "Filename Type\n/swapfile file 1 0 -2\n");
    host_expect(&tree, "!04 swap");
    tree_text(&tree, "proc/swaps", "Filename Type\n/big\\040one/swapfile file 1 0 -2\n");
    host_expect(&tree, "04 swap /dev/vdz1");
    tree_remove(&tree);
}

/* BootCurrent 0007; Boot0007 names a partition by its GUID. */
static void the_partition_of_the_boot_is_vital(void **state)
{
    (void)state;
    static const char current[] = "\6\0\0\0\7\0";
    uint8_t option[4 + 6 + 4 + 42 + 4] = {7, 0, 0, 0, 1, 0, 0, 0, 46, 0, 'x', 0, 0, 0, 4, 1, 42};
    struct tree tree;

    make_disk(&tree);
    memcpy(option + 14 + 24, "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
           16);
    option[14 + 40] = 2;
    option[14 + 41] = 2;
    option[14 + 42] = 0x7f;
    option[14 + 44] = 4;
    tree_bytes(&tree, "sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c",
               current, 6);
    tree_bytes(&tree, "sys/firmware/efi/efivars/Boot0007-8be4df61-93ca-11d2-aa0d-00e098032b8c",
               option, sizeof(option));
    tree_text(&tree, DISK "/vdz1/uevent", "DEVNAME=vdz1\nPARTUUID=00112233-4455\n");
    host_expect(&tree, "!04 root-disk");
    tree_text(&tree, DISK "/vdz1/uevent",
              "DEVNAME=vdz1\nPARTUUID=00112233-4455-6677-8899-aabbccddeeff\n");
    host_expect(&tree, "04 root-disk /dev/vdz1");
    tree_remove(&tree);
}

/* Only the running host could open it exclusively. */
static void a_copy_does_not_know_who_holds_a_disk(void **state)
{
    (void)state;
    struct tree tree;

    make_disk(&tree);
    host_expect(&tree, "04 claimed-block? /dev/vdz", "!04 idle", "!04 data");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(volumes_on_arrays_are_followed),
        cmocka_unit_test(heads_of_subsystems_are_disks),
        cmocka_unit_test(one_of_two_paths_may_go),
        cmocka_unit_test(members_of_btrfs_are_found),
        cmocka_unit_test(other_namespaces_count),
        cmocka_unit_test(layers_of_the_root_are_vital),
        cmocka_unit_test(swap_files_lie_on_disks),
        cmocka_unit_test(the_partition_of_the_boot_is_vital),
        cmocka_unit_test(a_copy_does_not_know_who_holds_a_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
