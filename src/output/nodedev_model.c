/* SPDX-License-Identifier: MIT */
#include "output/nodedev.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Deeper than any chain of bridges: 256 buses, and as many again behind VMD. */
#define DEPTH_MAX 512u

char *ims_nodedev_name(struct ims_address address, char buffer[IMS_NODEDEV_NAME_SIZE])
{
    (void)snprintf(buffer, IMS_NODEDEV_NAME_SIZE, "pci_%04x_%02x_%02x_%u", address.segment,
                   address.bus, ims_address_device(address), ims_address_function(address));
    return buffer;
}

struct ims_function ims_nodedev_parent(const struct ims_topology *topology,
                                       struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);

    if (info->is_vf == IMS_YES && !ims_function_is_none(info->physfn))
        info = ims_topology_function(topology, info->physfn);
    const struct ims_bus_info *bus = ims_topology_bus(topology, info->bus);
    if (!ims_function_is_none(bus->bridge))
        return bus->bridge;
    return info->vmd_endpoint;
}

/* The function of a root bus that tells where the bus hangs; its own record, or a neighbour's. */
static const char *root_path_of(const struct ims_topology *topology, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const struct ims_bus_info *bus = ims_topology_bus(topology, info->bus);

    for (uint32_t i = 0; i < bus->function_count; i++) {
        const struct ims_function other = {bus->first_function + i};
        const char *path = ims_topology_function(topology, other)->record->root_path;

        if (path)
            return path;
    }
    return NULL;
}

/* Root buses hang at the top unless a device tree describes the machine. */
static bool hangs_at_the_top(const struct ims_topology *topology)
{
    const struct ims_machine *machine = ims_topology_machine(topology);
    const char *architecture = machine->architecture ? machine->architecture : "";

    if (strcmp(architecture, "x86_64") == 0 || machine->acpi_iort == IMS_YES)
        return true;
    return !*architecture && machine->iommu_kind != IMS_IOMMU_ARM_SMMU;
}

static bool append_root(const struct ims_topology *topology, struct ims_function function,
                        bool is_nested, struct ims_text *out)
{
    const struct ims_address address = ims_topology_function(topology, function)->address;
    const char *path = is_nested ? NULL : root_path_of(topology, function);

    if (path) {
        ims_text_appendf(out, "/sys/devices/%s", path);
        return true;
    }
    if (!is_nested && !hangs_at_the_top(topology))
        return false;
    ims_text_appendf(out, "%s/pci%04x:%02x", is_nested ? "" : "/sys/devices", address.segment,
                     address.bus);
    return true;
}

bool ims_nodedev_path(const struct ims_topology *topology, struct ims_function function,
                      struct ims_text *out)
{
    struct ims_function chain[DEPTH_MAX];
    uint32_t depth = 0;
    char name[IMS_ADDRESS_STRING_SIZE];

    for (struct ims_function at = function; !ims_function_is_none(at) && depth < DEPTH_MAX;
         at = ims_nodedev_parent(topology, at))
        chain[depth++] = at;
    for (uint32_t i = depth; i-- > 0;) {
        const struct ims_function_info *info = ims_topology_function(topology, chain[i]);
        const bool is_first = i + 1 == depth;
        const bool is_vf = info->is_vf == IMS_YES && !ims_function_is_none(info->physfn);
        const struct ims_function placed = is_vf ? info->physfn : chain[i];
        const struct ims_bus bus = ims_topology_function(topology, placed)->bus;

        if (ims_function_is_none(ims_topology_bus(topology, bus)->bridge) &&
            !append_root(topology, placed, !is_first, out))
            return false;
        ims_text_appendf(out, "/%s", ims_address_format(info->address, name));
    }
    return true;
}

uint32_t ims_nodedev_place(const char *name)
{
    /* The hash of names that Linux has used since 4.8, folded with the golden ratio of 64 bits. */
    uint64_t sum = 0;

    for (; *name; name++) {
        const uint64_t byte = (unsigned char)*name;

        sum = (sum + (byte << 4) + (byte >> 4)) * 11u;
    }
    uint32_t place = (uint32_t)(sum * UINT64_C(0x61c8864680b583eb) >> 32) & INT32_MAX;
    /* 0, 1 and the greatest are kept for "." and ".." and for the end. */
    if (place < 2)
        place += 2;
    return place == INT32_MAX ? place - 1 : place;
}

static int compare_members(const void *a, const void *b)
{
    const struct ims_nodedev_member *left = a;
    const struct ims_nodedev_member *right = b;

    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return left->function.index < right->function.index   ? -1
           : left->function.index > right->function.index ? 1
                                                          : 0;
}

int ims_nodedev_members(const struct ims_topology *topology, struct ims_nodedev_member **ret,
                        uint32_t *ret_count)
{
    const uint32_t count = ims_topology_function_count(topology);
    struct ims_nodedev_member *members = calloc((size_t)count + 1, sizeof(*members));
    char name[IMS_ADDRESS_STRING_SIZE];

    if (!members)
        return -ENOMEM;
    *ret_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function function = {i};
        const struct ims_function_info *info = ims_topology_function(topology, function);

        if (info->record->group_state == IMS_GROUP_KNOWN)
            members[(*ret_count)++] = (struct ims_nodedev_member){
                info->record->group, ims_nodedev_place(ims_address_format(info->address, name)),
                function};
    }
    qsort(members, *ret_count, sizeof(*members), compare_members);
    *ret = members;
    return 0;
}
