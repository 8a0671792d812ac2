/* SPDX-License-Identifier: MIT */
/*
 * Device-specific verdicts of the kernel, in the order in which it asks them: the first row that
 * decides is final (R4.1, 4.3). One row, one line:
 * vendor, device, any device?, rule, window, family.
 */
#include "rules/quirk_tables.h"
#include "rules/quirk_windows.h"

/* clang-format off */
#define AMD_SB IMS_ACS_QUIRK_AMD_SB
#define MF_ENDPOINT IMS_ACS_QUIRK_MF_ENDPOINT
#define INTEL_RCIEP IMS_ACS_QUIRK_INTEL_RCIEP
#define QCOM_RP IMS_ACS_QUIRK_QCOM_RP
#define INTEL_PCH IMS_ACS_QUIRK_INTEL_PCH
#define INTEL_SPT IMS_ACS_QUIRK_INTEL_SPT
#define CAVIUM_RP IMS_ACS_QUIRK_CAVIUM_RP
#define XGENE_RP IMS_ACS_QUIRK_XGENE_RP
#define BRCM_PAXB IMS_ACS_QUIRK_BRCM_PAXB
#define LOONGSON_RP IMS_ACS_QUIRK_LOONGSON_RP
#define ANNAPURNA_RP IMS_ACS_QUIRK_ANNAPURNA_RP
#define NXP_RP IMS_ACS_QUIRK_NXP_RP
#define ZHAOXIN_PORTS IMS_ACS_QUIRK_ZHAOXIN_PORTS
#define WANGXUN_NIC IMS_ACS_QUIRK_WANGXUN_NIC
#define IDT_SV IMS_ACS_QUIRK_IDT_SV

const struct ims_acs_quirk_row ims_acs_quirk_rows[IMS_ACS_QUIRK_ROW_COUNT] = {
    {0x1002, 0x4385, false, AMD_SB, IMS_FROM_4_4, "ATI SBx00 southbridge fn"},
    {0x1002, 0x439c, false, AMD_SB, IMS_FROM_4_4, "ATI SBx00 southbridge fn"},
    {0x1002, 0x4383, false, AMD_SB, IMS_FROM_4_4, "ATI SBx00 southbridge fn"},
    {0x1002, 0x439d, false, AMD_SB, IMS_FROM_4_4, "ATI SBx00 southbridge fn"},
    {0x1002, 0x4384, false, AMD_SB, IMS_FROM_4_4, "ATI SBx00 southbridge fn"},
    {0x1002, 0x4399, false, AMD_SB, IMS_FROM_4_4, "ATI SBx00 southbridge fn"},
    {0x1022, 0x780f, false, AMD_SB, IMS_FROM_4_4, "AMD FCH fn"},
    {0x1022, 0x7809, false, AMD_SB, IMS_FROM_4_4, "AMD FCH fn"},
    {0x1924, 0x0903, false, MF_ENDPOINT, IMS_FROM_4_4, "Solarflare NIC"},
    {0x1924, 0x0923, false, MF_ENDPOINT, IMS_FROM_4_4, "Solarflare NIC"},
    {0x1924, 0x0a03, false, MF_ENDPOINT, IMS_FROM_4_15, "Solarflare NIC"},
    {0x8086, 0x10c6, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10db, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10dd, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10e1, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10f1, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10f7, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10f8, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10f9, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10fa, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10fb, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x10fc, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x1507, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x1514, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x151c, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x1529, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x152a, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x154d, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x154f, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x1551, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x1558, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82598/82599 family"},
    {0x8086, 0x1509, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x150e, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x150f, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x1510, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x1511, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x1516, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x1527, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82580"},
    {0x8086, 0x10c9, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x10e6, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x10e7, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x10e8, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x150a, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x150d, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x1518, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x1526, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82576"},
    {0x8086, 0x10a7, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82575"},
    {0x8086, 0x10a9, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82575"},
    {0x8086, 0x10d6, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82575"},
    {0x8086, 0x1521, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel I350"},
    {0x8086, 0x1522, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel I350"},
    {0x8086, 0x1523, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel I350"},
    {0x8086, 0x1524, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel I350"},
    {0x8086, 0x105e, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82571"},
    {0x8086, 0x105f, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82571"},
    {0x8086, 0x1060, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82571"},
    {0x8086, 0x10d9, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel 82571"},
    {0x8086, 0x15b7, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel I219"},
    {0x8086, 0x15b8, false, MF_ENDPOINT, IMS_FROM_4_4, "Intel I219"},
    {0x8086, 0x0000, true, INTEL_RCIEP, IMS_FROM_5_15, "any Intel RCiEP"},
    {0x17cb, 0x0400, false, QCOM_RP, IMS_FROM_4_15, "Qualcomm root port"},
    {0x17cb, 0x0401, false, QCOM_RP, IMS_FROM_4_15, "Qualcomm root port"},
    {0x17cb, 0x0115, false, QCOM_RP, IMS_FROM_6_14_STABLE_6_1_113, "Qualcomm root port"},
    {0x17cb, 0x0111, false, QCOM_RP, IMS_FROM_7_0_STABLE_6_1_165, "Qualcomm root port"},
    {0x17cb, 0x0120, false, QCOM_RP, IMS_FROM_7_0_STABLE_6_1_165, "Qualcomm root port"},
    {0x1dbf, 0x0401, false, QCOM_RP, IMS_FROM_5_4, "HXT SD4800 root port"},
    {0x8086, 0x0000, true, INTEL_PCH, IMS_FROM_4_4, "Intel PCH RPs w/o ACS cap (5..9 series)"},
    {0x8086, 0x0000, true, INTEL_SPT, IMS_FROM_4_15, "Intel 100/200-series PCH RPs, wide layout"},
    {0x19a2, 0x0710, false, MF_ENDPOINT, IMS_FROM_4_4, "Emulex BE3-R"},
    {0x10df, 0x0720, false, MF_ENDPOINT, IMS_FROM_4_4, "Emulex Skyhawk-R"},
    {0x177d, 0x0000, true, CAVIUM_RP, IMS_FROM_4_15, "Cavium RP"},
    {0x177d, 0xa026, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_10_68, "Cavium MFD"},
    {0x177d, 0xa059, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_10_68, "Cavium MFD"},
    {0x177d, 0xa060, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_10_68, "Cavium MFD"},
    {0x10e8, 0xe004, false, XGENE_RP, IMS_FROM_4_15, "APM X-Gene RP"},
    {0x1def, 0xe005, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe006, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe007, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe008, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe009, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe00a, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe00b, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x1def, 0xe00c, false, XGENE_RP, IMS_FROM_4_18, "Ampere RP"},
    {0x14e4, 0x16d7, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_10_46, "Broadcom NIC"},
    {0x14e4, 0x1750, false, MF_ENDPOINT, IMS_FROM_5_19_STABLE_5_10_138, "Broadcom NIC"},
    {0x14e4, 0x1751, false, MF_ENDPOINT, IMS_FROM_5_19_STABLE_5_10_138, "Broadcom NIC"},
    {0x14e4, 0x1752, false, MF_ENDPOINT, IMS_FROM_5_19_STABLE_5_10_138, "Broadcom NIC"},
    {0x14e4, 0x1760, false, MF_ENDPOINT, IMS_FROM_6_14_STABLE_6_1_122_SEEN_6_12_95,
     "Broadcom NIC"},
    {0x14e4, 0x1761, false, MF_ENDPOINT, IMS_FROM_6_14_STABLE_6_1_122_SEEN_6_12_95,
     "Broadcom NIC"},
    {0x14e4, 0x1762, false, MF_ENDPOINT, IMS_FROM_6_14_STABLE_6_1_122_SEEN_6_12_95,
     "Broadcom NIC"},
    {0x14e4, 0x1763, false, MF_ENDPOINT, IMS_FROM_6_14_STABLE_6_1_122_SEEN_6_12_95,
     "Broadcom NIC"},
    {0x14e4, 0xd714, false, BRCM_PAXB, IMS_FROM_5_4, "Broadcom iProc PAXB RP"},
    {0x0014, 0x3c09, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x3c19, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x3c29, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a09, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a19, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a29, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a39, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a49, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a59, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x0014, 0x7a69, false, LOONGSON_RP, IMS_FROM_6_17_STABLE_6_1_142, "Loongson RP"},
    {0x1c36, 0x0031, false, ANNAPURNA_RP, IMS_FROM_5_4, "Annapurna Labs RP"},
    {0x1d17, 0x3038, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_6_9, "Zhaoxin MFD"},
    {0x1d17, 0x3104, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_6_9, "Zhaoxin MFD"},
    {0x1d17, 0x9083, false, MF_ENDPOINT, IMS_FROM_5_15_STABLE_5_6_9, "Zhaoxin MFD"},
    {0x1957, 0x8d81, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8da1, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d83, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d80, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8da0, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d82, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d90, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8db0, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d92, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d91, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8db1, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d93, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d89, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8da9, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d8b, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d88, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8da8, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d8a, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d98, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8db8, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d9a, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d99, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8db9, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1957, 0x8d9b, false, NXP_RP, IMS_FROM_5_15_STABLE_5_10_68, "NXP LX2xxx RP"},
    {0x1d17, 0x0000, true, ZHAOXIN_PORTS, IMS_FROM_5_15_STABLE_5_6_9, "Zhaoxin RP/DSP"},
    {0x8088, 0x0000, true, WANGXUN_NIC, IMS_FROM_6_2_STABLE_5_10_173, "Wangxun NIC"},
};

const uint8_t ims_acs_quirk_by_id[IMS_ACS_QUIRK_ROW_COUNT] = {
    92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 2, 4, 0, 5, 1, 3,
    7, 6, 69, 74, 83, 84, 85, 86, 87, 88, 89, 90, 91, 71, 72, 73,
    70, 63, 62, 64, 60, 61, 8, 9, 10, 109, 106, 111, 108, 121, 118, 123,
    120, 112, 115, 114, 117, 124, 127, 126, 129, 110, 107, 122, 119, 113, 116, 125,
    128, 68, 102, 103, 104, 105, 130, 65, 75, 76, 77, 78, 79, 80, 81, 82,
    53, 54, 55, 46, 47, 11, 38, 48, 56, 12, 13, 14, 39, 40, 41, 15,
    16, 17, 18, 19, 20, 21, 22, 31, 42, 43, 32, 33, 34, 35, 23, 36,
    44, 24, 49, 50, 51, 52, 45, 37, 25, 26, 27, 28, 29, 30, 57, 58,
    59, 66, 67, 131,
};

/* What the kernel writes on such ports, enabling ACS or handling its parameters (R4.20, R4.21). */
const struct ims_acs_quirk_row ims_acs_op_rows[IMS_ACS_OP_ROW_COUNT] = {
    {0x8086, 0x0000, true, INTEL_PCH, IMS_LIST_FROM_4_4,
     "enable: RCBA routing bits cleared, then armed (0x1014 since 5.4.6 and 5.5, before 0x1114)"},
    {0x8086, 0x0000, true, INTEL_SPT, IMS_LIST_FROM_4_15,
     "enable: control dword at +8 gets the implemented bits of SV, RR, CR, UF"},
    {0x8086, 0x0000, true, INTEL_SPT, IMS_LIST_FROM_5_0,
     "disable_acs_redir and config_acs: RR, CR, EC cleared in the control dword at +8"},
};

/* SV is taken out of the capability word that the kernel keeps (R4.8). */
const struct ims_acs_quirk_row ims_acs_capfix_rows[IMS_ACS_CAPFIX_ROW_COUNT] = {
    {0x111d, 0x80b5, false, IDT_SV, IMS_FROM_7_0, "IDT switch; older trees: see R5.8"},
    {0x111d, 0x8090, false, IDT_SV, IMS_FROM_7_0, "IDT switch"},
};
/* clang-format on */
