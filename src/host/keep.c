/* SPDX-License-Identifier: MIT */
/* Claim files, and what follows from them. */
#include "host/keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/claim_file.h"
#include "host/workshop.h"

void ims_saved_claims_done(struct ims_saved_claims *claims)
{
    for (uint32_t i = 0; i < claims->count; i++)
        ims_claim_done(&claims->claims[i].claim);
    free(claims->claims);
    *claims = (struct ims_saved_claims){0};
}

static void file_name(const char *claim, char ret[IMS_VAULT_NAME_SIZE])
{
    snprintf(ret, IMS_VAULT_NAME_SIZE, "%s" IMS_CLAIM_SUFFIX, claim);
}

/* "gpu" of "gpu.claim", "" for what no claim is called. */
static void claim_name(const char *file, size_t prefix, const char *suffix,
                       char ret[IMS_CLAIM_NAME_SIZE])
{
    const size_t length = strlen(file) - prefix - strlen(suffix);

    ret[0] = '\0';
    if (length >= IMS_CLAIM_NAME_SIZE)
        return;
    memcpy(ret, file + prefix, length);
    ret[length] = '\0';
    if (!ims_claim_name_is_valid(ret))
        ret[0] = '\0';
}

/* ---- reading ---- */

static int load_one(const struct ims_vault *vault, const char *file, struct ims_saved_claim *ret)
{
    struct ims_error error = {0};
    char *text = NULL;
    size_t length = 0;
    int r = vault->read(vault->context, IMS_VAULT_CLAIMS, file, &text, &length);

    if (r == 0) {
        r = ims_claim_read(text, length, file, &ret->claim, &error);
        if (r < 0)
            ims_error_format(&error, ret->text, sizeof(ret->text));
    } else if (r == -EPERM) {
        snprintf(ret->text, sizeof(ret->text), "%s: others than root could have written it", file);
    } else {
        snprintf(ret->text, sizeof(ret->text), "%s: %s", file, strerror(-r));
    }
    free(text);
    snprintf(ret->claim.name, sizeof(ret->claim.name), "%s", ret->name);
    ret->code = r;
    return r == -ENOMEM ? r : 0;
}

/* A boot that goes on now is not over: it disables nothing yet. */
static void take_count(const struct ims_boot_counts *counts, const char *boot_id,
                       struct ims_saved_claim *claim)
{
    const struct ims_boot_count *count = ims_boot_counts_find(counts, claim->name);

    claim->attempts = count ? count->attempts : 0;
    claim->disabled =
        count &&
        (count->attempts > IMS_BOOT_ATTEMPTS_MAX ||
         (count->attempts == IMS_BOOT_ATTEMPTS_MAX && strcmp(count->boot_id, boot_id) != 0));
}

static int load_all(const struct ims_keeper *keeper, char (*names)[IMS_VAULT_NAME_SIZE],
                    uint32_t count, struct ims_saved_claims *ret)
{
    const struct ims_kernel *kernel = keeper->desk.kernel;
    struct ims_boot_counts counts = {0};
    char boot_id[IMS_BOOT_ID_SIZE] = "";
    int r = ims_boot_counts_read(keeper->vault, &counts);

    /* A copy of a machine may lack both. */
    (void)kernel->read_boot_id(kernel->context, boot_id);
    r = r == -ENOMEM ? r : 0;
    ret->claims = calloc((size_t)count + 1, sizeof(*ret->claims));
    if (!ret->claims)
        r = -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        struct ims_saved_claim *claim = &ret->claims[ret->count];

        *claim = (struct ims_saved_claim){.code = 0};
        claim_name(names[i], 0, IMS_CLAIM_SUFFIX, claim->name);
        if (!claim->name[0])
            continue;
        ret->count++;
        r = load_one(keeper->vault, names[i], claim);
        take_count(&counts, boot_id, claim);
    }
    ims_boot_counts_done(&counts);
    return r;
}

int ims_keep_load(const struct ims_keeper *keeper, struct ims_saved_claims *ret)
{
    const struct ims_vault *vault = keeper->vault;
    char(*names)[IMS_VAULT_NAME_SIZE] = NULL;
    uint32_t count = 0;
    int r = vault->list(vault->context, IMS_VAULT_CLAIMS, IMS_CLAIM_SUFFIX, &names, &count);

    *ret = (struct ims_saved_claims){0};
    if (r == 0)
        r = load_all(keeper, names, count, ret);
    free(names);
    if (r < 0)
        ims_saved_claims_done(ret);
    return r;
}

/* ---- writing: only what is not as it is to be ---- */

struct scribe {
    const struct ims_keeper *keeper;
    struct ims_outcome *outcome;
    char at[IMS_VAULT_NAME_SIZE]; /* the file that it was at, for messages */
};

static int put(struct scribe *scribe, enum ims_vault_place place, const char *name,
               const struct ims_text *text)
{
    const struct ims_vault *vault = scribe->keeper->vault;
    char *old = NULL;
    size_t length = 0;
    int r = text->failed ? -ENOMEM : vault->read(vault->context, place, name, &old, &length);

    if (r == -ENOMEM)
        return r;
    const bool same = r == 0 && length == text->length &&
                      (length == 0 || memcmp(old, ims_text_get(text), length) == 0);
    free(old);
    if (same)
        return 0;
    snprintf(scribe->at, sizeof(scribe->at), "%s", name);
    r = vault->write(vault->context, place, name, ims_text_get(text), text->length);
    scribe->outcome->steps_done += r == 0;
    return r;
}

static int drop(struct scribe *scribe, enum ims_vault_place place, const char *name)
{
    const struct ims_vault *vault = scribe->keeper->vault;
    const int r = vault->remove(vault->context, place, name);

    scribe->outcome->steps_done += r == 0;
    if (r < 0)
        snprintf(scribe->at, sizeof(scribe->at), "%s", name);
    return r == -ENOENT ? 0 : r;
}

static int put_rule(struct scribe *scribe, const struct ims_claim *claim)
{
    char name[IMS_VAULT_NAME_SIZE];
    struct ims_text text = {0};
    int r;

    ims_access_rule_name(claim->name, name);
    if (claim->access == IMS_ACCESS_NONE)
        return drop(scribe, IMS_VAULT_RULES, name);
    ims_access_rule_write(claim, &text);
    r = put(scribe, IMS_VAULT_RULES, name, &text);
    ims_text_done(&text);
    return r;
}

static int drop_count(struct scribe *scribe, const char *name)
{
    struct ims_boot_counts counts = {0};
    int r = ims_boot_counts_read(scribe->keeper->vault, &counts);

    /* Whatever is in a damaged file is not kept. */
    counts.changed |= r == -EBADMSG;
    r = r == -EBADMSG || r == -ENOENT ? 0 : r;
    ims_boot_counts_drop(&counts, name);
    if (r == 0 && counts.changed) {
        snprintf(scribe->at, sizeof(scribe->at), "the count of boots");
        r = ims_boot_counts_write(scribe->keeper->vault, &counts);
        scribe->outcome->steps_done += r == 0;
    }
    ims_boot_counts_done(&counts);
    return r;
}

static int fail(struct scribe *scribe, int code)
{
    if (code == -ENOMEM)
        return code;
    ims_outcome_say(scribe->outcome, IMS_OUTCOME_REFUSED, code, NULL, "%s cannot be written: %s",
                    scribe->at[0] ? scribe->at : "a file", strerror(-code));
    scribe->outcome->refusal = IMS_PLAN_NOT_POSSIBLE;
    return 0;
}

static int refuse(struct ims_outcome *outcome, enum ims_plan_refusal refusal, const char *format,
                  const char *a, const char *b)
{
    char text[400];

    snprintf(text, sizeof(text), "%s%s%s", a, format, b);
    ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, 0, NULL, "%s", text);
    outcome->refusal = refusal;
    return -ECANCELED;
}

/* Another claim of the same devices would take them at the next boot too. */
static int check_others(const struct ims_keeper *keeper, const struct ims_claim *claim,
                        struct ims_outcome *outcome)
{
    struct ims_saved_claims saved;
    int r = ims_keep_load(keeper, &saved);

    for (uint32_t i = 0; r == 0 && i < saved.count; i++) {
        const struct ims_saved_claim *other = &saved.claims[i];
        const bool is_same = strcmp(other->name, claim->name) == 0;
        const bool overlaps = other->code == 0 && ims_claims_overlap(&other->claim, claim);

        if (!is_same && overlaps)
            r = refuse(outcome, IMS_PLAN_OWNED, " has a member of this group: ", other->name,
                       "release that claim first");
        else if (is_same && other->code == 0 && !overlaps)
            r = refuse(outcome, IMS_PLAN_OWNED,
                       " is the name of a claim of another group: ", claim->name,
                       "give another --name");
    }
    ims_saved_claims_done(&saved);
    return r;
}

/* A claim that does not stand is not one to repeat at every boot. */
static int check_applied(const struct ims_keeper *keeper, const struct ims_claim *claim,
                         struct ims_outcome *outcome)
{
    const struct ims_kernel *kernel = keeper->desk.kernel;

    for (uint32_t i = 0; i < claim->member_count; i++) {
        const struct ims_claim_member *member = &claim->members[i];
        struct ims_live_function live;
        char name[IMS_ADDRESS_STRING_SIZE];

        if (!member->driver[0])
            continue;
        const int r = kernel->read_function(kernel->context, member->identity.address, &live);
        if (r == 0 && strcmp(live.driver, member->driver) == 0)
            continue;
        ims_outcome_say(outcome, IMS_OUTCOME_DRIFTED, r, &member->identity.address,
                        "%s is not on %s: the claim was not made durable",
                        ims_address_format(member->identity.address, name), member->driver);
        return -ECANCELED;
    }
    return 0;
}

static int persist(const struct ims_keeper *keeper, const struct ims_claim *claim,
                   struct ims_outcome *ret)
{
    struct scribe scribe = {.keeper = keeper, .outcome = ret};
    char name[IMS_VAULT_NAME_SIZE];
    struct ims_text text = {0};
    int r = check_others(keeper, claim, ret);

    if (r == 0)
        r = check_applied(keeper, claim, ret);
    if (r == -ECANCELED)
        return 0;
    if (r < 0)
        return fail(&scribe, r);
    file_name(claim->name, name);
    ims_claim_write(claim, &text);
    r = put(&scribe, IMS_VAULT_CLAIMS, name, &text);
    ims_text_done(&text);
    if (r == 0)
        r = put_rule(&scribe, claim);
    if (r == 0)
        r = drop_count(&scribe, claim->name);
    if (r < 0)
        return fail(&scribe, r);
    ims_outcome_say(ret, ret->steps_done ? IMS_OUTCOME_DONE : IMS_OUTCOME_NOTHING, 0, NULL,
                    ret->steps_done ? "the claim %s is made at every boot"
                                    : "the claim %s was durable already",
                    claim->name);
    return 0;
}

static int with_lock(const struct ims_keeper *keeper, struct ims_outcome *ret)
{
    const struct ims_store *store = keeper->desk.store;
    const int r = store->lock(store->context);

    *ret = (struct ims_outcome){0};
    if (r < 0)
        ims_outcome_refuse_lock(ret, r);
    return r;
}

int ims_keep_persist(const struct ims_keeper *keeper, const struct ims_claim *claim,
                     struct ims_outcome *ret)
{
    const struct ims_store *store = keeper->desk.store;

    if (with_lock(keeper, ret) < 0)
        return 0;
    const int r = persist(keeper, claim, ret);
    store->unlock(store->context);
    return r;
}

/* The claim file goes first: what is left after a kill is no longer a claim. */
static int forget(const struct ims_keeper *keeper, const char *claim, struct ims_outcome *ret)
{
    struct scribe scribe = {.keeper = keeper, .outcome = ret};
    char name[IMS_VAULT_NAME_SIZE];
    int r;

    file_name(claim, name);
    r = drop(&scribe, IMS_VAULT_CLAIMS, name);
    ims_access_rule_name(claim, name);
    if (r == 0)
        r = drop(&scribe, IMS_VAULT_RULES, name);
    if (r == 0)
        r = drop_count(&scribe, claim);
    if (r < 0)
        return fail(&scribe, r);
    ims_outcome_say(ret, ret->steps_done ? IMS_OUTCOME_DONE : IMS_OUTCOME_NOTHING, 0, NULL,
                    ret->steps_done ? "the claim %s is no longer made at boot"
                                    : "no claim %s is made at boot",
                    claim);
    return 0;
}

int ims_keep_forget(const struct ims_keeper *keeper, const char *name, struct ims_outcome *ret)
{
    const struct ims_store *store = keeper->desk.store;

    if (with_lock(keeper, ret) < 0)
        return 0;
    const int r = forget(keeper, name, ret);
    store->unlock(store->context);
    return r;
}

/* ---- after a kill ---- */

static bool has_claim(const struct ims_saved_claims *saved, const char *name)
{
    for (uint32_t i = 0; i < saved->count; i++)
        if (strcmp(saved->claims[i].name, name) == 0)
            return true;
    return false;
}

static int drop_stray_rules(struct scribe *scribe, const struct ims_saved_claims *saved)
{
    const struct ims_vault *vault = scribe->keeper->vault;
    char(*names)[IMS_VAULT_NAME_SIZE] = NULL;
    uint32_t count = 0;
    int r = vault->list(vault->context, IMS_VAULT_RULES, IMS_RULE_SUFFIX, &names, &count);

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        char claim[IMS_CLAIM_NAME_SIZE];

        if (strncmp(names[i], IMS_RULE_PREFIX, strlen(IMS_RULE_PREFIX)) != 0)
            continue;
        claim_name(names[i], strlen(IMS_RULE_PREFIX), IMS_RULE_SUFFIX, claim);
        if (claim[0] && !has_claim(saved, claim))
            r = drop(scribe, IMS_VAULT_RULES, names[i]);
    }
    free(names);
    return r;
}

static int drop_stray_counts(struct scribe *scribe, const struct ims_saved_claims *saved)
{
    struct ims_boot_counts counts = {0};
    int r = ims_boot_counts_read(scribe->keeper->vault, &counts);

    counts.changed |= r == -EBADMSG;
    r = r == -EBADMSG || r == -ENOENT ? 0 : r;
    for (uint32_t i = counts.count; r == 0 && i > 0; i--)
        if (!has_claim(saved, counts.counts[i - 1].name))
            ims_boot_counts_drop(&counts, counts.counts[i - 1].name);
    if (r == 0 && counts.changed) {
        snprintf(scribe->at, sizeof(scribe->at), "the count of boots");
        r = ims_boot_counts_write(scribe->keeper->vault, &counts);
        scribe->outcome->steps_done += r == 0;
    }
    ims_boot_counts_done(&counts);
    return r;
}

static int tidy(const struct ims_keeper *keeper, struct ims_outcome *ret)
{
    struct scribe scribe = {.keeper = keeper, .outcome = ret};
    struct ims_saved_claims saved;
    int r = ims_keep_load(keeper, &saved);

    if (r == 0) {
        for (uint32_t i = 0; r == 0 && i < saved.count; i++)
            if (saved.claims[i].code == 0)
                r = put_rule(&scribe, &saved.claims[i].claim);
        if (r == 0)
            r = drop_stray_rules(&scribe, &saved);
        if (r == 0)
            r = drop_stray_counts(&scribe, &saved);
        ims_saved_claims_done(&saved);
    }
    if (r < 0)
        return fail(&scribe, r);
    ims_outcome_say(ret, ret->steps_done ? IMS_OUTCOME_DONE : IMS_OUTCOME_NOTHING, 0, NULL,
                    ret->steps_done ? "what belongs to the claims of every boot was put in order"
                                    : "nothing of the claims of every boot is left half done");
    return 0;
}

int ims_keep_tidy(const struct ims_keeper *keeper, struct ims_outcome *ret)
{
    const struct ims_store *store = keeper->desk.store;

    if (with_lock(keeper, ret) < 0)
        return 0;
    const int r = tidy(keeper, ret);
    store->unlock(store->context);
    return r;
}
