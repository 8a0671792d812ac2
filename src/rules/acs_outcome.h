/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_ACS_OUTCOME_H
#define IMS_RULES_ACS_OUTCOME_H

/* How the steps of the ACS test end, for the files that hold them: acs_rows.c, acs_verdict.c. */

#include "rules/acs_registers.h"
#include "rules/catalogue.h"

/*
 * A step of the test can end it either way or pass on to the next. Where facts are unknown several
 * ends are possible; one of them is the likely one, and its rule is the one that is told.
 */
enum ims_acs_end {
    IMS_ACS_END_NO = 1 << 0,
    IMS_ACS_END_YES = 1 << 1,
    IMS_ACS_END_PASS = 1 << 2,
};

struct ims_acs_outcome {
    unsigned possible; /* enum ims_acs_end, or-ed */
    enum ims_acs_end likely;
    enum ims_rule_id rule;
    const char *label;
    bool has_registers;
    struct ims_acs_registers registers;
    struct ims_acs_check check;
};

static inline struct ims_acs_outcome ends(enum ims_acs_end end, enum ims_rule_id rule)
{
    return (struct ims_acs_outcome){.possible = end, .likely = end, .rule = rule};
}

static inline enum ims_acs_end end_of(bool isolated)
{
    return isolated ? IMS_ACS_END_YES : IMS_ACS_END_NO;
}

/* As outcome where holds is yes, "pass" where it is no, either where it is unknown. */
static inline struct ims_acs_outcome only_if(enum ims_tristate holds, bool likely,
                                             struct ims_acs_outcome outcome)
{
    if (holds == IMS_NO)
        return ends(IMS_ACS_END_PASS, outcome.rule);
    if (holds == IMS_UNKNOWN) {
        outcome.possible |= IMS_ACS_END_PASS;
        if (!likely)
            outcome.likely = IMS_ACS_END_PASS;
    }
    return outcome;
}

/* Goes on with next where so_far passes. */
static inline void chain(struct ims_acs_outcome *so_far, struct ims_acs_outcome next)
{
    if (!(so_far->possible & IMS_ACS_END_PASS))
        return;
    const unsigned ended = so_far->possible & ~(unsigned)IMS_ACS_END_PASS;
    if (so_far->likely == IMS_ACS_END_PASS) {
        *so_far = next;
        so_far->possible |= ended;
    } else {
        so_far->possible = ended | next.possible;
    }
}

/* Bridges of any kind, as far as the header says. */
static inline bool is_bridge_header(const struct ims_function_info *info)
{
    return ims_bits_all_known(info->pci.header_type, 0x7f) && info->pci.header_type.value != 0;
}

/* acs_verdict.c: an answer from registers, as R4.7 has it. */
struct ims_acs_outcome ims_acs_from_registers(const struct ims_acs_registers *registers,
                                              enum ims_rule_id when_yes);

/* acs_rows.c: what the device-specific rows say of the function (R4.1, R4.22, 4.3). */
struct ims_acs_outcome ims_acs_ask_rows(const struct ims_judge *judge, struct ims_function function,
                                        enum ims_acs_mode mode);

#endif
