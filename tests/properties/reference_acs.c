/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

/* Section 4 (ACS_OK) and the id rows of section 5, read as data and judged here. */

#define RULESETS_KEPT 64u

/* The rows that take part in one rule set. */
struct row_set {
    struct ims_ruleset ruleset;
    struct ims_quirk_row *rows;
    unsigned count;
    bool has_unknown;
};

static const struct row_set *rows_of(const struct reference *reference)
{
    static struct row_set kept[RULESETS_KEPT];
    static unsigned kept_count;
    const struct ims_ruleset *ruleset = &reference->options->ruleset;
    for (unsigned i = 0; i < kept_count; i++) {
        if (memcmp(&kept[i].ruleset, ruleset, sizeof(*ruleset)) == 0)
            return &kept[i];
    }
    if (kept_count == RULESETS_KEPT)
        abort();
    struct row_set *set = &kept[kept_count++];
    set->ruleset = *ruleset;
    set->rows = calloc(ims_quirk_row_count() + 1u, sizeof(*set->rows));
    if (!set->rows)
        abort();
    for (uint32_t i = 0; i < ims_quirk_row_count(); i++) {
        enum ims_tristate present = ims_quirk_row_present(i, ruleset);
        if (present == IMS_YES)
            set->rows[set->count++] = ims_quirk_row_at(i);
        else if (present == IMS_UNKNOWN)
            set->has_unknown = true;
    }
    return set;
}

static bool row_fits(const struct ims_quirk_row *row, const struct sketch_function *sketch)
{
    struct ims_id id = sketch_id(sketch);
    return row->vendor == id.vendor && (row->any_device || row->device == id.device);
}

/* The id lists of the rules (4.3). A list takes part when the row of its first id does. */
struct id_range {
    const char *rule;
    uint16_t row;
    uint16_t first, last;
    uint16_t step;
};

static const struct id_range id_ranges[] = {
    {"intel_pch", 0x3b42, 0x3b42, 0x3b51, 1},     {"intel_pch", 0x1c10, 0x1c10, 0x1c1f, 1},
    {"intel_pch", 0x1e10, 0x1e10, 0x1e1f, 1},     {"intel_pch", 0x8c10, 0x8c10, 0x8c1f, 1},
    {"intel_pch", 0x9c10, 0x9c10, 0x9c1b, 1},     {"intel_pch", 0x9c90, 0x9c90, 0x9c9b, 1},
    {"intel_pch", 0x1d10, 0x1d10, 0x1d1e, 2},     {"intel_pch", 0x8d10, 0x8d10, 0x8d1e, 1},
    {"intel_pch", 0x8c90, 0x8c90, 0x8c9e, 2},     {"intel_spt", 0xa110, 0xa110, 0xa11f, 1},
    {"intel_spt", 0xa110, 0xa167, 0xa16a, 1},     {"intel_spt", 0xa290, 0xa290, 0xa29f, 1},
    {"intel_spt", 0xa290, 0xa2e7, 0xa2ee, 1},     {"intel_spt", 0x9d10, 0x9d10, 0x9d1b, 1},
    {"cavium_rp", 0xa000, 0xa000, 0xa7ff, 1},     {"cavium_rp", 0xaf84, 0xaf84, 0xaf84, 1},
    {"cavium_rp", 0xb884, 0xb884, 0xb884, 1},     {"zhaoxin_ports", 0x0710, 0x0710, 0x071e, 1},
    {"zhaoxin_ports", 0x0710, 0x0721, 0x0721, 1}, {"zhaoxin_ports", 0x0710, 0x0723, 0x0732, 1},
    {"zhaoxin_ports", 0x0733, 0x0733, 0x0752, 1}, {"wangxun_nic", 0x0100, 0x0100, 0x010f, 1},
    {"wangxun_nic", 0x0100, 0x1001, 0x1001, 1},   {"wangxun_nic", 0x0100, 0x2001, 0x2001, 1},
    {"wangxun_nic", 0x5010, 0x5010, 0x5010, 1},   {"wangxun_nic", 0x5010, 0x5025, 0x5025, 1},
    {"wangxun_nic", 0x5010, 0x5040, 0x5040, 1},   {"wangxun_nic", 0x5010, 0x5110, 0x5110, 1},
    {"wangxun_nic", 0x5010, 0x5125, 0x5125, 1},   {"wangxun_nic", 0x5010, 0x5140, 0x5140, 1},
};

static bool range_present(const struct row_set *set, const struct id_range *range)
{
    for (unsigned i = 0; i < set->count; i++) {
        const struct ims_quirk_row *row = &set->rows[i];
        if (strcmp(row->table, "acs") == 0 && strcmp(row->kind, "expand") == 0 &&
            strcmp(row->rule, range->rule) == 0 && row->device == range->row)
            return true;
    }
    return false;
}

/* Whether the list of a rule holds the device. The vendor is that of the table row. */
static bool listed(const struct reference *reference, const struct sketch_function *sketch,
                   const char *rule)
{
    uint16_t device = sketch_id(sketch).device;
    for (unsigned i = 0; i < sizeof(id_ranges) / sizeof(id_ranges[0]); i++) {
        const struct id_range *range = &id_ranges[i];
        if (strcmp(range->rule, rule) == 0 && device >= range->first && device <= range->last &&
            (device - range->first) % range->step == 0)
            return range_present(rows_of(reference), range);
    }
    return false;
}

/* R4.20: bit 0 of dword 0xf0 of device 31 function 0 on the port's bus. Nobody there: all ones. */
static bool rcba_enabled(const struct reference *reference, unsigned node)
{
    struct ims_address address = reference->nodes[node].sketch->address;
    address.devfn = IMS_DEVFN(31, 0);
    const struct sketch_function *lpc = sketch_find(reference->sketch, address);
    if (!lpc)
        return true;
    for (unsigned i = 0; i < lpc->raw_count; i++) {
        if (lpc->raw[i].offset == 0xf0)
            return lpc->raw[i].value & 1;
    }
    return false;
}

static enum reference_verdict enabled_if(bool condition, enum reference_verdict otherwise)
{
    return condition ? REFERENCE_ENABLED : otherwise;
}

/* One table row whose id fits (4.3). */
static enum reference_verdict judge_row(const struct reference *reference, unsigned index,
                                        const char *rule)
{
    const struct reference_node *node = &reference->nodes[index];
    bool root_port = node->type == 4;
    if (strcmp(rule, "amd_sb") == 0)
        return enabled_if(reference_m(reference, index) && reference->buses[node->bus].parent < 0 &&
                              reference->sketch->machine.ivrs == IMS_YES,
                          REFERENCE_PASS);
    if (strcmp(rule, "intel_rciep") == 0)
        return enabled_if(node->type == 9, REFERENCE_PASS);
    if (strcmp(rule, "annapurna_rp") == 0)
        return enabled_if(root_port, REFERENCE_PASS);
    if (strcmp(rule, "cavium_rp") == 0)
        return enabled_if(root_port && listed(reference, node->sketch, rule), REFERENCE_PASS);
    if (strcmp(rule, "intel_pch") == 0) {
        if (!root_port || !listed(reference, node->sketch, rule))
            return REFERENCE_PASS;
        return enabled_if(rcba_enabled(reference, index), REFERENCE_NOT_ENABLED);
    }
    if (strcmp(rule, "intel_spt") == 0) {
        if (!root_port || !listed(reference, node->sketch, rule) || !node->has_acs)
            return REFERENCE_PASS;
        uint32_t need = SKETCH_REQ & node->cap32;
        return enabled_if((node->ctrl32 & need) == need, REFERENCE_NOT_ENABLED);
    }
    if (strcmp(rule, "zhaoxin_ports") == 0) {
        if (node->type != 4 && node->type != 6)
            return REFERENCE_PASS;
        return enabled_if(listed(reference, node->sketch, rule), REFERENCE_NOT_ENABLED);
    }
    if (strcmp(rule, "wangxun_nic") == 0)
        return enabled_if(listed(reference, node->sketch, rule), REFERENCE_NOT_ENABLED);
    return REFERENCE_ENABLED; /* by id alone */
}

/* R4.22: the extra row of patched kernels. */
static enum reference_verdict judge_override(const struct reference *reference, unsigned index)
{
    const struct reference_node *node = &reference->nodes[index];
    const char *at = strstr(reference->sketch->machine.cmdline, "pcie_acs_override=");
    char id[16];
    char value[256];
    if (!at || node->type == SKETCH_CONVENTIONAL || node->has_acs)
        return REFERENCE_PASS;
    at += strlen("pcie_acs_override=");
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, " "), at);
    snprintf(id, sizeof(id), "id:%04x:%04x", sketch_id(node->sketch).vendor,
             sketch_id(node->sketch).device);
    if (strstr(value, id))
        return REFERENCE_ENABLED;
    if (strstr(value, "downstream") && (node->type == 4 || node->type == 6))
        return REFERENCE_ENABLED;
    bool function = node->type == 0 || node->type == 1 || node->type == 5 || node->type == 9;
    if (strstr(value, "multifunction") && function && reference_m(reference, index))
        return REFERENCE_ENABLED;
    return REFERENCE_PASS;
}

enum reference_verdict reference_table(const struct reference *reference, unsigned index)
{
    const struct row_set *set = rows_of(reference);
    for (unsigned i = 0; i < set->count; i++) {
        const struct ims_quirk_row *row = &set->rows[i];
        if (!row_fits(row, reference->nodes[index].sketch) || strcmp(row->table, "acs") != 0 ||
            strcmp(row->kind, "table") != 0)
            continue;
        enum reference_verdict verdict = judge_row(reference, index, row->rule);
        if (verdict != REFERENCE_PASS)
            return verdict;
    }
    return judge_override(reference, index);
}

bool reference_acs_ok(const struct reference *reference, unsigned index)
{
    const struct reference_node *node = &reference->nodes[index];
    enum reference_verdict verdict = reference_table(reference, index);
    if (verdict != REFERENCE_PASS)
        return verdict == REFERENCE_ENABLED; /* R4.1 */
    switch (node->type) {
    case SKETCH_CONVENTIONAL: /* R4.2 */
    case 7:
    case 8:
    case 10: /* R4.3 */
        return false;
    case 4:
    case 6: /* R4.4 */
        break;
    case 0:
    case 1:
    case 5:
    case 9: /* R4.5 */
        if (!reference_m(reference, index))
            return true;
        break;
    default: /* R4.6 */
        return true;
    }
    /* R4.7 */
    uint32_t need = SKETCH_REQ & node->cap16;
    return node->has_acs && (node->ctrl16 & need) == need;
}

bool reference_acs_ok_proposed(const struct reference *reference, unsigned index)
{
    const struct reference_node *node = &reference->nodes[index];
    if (!reference_acs_ok(reference, index))
        return false;
    /* R9.10: DSP-MT-RR where the Enhanced bits are implemented; a row by id stands for all bits. */
    if (reference_table(reference, index) == REFERENCE_ENABLED)
        return true;
    return !node->has_acs || !(node->cap16 & 0x80) || (node->ctrl16 & 0x200);
}

/* ---- section 5 ---- */

static void apply_alias(struct reference_node *node, const struct ims_quirk_row *row)
{
    unsigned devfn = node->sketch->address.devfn;
    struct ims_id subsystem = node->sketch->subsystem;
    if (strcmp(row->kind, "alias_func0") == 0 && (devfn & 7) != 0) {
        node->alias[devfn & ~7u] = true;
    } else if (strcmp(row->kind, "alias_func1") == 0 && (devfn & 7) != 1) {
        node->alias[(devfn & ~7u) | 1] = true;
    } else if (strcmp(row->kind, "alias_fixed") == 0) {
        if (subsystem.vendor == 0x9005 &&
            (subsystem.device == 0x02bb || subsystem.device == 0x02bc))
            node->alias[0x08] = true;
    } else if (strcmp(row->kind, "alias_all") == 0) {
        memset(node->alias, true, sizeof(node->alias));
    } else if (strcmp(row->kind, "alias_list") == 0 &&
               (row->device == 0x2260 || row->device == 0x2264)) {
        node->alias[0x80] = node->alias[0x88] = node->alias[0x93] = true;
    } else if (strcmp(row->kind, "alias_list") == 0) {
        for (unsigned i = 0; i < 256; i++)
            node->alias[i] = node->alias[i] || (i & 7) <= 4;
    }
}

/* "hidden_pcie": a bridge without PCIe capability below a PCIe bridge that is not type 7. */
static bool hidden_pcie(const struct reference *reference, const struct reference_node *node)
{
    int above = reference->buses[node->bus].bridge;
    if (above < 0 || node->sketch->header != 1 || node->type != SKETCH_CONVENTIONAL)
        return false;
    int type = reference->nodes[above].type;
    return type != SKETCH_CONVENTIONAL && type != 7;
}

void reference_apply_rows(struct reference *reference)
{
    const struct row_set *set = rows_of(reference);
    reference->unsupported = set->has_unknown;
    for (unsigned i = 0; i < reference->count; i++) {
        struct reference_node *node = &reference->nodes[i];
        for (unsigned j = 0; j < set->count; j++) {
            const struct ims_quirk_row *row = &set->rows[j];
            if (!row_fits(row, node->sketch))
                continue;
            if (strcmp(row->kind, "capfix") == 0)
                node->cap16 &= ~1u;
            else if (strcmp(row->kind, "bridge_flag_xlate_root") == 0)
                node->xlate_root = true;
            else if (strcmp(row->kind, "bridge_flag_no_alias") == 0)
                node->no_alias = node->type == 7;
            else if (strcmp(row->kind, "bridge_flag_pcie_alias") == 0)
                node->pcie_alias = hidden_pcie(reference, node);
            else
                apply_alias(node, row);
        }
    }
}

void reference_program_acs(struct reference *reference)
{
    if (!reference->options->acs_as_linux_sets)
        return;
    for (unsigned i = 0; i < reference->count; i++) {
        struct reference_node *node = &reference->nodes[i];
        if (!node->has_acs)
            continue;
        bool intel_port = node->type == 4 && sketch_id(node->sketch).vendor == 0x8086;
        if (intel_port && listed(reference, node->sketch, "intel_spt")) {
            node->ctrl32 |= node->cap32 & SKETCH_REQ; /* R4.21 */
            continue;
        }
        if (intel_port && listed(reference, node->sketch, "intel_pch"))
            continue;                             /* standard programming is skipped (R4.20) */
        node->ctrl16 |= node->cap16 & SKETCH_REQ; /* R4.13 */
    }
}
