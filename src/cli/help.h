/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_HELP_H
#define IMS_CLI_HELP_H

#include "cli/commands.h"

/* Print on stdout what the command table says; return an exit status. */
int ims_help_overview(void);
int ims_help_command(const struct ims_command *command);
int ims_help_version(void);

/* The table as JSON (schema "iommuscope.commands/1"), and the completion made from it. */
int ims_help_dump_commands(void);
int ims_help_dump_completion(void);

#endif
