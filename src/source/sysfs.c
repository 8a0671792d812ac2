/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "pci/regs.h"
#include "source/reader.h"
#include "source/sysfs.h"

static int compare_entries(const void *a, const void *b)
{
    const struct ims_sysfs_entry *left = a;
    const struct ims_sysfs_entry *right = b;
    return ims_address_compare(left->address, right->address);
}

static int add_entry(struct ims_sysfs_reader *reader, const char *name)
{
    char canonical[IMS_ADDRESS_STRING_SIZE];
    struct ims_address address;

    if (ims_address_parse(name, &address) < 0 ||
        strcmp(ims_address_format(address, canonical), name) != 0) {
        ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, NULL, "bus/pci/devices", 0,
                        "an entry that is not named like a PCI function was passed over");
        return 0;
    }
    if (reader->entry_count >= IMS_FUNCTION_MAX)
        return -E2BIG;
    struct ims_sysfs_entry *entries = ims_array_grow(reader->entries, &reader->entry_capacity,
                                                     reader->entry_count + 1, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    reader->entries = entries;
    entries[reader->entry_count++] = (struct ims_sysfs_entry){.address = address};
    return 0;
}

/* Directories have no order; sorted entries give the same gaps in the same order every time. */
static int list_entries(struct ims_sysfs_reader *reader, DIR *directory)
{
    int r = 0;

    errno = 0;
    for (struct dirent *entry = readdir(directory); entry && r == 0; entry = readdir(directory)) {
        if (entry->d_name[0] != '.')
            r = add_entry(reader, entry->d_name);
        errno = 0;
    }
    if (r == 0 && errno)
        r = -errno;
    if (reader->entry_count)
        qsort(reader->entries, reader->entry_count, sizeof(*reader->entries), compare_entries);
    return r;
}

/* No file of the copy is longer than 256 bytes: whoever made it may have cut them. */
static void note_cut(struct ims_sysfs_reader *reader)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < reader->entry_count; i++) {
        if (!reader->entries[i].ends_at_256 || !reader->entries[i].wants_beyond)
            continue;
        ims_builder_find(reader->builder, reader->entries[i].address)->config_gap =
            IMS_GAP_NOT_IN_INPUT;
        count++;
    }
    if (count)
        ims_builder_gap(reader->builder, IMS_GAP_NOT_IN_INPUT, NULL, NULL, 0,
                        "no configuration file of this copy is longer than 256 bytes: whether %u "
                        "functions have ACS is unknown",
                        count);
}

/*
 * The kernel found no extended space where its file has 256 bytes: the registers then read as all
 * ones (R1.8). In a copy the size proves that only beside a file that was copied whole.
 */
static int state_missing_extended(struct ims_sysfs_reader *reader)
{
    if (!reader->is_live && !reader->saw_extended) {
        note_cut(reader);
        return 0;
    }
    for (uint32_t i = 0; i < reader->entry_count; i++) {
        if (!reader->entries[i].ends_at_256)
            continue;
        struct ims_record *record = ims_builder_find(reader->builder, reader->entries[i].address);
        const int r =
            ims_config_set32(&record->config, IMS_REG_EXTENDED_FIRST, UINT32_MAX, UINT32_MAX);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The place of a function in the tree tells the secondary bus of a bridge that was not read. */
static int state_secondary_buses(struct ims_sysfs_reader *reader)
{
    for (uint32_t i = 0; i < reader->entry_count; i++) {
        const struct ims_sysfs_entry *entry = &reader->entries[i];
        if (!entry->has_parent || entry->parent.bus == entry->address.bus)
            continue;
        struct ims_record *bridge = ims_builder_find(reader->builder, entry->parent);
        if (!bridge || !ims_builder_find(reader->builder, entry->address) ||
            ims_config_get8(&bridge->config, IMS_REG_TYPE1_SECONDARY_BUS).known)
            continue;
        const int r =
            ims_config_set(&bridge->config, IMS_REG_TYPE1_SECONDARY_BUS, entry->address.bus, 0xff);
        if (r < 0)
            return r;
    }
    return 0;
}

/* One note for the machine: one per function would say the same a hundred times. */
static void note_denied(struct ims_sysfs_reader *reader)
{
    if (!reader->denied_count)
        return;
    const char *remedy =
        reader->is_live ? "running as root reads it" : "a copy made by root would hold it";
    ims_builder_gap(reader->builder, IMS_GAP_NEEDS_ROOT, NULL, NULL, 0,
                    "only the first 64 bytes of configuration space are readable for %u of %u "
                    "functions: port types, ACS and SR-IOV are unknown there; %s",
                    reader->denied_count, ims_builder_count(reader->builder), remedy);
}

/* Where some functions of a copy have a link to their driver, the others have no driver. */
static void state_missing_drivers(struct ims_sysfs_reader *reader)
{
    for (uint32_t i = 0; reader->saw_driver_link && i < ims_builder_count(reader->builder); i++)
        ims_builder_at(reader->builder, i)->driver_stated = true;
}

static int read_devices(struct ims_sysfs_reader *reader)
{
    const int fd = ims_sysfs_open_directory(reader->sysfs_fd, "bus/pci/devices");
    if (fd < 0)
        return ims_error_set_at(reader->reterr, fd, reader->path, 0, 0,
                                "cannot read bus/pci/devices: %s", strerror(-fd));
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return ims_error_set(reader->reterr, -ENOMEM, "out of memory");
    }
    int r = list_entries(reader, directory);
    for (uint32_t i = 0; i < reader->entry_count && r == 0; i++)
        r = ims_sysfs_device(reader, fd, &reader->entries[i]);
    closedir(directory);
    state_missing_drivers(reader);
    if (r == 0)
        r = state_missing_extended(reader);
    if (r == 0)
        r = state_secondary_buses(reader);
    if (r < 0)
        return ims_error_set_at(reader->reterr, r, reader->path, 0, 0,
                                "cannot read the PCI functions: %s", strerror(-r));
    if (ims_builder_count(reader->builder) == 0)
        return ims_error_set_at(reader->reterr, -EBADMSG, reader->path, 0, 0,
                                "bus/pci/devices holds no PCI function");
    note_denied(reader);
    return 0;
}

static int read_all(struct ims_sysfs_reader *reader)
{
    int r = read_devices(reader);
    if (r < 0)
        return r;
    r = ims_sysfs_machine(reader);
    if (r == 0 && reader->ownership)
        ims_sysfs_ownership_machine(reader);
    if (r == 0)
        r = ims_sysfs_groups(reader);
    if (r == 0)
        r = ims_sysfs_slots(reader);
    if (r < 0)
        return ims_error_set_at(reader->reterr, r, reader->path, 0, 0, "%s", strerror(-r));
    return 0;
}

int ims_sysfs_read(struct ims_builder *builder, int sysfs_fd, int host_fd, const char *path,
                   const struct ims_source_options *options, struct ims_error *reterr)
{
    struct statfs status;
    struct ims_sysfs_reader reader = {
        .builder = builder,
        .sysfs_fd = sysfs_fd,
        .host_fd = host_fd,
        .path = path,
        .wake = options && options->wake,
        .ownership = options && options->ownership,
        .reterr = reterr,
        .is_live = fstatfs(sysfs_fd, &status) == 0 && status.f_type == SYSFS_MAGIC,
    };

    reader.buffer = malloc(IMS_SYSFS_FILE_MAX_BYTES + 1);
    if (!reader.buffer)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    ims_bounded_init(&reader.bounded, sysfs_fd);
    const int r = read_all(&reader);
    ims_bounded_done(&reader.bounded);
    free(reader.entries);
    free(reader.buffer);
    return r;
}
