/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "cli/session.h"

/* Whether VFIO takes the groups now does not decide: the lines are for a guest that starts later. */
static int answer(const struct ims_options *options, const struct ims_session *session,
                  const struct ims_function *groups, uint32_t count)
{
    const struct ims_check_options how = {
        .size_bytes = sizeof(how),
        .kernel_assumed = ims_session_assumes_kernel(session, options),
    };
    struct ims_check **checks = calloc(count, sizeof(struct ims_check *));
    struct ims_error error = {0};
    json_t *document = NULL;
    uint32_t made = 0;
    int verdict = IMS_EXIT_OK;
    int code = checks ? 0 : -ENOMEM;

    while (code == 0 && made < count) {
        code = ims_check_new(session->grouping, groups[made], &how, &checks[made], &error);
        if (code == 0 && !ims_hostdev_has_endpoint(session->topology, checks[made++]))
            verdict = IMS_EXIT_NO;
    }
    if (code == 0)
        code = ims_document_hostdev(&session->subject, checks, count, &document, &error);
    const int status = ims_session_print(options, document, code, &error);
    for (uint32_t i = 0; i < made; i++)
        ims_check_free(checks[i]);
    free(checks);
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
