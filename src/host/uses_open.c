/* SPDX-License-Identifier: MIT */
/* Processes that have device nodes of functions open, or their VFIO group. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "host/open_devices.h"
#include "host/process.h"

#define PROCESSES_MAX 1048576u
#define LINK_MAX_BYTES 4096u
#define HOST_PID_NAMESPACE "pid:[4026531836]"

struct open_search {
    struct ims_search *search;
    struct ims_open_devices devices;
    bool complete;
};

static void tell(struct open_search *open, struct ims_process *process, uint32_t owner,
                 enum ims_use_kind kind, const char *what, const char *entry)
{
    struct ims_search *search = open->search;

    ims_process_read(search->host, process);
    const bool is_guest = ims_process_is_emulator(process->name);
    ims_search_say(search, owner, kind, IMS_YES,
                   ims_search_format(search, "process %s (%s)", process->pid, process->name),
                   ims_search_format(search, "/proc/%s/fd/%s: %s", process->pid, entry, what),
                   "%s%s%s %s has %s open", is_guest ? "the virtual machine " : "process ",
                   is_guest && process->guest[0] ? process->guest : process->name,
                   is_guest ? ", process" : "", is_guest ? process->pid : process->pid, what);
}

/* ---- one descriptor ---- */

/* "/dev/vfio/13": the group belongs to this process, and all members that are on a VFIO driver. */
static bool tell_group(struct open_search *open, struct ims_process *process, const char *target,
                       const char *entry)
{
    static const char prefix[] = "/dev/vfio/";
    struct ims_search *search = open->search;
    uint64_t group;

    if (strncmp(target, prefix, sizeof(prefix) - 1) != 0)
        return false;
    const char *digits = target + sizeof(prefix) - 1;
    if (strncmp(digits, "noiommu-", 8) == 0)
        digits += 8;
    if (ims_number_decimal(digits, strlen(digits), UINT32_MAX, &group) < 0)
        return false;
    for (uint32_t i = 0; i < search->owner_count; i++) {
        const struct ims_search_owner *owner = &search->owners[i];

        /* Members of a group that is taken are on VFIO drivers, whatever those are called, or stubs. */
        if (owner->has_group && owner->group == group && owner->driver && !owner->is_bridge)
            tell(open, process, i, IMS_USE_GUEST, target, entry);
    }
    return true;
}

/* Newer kernels say which function an anonymous descriptor of VFIO is of. */
static void tell_anonymous(struct open_search *open, struct ims_process *process, const char *entry)
{
    static const char key[] = "vfio-device-syspath:";
    struct ims_search *search = open->search;
    struct ims_line_file file;
    char path[128];
    char *line;

    snprintf(path, sizeof(path), "%.32s/fdinfo/%.32s", process->pid, entry);
    if (ims_line_file_open(&file, search->host->proc_fd, path) < 0)
        return;
    while ((line = ims_line_file_next(&file)) != NULL) {
        if (strncmp(line, key, sizeof(key) - 1) != 0)
            continue;
        const char *device = line + sizeof(key) - 1;
        device += strspn(device, " \t");
        for (uint32_t i = 0; i < search->owner_count; i++)
            if (strncmp(device, "/sys/", 5) == 0 && search->owners[i].path &&
                strcmp(device + 5, search->owners[i].path) == 0)
                tell(open, process, i, IMS_USE_GUEST, "anon_inode:[vfio-device]", entry);
    }
    ims_line_file_close(&file);
}

/* The access mode of a descriptor; writing is assumed where it cannot be read. */
static bool is_written(struct ims_search *search, const struct ims_process *process,
                       const char *entry)
{
    struct ims_line_file file;
    char path[128];
    char *line;
    bool ret = true;

    snprintf(path, sizeof(path), "%.32s/fdinfo/%.32s", process->pid, entry);
    if (ims_line_file_open(&file, search->host->proc_fd, path) < 0)
        return true;
    while ((line = ims_line_file_next(&file)) != NULL) {
        const size_t length = strlen(line);

        if (strncmp(line, "flags:", 6) == 0 && length > 6)
            ret = (line[length - 1] & 3) != 0;
    }
    ims_line_file_close(&file);
    return ret;
}

/*
 * Drivers in user space without VFIO, legacy KVM assignment among them, have files of the function
 * in sysfs open. Reading configuration space is what every lspci does.
 */
static bool tell_files(struct open_search *open, struct ims_process *process, const char *target,
                       const char *entry)
{
    struct ims_search *search = open->search;

    if (strncmp(target, "/sys/", 5) != 0)
        return false;
    for (uint32_t i = 0; i < search->owner_count; i++) {
        const char *path = search->owners[i].path;

        if (!path || !ims_search_is_below(target + 5, path))
            continue;
        const char *rest = target + 5 + strlen(path);
        const bool is_resource =
            strncmp(rest, "/resource", 9) == 0 && rest[9] >= '0' && rest[9] <= '5';
        if (!is_resource && (strcmp(rest, "/config") != 0 || !is_written(search, process, entry)))
            continue;
        ims_process_read(search->host, process);
        tell(open, process, i,
             ims_process_is_emulator(process->name) ? IMS_USE_GUEST : IMS_USE_OPEN, target, entry);
    }
    return true;
}

static void tell_device(struct open_search *open, struct ims_process *process,
                        const struct ims_open_device *device, const char *entry)
{
    enum ims_use_kind kind = IMS_USE_OPEN;

    if (strcmp(device->subsystem, "vfio-dev") == 0)
        kind = IMS_USE_GUEST;
    else if (strcmp(device->subsystem, "drm") == 0)
        kind = IMS_USE_DISPLAY;
    tell(open, process, device->owner, kind,
         ims_search_format(open->search, "/dev/%s", device->dev_name), entry);
}

static void look_at(struct open_search *open, struct ims_process *process, int directory_fd,
                    const char *entry)
{
    char target[LINK_MAX_BYTES];
    struct statx status;
    const ssize_t length = readlinkat(directory_fd, entry, target, sizeof(target) - 1);

    if (length <= 0)
        return;
    target[length] = '\0';
    if (strcmp(target, "anon_inode:[vfio-device]") == 0) {
        tell_anonymous(open, process, entry);
        return;
    }
    if (target[0] != '/' || tell_group(open, process, target, entry) ||
        tell_files(open, process, target, entry))
        return;
    const struct ims_open_device *device = NULL;
    uint32_t count = 0;
    if (!open->search->host->is_live) {
        device = ims_open_devices_named(&open->devices, target, &count);
    } else if (statx(directory_fd, entry, AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0 &&
               (S_ISCHR(status.stx_mode) || S_ISBLK(status.stx_mode))) {
        /* Not asking servers: a file on one that is gone would make us wait for it. */
        device = ims_open_devices_find(&open->devices, S_ISBLK(status.stx_mode),
                                       status.stx_rdev_major, status.stx_rdev_minor, &count);
    }
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(device[i].told_by, process->pid) != 0) {
            tell_device(open, process, &device[i], entry);
            ims_open_devices_told(&open->devices, &device[i], process->pid);
        }
}

/* ---- all of them ---- */

static void look_at_process(struct open_search *open, const char *pid)
{
    struct ims_process process = {.pid = pid};
    struct ims_listing listing;
    const struct dirent *entry;
    char path[64];

    snprintf(path, sizeof(path), "%.32s/fd", pid);
    const int r = ims_listing_open(&listing, open->search, open->search->host->proc_fd, path);
    /* A process that ended meanwhile has nothing open. */
    open->complete &= r == 0 || r == -ENOENT || r == -ESRCH;
    if (r < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL)
        look_at(open, &process, dirfd(listing.directory), entry->d_name);
}

/* Processes of other pid namespaces are not in proc; of others only root sees the descriptors. */
static bool sees_all(struct ims_search *search)
{
    struct ims_listing listing;
    char name[64];

    if (search->host->is_live &&
        (ims_host_read_link_name(search->host->proc_fd, "self/ns/pid", name, sizeof(name)) < 0 ||
         strcmp(name, HOST_PID_NAMESPACE) != 0))
        return false;
    if (ims_listing_open(&listing, search, search->host->proc_fd, "1/fd") < 0)
        return false;
    ims_listing_close(&listing);
    return true;
}

/* Whether anybody could have something of the function open. */
static bool can_be_open(const struct ims_search *search, uint32_t index)
{
    static const char *const names[] = {"uio", "igb_uio", "pci-stub", "nvidia"};
    const char *driver = search->owners[index].driver;

    if (driver && strstr(driver, "vfio"))
        return true;
    for (size_t i = 0; driver && i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(driver, names[i], strlen(names[i])) == 0)
            return true;
    for (uint32_t i = 0; i < search->node_count; i++)
        if (search->nodes[i].owner == index && search->nodes[i].has_dev)
            return true;
    return false;
}

static void tell_incomplete(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++)
        if (can_be_open(search, i))
            ims_search_say(search, i, IMS_USE_OPEN, IMS_UNKNOWN, "processes", "/proc/*/fd",
                           search->host->is_live
                               ? "not every process can be looked at from here: whether one has a "
                                 "device of it open is not known; ask as root, in the first pid "
                                 "namespace"
                               : "the processes are not in this copy of a host: whether one has a "
                                 "device of it open is not known");
}

void ims_search_open_files(struct ims_search *search)
{
    struct open_search open = {.search = search, .complete = sees_all(search)};
    struct ims_listing listing;
    const struct dirent *entry;
    char self[16];
    uint32_t left = PROCESSES_MAX;

    snprintf(self, sizeof(self), "%ld", search->host->is_live ? (long)getpid() : 0L);
    ims_open_devices_collect(search, &open.devices);
    if (ims_listing_open(&listing, search, search->host->proc_fd, ".") < 0)
        open.complete = false;
    while (left-- > 0 && (entry = ims_listing_next(&listing)) != NULL)
        if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
            strlen(entry->d_name) <= 10 && strcmp(entry->d_name, self) != 0)
            look_at_process(&open, entry->d_name);
    ims_listing_close(&listing);
    if (!open.complete)
        tell_incomplete(search);
    ims_open_devices_done(&open.devices);
}
