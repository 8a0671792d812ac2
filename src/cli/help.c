/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/print.h"
#include "output/render.h"
#include "output/utf8.h"

#define HELP_WIDTH 90u
#define HELP_INDENT 26u

static int print(struct ims_text *text)
{
    const char *bytes = ims_text_get(text);
    int code = bytes ? ims_print_bytes(bytes, text->length) : -ENOMEM;

    ims_text_done(text);
    if (code < 0 && code != -EPIPE)
        ims_print_error("standard output: %s", strerror(-code));
    return code < 0 ? IMS_EXIT_ERROR : IMS_EXIT_OK;
}

/* "  NAME" and its explanation, wrapped beside it. */
static void append_entry(struct ims_text *out, const char *name, const char *help)
{
    struct ims_text wrapped = {0};

    ims_utf8_append_wrapped(&wrapped, help, HELP_WIDTH, HELP_INDENT);
    if (strlen(name) + 4 > HELP_INDENT)
        ims_text_appendf(out, "  %s\n%s", name, wrapped.data ? wrapped.data : "\n");
    else
        ims_text_appendf(out, "  %-*s%s", (int)HELP_INDENT - 2, name,
                         wrapped.data ? wrapped.data + HELP_INDENT : "\n");
    ims_text_done(&wrapped);
}

static void append_option(struct ims_text *out, const struct ims_option_row *row)
{
    struct ims_text name = {0};

    if (row->letter)
        ims_text_appendf(&name, "-%c, ", row->letter);
    else
        ims_text_append(&name, "    ");
    ims_text_appendf(&name, "--%s%s%s", row->name, row->argument ? " " : "",
                     row->argument ? row->argument : "");
    append_entry(out, ims_text_get(&name) ? ims_text_get(&name) : "", row->help);
    ims_text_done(&name);
}

static void append_options(struct ims_text *out, uint64_t mask)
{
    for (unsigned i = 0; i < IMS_OPTION_MAX; i++) {
        const struct ims_option_row *row = ims_option_at(i);

        if ((mask >> i & 1) != 0 && row->help)
            append_option(out, row);
    }
}

int ims_help_overview(void)
{
    struct ims_text out = {0};
    uint64_t all = UINT64_MAX;
    const struct ims_command *command;

    ims_text_append(&out,
                    "Usage: iommuscope [OPTION...] [COMMAND] [OPERAND...]\n\n"
                    "Which devices share an IOMMU group, and why. Without a command: groups.\n"
                    "An address is [SSSS:]BB:DD.F, a libvirt name (pci_0000_01_00_0) or a "
                    "path (0000:00/1c.4/00.0).\n"
                    "\nCommands:\n");
    for (unsigned i = 0; (command = ims_command_at(i)) != NULL; i++) {
        struct ims_text name = {0};

        ims_text_appendf(&name, "%s%s%s", command->name, *command->operands ? " " : "",
                         command->operands);
        append_entry(&out, ims_text_get(&name) ? ims_text_get(&name) : "", command->summary);
        ims_text_done(&name);
    }
    ims_text_append(&out, "\nOptions (before or after the command; `iommuscope help COMMAND` says "
                          "which it takes):\n");
    append_options(&out, all);
    ims_text_append(
        &out,
        "\nExit status: 0 fine, 1 error, 2 wrong usage, 3 the answer is no, 6 cannot know.\n");
    return print(&out);
}

static void append_columns(struct ims_text *out, const char *schema)
{
    const struct ims_column_help *columns = schema ? ims_render_columns(schema) : NULL;

    if (!columns)
        return;
    ims_text_append(out, "\nColumns of --output:\n");
    for (; columns->name; columns++)
        append_entry(out, columns->name, columns->help);
}

int ims_help_command(const struct ims_command *command)
{
    struct ims_text out = {0};

    ims_text_appendf(&out, "Usage: iommuscope [OPTION...] %s%s%s\n\n", command->name,
                     *command->operands ? " " : "", command->operands);
    ims_text_appendf(&out, "%s: %s.\n\nOptions:\n", command->name, command->summary);
    append_options(&out, command->options | IMS_OPTION_BIT(HELP) | IMS_OPTION_BIT(VERSION));
    append_columns(&out, command->schema);
    ims_text_append(&out, "\nExamples:\n");
    for (size_t i = 0; i < IMS_COMMAND_EXAMPLES && command->examples[i].command; i++)
        ims_text_appendf(&out, "  %s\n      %s\n", command->examples[i].command,
                         command->examples[i].meaning);
    ims_text_append(&out, "\nExit status:\n");
    for (size_t i = 0; i < IMS_COMMAND_EXITS && command->exits[i].meaning; i++)
        ims_text_appendf(&out, "  %d  %s\n", command->exits[i].status, command->exits[i].meaning);
    return print(&out);
}

int ims_help_version(void)
{
    struct ims_text out = {0};

    ims_text_appendf(&out, "iommuscope %s\n", ims_version());
    return print(&out);
}

int ims_command_help(const struct ims_options *options, char **operands, int operand_count)
{
    const struct ims_command *command;

    (void)options;
    if (operand_count == 0)
        return ims_help_overview();
    command = ims_command_find(operands[0]);
    if (command)
        return ims_help_command(command);
    return ims_command_refuse(operands[0]);
}
