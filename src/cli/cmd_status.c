/* SPDX-License-Identifier: MIT */
/* status and log: what the journals say. */
#include <errno.h>

#include "cli/ownership.h"
#include "cli/print.h"

static bool any_open(const struct ims_status *status)
{
    for (uint32_t i = 0; i < status->count; i++)
        if (status->transactions[i].state == IMS_TRANSACTION_OPEN ||
            status->transactions[i].state == IMS_TRANSACTION_DAMAGED)
            return true;
    return false;
}

static int run(const struct ims_options *options, bool everything)
{
    struct ims_host *host = NULL;
    struct ims_status *journals = NULL;
    struct ims_error error = {0};
    json_t *document = NULL;
    bool open = false;
    int status = ims_ownership_host(options, &host);

    if (status != IMS_EXIT_OK)
        return status;
    int code = ims_host_status(host, &journals, &error);
    ims_host_close(host);
    if (code == -EACCES || code == -EPERM) {
        (void)ims_session_fail(&error, code);
        return IMS_EXIT_UNKNOWN;
    }
    if (code == 0) {
        open = any_open(journals);
        code = ims_document_status(journals, everything, &document);
    }
    ims_status_free(journals);
    status = ims_session_print(options, document, code, &error);
    return status == IMS_EXIT_OK && open && !everything ? IMS_EXIT_PARTIAL : status;
}

int ims_command_status(const struct ims_options *options, char **operands, int operand_count)
{
    (void)operands;
    (void)operand_count;
    return run(options, false);
}

int ims_command_log(const struct ims_options *options, char **operands, int operand_count)
{
    (void)operands;
    (void)operand_count;
    return run(options, true);
}
