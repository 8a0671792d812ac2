/* SPDX-License-Identifier: MIT */
/* The sentence that a VMM should print instead of "group is not viable". */
#include "base/text.h"
#include "ownership/model.h"

/* So many are named; a group of hundreds must not fill a log. */
#define NAMED_MAX 8u

static void append_names(struct ims_text *text, const struct ims_check *check,
                         enum ims_tristate blocks)
{
    uint32_t count = 0;
    const char *separator = "";

    for (uint32_t i = 0; i < check->obstacle_count; i++) {
        if (check->obstacles[i].blocks != blocks)
            continue;
        if (count++ < NAMED_MAX) {
            ims_text_appendf(text, "%s%s", separator, check->obstacles[i].text);
            separator = "; ";
        }
    }
    if (count > NAMED_MAX)
        ims_text_appendf(text, "; and %u more", count - NAMED_MAX);
    ims_text_append(text, ".");
}

static void append_subject(struct ims_text *text, const struct ims_check *check)
{
    if (!check->has_group)
        ims_text_append(text, check->members[0].name);
    else if (check->of_kernel)
        ims_text_appendf(text, "IOMMU group %u", check->number);
    else
        ims_text_appendf(text, "The group of %s", check->members[0].name);
}

static bool is_interconnect_only(const struct ims_check *check)
{
    for (uint32_t i = 0; i < check->member_count; i++)
        if (!check->members[i].is_interconnect)
            return false;
    return true;
}

/* Drivers can be unbound; what else stands in the way no plan can move. */
static bool a_plan_helps(const struct ims_check *check)
{
    for (uint32_t i = 0; i < check->obstacle_count; i++)
        if (check->obstacles[i].blocks == IMS_YES &&
            check->obstacles[i].rule != ims_rule_get(IMS_RULE_OWN_HOST_DRIVER) &&
            check->obstacles[i].rule != ims_rule_get(IMS_RULE_OWN_BRIDGE_DRIVER))
            return false;
    return true;
}

void ims_check_write_message(struct ims_check *check)
{
    struct ims_text text = {0};

    if (check->failed)
        return;
    append_subject(&text, check);
    if (check->usable == IMS_YES && is_interconnect_only(check)) {
        ims_text_append(&text, " is viable, but has nothing to hand over: all of it is "
                               "interconnect, which VFIO does not bind.");
    } else if (check->usable == IMS_YES) {
        ims_text_appendf(&text, " can be handed to user space: %s",
                         check->member_count == 1 ? "its only member does no DMA for the host."
                                                  : "no member does DMA for the host.");
    } else if (check->usable == IMS_NO) {
        ims_text_append(&text, " cannot be handed to user space: ");
        append_names(&text, check, IMS_YES);
        if (check->of_kernel && a_plan_helps(check))
            ims_text_appendf(&text, " \"iommuscope plan claim %u\" shows what would free it.",
                             check->number);
    } else {
        ims_text_append(&text, ": whether it can be handed to user space is not known: ");
        append_names(&text, check, IMS_UNKNOWN);
    }
    const char *message = ims_text_get(&text);
    check->message = message ? ims_check_text(check, "%s", message) : "";
    check->failed |= !message;
    ims_text_done(&text);
}
