/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fabric/model.h"
#include "pci/regs.h"
#include "rules/judge.h"
#include "rules/quirks.h"

#define SUBTRACTIVE_CLASS 0x060401u

/* ---- roles ---- */

/* Some switches describe their ports the wrong way round: the port above tells which is meant. */
static enum ims_role role_of(const struct ims_fabric *fabric, const struct ims_function_info *info)
{
    const struct ims_bus_info *bus = ims_topology_bus(fabric->topology, info->bus);
    enum ims_role above = IMS_ROLE_ENDPOINT;

    if (ims_bits_all_known(info->pci.header_type, 0x7f) && info->pci.header_type.value == 0)
        return IMS_ROLE_ENDPOINT;
    if (!ims_function_is_none(bus->bridge))
        above = fabric->nodes[bus->bridge.index].role;
    switch (info->port_type) {
    case IMS_PORT_ROOT:
        return IMS_ROLE_ROOT_PORT;
    case IMS_PORT_UPSTREAM:
        return above == IMS_ROLE_UPSTREAM ? IMS_ROLE_DOWNSTREAM : IMS_ROLE_UPSTREAM;
    case IMS_PORT_DOWNSTREAM:
        return above == IMS_ROLE_ROOT_PORT || above == IMS_ROLE_DOWNSTREAM ? IMS_ROLE_UPSTREAM
                                                                           : IMS_ROLE_DOWNSTREAM;
    case IMS_PORT_PCIE_TO_PCI_BRIDGE:
        return IMS_ROLE_PCI_BRIDGE;
    case IMS_PORT_PCI_TO_PCIE_BRIDGE:
        return IMS_ROLE_REVERSE;
    case IMS_PORT_CONVENTIONAL:
        return ims_bits_all_known(info->pci.header_type, 0x7f) ? IMS_ROLE_PCI_BRIDGE
                                                               : IMS_ROLE_ENDPOINT;
    case IMS_PORT_UNKNOWN:
        return ims_bits_all_known(info->pci.header_type, 0x7f) ? IMS_ROLE_UNKNOWN_BRIDGE
                                                               : IMS_ROLE_ENDPOINT;
    default:
        return ims_bus_is_none(info->secondary_bus) ? IMS_ROLE_ENDPOINT : IMS_ROLE_UNKNOWN_BRIDGE;
    }
}

/* A bridge at which the IOMMU stands: all its candidate ids say so (B6). */
static bool translates(const struct ims_function_info *info)
{
    for (uint32_t i = 0; i < info->id_count; i++) {
        const struct ims_alias_quirk_row *rows = NULL;
        const size_t count = ims_alias_quirks_find(info->ids[i], &rows);
        bool found = false;
        for (size_t j = 0; j < count; j++)
            found |= rows[j].kind == IMS_ALIAS_BRIDGE_XLATE_ROOT;
        if (!found)
            return false;
    }
    return info->id_count > 0;
}

static bool is_host_bridge(const struct ims_function_info *info)
{
    return ims_bits_all_known(info->class_code, 0xffff00) &&
           info->class_code.value >> 8 == IMS_CLASS_HOST_BRIDGE;
}

static void find_roles(struct ims_fabric *fabric)
{
    const struct ims_judge judge = {.topology = fabric->topology,
                                    .version = IMS_RULESET_NEWEST,
                                    .acs = IMS_ACS_AS_IS,
                                    .acs_certain = true};

    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        struct ims_fabric_node *node = &fabric->nodes[i];

        node->below = IMS_NONE;
        node->role = role_of(fabric, info);
        node->subtractive = node->role == IMS_ROLE_PCI_BRIDGE &&
                            ims_bits_all_known(info->class_code, 0xffffff) &&
                            info->class_code.value == SUBTRACTIVE_CLASS;
        node->translates = node->role != IMS_ROLE_ENDPOINT && translates(info);
        node->retags = node->role == IMS_ROLE_PCI_BRIDGE &&
                       (info->port_type == IMS_PORT_PCIE_TO_PCI_BRIDGE ||
                        ims_judge_pcie_alias(&judge, (struct ims_function){i}));
        node->conventional = info->port_type == IMS_PORT_CONVENTIONAL;
        node->requester = node->role == IMS_ROLE_ENDPOINT && !is_host_bridge(info);
        node->issuer = node->requester && ims_fabric_masters(fabric, i) != IMS_NO;
    }
}

/* ---- realms ---- */

static enum ims_realm_kind kind_below(enum ims_role role)
{
    switch (role) {
    case IMS_ROLE_ROOT_PORT:
    case IMS_ROLE_DOWNSTREAM:
    case IMS_ROLE_REVERSE:
        return IMS_REALM_LINK;
    case IMS_ROLE_UPSTREAM:
        return IMS_REALM_SWITCH;
    case IMS_ROLE_PCI_BRIDGE:
        return IMS_REALM_BUS;
    case IMS_ROLE_ENDPOINT:
    case IMS_ROLE_UNKNOWN_BRIDGE:
        break;
    }
    return IMS_REALM_UNKNOWN;
}

/* One root complex for each segment, then a realm for each bus below a bridge; buses are sorted. */
static int make_realms(struct ims_fabric *fabric)
{
    const uint32_t bus_count = ims_topology_bus_count(fabric->topology);

    fabric->realms =
        ims_arena_alloc_array(&fabric->arena, 2 * (size_t)bus_count, sizeof(*fabric->realms));
    fabric->bus_realm =
        ims_arena_alloc_array(&fabric->arena, bus_count, sizeof(*fabric->bus_realm));
    if (!fabric->realms || !fabric->bus_realm)
        return -ENOMEM;
    for (uint32_t i = 0; i < bus_count; i++) {
        const uint32_t segment = ims_topology_bus(fabric->topology, (struct ims_bus){i})->segment;
        if (fabric->root_count == 0 || fabric->realms[fabric->root_count - 1].segment != segment)
            fabric->realms[fabric->root_count++] =
                (struct ims_realm){.kind = IMS_REALM_ROOT, .bridge = IMS_NONE, .segment = segment};
    }
    fabric->realm_count = fabric->root_count;
    uint32_t root = 0;
    for (uint32_t i = 0; i < bus_count; i++) {
        const struct ims_bus_info *bus = ims_topology_bus(fabric->topology, (struct ims_bus){i});

        while (fabric->realms[root].segment != bus->segment)
            root++;
        if (ims_bus_is_none(bus->parent)) {
            fabric->bus_realm[i] = root;
            continue;
        }
        const uint32_t parent = fabric->bus_realm[bus->parent.index];
        if (ims_function_is_none(bus->bridge)) {
            fabric->bus_realm[i] = parent; /* of VFs: the same device (A6.1) */
            continue;
        }
        fabric->bus_realm[i] = fabric->realm_count;
        fabric->nodes[bus->bridge.index].below = fabric->realm_count;
        fabric->realms[fabric->realm_count++] = (struct ims_realm){
            .kind = kind_below(fabric->nodes[bus->bridge.index].role),
            .bridge = bus->bridge.index,
            .segment = bus->segment,
            .depth = fabric->realms[parent].depth + 1,
        };
    }
    return 0;
}

static int fill_realms(struct ims_fabric *fabric)
{
    uint32_t *functions = ims_arena_alloc_array(&fabric->arena, fabric->count, sizeof(*functions));
    uint32_t *places = calloc((size_t)fabric->realm_count + 1, sizeof(*places));

    if (!functions || !places) {
        free(places);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        const struct ims_bus_info *bus = ims_topology_bus(fabric->topology, info->bus);
        fabric->nodes[i].realm = fabric->bus_realm[info->bus.index];
        fabric->nodes[i].cut_off = ims_bus_is_none(bus->parent) && bus->is_root != IMS_YES;
        fabric->nodes[i].hidden_above = fabric->nodes[i].cut_off &&
                                        !fabric->basis.options.kernel_profile &&
                                        (fabric->nodes[i].role == IMS_ROLE_UPSTREAM ||
                                         fabric->nodes[i].role == IMS_ROLE_DOWNSTREAM);
        fabric->realms[fabric->nodes[i].realm].function_count++;
    }
    uint32_t next = 0;
    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        places[i] = next;
        fabric->realms[i].functions = &functions[next];
        next += fabric->realms[i].function_count;
    }
    for (uint32_t i = 0; i < fabric->count; i++)
        functions[places[fabric->nodes[i].realm]++] = i;
    free(places);
    return 0;
}

/* Whether a device has virtual functions: then peers inside it must be controllable (A1.4, A1.6). */
static void find_sriov_devices(struct ims_fabric *fabric)
{
    for (uint32_t i = 0; i < fabric->realm_count; i++) {
        const struct ims_realm *realm = &fabric->realms[i];
        enum ims_tristate any = IMS_NO;

        if (realm->kind != IMS_REALM_LINK)
            continue;
        for (uint32_t j = 0; j < realm->function_count && any != IMS_YES; j++) {
            const struct ims_function_info *info = ims_fabric_info(fabric, realm->functions[j]);
            if (info->is_vf == IMS_YES || info->pci.sriov.present == IMS_YES)
                any = IMS_YES;
            else if (info->pci.sriov.present == IMS_UNKNOWN)
                any = IMS_UNKNOWN;
        }
        for (uint32_t j = 0; j < realm->function_count; j++)
            fabric->nodes[realm->functions[j]].sriov_device = any;
    }
}

/* ---- the root complex ---- */

/* A name may fit several ids; that all of them are Intel's is enough (R12.8). */
static bool is_of_intel(const struct ims_function_info *info)
{
    for (uint32_t i = 0; i < info->id_count; i++)
        if (info->ids[i].vendor != 0x8086)
            return false;
    return info->id_count > 0;
}

static bool has_intel_host_bridge(const struct ims_fabric *fabric)
{
    for (uint32_t i = 0; i < fabric->count; i++) {
        const struct ims_function_info *info = ims_fabric_info(fabric, i);
        if (is_host_bridge(info) && is_of_intel(info) &&
            ims_bus_is_none(ims_topology_bus(fabric->topology, info->bus)->parent))
            return true;
    }
    return false;
}

static void settle_root_complex(struct ims_fabric *fabric)
{
    const struct ims_machine *machine = ims_topology_machine(fabric->topology);
    struct ims_fabric_basis *basis = &fabric->basis;

    basis->rc_reason = "chosen by the caller";
    if (basis->options.rc != IMS_FABRIC_RC_AUTO)
        return;
    basis->options.rc = IMS_FABRIC_RC_TRANSLATE_FIRST;
    if (machine->acpi_dmar == IMS_YES) {
        basis->rc_reason = "there is a DMAR table: VT-d translates before it looks for peers";
    } else if (machine->iommu_kind == IMS_IOMMU_INTEL) {
        basis->rc_reason = "the IOMMU is VT-d, which translates before it looks for peers";
    } else if (has_intel_host_bridge(fabric)) {
        basis->rc_reason = "the host bridge is Intel's: VT-d translates before it looks for peers";
    } else {
        basis->options.rc = IMS_FABRIC_RC_UNKNOWN;
        basis->rc_reason = "nothing tells what this root complex does with peers";
    }
}

/* ---- all together ---- */

static bool options_valid(const struct ims_fabric_options *options)
{
    return (unsigned)options->threat <= IMS_FABRIC_TM2 &&
           (unsigned)options->rc <= IMS_FABRIC_RC_DIRECT;
}

static int build(struct ims_fabric *fabric)
{
    int r;

    fabric->nodes = ims_arena_alloc_array(&fabric->arena, fabric->count, sizeof(*fabric->nodes));
    if (!fabric->nodes)
        return -ENOMEM;
    settle_root_complex(fabric);
    find_roles(fabric);
    r = make_realms(fabric);
    if (r == 0)
        r = fill_realms(fabric);
    if (r == 0)
        r = ims_fabric_find_bars(fabric);
    if (r == 0)
        r = ims_fabric_make_claims(fabric);
    if (r < 0)
        return r;
    find_sriov_devices(fabric);
    for (uint32_t i = 0; i < fabric->count; i++)
        ims_fabric_read_controls(fabric, i, &fabric->nodes[i].controls);
    return 0;
}

int ims_fabric_new(const struct ims_topology *topology, const struct ims_fabric_options *options,
                   struct ims_fabric **ret, struct ims_error *reterr)
{
    struct ims_fabric_options settled = {.size_bytes = sizeof(settled)};
    struct ims_fabric *fabric;

    if (options) {
        /* An older caller knows fewer fields; 0 stands for all of them. */
        const size_t given = options->size_bytes ? options->size_bytes : sizeof(settled);
        memcpy(&settled, options, given < sizeof(settled) ? given : sizeof(settled));
        settled.size_bytes = sizeof(settled);
    }
    if (!options_valid(&settled))
        return ims_error_set(reterr, -EINVAL, "no such threat model or root complex profile");
    fabric = calloc(1, sizeof(*fabric));
    if (!fabric)
        return ims_error_set(reterr, -ENOMEM, "no memory for the fabric");
    fabric->topology = topology;
    fabric->basis.options = settled;
    fabric->count = ims_topology_function_count(topology);
    const int r = build(fabric);
    if (r < 0) {
        ims_fabric_free(fabric);
        return ims_error_set(reterr, r, "no memory for the fabric");
    }
    *ret = fabric;
    return 0;
}

void ims_fabric_free(struct ims_fabric *fabric)
{
    if (!fabric)
        return;
    ims_arena_done(&fabric->arena);
    free(fabric);
}

const struct ims_fabric_basis *ims_fabric_basis(const struct ims_fabric *fabric)
{
    return &fabric->basis;
}

const struct ims_topology *ims_fabric_topology(const struct ims_fabric *fabric)
{
    return fabric->topology;
}

bool ims_fabric_is_issuer(const struct ims_fabric *fabric, struct ims_function function)
{
    return function.index < fabric->count && fabric->nodes[function.index].issuer;
}

const struct ims_fabric_bar *ims_fabric_bars(const struct ims_fabric *fabric,
                                             struct ims_function function, uint32_t *ret_count)
{
    const struct ims_fabric_node *node = &fabric->nodes[function.index];

    *ret_count = node->bar_count;
    return &fabric->bars[node->bar_first];
}
