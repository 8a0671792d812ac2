/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cli/ownership.h"

/* Whether VFIO takes the groups now does not decide: the lines are for a guest that starts later. */
static int answer(const struct ims_options *options, const struct ims_session *session,
                  const struct ims_function *groups, uint32_t count)
{
    struct ims_check **checks = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    int verdict = IMS_EXIT_OK;
    int status = ims_ownership_checks(session, options, groups, count, &checks);

    for (uint32_t i = 0; status == IMS_EXIT_OK && i < count; i++)
        if (!ims_hostdev_has_endpoint(session->topology, checks[i]))
            verdict = IMS_EXIT_NO;
    if (status == IMS_EXIT_OK) {
        const int code = ims_document_hostdev(&session->subject, checks, count, &document, &error);

        status = ims_session_print(options, document, code, &error);
    }
    ims_ownership_free_checks(checks, count);
    return status == IMS_EXIT_OK ? verdict : status;
}

int ims_command_hostdev(const struct ims_options *options, char **operands, int operand_count)
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
