/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_RULES_H
#define IOMMUSCOPE_RULES_H

/*
 * Who judges: rule sets (one per kernel release), the catalogue of rules, and the quirk rows.
 */

#include "iommuscope/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A kernel release. patch is -1 when only the series is known. */
struct ims_kernel_version {
    int major;
    int minor;
    int patch;
};

/* Reads "6.12", "6.12.95+deb12-amd64", "linux-6.12", "7.3-rc2". Returns -EINVAL. */
IMS_PUBLIC int ims_kernel_version_parse(const char *text, struct ims_kernel_version *ret);

/* Room for every name that ims_ruleset_name() makes. */
#define IMS_RULESET_NAME_SIZE 40u

enum ims_ruleset_kind {
    IMS_RULESET_LINUX = 0,     /* sections 1 to 5 of the kernel's rules, for one release */
    IMS_RULESET_PROPOSED_2025, /* the unmerged series of 2025, R9.7-R9.10 */
};

/* A value type: copy it freely. */
struct ims_ruleset {
    enum ims_ruleset_kind kind;
    struct ims_kernel_version version;
};

/* Oldest and newest release whose rules were read; others are judged by the nearest of them. */
#define IMS_RULESET_OLDEST ((struct ims_kernel_version){4, 4, -1})
#define IMS_RULESET_NEWEST ((struct ims_kernel_version){7, 3, -1})

/*
 * Finds a rule set by name: "linux-MAJOR.MINOR[.PATCH]" from 4.4 to 7.3, "linux" (the kernel that
 * machine states, else the newest; machine may be NULL), "linux-proposed-2025".
 * A release of the input that is older or newer than those read is judged by the nearest one.
 * Returns -EINVAL for an unknown name or a named release out of range.
 */
IMS_PUBLIC int ims_ruleset_find(const char *name, const struct ims_machine *machine,
                                struct ims_ruleset *ret, struct ims_error *reterr);

/* Writes "linux-6.12.95", "linux-7.3" or "linux-proposed-2025"; returns buffer. */
IMS_PUBLIC char *ims_ruleset_name(const struct ims_ruleset *ruleset,
                                  char buffer[IMS_RULESET_NAME_SIZE]);

/* What a rule is about. */
enum ims_rule_topic {
    IMS_TOPIC_ALIAS = 0, /* requester ids that the IOMMU cannot tell apart */
    IMS_TOPIC_ACS,       /* a port that may re-route */
    IMS_TOPIC_MULTIFUNCTION,
    IMS_TOPIC_QUIRK, /* a device-specific verdict of the kernel */
    IMS_TOPIC_COMMAND_LINE,
    IMS_TOPIC_ORDER, /* probe order, hot-add, management */
    IMS_TOPIC_PROPOSED,
    IMS_TOPIC_ISOLATED,  /* reasons for being apart */
    IMS_TOPIC_AUDIT,     /* findings about groups */
    IMS_TOPIC_OWNERSHIP, /* what stands in the way of handing a group over */
    IMS_TOPIC_MAX,
};

IMS_PUBLIC const char *ims_rule_topic_to_string(enum ims_rule_topic topic);

/* One entry of the catalogue; all strings are static. */
struct ims_rule {
    const char *id; /* "ACS-NO-CAP": stable */
    enum ims_rule_topic topic;
    const char *title;     /* one line */
    const char *text;      /* a paragraph */
    const char *remedy;    /* what a person can do about it, or "none" with the reason */
    const char *reference; /* "R2.6, R4.7; PCIe 6.x 7.7.11" */
};

IMS_PUBLIC uint32_t ims_rule_count(void);
/* The catalogue in its printed order; NULL beyond the end. */
IMS_PUBLIC const struct ims_rule *ims_rule_at(uint32_t index);
/* By id, letters in any case; NULL when there is none. */
IMS_PUBLIC const struct ims_rule *ims_rule_find(const char *id);

/* One quirk row as the catalogue shows it; all strings are static. */
struct ims_quirk_row {
    const char *table; /* "acs" or "alias" */
    const char
        *kind; /* "table", "expand", "op", "capfix"; "alias_func1", "bridge_flag_xlate_root", ... */
    uint16_t vendor;
    uint16_t device; /* meaningful unless any_device */
    bool any_device;
    const char *rule;   /* "intel_pch", "mf_endpoint", ... or the kind for alias rows */
    const char *window; /* mainline window, ">4.4,<=4.15" */
    const char *stable; /* stable releases that first carry it, or "-" */
    const char *label;
};

IMS_PUBLIC uint32_t ims_quirk_row_count(void);
IMS_PUBLIC struct ims_quirk_row ims_quirk_row_at(uint32_t index);

/* Whether a row takes part in a rule set; unknown for a release between two trees that were read. */
IMS_PUBLIC enum ims_tristate ims_quirk_row_present(uint32_t index,
                                                   const struct ims_ruleset *ruleset);

/* Which ACS control words are judged. */
enum ims_acs_mode {
    IMS_ACS_AUTO = 0,      /* as is where the IOMMU is on, else as Linux would set them (R4.14) */
    IMS_ACS_AS_IS,         /* the registers of the input */
    IMS_ACS_AS_LINUX_SETS, /* what the kernel writes when it uses an IOMMU (R4.13, R4.20) */
};

/* When functions meet the IOMMU driver (R1.5, R3). */
enum ims_probe_mode {
    IMS_PROBE_BOOT = 0,
    IMS_PROBE_HOT_ADDED, /* added or rescanned one by one: multifunction is seen late */
};

/* The kernel's isolation test of one function (section 4). */
struct ims_acs_verdict {
    enum ims_tristate isolated; /* ACS_OK */
    bool likely;                /* the value to go on with when isolated is unknown */
    const struct ims_rule
        *rule;          /* what decided: "ACS-NO-CAP", "QUIRK-...", "ACS-OK", ...; never NULL */
    bool has_registers; /* the four fields below are meaningful */
    struct ims_bits capability;
    struct ims_bits control;      /* as judged, i.e. after the ACS mode and the command line */
    struct ims_bits control_read; /* as read */
    uint32_t required;            /* SV|RR|CR|UF as far as implemented (R4.7) */
    uint32_t missing;             /* required and not enabled */
    const char *quirk_label;      /* device family of the quirk row, or NULL */
};

#ifdef __cplusplus
}
#endif

#endif
