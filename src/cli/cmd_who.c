/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ownership.h"
#include "cli/print.h"

/* 4 where somebody uses a function, 6 where that is not known of one. */
static int verdict_status(const struct ims_uses *uses)
{
    int status = IMS_EXIT_OK;

    for (uint32_t i = 0; i < uses->count; i++) {
        if (uses->uses[i].certain != IMS_YES)
            status = IMS_EXIT_UNKNOWN;
        else if (ims_use_kind_weight(uses->uses[i].kind) != IMS_USE_NOTHING)
            return IMS_EXIT_REFUSED;
    }
    return status;
}

static void add(struct ims_function *functions, uint32_t *count, struct ims_function function)
{
    for (uint32_t i = 0; i < *count; i++)
        if (functions[i].index == function.index)
            return;
    functions[(*count)++] = function;
}

/* Every member of the group of a function. */
static int add_group(const struct ims_session *session, struct ims_function function,
                     struct ims_function *functions, uint32_t *count)
{
    struct ims_check *check = NULL;
    struct ims_error error = {0};
    const int code = ims_check_new(session->grouping, function, NULL, &check, &error);

    if (code < 0)
        return ims_session_fail(&error, code);
    for (uint32_t i = 0; i < ims_check_member_count(check); i++)
        if (!ims_function_is_none(ims_check_member(check, i)->function))
            add(functions, count, ims_check_member(check, i)->function);
    ims_check_free(check);
    return IMS_EXIT_OK;
}

static int find_functions(const struct ims_session *session, char **operands, int operand_count,
                          struct ims_function *functions, uint32_t *count)
{
    int status = IMS_EXIT_OK;

    for (int i = 0; i < operand_count && status == IMS_EXIT_OK; i++) {
        struct ims_function function = IMS_FUNCTION_NONE;
        struct ims_function *groups = NULL;
        uint32_t group_count = 0;

        if (!ims_operand_is_group(operands[i])) {
            status = ims_session_resolve(session, operands[i], &function);
            if (status == IMS_EXIT_OK)
                add(functions, count, function);
            continue;
        }
        status = ims_session_groups(session, &operands[i], 1, &groups, &group_count);
        if (status == IMS_EXIT_OK && group_count > 0)
            status = add_group(session, groups[0], functions, count);
        free(groups);
    }
    return status;
}

static int answer(const struct ims_options *options, const struct ims_session *session,
                  struct ims_host *host, const struct ims_function *functions, uint32_t count)
{
    struct ims_uses uses = {0};
    struct ims_error error = {0};
    json_t *document = NULL;
    int code = ims_host_uses(host, session->topology, functions, count, &uses, &error);

    if (code == 0)
        code = ims_document_who(&session->subject, functions, count, &uses, &document, &error);
    const int verdict = verdict_status(&uses);
    ims_uses_done(&uses);
    const int status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

int ims_command_who(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {.ownership = true};
    struct ims_function *functions = NULL;
    struct ims_host *host = NULL;
    uint32_t count = 0;
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK) {
        functions =
            calloc((size_t)ims_topology_function_count(session.topology) + 1, sizeof(*functions));
        if (!functions) {
            ims_print_error("%s", strerror(ENOMEM));
            status = IMS_EXIT_ERROR;
        }
    }
    if (status == IMS_EXIT_OK)
        status = find_functions(&session, operands, operand_count, functions, &count);
    if (status == IMS_EXIT_OK)
        status = ims_ownership_find_host(options, &host);
    if (status == IMS_EXIT_OK && !host) {
        ims_print_error(
            "%s describes devices, not what uses them: who asks a host (this machine, or "
            "a tree with sys and proc)",
            options->input);
        status = IMS_EXIT_UNKNOWN;
    }
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, host, functions, count);
    ims_host_close(host);
    free(functions);
    ims_session_close(&session);
    return status;
}
