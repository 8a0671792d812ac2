/* SPDX-License-Identifier: MIT */
/* What a plan may take from the host: asked when it is made, and again when it is carried out. */
#include "ownership/model.h"

bool ims_plan_takes(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == IMS_STEP_UNBIND &&
            ims_address_compare(plan->steps[i].address, address) == 0)
            return true;
    return false;
}

bool ims_plan_drops_vfs(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == IMS_STEP_NUMVFS && plan->steps[i].number == 0 &&
            ims_address_compare(plan->steps[i].address, address) == 0)
            return true;
    return ims_plan_takes(plan, address);
}

bool ims_plan_allows(const struct ims_plan *plan, struct ims_address address)
{
    for (uint32_t i = 0; i < plan->allowed_count; i++)
        if (ims_address_compare(plan->allowed[i], address) == 0)
            return true;
    return false;
}

bool ims_plan_forbids(const struct ims_plan *plan, const struct ims_use *use,
                      struct ims_address taken, enum ims_plan_refusal *ret)
{
    const enum ims_use_weight weight = ims_use_kind_weight(use->kind);
    const enum ims_plan_refusal in_use =
        use->certain == IMS_YES ? IMS_PLAN_IN_USE : IMS_PLAN_NOT_KNOWN;

    if (use->kind == IMS_USE_GUEST) {
        *ret = IMS_PLAN_OWNED;
        return true;
    }
    if (plan->verb == IMS_PLAN_RELEASE) {
        *ret = in_use;
        /* The unbind would wait until the holder closes it, for ever (1.5). */
        return use->kind == IMS_USE_OPEN;
    }
    *ret = weight == IMS_USE_FATAL ? IMS_PLAN_VITAL : in_use;
    return weight == IMS_USE_FATAL ||
           (weight == IMS_USE_LOSS && !ims_plan_allows(plan, use->address) &&
            !ims_plan_allows(plan, taken));
}

/* What is impossible stays so whatever is still unknown. */
static int gravity(enum ims_plan_refusal refusal)
{
    return refusal == IMS_PLAN_NOT_KNOWN ? -1 : (int)refusal;
}

const struct ims_plan_blocker *ims_plan_worst_blocker(const struct ims_plan *plan)
{
    const struct ims_plan_blocker *worst = NULL;

    for (uint32_t i = 0; i < plan->blocker_count; i++)
        if (!worst || gravity(plan->blockers[i].refusal) > gravity(worst->refusal))
            worst = &plan->blockers[i];
    return worst;
}
