/* SPDX-License-Identifier: MIT */
/* The claim: which endpoints the kernel, or a prediction, says are kept apart. */
#include <errno.h>
#include <stdlib.h>

#include "audit/model.h"

/* Kernel groups sort before computed ones; both by number. */
struct claimed {
    uint64_t key;
    uint32_t function;
};

#define COMPUTED (UINT64_C(1) << 32)
#define NOT_CLAIMED UINT64_MAX

static int compare_claimed(const void *a, const void *b)
{
    const struct claimed *left = a;
    const struct claimed *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->function < right->function ? -1 : left->function > right->function;
}

/*
 * Where the input names no group for a function, it is with those that the prediction puts it
 * with: a partial list of groups does not mean that the rest is alone.
 */
static uint64_t key_of(const struct ims_audit *audit, uint32_t function)
{
    const struct ims_record *record = ims_audit_info(audit, function)->record;
    const struct ims_group_info *group;

    if (record->group_state == IMS_GROUP_KNOWN)
        return record->group;
    if (audit->kernel_speaks && record->group_state == IMS_GROUP_NONE)
        return NOT_CLAIMED;
    group = ims_grouping_group(audit->grouping,
                               ims_grouping_of(audit->grouping, (struct ims_function){function}));
    if (!group->managed)
        return NOT_CLAIMED;
    for (uint32_t i = 0; i < group->member_count && audit->kernel_speaks; i++) {
        const struct ims_record *other = ims_audit_info(audit, group->members[i].index)->record;

        if (other->group_state == IMS_GROUP_KNOWN)
            return other->group;
    }
    return COMPUTED | group->number;
}

static int fill_groups(struct ims_audit *audit, const struct claimed *claims, uint32_t count)
{
    struct ims_function *members =
        ims_arena_alloc_array(&audit->arena, count, sizeof(struct ims_function));

    audit->groups = ims_arena_alloc_array(&audit->arena, count, sizeof(struct ims_audit_group));
    if (!members || !audit->groups)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct ims_audit_group *group;

        members[i] = (struct ims_function){claims[i].function};
        if (i == 0 || claims[i].key != claims[i - 1].key)
            audit->groups[audit->group_count++] =
                (struct ims_audit_group){.of_kernel = claims[i].key < COMPUTED,
                                         .number = (uint32_t)claims[i].key,
                                         .members = &members[i]};
        group = &audit->groups[audit->group_count - 1];
        group->member_count++;
        audit->group_of[claims[i].function] = audit->group_count - 1;
    }
    return 0;
}

int ims_audit_claim(struct ims_audit *audit)
{
    struct claimed *claims = calloc((size_t)audit->function_count + 1, sizeof(*claims));
    uint32_t count = 0;
    int code;

    audit->group_of = ims_arena_alloc_array(&audit->arena, audit->function_count, sizeof(uint32_t));
    if (!claims || !audit->group_of) {
        free(claims);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < audit->function_count; i++)
        audit->kernel_speaks |= ims_audit_info(audit, i)->record->group_state == IMS_GROUP_KNOWN;
    for (uint32_t i = 0; i < audit->function_count; i++) {
        audit->group_of[i] = IMS_NONE;
        if (!ims_fabric_is_issuer(audit->fabric, (struct ims_function){i}))
            continue;
        claims[count] = (struct claimed){key_of(audit, i), i};
        if (claims[count].key != NOT_CLAIMED)
            count++;
    }
    qsort(claims, count, sizeof(*claims), compare_claimed);
    code = fill_groups(audit, claims, count);
    free(claims);
    return code;
}
