/* SPDX-License-Identifier: MIT */
/* Catalogue entries: device-specific verdicts. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_QUIRK_FIRST)

const struct ims_rule ims_rules_quirk[IMS_RULES_QUIRK_COUNT] = {
    [AT(QUIRK_MF_ENDPOINT)] =
        {
            .id = "QUIRK-MF-ENDPOINT",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: no traffic between functions, although no ACS says so",
            .text =
                "The maker of this device stated that its functions do not reach each other "
                "inside the device. The kernel takes each of them as isolated, whatever its ACS "
                "registers say.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 mf_endpoint",
        },
    [AT(QUIRK_AMD_SB)] =
        {
            .id = "QUIRK-AMD-SB",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: AMD southbridge function behind the AMD IOMMU",
            .text = "Functions of these AMD (ATI) southbridges on the root bus send their requests "
                    "to the IOMMU, though they have no ACS. The kernel trusts this only where the "
                    "firmware has an IVRS table, that is an AMD IOMMU.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over. If the function is not "
                "taken as isolated, see that the IOMMU is on in the firmware setup: without its "
                "table the row does not apply.",
            .reference = "R4.1, 4.3 amd_sb",
        },
    [AT(QUIRK_INTEL_RCIEP)] =
        {
            .id = "QUIRK-INTEL-RCIEP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Intel root complex integrated endpoints are taken as isolated",
            .text =
                "Intel states that its integrated endpoints send every request to the IOMMU "
                "before it can reach a peer. Since 5.10 (not in 5.4) the kernel takes each such "
                "function as isolated and does not look at its ACS registers.",
            .remedy =
                "None is needed: the verdict keeps devices apart. On a kernel without this row, "
                "functions of one integrated device may share a group: use a newer kernel.",
            .reference = "R4.1, 4.3 intel_rciep",
        },
    [AT(QUIRK_INTEL_PCH_ARMED)] =
        {
            .id = "QUIRK-INTEL-PCH-ARMED",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Intel PCH root port without ACS, isolation switched on by the kernel",
            .text = "Root ports of Intel chipsets of the 5 to 9 series, X79 and X99 have no ACS "
                    "capability but a chipset register that does the same. The kernel sets it when "
                    "it uses the IOMMU and then takes the port as isolated.",
            .remedy = "None is needed: the verdict keeps devices apart.",
            .reference = "R4.20",
        },
    [AT(QUIRK_INTEL_PCH_UNARMED)] =
        {
            .id = "QUIRK-INTEL-PCH-UNARMED",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Intel PCH root port without ACS, isolation not switched on",
            .text = "This Intel chipset root port needs the kernel to switch isolation on in a "
                    "chipset register, and that did not happen: the IOMMU was off, the register "
                    "block was not enabled by the firmware (bit 0 of register F0h of device 31 "
                    "function 0), or the kernel is 5.9.0 to 5.9.8. The verdict is final: the port "
                    "does not isolate.",
            .remedy =
                "Turn on VT-d in the firmware setup and boot with intel_iommu=on; leave 5.9. If "
                "the register block stays disabled, update the firmware, or move the card to a "
                "slot wired to the CPU.",
            .reference = "R4.17, R4.20",
        },
    [AT(QUIRK_INTEL_SPT)] =
        {
            .id = "QUIRK-INTEL-SPT",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Intel 100 and 200 series root port: ACS registers in an unusual place",
            .text =
                "These Intel chipset root ports have an ACS capability whose control register "
                "stands at offset 8 and is 32 bits wide. Where others keep it, zero is read, so "
                "lspci shows ACS as off. The kernel reads and writes the right place and judges "
                "by that.",
            .remedy =
                "None is needed if the port isolates. If it does not, turn on VT-d in the "
                "firmware setup and boot with intel_iommu=on, and remove pci=disable_acs_redir= "
                "or pci=config_acs= for this port: on these ports both can only switch "
                "redirection off.",
            .reference = "R4.21",
        },
    [AT(QUIRK_QCOM_RP)] =
        {
            .id = "QUIRK-QCOM-RP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: a Qualcomm or HXT root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The kernel takes "
                    "it as isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 qcom_rp",
        },
    [AT(QUIRK_XGENE_RP)] =
        {
            .id = "QUIRK-XGENE-RP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: an X-Gene or Ampere root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The kernel takes "
                    "it as isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 xgene_rp",
        },
    [AT(QUIRK_BRCM_PAXB)] =
        {
            .id = "QUIRK-BRCM-PAXB",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: a Broadcom PAXB root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The kernel takes "
                    "it as isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 brcm_paxb",
        },
    [AT(QUIRK_LOONGSON_RP)] =
        {
            .id = "QUIRK-LOONGSON-RP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: a Loongson root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The kernel takes "
                    "it as isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 loongson_rp",
        },
    [AT(QUIRK_NXP_RP)] =
        {
            .id = "QUIRK-NXP-RP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: an NXP Layerscape root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The kernel takes "
                    "it as isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 nxp_rp",
        },
    [AT(QUIRK_ANNAPURNA_RP)] =
        {
            .id = "QUIRK-ANNAPURNA-RP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: an Annapurna Labs root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The id alone is "
                    "not enough: the function must be a root port. The kernel takes it as "
                    "isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 annapurna_rp",
        },
    [AT(QUIRK_CAVIUM_RP)] =
        {
            .id = "QUIRK-CAVIUM-RP",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: a Cavium ThunderX root port isolates without ACS",
            .text = "The maker stated that this port passes no request from below to a peer, "
                    "although it has no ACS capability (or not one that says so). The id alone is "
                    "not enough: the function must be a root port. The kernel takes it as "
                    "isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 cavium_rp",
        },
    [AT(QUIRK_ZHAOXIN)] =
        {
            .id = "QUIRK-ZHAOXIN",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: Zhaoxin root or downstream port isolates without ACS",
            .text = "The port is in the kernel's list of Zhaoxin root and downstream ports that "
                    "pass no request to a peer. The kernel takes it as isolating.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 zhaoxin_ports",
        },
    [AT(QUIRK_ZHAOXIN_UNLISTED)] =
        {
            .id = "QUIRK-ZHAOXIN-UNLISTED",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Zhaoxin port that the kernel does not list: never isolating",
            .text = "For Zhaoxin root and downstream ports the kernel goes by a list of ids alone. "
                    "This port is not in it, so it does not isolate for the kernel, even if it has "
                    "working ACS.",
            .remedy =
                "Use a newer kernel: the list grew in 6.8 and in the stable releases 5.10.209, "
                "6.1.74 and 6.6.13. If the port works and is still missing, report its id to "
                "the PCI maintainers of the kernel. No command line option helps: this verdict "
                "comes first.",
            .reference = "R4.1, R4.22, 4.3 zhaoxin_ports",
        },
    [AT(QUIRK_WANGXUN)] =
        {
            .id = "QUIRK-WANGXUN",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Known by id: functions of a Wangxun network card are isolated",
            .text = "The card is in the kernel's list of Wangxun network cards whose functions do "
                    "not reach each other. The kernel takes each function as isolated.",
            .remedy =
                "None is needed: the verdict keeps devices apart. It rests on the word of the "
                "maker of the hardware, which the kernel took over.",
            .reference = "R4.1, 4.3 wangxun_nic",
        },
    [AT(QUIRK_WANGXUN_UNLISTED)] =
        {
            .id = "QUIRK-WANGXUN-UNLISTED",
            .topic = IMS_TOPIC_QUIRK,
            .title = "Wangxun device that the kernel does not list: never isolating",
            .text =
                "For devices of Wangxun the kernel goes by a list of ids alone. This one is not "
                "in it, so it does not isolate, whatever its registers say. This matters only "
                "for multifunction devices and bridges.",
            .remedy =
                "Use a newer kernel: the list grew in 6.14 and in the stable releases 6.1.120 "
                "and 6.12.5. Otherwise assign the functions together.",
            .reference = "R4.1, R4.22, 4.3 wangxun_nic",
        },
    [AT(QUIRK_IDT_SV)] =
        {
            .id = "QUIRK-IDT-SV",
            .topic = IMS_TOPIC_QUIRK,
            .title = "IDT switch: source validation is not asked for",
            .text = "Source validation of these IDT switch ports is faulty: it stops completions "
                    "too, which it should let pass. Since 7.0 the kernel neither enables nor "
                    "requires it there; the other ACS bits still decide.",
            .remedy = "None is needed: the remaining bits decide. Older kernels ask for source "
                      "validation too and switch it off for a moment while they scan.",
            .reference = "R4.8, R5.8",
        },
    [AT(QUIRK_AMBIGUOUS_ID)] =
        {
            .id = "QUIRK-AMBIGUOUS-ID",
            .topic = IMS_TOPIC_QUIRK,
            .title = "The name fits several device ids, and the kernel treats them differently",
            .text = "The input names the device without its numbers. Several ids bear this name, "
                    "and at least one of them has a device-specific verdict that the others have "
                    "not, so the verdict is unknown.",
            .remedy =
                "Make the dump with numbers: \"lspci -nn\", or a hex dump with \"lspci -xxxx\".",
            .reference = "R1.7, R4.1, R12.8",
        },
};
