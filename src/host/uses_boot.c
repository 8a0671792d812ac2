/* SPDX-License-Identifier: MIT */
/* The partition that the firmware started the machine from; it need not be mounted any more. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/uses.h"

#define VARIABLE_GUID "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define VARIABLE_MAX_BYTES 4096u
#define GUID_TEXT_SIZE 37u

/* Device path nodes (UEFI specification, 10.3): media device, hard drive. */
#define NODE_MEDIA 0x04u
#define NODE_HARD_DRIVE 0x01u
#define NODE_END 0x7fu
#define HARD_DRIVE_BYTES 42u
#define HARD_DRIVE_SIGNATURE 24u
#define HARD_DRIVE_SIGNATURE_TYPE 41u
#define SIGNATURE_IS_GUID 2u

/* A variable behind its four bytes of attributes. Returns its length, 0 when there is none. */
static size_t read_variable(struct ims_search *search, const char *name,
                            uint8_t ret[VARIABLE_MAX_BYTES])
{
    uint8_t attributes[4];
    char path[128];
    size_t length = 0;
    ssize_t got;

    snprintf(path, sizeof(path), "firmware/efi/efivars/%s-" VARIABLE_GUID, name);
    const int fd = ims_host_open_file(search->host->sys_fd, path);
    if (fd < 0)
        return 0;
    if (read(fd, attributes, sizeof(attributes)) == (ssize_t)sizeof(attributes))
        while (length < VARIABLE_MAX_BYTES &&
               (got = read(fd, ret + length, VARIABLE_MAX_BYTES - length)) > 0)
            length += (size_t)got;
    close(fd);
    return length;
}

/* The first three parts of a GUID are little endian. */
static void format_guid(const uint8_t *bytes, char text[GUID_TEXT_SIZE])
{
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char *at = text;

    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += snprintf(at, 3, "%02x", bytes[order[i]]);
    }
}

/* A load option: attributes, length of the paths, a name in UTF-16, the paths. */
static bool find_partition(const uint8_t *option, size_t length, char ret[GUID_TEXT_SIZE])
{
    size_t at = 6;

    while (at + 1 < length && (option[at] || option[at + 1]))
        at += 2;
    at += 2;
    while (at + 4 <= length && option[at] != NODE_END) {
        const size_t size = option[at + 2] | (size_t)option[at + 3] << 8;

        if (size < 4 || at + size > length)
            return false;
        if (option[at] == NODE_MEDIA && option[at + 1] == NODE_HARD_DRIVE &&
            size >= HARD_DRIVE_BYTES &&
            option[at + HARD_DRIVE_SIGNATURE_TYPE] == SIGNATURE_IS_GUID) {
            format_guid(option + at + HARD_DRIVE_SIGNATURE, ret);
            return true;
        }
        at += size;
    }
    return false;
}

/* The id of a partition, from udev or from the kernel's own event. */
static const char *read_partition(struct ims_search *search, const struct ims_search_block *block)
{
    static const char key[] = "\nPARTUUID=";
    const char *noted = ims_search_udev(search, block, "ID_PART_ENTRY_UUID");
    char text[4096] = "\n";

    if (noted)
        return noted;
    if (ims_search_read(search, block->path, "uevent", text + 1, sizeof(text) - 1) < 0)
        return "";
    const char *found = strstr(text, key);
    if (!found)
        return "";
    found += sizeof(key) - 1;
    return ims_search_format(search, "%.*s", (int)strcspn(found, "\n"), found);
}

void ims_search_boot(struct ims_search *search)
{
    uint8_t option[VARIABLE_MAX_BYTES];
    char name[16];
    char wanted[GUID_TEXT_SIZE];

    if (search->block_count == 0 || read_variable(search, "BootCurrent", option) < 2)
        return;
    snprintf(name, sizeof(name), "Boot%04X", (unsigned)(option[0] | option[1] << 8));
    if (!find_partition(option, read_variable(search, name, option), wanted))
        return;
    for (uint32_t i = 0; i < search->block_count; i++) {
        struct ims_search_block *block = &search->blocks[i];

        if (!block->is_stacked && strcasecmp(read_partition(search, block), wanted) == 0)
            ims_search_say_block(
                search, block, IMS_USE_ROOT_DISK, IMS_YES,
                ims_search_format(search, "EFI variable %s: %s", name, wanted),
                ims_search_format(search, "the machine was started from /dev/%s", block->dev_name));
    }
}
