/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/print.h"

/* An option that a command does not take is a mistake: ignored, it would answer something else. */
static int check_options(const struct ims_command *command, const struct ims_options *options)
{
    uint64_t always = IMS_OPTION_BIT(HELP) | IMS_OPTION_BIT(VERSION);
    uint64_t strange = options->given & ~(command->options | always);

    for (unsigned i = 0; i < IMS_OPTION_MAX; i++)
        if (strange >> i & 1) {
            ims_print_error("--%s means nothing to %s (see iommuscope help %s)",
                            ims_option_at(i)->name, command->name, command->name);
            return IMS_EXIT_USAGE;
        }
    return IMS_EXIT_OK;
}

/* Only groups has a document for what the fabric says instead of a kernel. */
static int check_fabric(const struct ims_command *command, const struct ims_options *options)
{
    if (!options->fabric || command->run == ims_command_groups)
        return IMS_EXIT_OK;
    ims_print_error("--rules fabric is for groups; %s takes the rules of a kernel", command->name);
    return IMS_EXIT_USAGE;
}

static int run_command(const struct ims_command *command, const struct ims_options *options,
                       char **operands, int operand_count)
{
    if (operand_count < command->operands_min || operand_count > command->operands_max) {
        if (*command->operands)
            ims_print_error("usage: iommuscope %s %s", command->name, command->operands);
        else
            ims_print_error("%s takes no operand ('%s')", command->name, operands[0]);
        return IMS_EXIT_USAGE;
    }
    if (check_options(command, options) != IMS_EXIT_OK ||
        check_fabric(command, options) != IMS_EXIT_OK)
        return IMS_EXIT_USAGE;
    return command->run(options, operands, operand_count);
}

int main(int argc, char **argv)
{
    const struct ims_command *command = ims_command_at(0);
    struct ims_options options;
    int skip = 0;

    (void)setlocale(LC_ALL, "");
    if (ims_options_read(argc, argv, &options) < 0)
        return IMS_EXIT_USAGE;
    if (ims_options_has(&options, IMS_OPTION_VERSION))
        return ims_help_version();
    if (ims_options_has(&options, IMS_OPTION_DUMP_COMMANDS))
        return ims_help_dump_commands();
    if (ims_options_has(&options, IMS_OPTION_DUMP_COMPLETION))
        return ims_help_dump_completion();
    if (options.word_count > 0) {
        command = ims_command_find(options.words[0]);
        skip = 1;
    } else if (ims_options_has(&options, IMS_OPTION_TREE)) {
        command = ims_command_find("tree");
    }
    if (!command)
        return ims_command_refuse(options.words[0]);
    if (ims_options_has(&options, IMS_OPTION_HELP))
        return skip ? ims_help_command(command) : ims_help_overview();
    if (ims_options_has(&options, IMS_OPTION_TREE) && strcmp(command->name, "groups") == 0)
        command = ims_command_find("tree");
    return run_command(command, &options, options.words + skip, options.word_count - skip);
}
