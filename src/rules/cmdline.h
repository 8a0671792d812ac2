/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_CMDLINE_H
#define IMS_RULES_CMDLINE_H

/* The kernel command line as far as it changes ACS (R4.18, R4.19, R4.22). */

#include "base/arena.h"
#include "iommuscope/rules.h"

#define IMS_CMDLINE_HOP_MAX 32u
#define IMS_CMDLINE_OVERRIDE_ID_MAX 15u /* further ids are ignored by the patch */

/* One device as pci= options name it: a path from a bus, or ids. */
struct ims_cmdline_device {
    bool by_id;
    struct ims_id id;        /* 0 = any */
    struct ims_id subsystem; /* 0 = any */
    uint32_t segment;
    uint8_t bus;
    uint8_t hops[IMS_CMDLINE_HOP_MAX]; /* devfn per hop, the first on bus */
    uint32_t hop_count;
};

struct ims_cmdline_entry {
    struct ims_cmdline_device device;
    uint16_t mask;  /* bits that the entry speaks of */
    uint16_t flags; /* their values */
};

struct ims_cmdline {
    struct ims_cmdline_entry *disable_redirect; /* pci=disable_acs_redir= */
    uint32_t disable_redirect_count;
    struct ims_cmdline_entry *config; /* pci=config_acs= */
    uint32_t config_count;
    bool has_override; /* pcie_acs_override= */
    bool override_downstream;
    bool override_multifunction;
    struct ims_id override_ids[IMS_CMDLINE_OVERRIDE_ID_MAX];
    uint32_t override_id_count;
};

/*
 * Reads text (may be NULL). Malformed entries are passed over as the kernel does. The lists live
 * in arena. Returns -ENOMEM.
 */
int ims_cmdline_parse(const char *text, struct ims_arena *arena, struct ims_cmdline *ret);

/* The index of the first entry that names the function, or count. */
uint32_t ims_cmdline_match(const struct ims_cmdline_entry *entries, uint32_t count,
                           const struct ims_topology *topology, struct ims_function function);

/*
 * The control word that a release makes of firmware (as found) and kernel (after the kernel's own
 * enabling). *ret_rule tells which option decided; unchanged when none matches. Rule R4.19.
 */
struct ims_bits ims_cmdline_control(const struct ims_cmdline *cmdline,
                                    struct ims_kernel_version version,
                                    const struct ims_topology *topology,
                                    struct ims_function function, struct ims_bits firmware,
                                    struct ims_bits kernel, const struct ims_rule **ret_rule);

#endif
