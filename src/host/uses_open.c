/* SPDX-License-Identifier: MIT */
/* Processes that have a device node, a VFIO group or registers of a function open. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/uses.h"
#include "ownership/model.h"

struct scan {
    struct ims_hunt *hunt;
    char pid[16];
    char who[64]; /* "process 4711 (qemu)" */
    bool is_qemu;
    bool incomplete; /* descriptors of a process could not be read */
    bool any_process;
};

static void say(struct scan *scan, uint32_t owner, enum ims_use_kind kind, const char *target)
{
    ims_hunt_say(scan->hunt, owner, kind, IMS_YES, scan->who, target, "%s has %s open", scan->who,
                 target);
}

static bool is_vfio(const struct ims_hunt *hunt, uint32_t owner)
{
    const struct ims_record *record = ims_hunt_info(hunt, owner)->record;

    return record->has_vfio_device ||
           (record->driver && ims_driver_kind(record->driver, true) == IMS_DRIVER_VFIO);
}

/* "/dev/vfio/13": whoever has the group owns every member of it. */
static void judge_group(struct scan *scan, const char *target)
{
    char node[32];

    for (uint32_t i = 0; i < scan->hunt->function_count; i++) {
        const struct ims_record *record = ims_hunt_info(scan->hunt, i)->record;

        snprintf(node, sizeof(node), "/dev/vfio/%u", record->group);
        if (record->group_state == IMS_GROUP_KNOWN && strcmp(target, node) == 0 &&
            (is_vfio(scan->hunt, i) || ims_driver_is_for_guests(record->driver)))
            say(scan, i, IMS_USE_GUEST, target);
    }
}

/* ".../0000:01:00.0/resource0": user-space drivers map it, legacy KVM assignment too (section 5). */
static void judge_registers(struct scan *scan, const char *target)
{
    char name[IMS_ADDRESS_STRING_SIZE + 2];
    char address[IMS_ADDRESS_STRING_SIZE];

    for (uint32_t i = 0; i < scan->hunt->function_count; i++) {
        snprintf(name, sizeof(name), "/%s/",
                 ims_address_format(ims_hunt_info(scan->hunt, i)->address, address));
        const char *file = strstr(target, name);

        if (!file)
            continue;
        file += strlen(name);
        if (scan->is_qemu && (strcmp(file, "config") == 0 || strncmp(file, "resource", 8) == 0))
            say(scan, i, IMS_USE_GUEST, target);
        else if (strncmp(file, "resource", 8) == 0 && file[8])
            say(scan, i, IMS_USE_OPEN, target);
    }
}

static void judge_node(struct scan *scan, const char *target)
{
    for (uint32_t i = 0; i < scan->hunt->node_count; i++) {
        const struct ims_node *node = &scan->hunt->nodes[i];

        if (node->has_number && node->devname &&
            strcmp(target + strlen("/dev/"), node->devname) == 0)
            say(scan, node->owner, IMS_USE_OPEN, target);
    }
}

static bool see_descriptor(void *context, const char *name)
{
    struct scan *scan = context;
    char path[64];
    char target[1024];

    if (snprintf(path, sizeof(path), "%s/fd/%s", scan->pid, name) >= (int)sizeof(path))
        return true;
    const ssize_t length = readlinkat(scan->hunt->host->proc_fd, path, target, sizeof(target) - 1);
    if (length < 0)
        return true;
    target[length] = '\0';
    if (strncmp(target, "/dev/vfio/", 10) == 0)
        judge_group(scan, target);
    else if (strncmp(target, "/dev/", 5) == 0)
        judge_node(scan, target);
    else if (strncmp(target, "/sys/", 5) == 0)
        judge_registers(scan, target);
    return true;
}

static bool see_process(void *context, const char *name)
{
    struct scan *scan = context;
    const struct ims_host *host = scan->hunt->host;
    char comm[32] = "";
    char path[64];

    if (strspn(name, "0123456789") != strlen(name) || strlen(name) >= sizeof(scan->pid) ||
        (host->is_live && strtol(name, NULL, 10) == (long)getpid()))
        return true;
    snprintf(scan->pid, sizeof(scan->pid), "%s", name);
    snprintf(path, sizeof(path), "%s/comm", name);
    if (ims_host_read_file(host->proc_fd, path, comm, sizeof(comm)) < 0)
        comm[0] = '\0';
    scan->is_qemu = strncmp(comm, "qemu", 4) == 0 || strncmp(comm, "kvm", 3) == 0;
    snprintf(scan->who, sizeof(scan->who), "process %s (%s)", name, *comm ? comm : "?");
    snprintf(path, sizeof(path), "%s/fd", name);
    const int code = ims_host_list(host->proc_fd, path, see_descriptor, scan);
    /* A process that has ended meanwhile has nothing open. */
    if (code == 0)
        scan->any_process = true;
    else if (code == -EACCES || code == -EPERM)
        scan->incomplete = true;
    return true;
}

/* Whether anybody could have something of the function open. */
static bool can_be_open(const struct ims_hunt *hunt, uint32_t owner)
{
    if (is_vfio(hunt, owner))
        return true;
    for (uint32_t i = 0; i < hunt->node_count; i++)
        if (hunt->nodes[i].owner == owner && hunt->nodes[i].has_number)
            return true;
    return false;
}

void ims_hunt_open(struct ims_hunt *hunt)
{
    struct scan scan = {.hunt = hunt};

    if (hunt->host->proc_fd >= 0)
        (void)ims_host_list(hunt->host->proc_fd, ".", see_process, &scan);
    if (scan.any_process && !scan.incomplete)
        return;
    for (uint32_t i = 0; i < hunt->function_count; i++)
        if (can_be_open(hunt, i))
            ims_hunt_say(hunt, i, IMS_USE_OPEN, IMS_UNKNOWN, "processes", "/proc/*/fd",
                         hunt->host->is_live
                             ? "which processes have it open is not known: only root can see "
                               "all of them"
                             : "which processes have it open is not known: this is a copy of a "
                               "machine");
}
