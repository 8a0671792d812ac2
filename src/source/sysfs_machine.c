/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

/* The text of a file, or NULL when it is not there or empty; *r becomes -ENOMEM. */
static const char *take_text(struct ims_sysfs_reader *reader, int dir_fd, const char *name, int *r)
{
    if (dir_fd < 0 ||
        ims_sysfs_read_file(dir_fd, name, reader->buffer, IMS_SYSFS_FILE_MAX_BYTES + 1) <= 0)
        return NULL;
    const char *text = ims_sysfs_keep(reader, reader->buffer);
    if (!text)
        *r = -ENOMEM;
    return text;
}

/* "Maker Model (Board)", or what a device tree calls the machine. */
static const char *take_product(struct ims_sysfs_reader *reader, int *r)
{
    static const char *const names[] = {"class/dmi/id/sys_vendor", "class/dmi/id/product_name",
                                        "class/dmi/id/board_name"};
    struct ims_text text = {0};
    char words[3][256];

    for (unsigned i = 0; i < 3; i++)
        if (ims_sysfs_read_file(reader->sysfs_fd, names[i], words[i], sizeof(words[i])) < 0)
            words[i][0] = '\0';
    ims_text_append(&text, words[0]);
    if (words[1][0])
        ims_text_appendf(&text, "%s%s", text.length ? " " : "", words[1]);
    if (words[2][0] && strcmp(words[1], words[2]) != 0)
        ims_text_appendf(&text, "%s(%s)", text.length ? " " : "", words[2]);
    if (!text.length && !text.failed) {
        ims_text_done(&text);
        return take_text(reader, reader->sysfs_fd, "firmware/devicetree/base/model", r);
    }

    const char *product = ims_text_get(&text);
    const char *kept = product ? ims_sysfs_keep(reader, product) : NULL;
    ims_text_done(&text);
    if (!kept)
        *r = -ENOMEM;
    return kept;
}

static bool begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* What the names of the instances say: "dmar0", "ivhd1", "smmu3.0x...", "virtio...". */
static enum ims_iommu_kind kind_of(const char *name)
{
    if (begins_with(name, "dmar"))
        return IMS_IOMMU_INTEL;
    if (begins_with(name, "ivhd"))
        return IMS_IOMMU_AMD;
    if (begins_with(name, "smmu") || begins_with(name, "arm-smmu"))
        return IMS_IOMMU_ARM_SMMU;
    if (begins_with(name, "virtio"))
        return IMS_IOMMU_VIRTIO;
    return IMS_IOMMU_OTHER;
}

static enum ims_iommu_kind find_kind(const struct ims_sysfs_reader *reader)
{
    enum ims_iommu_kind kind = IMS_IOMMU_UNKNOWN;

    const int fd = ims_sysfs_open_directory(reader->sysfs_fd, "class/iommu");
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return kind;
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (entry->d_name[0] == '.')
            continue;
        const enum ims_iommu_kind found = kind_of(entry->d_name);
        /* A kind with a name wins, whatever the order of the directory is. */
        if (kind == IMS_IOMMU_UNKNOWN || kind == IMS_IOMMU_OTHER)
            kind = found;
        else if (found != IMS_IOMMU_OTHER && found < kind)
            kind = found;
    }
    closedir(directory);
    return kind;
}

int ims_sysfs_machine(struct ims_sysfs_reader *reader)
{
    struct ims_machine *machine = ims_builder_machine(reader->builder);
    struct utsname names;
    int r = 0;

    machine->source_kind = ims_builder_string(reader->builder, "sysfs", strlen("sysfs"));
    if (!machine->source_kind)
        return -ENOMEM;
    machine->is_live = ims_tristate_from_bool(reader->is_live);
    machine->kernel_release = take_text(reader, reader->host_fd, "proc/sys/kernel/osrelease", &r);
    machine->cmdline = take_text(reader, reader->host_fd, "proc/cmdline", &r);
    machine->product = take_product(reader, &r);
    if (reader->is_live && uname(&names) == 0) {
        machine->architecture = ims_sysfs_keep(reader, names.machine);
        if (!machine->kernel_release)
            machine->kernel_release = ims_sysfs_keep(reader, names.release);
        if (!machine->architecture || !machine->kernel_release)
            r = -ENOMEM;
    }
    machine->iommu_kind = find_kind(reader);
    const int tables = ims_sysfs_tables(reader);
    return tables < 0 ? tables : r;
}

/* "0000:01:00": all functions of that device are in the slot; without a device, of the bus. */
static int take_slot(struct ims_sysfs_reader *reader, const char *place, const char *name)
{
    char text[64];
    struct ims_address first;
    const char *kept = NULL;

    snprintf(text, sizeof(text), "%s.0", place);
    if (ims_address_parse(text, &first) < 0)
        return 0;
    for (unsigned function = 0; function < 8; function++) {
        struct ims_address address = first;
        address.devfn = (uint8_t)(first.devfn | function);
        struct ims_record *record = ims_builder_find(reader->builder, address);
        if (!record)
            continue;
        if (!kept)
            kept = ims_sysfs_keep(reader, name);
        if (!kept)
            return -ENOMEM;
        record->slot = kept;
    }
    return 0;
}

int ims_sysfs_slots(struct ims_sysfs_reader *reader)
{
    int r = 0;
    const int fd = ims_sysfs_open_directory(reader->sysfs_fd, "bus/pci/slots");
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);

    if (!directory) {
        if (fd >= 0)
            close(fd);
        return 0; /* most machines name no slots */
    }
    for (struct dirent *entry = readdir(directory); entry && r == 0; entry = readdir(directory)) {
        char place[32];

        if (entry->d_name[0] == '.')
            continue;
        const int slot_fd = ims_sysfs_open_directory(fd, entry->d_name);
        if (slot_fd < 0)
            continue;
        if (ims_sysfs_read_file(slot_fd, "address", place, sizeof(place)) > 0)
            r = take_slot(reader, place, entry->d_name);
        close(slot_fd);
    }
    closedir(directory);
    return r;
}
