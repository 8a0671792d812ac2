/* SPDX-License-Identifier: MIT */
/* What hangs below a function: every device with a class or a bus, found by walking down. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "host/uses.h"

/* "8:1" */
static bool read_dev(struct ims_search *search, const char *directory, uint32_t *ret_major,
                     uint32_t *ret_minor)
{
    char text[32];
    uint64_t major;
    uint64_t minor;

    if (ims_search_read(search, directory, "dev", text, sizeof(text)) < 0)
        return false;
    const char *colon = strchr(text, ':');
    if (!colon || ims_number_decimal(text, (size_t)(colon - text), UINT32_MAX, &major) < 0 ||
        ims_number_decimal(colon + 1, strlen(colon + 1), UINT32_MAX, &minor) < 0)
        return false;
    *ret_major = (uint32_t)major;
    *ret_minor = (uint32_t)minor;
    return true;
}

/* What uevent says, else the name, in which '!' stands for a slash. */
static const char *read_dev_name(struct ims_search *search, const char *directory, const char *name)
{
    static const char key[] = "\nDEVNAME=";
    char text[4096] = "\n";

    if (ims_search_read(search, directory, "uevent", text + 1, sizeof(text) - 1) >= 0) {
        const char *found = strstr(text, key);

        if (found) {
            found += sizeof(key) - 1;
            return ims_search_format(search, "%.*s", (int)strcspn(found, "\n"), found);
        }
    }
    char *copy = ims_arena_strndup(&search->arena, name, strlen(name));
    if (!copy) {
        search->failed = true;
        return "";
    }
    for (char *at = copy; *at; at++)
        if (*at == '!')
            *at = '/';
    return copy;
}

void ims_search_node_fill(struct ims_search *search, struct ims_search_node *node)
{
    node->name = ims_search_base_name(node->path);
    node->has_dev = read_dev(search, node->path, &node->major, &node->minor);
    node->dev_name = node->has_dev ? read_dev_name(search, node->path, node->name) : node->name;
}

static void add_node(struct ims_search *search, uint32_t owner, const char *subsystem,
                     const char *path)
{
    struct ims_search_node node = {.owner = owner, .subsystem = subsystem, .path = path};
    struct ims_search_node *nodes = ims_array_grow(search->nodes, &search->node_capacity,
                                                   search->node_count + 1, sizeof(*nodes));

    if (!nodes) {
        search->failed = true;
        return;
    }
    search->nodes = nodes;
    ims_search_node_fill(search, &node);
    nodes[search->node_count++] = node;
}

/* Large directories of numbers in which no device hangs. */
static bool is_barren(const char *name)
{
    static const char *const names[] = {"power", "msi_irqs", "statistics", "queues", "mq", "trace"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/*
 * A bridge ends where the functions below it begin: they are asked about by themselves. What a
 * driver of an endpoint made (the functions behind a VMD) goes away with that driver.
 */
static bool ends_here(const struct ims_search *search, uint32_t owner, const char *subsystem)
{
    return search->owners[owner].is_bridge && subsystem &&
           (strcmp(subsystem, "pci") == 0 || strcmp(subsystem, "pci_bus") == 0);
}

static void walk(struct ims_search *search, uint32_t owner, const char *path, unsigned depth);

static void walk_children(struct ims_search *search, uint32_t owner, const char *path,
                          unsigned depth, uint32_t *ret_children)
{
    struct ims_listing listing;
    const struct dirent *entry;

    if (ims_listing_open(&listing, search, search->host->sys_fd, path) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        if (!ims_listing_is_directory(&listing, entry) || is_barren(entry->d_name))
            continue;
        ++*ret_children;
        if (strlen(path) + strlen(entry->d_name) + 2 > IMS_SEARCH_PATH_MAX)
            search->cut = true;
        else
            walk(search, owner, ims_search_format(search, "%s/%s", path, entry->d_name), depth + 1);
    }
}

static void walk(struct ims_search *search, uint32_t owner, const char *path, unsigned depth)
{
    const char *subsystem = NULL;
    uint32_t children = 0;

    if (depth > IMS_SEARCH_DEPTH_MAX || search->directories++ > IMS_SEARCH_DIRECTORIES_MAX) {
        search->cut = true;
        return;
    }
    if (depth > 0) {
        subsystem = ims_search_read_link(search, path, "subsystem");
        if (ends_here(search, owner, subsystem))
            return;
        if (subsystem)
            add_node(search, owner, subsystem, path);
    }
    walk_children(search, owner, path, depth, &children);
    /* The directory stays when the interface moves to another network namespace (fact 7). */
    if (depth > 0 && !subsystem && children == 0 && strcmp(ims_search_base_name(path), "net") == 0)
        search->owners[owner].empty_net = path;
}

void ims_search_walk(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++) {
        search->directories = 0;
        if (search->owners[i].path)
            walk(search, i, search->owners[i].path, 0);
    }
}
