/* SPDX-License-Identifier: MIT */
#include "output/bootloader.h"

#include <string.h>

#include "base/text.h"

const char *ims_bootloader_to_string(enum ims_bootloader loader)
{
    static const char *const names[] = {NULL, "grub", "grubby", "systemd-boot", "proxmox"};

    return (unsigned)loader < sizeof(names) / sizeof(names[0]) ? names[loader] : NULL;
}

/*
 * GRUB reads its configuration as a script, where a semicolon ends a command: words that have one
 * are put in double quotes, which GRUB takes off. escape stands before each quote.
 */
static void append_words(struct ims_text *text, const char *words, const char *escape)
{
    const char *separator = "";

    while (*words) {
        const size_t length = strcspn(words, " ");
        const bool quoted = memchr(words, ';', length) && words[0] != '"';

        ims_text_append(text, separator);
        if (quoted)
            ims_text_appendf(text, "%s\"", escape);
        ims_text_append_bytes(text, words, length);
        if (quoted)
            ims_text_appendf(text, "%s\"", escape);
        words += length;
        words += strspn(words, " ");
        separator = " ";
    }
}

static void take(struct ims_maker *maker, json_t *lines, struct ims_text *text)
{
    const char *line = ims_text_get(text);

    if (line)
        ims_make_append(maker, lines, ims_make_string(line));
    else
        maker->failed = true;
    ims_text_done(text);
}

static void literal(struct ims_maker *maker, json_t *lines, const char *line)
{
    ims_make_append(maker, lines, ims_make_string(line));
}

static void grub(struct ims_maker *maker, json_t *lines, const char *add, const char *remove,
                 const char *end)
{
    struct ims_text line = {0};

    literal(maker, lines, "# at the end of /etc/default/grub");
    if (*remove) {
        ims_text_appendf(&line, "# and take out of it: %s", remove);
        take(maker, lines, &line);
    }
    if (*add) {
        ims_text_append(&line, "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT ");
        append_words(&line, add, "\\");
        ims_text_append(&line, "\"");
        take(maker, lines, &line);
    }
    literal(maker, lines, end);
}

static void grubby(struct ims_maker *maker, json_t *lines, const char *add, const char *remove)
{
    struct ims_text line = {0};

    ims_text_append(&line, "grubby --update-kernel=ALL");
    if (*remove) {
        ims_text_append(&line, " --remove-args='");
        append_words(&line, remove, "");
        ims_text_append(&line, "'");
    }
    if (*add) {
        ims_text_append(&line, " --args='");
        append_words(&line, add, "");
        ims_text_append(&line, "'");
    }
    take(maker, lines, &line);
}

/* What boot loaders put in front of a command line themselves. */
static bool is_of_loader(const char *word, size_t length)
{
    return (length >= 11 && memcmp(word, "BOOT_IMAGE=", 11) == 0) ||
           (length >= 7 && memcmp(word, "initrd=", 7) == 0);
}

/* /etc/kernel/cmdline holds the whole command line in one line. */
static void kernel_cmdline(struct ims_maker *maker, json_t *lines, const char *add,
                           const char *remove, const char *cmdline)
{
    struct ims_text line = {0};

    if (cmdline) {
        const char *separator = "";

        literal(maker, lines, "# /etc/kernel/cmdline, all of it in one line");
        while (*cmdline) {
            const size_t length = strcspn(cmdline, " ");

            if (length > 0 && !is_of_loader(cmdline, length)) {
                ims_text_append(&line, separator);
                ims_text_append_bytes(&line, cmdline, length);
                separator = " ";
            }
            cmdline += length;
            cmdline += strspn(cmdline, " ");
        }
        take(maker, lines, &line);
        return;
    }
    if (*remove) {
        ims_text_appendf(&line, "# take out of the line in /etc/kernel/cmdline: %s", remove);
        take(maker, lines, &line);
    }
    if (*add) {
        literal(maker, lines, "# add to the line in /etc/kernel/cmdline");
        literal(maker, lines, add);
    }
}

json_t *ims_bootloader_lines(struct ims_maker *maker, enum ims_bootloader loader, const char *add,
                             const char *remove, const char *cmdline)
{
    json_t *lines = json_array();

    if (!*add && !*remove)
        return lines;
    switch (loader) {
    case IMS_BOOTLOADER_NONE:
        break;
    case IMS_BOOTLOADER_GRUB:
        grub(maker, lines, add, remove, "update-grub");
        break;
    case IMS_BOOTLOADER_GRUBBY:
        grubby(maker, lines, add, remove);
        break;
    case IMS_BOOTLOADER_SYSTEMD_BOOT:
        kernel_cmdline(maker, lines, add, remove, cmdline);
        literal(maker, lines,
                "kernel-install add \"$(uname -r)\" \"/lib/modules/$(uname -r)/vmlinuz\"");
        break;
    case IMS_BOOTLOADER_PROXMOX:
        literal(maker, lines, "# where proxmox-boot-tool status says uefi:");
        kernel_cmdline(maker, lines, add, remove, cmdline);
        literal(maker, lines, "proxmox-boot-tool refresh");
        literal(maker, lines, "# where it says grub, or knows no boot partition:");
        grub(maker, lines, add, remove, "update-grub && proxmox-boot-tool refresh");
        break;
    }
    return lines;
}
