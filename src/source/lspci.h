/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_LSPCI_H
#define IMS_SOURCE_LSPCI_H

/* Decoded text and hex dumps of lspci: the block that describes one function. */

#include "iommuscope/topology.h"

struct ims_text_reader;

/* The capability whose lines are being read. */
enum ims_lspci_capability {
    IMS_LSPCI_NONE = 0,
    IMS_LSPCI_OTHER,
    IMS_LSPCI_POWER,
    IMS_LSPCI_PCIX,
    IMS_LSPCI_EXPRESS,
    IMS_LSPCI_ACS,
    IMS_LSPCI_ARI,
    IMS_LSPCI_SRIOV,
    IMS_LSPCI_ATS,
    IMS_LSPCI_MULTICAST,
};

struct ims_lspci_block {
    bool open;
    bool ended;   /* an empty line, a dump or the next function followed: nothing is missing */
    bool snipped; /* somebody cut something out */
    bool verbose; /* has detail lines that lspci always prints */
    bool revision_seen;
    bool interface_seen;
    uint32_t index;
    struct ims_address address;
    unsigned line;
    enum ims_tristate has_list; /* "Status: Cap+" */
    bool class_is_bridge;
    bool bus_seen;
    bool cardbus;
    bool denied;
    bool broken; /* the chain of capabilities is not fully known */
    bool any_classic;
    bool any_extended;
    bool tail_seen; /* lines that come after the capabilities */
    bool express;
    unsigned classic; /* offset of the last capability of each list */
    unsigned extended;
    enum ims_lspci_capability current;
    unsigned current_offset;
    uint16_t rom_known; /* a ROM line was read: its word goes to 0x30 or 0x38 at the end */
    uint32_t rom_value;
    uint32_t rom_mask;
};

/* Whether text, behind the address, looks like "CLASS: NAME" or "0604: 8086:1901". */
bool ims_lspci_is_header(const char *text);

/* Begins the block of a function, ends the one before. Returns -ENOMEM, -E2BIG. */
int ims_lspci_begin(struct ims_text_reader *reader, struct ims_address address, unsigned line);

/* Class, ids, names, revision: the header with its wrapped rest, behind the address. */
int ims_lspci_header(struct ims_text_reader *reader, const char *text);

/*
 * Whether a line begins something new inside a block, rather than go on with the line before.
 * after_header: that line was the header, whose name may hold anything.
 */
bool ims_lspci_is_start(const char *text, bool after_header);

/* One detail line with its wrapped rest. Returns -ENOMEM. */
int ims_lspci_detail(struct ims_text_reader *reader, const char *text, unsigned line);

/* "Capabilities: ..." behind the colon (lspci_capability.c). */
int ims_lspci_capabilities(struct ims_text_reader *reader, const char *text, unsigned line);

/* Type and slot of "Express (v2) Root Port (Slot+), MSI 00"; R1.3. Returns -ENOMEM. */
int ims_lspci_express(struct ims_text_reader *reader, const char *text, unsigned offset);

/* Details of the current capability: "LnkCap:", "ACSCtl:", ... (lspci_registers.c). */
int ims_lspci_capability_detail(struct ims_text_reader *reader, const char *text);

/* "Region 0: ...", "Expansion ROM at ...", "Bus: ...", windows (lspci_space.c). */
int ims_lspci_region(struct ims_text_reader *reader, const char *text);
int ims_lspci_rom(struct ims_text_reader *reader, const char *text);
int ims_lspci_bus(struct ims_text_reader *reader, const char *text, unsigned line);

enum ims_lspci_window {
    IMS_LSPCI_WINDOW_IO,
    IMS_LSPCI_WINDOW_MEMORY,
    IMS_LSPCI_WINDOW_PREFETCHABLE,
};
int ims_lspci_window(struct ims_text_reader *reader, enum ims_lspci_window kind, const char *text);

/*
 * States the words of a window; base > limit closes it. wide: 32-bit I/O or 64-bit memory.
 * later_wins: as in logs.
 */
int ims_lspci_window_state(struct ims_text_reader *reader, uint32_t index,
                           enum ims_lspci_window kind, uint64_t base, uint64_t limit, bool wide,
                           bool later_wins);

/* Ends the open block: what its end proves is stated. Returns -ENOMEM. (lspci_block.c) */
int ims_lspci_end(struct ims_text_reader *reader);

/* A row "10: xx xx ..." of a dump (lspci_hex.c). Returns 1 when it is one, 0, or a negative errno. */
int ims_lspci_hex_row(struct ims_text_reader *reader, const char *text, unsigned line);

#endif
