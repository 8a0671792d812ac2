/* SPDX-License-Identifier: MIT */
/*
 * Claims at boot, in two phases. Early runs in the initramfs, before modules load: it only sets
 * overrides, waits for nobody and unbinds nothing. Late runs beside the host's services and makes
 * the claims as ordinary transactions; what it does not claim it gives back to the host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/boot.h"
#include "host/workshop.h"

const char *ims_boot_phase_to_string(enum ims_boot_phase phase)
{
    static const char *const names[] = {"early", "late", "confirm", "undo"};
    return (unsigned)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "unknown";
}

void ims_boot_report_done(struct ims_boot_report *report)
{
    free(report->entries);
    *report = (struct ims_boot_report){0};
}

/* The last word counts, as the kernel reads its own options. */
bool ims_boot_is_off(const char *cmdline)
{
    static const char option[] = "iommuscope.claims=";
    bool off = false;
    bool quoted = false;

    for (const char *at = cmdline ? cmdline : ""; *at;) {
        const char *begin = at;

        while (*at && (quoted || *at != ' ')) {
            quoted ^= *at == '"';
            at++;
        }
        begin += *begin == '"';
        if (strncmp(begin, option, sizeof(option) - 1) == 0)
            off = strncmp(begin + sizeof(option) - 1, "off", 3) == 0 &&
                  strchr(" \"", begin[sizeof(option) + 2]) != NULL;
        at += *at == ' ';
    }
    return off;
}

static void refuse(struct ims_outcome *outcome, enum ims_plan_refusal refusal, int code,
                   const char *text)
{
    ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, code, NULL, "%s", text);
    outcome->refusal = refusal;
}

/* What forbids to try a claim, whatever the machine looks like. Returns whether something does. */
static bool is_forbidden(const struct ims_saved_claim *saved, struct ims_outcome *outcome)
{
    if (saved->code < 0)
        refuse(outcome, IMS_PLAN_NOT_KNOWN, saved->code, saved->text);
    else if (saved->disabled)
        refuse(outcome, IMS_PLAN_NOT_POSSIBLE, 0,
               "disabled: the last boots that made it did not come up; iommuscope claim --persist "
               "makes it anew");
    return saved->code < 0 || saved->disabled;
}

/* The group is not what was claimed. */
static void refuse_match(const struct ims_claim_match *match, struct ims_outcome *outcome)
{
    if (match->verdict == IMS_CLAIM_UNKNOWN) {
        refuse(outcome, IMS_PLAN_NOT_KNOWN, 0, match->text);
        return;
    }
    ims_outcome_say(outcome, IMS_OUTCOME_DRIFTED, 0, NULL, "%s: %s",
                    ims_claim_verdict_to_string(match->verdict), match->text);
}

/* ---- early ---- */

/* Notes the override, then sets it: what the note says and the machine has is ours to give back. */
static int hold_off(const struct ims_keeper *keeper, struct ims_boot_holds *holds,
                    const struct ims_claim *claim, const struct ims_claim_member *member,
                    struct ims_address address, struct ims_outcome *outcome)
{
    const struct ims_kernel *kernel = keeper->desk.kernel;
    const struct ims_step step = {
        .kind = IMS_STEP_OVERRIDE, .address = address, .name = member->driver};
    struct ims_live_function live;
    char name[IMS_ADDRESS_STRING_SIZE];
    int r = kernel->read_function(kernel->context, address, &live);

    if (r < 0 || strcmp(live.override, member->driver) == 0)
        return r;
    if (live.override[0]) {
        ims_outcome_say(outcome, IMS_OUTCOME_CONFLICT, 0, &address,
                        "%s has the override %s already: it was left as it is",
                        ims_address_format(address, name), live.override);
        return 0;
    }
    r = ims_boot_holds_add(holds, address, member->driver, claim->name);
    if (r == 0)
        r = ims_boot_holds_write(keeper->vault, holds);
    if (r == 0)
        r = kernel->do_step(kernel->context, &step);
    outcome->steps_done += r == 0;
    return r;
}

static int early_members(const struct ims_keeper *keeper, const struct ims_topology *topology,
                         const struct ims_claim *claim, const struct ims_claim_match *match,
                         struct ims_boot_holds *holds, struct ims_outcome *outcome)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < claim->member_count; i++)
        if (claim->members[i].driver[0])
            r = hold_off(keeper, holds, claim, &claim->members[i],
                         ims_topology_function(topology, match->members[i].function)->address,
                         outcome);
    if (r == -ENOMEM || outcome->state == IMS_OUTCOME_CONFLICT)
        return r == -ENOMEM ? r : 0;
    if (r < 0)
        ims_outcome_say(outcome, IMS_OUTCOME_CONFLICT, r, NULL, "an override could not be set: %s",
                        strerror(-r));
    else
        ims_outcome_say(
            outcome, outcome->steps_done ? IMS_OUTCOME_DONE : IMS_OUTCOME_NOTHING, 0, NULL,
            outcome->steps_done ? "other drivers are held off" : "there is nothing to do");
    return 0;
}

static int early_one(const struct ims_keeper *keeper, const struct ims_topology *topology,
                     const struct ims_saved_claim *saved, struct ims_boot_holds *holds,
                     struct ims_boot_entry *entry)
{
    struct ims_claim_match match;
    int r;

    if (is_forbidden(saved, &entry->outcome))
        return 0;
    r = ims_claim_match(topology, &saved->claim, &match);
    if (r < 0)
        return r;
    entry->has_group = ims_claim_holds(&match);
    entry->group = match.group;
    if (entry->has_group)
        r = early_members(keeper, topology, &saved->claim, &match, holds, &entry->outcome);
    else
        refuse_match(&match, &entry->outcome);
    ims_claim_match_done(&match);
    return r;
}

static int early(const struct ims_keeper *keeper, const struct ims_topology *topology,
                 const struct ims_saved_claims *saved, struct ims_boot_report *report)
{
    const struct ims_store *store = keeper->desk.store;
    struct ims_boot_holds holds;
    int r = store->lock(store->context);

    if (r < 0)
        return r;
    r = ims_boot_holds_read(keeper->vault, &holds);
    for (uint32_t i = 0; r == 0 && i < saved->count; i++)
        r = early_one(keeper, topology, &saved->claims[i], &holds, &report->entries[i]);
    ims_boot_holds_done(&holds);
    store->unlock(store->context);
    return r;
}

/* ---- late ---- */

/* Everything that a boot without a good end would speak against is counted before it is tried. */
static int count_boot(const struct ims_keeper *keeper, const struct ims_saved_claims *saved)
{
    const struct ims_kernel *kernel = keeper->desk.kernel;
    const struct ims_store *store = keeper->desk.store;
    struct ims_boot_counts counts = {0};
    char boot_id[IMS_BOOT_ID_SIZE];
    int r = store->lock(store->context);

    if (r < 0)
        return r;
    r = kernel->read_boot_id(kernel->context, boot_id);
    if (r == 0)
        r = ims_boot_counts_read(keeper->vault, &counts);
    if (r == -EBADMSG) {
        /* Counting begins anew: this boot counts in any case. */
        counts.changed = true;
        r = 0;
    }
    for (uint32_t i = 0; r == 0 && i < saved->count; i++)
        if (saved->claims[i].code == 0 && !saved->claims[i].disabled)
            r = ims_boot_counts_add(&counts, saved->claims[i].name, boot_id);
    if (r == 0)
        r = ims_boot_counts_write(keeper->vault, &counts);
    ims_boot_counts_done(&counts);
    store->unlock(store->context);
    return r;
}

static int late_one(const struct ims_keeper *keeper, const struct ims_saved_claim *saved,
                    struct ims_boot_entry *entry)
{
    struct ims_topology *topology = NULL;
    struct ims_claim_match match;
    struct ims_plan *plan = NULL;
    int r = keeper->look(keeper->context, &topology);

    if (r < 0)
        return r;
    r = ims_claim_match(topology, &saved->claim, &match);
    if (r == 0) {
        entry->has_group = ims_claim_holds(&match);
        entry->group = match.group;
        if (!entry->has_group)
            refuse_match(&match, &entry->outcome);
        else
            r = ims_boot_plan(keeper, topology, &saved->claim, &match, &plan, &entry->outcome);
        if (r == 0 && plan)
            r = ims_transaction_apply(&keeper->desk, plan, &entry->outcome);
        ims_plan_free(plan);
        ims_claim_match_done(&match);
    }
    ims_topology_free(topology);
    return r;
}

static int late(const struct ims_keeper *keeper, const struct ims_saved_claims *saved,
                struct ims_boot_report *report)
{
    struct ims_outcome recovery;
    int counted = count_boot(keeper, saved);
    /* What an earlier run of this boot left half done is ended first. */
    int r = counted == -ENOMEM
                ? counted
                : ims_transaction_recover(&keeper->desk, IMS_RECOVERY_AUTO, &recovery);

    for (uint32_t i = 0; r == 0 && i < saved->count; i++) {
        struct ims_outcome *outcome = &report->entries[i].outcome;

        if (!is_forbidden(&saved->claims[i], outcome) && counted < 0)
            ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, counted, NULL,
                            "the boot cannot be counted, so that nothing would end a row of boots "
                            "that fail: %s",
                            strerror(-counted));
        else if (outcome->state == IMS_OUTCOME_NOTHING && !outcome->text[0])
            r = late_one(keeper, &saved->claims[i], &report->entries[i]);
        /* Of a claim that was made nothing is given back; the note about it goes in any case. */
        if (r == 0 && outcome->state != IMS_OUTCOME_STUCK)
            r = ims_boot_undo_after(keeper, saved->claims[i].name, outcome);
    }
    return r == 0 ? ims_boot_undo_strays(keeper, saved) : r;
}

/* ---- confirm ---- */

static int confirm(const struct ims_keeper *keeper, const struct ims_saved_claims *saved,
                   struct ims_boot_report *report)
{
    const struct ims_kernel *kernel = keeper->desk.kernel;
    const struct ims_store *store = keeper->desk.store;
    struct ims_boot_counts counts = {0};
    char boot_id[IMS_BOOT_ID_SIZE];
    int r = store->lock(store->context);

    if (r < 0)
        return r;
    r = kernel->read_boot_id(kernel->context, boot_id);
    if (r == 0)
        r = ims_boot_counts_read(keeper->vault, &counts);
    for (uint32_t i = 0; r == 0 && i < saved->count; i++) {
        const char *name = saved->claims[i].name;
        const struct ims_boot_count *count = ims_boot_counts_find(&counts, name);
        const bool is_ours = count && strcmp(count->boot_id, boot_id) == 0;

        /* A claim that was not tried proved nothing by this boot. */
        if (is_ours)
            ims_boot_counts_drop(&counts, name);
        ims_outcome_say(&report->entries[i].outcome,
                        is_ours ? IMS_OUTCOME_DONE : IMS_OUTCOME_NOTHING, 0, NULL,
                        is_ours ? "the machine came up with it" : "this boot did not try it");
    }
    if (r == 0)
        r = ims_boot_counts_write(keeper->vault, &counts);
    ims_boot_counts_done(&counts);
    store->unlock(store->context);
    return r;
}

/* ---- all phases ---- */

static void say_off(const struct ims_saved_claims *saved, struct ims_boot_report *report)
{
    for (uint32_t i = 0; i < saved->count; i++)
        ims_outcome_say(&report->entries[i].outcome, IMS_OUTCOME_NOTHING, 0, NULL,
                        "switched off by iommuscope.claims=off");
}

static int run(const struct ims_keeper *keeper, enum ims_boot_phase phase,
               const struct ims_saved_claims *saved, struct ims_boot_report *report)
{
    struct ims_topology *topology = NULL;
    int r;

    if (phase == IMS_BOOT_CONFIRM)
        return confirm(keeper, saved, report);
    if (phase == IMS_BOOT_UNDO)
        return ims_boot_undo_all(keeper, saved, report);
    r = keeper->look(keeper->context, &topology);
    if (r < 0)
        return r;
    report->switched_off = ims_boot_is_off(ims_topology_machine(topology)->cmdline);
    if (report->switched_off)
        say_off(saved, report);
    else if (phase == IMS_BOOT_EARLY)
        r = early(keeper, topology, saved, report);
    else
        r = late(keeper, saved, report);
    ims_topology_free(topology);
    return r;
}

int ims_boot_run(const struct ims_keeper *keeper, enum ims_boot_phase phase,
                 struct ims_boot_report *ret)
{
    struct ims_saved_claims saved;
    int r = ims_keep_load(keeper, &saved);

    *ret = (struct ims_boot_report){0};
    if (r < 0) {
        /* No claim can be made: whatever the initramfs held off is the host's. */
        if (r != -ENOMEM && (phase == IMS_BOOT_LATE || phase == IMS_BOOT_UNDO))
            (void)ims_boot_undo_strays(keeper, NULL);
        return r;
    }
    ret->entries = calloc((size_t)saved.count + 1, sizeof(*ret->entries));
    r = ret->entries ? 0 : -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < saved.count; i++)
        snprintf(ret->entries[ret->count++].name, IMS_CLAIM_NAME_SIZE, "%s", saved.claims[i].name);
    if (r == 0)
        r = run(keeper, phase, &saved, ret);
    ims_saved_claims_done(&saved);
    if (r < 0)
        ims_boot_report_done(ret);
    return r;
}
