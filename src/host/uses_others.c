/* SPDX-License-Identifier: MIT */
/* VFs, RDMA, what the platform depends on, other functions that depend on this one; and the rest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/uses.h"

#define CLASS_BRIDGE 0x06u
#define CLASS_SYSTEM 0x08u
#define CLASS_SD_HOST 0x0805u /* listed with timers, yet a reader of cards */

static void find_vfs(struct ims_search *search, uint32_t index)
{
    const struct ims_search_owner *owner = &search->owners[index];
    const char *evidence = ims_search_format(search, "/sys/%s/sriov_numvfs", owner->path);
    uint64_t count = 0;

    const int r = ims_search_read_number(search, owner->path, "sriov_numvfs", &count);
    if (r == -ENOENT)
        count = ims_search_exists(search, owner->path, "virtfn0");
    if (r == 0 ? count > 0 : count > 0 || r != -ENOENT)
        ims_search_say(
            search, index, IMS_USE_VFS, r == 0 || count > 0 ? IMS_YES : IMS_UNKNOWN,
            "virtual functions",
            r == 0 ? ims_search_format(search, "%s: %llu", evidence, (unsigned long long)count)
                   : evidence,
            r == 0 || count > 0
                ? "it has virtual functions, which go with it wherever they are bound"
                : "whether it has virtual functions could not be read");
}

/* ---- classes that tell by themselves ---- */

/* The state of a port that carries traffic is "4: ACTIVE". */
static void find_rdma(struct ims_search *search, const struct ims_search_node *node)
{
    const char *ports = ims_search_format(search, "%s/ports", node->path);
    struct ims_listing listing;
    const struct dirent *entry;
    bool active = false;
    bool known = false;

    if (ims_listing_open(&listing, search, search->host->sys_fd, ports) == 0) {
        while ((entry = ims_listing_next(&listing)) != NULL) {
            const char *state = ims_search_read_line(
                search, ports, ims_search_format(search, "%s/state", entry->d_name));

            known |= state != NULL;
            active |= state && strncmp(state, "4:", 2) == 0;
        }
    }
    if (active || !known)
        ims_search_say(search, node->owner, IMS_USE_RDMA, active ? IMS_YES : IMS_UNKNOWN,
                       node->name, ims_search_format(search, "/sys/%s/*/state", ports),
                       active ? "a port of the RDMA device %s is active"
                              : "whether a port of the RDMA device %s is active is not known",
                       node->name);
}

static const char *system_word(const char *subsystem)
{
    static const struct {
        const char *subsystem;
        const char *word;
    } words[] = {
        {"tpm", "a TPM"},
        {"tpmrm", "a TPM"},
        {"watchdog", "a watchdog"},
        {"ipmi", "the way to the management controller"},
        {"thunderbolt", "a Thunderbolt controller"},
        {"nd", "persistent memory"},
        {"edac", "error reporting of memory"},
        {"rtc", "a clock"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].subsystem, subsystem) == 0)
            return words[i].word;
    return NULL;
}

static void find_classes(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];
        const char *evidence = ims_search_format(search, "/sys/%s", node->path);
        const char *word = system_word(node->subsystem);
        uint64_t in_use;

        if (word)
            ims_search_say(search, node->owner, IMS_USE_SYSTEM, IMS_YES, node->name, evidence,
                           "%s (%s) hangs on it, on which the platform depends", word, node->name);
        else if (strcmp(node->subsystem, "infiniband") == 0)
            find_rdma(search, node);
        else if (strcmp(node->subsystem, "dma") == 0 &&
                 ims_search_read_number(search, node->path, "in_use", &in_use) == 0 && in_use > 0)
            ims_search_say(search, node->owner, IMS_USE_SYSTEM, IMS_YES, node->name,
                           ims_search_format(search, "%s/in_use", evidence),
                           "the kernel uses the DMA channel %s", node->name);
        else if (strcmp(node->subsystem, "mdev") == 0)
            ims_search_say(search, node->owner, IMS_USE_OPEN, IMS_UNKNOWN, node->name, evidence,
                           "the mediated device %s is made on it; a guest may be using it",
                           node->name);
    }
}

/* Timers, bridges to the chipset and the like are not taken in passing (1.4). */
static void find_platform(struct ims_search *search, uint32_t index)
{
    const struct ims_search_owner *owner = &search->owners[index];
    const uint32_t class = owner->class_code >> 16;

    if (owner->is_bridge || ims_search_is_quiet(owner) ||
        (class != CLASS_BRIDGE && class != CLASS_SYSTEM) || owner->class_code >> 8 == CLASS_SD_HOST)
        return;
    ims_search_say(
        search, index, IMS_USE_SYSTEM, IMS_YES, owner->driver,
        ims_search_format(search, "/sys/%s/class: 0x%06x", owner->path, owner->class_code),
        "it is part of the platform (class %04x), driven by %s", owner->class_code >> 8,
        owner->driver);
}

/* ---- functions that the kernel unbinds together with this one (1.4) ---- */

static void find_consumers(struct ims_search *search, uint32_t index)
{
    const struct ims_search_owner *owner = &search->owners[index];
    struct ims_listing listing;
    const struct dirent *entry;

    if (ims_listing_open(&listing, search, search->host->sys_fd, owner->path) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        if (strncmp(entry->d_name, "consumer:", 9) != 0)
            continue;
        /* Links that only order power states are "not tracked" and unbind nobody. */
        const char *status = ims_search_read_line(
            search, owner->path, ims_search_format(search, "%s/status", entry->d_name));
        if (!status || (strcmp(status, "active") != 0 && strcmp(status, "consumer probing") != 0))
            continue;
        const char *consumer = ims_search_format(search, "%s", entry->d_name + 9);
        ims_search_say(
            search, index, IMS_USE_CONSUMER, IMS_YES, consumer,
            ims_search_format(search, "/sys/%s/%s/status: %s", owner->path, entry->d_name, status),
            "the kernel unbinds %s with it", consumer);
    }
}

/* Xen takes functions away from everybody without a node that shows who has them. */
static void find_xen(struct ims_search *search, uint32_t index)
{
    const struct ims_search_owner *owner = &search->owners[index];

    if (owner->driver && strcmp(owner->driver, "pciback") == 0)
        ims_search_say(search, index, IMS_USE_GUEST, IMS_UNKNOWN, owner->driver,
                       ims_search_format(search, "/sys/%s/driver", owner->path),
                       "Xen holds it for a guest; whether one has it is not to be seen here");
}

void ims_search_others(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++) {
        if (!search->owners[i].path)
            continue;
        find_vfs(search, i);
        find_platform(search, i);
        find_consumers(search, i);
        find_xen(search, i);
    }
    find_classes(search);
}

/* ---- drivers for which nothing was said ---- */

/* Classes whose users would have been found above. */
static bool is_understood(const char *subsystem)
{
    static const char *const names[] = {
        "ata_port", "block", "drm",     "drm_dp_aux_dev", "graphics",
        "hwmon",    "i2c",   "i2c-dev", "infiniband",     "input",
        "mmc_host", "net",   "nvme",    "scsi_host",      "sound",
        "tty",      "uio",   "usb",     "video4linux",    "vfio-dev",
        "dma",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], subsystem) == 0)
            return true;
    return false;
}

/* "virtio-pci" says little, the driver of the device that it made says more. */
static const char *driver_of(struct ims_search *search, uint32_t index)
{
    const char *driver = search->owners[index].driver;

    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];
        const char *below = node->owner == index && strcmp(node->subsystem, "virtio") == 0
                                ? ims_search_read_link(search, node->path, "driver")
                                : NULL;

        if (below)
            return ims_search_format(search, "%s (%s)", below, driver);
    }
    return driver;
}

void ims_search_rest(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++) {
        const struct ims_search_owner *owner = &search->owners[i];
        bool understood = false;

        if (owner->is_told || !owner->path || ims_search_is_quiet(owner))
            continue;
        for (uint32_t j = 0; j < search->node_count; j++)
            understood |= search->nodes[j].owner == i && is_understood(search->nodes[j].subsystem);
        const char *driver = driver_of(search, i);
        const char *evidence = ims_search_format(search, "/sys/%s/driver", owner->path);
        if (understood)
            ims_search_say(search, i, IMS_USE_IDLE, IMS_YES, driver, evidence,
                           "what %s drives goes away; nobody uses it", driver);
        else
            ims_search_say(search, i, IMS_USE_IDLE, IMS_UNKNOWN, driver, evidence,
                           "whether something in the kernel uses what %s provides cannot be seen",
                           driver);
    }
}
