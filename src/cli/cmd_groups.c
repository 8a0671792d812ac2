/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

int ims_command_groups(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_session session = {0};
    struct ims_error error = {0};
    json_t *document = NULL;
    int status = ims_session_load(&session, options);

    (void)operands;
    (void)operand_count;
    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK) {
        int code = ims_document_groups(&session.subject, &document, &error);

        status = ims_session_print(options, document, code, &error);
    }
    ims_session_close(&session);
    return status;
}
