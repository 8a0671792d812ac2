/* SPDX-License-Identifier: MIT */
/* The command table for programs: checks of the manual and whoever writes a wrapper. */
#include <errno.h>
#include <stdio.h>

#include "cli/help.h"
#include "cli/print.h"
#include "output/render.h"
#include "output/value.h"

static json_t *option_part(struct ims_maker *maker, const struct ims_option_row *row)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "name", ims_make_format("--%s", row->name));
    ims_make_set(maker, object, "letter",
                 row->letter ? ims_make_format("-%c", row->letter) : json_null());
    ims_make_set(maker, object, "argument", ims_make_string(row->argument));
    ims_make_set(maker, object, "values", ims_make_string(row->values));
    ims_make_set(maker, object, "help", ims_make_string(row->help));
    return object;
}

static json_t *options_part(struct ims_maker *maker, uint64_t mask)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < IMS_OPTION_MAX; i++)
        if ((mask >> i & 1) != 0 && ims_option_at(i)->help)
            ims_make_append(maker, array, option_part(maker, ims_option_at(i)));
    return array;
}

static json_t *columns_part(struct ims_maker *maker, const char *schema)
{
    const struct ims_column_help *columns = schema ? ims_render_columns(schema) : NULL;
    json_t *array = json_array();

    for (; columns && columns->name; columns++) {
        json_t *object = json_object();

        ims_make_set(maker, object, "name", ims_make_string(columns->name));
        ims_make_set(maker, object, "help", ims_make_string(columns->help));
        ims_make_append(maker, array, object);
    }
    return array;
}

static json_t *command_part(struct ims_maker *maker, const struct ims_command *command)
{
    json_t *object = json_object();
    json_t *examples = json_array();
    json_t *exits = json_array();

    ims_make_set(maker, object, "name", ims_make_string(command->name));
    ims_make_set(maker, object, "summary", ims_make_string(command->summary));
    ims_make_set(maker, object, "operands", ims_make_string(command->operands));
    ims_make_set(maker, object, "schema", ims_make_string(command->schema));
    ims_make_set(
        maker, object, "options",
        options_part(maker, command->options | IMS_OPTION_BIT(HELP) | IMS_OPTION_BIT(VERSION)));
    ims_make_set(maker, object, "columns", columns_part(maker, command->schema));
    for (size_t i = 0; i < IMS_COMMAND_EXAMPLES && command->examples[i].command; i++)
        ims_make_append(maker, examples, ims_make_string(command->examples[i].command));
    ims_make_set(maker, object, "examples", examples);
    for (size_t i = 0; i < IMS_COMMAND_EXITS && command->exits[i].meaning; i++)
        ims_make_append(maker, exits, ims_make_uint((uint64_t)command->exits[i].status));
    ims_make_set(maker, object, "exit_statuses", exits);
    return object;
}

int ims_help_dump_commands(void)
{
    struct ims_maker maker = {0};
    struct ims_text out = {0};
    struct ims_style style = {0};
    json_t *document = json_object();
    json_t *list = json_array();
    int code = -ENOMEM;

    ims_make_set(&maker, document, "schema", ims_make_string("iommuscope.commands/1"));
    ims_make_set(&maker, document, "commands", list);
    for (unsigned i = 0; ims_command_at(i); i++)
        ims_make_append(&maker, list, command_part(&maker, ims_command_at(i)));
    document = ims_make_finish(&maker, document);
    if (document)
        code = ims_render(document, IMS_FORMAT_JSON, &style, &out, NULL);
    json_decref(document);
    if (code == 0)
        code = ims_print_bytes(ims_text_get(&out), out.length);
    ims_text_done(&out);
    return code < 0 ? IMS_EXIT_ERROR : IMS_EXIT_OK;
}
