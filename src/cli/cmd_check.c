/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "cli/print.h"
#include "cli/session.h"

/* 3 where one group cannot be handed over, 6 where that is not known of one. */
static int verdict_status(struct ims_check *const *checks, uint32_t count)
{
    int status = IMS_EXIT_OK;

    for (uint32_t i = 0; i < count; i++) {
        if (ims_check_usable(checks[i]) == IMS_NO)
            return IMS_EXIT_NO;
        if (ims_check_usable(checks[i]) == IMS_UNKNOWN)
            status = IMS_EXIT_UNKNOWN;
    }
    return status;
}

static int answer(const struct ims_options *options, const struct ims_session *session,
                  const struct ims_function *groups, uint32_t count)
{
    const struct ims_check_options how = {
        .size_bytes = sizeof(how),
        .kernel_assumed =
            !options->rules && !ims_topology_machine(session->topology)->kernel_release,
    };
    struct ims_check **checks = calloc(count, sizeof(struct ims_check *));
    struct ims_error error = {0};
    json_t *document = NULL;
    uint32_t made = 0;
    int code = checks ? 0 : -ENOMEM;

    while (code == 0 && made < count) {
        code = ims_check_new(session->grouping, groups[made], &how, &checks[made], &error);
        made += code == 0;
    }
    if (code == 0)
        code = ims_document_check(&session->subject, checks, count, &document, &error);
    const int verdict = code == 0 ? verdict_status(checks, count) : IMS_EXIT_ERROR;
    for (uint32_t i = 0; i < made; i++)
        ims_check_free(checks[i]);
    free(checks);
    const int status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK ? verdict : status;
}

int ims_command_check(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {.ownership = true};
    struct ims_function *groups = NULL;
    uint32_t count = 0;
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_groups(&session, operands, operand_count, &groups, &count);
    if (status == IMS_EXIT_OK)
        status = answer(options, &session, groups, count);
    free(groups);
    ims_session_close(&session);
    return status;
}
