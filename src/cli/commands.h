/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_COMMANDS_H
#define IMS_CLI_COMMANDS_H

/* The command table: help, completion, manual checks and dispatch are made from it. */

#include "cli/options.h"

/* Exit statuses; the list in the manual says when. */
enum ims_exit {
    IMS_EXIT_OK = 0,
    IMS_EXIT_ERROR = 1,
    IMS_EXIT_USAGE = 2,
    IMS_EXIT_NO = 3,
    IMS_EXIT_REFUSED = 4,
    IMS_EXIT_PARTIAL = 5,
    IMS_EXIT_UNKNOWN = 6,
    IMS_EXIT_OWNED = 7,
};

struct ims_exit_row {
    int status;
    const char *meaning;
};

struct ims_example {
    const char *command;
    const char *meaning;
};

#define IMS_COMMAND_EXAMPLES 4
#define IMS_COMMAND_EXITS 8

struct ims_command {
    const char *name;
    const char *summary;  /* a line */
    const char *operands; /* "A [B]", "" for none */
    int operands_min;
    int operands_max;
    const char *completion; /* what an operand is: "ADDRESS", "RULE", "FILE", "COMMAND" or "" */
    uint64_t options;       /* IMS_OPTION_BIT of those it takes */
    const char *schema;     /* of the document whose columns --output chooses, or NULL */
    struct ims_exit_row exits[IMS_COMMAND_EXITS];
    struct ims_example examples[IMS_COMMAND_EXAMPLES];
    /* operands are options->words behind the command; returns the exit status. */
    int (*run)(const struct ims_options *options, char **operands, int operand_count);
};

/* NULL beyond the end; the first one is the default. */
const struct ims_command *ims_command_at(unsigned index);
const struct ims_command *ims_command_find(const char *name);
/* The command that a mistyped name is like, or NULL. */
const char *ims_command_suggest(const char *name);
/* Says that there is no such command; returns IMS_EXIT_USAGE. */
int ims_command_refuse(const char *name);

int ims_command_groups(const struct ims_options *options, char **operands, int operand_count);
int ims_command_explain(const struct ims_options *options, char **operands, int operand_count);
int ims_command_show(const struct ims_options *options, char **operands, int operand_count);
int ims_command_tree(const struct ims_options *options, char **operands, int operand_count);
int ims_command_rules(const struct ims_options *options, char **operands, int operand_count);
int ims_command_capture(const struct ims_options *options, char **operands, int operand_count);
int ims_command_route(const struct ims_options *options, char **operands, int operand_count);
int ims_command_reach(const struct ims_options *options, char **operands, int operand_count);
int ims_command_audit(const struct ims_options *options, char **operands, int operand_count);
int ims_command_advise(const struct ims_options *options, char **operands, int operand_count);
int ims_command_assign(const struct ims_options *options, char **operands, int operand_count);
int ims_command_check(const struct ims_options *options, char **operands, int operand_count);
int ims_command_hostdev(const struct ims_options *options, char **operands, int operand_count);
int ims_command_who(const struct ims_options *options, char **operands, int operand_count);
int ims_command_plan(const struct ims_options *options, char **operands, int operand_count);
int ims_command_claim(const struct ims_options *options, char **operands, int operand_count);
int ims_command_release(const struct ims_options *options, char **operands, int operand_count);
int ims_command_recover(const struct ims_options *options, char **operands, int operand_count);
int ims_command_nodedev(const struct ims_options *options, char **operands, int operand_count);
int ims_command_status(const struct ims_options *options, char **operands, int operand_count);
int ims_command_drift(const struct ims_options *options, char **operands, int operand_count);
int ims_command_boot(const struct ims_options *options, char **operands, int operand_count);
int ims_command_access(const struct ims_options *options, char **operands, int operand_count);
int ims_command_log(const struct ims_options *options, char **operands, int operand_count);
int ims_command_whatif(const struct ims_options *options, char **operands, int operand_count);
int ims_command_help(const struct ims_options *options, char **operands, int operand_count);

#endif
