/* SPDX-License-Identifier: MIT */
/* What on the host uses a function: every question is asked of every function. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "host/uses.h"
#include "ownership/model.h"

const struct ims_function_info *ims_hunt_info(const struct ims_hunt *hunt, uint32_t owner)
{
    return ims_topology_function(hunt->topology, hunt->functions[owner]);
}

bool ims_hunt_has_driver(const struct ims_hunt *hunt, uint32_t owner)
{
    const struct ims_record *record = ims_hunt_info(hunt, owner)->record;
    return record->driver || !record->driver_stated;
}

void ims_hunt_say(struct ims_hunt *hunt, uint32_t owner, enum ims_use_kind kind,
                  enum ims_tristate certain, const char *subject, const char *evidence,
                  const char *format, ...)
{
    char text[1024];
    struct ims_use use = {.address = ims_hunt_info(hunt, owner)->address,
                          .kind = kind,
                          .certain = certain,
                          .subject = subject,
                          .evidence = evidence,
                          .text = text};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ims_uses_add(hunt->uses, &use);
}

/* What the topology tells already: the VGA of the firmware, and PFs with VFs. */
static void find_known(struct ims_hunt *hunt, uint32_t owner)
{
    const struct ims_function_info *info = ims_hunt_info(hunt, owner);
    const uint32_t count = ims_topology_function_count(hunt->topology);
    const uint32_t self = hunt->functions[owner].index;
    uint32_t vfs = 0;

    if (info->record->boot_vga == IMS_YES)
        ims_hunt_say(hunt, owner, IMS_USE_BOOT_VGA, IMS_YES, "boot_vga", "sys: boot_vga is 1",
                     "the firmware's display: the console of the host goes dark");
    for (uint32_t i = 0; i < count; i++)
        vfs +=
            ims_topology_function(hunt->topology, (struct ims_function){i})->physfn.index == self;
    if (vfs > 0)
        ims_hunt_say(hunt, owner, IMS_USE_VFS, IMS_YES, "virtual functions", "sys: virtfn links",
                     "its %u virtual function%s with it", vfs, vfs == 1 ? " goes" : "s go");
}

static void find_nodes(struct ims_hunt *hunt)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    char path[64];

    for (uint32_t i = 0; i < hunt->function_count; i++) {
        ims_address_format(ims_hunt_info(hunt, i)->address, name);
        snprintf(path, sizeof(path), "bus/pci/devices/%s", name);
        ims_hunt_walk(hunt, i, path, false);
    }
}

static int ask(struct ims_hunt *hunt)
{
    for (uint32_t i = 0; i < hunt->function_count; i++)
        find_known(hunt, i);
    find_nodes(hunt);
    ims_hunt_nvme(hunt);
    ims_hunt_block(hunt);
    ims_hunt_net(hunt);
    ims_hunt_display(hunt);
    ims_hunt_open(hunt);
    ims_hunt_other(hunt);
    ims_uses_sort(hunt->uses);
    free(hunt->nodes);
    ims_arena_done(&hunt->arena);
    return hunt->failed || hunt->uses->failed ? -ENOMEM : 0;
}

int ims_host_uses(struct ims_host *host, const struct ims_topology *topology,
                  const struct ims_function *functions, uint32_t function_count,
                  struct ims_uses *ret, struct ims_error *reterr)
{
    struct ims_function *searched = calloc((size_t)function_count + 1, sizeof(*searched));
    struct ims_hunt hunt = {.host = host, .topology = topology, .functions = searched, .uses = ret};

    for (uint32_t i = 0; searched && i < function_count; i++)
        /* Interconnect is not taken from the host: its services are no uses. */
        if (ims_is_interconnect(ims_topology_function(topology, functions[i])) != IMS_YES)
            searched[hunt.function_count++] = functions[i];
    const int code = searched ? ask(&hunt) : -ENOMEM;
    free(searched);
    return code < 0 ? ims_error_set(reterr, code, "out of memory") : 0;
}
