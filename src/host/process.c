/* SPDX-License-Identifier: MIT */
#include "host/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"

#define GROUPS_MAX 64u /* of VFs that are looked for */

/* "-name guest=NAME,..." or "-name NAME,..." of QEMU. */
static void read_guest(const struct ims_host *host, struct ims_process *process)
{
    char path[64];
    char text[8192];

    snprintf(path, sizeof(path), "%.32s/cmdline", process->pid);
    const int fd = ims_host_open_file(host->proc_fd, path);
    if (fd < 0)
        return;
    const ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
        return;
    text[length] = '\0';
    for (const char *at = text; at < text + length; at += strlen(at) + 1) {
        if (strcmp(at, "-name") != 0 || at + 6 >= text + length)
            continue;
        const char *name = at + 6;
        if (strncmp(name, "guest=", 6) == 0)
            name += 6;
        snprintf(process->guest, sizeof(process->guest), "%.*s", (int)strcspn(name, ","), name);
        return;
    }
}

bool ims_process_is_emulator(const char *name)
{
    static const char *const names[] = {"qemu", "kvm", "cloud-hyperviso", "crosvm", "firecracker"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Only of processes that have something open: the command line of a stuck one may make us wait. */
void ims_process_read(const struct ims_host *host, struct ims_process *process)
{
    char path[64];

    if (process->is_named)
        return;
    process->is_named = true;
    snprintf(path, sizeof(path), "%.32s/comm", process->pid);
    if (ims_host_read_file(host->proc_fd, path, process->name, sizeof(process->name)) < 0)
        snprintf(process->name, sizeof(process->name), "?");
    if (ims_process_is_emulator(process->name))
        read_guest(host, process);
}

/* ---- who holds a group ---- */

/* The nodes of groups: those of the function, and of its VFs. */
struct nodes {
    char paths[GROUPS_MAX][32]; /* "/dev/vfio/13" */
    unsigned count;
};

static void add_node(int dir_fd, const char *link, struct nodes *nodes)
{
    char group[16];

    if (nodes->count < GROUPS_MAX &&
        ims_host_read_link_name(dir_fd, link, group, sizeof(group)) == 0)
        snprintf(nodes->paths[nodes->count++], sizeof(nodes->paths[0]), "/dev/vfio/%s", group);
}

static void find_nodes(const struct ims_host *host, struct ims_address address, struct nodes *ret)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    char path[128];

    snprintf(path, sizeof(path), "bus/pci/devices/%s", ims_address_format(address, name));
    const int fd = openat(host->sys_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    add_node(fd, "iommu_group", ret);
    for (unsigned i = 0; ret->count < GROUPS_MAX; i++) {
        const unsigned before = ret->count;

        snprintf(path, sizeof(path), "virtfn%u/iommu_group", i);
        add_node(fd, path, ret);
        if (ret->count == before)
            break;
    }
    close(fd);
}

static bool has_open(const struct ims_host *host, const char *pid, const struct nodes *nodes)
{
    char path[64];
    bool ret = false;

    snprintf(path, sizeof(path), "%.32s/fd", pid);
    const int fd = openat(host->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (struct dirent *entry = readdir(directory); entry && !ret; entry = readdir(directory)) {
        char target[32];
        const ssize_t length = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);

        if (length <= 0)
            continue;
        target[length] = '\0';
        for (unsigned i = 0; i < nodes->count; i++)
            ret |= strcmp(target, nodes->paths[i]) == 0;
    }
    closedir(directory);
    return ret;
}

static void take_holder(const struct ims_host *host, const char *pid, uint64_t number,
                        struct ims_holder *ret)
{
    struct ims_process process = {.pid = pid};

    ims_process_read(host, &process);
    ret->pid = (uint32_t)number;
    snprintf(ret->name, sizeof(ret->name), "%s", process.name);
    snprintf(ret->guest, sizeof(ret->guest), "%s", process.guest);
}

bool ims_process_find_holder(const struct ims_host *host, struct ims_address address,
                             struct ims_holder *ret)
{
    struct nodes nodes = {0};
    bool found = false;

    *ret = (struct ims_holder){0};
    find_nodes(host, address, &nodes);
    const int fd = host->proc_fd < 0 || nodes.count == 0
                       ? -1
                       : openat(host->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (struct dirent *entry = readdir(directory); entry && !found; entry = readdir(directory)) {
        uint64_t number;

        if (ims_number_decimal(entry->d_name, strlen(entry->d_name), INT32_MAX, &number) < 0 ||
            (host->is_live && number == (uint64_t)getpid()))
            continue;
        found = has_open(host, entry->d_name, &nodes);
        if (found)
            take_holder(host, entry->d_name, number, ret);
    }
    closedir(directory);
    return found;
}
