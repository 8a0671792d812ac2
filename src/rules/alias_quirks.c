/* SPDX-License-Identifier: MIT */
/*
 * Devices whose requests carry other requester ids than their own, and bridges that the alias walk
 * treats apart (R2.3, section 5). One row, one line, sorted by vendor, device, kind, subsystem:
 * kind (vendor, device, [subsystem,] [devfns,] window, family).
 */
#include "rules/quirk_tables.h"
#include "rules/quirk_windows.h"

/* clang-format off */
#define ROW(vendor, device, kind, condition, final, window, label) \
    {vendor, device, false, IMS_ALIAS_##kind, IMS_ALIAS_IF_##condition, \
     false, {0, 0}, NULL, 0, final, IMS_##window, label}
#define DEVFNS(vendor, device, kind, has_sub, sub_vendor, sub_device, list, window, label) \
    {vendor, device, false, IMS_ALIAS_##kind, IMS_ALIAS_IF_ANY, \
     has_sub, {sub_vendor, sub_device}, list, sizeof(list), false, IMS_##window, label}
#define RUNTIME(kind, condition, window, label) \
    {0, 0, true, IMS_ALIAS_RUNTIME_##kind, IMS_ALIAS_IF_##condition, \
     false, {0, 0}, NULL, 0, false, IMS_##window, label}
#define FUNC0(vendor, device, window, label) \
    ROW(vendor, device, FUNC0, NOT_FUNC0, false, window, label)
#define FUNC1(vendor, device, window, label) \
    ROW(vendor, device, FUNC1, NOT_FUNC1, false, window, label)
#define FIXED(vendor, device, sub_vendor, sub_device, list, window, label) \
    DEVFNS(vendor, device, FIXED, true, sub_vendor, sub_device, list, window, label)
#define LIST(vendor, device, list, window, label) \
    DEVFNS(vendor, device, LIST, false, 0, 0, list, window, label)
#define ALL(vendor, device, window, label) \
    ROW(vendor, device, ALL, ANY, false, window, label)
#define NTB_TABLE(vendor, device, window, label) \
    ROW(vendor, device, NTB_TABLE, NTB, true, window, label)
#define BRIDGE_PCIE_ALIAS(vendor, device, window, label) \
    ROW(vendor, device, BRIDGE_PCIE_ALIAS, HIDDEN_PCIE, false, window, label)
#define BRIDGE_XLATE_ROOT(vendor, device, window, label) \
    ROW(vendor, device, BRIDGE_XLATE_ROOT, ANY, false, window, label)
#define BRIDGE_NO_ALIAS(vendor, device, window, label) \
    ROW(vendor, device, BRIDGE_NO_ALIAS, PCIE_TO_PCI, false, window, label)

/* Slot 1, function 0. */
static const uint8_t adaptec_devfns[] = {0x08};

/* 10.0, 11.0, 12.3. */
static const uint8_t mic_devfns[] = {0x80, 0x88, 0x93};

/* Functions 0 to 4 of every slot. */
#define SLOT(n) IMS_DEVFN(n, 0), IMS_DEVFN(n, 1), IMS_DEVFN(n, 2), IMS_DEVFN(n, 3), IMS_DEVFN(n, 4)
static const uint8_t vca_devfns[] = {
    SLOT(0), SLOT(1), SLOT(2), SLOT(3), SLOT(4), SLOT(5), SLOT(6), SLOT(7),
    SLOT(8), SLOT(9), SLOT(10), SLOT(11), SLOT(12), SLOT(13), SLOT(14), SLOT(15),
    SLOT(16), SLOT(17), SLOT(18), SLOT(19), SLOT(20), SLOT(21), SLOT(22), SLOT(23),
    SLOT(24), SLOT(25), SLOT(26), SLOT(27), SLOT(28), SLOT(29), SLOT(30), SLOT(31),
};

const struct ims_alias_quirk_row ims_alias_quirk_rows[IMS_ALIAS_QUIRK_ROW_COUNT] = {
    NTB_TABLE(0x1055, 0x1001, FROM_6_14, "EFAR/Microchip PCI100x"),
    NTB_TABLE(0x1055, 0x1002, FROM_6_14, "EFAR/Microchip PCI100x"),
    NTB_TABLE(0x1055, 0x1003, FROM_6_14, "EFAR/Microchip PCI100x"),
    NTB_TABLE(0x1055, 0x1004, FROM_6_14, "EFAR/Microchip PCI100x"),
    NTB_TABLE(0x1055, 0x1005, FROM_6_14, "EFAR/Microchip PCI100x"),
    NTB_TABLE(0x1055, 0x1006, FROM_6_14, "EFAR/Microchip PCI100x"),
    NTB_TABLE(0x1055, 0x1008, FROM_7_3_STABLE_6_12_117, "EFAR/Microchip PCI100x"),
    ALL(0x10b5, 0x87b0, FROM_5_4, "PLX NTB"),
    ALL(0x10b5, 0x87b1, FROM_5_4, "PLX NTB"),
    BRIDGE_PCIE_ALIAS(0x10e3, 0x8113, FROM_4_4, "Tundra 8113"),
    FUNC1(0x1103, 0x0642, FROM_4_4, "HighPoint (TTI)"),
    FUNC1(0x1103, 0x0645, FROM_4_15, "HighPoint (TTI)"),
    FUNC0(0x1180, 0xe476, FROM_4_4, "Ricoh"),
    FUNC0(0x1180, 0xe832, FROM_4_4, "Ricoh"),
    NTB_TABLE(0x11f8, 0x4000, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4028, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4036, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4052, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4068, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4084, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4100, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4128, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4136, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4152, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4168, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4184, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4200, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4228, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4236, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4252, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4268, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4284, FROM_5_15, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4328, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4336, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4352, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4428, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4436, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4452, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4528, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4536, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x4552, FROM_5_19, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5000, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5028, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5036, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5052, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5068, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5084, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5100, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5128, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5136, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5152, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5168, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5184, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5200, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5228, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5236, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5252, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5268, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5284, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5300, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5328, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5336, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5352, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5368, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5384, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5400, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5428, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5436, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5452, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5468, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5484, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5500, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5528, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5536, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5552, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5568, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x5584, FROM_6_8, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8531, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8532, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8533, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8534, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8535, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8536, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8541, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8542, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8543, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8544, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8545, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8546, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8551, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8552, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8553, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8554, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8555, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8556, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8561, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8562, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8563, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8564, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8565, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8566, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8571, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8572, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8573, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8574, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8575, FROM_5_0, "Microsemi Switchtec"),
    NTB_TABLE(0x11f8, 0x8576, FROM_5_0, "Microsemi Switchtec"),
    BRIDGE_PCIE_ALIAS(0x1283, 0x8892, FROM_4_4, "ITE 8892/8893"),
    BRIDGE_PCIE_ALIAS(0x1283, 0x8893, FROM_4_15, "ITE 8892/8893"),
    BRIDGE_XLATE_ROOT(0x14e4, 0x9000, FROM_4_15, "Broadcom Vulcan / Cavium ThunderX2"),
    BRIDGE_XLATE_ROOT(0x14e4, 0x9084, FROM_4_15, "Broadcom Vulcan / Cavium ThunderX2"),
    FUNC1(0x197b, 0x2392, FROM_4_4, "JMicron JMB388 ESD"),
    BRIDGE_NO_ALIAS(0x1a03, 0x1150, FROM_7_0, "ASPEED AST1150"),
    BRIDGE_PCIE_ALIAS(0x1b21, 0x1080, FROM_4_4, "ASMedia ASM1083/1085"),
    FUNC1(0x1b4b, 0x9120, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x9123, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x9125, FROM_5_15_STABLE_5_10_94, "Marvell"),
    FUNC1(0x1b4b, 0x9128, FROM_4_18, "Marvell"),
    FUNC1(0x1b4b, 0x9130, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x9170, FROM_5_4, "Marvell"),
    FUNC1(0x1b4b, 0x9172, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x917a, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x9182, FROM_4_15, "Marvell"),
    FUNC1(0x1b4b, 0x9183, FROM_5_0, "Marvell"),
    FUNC1(0x1b4b, 0x91a0, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x9215, FROM_5_15_STABLE_5_10_23, "Marvell"),
    FUNC1(0x1b4b, 0x9220, FROM_4_18, "Marvell"),
    FUNC1(0x1b4b, 0x9230, FROM_4_4, "Marvell"),
    FUNC1(0x1b4b, 0x9235, FROM_6_5_STABLE_5_10_188, "Marvell"),
    FUNC1(0x1c28, 0x0122, FROM_4_15, "Lite-On/Plextor M6E"),
    FUNC0(0x6766, 0x3d40, FROM_6_14_STABLE_6_1_113, "Glenfly"),
    FUNC0(0x6766, 0x3d41, FROM_6_14_STABLE_6_1_113, "Glenfly"),
    LIST(0x8086, 0x2260, mic_devfns, FROM_4_15, "Intel MIC x200 NTB"),
    LIST(0x8086, 0x2264, mic_devfns, FROM_4_15, "Intel MIC x200 NTB"),
    BRIDGE_PCIE_ALIAS(0x8086, 0x244e, FROM_4_4, "Intel 82801 PCI bridge"),
    LIST(0x8086, 0x2954, vca_devfns, FROM_5_4_STABLE_5_4_17, "Intel VCA"),
    LIST(0x8086, 0x2955, vca_devfns, FROM_5_4_STABLE_5_4_17, "Intel VCA"),
    LIST(0x8086, 0x2956, vca_devfns, FROM_5_4_STABLE_5_4_17, "Intel VCA"),
    LIST(0x8086, 0x2958, vca_devfns, FROM_5_4_STABLE_5_4_17, "Intel VCA"),
    LIST(0x8086, 0x2959, vca_devfns, FROM_5_4_STABLE_5_4_17, "Intel VCA"),
    LIST(0x8086, 0x295a, vca_devfns, FROM_5_4_STABLE_5_4_17, "Intel VCA"),
    FIXED(0x9005, 0x0285, 0x9005, 0x02bb, adaptec_devfns, FROM_4_4, "Adaptec 3405"),
    FIXED(0x9005, 0x0285, 0x9005, 0x02bc, adaptec_devfns, FROM_4_4, "Adaptec 3805"),
};

/* Not bound to ids: the VMD endpoint (R2.1, R5.9), the firmware table of AMD (R6.3). */
const struct ims_alias_quirk_row ims_alias_runtime_rows[IMS_ALIAS_RUNTIME_ROW_COUNT] = {
    RUNTIME(REAL_DMA, VMD, FROM_5_15,
            "functions behind Intel VMD; in older kernels they have no group"),
    RUNTIME(IVRS, IVRS, FROM_4_15,
            "AMD IVRS alias entries; 4.15 to 5.0 only when the walk found no alias"),
};
/* clang-format on */
