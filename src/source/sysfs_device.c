/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "pci/regs.h"

#define RESOURCE_MAX_BYTES 4096u
#define VMD_FIRST_SEGMENT 0x10000u /* R2.1 */

/* "pci0000:00": the directory of a root bus. */
static bool parse_root_bus(const char *text, uint32_t *ret_segment, uint8_t *ret_bus)
{
    uint64_t segment;
    uint64_t bus;

    if (strncmp(text, "pci", 3) != 0)
        return false;
    const char *colon = strchr(text + 3, ':');
    if (!colon || ims_number_hex(text + 3, (size_t)(colon - text - 3), UINT32_MAX, &segment) < 0 ||
        ims_number_hex(colon + 1, strlen(colon + 1), 0xff, &bus) < 0)
        return false;
    *ret_segment = (uint32_t)segment;
    *ret_bus = (uint8_t)bus;
    return true;
}

/*
 * Where the function hangs: ".../pci0000:00/0000:00:1c.0/0000:01:00.0". A VF stands beside its PF,
 * so its place says nothing of its own bus (R1.2). A VMD endpoint has a root bus below it (R5.9).
 */
static void take_place(struct ims_sysfs_entry *entry, char *target, struct ims_record *record)
{
    struct ims_address above;
    bool has_above = false;
    bool is_root = false;
    char *rest = NULL;

    for (char *part = strtok_r(target, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
        struct ims_address address;
        uint32_t segment;
        uint8_t bus;

        if (ims_address_parse(part, &address) == 0) {
            if (ims_address_compare(address, entry->address) == 0)
                break;
            above = address;
            has_above = true;
            is_root = false;
        } else if (parse_root_bus(part, &segment, &bus)) {
            if (has_above && segment >= VMD_FIRST_SEGMENT && segment == entry->address.segment) {
                record->vmd_endpoint_stated = true;
                record->vmd_endpoint = above;
            }
            has_above = false;
            is_root = segment == entry->address.segment && bus == entry->address.bus;
        }
    }
    if (record->is_vf == IMS_YES)
        return;
    record->on_root_bus = is_root;
    entry->has_parent = has_above && above.segment == entry->address.segment;
    if (entry->has_parent)
        entry->parent = above;
}

/*
 * Where root buses hang that are not the machine's own: below a host controller of the device tree,
 * below VMD. target is that of a link: "../../../devices/platform/40000000.pcie/pci0000:00/...".
 */
static int take_root_path(struct ims_sysfs_reader *reader, const char *target,
                          struct ims_record *record)
{
    const char *start = strstr(target, "devices/");
    const char *end = strrchr(target, '/');
    char usual[sizeof("pci12345678:00")];

    if (!start || end <= start + strlen("devices/"))
        return 0;
    start += strlen("devices/");
    snprintf(usual, sizeof(usual), "pci%04x:%02x", record->address.segment, record->address.bus);
    const size_t length = (size_t)(end - start);
    const char *last = memrchr(start, '/', length);
    if (!last || (size_t)(end - last - 1) != strlen(usual) ||
        strncmp(last + 1, usual, strlen(usual)) != 0)
        return 0;
    record->root_path = ims_builder_string(reader->builder, start, length);
    return record->root_path ? 0 : -ENOMEM;
}

/* Links: physical function, group, IOMMU instance. Returns -ENOMEM. */
static int take_links(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    char target[IMS_SYSFS_LINK_MAX_BYTES];
    uint64_t number;

    const char *name = ims_sysfs_link_name(dir_fd, "physfn", target);
    if (name) {
        record->is_vf = IMS_YES;
        record->physfn_stated = ims_address_parse(name, &record->physfn) == 0;
    } else if (reader->is_live) {
        record->is_vf = IMS_NO; /* the kernel always shows it */
    }

    name = ims_sysfs_link_name(dir_fd, "iommu_group", target);
    if (name && ims_number_decimal(name, strlen(name), UINT32_MAX, &number) == 0) {
        record->group_state = IMS_GROUP_KNOWN;
        record->group = (uint32_t)number;
    }

    name = ims_sysfs_link_name(dir_fd, "iommu", target);
    if (name) {
        record->iommu = ims_sysfs_keep(reader, name);
        if (!record->iommu)
            return -ENOMEM;
    }
    return 0;
}

/* Up to 13 lines "START END FLAGS". */
static void take_resources(int dir_fd, struct ims_record *record)
{
    char text[RESOURCE_MAX_BYTES];
    char *rest = NULL;

    if (ims_sysfs_read_file(dir_fd, "resource", text, sizeof(text)) <= 0)
        return;
    for (char *line = strtok_r(text, "\n", &rest);
         line && record->resource_count < IMS_RESOURCE_COUNT; line = strtok_r(NULL, "\n", &rest)) {
        uint64_t values[3];
        char *word_rest = NULL;
        unsigned count = 0;

        for (char *word = strtok_r(line, " \t\r", &word_rest); word && count < 3;
             word = strtok_r(NULL, " \t\r", &word_rest), count++)
            if (ims_number_hex_prefixed(word, strlen(word), UINT64_MAX, &values[count]) < 0)
                return;
        if (count < 3)
            return;
        record->resources[record->resource_count++] =
            (struct ims_resource){values[0], values[1], values[2]};
    }
}

/* A text file of one line. Returns NULL when it is not there or empty; *r becomes -ENOMEM. */
static const char *take_text(struct ims_sysfs_reader *reader, int dir_fd, const char *name, int *r)
{
    const ssize_t length =
        ims_sysfs_read_file(dir_fd, name, reader->buffer, IMS_SYSFS_FILE_MAX_BYTES + 1);
    if (length <= 0 || *r < 0)
        return NULL;
    const char *text = ims_sysfs_keep(reader, reader->buffer);
    if (!text)
        *r = -ENOMEM;
    return text;
}

static int take_attributes(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    char text[16];
    uint32_t number;
    int r = 0;

    record->power_state = take_text(reader, dir_fd, "power_state", &r);
    record->label = take_text(reader, dir_fd, "label", &r);
    if (ims_sysfs_read_file(dir_fd, "numa_node", text, sizeof(text)) > 0) {
        const bool is_none = strcmp(text, "-1") == 0;
        uint64_t node;
        if (is_none || ims_number_decimal(text, strlen(text), INT32_MAX, &node) == 0) {
            record->numa_stated = true;
            record->numa_node = is_none ? -1 : (int32_t)node;
        }
    }
    if (ims_sysfs_read_decimal(dir_fd, "boot_vga", 1, &number) == 0)
        record->boot_vga = ims_tristate_from_bool(number == 1);
    return r;
}

/*
 * Whether reading configuration space would wake the function. Kernels before 5.11 do not show the
 * power state; there a function that is suspended and may go to D3cold is taken to be there.
 */
static bool is_asleep(int dir_fd, const struct ims_record *record)
{
    char text[32];
    uint32_t allowed;

    if (record->power_state && strcmp(record->power_state, "unknown") != 0)
        return strcmp(record->power_state, "D3cold") == 0;
    return ims_sysfs_read_file(dir_fd, "power/runtime_status", text, sizeof(text)) > 0 &&
           strcmp(text, "suspended") == 0 &&
           ims_sysfs_read_decimal(dir_fd, "d3cold_allowed", 1, &allowed) == 0 && allowed == 1;
}

static ssize_t read_config(void *context, void *buffer, size_t size_bytes, unsigned offset)
{
    const int fd = *(const int *)context;
    ssize_t got;

    do {
        got = pread(fd, buffer, size_bytes, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static void missing_config(struct ims_sysfs_reader *reader, struct ims_record *record, int code)
{
    const struct ims_address *address = &record->address;

    if (ims_sysfs_is_vanished(code) && reader->is_live) {
        record->config_gap = IMS_GAP_VANISHED;
        ims_builder_gap(reader->builder, record->config_gap, address, NULL, 0,
                        "the function disappeared while it was read; what was read until then is "
                        "kept");
    } else if (code == -ENOENT) {
        record->config_gap = IMS_GAP_NOT_IN_INPUT;
        ims_builder_gap(reader->builder, record->config_gap, address, NULL, 0,
                        "the tree has no file \"config\" for it: port type, buses and ACS are "
                        "unknown as far as no other file tells them");
    } else if (code == -EACCES || code == -EPERM) {
        record->config_gap = IMS_GAP_NEEDS_ROOT;
        ims_builder_gap(reader->builder, record->config_gap, address, NULL, 0,
                        "reading its configuration space is not permitted");
    } else {
        record->config_gap = IMS_GAP_UNREADABLE;
        ims_builder_gap(reader->builder, record->config_gap, address, NULL, 0,
                        "its configuration space cannot be read: %s", strerror(-code));
    }
}

/* What a read that ended early means; size_bytes is what the file system says of the file. */
static void judge_reach(struct ims_sysfs_reader *reader, struct ims_sysfs_entry *entry,
                        struct ims_record *record, const struct ims_config_reach *reach,
                        off_t size_bytes)
{
    if (size_bytes > IMS_REG_EXTENDED_FIRST)
        reader->saw_extended = true;
    /* The kernel gives the file 256 bytes when extended space does not answer (R1.8). */
    entry->ends_at_256 = size_bytes == IMS_REG_EXTENDED_FIRST && record->is_vf != IMS_YES;
    entry->wants_beyond = reach->is_short && reach->end == IMS_REG_EXTENDED_FIRST;
    if (!reach->is_short || (entry->wants_beyond && entry->ends_at_256))
        return;

    if (reach->end < IMS_REG_HEADER_END) {
        record->config_gap = IMS_GAP_UNREADABLE;
        ims_builder_gap(reader->builder, IMS_GAP_UNREADABLE, &record->address, NULL, 0,
                        "its configuration file ends after %u of 64 header bytes", reach->end);
    } else if (reader->is_live || reach->is_padded || size_bytes == IMS_REG_HEADER_END) {
        record->config_gap = IMS_GAP_NEEDS_ROOT;
        reader->denied_count++;
    } else {
        record->config_gap = IMS_GAP_NOT_IN_INPUT;
        ims_builder_gap(reader->builder, IMS_GAP_NOT_IN_INPUT, &record->address, NULL, 0,
                        "its configuration file ends before byte 0x%03x: what stands behind is "
                        "unknown",
                        reach->end);
    }
}

/* Returns -ENOMEM; everything else is a gap. */
static int take_config(struct ims_sysfs_reader *reader, int dir_fd, struct ims_sysfs_entry *entry,
                       struct ims_record *record)
{
    off_t size_bytes = 0;
    int fd = ims_sysfs_open_file(dir_fd, "config", &size_bytes);

    if (fd < 0) {
        missing_config(reader, record, fd);
        return ims_sysfs_remembered(dir_fd, record);
    }
    const struct ims_config_io io = {read_config, &fd, !reader->is_live, reader->saw_list,
                                     reader->ownership};
    struct ims_config_reach reach;
    const int r = ims_sysfs_config_walk(&io, record->address.devfn, record->is_vf == IMS_YES,
                                        &record->config, &reach);
    close(fd);
    if (r == -ENOMEM)
        return r;
    reader->saw_list |= reach.has_list;
    judge_reach(reader, entry, record, &reach, size_bytes);
    if (r < 0)
        missing_config(reader, record, r);
    if (r < 0 || (reach.is_short && reach.end < IMS_REG_HEADER_END))
        return ims_sysfs_remembered(dir_fd, record);
    return 0;
}

static int take_all(struct ims_sysfs_reader *reader, int dir_fd, struct ims_sysfs_entry *entry,
                    char *target, struct ims_record *record)
{
    int r = take_links(reader, dir_fd, record);
    if (r == 0)
        r = ims_sysfs_identity(reader, dir_fd, record);
    if (r == 0)
        r = take_attributes(reader, dir_fd, record);
    if (r == 0 && reader->ownership)
        r = ims_sysfs_ownership(reader, dir_fd, record);
    if (r < 0)
        return r;
    r = take_root_path(reader, target, record);
    if (r < 0)
        return r;
    take_place(entry, target, record);
    take_resources(dir_fd, record);
    if (reader->wake || !is_asleep(dir_fd, record))
        return take_config(reader, dir_fd, entry, record);

    record->config_gap = IMS_GAP_ASLEEP;
    ims_builder_gap(reader->builder, IMS_GAP_ASLEEP, &record->address, NULL, 0,
                    "it is asleep (D3cold) and was not woken: its port type and ACS registers are "
                    "unknown; --wake reads them");
    return ims_sysfs_remembered(dir_fd, record);
}

int ims_sysfs_device(struct ims_sysfs_reader *reader, int devices_fd, struct ims_sysfs_entry *entry)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    char target[IMS_SYSFS_LINK_MAX_BYTES];
    struct ims_record *record;

    ims_address_format(entry->address, name);
    const int fd = ims_sysfs_open_directory(devices_fd, name);
    if (fd < 0) {
        const bool vanished = ims_sysfs_is_vanished(fd);
        ims_builder_gap(reader->builder, vanished ? IMS_GAP_VANISHED : IMS_GAP_UNREADABLE,
                        &entry->address, NULL, 0,
                        vanished ? "the function disappeared while the machine was read"
                                 : "its directory cannot be read: %s",
                        strerror(-fd));
        return fd == -ENOMEM ? fd : 0;
    }
    /* A copy may hold a directory where the kernel has a link: then its place is not known. */
    if (ims_sysfs_read_link(devices_fd, name, target) < 0)
        target[0] = '\0';

    int r = ims_builder_function(reader->builder, entry->address, &record, NULL);
    if (r == 0)
        r = take_all(reader, fd, entry, target, record);
    close(fd);
    return r;
}
