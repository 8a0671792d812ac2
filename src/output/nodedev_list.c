/* SPDX-License-Identifier: MIT */
/* Names of node devices, one a line or as the tree that virsh draws, blanks at line ends included. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"

struct node {
    const char *name;
    const char *parent;
};

struct tree {
    const struct node *by_parent; /* sorted by parent, then by name */
    size_t count;
    struct ims_text indent;
    struct ims_text *out;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static int compare_parents(const void *a, const void *b)
{
    const int order = strcmp(((const struct node *)a)->parent, ((const struct node *)b)->parent);

    return order != 0 ? order : compare_names(a, b);
}

/* The first child of a node; children are neighbours. */
static size_t first_child(const struct tree *tree, const char *name)
{
    size_t low = 0;
    size_t high = tree->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(tree->by_parent[middle].parent, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void shorten(struct ims_text *text, size_t length)
{
    if (!text->failed && text->data && text->length >= length) {
        text->length -= length;
        text->data[text->length] = '\0';
    }
}

static void print_indent(struct tree *tree, const char *text)
{
    ims_text_append_bytes(tree->out, ims_text_get(&tree->indent) ? ims_text_get(&tree->indent) : "",
                          tree->indent.length);
    ims_text_append(tree->out, text);
}

/* A chain of bridges is as deep as there are buses. */
static void print_node(struct tree *tree, const char *name, bool is_root, bool is_last)
{
    const size_t first = first_child(tree, name);
    size_t end = first;

    while (end < tree->count && strcmp(tree->by_parent[end].parent, name) == 0)
        end++;
    print_indent(tree, is_root ? "" : "+- ");
    ims_text_appendf(tree->out, "%s\n", name);
    if (!is_root)
        ims_text_append(&tree->indent, is_last ? "  " : "| ");
    if (end > first)
        print_indent(tree, "  |\n");
    ims_text_append(&tree->indent, "  ");
    for (size_t i = first; i < end; i++)
        print_node(tree, tree->by_parent[i].name, false, i + 1 == end);
    shorten(&tree->indent, 2);
    if (end == first && is_last)
        print_indent(tree, "\n");
    if (!is_root)
        shorten(&tree->indent, 2);
}

static int print_tree(struct node *nodes, size_t count, struct ims_text *out)
{
    struct tree tree = {.by_parent = nodes, .count = count, .out = out};

    qsort(nodes, count, sizeof(*nodes), compare_parents);
    print_node(&tree, "computer", true, true);
    const bool failed = tree.indent.failed;
    ims_text_done(&tree.indent);
    return failed ? -ENOMEM : 0;
}

int ims_layout_nodedev_list(const json_t *document, const struct ims_style *style,
                            struct ims_text *out, struct ims_error *reterr)
{
    const json_t *devices = json_object_get(document, "devices");
    const size_t count = json_array_size(devices);
    struct node *nodes = calloc(count + 1, sizeof(*nodes));
    const json_t *device;
    size_t index;
    int code = 0;

    (void)style;
    (void)reterr;
    if (!nodes)
        return -ENOMEM;
    json_array_foreach(devices, index, device) nodes[index] =
        (struct node){ims_layout_string(device, "name"), ims_layout_string(device, "parent")};
    qsort(nodes, count, sizeof(*nodes), compare_names);
    if (ims_layout_true(document, "tree"))
        code = print_tree(nodes, count, out);
    else
        for (size_t i = 0; i < count; i++)
            ims_text_appendf(out, "%s\n", nodes[i].name);
    free(nodes);
    return code < 0 || out->failed ? -ENOMEM : 0;
}
