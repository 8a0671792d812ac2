/* SPDX-License-Identifier: MIT */
/* Claims whose members somebody else took back: a journal tells what was done, not what is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "host/workshop.h"
#include "ownership/model.h"

/* What became of a member, as the words behind its address; false where it is as it was left. */
static bool has_strayed(const struct ims_kernel *kernel, const struct ims_plan_member *member,
                        char *what, size_t what_bytes)
{
    struct ims_live_function live;
    const int r = kernel->read_function(kernel->context, member->address, &live);

    if (r == -ENODEV) {
        snprintf(what, what_bytes, "is gone");
        return true;
    }
    /* What cannot be read, or is in the middle of a change, is no news. */
    if (r < 0 || member->goal.any_driver ||
        ims_same_name(live.driver[0] ? live.driver : NULL, member->goal.driver))
        return false;
    if (live.driver[0])
        snprintf(what, what_bytes, "is bound to %s", live.driver);
    else
        snprintf(what, what_bytes, "has no driver");
    return true;
}

int ims_transaction_mark_strayed(const struct ims_desk *desk, struct ims_status *status)
{
    for (uint32_t i = 0; i < status->count; i++) {
        struct ims_transaction_info *info = &status->transactions[i];
        char what[128];
        char name[IMS_ADDRESS_STRING_SIZE];
        char text[256];

        for (uint32_t j = 0; info->is_claim && !info->is_unsettled && !info->is_strayed &&
                             j < info->plan->member_count;
             j++) {
            const struct ims_plan_member *member = &info->plan->members[j];

            if (!has_strayed(desk->kernel, member, what, sizeof(what)))
                continue;
            info->is_strayed = true;
            snprintf(text, sizeof(text),
                     "%s %s: not by iommuscope; a release ends the claim, a claim renews it",
                     ims_address_format(member->address, name), what);
            info->text = ims_arena_strndup(status->memory, text, strlen(text));
            if (!info->text)
                return -ENOMEM;
        }
    }
    return 0;
}
