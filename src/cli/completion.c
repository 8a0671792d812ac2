/* SPDX-License-Identifier: MIT */
/* The bash completion, made from the command table. Static text plus lists of words. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/help.h"
#include "cli/print.h"
#include "output/columns.h"

/*
 * Bash splits words at colons, which addresses are full of: the word is taken from the line itself,
 * and what stands before its last colon is cut off every answer again.
 */
static const char prologue[] =
    "# bash completion for iommuscope                            -*- shell-script -*-\n"
    "# SPDX-License-Identifier: MIT\n"
    "# Made by `iommuscope --dump-completion`; do not edit.\n"
    "\n"
    "_iommuscope_addresses()\n"
    "{\n"
    "    local path\n"
    "    for path in /sys/bus/pci/devices/*; do\n"
    "        [[ -e $path ]] && printf '%s\\n' \"${path##*/}\" \"${path##*/0000:}\"\n"
    "    done\n"
    "}\n"
    "\n"
    "_iommuscope_reply()\n"
    "{\n"
    "    local cur=$1 words=$2 head i\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
    "        head=${cur%\"${cur##*:}\"}\n"
    "        for i in \"${!COMPREPLY[@]}\"; do\n"
    "            COMPREPLY[i]=${COMPREPLY[i]#\"$head\"}\n"
    "        done\n"
    "    fi\n"
    "}\n"
    "\n"
    "_iommuscope()\n"
    "{\n"
    "    local line=${COMP_LINE:0:COMP_POINT} cur prev command='' word words='' skip=''\n"
    "    local -a before\n"
    "    cur=${line##*[[:space:]=]}\n"
    "    read -ra before <<<\"${line%\"$cur\"}\"\n"
    "    prev=${before[${#before[@]}-1]%=}\n"
    "    COMPREPLY=()\n";

static const char epilogue[] = "    _iommuscope_reply \"$cur\" \"$words\"\n"
                               "}\n"
                               "complete -F _iommuscope iommuscope\n";

static void append_name(struct ims_text *out, const struct ims_option_row *row, const char *joint)
{
    if (row->letter)
        ims_text_appendf(out, "-%c%s", row->letter, joint);
    ims_text_appendf(out, "--%s", row->name);
}

/* The answer to the word behind an option that takes an argument. */
static void append_argument(struct ims_text *out, const struct ims_option_row *row)
{
    const char *values = row->values ? row->values : "";

    ims_text_append(out, "    ");
    append_name(out, row, " | ");
    ims_text_append(out, ")\n");
    if (strcmp(values, "FILE") == 0)
        ims_text_append(out, "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                             "        compopt -o filenames 2>/dev/null\n        return ;;\n");
    else if (strcmp(values, "DIR") == 0)
        ims_text_append(out, "        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
                             "        compopt -o filenames 2>/dev/null\n        return ;;\n");
    else if (strcmp(values, "ADDRESS") == 0)
        ims_text_append(out, "        words=$(_iommuscope_addresses) ;;\n");
    else if (strcmp(values, "COLUMNS") == 0) {
        ims_text_append(out, "        words='");
        for (const struct ims_column_help *column = ims_function_columns; column->name; column++)
            ims_text_appendf(out, "%s%s", column == ims_function_columns ? "" : " ", column->name);
        ims_text_append(out, "' ;;\n");
    } else if (*values)
        ims_text_appendf(out, "        words='%s' ;;\n", values);
    else
        ims_text_append(out, "        return ;;\n");
}

/* The words that are an option's argument are not the command. */
static void append_command_search(struct ims_text *out)
{
    bool first = true;

    ims_text_append(out, "    for word in \"${before[@]:1}\"; do\n"
                         "        if [[ $skip ]]; then\n"
                         "            skip=''\n"
                         "            continue\n"
                         "        fi\n"
                         "        case $word in\n"
                         "        ");
    for (unsigned i = 0; i < IMS_OPTION_MAX; i++) {
        const struct ims_option_row *row = ims_option_at(i);

        if (!row->argument)
            continue;
        ims_text_append(out, first ? "" : " | ");
        append_name(out, row, " | ");
        first = false;
    }
    ims_text_append(out, ") skip=yes ;;\n"
                         "        -*) ;;\n"
                         "        *) command=$word; break ;;\n"
                         "        esac\n"
                         "    done\n");
}

static void append_operands(struct ims_text *out, const struct ims_command *command)
{
    if (strcmp(command->completion, "ADDRESS") == 0) {
        ims_text_append(out, "$(_iommuscope_addresses)");
    } else if (strcmp(command->completion, "RULE") == 0) {
        for (uint32_t i = 0; i < ims_rule_count(); i++)
            ims_text_appendf(out, "%s%s", i ? " " : "", ims_rule_at(i)->id);
    } else if (strcmp(command->completion, "COMMAND") == 0) {
        for (unsigned i = 0; ims_command_at(i); i++)
            ims_text_appendf(out, "%s%s", i ? " " : "", ims_command_at(i)->name);
    }
}

static void append_option_words(struct ims_text *out, uint64_t mask)
{
    const char *separator = "";

    for (unsigned i = 0; i < IMS_OPTION_MAX; i++) {
        const struct ims_option_row *row = ims_option_at(i);

        if ((mask >> i & 1) == 0 || !row->help)
            continue;
        ims_text_append(out, separator);
        append_name(out, row, " ");
        separator = " ";
    }
}

static void append_command(struct ims_text *out, const struct ims_command *command)
{
    ims_text_appendf(out, "    %s)\n        if [[ $cur == -* ]]; then\n            words='",
                     command->name);
    append_option_words(out, command->options | IMS_OPTION_BIT(HELP) | IMS_OPTION_BIT(VERSION));
    ims_text_append(out, "'\n");
    if (strcmp(command->completion, "FILE") == 0) {
        ims_text_append(out, "        else\n"
                             "            mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                             "            compopt -o filenames 2>/dev/null\n"
                             "            return\n");
    } else if (*command->completion) {
        ims_text_append(out, "        else\n            words=\"");
        append_operands(out, command);
        ims_text_append(out, "\"\n");
    }
    ims_text_append(out, "        fi ;;\n");
}

int ims_help_dump_completion(void)
{
    struct ims_text out = {0};
    int code;

    ims_text_append(&out, prologue);
    ims_text_append(&out, "    case $prev in\n");
    for (unsigned i = 0; i < IMS_OPTION_MAX; i++)
        if (ims_option_at(i)->argument)
            append_argument(&out, ims_option_at(i));
    ims_text_append(&out, "    esac\n"
                          "    if [[ $words ]]; then\n"
                          "        _iommuscope_reply \"$cur\" \"$words\"\n"
                          "        return\n"
                          "    fi\n");
    append_command_search(&out);
    ims_text_append(&out, "    case $command in\n");
    for (unsigned i = 0; ims_command_at(i); i++)
        append_command(&out, ims_command_at(i));
    ims_text_append(&out, "    '')\n        if [[ $cur == -* ]]; then\n            words='");
    append_option_words(&out, UINT64_MAX);
    ims_text_append(&out, "'\n        else\n            words='");
    for (unsigned i = 0; ims_command_at(i); i++)
        ims_text_appendf(&out, "%s%s", i ? " " : "", ims_command_at(i)->name);
    ims_text_append(&out, "'\n        fi ;;\n    esac\n");
    ims_text_append(&out, epilogue);
    code = out.failed ? -ENOMEM : ims_print_bytes(ims_text_get(&out), out.length);
    ims_text_done(&out);
    return code < 0 ? IMS_EXIT_ERROR : IMS_EXIT_OK;
}
