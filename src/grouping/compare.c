/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "grouping/model.h"

#define CAUSE_MAX 8u

struct box {
    struct ims_comparison visible; /* first: the pointers are interchangeable */
    struct ims_arena arena;
    enum ims_match *per_group;
    const char *causes[CAUSE_MAX];
};

/* ---- counting ---- */

static bool has_kernel_group(const struct ims_grouping *grouping, uint32_t function)
{
    return ims_grouping_info(grouping, function)->record->group_state == IMS_GROUP_KNOWN;
}

struct number_count {
    uint32_t number;
    uint32_t functions;
};

static int compare_numbers(const void *a, const void *b)
{
    const struct number_count *left = a;
    const struct number_count *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* How many functions each kernel group has, sorted by its number. NULL when memory is short. */
static struct number_count *count_kernel_groups(const struct ims_grouping *grouping,
                                                uint32_t *ret_count)
{
    const uint32_t functions = ims_topology_function_count(grouping->topology);
    struct number_count *counts = calloc((size_t)functions + 1, sizeof(*counts));
    uint32_t known = 0;
    uint32_t count = 0;

    if (!counts)
        return NULL;
    for (uint32_t i = 0; i < functions; i++)
        if (has_kernel_group(grouping, i))
            counts[known++] =
                (struct number_count){ims_grouping_info(grouping, i)->record->group, 1};
    qsort(counts, known, sizeof(*counts), compare_numbers);
    for (uint32_t i = 0; i < known; i++) {
        if (count && counts[count - 1].number == counts[i].number)
            counts[count - 1].functions++;
        else
            counts[count++] = counts[i];
    }
    *ret_count = count;
    return counts;
}

/* A computed group matches when its grouped members are exactly one kernel group. */
static enum ims_match match_group(const struct ims_grouping *grouping,
                                  const struct ims_group_info *group,
                                  const struct number_count *counts, uint32_t count)
{
    uint32_t known = 0;
    uint32_t number = 0;

    for (uint32_t i = 0; i < group->member_count; i++) {
        const uint32_t function = group->members[i].index;
        if (!has_kernel_group(grouping, function))
            continue;
        const uint32_t here = ims_grouping_info(grouping, function)->record->group;
        if (known && here != number)
            return IMS_MATCH_DIFFERENT;
        number = here;
        known++;
    }
    if (!known)
        return IMS_MATCH_UNKNOWN;
    const struct number_count key = {number, 0};
    const struct number_count *found =
        bsearch(&key, counts, count, sizeof(*counts), compare_numbers);
    return found && found->functions == known ? IMS_MATCH_SAME : IMS_MATCH_DIFFERENT;
}

static int match_all(const struct ims_grouping *grouping, enum ims_match *ret_per_group,
                     uint32_t *ret_different, uint32_t *ret_compared)
{
    uint32_t count = 0;
    struct number_count *counts = count_kernel_groups(grouping, &count);

    if (!counts)
        return -ENOMEM;
    *ret_different = 0;
    *ret_compared = 0;
    for (uint32_t i = 0; i < count; i++)
        *ret_compared += counts[i].functions;
    for (uint32_t i = 0; i < grouping->group_count; i++) {
        const enum ims_match match = match_group(grouping, &grouping->groups[i], counts, count);
        *ret_different += match == IMS_MATCH_DIFFERENT;
        if (ret_per_group)
            ret_per_group[i] = match;
    }
    free(counts);
    return 0;
}

/* ---- likely causes: compute again with one thing changed ---- */

struct attempt {
    const char *cause;
    enum ims_acs_mode acs; /* AUTO = unchanged */
    bool sets_probe;
    enum ims_probe_mode probe; /* where sets_probe */
    const char *cmdline;
    struct ims_kernel_version version; /* major 0 = unchanged */
    bool as_managed;                   /* leaves alone what the kernel left without a group */
};

static const struct attempt attempts[] = {
    {.cause = "functions that the kernel left without a group are grouped here too (--all-managed)",
     .as_managed = true},
    {.cause = "the groups are those of functions that were added or rescanned after boot: the "
              "kernel then groups multifunction devices finer (HOT-ADDED)",
     .sets_probe = true,
     .probe = IMS_PROBE_HOT_ADDED},
    {.cause = "the groups are those of functions that were there at boot, not of hot-added ones",
     .sets_probe = true,
     .probe = IMS_PROBE_BOOT},
    {.cause = "the groups are those of ACS as Linux programs it at boot: the control registers "
              "were changed afterwards (setpci, a script, a resume), so the groups are stale",
     .acs = IMS_ACS_AS_LINUX_SETS},
    {.cause = "the groups are those of a newer kernel (linux-7.3) than the rule set says",
     .version = {7, 3, -1}},
    {.cause = "the groups are those of an older kernel (linux-5.15) than the rule set says",
     .version = {5, 15, -1}},
    {.cause = "the groups are those of an older kernel (linux-5.4) than the rule set says",
     .version = {5, 4, -1}},
    {.cause = "the groups are those of an older kernel (linux-4.15) than the rule set says",
     .version = {4, 15, -1}},
    {.cause = "the groups are those of a kernel with the ACS override patch (downstream): ports "
              "without ACS were declared isolated (OVERRIDE-DOWNSTREAM)",
     .cmdline = "pcie_acs_override=downstream"},
    {.cause = "the groups are those of a kernel with the ACS override patch (downstream, "
              "multifunction): ports and functions without ACS were declared isolated "
              "(OVERRIDE-DOWNSTREAM, OVERRIDE-MULTIFUNCTION)",
     .cmdline = "pcie_acs_override=downstream,multifunction"},
};

/* Computed groups that differ when one thing is changed; UINT32_MAX when it could not be tried. */
static uint32_t try_attempt(const struct ims_grouping *grouping, const struct attempt *attempt)
{
    struct ims_grouping_options options = grouping->options;
    struct ims_grouping *other = NULL;
    uint32_t different = UINT32_MAX;
    uint32_t compared;

    options.size_bytes = sizeof(options);
    if (attempt->sets_probe)
        options.probe = attempt->probe;
    if (attempt->acs != IMS_ACS_AUTO)
        options.acs = attempt->acs;
    if (attempt->as_managed)
        options.manage_everything = false;
    if (attempt->cmdline)
        options.cmdline = attempt->cmdline;
    if (attempt->version.major)
        options.ruleset =
            (struct ims_ruleset){.kind = IMS_RULESET_LINUX, .version = attempt->version};
    if (ims_grouping_compute(grouping->topology, &options, &other, NULL) < 0)
        return different;
    if (match_all(other, NULL, &different, &compared) < 0)
        different = UINT32_MAX;
    ims_grouping_free(other);
    return different;
}

/* Full explanations first; else whatever brings the prediction nearer, best first. */
static void find_causes(const struct ims_grouping *grouping, struct box *box)
{
    const uint32_t now = box->visible.groups_different;
    uint32_t left[sizeof(attempts) / sizeof(attempts[0])];

    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        left[i] = try_attempt(grouping, &attempts[i]);
    for (bool found = true; found && box->visible.cause_count < CAUSE_MAX - 1;) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
            if (left[i] < now && (best == SIZE_MAX || left[i] < left[best]))
                best = i;
        found = best != SIZE_MAX;
        if (!found)
            break;
        const char *cause =
            left[best] == 0
                ? attempts[best].cause
                : ims_arena_printf(&box->arena, "in part (%u of %u groups stay different): %s",
                                   left[best], now, attempts[best].cause);
        const bool whole = left[best] == 0;
        left[best] = UINT32_MAX;
        if (cause)
            box->causes[box->visible.cause_count++] = cause;
        if (whole)
            break; /* one that explains everything needs no company */
    }
    if (box->visible.cause_count == 0)
        box->causes[box->visible.cause_count++] =
            "no single change explains it: a patched kernel, registers that firmware or a script "
            "changed, functions added after boot, or a dump of another boot";
}

static bool only_uncertain_differ(const struct ims_grouping *grouping, const struct box *box)
{
    for (uint32_t i = 0; i < grouping->group_count; i++)
        if (box->per_group[i] == IMS_MATCH_DIFFERENT && grouping->groups[i].certain)
            return false;
    return true;
}

int ims_grouping_compare(const struct ims_grouping *grouping, struct ims_comparison **ret,
                         struct ims_error *reterr)
{
    struct box *box = calloc(1, sizeof(*box));

    if (box)
        box->per_group = calloc((size_t)grouping->group_count + 1, sizeof(*box->per_group));
    if (!box || !box->per_group ||
        match_all(grouping, box->per_group, &box->visible.groups_different,
                  &box->visible.functions_compared) < 0) {
        ims_comparison_free(box ? &box->visible : NULL);
        return ims_error_set(reterr, -ENOMEM, "out of memory while comparing groups");
    }
    box->visible.per_group = box->per_group;
    box->visible.causes = box->causes;
    if (box->visible.functions_compared)
        box->visible.match = box->visible.groups_different ? IMS_MATCH_DIFFERENT : IMS_MATCH_SAME;
    if (box->visible.match == IMS_MATCH_DIFFERENT && only_uncertain_differ(grouping, box))
        box->causes[box->visible.cause_count++] =
            "facts that decide are not in the input: the groups that differ are uncertain here, "
            "and those of the kernel are the better answer";
    else if (box->visible.match == IMS_MATCH_DIFFERENT)
        find_causes(grouping, box);
    *ret = &box->visible;
    return 0;
}

void ims_comparison_free(struct ims_comparison *comparison)
{
    struct box *box = (struct box *)comparison;

    if (!box)
        return;
    free(box->per_group);
    ims_arena_done(&box->arena);
    free(box);
}
