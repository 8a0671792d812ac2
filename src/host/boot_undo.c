/* SPDX-License-Identifier: MIT */
/* Giving back to the host what the early phase held off and nobody claimed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/boot.h"
#include "host/workshop.h"

/* Whether a transaction of this boot has it: what was claimed since is not ours to give back. */
static int is_owned(const struct ims_keeper *keeper, struct ims_address address)
{
    struct ims_status *status = NULL;
    int r = ims_transaction_status(&keeper->desk, &status);

    for (uint32_t i = 0; r == 0 && i < status->count; i++) {
        const struct ims_transaction_info *info = &status->transactions[i];

        if (!info->plan) {
            r = info->state == IMS_TRANSACTION_DAMAGED;
            continue;
        }
        if (!info->is_claim && info->state != IMS_TRANSACTION_OPEN)
            continue;
        for (uint32_t j = 0; r == 0 && j < info->plan->member_count; j++)
            r = ims_address_compare(info->plan->members[j].address, address) == 0;
    }
    ims_status_free(status);
    return r;
}

/* The override goes first: nothing may bind it again in between. */
static int hand_over(const struct ims_kernel *kernel, struct ims_address address,
                     const char *bound_to, struct ims_outcome *outcome)
{
    const struct ims_step clear = {.kind = IMS_STEP_OVERRIDE, .address = address};
    const struct ims_step unbind = {.kind = IMS_STEP_UNBIND, .address = address, .name = bound_to};
    const struct ims_step probe = {.kind = IMS_STEP_PROBE, .address = address};
    int r = kernel->do_step(kernel->context, &clear);

    outcome->steps_done += r == 0;
    if (r == 0 && bound_to) {
        r = kernel->do_step(kernel->context, &unbind);
        outcome->steps_done += r == 0;
    }
    if (r == 0) {
        /* Whether a driver wants it is the kernel's business (fact 2). */
        (void)kernel->do_step(kernel->context, &probe);
        outcome->steps_done++;
    }
    return r;
}

/*
 * Gives one function back, when it is still as early left it; that an override binds a device as
 * soon as anybody loads vfio-pci makes no claim of it. stands: its claim was made.
 */
static int give_back(const struct ims_keeper *keeper, const struct ims_boot_hold *hold, bool stands,
                     struct ims_outcome *outcome)
{
    const struct ims_kernel *kernel = keeper->desk.kernel;
    struct ims_live_function live;
    int r = kernel->read_function(kernel->context, hold->address, &live);

    if (r < 0)
        return r == -ENODEV ? 0 : r;
    const bool is_bound = strcmp(live.driver, hold->driver) == 0;

    if (strcmp(live.override, hold->driver) != 0 || (is_bound && stands))
        return 0;
    if (is_bound) {
        r = is_owned(keeper, hold->address);
        if (r != 0)
            return r < 0 ? r : 0;
        /* An unbind would wait for who has it open. */
        if (live.has_group && kernel->is_viable(kernel->context, live.group) == -EBUSY)
            return -EBUSY;
    }
    if (!is_bound && live.driver[0]) {
        const struct ims_step clear = {.kind = IMS_STEP_OVERRIDE, .address = hold->address};

        r = kernel->do_step(kernel->context, &clear);
        outcome->steps_done += r == 0;
        return r;
    }
    return hand_over(kernel, hold->address, is_bound ? live.driver : NULL, outcome);
}

/* A claim that the initramfs still had, and the machine has no longer. */
static bool is_stray(const struct ims_saved_claims *saved, const char *claim)
{
    for (uint32_t i = 0; saved && i < saved->count; i++)
        if (strcmp(saved->claims[i].name, claim) == 0)
            return false;
    return true;
}

/* claim: NULL = of claims that are not among saved. */
static int undo(const struct ims_keeper *keeper, const char *claim,
                const struct ims_saved_claims *saved, bool stands, struct ims_outcome *outcome)
{
    const struct ims_store *store = keeper->desk.store;
    struct ims_boot_holds holds;
    int failed = 0;
    int r = store->lock(store->context);

    if (r < 0)
        return r;
    r = ims_boot_holds_read(keeper->vault, &holds);
    for (uint32_t i = holds.count; r == 0 && i > 0; i--) {
        if (claim ? strcmp(holds.holds[i - 1].claim, claim) != 0
                  : !is_stray(saved, holds.holds[i - 1].claim))
            continue;
        /* One that is stuck does not keep the others from the host. */
        const int given = give_back(keeper, &holds.holds[i - 1], stands, outcome);
        if (given == 0)
            ims_boot_holds_drop(&holds, i - 1);
        else if (failed == 0 || given == -ENOMEM)
            failed = given;
    }
    const int written = ims_boot_holds_write(keeper->vault, &holds);
    ims_boot_holds_done(&holds);
    store->unlock(store->context);
    if (r == 0)
        r = failed;
    return r < 0 ? r : written;
}

int ims_boot_undo_after(const struct ims_keeper *keeper, const char *claim,
                        struct ims_outcome *outcome)
{
    const bool stands = outcome->state == IMS_OUTCOME_DONE || outcome->state == IMS_OUTCOME_NOTHING;
    const uint32_t before = outcome->steps_done;
    const size_t length = strlen(outcome->text);
    const int r = undo(keeper, claim, NULL, stands, outcome);
    char *end = outcome->text + length;

    if (r == -ENOMEM)
        return r;
    if (r < 0)
        snprintf(end, sizeof(outcome->text) - length,
                 "; what was held off could not be given back: %s", strerror(-r));
    else if (outcome->steps_done > before)
        snprintf(end, sizeof(outcome->text) - length,
                 "; what was held off for it was given back to the host");
    return 0;
}

int ims_boot_undo_strays(const struct ims_keeper *keeper, const struct ims_saved_claims *saved)
{
    struct ims_outcome outcome = {0};
    const int r = undo(keeper, NULL, saved, false, &outcome);

    /* A note that cannot be read tells nothing of strays either, and was told with the claims. */
    return r == -ENOMEM ? r : 0;
}

int ims_boot_undo_all(const struct ims_keeper *keeper, const struct ims_saved_claims *saved,
                      struct ims_boot_report *report)
{
    int failed = 0;

    for (uint32_t i = 0; failed != -ENOMEM && i < saved->count; i++) {
        struct ims_outcome *outcome = &report->entries[i].outcome;

        const int r = undo(keeper, saved->claims[i].name, NULL, false, outcome);
        if (failed == 0 || r == -ENOMEM)
            failed = r;
        ims_outcome_say(outcome, outcome->steps_done ? IMS_OUTCOME_DONE : IMS_OUTCOME_NOTHING, r,
                        NULL,
                        outcome->steps_done ? "what was held off for it was given back to the host"
                                            : "there is nothing to do");
    }
    const int r = failed == -ENOMEM ? failed : ims_boot_undo_strays(keeper, saved);
    return failed < 0 ? failed : r;
}
