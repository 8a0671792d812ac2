/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_JUDGE_H
#define IMS_RULES_JUDGE_H

/* What grouping asks of the rules: verdicts, port types, aliases, for one rule set. */

#include "iommuscope/rules.h"
#include "rules/cmdline.h"

/* Everything that a verdict depends on besides the function itself. */
struct ims_judge {
    const struct ims_topology *topology;
    struct ims_kernel_version version; /* within the range that was read */
    enum ims_acs_mode acs;             /* never AUTO */
    bool acs_certain;                  /* no: the other mode is possible too */
    enum ims_probe_mode probe;
    bool being_added; /* asked of a function that is grouped before its flag is set (R1.5) */
    struct ims_cmdline cmdline;
    bool proposed;      /* the series of 2025 judges (R9.7-R9.10) */
    bool cmdline_asked; /* it was given with the question, not read from the machine */
};

/* Whether a release is older than MAJOR.MINOR. */
static inline bool ims_kernel_version_before(struct ims_kernel_version version, int major,
                                             int minor)
{
    return version.major < major || (version.major == major && version.minor < minor);
}

/* The port type as this release sees it (R1.4). */
enum ims_port_type ims_judge_port_type(const struct ims_judge *judge, struct ims_function function);

/* Whether a capability list breaks off: what stands behind the damage the kernel does not find. */
static inline bool ims_judge_lists_damaged(const struct ims_function_info *info)
{
    return info->pci.damage & ~(uint32_t)(IMS_PCI_DAMAGE_ALL_ONES | IMS_PCI_DAMAGE_TOO_MANY);
}

/* The ACS capability as this release finds it: below a corrected port it is out of reach (R1.4). */
static inline const struct ims_acs *ims_judge_acs_words(const struct ims_judge *judge,
                                                        const struct ims_function_info *info)
{
    return ims_kernel_version_before(judge->version, 5, 4) ? &info->acs_uncorrected : &info->acs;
}

/* The multifunction flag (R1.5), of a function being added its own header bit; *ret_likely for an unknown one. */
enum ims_tristate ims_judge_multifunction(const struct ims_judge *judge,
                                          struct ims_function function, bool *ret_likely);

/* The kernel's isolation test with SV|RR|CR|UF (section 4). */
void ims_judge_acs(const struct ims_judge *judge, struct ims_function function,
                   struct ims_acs_verdict *ret);

/* Requester ids that a function may use besides its own, on its own bus (section 5). */
struct ims_alias_mask {
    uint64_t certain[4];  /* devfns, one bit each */
    uint64_t likely[4];   /* certain, and those of unknowns that are taken as given */
    uint64_t possible[4]; /* certain, and everything that an unknown could add */
    const char *label;    /* device family of the row */
    bool table;           /* bits come from device tables that cannot be read (R5.4) */
};

static inline bool ims_devfn_bit(const uint64_t bits[4], uint8_t devfn)
{
    return bits[devfn >> 6] >> (devfn & 63) & 1;
}

/* Fills *ret; false (and nothing set) when no row can concern the function. */
bool ims_judge_aliases(const struct ims_judge *judge, struct ims_function function,
                       struct ims_alias_mask *ret);

/* Whether the alias walk stops below the bridge (R2.3a); *ret_likely for an unknown one. */
enum ims_tristate ims_judge_translation_root(const struct ims_judge *judge,
                                             struct ims_function function, bool *ret_likely);

/* Whether a type 7 bridge is passed by the alias walk (R2.3c); as above. */
enum ims_tristate ims_judge_no_alias(const struct ims_judge *judge, struct ims_function function,
                                     bool *ret_likely);

/* Whether a conventional bridge is really one to PCI Express and aliases like it (R2.3f). */
bool ims_judge_pcie_alias(const struct ims_judge *judge, struct ims_function function);

#endif
