/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/ownership.h"
#include "cli/print.h"

int ims_command_plan(const struct ims_options *options, char **operands, int operand_count)
{
    const bool release = strcmp(operands[0], "release") == 0;
    struct ims_ownership ownership = {0};

    if (!release && strcmp(operands[0], "claim") != 0) {
        ims_print_error("plan: '%s' is neither claim nor release", operands[0]);
        return IMS_EXIT_USAGE;
    }
    if (release && (options->driver || options->allow_loss_count > 0 ||
                    ims_options_has(options, IMS_OPTION_COMPANIONS))) {
        ims_print_error(
            "plan release: a release goes back to what was before: --driver, --companions "
            "and --allow-loss mean nothing to it");
        return IMS_EXIT_USAGE;
    }
    int status =
        ims_ownership_plan(&ownership, options, release ? IMS_PLAN_RELEASE : IMS_PLAN_CLAIM,
                           operands + 1, operand_count - 1);
    if (status == IMS_EXIT_OK)
        status = ims_ownership_print(&ownership, options);
    ims_ownership_close(&ownership);
    return status;
}
