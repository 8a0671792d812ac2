/* SPDX-License-Identifier: MIT */
/* Whether VFIO takes a group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ownership/model.h"

const char *ims_member_verdict_to_string(enum ims_member_verdict verdict)
{
    static const char *const names[IMS_MEMBER_VERDICT_MAX] = {
        [IMS_MEMBER_UNKNOWN] = "unknown", [IMS_MEMBER_FREE] = "free",
        [IMS_MEMBER_VFIO] = "vfio",       [IMS_MEMBER_STUB] = "stub",
        [IMS_MEMBER_EXEMPT] = "exempt",   [IMS_MEMBER_BLOCKING] = "blocking",
    };

    return (unsigned)verdict < IMS_MEMBER_VERDICT_MAX ? names[verdict] : "unknown";
}

const char *ims_check_text(struct ims_check *check, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&check->arena, format, arguments);
    va_end(arguments);
    check->failed |= !text;
    return text ? text : "";
}

/* What the drivers of the members make of the group: one that blocks is enough. */
static enum ims_tristate viable(const struct ims_check *check)
{
    enum ims_tristate ret = check->members_certain ? IMS_YES : IMS_UNKNOWN;

    if (!check->has_group)
        return IMS_NO;
    for (uint32_t i = 0; i < check->member_count; i++) {
        const enum ims_member_verdict verdict = check->members[i].verdict;

        if (verdict == IMS_MEMBER_BLOCKING && ims_member_is_certain(check, &check->members[i]))
            return IMS_NO;
        if (verdict == IMS_MEMBER_BLOCKING || verdict == IMS_MEMBER_UNKNOWN)
            ret = IMS_UNKNOWN;
    }
    return ret;
}

static enum ims_tristate usable(const struct ims_check *check)
{
    enum ims_tristate ret = check->viable;

    for (uint32_t i = 0; i < check->obstacle_count; i++) {
        if (check->obstacles[i].blocks == IMS_YES)
            return IMS_NO;
        if (check->obstacles[i].blocks == IMS_UNKNOWN && ret == IMS_YES)
            ret = IMS_UNKNOWN;
    }
    return ret;
}

/* Options of a caller that was built with an older header end earlier. */
static struct ims_check_options take_options(const struct ims_check_options *options)
{
    struct ims_check_options taken = {0};

    if (options && options->size_bytes > 0)
        memcpy(&taken, options,
               options->size_bytes < sizeof(taken) ? options->size_bytes : sizeof(taken));
    return taken;
}

int ims_check_new(const struct ims_grouping *grouping, struct ims_function function,
                  const struct ims_check_options *options, struct ims_check **ret,
                  struct ims_error *reterr)
{
    const struct ims_check_options taken = take_options(options);
    struct ims_check *check = calloc(1, sizeof(*check));

    if (!check)
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    check->grouping = grouping;
    check->topology = ims_grouping_topology(grouping);
    check->uses = taken.uses;
    check->iommu_assumed = taken.iommu_assumed;
    check->version = ims_grouping_basis(grouping)->ruleset.version;
    check->counts_owners = ims_driver_counts_owners(check->version, taken.kernel_assumed);
    ims_check_members(check, function);
    check->viable = viable(check);
    ims_check_resets(check);
    ims_check_obstacles(check);
    check->usable = usable(check);
    ims_check_write_message(check);
    if (check->failed) {
        ims_check_free(check);
        return ims_error_set(reterr, -ENOMEM, "out of memory");
    }
    *ret = check;
    return 0;
}

void ims_check_free(struct ims_check *check)
{
    if (!check)
        return;
    ims_arena_done(&check->arena);
    free(check->obstacles);
    free(check);
}

enum ims_tristate ims_check_usable(const struct ims_check *check)
{
    return check->usable;
}

enum ims_tristate ims_check_viable(const struct ims_check *check)
{
    return check->viable;
}

uint32_t ims_check_number(const struct ims_check *check, bool *ret_of_kernel)
{
    if (ret_of_kernel)
        *ret_of_kernel = check->of_kernel;
    return check->has_group ? check->number : IMS_NONE;
}

uint32_t ims_check_member_count(const struct ims_check *check)
{
    return check->member_count;
}

const struct ims_member *ims_check_member(const struct ims_check *check, uint32_t index)
{
    return index < check->member_count ? &check->members[index] : NULL;
}

uint32_t ims_check_obstacle_count(const struct ims_check *check)
{
    return check->obstacle_count;
}

const struct ims_obstacle *ims_check_obstacle(const struct ims_check *check, uint32_t index)
{
    return index < check->obstacle_count ? &check->obstacles[index] : NULL;
}

uint32_t ims_check_reset_count(const struct ims_check *check)
{
    return check->reset_count;
}

const struct ims_reset *ims_check_reset(const struct ims_check *check, uint32_t index)
{
    return index < check->reset_count ? &check->resets[index] : NULL;
}

const char *ims_check_message(const struct ims_check *check)
{
    return check->message;
}
