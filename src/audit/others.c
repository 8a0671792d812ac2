/* SPDX-License-Identifier: MIT */
/* The prediction with one thing changed: what a difference between kernel and registers is due to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/model.h"

#define OVERRIDE_WORD "pcie_acs_override="

static struct ims_grouping_options same_as(const struct ims_audit *audit)
{
    const struct ims_grouping_basis *basis = ims_grouping_basis(audit->grouping);

    return (struct ims_grouping_options){
        .size_bytes = sizeof(struct ims_grouping_options),
        .ruleset = basis->ruleset,
        .acs = basis->acs,
        .probe = basis->probe,
        .cmdline = basis->cmdline,
    };
}

static enum ims_match match_of(const struct ims_grouping *grouping, int *code)
{
    struct ims_comparison *comparison = NULL;
    enum ims_match match = IMS_MATCH_UNKNOWN;

    if (*code == 0)
        *code = ims_grouping_compare(grouping, &comparison, NULL);
    if (*code == 0)
        match = comparison->match;
    ims_comparison_free(comparison);
    return match;
}

/* The command line without the words that switch the override on; NULL when memory is short. */
static const char *without_override(struct ims_audit *audit, const char *cmdline)
{
    char *text = ims_arena_strndup(&audit->arena, cmdline, strlen(cmdline));
    char *word = text;

    while (word && (word = strstr(word, OVERRIDE_WORD)) != NULL)
        memset(word, ' ', strcspn(word, " \t\n"));
    return text;
}

static int honest_grouping(struct ims_audit *audit)
{
    struct ims_grouping_options options = same_as(audit);

    if (!options.cmdline || !strstr(options.cmdline, OVERRIDE_WORD))
        return 0;
    options.cmdline = without_override(audit, options.cmdline);
    if (!options.cmdline)
        return -ENOMEM;
    return ims_grouping_compute(audit->topology, &options, &audit->honest, NULL);
}

/* Nobody says that the kernel is patched, but its groups are those of a patched one. */
static int hidden_override(struct ims_audit *audit)
{
    struct ims_grouping_options options = same_as(audit);
    struct ims_grouping *patched = NULL;
    int code;

    if (audit->honest)
        return 0;
    options.cmdline = OVERRIDE_WORD "downstream,multifunction";
    code = ims_grouping_compute(audit->topology, &options, &patched, NULL);
    if (code == 0 && match_of(patched, &code) == IMS_MATCH_SAME)
        audit->override_explains = true;
    ims_grouping_free(patched);
    return code;
}

static int boot_grouping(struct ims_audit *audit)
{
    struct ims_grouping_options options = same_as(audit);
    int code;

    if (options.acs == IMS_ACS_AS_LINUX_SETS)
        return 0;
    options.acs = IMS_ACS_AS_LINUX_SETS;
    code = ims_grouping_compute(audit->topology, &options, &audit->at_boot, NULL);
    if (code == 0 && match_of(audit->at_boot, &code) == IMS_MATCH_SAME)
        audit->boot_explains = true;
    return code;
}

/* Whether a group differs that no unknown fact could change: else there is nothing to explain. */
static bool surely_differs(const struct ims_audit *audit, const struct ims_comparison *comparison)
{
    if (comparison->match != IMS_MATCH_DIFFERENT)
        return false;
    for (uint32_t i = 0; i < ims_grouping_count(audit->grouping); i++)
        if (comparison->per_group[i] == IMS_MATCH_DIFFERENT &&
            ims_grouping_group(audit->grouping, i)->certain)
            return true;
    return false;
}

/*
 * The parameter does nothing on a kernel that is not patched (R4.22): its groups are those without
 * the parameter, and not those with it.
 */
static int drop_idle_override(struct ims_audit *audit, bool *ret_idle)
{
    int code = 0;

    *ret_idle = audit->honest && audit->comparison->match == IMS_MATCH_DIFFERENT &&
                match_of(audit->honest, &code) == IMS_MATCH_SAME;
    if (!*ret_idle)
        return code;
    ims_grouping_free(audit->honest);
    audit->honest = NULL;
    return 0;
}

int ims_audit_others(struct ims_audit *audit)
{
    bool idle = false;
    int code = honest_grouping(audit);

    if (code < 0 || !audit->kernel_speaks)
        return code;
    code = ims_grouping_compare(audit->grouping, &audit->comparison, NULL);
    if (code == 0)
        code = drop_idle_override(audit, &idle);
    if (code < 0 || idle || !surely_differs(audit, audit->comparison))
        return code;
    audit->difference =
        audit->comparison->cause_count ? audit->comparison->causes[0] : "no cause was found";
    code = boot_grouping(audit);
    return code == 0 && !audit->boot_explains ? hidden_override(audit) : code;
}
