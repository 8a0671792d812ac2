/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The ACPI tables that describe IOMMUs; the kernel shows their names to all, their bytes to root. */

#define TABLES "firmware/acpi/tables"

/* "No" only where the directory of tables is there and readable. */
static enum ims_tristate has_table(int tables_fd, const char *name)
{
    if (tables_fd < 0)
        return IMS_UNKNOWN;
    if (faccessat(tables_fd, name, F_OK, 0) == 0)
        return IMS_YES;
    return errno == ENOENT ? IMS_NO : IMS_UNKNOWN;
}

/* All bytes of a file, at most capacity. Returns how many, or -errno. */
static ssize_t read_bytes(int dir_fd, const char *name, uint8_t *bytes, size_t capacity)
{
    size_t length = 0;
    ssize_t got = 1;

    const int fd = ims_sysfs_open_file(dir_fd, name, NULL);
    if (fd < 0)
        return fd;
    while (length < capacity && got != 0) {
        got = read(fd, bytes + length, capacity - length);
        if (got < 0 && errno != EINTR)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    const ssize_t result = got < 0 ? -errno : (ssize_t)length;
    close(fd);
    return result;
}

static void note_unread(struct ims_sysfs_reader *reader, const char *path, const char *name,
                        int code)
{
    const bool denied = code == -EACCES || code == -EPERM;
    const char *why =
        denied ? reader->is_live ? "running as root reads it" : "a copy made by root would hold it"
               : strerror(-code);

    ims_builder_gap(reader->builder, denied ? IMS_GAP_NEEDS_ROOT : IMS_GAP_UNREADABLE, NULL, path,
                    0,
                    "the ACPI table %s is not readable: which IOMMU covers which function, shared "
                    "ids and reserved memory are unknown; %s",
                    name, why);
}

/* Returns -ENOMEM; whatever else is wrong becomes a gap. */
static int take_table(struct ims_sysfs_reader *reader, int tables_fd, enum ims_acpi_table table)
{
    const char *name = ims_acpi_table_to_string(table);
    char path[sizeof(TABLES) + 8];
    uint8_t *bytes = malloc(IMS_ACPI_TABLE_MAX_BYTES + 1);

    if (!bytes)
        return -ENOMEM;
    snprintf(path, sizeof(path), TABLES "/%s", name);
    const ssize_t length = read_bytes(tables_fd, name, bytes, IMS_ACPI_TABLE_MAX_BYTES + 1);
    int r = 0;
    if (length < 0)
        note_unread(reader, path, name, (int)length);
    else
        r = ims_builder_table(reader->builder, table, bytes, (size_t)length);
    free(bytes);
    if (r != -E2BIG)
        return r;
    ims_builder_gap(reader->builder, IMS_GAP_MALFORMED, NULL, path, 0,
                    "the ACPI table %s is longer than %u KiB and was passed over", name,
                    IMS_ACPI_TABLE_MAX_BYTES >> 10);
    return 0;
}

int ims_sysfs_tables(struct ims_sysfs_reader *reader)
{
    struct ims_machine *machine = ims_builder_machine(reader->builder);
    enum ims_tristate *const exists[IMS_ACPI_TABLE_COUNT] = {
        &machine->acpi_dmar, &machine->acpi_ivrs, &machine->acpi_iort, &machine->acpi_viot};
    const int fd = ims_sysfs_open_directory(reader->sysfs_fd, TABLES);
    int r = 0;

    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT && r == 0; i++) {
        const enum ims_acpi_table table = (enum ims_acpi_table)i;
        *exists[i] = has_table(fd, ims_acpi_table_to_string(table));
        if (*exists[i] == IMS_YES)
            r = take_table(reader, fd, table);
    }
    if (fd >= 0)
        close(fd);
    return r;
}
