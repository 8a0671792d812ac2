/* SPDX-License-Identifier: MIT */
/* What the journals say: interrupted transactions, and who has what. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "host/workshop.h"

const char *ims_outcome_state_to_string(enum ims_outcome_state state)
{
    static const char *const names[] = {"nothing", "done",     "undone", "refused",
                                        "drifted", "conflict", "stuck"};
    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

const char *ims_transaction_state_to_string(enum ims_transaction_state state)
{
    static const char *const names[] = {"interrupted", "done", "undone", "conflict", "damaged"};
    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

/* ---- status ---- */

bool ims_plans_overlap(const struct ims_plan *a, const struct ims_plan *b)
{
    for (uint32_t i = 0; i < a->member_count; i++)
        for (uint32_t j = 0; j < b->member_count; j++)
            if (ims_address_compare(a->members[i].address, b->members[j].address) == 0)
                return true;
    return false;
}

static bool is_done(const struct ims_transaction_info *info, enum ims_plan_verb verb)
{
    return info->plan && info->state == IMS_TRANSACTION_DONE && info->plan->verb == verb;
}

/* A claim holds until its members were released; what an interrupted release left nobody knows. */
static void find_claims(struct ims_status *status)
{
    for (uint32_t i = 0; i < status->count; i++) {
        struct ims_transaction_info *info = &status->transactions[i];

        info->is_claim = is_done(info, IMS_PLAN_CLAIM);
        for (uint32_t j = i + 1; info->is_claim && j < status->count; j++) {
            const struct ims_transaction_info *later = &status->transactions[j];

            if (!later->plan || !ims_plans_overlap(info->plan, later->plan))
                continue;
            if (is_done(later, IMS_PLAN_RELEASE))
                info->is_claim = false;
            info->is_unsettled |= later->state == IMS_TRANSACTION_OPEN;
        }
    }
}

static int add(const struct ims_store *store, const char *name, const char *boot_id,
               struct ims_status *status)
{
    struct ims_journal journal;
    int r = ims_journal_read(store, name, &journal);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    /* Nothing was done without a record, and drivers do not survive a boot. */
    if (!journal.begun || (journal.plan && *boot_id && strcmp(journal.boot_id, boot_id) != 0)) {
        ims_journal_done(&journal);
        return 0;
    }
    struct ims_transaction_info *info = &status->transactions[status->count];

    *info = (struct ims_transaction_info){
        .name = ims_arena_strndup(status->memory, name, strlen(name)),
        .text = ims_arena_strndup(status->memory, journal.text, strlen(journal.text)),
        .state = journal.state,
        .time_seconds = journal.time_seconds,
        .plan = journal.plan,
    };
    status->count++;
    return info->name && info->text ? 0 : -ENOMEM;
}

int ims_transaction_status(const struct ims_desk *desk, struct ims_status **ret)
{
    const struct ims_kernel *kernel = desk->kernel;
    const struct ims_store *store = desk->store;
    struct ims_status *status = calloc(1, sizeof(*status));
    char(*names)[IMS_JOURNAL_NAME_SIZE] = NULL;
    char boot_id[IMS_BOOT_ID_SIZE] = "";
    uint32_t count = 0;
    int r = status ? 0 : -ENOMEM;

    if (r == 0) {
        status->memory = calloc(1, sizeof(struct ims_arena));
        r = status->memory ? kernel->read_boot_id(kernel->context, boot_id) : -ENOMEM;
        /* A copy of a machine may lack it: then every journal is shown. */
        r = r == -ENOENT ? 0 : r;
    }
    if (r == 0)
        r = store->list(store->context, &names, &count);
    if (r == 0) {
        status->transactions =
            ims_arena_alloc_array(status->memory, count, sizeof(*status->transactions));
        r = status->transactions ? 0 : -ENOMEM;
    }
    for (uint32_t i = 0; r == 0 && i < count; i++)
        r = add(store, names[i], boot_id, status);
    free(names);
    if (r < 0) {
        ims_status_free(status);
        return r;
    }
    find_claims(status);
    *ret = status;
    return 0;
}

void ims_status_free(struct ims_status *status)
{
    if (!status)
        return;
    for (uint32_t i = 0; i < status->count; i++)
        ims_plan_free((struct ims_plan *)(uintptr_t)status->transactions[i].plan);
    if (status->memory)
        ims_arena_done(status->memory);
    free(status->memory);
    free(status);
}

/* ---- old journals ---- */

static bool is_over(const struct ims_transaction_info *info)
{
    return !info->is_claim && info->state != IMS_TRANSACTION_OPEN &&
           info->state != IMS_TRANSACTION_DAMAGED;
}

/* Oldest first, and never past one that stays behind: a claim must not outlive its release. */
void ims_transaction_prune(const struct ims_desk *desk, uint32_t kept)
{
    const struct ims_store *store = desk->store;
    struct ims_status *status = NULL;
    uint32_t over = 0;

    if (ims_transaction_status(desk, &status) < 0)
        return;
    for (uint32_t i = 0; i < status->count; i++)
        over += is_over(&status->transactions[i]);
    for (uint32_t i = 0; i < status->count && over > kept; i++) {
        if (!is_over(&status->transactions[i]))
            continue;
        if (store->remove(store->context, status->transactions[i].name) < 0)
            break;
        over--;
    }
    ims_status_free(status);
}

/* ---- recovery ---- */

/* Later news does not hide graver news. */
static unsigned gravity(enum ims_outcome_state state)
{
    switch (state) {
    case IMS_OUTCOME_STUCK:
        return 4;
    case IMS_OUTCOME_CONFLICT:
        return 3;
    case IMS_OUTCOME_REFUSED:
    case IMS_OUTCOME_DRIFTED:
        return 2;
    case IMS_OUTCOME_DONE:
    case IMS_OUTCOME_UNDONE:
        return 1;
    case IMS_OUTCOME_NOTHING:
        break;
    }
    return 0;
}

static void take_worse(struct ims_outcome *total, const struct ims_outcome *one)
{
    const uint32_t steps_done = total->steps_done + one->steps_done;

    if (gravity(one->state) >= gravity(total->state))
        *total = *one;
    total->steps_done = steps_done;
}

static int recover_one(const struct ims_desk *desk, const struct ims_transaction_info *info,
                       enum ims_recovery recovery, struct ims_outcome *total)
{
    struct ims_outcome one = {0};
    struct ims_work work = {.desk = desk, .plan = info->plan, .outcome = &one};

    snprintf(work.journal, sizeof(work.journal), "%s", info->name);
    const int r = ims_work_resume(&work, recovery);
    ims_work_done(&work);
    take_worse(total, &one);
    return r;
}

static void say_damaged(const struct ims_transaction_info *info, struct ims_outcome *total)
{
    struct ims_outcome one = {0};

    ims_outcome_say(&one, IMS_OUTCOME_CONFLICT, -EBADMSG, NULL,
                    "journal %s is damaged and does not tell which group it was about; look at the "
                    "drivers, then remove it",
                    info->name);
    take_worse(total, &one);
}

int ims_transaction_recover(const struct ims_desk *desk, enum ims_recovery recovery,
                            struct ims_outcome *ret)
{
    const struct ims_store *store = desk->store;
    struct ims_status *status = NULL;
    int r = store->lock(store->context);

    *ret = (struct ims_outcome){0};
    ims_outcome_say(ret, IMS_OUTCOME_NOTHING, 0, NULL, "no transaction was interrupted");
    if (r < 0) {
        ims_outcome_refuse_lock(ret, r);
        return 0;
    }
    r = ims_transaction_status(desk, &status);
    for (uint32_t i = 0; r == 0 && i < status->count; i++) {
        const struct ims_transaction_info *info = &status->transactions[i];

        if (info->plan && info->state == IMS_TRANSACTION_OPEN)
            r = recover_one(desk, info, recovery, ret);
        else if (info->state == IMS_TRANSACTION_DAMAGED)
            say_damaged(info, ret);
    }
    ims_status_free(status);
    store->unlock(store->context);
    if (r < 0 && r != -ENOMEM) {
        ims_outcome_say(ret, IMS_OUTCOME_REFUSED, r, NULL, "the journals cannot be read: %s",
                        strerror(-r));
        ret->refusal = IMS_PLAN_NOT_KNOWN;
    }
    return r == -ENOMEM ? r : 0;
}
