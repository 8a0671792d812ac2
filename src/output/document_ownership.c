/* SPDX-License-Identifier: MIT */
/* The documents of plan, claim, release, recover, status and log. */
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"

static int finish(struct ims_maker *maker, json_t *document, json_t **ret)
{
    document = ims_make_finish(maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}

/* ---- plan ---- */

/* Functions of other groups that a hot reset of a member would take along. */
static json_t *beyond_part(struct ims_maker *maker, const struct ims_subject *subject,
                           const struct ims_check *check)
{
    const struct ims_function *said = NULL;
    json_t *array = json_array();

    for (uint32_t i = 0; i < ims_check_reset_count(check); i++) {
        const struct ims_reset *reset = ims_check_reset(check, i);

        if (reset->beyond == said)
            continue;
        said = reset->beyond;
        for (uint32_t j = 0; j < reset->beyond_count; j++)
            ims_make_append(maker, array, ims_part_address(subject, reset->beyond[j]));
    }
    return array;
}

static json_t *lost_part(struct ims_maker *maker, const struct ims_uses *uses)
{
    json_t *array = json_array();

    if (!uses) {
        json_decref(array);
        return json_null();
    }
    for (uint32_t i = 0; i < uses->count; i++)
        ims_make_append(maker, array, ims_part_use(maker, &uses->uses[i]));
    return array;
}

int ims_document_plan(const struct ims_subject *subject, const struct ims_check *check,
                      const struct ims_plan *plan, const char *plan_json,
                      const struct ims_uses *uses, json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.plan/1");

    (void)reterr;
    ims_make_set(&maker, document, "verdict",
                 ims_make_string(plan->blocker_count > 0 ? "blocked"
                                 : plan->step_count == 0 ? "nothing"
                                                         : "ready"));
    ims_make_set(&maker, document, "usable", ims_make_tristate(ims_check_usable(check)));
    ims_make_set(&maker, document, "plan", json_loads(plan_json, 0, NULL));
    ims_make_set(&maker, document, "uses", lost_part(&maker, uses));
    ims_make_set(&maker, document, "reset_beyond", beyond_part(&maker, subject, check));
    ims_part_gaps(&maker, subject, document);
    return finish(&maker, document, ret);
}

/* ---- outcome ---- */

static json_t *holder_part(struct ims_maker *maker, const struct ims_holder *holder)
{
    if (holder->pid == 0)
        return json_null();
    json_t *object = json_object();

    ims_make_set(maker, object, "pid", ims_make_uint(holder->pid));
    ims_make_set(maker, object, "name", ims_make_string(holder->name));
    ims_make_set(maker, object, "guest",
                 holder->guest[0] ? ims_make_string(holder->guest) : json_null());
    return object;
}

int ims_document_outcome(const char *verb, const struct ims_outcome *outcome, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_bare_document(&maker, "iommuscope.outcome/1");
    const bool refused = outcome->state == IMS_OUTCOME_REFUSED;

    ims_make_set(&maker, document, "verb", ims_make_string(verb));
    ims_make_set(&maker, document, "state",
                 ims_make_string(ims_outcome_state_to_string(outcome->state)));
    ims_make_set(&maker, document, "refusal",
                 refused ? ims_make_string(ims_plan_refusal_to_string(outcome->refusal))
                         : json_null());
    ims_make_set(&maker, document, "address",
                 outcome->has_address ? ims_make_address(outcome->address) : json_null());
    ims_make_set(&maker, document, "error",
                 outcome->code < 0 ? ims_make_string(strerror(-outcome->code)) : json_null());
    ims_make_set(&maker, document, "steps_done", ims_make_uint(outcome->steps_done));
    ims_make_set(&maker, document, "holder", holder_part(&maker, &outcome->holder));
    ims_make_set(&maker, document, "text", ims_make_string(outcome->text));
    return finish(&maker, document, ret);
}

/* ---- status and log ---- */

static json_t *member_part(struct ims_maker *maker, const struct ims_plan_member *member)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "address", ims_make_address(member->address));
    ims_make_set(maker, object, "interconnect", json_boolean(member->interconnect));
    ims_make_set(maker, object, "before", ims_make_string(member->before.driver));
    ims_make_set(maker, object, "driver", ims_make_string(member->goal.driver));
    return object;
}

static json_t *transaction_part(struct ims_maker *maker, const struct ims_transaction_info *info)
{
    const struct ims_plan *plan = info->plan;
    json_t *object = json_object();
    json_t *members = json_array();

    ims_make_set(maker, object, "name", ims_make_string(info->name));
    ims_make_set(maker, object, "verb",
                 plan ? ims_make_string(ims_plan_verb_to_string(plan->verb)) : json_null());
    ims_make_set(maker, object, "group", plan ? ims_make_uint(plan->group) : json_null());
    ims_make_set(maker, object, "state",
                 ims_make_string(ims_transaction_state_to_string(info->state)));
    ims_make_set(maker, object, "claim", json_boolean(info->is_claim && !info->is_unsettled));
    ims_make_set(maker, object, "strayed", json_boolean(info->is_strayed));
    ims_make_set(maker, object, "time", json_integer(info->time_seconds));
    ims_make_set(maker, object, "text", ims_make_string(info->text));
    for (uint32_t i = 0; plan && i < plan->member_count; i++)
        ims_make_append(maker, members, member_part(maker, &plan->members[i]));
    ims_make_set(maker, object, "members", members);
    return object;
}

int ims_document_status(const struct ims_status *status, bool everything, json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document =
        ims_part_bare_document(&maker, everything ? "iommuscope.log/1" : "iommuscope.status/1");
    json_t *transactions = json_array();

    for (uint32_t i = 0; i < status->count; i++) {
        const struct ims_transaction_info *info = &status->transactions[i];

        /* Of a claim whose release was interrupted, the release is what is true. */
        if (everything || (info->is_claim && !info->is_unsettled) ||
            info->state == IMS_TRANSACTION_OPEN || info->state == IMS_TRANSACTION_DAMAGED)
            ims_make_append(&maker, transactions, transaction_part(&maker, info));
    }
    ims_make_set(&maker, document, "transactions", transactions);
    return finish(&maker, document, ret);
}
