/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_PCI_H
#define IOMMUSCOPE_PCI_H

/*
 * Configuration space as far as it is known, and the facts that it states.
 *
 * An image (struct ims_config) is sparse: every bit is either known or not. Readers of hex dumps
 * and sysfs set whole bytes; readers of decoded text set just the bits that the text carries.
 * ims_pci_decode() turns an image into facts and keeps "unknown" apart from "no".
 */

#include "iommuscope/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IMS_CONFIG_SIZE_BYTES 4096u
#define IMS_CONFIG_ROW_BYTES 16u

struct ims_config_row {
    uint16_t offset; /* multiple of IMS_CONFIG_ROW_BYTES */
    uint8_t value[IMS_CONFIG_ROW_BYTES];
    uint8_t known[IMS_CONFIG_ROW_BYTES]; /* per bit: 1 = value is known; unknown value bits are 0 */
};

/* A sparse image. Zero-initialise it; release it with ims_config_done(). */
struct ims_config {
    struct ims_config_row *rows; /* sorted by offset */
    uint32_t row_count;
    uint32_t row_capacity; /* 0 when rows are borrowed (sealed topology) */
};

IMS_PUBLIC void ims_config_done(struct ims_config *config);

/*
 * States the bits of one byte that are set in mask. Later statements win over earlier ones.
 * Returns -EINVAL if offset is outside configuration space, -ENOMEM.
 */
IMS_PUBLIC int ims_config_set(struct ims_config *config, unsigned offset, uint8_t value,
                              uint8_t mask);

/* States size_bytes whole bytes from offset. Returns -EINVAL, -ENOMEM. */
IMS_PUBLIC int ims_config_set_bytes(struct ims_config *config, unsigned offset, const void *bytes,
                                    size_t size_bytes);

/* Little-endian statements of the bits in mask. Return -EINVAL, -ENOMEM. */
IMS_PUBLIC int ims_config_set16(struct ims_config *config, unsigned offset, uint16_t value,
                                uint16_t mask);
IMS_PUBLIC int ims_config_set32(struct ims_config *config, unsigned offset, uint32_t value,
                                uint32_t mask);

/* The value of a register with the mask of its known bits (unknown bits read 0). Never fail. */
struct ims_bits {
    uint32_t value;
    uint32_t known;
};

IMS_PUBLIC struct ims_bits ims_config_get8(const struct ims_config *config, unsigned offset);
IMS_PUBLIC struct ims_bits ims_config_get16(const struct ims_config *config, unsigned offset);
IMS_PUBLIC struct ims_bits ims_config_get32(const struct ims_config *config, unsigned offset);

static inline bool ims_bits_all_known(struct ims_bits bits, uint32_t mask)
{
    return (bits.known & mask) == mask;
}

/* The state of the bits in mask: all set = yes, a known zero among them = no, else unknown. */
static inline enum ims_tristate ims_bits_test(struct ims_bits bits, uint32_t mask)
{
    if ((bits.value & bits.known & mask) == mask)
        return IMS_YES;
    if (~bits.value & bits.known & mask)
        return IMS_NO;
    return IMS_UNKNOWN;
}

/* Device/port type, PCIe capabilities register bits 7:4 (PCIe 6.x 7.5.3.2). */
enum ims_port_type {
    IMS_PORT_ENDPOINT = 0,
    IMS_PORT_LEGACY_ENDPOINT = 1,
    IMS_PORT_ROOT = 4,
    IMS_PORT_UPSTREAM = 5,
    IMS_PORT_DOWNSTREAM = 6,
    IMS_PORT_PCIE_TO_PCI_BRIDGE = 7,
    IMS_PORT_PCI_TO_PCIE_BRIDGE = 8,
    IMS_PORT_RC_ENDPOINT = 9,
    IMS_PORT_RC_EVENT_COLLECTOR = 10,
    IMS_PORT_CONVENTIONAL = 0x100, /* no PCI Express capability */
    IMS_PORT_UNKNOWN = 0x101,
};

/* "root port", "downstream port", "conventional PCI", ...; never NULL. */
IMS_PUBLIC const char *ims_port_type_to_string(enum ims_port_type type);

/* ACS capability and control bits (PCIe 6.x 7.7.11.2, 7.7.11.3). */
#define IMS_ACS_SV 0x01u /* source validation */
#define IMS_ACS_TB 0x02u /* translation blocking */
#define IMS_ACS_RR 0x04u /* request redirect */
#define IMS_ACS_CR 0x08u /* completion redirect */
#define IMS_ACS_UF 0x10u /* upstream forwarding */
#define IMS_ACS_EC 0x20u /* egress control */
#define IMS_ACS_DT 0x40u /* direct translated */

/* ACS Enhanced: one capability bit, and what it adds to the control word (A1.2, A1.3). */
#define IMS_ACS_ENHANCED 0x80u      /* capability */
#define IMS_ACS_IO_BLOCKING 0x0080u /* control */
#define IMS_ACS_DSP_TARGET 0x0300u  /* control: 0 direct, 1 block, 2 redirect, 3 reserved */
#define IMS_ACS_DSP_TARGET_SHIFT 8u /* register BARs of downstream and root ports */
#define IMS_ACS_USP_TARGET 0x0c00u  /* control, as above: register BARs of the upstream port */
#define IMS_ACS_USP_TARGET_SHIFT 10u
#define IMS_ACS_UNCLAIMED_REDIRECT 0x1000u /* control */
#define IMS_ACS_EGRESS_SIZE 0xff00u        /* capability: bits of the egress vector, 0 = 256 */
#define IMS_ACS_EGRESS_DWORDS 8u

struct ims_acs {
    enum ims_tristate present; /* an ACS extended capability exists */
    uint16_t offset;           /* of the capability, 0 when unknown or absent */
    struct ims_bits capability;
    struct ims_bits control;
};

/* A 64-bit register with the mask of its known bits. */
struct ims_bits64 {
    uint64_t value;
    uint64_t known;
};

/* Multicast (PCIe 6.x 7.9.11, A7.6). */
struct ims_multicast {
    enum ims_tristate present;
    uint16_t offset;
    enum ims_tristate enable;
    struct ims_bits groups; /* number of groups minus one, 6 bits */
    struct ims_bits64 base; /* with the index position in bits 5:0 */
    struct ims_bits64 receive;
    struct ims_bits64 block_all;
    struct ims_bits64 block_untranslated;
};

/* ARI with ACS function groups (PCIe 6.x 7.8.8, A1.7). */
struct ims_function_groups {
    enum ims_tristate capable;
    enum ims_tristate enable;
    struct ims_bits group; /* of this function, 3 bits */
};

/* One entry of the Enhanced Allocation capability (C5). */
struct ims_ea_entry {
    uint8_t bei; /* 0 to 5 a BAR, 7 none, 8 the ROM; others are not ranges of the function itself */
    bool io;
    bool enabled;
    uint64_t first;
    uint64_t last; /* inclusive */
};
#define IMS_EA_MAX 8u

struct ims_sriov {
    enum ims_tristate present;
    uint16_t offset;
    enum ims_tristate vf_enable;
    enum ims_tristate ari_hierarchy;
    struct ims_bits total_vfs;
    struct ims_bits num_vfs;
    struct ims_bits first_vf_offset;
    struct ims_bits vf_stride;
    struct ims_bits vf_device; /* device id of the VFs; their vendor is the PF's */
};

enum ims_bar_kind {
    IMS_BAR_NONE = 0,
    IMS_BAR_MEMORY32,
    IMS_BAR_MEMORY64,
    IMS_BAR_IO,
    IMS_BAR_ROM,
};

struct ims_bar {
    enum ims_bar_kind kind;
    bool prefetchable;
    bool size_known;
    bool enabled;        /* decoding is on for this kind of space, as far as known */
    uint64_t address;    /* bus address; 0 = not assigned */
    uint64_t size_bytes; /* meaningful when size_known */
};

#define IMS_BAR_COUNT 7u /* BAR 0 to 5, expansion ROM */
#define IMS_BAR_ROM_INDEX 6u

/* A bridge window; open = it lets anything through. base > limit never happens when open is yes. */
struct ims_window {
    enum ims_tristate open;
    uint64_t base;
    uint64_t limit; /* inclusive */
};

struct ims_bridge {
    struct ims_bits primary;     /* bus number, 8 bits */
    struct ims_bits secondary;   /* bus number, 8 bits */
    struct ims_bits subordinate; /* bus number, 8 bits */
    struct ims_window io;
    struct ims_window memory;
    struct ims_window prefetchable;
    enum ims_tristate vga; /* Bridge Control: passes VGA ranges down (C7) */
    enum ims_tristate isa; /* masks I/O */
};

struct ims_capability {
    uint16_t id;
    uint16_t offset;
    uint8_t version; /* extended capabilities only */
    bool extended;
};

#define IMS_CAPABILITY_MAX 96u /* distinct entries of both lists that are kept */

/* Damage found while decoding; bits of ims_pci_facts.damage. */
enum ims_pci_damage {
    IMS_PCI_DAMAGE_CLASSIC_LOOP = 1 << 0,   /* capability list visits an offset twice */
    IMS_PCI_DAMAGE_CLASSIC_OFFSET = 1 << 1, /* pointer below 0x40 */
    IMS_PCI_DAMAGE_EXTENDED_LOOP = 1 << 2,
    IMS_PCI_DAMAGE_EXTENDED_OFFSET = 1 << 3, /* pointer below 0x100 */
    IMS_PCI_DAMAGE_ALL_ONES = 1 << 4,        /* the function does not answer */
    IMS_PCI_DAMAGE_TOO_MANY = 1 << 5,        /* more capabilities than IMS_CAPABILITY_MAX */
};

/* The facts of one image. Multi-bit registers carry the mask of their known bits. */
struct ims_pci_facts {
    struct ims_bits vendor;     /* 16 bits; a VF reads 0xffff (R1.7) */
    struct ims_bits device;     /* 16 bits */
    struct ims_bits class_code; /* 24 bits: base, sub, programming interface */
    struct ims_bits revision;
    struct ims_bits subsystem_vendor;
    struct ims_bits subsystem_device;
    struct ims_bits header_type;         /* bits 6:0 of byte 0x0E (R1.5) */
    enum ims_tristate multifunction_bit; /* bit 7 of byte 0x0E */
    enum ims_tristate pcie;              /* has a PCI Express capability (R1.3) */
    uint16_t pcie_offset;
    enum ims_port_type port_type; /* raw, before the correction of R1.4 */
    enum ims_tristate slot_implemented;
    struct ims_bits link_speed_max; /* code of the Link Capabilities register: 1 = 2.5 GT/s ... */
    struct ims_bits link_width_max; /* lanes */
    struct ims_bits link_speed;     /* negotiated */
    struct ims_bits link_width;
    enum ims_tristate ari_forwarding;  /* ports: Device Control 2 bit 5 */
    enum ims_tristate pcix_mode2;      /* PCI-X 266/533 capable (R1.8) */
    enum ims_tristate extended_header; /* dword 0x100 looks like a real list (R1.8, own part) */
    enum ims_tristate ari;             /* has the ARI extended capability */
    struct ims_acs acs;
    struct ims_sriov sriov;
    struct ims_bridge bridge; /* header type 1 and 2 */
    struct ims_bar bars[IMS_BAR_COUNT];
    struct ims_capability capabilities[IMS_CAPABILITY_MAX];
    uint32_t capability_count;
    enum ims_tristate classic_complete;  /* the classic list was read to its end */
    enum ims_tristate extended_complete; /* the extended list was read to its end */
    uint32_t damage;                     /* enum ims_pci_damage */

    /* What the fabric reads besides. */
    struct ims_bits command;          /* 16 bits */
    struct ims_bits link_port;        /* port number, 8 bits */
    struct ims_bits phantom;          /* phantom functions supported, 2 bits (B9) */
    enum ims_tristate phantom_enable; /* Device Control bit 9 */
    struct ims_bits acs_egress[IMS_ACS_EGRESS_DWORDS]; /* egress control vector (A1.7) */
    struct ims_function_groups groups;
    enum ims_tristate ats;        /* has the capability (D2) */
    enum ims_tristate ats_enable; /* "no" without the capability; so are the next two */
    enum ims_tristate pri_enable;
    enum ims_tristate pasid_enable;
    struct ims_multicast multicast;
    enum ims_tristate vf_memory_enable;        /* SR-IOV control */
    struct ims_bits vf_page_size;              /* in units of 4 KiB */
    struct ims_bar vf_bars[IMS_BAR_COUNT - 1]; /* of the first VF (B10) */
    enum ims_tristate ea;                      /* has Enhanced Allocation */
    enum ims_tristate ea_complete;             /* all its entries are in ea_entries */
    struct ims_ea_entry ea_entries[IMS_EA_MAX];
    uint32_t ea_count;
    enum ims_tristate fpb_rid;    /* flattening portal bridge decodes bus numbers (C10) */
    enum ims_tristate fpb_memory; /* and addresses */
};

/*
 * Decodes an image. Never fails: what cannot be read is unknown, what lies is reported in damage.
 * is_vf: the function is known to be a VF, whose header fields are not implemented (R1.7, R1.8).
 * Reference: PCI Local Bus 3.0 6.1, 6.7; PCIe 6.x 7.5, 7.6, 7.7.11, 9.3.3; rules R1.3, R1.5, R1.8, R1.9.
 */
IMS_PUBLIC void ims_pci_decode(const struct ims_config *config, bool is_vf,
                               struct ims_pci_facts *ret);

#ifdef __cplusplus
}
#endif

#endif
