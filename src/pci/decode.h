/* SPDX-License-Identifier: MIT */
#ifndef IMS_PCI_DECODE_H
#define IMS_PCI_DECODE_H

/* The parts of ims_pci_decode(), one per question. Only src/pci includes this. */

#include "iommuscope/pci.h"

/* Where the capabilities stand that the decoder looks into; 0 = not met. The first of its id wins. */
struct ims_pci_places {
    uint16_t pcie;
    uint16_t pcix;
    uint16_t subsystem;
    uint16_t ea;
    uint16_t fpb;
    uint16_t acs;
    uint16_t ari;
    uint16_t ats;
    uint16_t sriov;
    uint16_t multicast;
    uint16_t pri;
    uint16_t pasid;
};

/* Layout of the header (type 0, 1, 2) or this, when it is not known or has no meaning. */
#define IMS_PCI_LAYOUT_UNKNOWN 0xffu

/*
 * Fills ids, class, header type and multifunction bit (R1.5, R1.7) and returns the layout of the
 * header: its type, or what class and bus numbers imply where the input does not carry the type.
 */
unsigned ims_pci_header_decode(const struct ims_config *config, bool is_vf,
                               struct ims_pci_facts *facts);

/* Fills the subsystem ids; bridges keep them in a capability. */
void ims_pci_subsystem_decode(const struct ims_config *config, unsigned layout,
                              const struct ims_pci_places *places, struct ims_pci_facts *facts);

/* Fills bars; sizes cannot be read without writing, so size_known stays false. */
void ims_pci_bars_decode(const struct ims_config *config, unsigned layout,
                         struct ims_pci_facts *facts);

/* One base address register at offset; further ones up to count follow. Returns how many it takes. */
unsigned ims_pci_bar_decode(const struct ims_config *config, unsigned offset, unsigned index,
                            unsigned count, enum ims_tristate memory_on, enum ims_tristate io_on,
                            struct ims_bar *bar);

/* Fills bridge for layouts 1 and 2. */
void ims_pci_bridge_decode(const struct ims_config *config, unsigned layout,
                           struct ims_pci_facts *facts);

/* Walks the classic list: capabilities, classic_complete, damage, places. */
void ims_pci_classic_walk(const struct ims_config *config, unsigned layout,
                          struct ims_pci_facts *facts, struct ims_pci_places *places);

/* Keeps one entry in facts.capabilities; notes damage when there is no room. */
void ims_pci_capability_keep(struct ims_pci_facts *facts, struct ims_capability capability);

/* What a list says of one capability: yes when met, no when the whole list was read without it. */
enum ims_tristate ims_pci_presence(uint16_t place, enum ims_tristate list_complete);

/* Fills pcie, port type, slot, link, ARI forwarding and pcix_mode2 (R1.3, R1.8). */
void ims_pci_express_decode(const struct ims_config *config, const struct ims_pci_places *places,
                            struct ims_pci_facts *facts);

/* Decides extended_header (R1.8) and walks the extended list; needs the express facts. */
void ims_pci_extended_walk(const struct ims_config *config, bool is_vf, struct ims_pci_facts *facts,
                           struct ims_pci_places *places);

/* Fills acs (R1.9), ari and sriov. */
void ims_pci_extended_decode(const struct ims_config *config, const struct ims_pci_places *places,
                             struct ims_pci_facts *facts);

/* Fills what only the fabric reads of the classic part: command, phantom functions, EA, FPB. */
void ims_pci_routing_decode(const struct ims_config *config, unsigned layout,
                            const struct ims_pci_places *places, struct ims_pci_facts *facts);

/* The same of the extended part: egress vector, function groups, ATS, multicast, VF BARs. */
void ims_pci_routing_extended_decode(const struct ims_config *config,
                                     const struct ims_pci_places *places,
                                     struct ims_pci_facts *facts);

#endif
