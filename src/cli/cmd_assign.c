/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/session.h"

/* One plan, or the machine, may come from standard input. */
static int check_stdin(const struct ims_options *options, char **operands, int operand_count)
{
    int readers = options->input && strcmp(options->input, "-") == 0;

    readers += options->groups && strcmp(options->groups, "-") == 0;
    for (int i = 0; i < operand_count; i++)
        readers += strcmp(operands[i], "-") == 0;
    if (readers <= 1)
        return IMS_EXIT_OK;
    ims_print_error("assign: standard input can be the machine or one plan, not both");
    return IMS_EXIT_USAGE;
}

static int read_plans(struct ims_roster *roster, char **operands, int operand_count)
{
    for (int i = 0; i < operand_count; i++) {
        struct ims_error error = {0};
        const int code = ims_roster_read(roster, operands[i], &error);

        if (code < 0)
            return ims_session_fail(&error, code);
    }
    return IMS_EXIT_OK;
}

/* A plan for a function that the machine does not have cannot be judged. */
static int find_holdings(const struct ims_session *session, const struct ims_roster *roster,
                         struct ims_holding *holdings, uint32_t *ret_count)
{
    *ret_count = 0;
    for (uint32_t i = 0; i < ims_roster_count(roster); i++) {
        const struct ims_roster_entry *entry = ims_roster_at(roster, i);
        char address[IMS_ADDRESS_STRING_SIZE];
        struct ims_function function;

        if (!entry->known)
            continue;
        function = ims_topology_find(session->topology, entry->address);
        if (ims_function_is_none(function)) {
            ims_address_format(entry->address, address);
            if (entry->line)
                ims_print_error("%s:%u: the machine has no function %s", entry->path, entry->line,
                                address);
            else
                ims_print_error("%s: the machine has no function %s", entry->path, address);
            return IMS_EXIT_ERROR;
        }
        holdings[(*ret_count)++] = (struct ims_holding){function, entry->owner};
    }
    return IMS_EXIT_OK;
}

/* 3 where an owner gets at what another one has, 6 where that is open or part of a plan is unknown. */
static int verdict_status(const json_t *document)
{
    const json_t *safe = json_object_get(document, "safe");

    return json_is_true(safe) ? IMS_EXIT_OK : json_is_false(safe) ? IMS_EXIT_NO : IMS_EXIT_UNKNOWN;
}

static int judge(const struct ims_options *options, const struct ims_session *session,
                 const struct ims_roster *roster, const struct ims_owner *owners,
                 const struct ims_holding *holdings, uint32_t count)
{
    const struct ims_assignment_options how = {
        .size_bytes = sizeof(how),
        .settled = ims_options_has(options, IMS_OPTION_CERTAINTY),
        .certainty = options->certainty,
    };
    struct ims_assignment *assignment = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    int code = ims_assignment_new(session->grouping, session->fabric, owners,
                                  ims_roster_owner_count(roster), holdings, count, &how,
                                  &assignment, &error);

    if (code == 0)
        code = ims_document_assign(&session->subject, assignment, roster, &how, &document, &error);
    const int verdict = code == 0 ? verdict_status(document) : IMS_EXIT_ERROR;
    ims_assignment_free(assignment);
    const int status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

static int answer(const struct ims_options *options, const struct ims_session *session,
                  const struct ims_roster *roster)
{
    const uint32_t owner_count = ims_roster_owner_count(roster);
    struct ims_owner *owners = calloc((size_t)owner_count + 1, sizeof(*owners));
    struct ims_holding *holdings = calloc((size_t)ims_roster_count(roster) + 1, sizeof(*holdings));
    uint32_t count = 0;
    int status =
        owners && holdings ? IMS_EXIT_OK : ims_session_fail(&(struct ims_error){0}, -ENOMEM);

    for (uint32_t i = 0; i < owner_count && owners; i++)
        owners[i] = (struct ims_owner){ims_roster_owner(roster, i)->name,
                                       ims_roster_owner(roster, i)->is_host};
    if (status == IMS_EXIT_OK)
        status = find_holdings(session, roster, holdings, &count);
    if (status == IMS_EXIT_OK)
        status = judge(options, session, roster, owners, holdings, count);
    free(owners);
    free(holdings);
    return status;
}

int ims_command_assign(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {.ownership = true};
    struct ims_roster *roster = ims_roster_new();
    int status = check_stdin(options, operands, operand_count);

    if (!roster && status == IMS_EXIT_OK)
        status = ims_session_fail(&(struct ims_error){0}, -ENOMEM);
    if (status == IMS_EXIT_OK)
        status = read_plans(roster, operands, operand_count);
    if (status == IMS_EXIT_OK)
        status = ims_session_load(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_fabric(&session, options);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, roster);
    ims_session_close(&session);
    ims_roster_free(roster);
    return status;
}
