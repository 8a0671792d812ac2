/* SPDX-License-Identifier: MIT */
/* The topology as a tree: buses without a bridge on top, functions below their bridge. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "output/columns.h"
#include "output/layouts.h"

/* A bus whose functions wait for their rows. An explicit stack: the depth is the input's choice. */
struct pending {
    const json_t *bus;
    const json_t *functions; /* of the bus */
    size_t next;             /* function */
    size_t next_virtual;     /* bus of virtual functions below this one */
    uint32_t row;            /* below which its functions go */
};

struct tree {
    const json_t *document;
    const struct ims_style *style;
    struct ims_column_choice choice;
    struct ims_grid *grid;
    struct pending *stack;
    uint32_t depth;
    uint32_t capacity;
    bool failed;
};

static void push_bus(struct tree *tree, const json_t *bus, uint32_t row)
{
    struct pending *stack =
        ims_array_grow(tree->stack, &tree->capacity, tree->depth + 1, sizeof(*stack));

    if (!stack) {
        tree->failed = true;
        return;
    }
    tree->stack = stack;
    stack[tree->depth++] = (struct pending){bus, json_object_get(bus, "functions"), 0, 0, row};
}

/* A row of its own for a bus that no bridge row stands for. */
static void push_named_bus(struct tree *tree, const json_t *bus, uint32_t parent)
{
    uint32_t row = ims_grid_row(tree->grid, parent);
    const char *kind = "bus without its bridge";
    struct ims_text name = {0};

    if (ims_layout_true(bus, "is_virtual"))
        kind = "bus of virtual functions";
    else if (ims_layout_true(bus, "is_root"))
        kind = "root bus";
    ims_text_appendf(&name, "[%04llx:%s]", (long long)ims_layout_integer(bus, "segment", 0),
                     ims_layout_string(bus, "bus") + 2);
    ims_columns_set(&tree->choice, tree->grid, row, "ADDRESS", ims_text_get(&name), tree->style);
    ims_columns_set(&tree->choice, tree->grid, row, "DEVICE", kind, tree->style);
    ims_text_done(&name);
    push_bus(tree, bus, row);
}

static void add_function(struct tree *tree, const json_t *device, uint32_t parent)
{
    uint32_t row = ims_grid_row(tree->grid, parent);
    const json_t *buses = json_object_get(device, "buses");

    ims_columns_fill(&tree->choice, tree->grid, row, tree->document, tree->style, device);
    for (size_t i = json_array_size(buses); i > 0; i--)
        push_bus(tree, json_array_get(buses, i - 1), row);
}

static void add_bus(struct tree *tree, const json_t *root)
{
    push_named_bus(tree, root, IMS_GRID_NO_ROW);
    while (tree->depth > 0 && !tree->failed) {
        struct pending *top = &tree->stack[tree->depth - 1];
        const json_t *virtual_buses = json_object_get(top->bus, "virtual_buses");

        if (top->next < json_array_size(top->functions))
            add_function(tree, json_array_get(top->functions, top->next++), top->row);
        else if (top->next_virtual < json_array_size(virtual_buses))
            push_named_bus(tree, json_array_get(virtual_buses, top->next_virtual++), top->row);
        else
            tree->depth--;
    }
}

int ims_layout_tree(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr)
{
    struct tree tree = {.document = document, .style = style};
    bool drivers = ims_layout_true(document, "drivers_known");
    struct ims_text defaults = {0};
    const json_t *root;
    size_t index;
    int code;

    /* The groups stand in a gutter on the left, beside the lines of the tree. */
    ims_text_appendf(&defaults, "GROUP,ADDRESS,ACS%s%s%s,DEVICE",
                     style->verbose > 0 ? ",BUSES,WINDOWS" : "", drivers ? ",DRIVER" : "",
                     style->modules ? ",MODULES" : "");
    code = defaults.failed
               ? -ENOMEM
               : ims_columns_choose(ims_text_get(&defaults), style->columns, &tree.choice, reterr);
    ims_text_done(&defaults);
    if (code < 0)
        return code;
    tree.grid = ims_columns_grid(&tree.choice, true);
    if (!tree.grid)
        return -ENOMEM;
    json_array_foreach(json_object_get(document, "roots"), index, root)
    {
        if (!tree.failed)
            add_bus(&tree, root);
    }
    code = tree.failed ? -ENOMEM : 0;
    if (code == 0 && json_array_size(json_object_get(document, "roots")) > 0)
        code = ims_grid_render(tree.grid, style, out);
    ims_grid_free(tree.grid);
    free(tree.stack);
    return code;
}
