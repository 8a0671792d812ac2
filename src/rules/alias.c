/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/tristate.h"
#include "rules/judge.h"
#include "rules/quirk_tables.h"

/* A row that may take part: how surely, and what to go on with. */
struct participation {
    enum ims_tristate state;
    bool likely;
};

static enum ims_tristate matches_subsystem(const struct ims_alias_quirk_row *row,
                                           const struct ims_function_info *info)
{
    if (!row->has_subsystem)
        return IMS_YES;

    struct ims_bits vendor = info->pci.subsystem_vendor;
    struct ims_bits device = info->pci.subsystem_device;
    if (info->record->subsystem_stated) {
        vendor = (struct ims_bits){info->record->subsystem.vendor, 0xffff};
        device = (struct ims_bits){info->record->subsystem.device, 0xffff};
    }
    if (!info->record->subsystem_stated && ims_bits_all_known(info->pci.header_type, 0x7f) &&
        info->pci.header_type.value != 0)
        return IMS_NO; /* a bridge header has no subsystem ids */
    if (!ims_bits_all_known(vendor, 0xffff) || !ims_bits_all_known(device, 0xffff))
        return IMS_UNKNOWN;
    return ims_tristate_from_bool(vendor.value == row->subsystem.vendor &&
                                  device.value == row->subsystem.device);
}

/* Not on a root bus, header type 1, no PCIe capability, below a PCIe bridge that is not type 7. */
static enum ims_tristate hides_pcie(const struct ims_judge *judge, struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    const struct ims_function above = ims_topology_bridge_above(judge->topology, function);

    if (ims_function_is_none(above))
        return ims_topology_bus(judge->topology, info->bus)->is_root == IMS_YES ? IMS_NO
                                                                                : IMS_UNKNOWN;
    if (!ims_bits_all_known(info->pci.header_type, 0x7f) || info->port_type == IMS_PORT_UNKNOWN)
        return IMS_UNKNOWN;
    if (info->pci.header_type.value != 1 || info->port_type != IMS_PORT_CONVENTIONAL)
        return IMS_NO;
    const enum ims_port_type parent = ims_judge_port_type(judge, above);
    if (parent == IMS_PORT_UNKNOWN)
        return IMS_UNKNOWN;
    return ims_tristate_from_bool(parent != IMS_PORT_CONVENTIONAL &&
                                  parent != IMS_PORT_PCIE_TO_PCI_BRIDGE);
}

static enum ims_tristate condition_holds(const struct ims_judge *judge,
                                         const struct ims_alias_quirk_row *row,
                                         struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);

    switch (row->condition) {
    case IMS_ALIAS_IF_ANY:
    case IMS_ALIAS_IF_NOT_FUNC0: /* "covers" leaves the function itself out */
    case IMS_ALIAS_IF_NOT_FUNC1:
        return IMS_YES;
    case IMS_ALIAS_IF_HIDDEN_PCIE:
        return hides_pcie(judge, function);
    case IMS_ALIAS_IF_NTB:
        if (!ims_bits_all_known(info->class_code, 0xffff00))
            return IMS_UNKNOWN;
        return ims_tristate_from_bool((info->class_code.value & 0xffff00) == 0x068000);
    case IMS_ALIAS_IF_PCIE_TO_PCI: {
        const enum ims_port_type type = ims_judge_port_type(judge, function);
        if (type == IMS_PORT_UNKNOWN)
            return IMS_UNKNOWN;
        return ims_tristate_from_bool(type == IMS_PORT_PCIE_TO_PCI_BRIDGE);
    }
    case IMS_ALIAS_IF_VMD:
    case IMS_ALIAS_IF_IVRS:
        return IMS_NO; /* run-time rows are no aliases of an id */
    }
    return IMS_NO;
}

static struct participation participates(const struct ims_judge *judge,
                                         const struct ims_alias_quirk_row *row,
                                         struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    struct participation part;

    part.state = ims_release_window_present(&row->window, judge->version, &part.likely);
    if (judge->probe == IMS_PROBE_HOT_ADDED && row->final_stage)
        part.state = IMS_NO; /* the fixup runs after the grouping (R3.6) */

    const enum ims_tristate facts =
        ims_tristate_and(matches_subsystem(row, info), condition_holds(judge, row, function));
    if (facts == IMS_UNKNOWN)
        part.likely = false;
    part.state = ims_tristate_and(part.state, facts);
    if (part.state != IMS_UNKNOWN)
        part.likely = part.state == IMS_YES;
    return part;
}

/* Adds what one row contributes for one candidate id. */
static void add_row(const struct ims_judge *judge, const struct ims_alias_quirk_row *row,
                    struct ims_function function, struct ims_alias_mask *mask)
{
    const struct participation part = participates(judge, row, function);
    const uint8_t own = ims_topology_function(judge->topology, function)->address.devfn;
    const bool table = row->kind == IMS_ALIAS_NTB_TABLE;

    if (part.state == IMS_NO)
        return;
    mask->table |= table;
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        if (table ? devfn == own : !ims_alias_quirk_covers(row, own, (uint8_t)devfn))
            continue;
        const uint64_t bit = (uint64_t)1 << (devfn & 63);
        mask->possible[devfn >> 6] |= bit;
        mask->label = row->label;
        if (table)
            continue;
        if (part.state == IMS_YES)
            mask->certain[devfn >> 6] |= bit;
        if (part.likely)
            mask->likely[devfn >> 6] |= bit;
    }
}

static bool is_empty(const uint64_t bits[4])
{
    return !(bits[0] | bits[1] | bits[2] | bits[3]);
}

/* Without any id every row could fit, as far as the vendor is not known to have none (R5.1). */
static bool any_row_could_fit(const struct ims_function_info *info)
{
    const struct ims_bits vendor = info->pci.vendor;

    if (!ims_bits_all_known(vendor, 0xffff))
        return true;
    for (size_t i = 0; i < IMS_ALIAS_QUIRK_ROW_COUNT; i++)
        if (ims_alias_quirk_rows[i].vendor == vendor.value)
            return true;
    return false;
}

/* Whether a bridge above puts in an id, so that the kernel's walk does not end at the function. */
static bool has_alias_above(const struct ims_judge *judge, struct ims_function function)
{
    struct ims_function above = ims_topology_bridge_above(judge->topology, function);

    for (; !ims_function_is_none(above);
         above = ims_topology_bridge_above(judge->topology, above)) {
        const enum ims_port_type type = ims_judge_port_type(judge, above);
        if (type == IMS_PORT_CONVENTIONAL || type == IMS_PORT_PCIE_TO_PCI_BRIDGE ||
            type == IMS_PORT_PCI_TO_PCIE_BRIDGE)
            return true;
    }
    return false;
}

/* Whether a release takes alias entries for a function that has an alias above too (R6.3). */
static enum ims_tristate takes_behind_alias(struct ims_kernel_version version)
{
    if (!ims_kernel_version_before(version, 5, 6))
        return IMS_YES;
    if (version.major == 5 && version.minor == 4)
        return version.patch < 0 ? IMS_UNKNOWN : ims_tristate_from_bool(version.patch >= 17);
    return ims_kernel_version_before(version, 5, 1) ? IMS_NO : IMS_UNKNOWN;
}

/* An alias entry of AMD's table for an id of the same bus (R6.3). */
static void add_ivrs(const struct ims_judge *judge, struct ims_function function,
                     struct ims_alias_mask *mask)
{
    const struct ims_address own = ims_topology_function(judge->topology, function)->address;
    struct ims_lookup lookup;
    bool likely;

    if (!ims_topology_lookup(judge->topology, own, &lookup) ||
        ims_topology_tables(judge->topology)->units[lookup.unit].table != IMS_ACPI_IVRS ||
        lookup.id >> 8 != own.bus || (lookup.id & 0xff) == own.devfn)
        return;
    enum ims_tristate state = ims_release_window_present(
        &ims_alias_quirk_runtime(IMS_ALIAS_RUNTIME_IVRS)->window, judge->version, &likely);
    if (has_alias_above(judge, function))
        state = ims_tristate_and(state, takes_behind_alias(judge->version));
    if (state == IMS_NO)
        return;
    const unsigned word = (lookup.id & 0xff) >> 6;
    const uint64_t bit = (uint64_t)1 << (lookup.id & 63);
    mask->possible[word] |= bit;
    if (state == IMS_YES)
        mask->certain[word] |= bit;
    if (state == IMS_YES || likely)
        mask->likely[word] |= bit;
    mask->label = "AMD, alias entry of the ACPI table IVRS";
}

bool ims_judge_aliases(const struct ims_judge *judge, struct ims_function function,
                       struct ims_alias_mask *ret)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    struct ims_alias_mask all = {0};

    for (uint32_t i = 0; i < info->id_count; i++) {
        const struct ims_alias_quirk_row *rows = NULL;
        const size_t count = ims_alias_quirks_find(info->ids[i], &rows);
        struct ims_alias_mask one = {0};

        for (size_t j = 0; j < count; j++)
            add_row(judge, &rows[j], function, &one);
        for (unsigned word = 0; word < 4; word++) {
            all.certain[word] = i == 0 ? one.certain[word] : all.certain[word] & one.certain[word];
            all.likely[word] = i == 0 ? one.likely[word] : all.likely[word] & one.likely[word];
            all.possible[word] |= one.possible[word];
        }
        all.table |= one.table;
        if (one.label)
            all.label = one.label;
    }
    if (info->id_count == 0 && any_row_could_fit(info)) {
        memset(all.possible, 0xff, sizeof(all.possible));
        all.possible[info->address.devfn >> 6] &= ~((uint64_t)1 << (info->address.devfn & 63));
    }
    add_ivrs(judge, function, &all);
    if (is_empty(all.possible))
        return false;
    *ret = all;
    return true;
}

/* Whether all, some or none of the candidate ids carry a bridge flag. */
static enum ims_tristate bridge_flag(const struct ims_judge *judge, struct ims_function function,
                                     enum ims_alias_quirk_kind kind, bool *ret_likely)
{
    const struct ims_function_info *info = ims_topology_function(judge->topology, function);
    enum ims_tristate state = IMS_NO;
    bool likely = false;

    for (uint32_t i = 0; i < info->id_count; i++) {
        const struct ims_alias_quirk_row *rows = NULL;
        const size_t count = ims_alias_quirks_find(info->ids[i], &rows);
        struct participation one = {IMS_NO, false};

        for (size_t j = 0; j < count; j++)
            if (rows[j].kind == kind)
                one = participates(judge, &rows[j], function);
        if (i == 0) {
            state = one.state;
            likely = one.likely;
        } else if (state != one.state) {
            state = IMS_UNKNOWN;
            likely &= one.likely;
        }
    }
    *ret_likely = likely;
    return state;
}

enum ims_tristate ims_judge_translation_root(const struct ims_judge *judge,
                                             struct ims_function function, bool *ret_likely)
{
    return bridge_flag(judge, function, IMS_ALIAS_BRIDGE_XLATE_ROOT, ret_likely);
}

enum ims_tristate ims_judge_no_alias(const struct ims_judge *judge, struct ims_function function,
                                     bool *ret_likely)
{
    return bridge_flag(judge, function, IMS_ALIAS_BRIDGE_NO_ALIAS, ret_likely);
}

bool ims_judge_pcie_alias(const struct ims_judge *judge, struct ims_function function)
{
    bool likely;

    bridge_flag(judge, function, IMS_ALIAS_BRIDGE_PCIE_ALIAS, &likely);
    return likely;
}
