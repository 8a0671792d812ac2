/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

int ims_command_groups(const struct ims_options *options, char **operands, int operand_count)
{
    (void)operands;
    (void)operand_count;
    return ims_session_answer(options, ims_document_groups);
}
