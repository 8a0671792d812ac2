/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_QUIRKS_H
#define IMS_RULES_QUIRKS_H

/*
 * The quirk rows as the rest of this room asks for them. The rows themselves are data: one row, one
 * line, in acs_quirks.c, acs_lists.c and alias_quirks.c. Rules R4.1, R4.18-R4.22, section 5.
 */

#include "iommuscope/rules.h"

/* One stable release, "5.10.68". */
struct ims_release {
    uint8_t major;
    uint8_t minor;
    int16_t patch;
};

#define IMS_WINDOW_FIRST_MAX 3u

/* What the longterm trees that were read say about a row. */
enum ims_lts_state {
    IMS_LTS_NOT_STATED = 0,
    IMS_LTS_ABSENT,
    IMS_LTS_PRESENT,
};

/* Since when a row takes part, as far as trees were read (a row never leaves again). */
struct ims_release_window {
    const char *mainline;       /* ">5.4,<=5.15" or "<=4.4" */
    const char *stable;         /* "5.10.68, 5.14.7" or "-" */
    bool always;                /* was there in the oldest tree */
    struct ims_release absent;  /* series of the last pristine tree without the row; patch unused */
    struct ims_release present; /* series of the first pristine tree with the row */
    enum ims_lts_state lts[3];  /* 5.10.223, 6.1.192, 6.12.117 */
    struct ims_release first[IMS_WINDOW_FIRST_MAX]; /* stable series: the first release with it */
    uint32_t first_count;
    struct ims_release seen; /* a release between trees that was asked and has it; patch 0: none */
};

/*
 * Whether a row takes part in a release. unknown: no tree that was read settles it; *ret_likely
 * (may be NULL) is then the value to go on with, else it repeats the answer. Releases newer than
 * 7.3 are judged as 7.3, older than 4.4 as 4.4. A release without patch is judged as the tree of
 * its series that was read, unless the row came into that series by a stable release.
 */
enum ims_tristate ims_release_window_present(const struct ims_release_window *window,
                                             struct ims_kernel_version version, bool *ret_likely);

/* ---- ACS verdicts (R4.1, 4.3) ---- */

enum ims_acs_quirk_rule {
    IMS_ACS_QUIRK_AMD_SB = 0,
    IMS_ACS_QUIRK_MF_ENDPOINT,
    IMS_ACS_QUIRK_INTEL_RCIEP,
    IMS_ACS_QUIRK_QCOM_RP,
    IMS_ACS_QUIRK_INTEL_PCH,
    IMS_ACS_QUIRK_INTEL_SPT,
    IMS_ACS_QUIRK_CAVIUM_RP,
    IMS_ACS_QUIRK_XGENE_RP,
    IMS_ACS_QUIRK_BRCM_PAXB,
    IMS_ACS_QUIRK_LOONGSON_RP,
    IMS_ACS_QUIRK_ANNAPURNA_RP,
    IMS_ACS_QUIRK_NXP_RP,
    IMS_ACS_QUIRK_ZHAOXIN_PORTS,
    IMS_ACS_QUIRK_WANGXUN_NIC,
    IMS_ACS_QUIRK_IDT_SV, /* capability fix only, never a verdict (R4.8) */
    IMS_ACS_QUIRK_MAX,
};

/* "intel_pch", "mf_endpoint", ...; never NULL. */
const char *ims_acs_quirk_rule_to_string(enum ims_acs_quirk_rule rule);

/* A verdict row, an enable operation or a capability fix. */
struct ims_acs_quirk_row {
    uint16_t vendor;
    uint16_t device; /* meaningful unless any_device */
    bool any_device;
    enum ims_acs_quirk_rule rule;
    struct ims_release_window window;
    const char *label;
};

/*
 * The verdict rows for an id, in table order: NULL starts, the row returned last continues, NULL
 * ends. Logarithmic. Windows are not looked at. Rule R4.1.
 */
const struct ims_acs_quirk_row *ims_acs_quirk_next(struct ims_id id,
                                                   const struct ims_acs_quirk_row *previous);

/* A row of device ids that a rule tests ("RP+list", "id tested against list"). */
struct ims_acs_list_row {
    uint16_t vendor;
    uint16_t device; /* first id of the list */
    enum ims_acs_quirk_rule rule;
    struct ims_release_window window;
    const char *ids; /* the whole list as text */
    const char *label;
    const char *ids_label; /* both: "3b42-3b51: 5-series" */
};

/* The list row of a rule that holds device, or NULL. Logarithmic. Windows are not looked at. */
const struct ims_acs_list_row *ims_acs_quirk_list_row(enum ims_acs_quirk_rule rule,
                                                      uint16_t device);

/*
 * Whether device is in the lists of rule in a release (the vendor is the caller's business: each
 * such rule has one vendor). unknown and *ret_likely as in ims_release_window_present().
 */
enum ims_tristate ims_acs_quirk_listed(enum ims_acs_quirk_rule rule, uint16_t device,
                                       struct ims_kernel_version version, bool *ret_likely);

/*
 * Bits that the kernel takes out of the cached capability word of this device (0 mostly). Where the
 * release is not settled, the likely answer; *ret_certain (may be NULL) says so. Rule R4.8.
 */
uint32_t ims_acs_capfix(struct ims_id id, struct ims_kernel_version version, bool *ret_certain);

/* ---- requester-id aliases (R2.3, section 5) ---- */

enum ims_alias_quirk_kind {
    IMS_ALIAS_FUNC0 = 0,         /* function 0 of the own slot */
    IMS_ALIAS_FUNC1,             /* function 1 of the own slot */
    IMS_ALIAS_FIXED,             /* devfns, own bus */
    IMS_ALIAS_LIST,              /* devfns, own bus */
    IMS_ALIAS_ALL,               /* all 256 devfns of the own bus */
    IMS_ALIAS_NTB_TABLE,         /* device tables in BAR 0: not derivable (R5.4) */
    IMS_ALIAS_BRIDGE_PCIE_ALIAS, /* requester id (secondary bus, 0) (R2.3f) */
    IMS_ALIAS_BRIDGE_XLATE_ROOT, /* the walk stops here (R2.3a) */
    IMS_ALIAS_BRIDGE_NO_ALIAS,   /* not visited (R2.3c) */
    IMS_ALIAS_RUNTIME_REAL_DMA,  /* VMD (R2.1, R5.9) */
    IMS_ALIAS_RUNTIME_IVRS,      /* AMD firmware table (R6.3) */
    IMS_ALIAS_KIND_MAX,
};

/* "alias_func1", "bridge_flag_xlate_root", ...; never NULL. */
const char *ims_alias_quirk_kind_to_string(enum ims_alias_quirk_kind kind);

enum ims_alias_quirk_condition {
    IMS_ALIAS_IF_ANY = 0,
    IMS_ALIAS_IF_NOT_FUNC0,   /* own function number differs from 0 (R5.2) */
    IMS_ALIAS_IF_NOT_FUNC1,   /* own function number differs from 1 */
    IMS_ALIAS_IF_HIDDEN_PCIE, /* not on a root bus, header type 1, no PCIe capability, the parent
                                 bridge has one and is not type 7 */
    IMS_ALIAS_IF_NTB,         /* base and sub class 0x0680 */
    IMS_ALIAS_IF_PCIE_TO_PCI, /* PCIe type 7 */
    IMS_ALIAS_IF_VMD,         /* x86, in a VMD segment */
    IMS_ALIAS_IF_IVRS,        /* alias entry of the firmware, same bus */
};

struct ims_alias_quirk_row {
    uint16_t vendor;
    uint16_t device;
    bool any_id; /* runtime rows: vendor and device mean nothing */
    enum ims_alias_quirk_kind kind;
    enum ims_alias_quirk_condition condition;
    bool has_subsystem; /* subsystem must match too */
    struct ims_id subsystem;
    const uint8_t *devfns; /* of FIXED and LIST rows, sorted; else NULL */
    uint32_t devfn_count;
    bool final_stage; /* runs after registration: on hot-add after grouping (R5.5, R3.6) */
    struct ims_release_window window;
    const char *label;
};

/*
 * All rows for an id: neighbours in memory, *ret_rows is the first (untouched when none); returns
 * how many. Logarithmic. Conditions, subsystem and windows are the caller's business.
 */
size_t ims_alias_quirks_find(struct ims_id id, const struct ims_alias_quirk_row **ret_rows);

/*
 * Whether the row of a device at own_devfn adds devfn to its alias mask, its condition being met.
 * Always false for bridge, table and runtime rows and for own_devfn itself. Rules R5.1, R5.2.
 */
bool ims_alias_quirk_covers(const struct ims_alias_quirk_row *row, uint8_t own_devfn,
                            uint8_t devfn);

/* The run-time row of a kind (REAL_DMA or IVRS), for its window; NULL for other kinds. */
const struct ims_alias_quirk_row *ims_alias_quirk_runtime(enum ims_alias_quirk_kind kind);

#endif
