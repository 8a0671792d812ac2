/* SPDX-License-Identifier: MIT */
#include "output/columns.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

/* Everything that a cell may be made from. */
struct cell_source {
    const json_t *document;
    const json_t *device;
    const struct ims_style *style;
};

typedef void (*cell_function)(struct ims_text *out, const struct cell_source *source);

static void cell_group(struct ims_text *out, const struct cell_source *source)
{
    ims_layout_group(out, source->document, source->device);
}

static void append_number(struct ims_text *out, const struct cell_source *source, const char *key)
{
    json_int_t number = ims_layout_integer(source->device, key, -1);

    if (number >= 0)
        ims_text_appendf(out, "%lld", (long long)number);
    else
        ims_text_append(out, "-");
}

static void cell_computed(struct ims_text *out, const struct cell_source *source)
{
    append_number(out, source, "group");
}

static void cell_kernel(struct ims_text *out, const struct cell_source *source)
{
    if (strcmp(ims_layout_string(source->device, "kernel_group_state"), "unknown") == 0)
        ims_text_append(out, "?");
    else
        append_number(out, source, "kernel_group");
}

static void cell_address(struct ims_text *out, const struct cell_source *source)
{
    ims_text_append(out, ims_layout_address(source->document, source->style,
                                            ims_layout_string(source->device, "address")));
}

static void cell_class(struct ims_text *out, const struct cell_source *source)
{
    ims_layout_class(out, source->style, source->device);
}

static void cell_device(struct ims_text *out, const struct cell_source *source)
{
    ims_layout_device_short(out, source->style, source->device);
}

static void cell_vendor(struct ims_text *out, const struct cell_source *source)
{
    ims_text_append(out, ims_layout_string(source->device, "vendor_name"));
}

static void cell_ids(struct ims_text *out, const struct cell_source *source)
{
    struct ims_style numeric = *source->style;

    numeric.numeric = 1;
    ims_layout_device(out, &numeric, source->device);
}

static void cell_driver(struct ims_text *out, const struct cell_source *source)
{
    if (!ims_layout_true(source->device, "driver_known"))
        return;
    if (ims_layout_null(source->device, "driver"))
        ims_text_append(out, "-");
    else
        ims_text_append(out, ims_layout_string(source->device, "driver"));
}

static void cell_modules(struct ims_text *out, const struct cell_source *source)
{
    ims_text_append(out, ims_layout_string(source->device, "modules"));
}

static void cell_type(struct ims_text *out, const struct cell_source *source)
{
    const char *type = ims_layout_string(source->device, "port_type");

    ims_text_append(out, *type ? type : "?");
}

static void cell_acs(struct ims_text *out, const struct cell_source *source)
{
    ims_layout_acs(out, source->device);
}

static void cell_isolated(struct ims_text *out, const struct cell_source *source)
{
    ims_text_append(out, ims_layout_tristate(source->device, "isolated"));
}

static void cell_why(struct ims_text *out, const struct cell_source *source)
{
    const json_t *reasons = json_object_get(source->device, "reasons");
    const char *id = json_string_value(json_array_get(reasons, 0));

    ims_text_append(out, id ? id : "");
}

static void cell_reasons(struct ims_text *out, const struct cell_source *source)
{
    const json_t *item;
    size_t index;

    json_array_foreach(json_object_get(source->device, "reasons"), index, item)
    {
        ims_text_appendf(out, "%s%s", index ? "," : "", json_string_value(item));
    }
}

static void cell_note(struct ims_text *out, const struct cell_source *source)
{
    bool differs = strcmp(ims_layout_string(source->device, "group_match"), "different") == 0;
    bool uncertain = !ims_layout_true(source->device, "group_certain");

    if (differs)
        ims_text_append(out, uncertain ? "differs?" : "differs");
    else if (uncertain)
        ims_text_append(out, "uncertain");
}

static void cell_match(struct ims_text *out, const struct cell_source *source)
{
    ims_text_append(out, ims_layout_string(source->device, "group_match"));
}

static void cell_buses(struct ims_text *out, const struct cell_source *source)
{
    const json_t *bridge = json_object_get(source->device, "bridge");
    const char *secondary = ims_layout_string(bridge, "secondary");
    const char *subordinate = ims_layout_string(bridge, "subordinate");

    if (*secondary && *subordinate)
        ims_text_appendf(out, "%s-%s", secondary + 2, subordinate + 2);
}

/* A window per line: addresses of 64 bits side by side fit no terminal. */
static void cell_windows(struct ims_text *out, const struct cell_source *source)
{
    const json_t *windows = json_object_get(json_object_get(source->device, "bridge"), "windows");
    const json_t *window;
    const char *separator = "";
    size_t index;

    json_array_foreach(windows, index, window)
    {
        if (!ims_layout_true(window, "open"))
            continue;
        ims_text_appendf(out, "%s%-4.*s %s-%s", separator,
                         strcmp(ims_layout_string(window, "kind"), "memory") == 0 ? 3 : 4,
                         ims_layout_string(window, "kind"), ims_layout_string(window, "base") + 2,
                         ims_layout_string(window, "limit") + 2);
        separator = "\n";
    }
}

const struct ims_column_help ims_function_columns[] = {
    {"GROUP", "group number: the kernel's, else the computed one (~N beside kernel numbers)"},
    {"COMPUTED", "computed group number"},
    {"KERNEL", "the kernel's group number, - for none, ? where the input does not say"},
    {"ADDRESS", "address of the function"},
    {"CLASS", "device class"},
    {"DEVICE", "vendor and device"},
    {"VENDOR", "vendor name"},
    {"IDS", "vendor and device id"},
    {"DRIVER", "bound driver, - for none, empty where the input does not say"},
    {"MODULES", "kernel modules that could drive the function"},
    {"TYPE", "PCI Express device or port type"},
    {"ACS", "SV RR CR UF: + on, - off, . not implemented, ? unknown"},
    {"ISOLATED", "whether the function passes the isolation test of the kernel"},
    {"WHY", "the rule that puts the function into a group with others"},
    {"REASONS", "every such rule"},
    {"NOTE",
     "differs (from the kernel's group), uncertain (an unknown fact decides), differs? (both)"},
    {"MATCH", "same, different or unknown beside the kernel's group"},
    {"BUSES", "secondary and subordinate bus of a bridge"},
    {"WINDOWS", "address windows of a bridge"},
    {NULL, NULL},
};

/* In the order of ims_function_columns. */
static const struct column {
    struct ims_grid_column grid;
    cell_function make;
} columns[] = {
    {{"GROUP", true, false, false, false}, cell_group},
    {{"COMPUTED", true, false, false, false}, cell_computed},
    {{"KERNEL", true, false, false, false}, cell_kernel},
    {{"ADDRESS", false, false, false, false}, cell_address},
    {{"CLASS", false, false, true, false}, cell_class},
    {{"DEVICE", false, false, true, false}, cell_device},
    {{"VENDOR", false, false, true, false}, cell_vendor},
    {{"IDS", false, false, false, false}, cell_ids},
    {{"DRIVER", false, false, true, false}, cell_driver},
    {{"MODULES", false, false, true, false}, cell_modules},
    {{"TYPE", false, false, false, false}, cell_type},
    {{"ACS", false, false, false, false}, cell_acs},
    {{"ISOLATED", false, false, false, false}, cell_isolated},
    {{"WHY", false, false, false, false}, cell_why},
    {{"REASONS", false, false, false, false}, cell_reasons},
    {{"NOTE", false, false, false, false}, cell_note},
    {{"MATCH", false, false, false, false}, cell_match},
    {{"BUSES", false, false, false, false}, cell_buses},
    {{"WINDOWS", false, false, false, true}, cell_windows},
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static uint32_t find_column(const char *name, size_t length)
{
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        if (strlen(columns[i].grid.name) == length &&
            strncasecmp(columns[i].grid.name, name, length) == 0)
            return i;
    return UINT32_MAX;
}

static int add_list(const char *list, struct ims_column_choice *choice, struct ims_error *reterr)
{
    while (*list) {
        size_t length = strcspn(list, ",");
        uint32_t column = find_column(list, length);

        if (column == UINT32_MAX)
            return ims_error_set(reterr, -EINVAL, "unknown column '%.*s'",
                                 (int)(length < 60 ? length : 60), list);
        if (choice->count == IMS_GRID_COLUMN_MAX)
            return ims_error_set(reterr, -EINVAL, "more than %u columns", IMS_GRID_COLUMN_MAX);
        choice->columns[choice->count++] = column;
        list += length + (list[length] == ',' ? 1 : 0);
    }
    return 0;
}

int ims_columns_choose(const char *defaults, const char *wanted, struct ims_column_choice *ret,
                       struct ims_error *reterr)
{
    struct ims_column_choice choice = {0};
    int code = 0;

    if (!wanted || wanted[0] == '+')
        code = add_list(defaults, &choice, reterr);
    if (code == 0 && wanted)
        code = add_list(wanted[0] == '+' ? wanted + 1 : wanted, &choice, reterr);
    if (code == 0 && choice.count == 0)
        code = ims_error_set(reterr, -EINVAL, "no columns to print");
    if (code == 0)
        *ret = choice;
    return code;
}

struct ims_grid *ims_columns_grid(const struct ims_column_choice *choice, bool tree)
{
    struct ims_grid_column chosen[IMS_GRID_COLUMN_MAX];

    for (uint32_t i = 0; i < choice->count; i++) {
        chosen[i] = columns[choice->columns[i]].grid;
        chosen[i].tree = tree && strcmp(chosen[i].name, "ADDRESS") == 0;
    }
    return ims_grid_new(chosen, choice->count);
}

/* Colours only repeat what the text says: red a hole, yellow a question, green closed. */
static const char *colour_of(const char *column, const char *text, const json_t *device)
{
    const char *isolated = ims_layout_tristate(device, "isolated");

    if (strcmp(column, "NOTE") == 0 && *text)
        return strncmp(text, "differs", 7) == 0 ? "red" : "yellow";
    if (strcmp(column, "ACS") != 0 || !*text)
        return NULL;
    if (strcmp(isolated, "no") == 0)
        return "red";
    return strcmp(isolated, "yes") == 0 ? "green" : "yellow";
}

void ims_columns_fill(const struct ims_column_choice *choice, struct ims_grid *grid, uint32_t row,
                      const json_t *document, const struct ims_style *style, const json_t *device)
{
    struct cell_source source = {document, device, style};

    for (uint32_t i = 0; i < choice->count; i++) {
        const struct column *column = &columns[choice->columns[i]];
        struct ims_text text = {0};
        const char *cell;

        column->make(&text, &source);
        cell = ims_text_get(&text);
        if (cell)
            ims_grid_cell(grid, row, i, cell, colour_of(column->grid.name, cell, device),
                          style->unicode);
        ims_text_done(&text);
    }
}

void ims_columns_set(const struct ims_column_choice *choice, struct ims_grid *grid, uint32_t row,
                     const char *name, const char *text, const struct ims_style *style)
{
    for (uint32_t i = 0; i < choice->count; i++)
        if (strcmp(columns[choice->columns[i]].grid.name, name) == 0)
            ims_grid_cell(grid, row, i, text, NULL, style->unicode);
}

void ims_columns_text(struct ims_text *out, const char *name, const json_t *document,
                      const struct ims_style *style, const json_t *device)
{
    struct cell_source source = {document, device, style};
    uint32_t column = find_column(name, strlen(name));

    if (column != UINT32_MAX)
        columns[column].make(out, &source);
}
