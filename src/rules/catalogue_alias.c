/* SPDX-License-Identifier: MIT */
/* Catalogue entries: shared requester ids. */
#include "rules/catalogue_topics.h"

#define AT(name) (IMS_RULE_##name - IMS_RULES_ALIAS_FIRST)

const struct ims_rule ims_rules_alias[IMS_RULES_ALIAS_COUNT] = {
    [AT(ALIAS_PCIE_PCI_BRIDGE)] =
        {
            .id = "ALIAS-PCIE-PCI-BRIDGE",
            .topic = IMS_TOPIC_ALIAS,
            .title = "Conventional devices share one requester id behind a PCIe-to-PCI bridge",
            .text =
                "Conventional PCI requests carry no requester id. A PCI Express to PCI bridge "
                "sends them upstream under an id that it makes up: its secondary bus number "
                "with device and function 0. The IOMMU sees one source, so it cannot give the "
                "devices behind the bridge different address spaces. They all join the group of "
                "the bridge.",
            .remedy =
                "Use a PCI Express card in place of the conventional one, or move it to a slot "
                "that is not behind this bridge. No firmware or kernel setting tells these "
                "devices apart.",
            .reference = "R2.3c, R2.4; PCI Express to PCI/PCI-X Bridge 1.0 2.3",
        },
    [AT(ALIAS_PCI_PCIE_BRIDGE)] =
        {
            .id = "ALIAS-PCI-PCIE-BRIDGE",
            .topic = IMS_TOPIC_ALIAS,
            .title = "Devices behind a PCI-to-PCIe (reverse) bridge share the id of the bridge",
            .text = "A reverse bridge has a conventional bus above and PCI Express below. What it "
                    "sends up carries its own requester id, so the IOMMU sees the bridge alone, "
                    "whoever asked. Everything below joins the group of the bridge.",
            .remedy = "Move the card to a slot with PCI Express all the way up. No setting tells "
                      "these devices apart.",
            .reference = "R2.3d, R2.4",
        },
    [AT(ALIAS_CONV_BRIDGE)] =
        {
            .id = "ALIAS-CONV-BRIDGE",
            .topic = IMS_TOPIC_ALIAS,
            .title =
                "Devices behind a bridge without PCI Express capability share its requester id",
            .text =
                "A conventional PCI, PCI-X or CardBus bridge that shows no PCI Express "
                "capability is taken to send everything up under its own requester id (or, for "
                "a few bridges that hide their PCI Express side, under secondary bus, device 0, "
                "function 0). All devices behind it join its group.",
            .remedy = "Use a slot that is not behind this bridge. On-board devices there stay "
                      "together: no setting tells them apart.",
            .reference = "R2.3f, R2.4",
        },
    [AT(ALIAS_DEVFN_QUIRK)] =
        {
            .id = "ALIAS-DEVFN-QUIRK",
            .topic = IMS_TOPIC_ALIAS,
            .title = "The device sends requests under another function of its bus",
            .text =
                "This device is known to use requester ids of other device and function numbers "
                "on its own bus, beside its own: a fixed function of its slot, a short list, or "
                "every number of the bus. The kernel lets the IOMMU accept them all, so a "
                "function that really owns such a number cannot be separated from it.",
            .remedy =
                "None in software: the ids are made by the hardware. If a function that shares "
                "the group is not wanted, move this card to another slot or disable the other "
                "function in the firmware setup.",
            .reference = "R2.9, R2.10, R5.1-R5.3",
        },
    [AT(ALIAS_NTB_TABLE)] =
        {
            .id = "ALIAS-NTB-TABLE",
            .topic = IMS_TOPIC_ALIAS,
            .title = "Requester ids of a non-transparent bridge come from its own table",
            .text = "This non-transparent bridge translates requester ids by tables in its memory "
                    "space. The kernel reads them when it starts; they are not in configuration "
                    "space, so which other functions of the bus it stands for cannot be known from "
                    "this input.",
            .remedy =
                "Compare with the groups of the running kernel: they show what the tables said. "
                "Give the bridge a bus of its own where the groups must be predictable.",
            .reference = "R5.4, R5.5",
        },
    [AT(ALIAS_VMD)] =
        {
            .id = "ALIAS-VMD",
            .topic = IMS_TOPIC_ALIAS,
            .title = "Functions behind Intel VMD send DMA as the VMD endpoint",
            .text = "Intel Volume Management Device puts root ports and drives in a PCI domain of "
                    "its own and forwards their requests under the requester id of the VMD "
                    "endpoint. Everything in that domain shares the group of the endpoint.",
            .remedy =
                "Turn VMD off in the firmware setup (often called VMD, RST or \"Intel VMD "
                "controller\"), for the slot concerned where the setup allows it. The drives "
                "then appear on ordinary root ports. Check first that the system still boots: "
                "RAID volumes made by VMD need it.",
            .reference = "R2.1, R5.9",
        },
};
