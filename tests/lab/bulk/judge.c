/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"
#include "iommuscope/grouping.h"

/* The kernel's answer held against what the library says. */

struct prediction {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
};

__attribute__((format(printf, 2, 3))) static bool differs(char why[BULK_WHY_SIZE],
                                                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, BULK_WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static void prediction_done(struct prediction *prediction)
{
    ims_grouping_free(prediction->grouping);
    ims_topology_free(prediction->topology);
}

/*
 * As Linux sets them: from the registers of a boot without an IOMMU, which are the firmware's
 * (R4.14). As is: from a running kernel that has written them.
 */
static bool predict(const struct sketch *sketch, const struct bulk_case *bulk,
                    enum ims_acs_mode acs, struct prediction *ret, char why[BULK_WHY_SIZE])
{
    struct ims_error error = {0};
    struct ims_grouping_options options = {
        .size_bytes = sizeof(options),
        .acs = acs,
        .probe = bulk->hot ? IMS_PROBE_HOT_ADDED : IMS_PROBE_BOOT,
    };
    struct sketch machine;
    *ret = (struct prediction){0};
    sketch_copy(&machine, sketch);
    machine.machine.iommu_on = acs == IMS_ACS_AS_IS ? IMS_YES : IMS_NO;
    int r = sketch_seal(&machine, &ret->topology, &error);
    sketch_done(&machine);
    if (r < 0 || ims_topology_check(ret->topology, &error) < 0 ||
        ims_ruleset_find("linux", ims_topology_machine(ret->topology), &options.ruleset, &error) <
            0 ||
        ims_grouping_compute(ret->topology, &options, &ret->grouping, &error) < 0) {
        prediction_done(ret);
        return differs(why, "no prediction: %s", error.message);
    }
    return true;
}

/* The computed group of function number index of a sketch; NULL where it has none. */
static const struct ims_group_info *group_of(const struct prediction *prediction,
                                             const struct sketch *sketch, unsigned index)
{
    struct ims_function function =
        ims_topology_find(prediction->topology, sketch->functions[index].address);
    const struct ims_group_info *group =
        ims_grouping_group(prediction->grouping, ims_grouping_of(prediction->grouping, function));
    return group->managed ? group : NULL;
}

static bool same_partition(const struct prediction *prediction, const struct sketch *sketch,
                           const struct bulk_answer *answer, const char *from,
                           char why[BULK_WHY_SIZE])
{
    char x[IMS_ADDRESS_STRING_SIZE], y[IMS_ADDRESS_STRING_SIZE];
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct ims_group_info *group = group_of(prediction, sketch, i);
        ims_address_format(sketch->functions[i].address, x);
        if (answer->groups[i] == BULK_ABSENT)
            return differs(why, "the kernel did not find %s", x);
        if ((answer->groups[i] < 0) != !group)
            return differs(why, "%s %s a group in the kernel only%s", x, group ? "has no" : "has",
                           from);
        for (unsigned k = 0; k < i && group; k++)
            if ((group_of(prediction, sketch, k) == group) !=
                (answer->groups[k] == answer->groups[i]))
                return differs(why, "%s and %s are together %s only%s",
                               ims_address_format(sketch->functions[k].address, y), x,
                               answer->groups[k] == answer->groups[i] ? "in the kernel"
                                                                      : "in the prediction",
                               from);
    }
    return true;
}

/* The control words as the kernel left them, against what R4.13 to R4.21 say that it writes. */
static bool same_registers(const struct prediction *prediction, const struct sketch *sketch,
                           const struct bulk_answer *answer, struct bulk_count *count,
                           char why[BULK_WHY_SIZE])
{
    char x[IMS_ADDRESS_STRING_SIZE];
    for (unsigned i = 0; i < sketch->count; i++) {
        struct ims_function function =
            ims_topology_find(prediction->topology, sketch->functions[i].address);
        const struct ims_acs_verdict *verdict = ims_grouping_acs(prediction->grouping, function);
        /* With an option of pci= the verdict names that, not the layout of R4.21. */
        bool wide = answer->control_wide[i] != BULK_NO_WORD && verdict &&
                    (strcmp(verdict->rule->id, "QUIRK-INTEL-SPT") == 0 ||
                     (verdict->control.value & 0xffffu) == answer->control_wide[i]);
        uint32_t kernel = (wide ? answer->control_wide : answer->control)[i];
        if (!verdict || !verdict->has_registers || kernel == BULK_NO_WORD)
            continue;
        count->registers++;
        if ((verdict->control.value & 0xffffu) != kernel)
            return differs(why, "%s: the kernel leaves ACS control %04x, predicted is %04x",
                           ims_address_format(sketch->functions[i].address, x), kernel,
                           verdict->control.value);
    }
    return true;
}

static bool has_vfs(const struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++)
        if (sketch->functions[i].is_vf)
            return true;
    return false;
}

/* Group numbers follow the order of probing (R2.13, R3.1); VFs come when somebody enables them. */
static bool same_numbers(const struct prediction *prediction, const struct sketch *sketch,
                         const struct bulk_answer *answer, struct bulk_count *count,
                         char why[BULK_WHY_SIZE])
{
    char x[IMS_ADDRESS_STRING_SIZE];
    if (has_vfs(sketch))
        return true;
    count->numbered++;
    for (unsigned i = 0; i < sketch->count; i++) {
        const struct ims_group_info *group = group_of(prediction, sketch, i);
        if (group && (int)group->number != answer->groups[i])
            return differs(why, "%s: the kernel's group has number %d, predicted is %u",
                           ims_address_format(sketch->functions[i].address, x), answer->groups[i],
                           group->number);
    }
    count->numbers++;
    return true;
}

/* The machine as a tool would read it from the running kernel. */
static void as_left(const struct sketch *sketch, const struct bulk_answer *answer,
                    struct sketch *ret)
{
    sketch_copy(ret, sketch);
    ret->machine.cmdline[0] = '\0';
    for (unsigned i = 0; i < ret->count; i++) {
        struct sketch_function *function = &ret->functions[i];
        if (answer->control[i] == BULK_NO_WORD)
            continue;
        if (!function->spt) {
            function->acs_ctrl = answer->control[i];
            continue;
        }
        /* The word at p+6 is the upper half of the dword that holds the capability. */
        function->acs_cap = (function->acs_cap & 0xffffu) | answer->control[i] << 16;
        function->acs_ctrl = answer->control_wide[i];
    }
}

static bool judge_as_left(const struct bulk_case *bulk, const struct bulk_answer *answer,
                          char why[BULK_WHY_SIZE])
{
    struct prediction prediction;
    struct sketch sketch;
    as_left(&bulk->sketch, answer, &sketch);
    bool same = predict(&sketch, bulk, IMS_ACS_AS_IS, &prediction, why);
    if (same) {
        same = same_partition(&prediction, &sketch, answer, " (registers as the kernel left them)",
                              why);
        prediction_done(&prediction);
    }
    sketch_done(&sketch);
    return same;
}

static enum ims_acs_mode mode_of(const struct bulk_case *bulk)
{
    return bulk->acs_wanted ? IMS_ACS_AS_LINUX_SETS : IMS_ACS_AS_IS;
}

bool bulk_judge(const struct bulk_case *bulk, const struct bulk_answer *answer,
                struct bulk_count *count, char why[BULK_WHY_SIZE])
{
    struct prediction prediction;
    const struct sketch *sketch = &bulk->sketch;
    count->machines++;
    count->functions += sketch->count;
    bool same = answer->error[0] == '\0' || differs(why, "%s", answer->error);
    if (same && predict(sketch, bulk, mode_of(bulk), &prediction, why)) {
        same = same_partition(&prediction, sketch, answer, "", why) &&
               same_registers(&prediction, sketch, answer, count, why) &&
               same_numbers(&prediction, sketch, answer, count, why);
        count->groups += ims_grouping_count(prediction.grouping);
        prediction_done(&prediction);
    } else {
        same = false;
    }
    same = same && judge_as_left(bulk, answer, why);
    if (same)
        count->exact++;
    else
        count->differences++;
    return same;
}

bool bulk_same_prediction(const struct bulk_case *a, const struct bulk_case *b)
{
    struct prediction of_a, of_b;
    char why[BULK_WHY_SIZE];
    if (!predict(&a->sketch, a, mode_of(a), &of_a, why))
        return true;
    bool same = predict(&b->sketch, b, mode_of(b), &of_b, why);
    for (unsigned i = 0; same && i < a->sketch.count; i++)
        for (unsigned k = 0; k < i && same; k++)
            same = (group_of(&of_a, &a->sketch, i) == group_of(&of_a, &a->sketch, k)) ==
                   (group_of(&of_b, &b->sketch, i) == group_of(&of_b, &b->sketch, k));
    prediction_done(&of_a);
    prediction_done(&of_b);
    return same;
}
