/* SPDX-License-Identifier: MIT */
/* Lookups in the quirk tables. Rules R4.1, R4.8, R4.20, R4.21, section 5. */
#include "rules/quirk_tables.h"

static const char *const acs_rule_names[IMS_ACS_QUIRK_MAX] = {
    [IMS_ACS_QUIRK_AMD_SB] = "amd_sb",
    [IMS_ACS_QUIRK_MF_ENDPOINT] = "mf_endpoint",
    [IMS_ACS_QUIRK_INTEL_RCIEP] = "intel_rciep",
    [IMS_ACS_QUIRK_QCOM_RP] = "qcom_rp",
    [IMS_ACS_QUIRK_INTEL_PCH] = "intel_pch",
    [IMS_ACS_QUIRK_INTEL_SPT] = "intel_spt",
    [IMS_ACS_QUIRK_CAVIUM_RP] = "cavium_rp",
    [IMS_ACS_QUIRK_XGENE_RP] = "xgene_rp",
    [IMS_ACS_QUIRK_BRCM_PAXB] = "brcm_paxb",
    [IMS_ACS_QUIRK_LOONGSON_RP] = "loongson_rp",
    [IMS_ACS_QUIRK_ANNAPURNA_RP] = "annapurna_rp",
    [IMS_ACS_QUIRK_NXP_RP] = "nxp_rp",
    [IMS_ACS_QUIRK_ZHAOXIN_PORTS] = "zhaoxin_ports",
    [IMS_ACS_QUIRK_WANGXUN_NIC] = "wangxun_nic",
    [IMS_ACS_QUIRK_IDT_SV] = "idt_sv",
};

static const char *const alias_kind_names[IMS_ALIAS_KIND_MAX] = {
    [IMS_ALIAS_FUNC0] = "alias_func0",
    [IMS_ALIAS_FUNC1] = "alias_func1",
    [IMS_ALIAS_FIXED] = "alias_fixed",
    [IMS_ALIAS_LIST] = "alias_list",
    [IMS_ALIAS_ALL] = "alias_all",
    [IMS_ALIAS_NTB_TABLE] = "alias_ntb_table",
    [IMS_ALIAS_BRIDGE_PCIE_ALIAS] = "bridge_flag_pcie_alias",
    [IMS_ALIAS_BRIDGE_XLATE_ROOT] = "bridge_flag_xlate_root",
    [IMS_ALIAS_BRIDGE_NO_ALIAS] = "bridge_flag_no_alias",
    [IMS_ALIAS_RUNTIME_REAL_DMA] = "runtime_real_dma",
    [IMS_ALIAS_RUNTIME_IVRS] = "runtime_ivrs_alias",
};

const char *ims_acs_quirk_rule_to_string(enum ims_acs_quirk_rule rule)
{
    return (unsigned)rule < IMS_ACS_QUIRK_MAX ? acs_rule_names[rule] : "invalid";
}

const char *ims_alias_quirk_kind_to_string(enum ims_alias_quirk_kind kind)
{
    return (unsigned)kind < IMS_ALIAS_KIND_MAX ? alias_kind_names[kind] : "invalid";
}

/* Vendor and device as one number; "any device" sorts behind the last one. */
#define ANY_DEVICE 0x10000u

static uint64_t row_key(uint16_t vendor, uint32_t device)
{
    return (uint64_t)vendor << 32 | device;
}

static uint64_t indexed_key(uint32_t position)
{
    const struct ims_acs_quirk_row *row = &ims_acs_quirk_rows[ims_acs_quirk_by_id[position]];

    return row_key(row->vendor, row->any_device ? ANY_DEVICE : row->device);
}

/* The smallest table index above "after" among the rows with this key, or the row count. */
static uint32_t next_with_key(uint64_t key, int32_t after)
{
    uint32_t low = 0;
    uint32_t high = IMS_ACS_QUIRK_ROW_COUNT;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (indexed_key(middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < IMS_ACS_QUIRK_ROW_COUNT && indexed_key(low) == key; low++) {
        if ((int32_t)ims_acs_quirk_by_id[low] > after)
            return ims_acs_quirk_by_id[low];
    }
    return IMS_ACS_QUIRK_ROW_COUNT;
}

const struct ims_acs_quirk_row *ims_acs_quirk_next(struct ims_id id,
                                                   const struct ims_acs_quirk_row *previous)
{
    int32_t after = previous ? (int32_t)(previous - ims_acs_quirk_rows) : -1;
    uint32_t exact = next_with_key(row_key(id.vendor, id.device), after);
    uint32_t any = next_with_key(row_key(id.vendor, ANY_DEVICE), after);
    uint32_t next = exact < any ? exact : any;

    return next < IMS_ACS_QUIRK_ROW_COUNT ? &ims_acs_quirk_rows[next] : NULL;
}

const struct ims_acs_list_row *ims_acs_quirk_list_row(enum ims_acs_quirk_rule rule, uint16_t device)
{
    uint32_t low = 0;
    uint32_t high = IMS_ACS_LIST_RANGE_COUNT;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ims_acs_list_range *range = &ims_acs_list_ranges[middle];

        if (range->rule < (unsigned)rule || (range->rule == (unsigned)rule && range->last < device))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == IMS_ACS_LIST_RANGE_COUNT)
        return NULL;
    if (ims_acs_list_ranges[low].rule != (unsigned)rule || ims_acs_list_ranges[low].first > device)
        return NULL;
    return &ims_acs_list_rows[ims_acs_list_ranges[low].row];
}

enum ims_tristate ims_acs_quirk_listed(enum ims_acs_quirk_rule rule, uint16_t device,
                                       struct ims_kernel_version version, bool *ret_likely)
{
    const struct ims_acs_list_row *row = ims_acs_quirk_list_row(rule, device);

    if (!row) {
        if (ret_likely)
            *ret_likely = false;
        return IMS_NO;
    }
    return ims_release_window_present(&row->window, version, ret_likely);
}

uint32_t ims_acs_capfix(struct ims_id id, struct ims_kernel_version version, bool *ret_certain)
{
    if (ret_certain)
        *ret_certain = true;
    for (uint32_t i = 0; i < IMS_ACS_CAPFIX_ROW_COUNT; i++) {
        const struct ims_acs_quirk_row *row = &ims_acs_capfix_rows[i];
        bool likely = false;

        if (row->vendor != id.vendor || row->device != id.device)
            continue;
        if (ims_release_window_present(&row->window, version, &likely) == IMS_UNKNOWN &&
            ret_certain)
            *ret_certain = false;
        return likely ? IMS_ACS_SV : 0;
    }
    return 0;
}

size_t ims_alias_quirks_find(struct ims_id id, const struct ims_alias_quirk_row **ret_rows)
{
    uint64_t key = row_key(id.vendor, id.device);
    size_t low = 0;
    size_t high = IMS_ALIAS_QUIRK_ROW_COUNT;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ims_alias_quirk_row *row = &ims_alias_quirk_rows[middle];

        if (row_key(row->vendor, row->device) < key)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < IMS_ALIAS_QUIRK_ROW_COUNT; end++) {
        const struct ims_alias_quirk_row *row = &ims_alias_quirk_rows[end];

        if (row_key(row->vendor, row->device) != key)
            break;
    }
    if (end > low)
        *ret_rows = &ims_alias_quirk_rows[low];
    return end - low;
}

bool ims_alias_quirk_covers(const struct ims_alias_quirk_row *row, uint8_t own_devfn, uint8_t devfn)
{
    if (devfn == own_devfn)
        return false;
    switch (row->kind) {
    case IMS_ALIAS_FUNC0:
        return devfn == (own_devfn & 0xf8u);
    case IMS_ALIAS_FUNC1:
        return devfn == ((own_devfn & 0xf8u) | 1u);
    case IMS_ALIAS_FIXED:
    case IMS_ALIAS_LIST:
        for (uint32_t i = 0; i < row->devfn_count; i++) {
            if (row->devfns[i] == devfn)
                return true;
        }
        return false;
    case IMS_ALIAS_ALL:
        return true;
    case IMS_ALIAS_NTB_TABLE:
    case IMS_ALIAS_BRIDGE_PCIE_ALIAS:
    case IMS_ALIAS_BRIDGE_XLATE_ROOT:
    case IMS_ALIAS_BRIDGE_NO_ALIAS:
    case IMS_ALIAS_RUNTIME_REAL_DMA:
    case IMS_ALIAS_RUNTIME_IVRS:
    case IMS_ALIAS_KIND_MAX:
        return false;
    }
    return false;
}

const struct ims_alias_quirk_row *ims_alias_quirk_runtime(enum ims_alias_quirk_kind kind)
{
    for (uint32_t i = 0; i < IMS_ALIAS_RUNTIME_ROW_COUNT; i++) {
        if (ims_alias_runtime_rows[i].kind == kind)
            return &ims_alias_runtime_rows[i];
    }
    return NULL;
}
