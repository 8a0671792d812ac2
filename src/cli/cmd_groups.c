/* SPDX-License-Identifier: MIT */
#include "cli/print.h"
#include "cli/session.h"

static int fabric_groups(const struct ims_options *options)
{
    struct ims_session session = {0};
    struct ims_error error = {0};
    json_t *document = NULL;
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK)
        status = ims_session_compute(&session, options);
    if (status == IMS_EXIT_OK)
        status = ims_session_fabric(&session, options);
    if (status == IMS_EXIT_OK) {
        int code =
            ims_document_fabric_groups(&session.subject, options->certainty, &document, &error);

        status = ims_session_print(options, document, code, &error);
    }
    ims_session_close(&session);
    return status;
}

int ims_command_groups(const struct ims_options *options, char **operands, int operand_count)
{
    const uint64_t fabric_only =
        IMS_OPTION_BIT(CERTAINTY) | IMS_OPTION_BIT(RC) | IMS_OPTION_BIT(THREAT);

    (void)operands;
    (void)operand_count;
    if (options->fabric)
        return fabric_groups(options);
    if (options->given & fabric_only) {
        ims_print_error("groups: --certainty, --rc and --threat go with --rules fabric");
        return IMS_EXIT_USAGE;
    }
    return ims_session_answer(options, ims_document_groups);
}
