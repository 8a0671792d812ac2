/* SPDX-License-Identifier: MIT */
/* What on the host uses a function: collects what hangs below it, then asks every question. */
#include "host/uses.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "ownership/model.h"

#define QUIET_DRIVERS 6u

void ims_search_say(struct ims_search *search, uint32_t owner, enum ims_use_kind kind,
                    enum ims_tristate certain, const char *subject, const char *evidence,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&search->arena, format, arguments);
    va_end(arguments);
    search->owners[owner].is_told = true;
    if (!text) {
        search->failed = true;
        return;
    }
    const struct ims_use use = {.address = search->owners[owner].address,
                                .kind = kind,
                                .certain = certain,
                                .subject = subject,
                                .evidence = evidence,
                                .text = text};
    ims_uses_add(search->uses, &use);
}

bool ims_search_is_quiet(const struct ims_search_owner *owner)
{
    static const char *const names[QUIET_DRIVERS] = {"pci-stub",        "pcieport", "pci-pf-stub",
                                                     "uio_pci_generic", "igb_uio",  "pciback"};

    /* Variants for single devices are called mlx5_vfio_pci and the like. */
    if (!owner->driver || strstr(owner->driver, "vfio"))
        return true;
    for (size_t i = 0; i < QUIET_DRIVERS; i++)
        if (strcmp(names[i], owner->driver) == 0)
            return true;
    return false;
}

/* A copy may hold the directory itself where the kernel has a link. */
static const char *find_path(struct ims_search *search, const char *name)
{
    static const char top[] = "bus/pci/devices";
    const char *path = ims_search_resolve(search, top, name);
    struct ims_listing listing;

    if (!path)
        path = ims_search_format(search, "%s/%s", top, name);
    if (ims_listing_open(&listing, search, search->host->sys_fd, path) < 0)
        return NULL;
    ims_listing_close(&listing);
    return path;
}

static void fill_owner(struct ims_search *search, const struct ims_function_info *info,
                       struct ims_search_owner *owner)
{
    const struct ims_record *record = info->record;
    char name[IMS_ADDRESS_STRING_SIZE];
    uint64_t number;

    owner->address = info->address;
    owner->is_bridge = ims_is_interconnect(info) != IMS_NO;
    owner->class_code = info->class_code.value & info->class_code.known;
    owner->driver = record->driver;
    owner->has_group = record->group_state == IMS_GROUP_KNOWN;
    owner->group = record->group;
    owner->path = find_path(search, ims_address_format(info->address, name));
    if (!owner->path)
        return;
    /* What the host says now is newer than what was read of it before. */
    const char *driver = ims_search_read_link(search, owner->path, "driver");
    const char *group = ims_search_read_link(search, owner->path, "iommu_group");
    if (driver || search->host->is_live)
        owner->driver = driver;
    if (group && ims_number_decimal(group, strlen(group), UINT32_MAX, &number) == 0) {
        owner->has_group = true;
        owner->group = (uint32_t)number;
    }
}

static void tell_missing(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++)
        if (!search->owners[i].path)
            ims_search_say(search, i, IMS_USE_SYSTEM, IMS_UNKNOWN, "sysfs", "/sys/bus/pci/devices",
                           "this host does not have the function: nobody can look who uses it");
        else if (search->cut)
            ims_search_say(search, i, IMS_USE_SYSTEM, IMS_UNKNOWN, "sysfs",
                           ims_search_format(search, "/sys/%s", search->owners[i].path),
                           "there is more on this host than is looked at: what uses the function "
                           "is not known completely");
}

int ims_host_uses(struct ims_host *host, const struct ims_topology *topology,
                  const struct ims_function *functions, uint32_t function_count,
                  struct ims_uses *ret, struct ims_error *reterr)
{
    struct ims_search search = {.host = host, .topology = topology, .uses = ret};

    search.owners =
        ims_arena_alloc_array(&search.arena, (size_t)function_count + 1, sizeof(*search.owners));
    search.failed = !search.owners;
    for (uint32_t i = 0; search.owners && i < function_count; i++) {
        const struct ims_function_info *info = ims_topology_function(topology, functions[i]);

        /* Interconnect is not taken from the host: its services are no uses. */
        if (ims_is_interconnect(info) != IMS_YES)
            fill_owner(&search, info, &search.owners[search.owner_count++]);
    }
    ims_search_walk(&search);
    ims_search_stack(&search);
    ims_search_mounts(&search);
    ims_search_boot(&search);
    ims_search_blocks(&search);
    ims_search_net(&search);
    ims_search_display(&search);
    ims_search_input(&search);
    ims_search_open_files(&search);
    ims_search_libvirt(&search);
    ims_search_others(&search);
    ims_search_rest(&search);
    tell_missing(&search);
    ims_uses_sort(ret);
    ret->failed |= search.failed;
    free(search.blocks);
    free(search.nodes);
    ims_arena_done(&search.arena);
    return ret->failed ? ims_error_set(reterr, -ENOMEM, "out of memory") : 0;
}
