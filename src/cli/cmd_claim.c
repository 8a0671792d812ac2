/* SPDX-License-Identifier: MIT */
/* claim and release: the only commands, beside recover, that change a machine. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/ownership.h"
#include "cli/persist.h"
#include "cli/print.h"

#define PLAN_MAX_BYTES (4u << 20)

/* What is going on, on stderr: a write may take long, and stdout is for the answer. */
static void tell(void *context, const char *sentence)
{
    (void)context;
    ims_print_notes(sentence);
}

static int print_outcome(const struct ims_options *options, const char *verb,
                         const struct ims_outcome *outcome)
{
    json_t *document = NULL;
    const int code = ims_document_outcome(verb, outcome, &document);
    const int status = ims_session_print(options, document, code, NULL);

    return status == IMS_EXIT_OK ? ims_outcome_status(outcome) : status;
}

static int carry_out(struct ims_host *host, const struct ims_plan *plan,
                     struct ims_outcome *outcome)
{
    struct ims_error error = {0};

    ims_host_tell(host, tell, NULL);
    const int code = ims_host_apply(host, plan, outcome, &error);
    return code < 0 ? ims_session_fail(&error, code) : IMS_EXIT_OK;
}

static int apply(const struct ims_options *options, struct ims_host *host,
                 const struct ims_plan *plan)
{
    struct ims_outcome outcome;
    const int status = carry_out(host, plan, &outcome);

    return status == IMS_EXIT_OK
               ? print_outcome(options, ims_plan_verb_to_string(plan->verb), &outcome)
               : status;
}

static bool has_succeeded(const struct ims_outcome *outcome)
{
    return outcome->state == IMS_OUTCOME_DONE || outcome->state == IMS_OUTCOME_NOTHING;
}

/* The claim, now and at every boot. What cannot be kept is told before anything is changed. */
static int claim_persistently(const struct ims_options *options, struct ims_ownership *ownership)
{
    struct ims_claim claim = {0};
    struct ims_outcome outcome;
    int status = ims_persist_prepare(ownership, options, &claim);

    if (status == IMS_EXIT_OK)
        status = carry_out(ownership->host, ownership->plan, &outcome);
    if (status == IMS_EXIT_OK && has_succeeded(&outcome))
        status = ims_persist_keep(ownership, &claim, &outcome);
    if (status == IMS_EXIT_OK)
        status = print_outcome(options, "claim", &outcome);
    ims_claim_done(&claim);
    return status;
}

/* The host's again: now, and with --persist at every boot. */
static int release(const struct ims_options *options, struct ims_ownership *ownership)
{
    const bool persist = ims_options_has(options, IMS_OPTION_PERSIST);
    char name[IMS_CLAIM_NAME_SIZE];
    struct ims_outcome outcome;
    int status = ims_persist_find(ownership, options, name);

    /* Giving back does not depend on files that somebody may have damaged. */
    if (status == IMS_EXIT_OK || !persist)
        status = carry_out(ownership->host, ownership->plan, &outcome);
    if (status == IMS_EXIT_OK && persist && name[0] && has_succeeded(&outcome))
        status = ims_persist_drop(ownership->host, name, &outcome);
    if (status != IMS_EXIT_OK)
        return status;
    status = print_outcome(options, "release", &outcome);
    if (!persist && name[0] && has_succeeded(&outcome)) {
        char note[160];

        snprintf(note, sizeof(note),
                 "the next boot claims it again: release --persist --name %s gives that up", name);
        ims_print_notes(note);
    }
    return status;
}

static int act(const struct ims_options *options, struct ims_ownership *ownership,
               enum ims_plan_verb verb)
{
    if (verb == IMS_PLAN_RELEASE)
        return release(options, ownership);
    return ims_options_has(options, IMS_OPTION_PERSIST)
               ? claim_persistently(options, ownership)
               : apply(options, ownership->host, ownership->plan);
}

/* release --persist --name NAME of a group that the machine has no longer. */
static int drop_only(const struct ims_options *options)
{
    struct ims_outcome outcome = {.state = IMS_OUTCOME_NOTHING};
    struct ims_host *host = NULL;
    int status = ims_ownership_host(options, &host);

    if (status == IMS_EXIT_OK)
        status = ims_persist_drop(host, options->name, &outcome);
    if (status == IMS_EXIT_OK)
        status = print_outcome(options, "release", &outcome);
    ims_host_close(host);
    return status;
}

/* The whole of a file in memory; the caller releases *ret. */
static int read_file(const char *path, struct ims_text *ret)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char buffer[8192];
    ssize_t got;

    if (fd < 0)
        return -errno;
    while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || ret->length > PLAN_MAX_BYTES)
            break;
        ims_text_append_bytes(ret, buffer, (size_t)got);
    }
    const int code = got < 0 ? -errno : got > 0 ? -EFBIG : 0;
    if (!is_stdin)
        close(fd);
    return code < 0 ? code : ret->failed ? -ENOMEM : 0;
}

static int load_plan(const struct ims_options *options, enum ims_plan_verb verb,
                     struct ims_plan **ret)
{
    struct ims_text text = {0};
    struct ims_error error = {0};
    int code = read_file(options->plan, &text);

    if (code < 0) {
        ims_print_error("%s: cannot read it: %s", options->plan, strerror(-code));
    } else {
        code =
            ims_plan_read(ims_text_get(&text) ? ims_text_get(&text) : "", text.length, ret, &error);
        if (code < 0)
            ims_print_error("%s: %s", options->plan, error.message);
    }
    ims_text_done(&text);
    if (code == 0 && (*ret)->verb != verb) {
        ims_print_error("%s: this is a plan to %s", options->plan,
                        ims_plan_verb_to_string((*ret)->verb));
        return IMS_EXIT_USAGE;
    }
    return code < 0 ? IMS_EXIT_ERROR : IMS_EXIT_OK;
}

static int run_saved(const struct ims_options *options, enum ims_plan_verb verb)
{
    struct ims_plan *plan = NULL;
    struct ims_host *host = NULL;
    int status = load_plan(options, verb, &plan);

    if (status == IMS_EXIT_OK)
        status = ims_ownership_host(options, &host);
    if (status == IMS_EXIT_OK)
        status = apply(options, host, plan);
    ims_host_close(host);
    ims_plan_free(plan);
    return status;
}

static int run(const struct ims_options *options, enum ims_plan_verb verb, char **operands,
               int operand_count)
{
    const bool dry = ims_options_has(options, IMS_OPTION_DRY_RUN);
    char located[IMS_ADDRESS_STRING_SIZE];
    char *located_operand = located;
    struct ims_ownership ownership = {0};
    int status = ims_persist_check(options, verb);

    if (status != IMS_EXIT_OK)
        return status;
    if (options->plan && (operand_count > 0 || dry || options->allow_loss_count > 0 ||
                          options->driver || ims_options_has(options, IMS_OPTION_COMPANIONS))) {
        ims_print_error("%s: a saved plan says all of this already: give --plan alone",
                        ims_plan_verb_to_string(verb));
        return IMS_EXIT_USAGE;
    }
    if (options->plan)
        return run_saved(options, verb);
    if (operand_count == 0 && verb == IMS_PLAN_RELEASE && options->name) {
        status = ims_persist_locate(options, located);
        if (status == IMS_EXIT_OK && !located[0])
            return drop_only(options);
        if (status != IMS_EXIT_OK)
            return status;
        operands = &located_operand;
        operand_count = 1;
    }
    if (operand_count == 0) {
        ims_print_error("usage: iommuscope %s GROUP|A... (or --plan FILE)",
                        ims_plan_verb_to_string(verb));
        return IMS_EXIT_USAGE;
    }
    status = ims_ownership_plan(&ownership, options, verb, operands, operand_count);
    /* A plan that must not be carried out says more than the refusal to do so. */
    if (status == IMS_EXIT_OK && (dry || ownership.plan->blocker_count > 0))
        status = ims_ownership_print(&ownership, options);
    else if (status == IMS_EXIT_OK)
        status = act(options, &ownership, verb);
    ims_ownership_close(&ownership);
    return status;
}

int ims_command_claim(const struct ims_options *options, char **operands, int operand_count)
{
    return run(options, IMS_PLAN_CLAIM, operands, operand_count);
}

int ims_command_release(const struct ims_options *options, char **operands, int operand_count)
{
    return run(options, IMS_PLAN_RELEASE, operands, operand_count);
}

/* Claims that survive a boot may be half written, or half removed. */
static int tidy(struct ims_host *host, struct ims_outcome *outcome)
{
    struct ims_outcome tidied;
    struct ims_error error = {0};
    const int code = ims_host_tidy(host, &tidied, &error);
    const size_t length = strlen(outcome->text);

    if (code < 0)
        return ims_session_fail(&error, code);
    outcome->steps_done += tidied.steps_done;
    if (tidied.state == IMS_OUTCOME_NOTHING || outcome->state == IMS_OUTCOME_REFUSED)
        return IMS_EXIT_OK;
    snprintf(outcome->text + length, sizeof(outcome->text) - length, "; %.300s", tidied.text);
    if (tidied.state == IMS_OUTCOME_DONE && outcome->state == IMS_OUTCOME_NOTHING)
        outcome->state = IMS_OUTCOME_DONE;
    else if (tidied.state == IMS_OUTCOME_REFUSED && has_succeeded(outcome))
        outcome->state = IMS_OUTCOME_CONFLICT;
    return IMS_EXIT_OK;
}

int ims_command_recover(const struct ims_options *options, char **operands, int operand_count)
{
    const bool forward = ims_options_has(options, IMS_OPTION_FORWARD);
    const bool back = ims_options_has(options, IMS_OPTION_BACK);
    struct ims_outcome outcome;
    struct ims_error error = {0};
    struct ims_host *host = NULL;

    (void)operands;
    (void)operand_count;
    if (forward && back) {
        ims_print_error("recover: --forward and --back exclude each other");
        return IMS_EXIT_USAGE;
    }
    int status = ims_ownership_host(options, &host);
    if (status != IMS_EXIT_OK)
        return status;
    ims_host_tell(host, tell, NULL);
    const int code = ims_host_recover(host,
                                      forward ? IMS_RECOVERY_FORWARD
                                      : back  ? IMS_RECOVERY_BACK
                                              : IMS_RECOVERY_AUTO,
                                      &outcome, &error);
    status = code < 0 ? ims_session_fail(&error, code) : tidy(host, &outcome);
    ims_host_close(host);
    if (status != IMS_EXIT_OK)
        return status;
    status = print_outcome(options, "recover", &outcome);
    /* Undone is what was asked for. */
    return status == IMS_EXIT_ERROR && outcome.state == IMS_OUTCOME_UNDONE ? IMS_EXIT_OK : status;
}
