/* SPDX-License-Identifier: MIT */
/* What handing a group to user space depends on and no other analysis needs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "source/sysfs.h"

/*
 * A file that the kernel gives only when nothing has the device locked. An unbind that waits for who
 * has the device open has it locked until then: such a function is stuck, and not asked again.
 */
static ssize_t read_locked(struct ims_sysfs_reader *reader, int dir_fd, const char *name,
                           char *buffer, size_t capacity, struct ims_record *record)
{
    const struct ims_patience patience = {.deadline_ms = IMS_SYSFS_PATIENCE_MS};
    char address[IMS_ADDRESS_STRING_SIZE];
    char path[128];

    if (!reader->is_live)
        return ims_sysfs_read_file(dir_fd, name, buffer, capacity);
    if (record->is_stuck)
        return -ETIME;
    ims_address_format(record->address, address);
    snprintf(path, sizeof(path), "bus/pci/devices/%s/%s", address, name);
    const ssize_t length = ims_bounded_read(&reader->bounded, path, buffer, capacity, &patience);
    if (length != -ETIME)
        return length;
    record->is_stuck = true;
    ims_builder_gap(reader->builder, IMS_GAP_UNREADABLE, &record->address, NULL, 0,
                    "reading its %s does not return: its driver is being unbound or bound, and "
                    "waits",
                    name);
    return length;
}

/* Text of a file, cut to what fits; NULL when it is not there. *ret is a copy in the builder. */
static int take_text(struct ims_sysfs_reader *reader, int dir_fd, const char *name,
                     const char **ret, bool *ret_found)
{
    const ssize_t length =
        ims_sysfs_read_file(dir_fd, name, reader->buffer, IMS_SYSFS_FILE_MAX_BYTES + 1);

    *ret = NULL;
    *ret_found = length >= 0;
    if (length <= 0)
        return 0;
    *ret = ims_sysfs_keep(reader, reader->buffer);
    return *ret ? 0 : -ENOMEM;
}

static bool exists(int dir_fd, const char *name)
{
    struct stat status;
    return dir_fd >= 0 && fstatat(dir_fd, name, &status, 0) == 0;
}

/* Since 5.15 the file is there exactly when some method works; before, "reset" says so. */
static int take_reset(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    bool found;
    const int r = take_text(reader, dir_fd, "reset_method", &record->reset_methods, &found);

    record->reset_stated = found || (reader->is_live && !exists(dir_fd, "reset"));
    return r;
}

/* Kernels print an override that is not set as "(null)"; some leave the file empty. */
static int take_override(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    const ssize_t length = read_locked(reader, dir_fd, "driver_override", reader->buffer,
                                       IMS_SYSFS_FILE_MAX_BYTES + 1, record);

    record->override_stated = length >= 0;
    if (length <= 0 || strcmp(reader->buffer, "(null)") == 0)
        return 0;
    record->driver_override = ims_sysfs_keep(reader, reader->buffer);
    return record->driver_override ? 0 : -ENOMEM;
}

static void take_numvfs(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    char text[64];
    uint64_t number;
    const ssize_t length =
        exists(dir_fd, "sriov_numvfs")
            ? read_locked(reader, dir_fd, "sriov_numvfs", text, sizeof(text), record)
            : -ENOENT;

    record->numvfs_stated =
        length >= 0 && ims_number_decimal(text, (size_t)length, 0xffff, &number) == 0;
    if (record->numvfs_stated)
        record->numvfs = (uint32_t)number;
}

int ims_sysfs_ownership(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record)
{
    bool found;
    int r = take_override(reader, dir_fd, record);

    if (r == 0)
        r = take_reset(reader, dir_fd, record);
    if (r == 0)
        r = take_text(reader, dir_fd, "power/control", &record->power_control, &found);
    record->has_vfio_device = exists(dir_fd, "vfio-dev");
    take_numvfs(reader, dir_fd, record);
    record->totalvfs_stated =
        ims_sysfs_read_decimal(dir_fd, "sriov_totalvfs", 0xffff, &record->totalvfs) == 0;
    return r;
}

/*
 * Whether interrupts go through remapping: chips are called "IR-PCI-MSI", "IR-IO-APIC" then, and
 * "PCI-MSI" without. Only x86 names them so.
 */
static enum ims_tristate read_interrupts(int host_fd)
{
    enum ims_tristate ret = IMS_UNKNOWN;
    char line[4096];

    const int fd = host_fd < 0 ? -1 : ims_sysfs_open_file(host_fd, "proc/interrupts", NULL);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "re");
    if (!stream) {
        if (fd >= 0)
            close(fd);
        return IMS_UNKNOWN;
    }
    /* Counters of many processors make a line longer than this: the chip is in some later part. */
    while (ret != IMS_YES && fgets(line, sizeof(line), stream)) {
        if (strstr(line, " IR-"))
            ret = IMS_YES;
        else if (strstr(line, " PCI-MSI"))
            ret = IMS_NO;
    }
    fclose(stream);
    return ret;
}

static enum ims_tristate read_switch(int sysfs_fd, const char *name)
{
    char text[8];

    if (ims_sysfs_read_file(sysfs_fd, name, text, sizeof(text)) <= 0)
        return IMS_UNKNOWN;
    return ims_tristate_from_bool(text[0] == 'Y' || text[0] == '1');
}

void ims_sysfs_ownership_machine(struct ims_sysfs_reader *reader)
{
    static const char type1[] = "module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
    static const char kvm[] = "module/kvm/parameters/allow_unsafe_assigned_interrupts";
    struct ims_machine *machine = ims_builder_machine(reader->builder);

    machine->interrupt_remapping = read_interrupts(reader->host_fd);
    machine->unsafe_interrupts = read_switch(reader->sysfs_fd, type1);
    if (exists(reader->sysfs_fd, kvm))
        machine->kvm_assignment = IMS_YES;
    else if (reader->is_live || exists(reader->sysfs_fd, "module/kvm"))
        machine->kvm_assignment = IMS_NO;
}
