/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "cli/file.h"
#include "cli/session.h"

int ims_command_capture(const struct ims_options *options, char **operands, int operand_count)
{
    struct ims_snapshot_options snapshot = {
        .size_bytes = sizeof(snapshot),
        .with_serials = ims_options_has(options, IMS_OPTION_SERIALS),
    };
    struct ims_session session = {.ownership = true};
    struct ims_error error = {0};
    char *text = NULL;
    int status = ims_session_load(&session, options);

    if (status == IMS_EXIT_OK) {
        int code = ims_snapshot_write(session.topology, &snapshot, &text, &error);

        status = code < 0 ? ims_session_fail(&error, code)
                          : ims_file_replace(operand_count > 0 ? operands[0] : NULL, text);
    }
    free(text);
    ims_session_close(&session);
    return status;
}
