/* SPDX-License-Identifier: MIT */
/*
 * Device ids that a rule tests itself, with the windows in which the lists grew: R4.20, R4.21, 4.3.
 */
#include "rules/quirk_tables.h"
#include "rules/quirk_windows.h"

/* clang-format off */
#define INTEL_PCH IMS_ACS_QUIRK_INTEL_PCH
#define INTEL_SPT IMS_ACS_QUIRK_INTEL_SPT
#define CAVIUM_RP IMS_ACS_QUIRK_CAVIUM_RP
#define ZHAOXIN_PORTS IMS_ACS_QUIRK_ZHAOXIN_PORTS
#define WANGXUN_NIC IMS_ACS_QUIRK_WANGXUN_NIC
#define IDS(ids, label) ids, label, ids ": " label

/* vendor, first id, rule, window, ids, family */
const struct ims_acs_list_row ims_acs_list_rows[IMS_ACS_LIST_ROW_COUNT] = {
    {0x8086, 0x3b42, INTEL_PCH, IMS_LIST_FROM_4_4, IDS("3b42-3b51", "5-series (Ibex Peak)")},
    {0x8086, 0x1c10, INTEL_PCH, IMS_LIST_FROM_4_4, IDS("1c10-1c1f", "6-series (Cougar Point)")},
    {0x8086, 0x1e10, INTEL_PCH, IMS_LIST_FROM_4_4, IDS("1e10-1e1f", "7-series (Panther Point)")},
    {0x8086, 0x8c10, INTEL_PCH, IMS_LIST_FROM_4_4,
     IDS("8c10-8c1f", "8-series desktop (Lynx Point-H)")},
    {0x8086, 0x9c10, INTEL_PCH, IMS_LIST_FROM_4_4, IDS("9c10-9c1b", "8-series LP (Lynx Point-LP)")},
    {0x8086, 0x9c90, INTEL_PCH, IMS_LIST_FROM_4_4,
     IDS("9c90-9c9b", "9-series LP (Wildcat Point-LP)")},
    {0x8086, 0x1d10, INTEL_PCH, IMS_LIST_FROM_4_4,
     IDS("1d10, 1d12, 1d14, 1d16, 1d18, 1d1a, 1d1c, 1d1e", "X79 (Patsburg), even ids only")},
    {0x8086, 0x8d10, INTEL_PCH, IMS_LIST_FROM_4_4,
     IDS("8d10-8d1e", "X99/C610 (Wellsburg); 0x8d1f not included")},
    {0x8086, 0x8c90, INTEL_PCH, IMS_LIST_FROM_4_4,
     IDS("8c90, 8c92, 8c94, 8c96, 8c98, 8c9a, 8c9c, 8c9e", "9-series desktop, even ids only")},
    {0x8086, 0xa110, INTEL_SPT, IMS_LIST_FROM_4_15,
     IDS("a110-a11f, a167-a16a", "100-series PCH-H (Sunrise Point-H)")},
    {0x8086, 0xa290, INTEL_SPT, IMS_LIST_FROM_4_15,
     IDS("a290-a29f, a2e7-a2ee", "200-series PCH-H (Union Point)")},
    {0x8086, 0x9d10, INTEL_SPT, IMS_LIST_FROM_4_18, IDS("9d10-9d1b", "7th/8th gen mobile PCH-LP")},
    {0x177d, 0xa000, CAVIUM_RP, IMS_LIST_FROM_4_15, IDS("a000-a7ff", "ThunderX1")},
    {0x177d, 0xaf84, CAVIUM_RP, IMS_LIST_FROM_5_4_STABLE_5_4_6, IDS("af84", "ThunderX2")},
    {0x177d, 0xb884, CAVIUM_RP, IMS_LIST_FROM_5_4_STABLE_5_4_6, IDS("b884", "ThunderX3")},
    {0x1d17, 0x0710, ZHAOXIN_PORTS, IMS_LIST_FROM_5_15_STABLE_5_6_9,
     IDS("0710-071e, 0721, 0723-0732", "Zhaoxin RP/DSP first list")},
    {0x1d17, 0x0733, ZHAOXIN_PORTS, IMS_LIST_FROM_6_8_STABLE_5_10_209,
     IDS("0733-0752", "Zhaoxin RP/DSP extension")},
    {0x8088, 0x0100, WANGXUN_NIC, IMS_LIST_FROM_6_2_STABLE_5_10_173,
     IDS("0100-010f, 1001, 2001", "EM/SP NICs")},
    {0x8088, 0x5010, WANGXUN_NIC, IMS_LIST_FROM_6_14_STABLE_6_1_120,
     IDS("5010, 5025, 5040, 5110, 5125, 5140", "AML NICs")},
};

/* rule, list row, first id, last id */
const struct ims_acs_list_range ims_acs_list_ranges[IMS_ACS_LIST_RANGE_COUNT] = {
    {INTEL_PCH, 1, 0x1c10, 0x1c1f},
    {INTEL_PCH, 6, 0x1d10, 0x1d10},
    {INTEL_PCH, 6, 0x1d12, 0x1d12},
    {INTEL_PCH, 6, 0x1d14, 0x1d14},
    {INTEL_PCH, 6, 0x1d16, 0x1d16},
    {INTEL_PCH, 6, 0x1d18, 0x1d18},
    {INTEL_PCH, 6, 0x1d1a, 0x1d1a},
    {INTEL_PCH, 6, 0x1d1c, 0x1d1c},
    {INTEL_PCH, 6, 0x1d1e, 0x1d1e},
    {INTEL_PCH, 2, 0x1e10, 0x1e1f},
    {INTEL_PCH, 0, 0x3b42, 0x3b51},
    {INTEL_PCH, 3, 0x8c10, 0x8c1f},
    {INTEL_PCH, 8, 0x8c90, 0x8c90},
    {INTEL_PCH, 8, 0x8c92, 0x8c92},
    {INTEL_PCH, 8, 0x8c94, 0x8c94},
    {INTEL_PCH, 8, 0x8c96, 0x8c96},
    {INTEL_PCH, 8, 0x8c98, 0x8c98},
    {INTEL_PCH, 8, 0x8c9a, 0x8c9a},
    {INTEL_PCH, 8, 0x8c9c, 0x8c9c},
    {INTEL_PCH, 8, 0x8c9e, 0x8c9e},
    {INTEL_PCH, 7, 0x8d10, 0x8d1e},
    {INTEL_PCH, 4, 0x9c10, 0x9c1b},
    {INTEL_PCH, 5, 0x9c90, 0x9c9b},
    {INTEL_SPT, 11, 0x9d10, 0x9d1b},
    {INTEL_SPT, 9, 0xa110, 0xa11f},
    {INTEL_SPT, 9, 0xa167, 0xa16a},
    {INTEL_SPT, 10, 0xa290, 0xa29f},
    {INTEL_SPT, 10, 0xa2e7, 0xa2ee},
    {CAVIUM_RP, 12, 0xa000, 0xa7ff},
    {CAVIUM_RP, 13, 0xaf84, 0xaf84},
    {CAVIUM_RP, 14, 0xb884, 0xb884},
    {ZHAOXIN_PORTS, 15, 0x0710, 0x071e},
    {ZHAOXIN_PORTS, 15, 0x0721, 0x0721},
    {ZHAOXIN_PORTS, 15, 0x0723, 0x0732},
    {ZHAOXIN_PORTS, 16, 0x0733, 0x0752},
    {WANGXUN_NIC, 17, 0x0100, 0x010f},
    {WANGXUN_NIC, 17, 0x1001, 0x1001},
    {WANGXUN_NIC, 17, 0x2001, 0x2001},
    {WANGXUN_NIC, 18, 0x5010, 0x5010},
    {WANGXUN_NIC, 18, 0x5025, 0x5025},
    {WANGXUN_NIC, 18, 0x5040, 0x5040},
    {WANGXUN_NIC, 18, 0x5110, 0x5110},
    {WANGXUN_NIC, 18, 0x5125, 0x5125},
    {WANGXUN_NIC, 18, 0x5140, 0x5140},
};
/* clang-format on */
