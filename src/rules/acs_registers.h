/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_ACS_REGISTERS_H
#define IMS_RULES_ACS_REGISTERS_H

/* The ACS words as they stand when a kernel groups the function. */

#include "rules/judge.h"

/* Stable releases that form groups before they enable ACS, on x86; hardly so where unknown (R4.16). */
enum ims_tristate ims_judge_groups_before_enabling(const struct ims_judge *judge);

#define IMS_ACS_REQUIRED (IMS_ACS_SV | IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_UF) /* R1.10 */

struct ims_acs_registers {
    enum ims_tristate present;
    struct ims_bits capability;
    struct ims_bits control;      /* when the function is grouped */
    struct ims_bits control_read; /* as in the input */
    uint32_t likely_clear;        /* unknown control bits that are rather 0 than 1 */
    uint32_t follows;             /* control bits that Linux sets wherever they are implemented */
    const struct ims_rule *rule;  /* what changed the words, or NULL */
};

/* The standard layout: capability at p+4, control at p+6 (R1.9, R4.8, R4.13, R4.16, R4.19). */
void ims_acs_registers_standard(const struct ims_judge *judge, struct ims_function function,
                                enum ims_acs_mode mode, struct ims_acs_registers *ret);

/* Intel 100 and 200 series: capability dword at p+4, control dword at p+8 (R4.21). */
void ims_acs_registers_sunrise(const struct ims_judge *judge, struct ims_function function,
                               enum ims_acs_mode mode, struct ims_acs_registers *ret);

/* What R4.7 makes of the words: isolated, the bits required and the bits missing. */
struct ims_acs_check {
    enum ims_tristate isolated;
    bool likely;
    uint32_t required;
    uint32_t missing;
};
struct ims_acs_check ims_acs_registers_check(const struct ims_acs_registers *registers);

#endif
