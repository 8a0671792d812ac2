/* SPDX-License-Identifier: MIT */
/* Words of the kernel command line as boot loaders want them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "output/bootloader.h"

struct row {
    enum ims_bootloader loader;
    const char *add;
    const char *remove;
    const char *cmdline;
    const char *lines[8];
};

static const struct row rows[] = {
    {IMS_BOOTLOADER_NONE, "a=1", "", NULL, {NULL}},
    {IMS_BOOTLOADER_GRUB, "", "", "quiet", {NULL}},
    {IMS_BOOTLOADER_GRUB,
     "a=1 b=2;3",
     "c d",
     NULL,
     {"# at the end of /etc/default/grub", "# and take out of it: c d",
      "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT a=1 \\\"b=2;3\\\"\"",
      "update-grub"}},
    {IMS_BOOTLOADER_GRUB,
     "",
     "c",
     NULL,
     {"# at the end of /etc/default/grub", "# and take out of it: c", "update-grub"}},
    {IMS_BOOTLOADER_GRUBBY,
     "a=1 b=2;3",
     "c=4;5",
     NULL,
     {"grubby --update-kernel=ALL --remove-args='\"c=4;5\"' --args='a=1 \"b=2;3\"'"}},
    {IMS_BOOTLOADER_GRUBBY, "", "c", NULL, {"grubby --update-kernel=ALL --remove-args='c'"}},
    {IMS_BOOTLOADER_SYSTEMD_BOOT,
     "a=1;2",
     "c",
     "BOOT_IMAGE=/vmlinuz initrd=/initrd root=/dev/sda2  quiet a=1;2",
     {"# /etc/kernel/cmdline, all of it in one line", "root=/dev/sda2 quiet a=1;2",
      "kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\""}},
    {IMS_BOOTLOADER_SYSTEMD_BOOT,
     "a=1;2",
     "c",
     NULL,
     {"# take out of the line in /etc/kernel/cmdline: c",
      "# add to the line in /etc/kernel/cmdline", "a=1;2",
      "kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\""}},
    {IMS_BOOTLOADER_PROXMOX,
     "a=1",
     "",
     "quiet a=1",
     {"# where proxmox-boot-tool status says uefi:", "# /etc/kernel/cmdline, all of it in one line",
      "quiet a=1", "proxmox-boot-tool refresh",
      "# where it says grub, or knows no boot partition:", "# at the end of /etc/default/grub",
      "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT a=1\"",
      "update-grub && proxmox-boot-tool refresh"}},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct ims_maker maker = {0};
        json_t *got =
            ims_bootloader_lines(&maker, row->loader, row->add, row->remove, row->cmdline);
        size_t count = 0;

        while (count < 8 && row->lines[count])
            count++;
        assert_false(maker.failed);
        assert_int_equal(json_array_size(got), count);
        for (size_t j = 0; j < count; j++)
            assert_string_equal(json_string_value(json_array_get(got, j)), row->lines[j]);
        json_decref(got);
    }
}

static void names(void **state)
{
    (void)state;
    assert_null(ims_bootloader_to_string(IMS_BOOTLOADER_NONE));
    assert_string_equal(ims_bootloader_to_string(IMS_BOOTLOADER_SYSTEMD_BOOT), "systemd-boot");
    assert_null(ims_bootloader_to_string((enum ims_bootloader)99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
