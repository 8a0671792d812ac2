/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "grouping/model.h"
#include "pci/regs.h"

/* ---- what the question is ---- */

/* Groups that VFIO makes up for devices without an IOMMU are not isolation groups (R7.4, R8.9). */
static bool is_made_up_group(const struct ims_grouping *grouping, uint32_t number)
{
    uint32_t low = 0;
    uint32_t high = ims_topology_kernel_group_count(grouping->topology);

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct ims_kernel_group *group =
            ims_topology_kernel_group(grouping->topology, middle);
        if (group->number == number)
            return group->name && strcmp(group->name, "vfio-noiommu") == 0;
        if (group->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* AMD's IOMMU, a function of its own in each root complex (R6.3, R12.9). */
bool ims_grouping_is_amd_iommu(const struct ims_function_info *info)
{
    return ims_bits_all_known(info->class_code, 0xffff00) &&
           info->class_code.value >> 8 == IMS_CLASS_IOMMU && info->id_count > 0 &&
           (info->ids[0].vendor == 0x1022 || info->ids[0].vendor == 0x1002);
}

static bool is_virtio_iommu(const struct ims_function_info *info)
{
    return info->id_count == 1 && info->ids[0].vendor == 0x1af4 && info->ids[0].device == 0x1057;
}

bool ims_grouping_is_managed(const struct ims_grouping *grouping, uint32_t function)
{
    const struct ims_function_info *info = ims_grouping_info(grouping, function);

    if (!ims_function_is_none(info->vmd_endpoint) &&
        info->address.segment >= IMS_VMD_FIRST_SEGMENT &&
        ims_kernel_version_before(grouping->judge.version, 5, 5))
        return false; /* R2.1 */
    if (grouping->options.manage_everything)
        return true;
    if (info->record->group_state == IMS_GROUP_NONE)
        return false;
    if (info->record->was_grouped)
        return true; /* before an edit */
    if (info->record->group_state == IMS_GROUP_UNKNOWN &&
        (ims_grouping_is_amd_iommu(info) || is_virtio_iommu(info)))
        return false; /* an IOMMU does not translate its own requests (R6.3, R6.7) */
    if (info->record->group_state == IMS_GROUP_UNKNOWN && info->coverage.covered == IMS_NO)
        return false; /* no unit of the firmware tables takes it (R6.2, R6.3, R6.8) */
    return info->record->group_state != IMS_GROUP_KNOWN ||
           !is_made_up_group(grouping, info->record->group);
}

/* Whether any control word shows a bit that somebody has set. */
static bool shows_programmed_acs(const struct ims_topology *topology)
{
    const uint32_t count = ims_topology_function_count(topology);

    for (uint32_t i = 0; i < count; i++) {
        const struct ims_acs *acs = &ims_topology_function(topology, (struct ims_function){i})->acs;
        if (acs->present == IMS_YES &&
            (acs->control.value & (IMS_ACS_SV | IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_UF)))
            return true;
    }
    return false;
}

static void settle_acs_mode(struct ims_grouping *grouping)
{
    const enum ims_tristate on = ims_topology_machine(grouping->topology)->iommu_on;
    struct ims_judge *judge = &grouping->judge;

    judge->acs = grouping->options.acs;
    judge->acs_certain = true;
    if (judge->acs != IMS_ACS_AUTO)
        return;
    if (on == IMS_UNKNOWN) {
        judge->acs =
            shows_programmed_acs(grouping->topology) ? IMS_ACS_AS_IS : IMS_ACS_AS_LINUX_SETS;
        judge->acs_certain = false;
        return;
    }
    judge->acs = on == IMS_YES ? IMS_ACS_AS_IS : IMS_ACS_AS_LINUX_SETS;
}

static struct ims_kernel_version within_range(struct ims_kernel_version version)
{
    const struct ims_kernel_version oldest = IMS_RULESET_OLDEST;
    const struct ims_kernel_version newest = IMS_RULESET_NEWEST;

    if (ims_kernel_version_before(version, oldest.major, oldest.minor))
        return oldest;
    if (ims_kernel_version_before(newest, version.major, version.minor))
        return newest;
    return version;
}

static int settle_question(struct ims_grouping *grouping)
{
    const struct ims_machine *machine = ims_topology_machine(grouping->topology);
    const struct ims_grouping_options *options = &grouping->options;
    struct ims_judge *judge = &grouping->judge;

    judge->topology = grouping->topology;
    judge->proposed = options->ruleset.kind == IMS_RULESET_PROPOSED_2025;
    judge->version = judge->proposed ? (struct ims_kernel_version){6, 17, -1}
                                     : within_range(options->ruleset.version);
    judge->probe = options->probe;
    settle_acs_mode(grouping);
    judge->cmdline_asked = options->cmdline != NULL;

    grouping->basis = (struct ims_grouping_basis){
        .ruleset = options->ruleset,
        .acs = judge->acs,
        .acs_mode_certain = judge->acs_certain,
        .probe = options->probe,
        .cmdline = machine->cmdline,
    };
    if (options->cmdline) {
        grouping->basis.cmdline =
            ims_arena_strndup(&grouping->arena, options->cmdline, strlen(options->cmdline));
        if (!grouping->basis.cmdline)
            return -ENOMEM;
    }
    return ims_cmdline_parse(grouping->basis.cmdline, &grouping->arena, &judge->cmdline);
}

/* ---- the answer ---- */

static struct ims_acs_verdict *judge_functions(struct ims_grouping *grouping,
                                               const struct ims_judge *judge)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);
    struct ims_acs_verdict *verdicts =
        ims_arena_alloc_array(&grouping->arena, count, sizeof(*verdicts));

    for (uint32_t i = 0; verdicts && i < count; i++)
        ims_judge_acs(judge, (struct ims_function){i}, &verdicts[i]);
    for (uint32_t i = 0; verdicts && i < grouping->options.isolated_count; i++) {
        const uint32_t assumed = grouping->options.isolated[i].index;

        if (assumed < count)
            verdicts[assumed] = (struct ims_acs_verdict){
                .isolated = IMS_YES, .likely = true, .rule = ims_rule_get(IMS_RULE_ACS_OK)};
    }
    return verdicts;
}

static int judge_all(struct ims_grouping *grouping)
{
    grouping->verdicts = judge_functions(grouping, &grouping->judge);
    grouping->own_verdicts = grouping->verdicts;
    if (grouping->judge.probe == IMS_PROBE_HOT_ADDED) {
        struct ims_judge judge = grouping->judge;
        judge.being_added = true;
        grouping->own_verdicts = judge_functions(grouping, &judge);
    }
    return grouping->verdicts && grouping->own_verdicts ? 0 : -ENOMEM;
}

static int assign_likely(struct ims_grouping *grouping)
{
    struct ims_settled settled;
    int r = ims_settle(grouping, IMS_ASSUME_LIKELY, &settled);

    if (r < 0)
        return r;
    r = grouping->judge.proposed ? ims_assign_proposed(grouping, &settled, &grouping->likely)
                                 : ims_assign(grouping, &settled, &grouping->likely);
    ims_settled_done(&settled);
    return r;
}

/* Lists of members by group; a function without a group is alone in an entry behind the groups. */
static int collect_groups(struct ims_grouping *grouping)
{
    const uint32_t count = ims_topology_function_count(grouping->topology);
    uint32_t total = grouping->likely.group_count;

    for (uint32_t i = 0; i < count; i++)
        total += grouping->likely.group_of[i] == IMS_NONE;
    grouping->groups = ims_arena_alloc_array(&grouping->arena, total, sizeof(*grouping->groups));
    grouping->group_index =
        ims_arena_alloc_array(&grouping->arena, count, sizeof(*grouping->group_index));
    struct ims_function *members = ims_arena_alloc_array(&grouping->arena, count, sizeof(*members));
    if (!grouping->groups || !grouping->group_index || !members)
        return -ENOMEM;

    struct ims_function **slots = malloc(((size_t)total + 1) * sizeof(*slots));
    if (!slots)
        return -ENOMEM;

    uint32_t next = grouping->likely.group_count;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t group = grouping->likely.group_of[i];
        grouping->group_index[i] = group == IMS_NONE ? next++ : group;
        grouping->groups[grouping->group_index[i]].member_count++;
    }
    grouping->group_count = total;
    for (uint32_t i = 0; i < total; i++) {
        struct ims_group_info *group = &grouping->groups[i];
        group->number = i;
        group->managed = i < grouping->likely.group_count;
        group->certain = true;
        group->uncertain_at = IMS_FUNCTION_NONE;
        group->members = slots[i] = members;
        members += group->member_count;
    }
    for (uint32_t i = 0; i < count; i++)
        *slots[grouping->group_index[i]]++ = (struct ims_function){i};
    free(slots);
    return 0;
}

static int compute(struct ims_grouping *grouping)
{
    int r = settle_question(grouping);
    if (r == 0)
        r = judge_all(grouping);
    if (r == 0)
        r = ims_grouping_order(grouping);
    if (r == 0)
        r = assign_likely(grouping);
    if (r == 0)
        r = collect_groups(grouping);
    if (r == 0)
        r = ims_grouping_judge_certainty(grouping);
    return r;
}

int ims_grouping_compute(const struct ims_topology *topology,
                         const struct ims_grouping_options *options, struct ims_grouping **ret,
                         struct ims_error *reterr)
{
    struct ims_grouping *grouping = calloc(1, sizeof(*grouping));

    if (!grouping)
        return ims_error_set(reterr, -ENOMEM, "out of memory while computing groups");
    grouping->topology = topology;
    grouping->options.ruleset.version = IMS_RULESET_NEWEST;
    if (options) {
        const size_t size =
            options->size_bytes < sizeof(*options) ? options->size_bytes : sizeof(*options);
        if (size < offsetof(struct ims_grouping_options, acs)) {
            free(grouping);
            return ims_error_set(reterr, -EINVAL, "grouping options without a size");
        }
        memcpy(&grouping->options, options, size);
    }

    const int r = compute(grouping);
    grouping->options.isolated = NULL; /* borrowed */
    grouping->options.isolated_count = 0;
    if (r < 0) {
        ims_grouping_free(grouping);
        return ims_error_set(reterr, r, "out of memory while computing groups");
    }
    *ret = grouping;
    return 0;
}

void ims_grouping_free(struct ims_grouping *grouping)
{
    if (!grouping)
        return;
    ims_partition_done(&grouping->likely);
    ims_partition_done(&grouping->finest);
    ims_partition_done(&grouping->coarsest);
    ims_arena_done(&grouping->arena);
    free(grouping);
}

/* ---- reading the answer ---- */

uint32_t ims_grouping_count(const struct ims_grouping *grouping)
{
    return grouping->group_count;
}

const struct ims_group_info *ims_grouping_group(const struct ims_grouping *grouping, uint32_t index)
{
    return index < grouping->group_count ? &grouping->groups[index] : NULL;
}

uint32_t ims_grouping_of(const struct ims_grouping *grouping, struct ims_function function)
{
    return grouping->group_index[function.index];
}

static bool share(const struct ims_partition *partition, uint32_t a, uint32_t b)
{
    return a == b ||
           (partition->group_of[a] != IMS_NONE && partition->group_of[a] == partition->group_of[b]);
}

/* Below one bridge that nothing can rely on, or in one segment whose VMD endpoint is missing. */
static bool may_meet(const struct ims_grouping *grouping, uint32_t a, uint32_t b)
{
    const struct ims_function_info *left = ims_grouping_info(grouping, a);
    const struct ims_function_info *right = ims_grouping_info(grouping, b);

    if (grouping->likely.group_of[a] == IMS_NONE || grouping->likely.group_of[b] == IMS_NONE)
        return false;
    return share(&grouping->likely, a, b) ||
           (left->address.segment == right->address.segment &&
            (share(&grouping->coarsest, a, b) ||
             grouping->shaky[left->bus.index] == grouping->shaky[right->bus.index]));
}

enum ims_tristate ims_grouping_together(const struct ims_grouping *grouping, struct ims_function a,
                                        struct ims_function b)
{
    if (!grouping->has_unknowns)
        return ims_tristate_from_bool(share(&grouping->likely, a.index, b.index));
    const bool shaky =
        ims_grouping_is_shaky(grouping, a.index) || ims_grouping_is_shaky(grouping, b.index);
    if (shaky && a.index != b.index && may_meet(grouping, a.index, b.index))
        return IMS_UNKNOWN;
    if (share(&grouping->finest, a.index, b.index))
        return IMS_YES;
    if (ims_grouping_is_loose(grouping, a.index) && ims_grouping_is_loose(grouping, b.index))
        return IMS_UNKNOWN;
    return share(&grouping->coarsest, a.index, b.index) ? IMS_UNKNOWN : IMS_NO;
}

const struct ims_topology *ims_grouping_topology(const struct ims_grouping *grouping)
{
    return grouping->topology;
}

const struct ims_grouping_basis *ims_grouping_basis(const struct ims_grouping *grouping)
{
    return &grouping->basis;
}

const struct ims_acs_verdict *ims_grouping_acs(const struct ims_grouping *grouping,
                                               struct ims_function function)
{
    return &grouping->verdicts[function.index];
}
