/* SPDX-License-Identifier: MIT */
#include "cli/persist.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/print.h"

int ims_persist_check(const struct ims_options *options, enum ims_plan_verb verb)
{
    const bool persist = ims_options_has(options, IMS_OPTION_PERSIST);
    const char *command = ims_plan_verb_to_string(verb);

    if (!persist && (options->name || options->access != IMS_ACCESS_NONE)) {
        ims_print_error("%s: --name and --access are about a claim that survives a boot: add "
                        "--persist",
                        command);
        return IMS_EXIT_USAGE;
    }
    if (persist && options->plan) {
        ims_print_error("%s: --plan and --persist exclude each other", command);
        return IMS_EXIT_USAGE;
    }
    return IMS_EXIT_OK;
}

static int load(struct ims_host *host, struct ims_saved_claims *ret)
{
    struct ims_error error = {0};
    const int code = ims_host_claims(host, ret, &error);

    if (code >= 0)
        return IMS_EXIT_OK;
    (void)ims_session_fail(&error, code);
    return code == -EACCES || code == -EPERM ? IMS_EXIT_UNKNOWN : IMS_EXIT_ERROR;
}

static bool is_taken(const struct ims_saved_claims *saved, const char *name)
{
    for (uint32_t i = 0; i < saved->count; i++)
        if (strcmp(saved->claims[i].name, name) == 0)
            return true;
    return false;
}

/* The name that it has already; else one that tells what is claimed. */
static void choose_name(const struct ims_saved_claims *saved, struct ims_claim *claim)
{
    struct ims_id id = claim->members[0].identity.id;

    for (uint32_t i = 0; i < saved->count; i++)
        if (saved->claims[i].code == 0 && ims_claims_overlap(&saved->claims[i].claim, claim)) {
            memcpy(claim->name, saved->claims[i].name, sizeof(claim->name));
            return;
        }
    for (uint32_t i = claim->member_count; i > 0; i--)
        if (claim->members[i - 1].wanted || !claim->members[i - 1].interconnect)
            id = claim->members[i - 1].identity.id;
    snprintf(claim->name, sizeof(claim->name), "pci-%04x-%04x", id.vendor, id.device);
    for (unsigned i = 2; is_taken(saved, claim->name); i++)
        snprintf(claim->name, sizeof(claim->name), "pci-%04x-%04x-%u", id.vendor, id.device, i);
}

static int check_access(struct ims_host *host, const struct ims_options *options)
{
    const bool is_user = options->access == IMS_ACCESS_USER;

    if (options->access == IMS_ACCESS_NONE)
        return IMS_EXIT_OK;
    const int code = ims_host_knows(host, options->access, options->access_name);
    if (code == 0)
        return IMS_EXIT_OK;
    if (code == -EINVAL) {
        ims_print_error("claim: '%s' cannot stand in a udev rule: a name of letters, digits, '-', "
                        "'_' and '.' can",
                        options->access_name);
        return IMS_EXIT_USAGE;
    }
    ims_print_error("claim: there is no %s '%s' in %s, where udev looks for it",
                    is_user ? "user" : "group", options->access_name,
                    is_user ? "/etc/passwd" : "/etc/group");
    return IMS_EXIT_ERROR;
}

int ims_persist_prepare(const struct ims_ownership *ownership, const struct ims_options *options,
                        struct ims_claim *ret)
{
    const struct ims_plan_request request = {
        .size_bytes = sizeof(request),
        .driver = options->driver,
        .companions = options->companions,
    };
    struct ims_saved_claims saved = {0};
    struct ims_error error = {0};
    int status = check_access(ownership->host, options);

    if (status == IMS_EXIT_OK)
        status = load(ownership->host, &saved);
    if (status != IMS_EXIT_OK)
        return status;
    const int code =
        ims_claim_of_plan(ownership->session.topology, ownership->plan, &request, ret, &error);
    if (code < 0) {
        (void)ims_session_fail(&error, code);
        status = code == -ENODATA ? IMS_EXIT_UNKNOWN : IMS_EXIT_ERROR;
    } else if (options->name) {
        snprintf(ret->name, sizeof(ret->name), "%s", options->name);
    } else {
        choose_name(&saved, ret);
    }
    ims_saved_claims_done(&saved);
    if (code < 0)
        return status;
    ret->access = options->access;
    snprintf(ret->access_name, sizeof(ret->access_name), "%s",
             options->access_name ? options->access_name : "");
    return IMS_EXIT_OK;
}

/* Adds half a sentence to what is said already. */
static void add_text(struct ims_outcome *outcome, const char *format, ...) IMS_PRINTF(2, 3);

static void add_text(struct ims_outcome *outcome, const char *format, ...)
{
    const size_t length = strlen(outcome->text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(outcome->text + length, sizeof(outcome->text) - length, format, arguments);
    va_end(arguments);
}

static void take_access(struct ims_ownership *ownership, const struct ims_claim *claim,
                        struct ims_outcome *outcome)
{
    const char *kind = claim->access == IMS_ACCESS_USER ? "user" : "group";
    const uint32_t group = ownership->plan->group;
    struct ims_vfio_node node;
    struct ims_memlock memlock;
    char advice[256];
    const int code =
        ims_host_access(ownership->host, group, claim->access, claim->access_name, true, &node);

    ims_host_memlock(ownership->host, &memlock);
    ims_memlock_advice(&memlock, advice, sizeof(advice));
    if (code == 1) {
        add_text(outcome, "; %s %s may open /dev/vfio/%u; %s", kind, claim->access_name, group,
                 advice);
        return;
    }
    outcome->state = IMS_OUTCOME_CONFLICT;
    if (code < 0)
        add_text(outcome, "; whether %s %s may open /dev/vfio/%u is not known: %s", kind,
                 claim->access_name, group, strerror(-code));
    else if (!node.exists)
        add_text(outcome, "; there is no /dev/vfio/%u for %s %s", group, kind, claim->access_name);
    else
        add_text(outcome,
                 "; udev did not give /dev/vfio/%u to %s %s: it belongs to %u:%u, mode %04o", group,
                 kind, claim->access_name, node.uid, node.gid, node.mode);
}

int ims_persist_keep(struct ims_ownership *ownership, const struct ims_claim *claim,
                     struct ims_outcome *outcome)
{
    struct ims_outcome kept;
    struct ims_error error = {0};
    const int code = ims_host_persist(ownership->host, claim, &kept, &error);

    if (code < 0)
        return ims_session_fail(&error, code);
    outcome->steps_done += kept.steps_done;
    if (kept.state == IMS_OUTCOME_DONE || kept.state == IMS_OUTCOME_NOTHING) {
        add_text(outcome, "; %s", kept.text);
        if (kept.state == IMS_OUTCOME_DONE)
            outcome->state = IMS_OUTCOME_DONE;
        if (claim->access != IMS_ACCESS_NONE)
            take_access(ownership, claim, outcome);
        return IMS_EXIT_OK;
    }
    /* What was handed over stays so: the user sees both, and decides. */
    outcome->state = IMS_OUTCOME_CONFLICT;
    outcome->code = kept.code;
    snprintf(outcome->text, sizeof(outcome->text),
             "the group is handed over now, but will not be at the next boot: %.400s", kept.text);
    return IMS_EXIT_OK;
}

int ims_persist_find(const struct ims_ownership *ownership, const struct ims_options *options,
                     char ret[IMS_CLAIM_NAME_SIZE])
{
    const struct ims_plan_request request = {.size_bytes = sizeof(request)};
    struct ims_saved_claims saved = {0};
    struct ims_claim claim = {0};
    int status;

    ret[0] = '\0';
    if (options->name) {
        snprintf(ret, IMS_CLAIM_NAME_SIZE, "%s", options->name);
        return IMS_EXIT_OK;
    }
    status = load(ownership->host, &saved);
    if (status != IMS_EXIT_OK)
        return status;
    for (uint32_t i = 0; i < saved.count && !ret[0]; i++) {
        struct ims_claim_match match;

        if (saved.claims[i].code < 0 ||
            ims_claim_match(ownership->session.topology, &saved.claims[i].claim, &match) < 0)
            continue;
        if (ims_claim_holds(&match) && match.group == ownership->plan->group)
            memcpy(ret, saved.claims[i].name, IMS_CLAIM_NAME_SIZE);
        ims_claim_match_done(&match);
    }
    /* A group that grew no longer matches, and is given up all the same. */
    if (!ret[0] && ims_claim_of_plan(ownership->session.topology, ownership->plan, &request, &claim,
                                     NULL) == 0) {
        for (uint32_t i = 0; i < saved.count && !ret[0]; i++)
            if (saved.claims[i].code == 0 && ims_claims_overlap(&saved.claims[i].claim, &claim))
                memcpy(ret, saved.claims[i].name, IMS_CLAIM_NAME_SIZE);
        ims_claim_done(&claim);
    }
    ims_saved_claims_done(&saved);
    return IMS_EXIT_OK;
}

int ims_persist_locate(const struct ims_options *options, char ret[IMS_ADDRESS_STRING_SIZE])
{
    struct ims_session session = {.ownership = true};
    struct ims_saved_claims saved = {0};
    struct ims_host *host = NULL;
    int status = ims_session_load(&session, options);

    ret[0] = '\0';
    if (status == IMS_EXIT_OK)
        status = ims_ownership_host(options, &host);
    if (status == IMS_EXIT_OK)
        status = load(host, &saved);
    for (uint32_t i = 0; status == IMS_EXIT_OK && i < saved.count; i++) {
        struct ims_claim_match match;

        if (strcmp(saved.claims[i].name, options->name) != 0 || saved.claims[i].code < 0 ||
            ims_claim_match(session.topology, &saved.claims[i].claim, &match) < 0)
            continue;
        if (ims_claim_holds(&match))
            ims_address_format(
                ims_topology_function(session.topology, match.members[0].function)->address, ret);
        ims_claim_match_done(&match);
    }
    ims_saved_claims_done(&saved);
    ims_host_close(host);
    ims_session_close(&session);
    return status;
}

int ims_persist_drop(struct ims_host *host, const char *name, struct ims_outcome *outcome)
{
    struct ims_outcome dropped;
    struct ims_error error = {0};
    const int code = ims_host_forget(host, name, &dropped, &error);

    if (code < 0)
        return ims_session_fail(&error, code);
    outcome->steps_done += dropped.steps_done;
    add_text(outcome, "%s%s", outcome->text[0] ? "; " : "", dropped.text);
    if (dropped.state == IMS_OUTCOME_DONE)
        outcome->state = IMS_OUTCOME_DONE;
    if (dropped.state == IMS_OUTCOME_REFUSED) {
        outcome->state = outcome->steps_done ? IMS_OUTCOME_CONFLICT : IMS_OUTCOME_REFUSED;
        outcome->refusal = dropped.refusal;
        outcome->code = dropped.code;
    }
    return IMS_EXIT_OK;
}
