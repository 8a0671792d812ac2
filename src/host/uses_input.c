/* SPDX-License-Identifier: MIT */
/* How somebody types to the host: keyboards, and consoles on serial lines. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "host/uses.h"

/* The keys 1 to 31 (Escape to S) in the lowest word: buttons and remote controls lack some. */
#define KEYBOARD_KEYS 0xfffffffeu

static bool is_keyboard(struct ims_search *search, const char *path)
{
    char text[1024];
    uint64_t keys;

    if (ims_search_read(search, path, "capabilities/key", text, sizeof(text)) < 0)
        return false;
    const char *blank = strrchr(text, ' ');
    const char *word = blank ? blank + 1 : text;
    return ims_number_hex(word, strlen(word), UINT64_MAX, &keys) == 0 &&
           (keys & KEYBOARD_KEYS) == KEYBOARD_KEYS;
}

/* A real keyboard that is below none of the functions. NULL when there is none. */
static const char *other_keyboard(struct ims_search *search)
{
    static const char top[] = "class/input";
    struct ims_listing listing;
    const struct dirent *entry;
    const char *ret = NULL;

    if (ims_listing_open(&listing, search, search->host->sys_fd, top) < 0)
        return NULL;
    while (!ret && (entry = ims_listing_next(&listing)) != NULL) {
        const char *path = ims_search_resolve(search, top, entry->d_name);

        if (path && !ims_search_is_below(path, "devices/virtual") &&
            !ims_search_is_owned(search, path) && is_keyboard(search, path)) {
            const char *name = ims_search_read_line(search, path, "name");

            ret = name ? name : ims_search_base_name(path);
        }
    }
    ims_listing_close(&listing);
    return ret;
}

static void find_keyboards(struct ims_search *search)
{
    const char *other = NULL;
    bool asked = false;

    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];

        if (strcmp(node->subsystem, "input") != 0 || !is_keyboard(search, node->path))
            continue;
        if (!asked)
            other = other_keyboard(search);
        asked = true;
        const char *name = ims_search_read_line(search, node->path, "name");
        const char *evidence = ims_search_format(search, "/sys/%s/capabilities/key", node->path);
        if (other)
            ims_search_say(search, node->owner, IMS_USE_IDLE, IMS_YES, name ? name : node->name,
                           evidence, "a keyboard goes away; the host keeps another one (%s)",
                           other);
        else
            ims_search_say(search, node->owner, IMS_USE_KEYBOARD, IMS_YES, name ? name : node->name,
                           evidence, "the last keyboard of the host hangs on it");
    }
}

/* ---- consoles of the kernel on serial lines ---- */

/* /proc/consoles: "ttyS4   -W- (EC p a)   4:68". Returns "" when it cannot be read. */
static const char *read_consoles(struct ims_search *search)
{
    char text[4096];

    if (ims_host_read_file(search->host->proc_fd, "consoles", text, sizeof(text)) >= 0)
        return ims_search_format(search, "%s\n", text);
    if (ims_search_read(search, "class/tty/console", "active", text, sizeof(text)) >= 0) {
        for (char *at = text; *at; at++)
            if (*at == ' ')
                *at = '\n';
        return ims_search_format(search, "%s\n", text);
    }
    return "";
}

/* Whether a line begins with this name. */
static bool has_console(const char *consoles, const char *name)
{
    const size_t length = strlen(name);

    for (const char *line = consoles; line && *line;) {
        if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == '\n'))
            return true;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return false;
}

/* The terminal of a virtio console stands elsewhere: its driver tells that it is one. */
static bool is_virtio_console(struct ims_search *search, const struct ims_search_node *node)
{
    const char *driver = strcmp(node->subsystem, "virtio") == 0
                             ? ims_search_read_link(search, node->path, "driver")
                             : NULL;

    return driver && strcmp(driver, "virtio_console") == 0;
}

static void find_consoles(struct ims_search *search)
{
    const char *consoles = read_consoles(search);

    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];
        const bool is_virtio = is_virtio_console(search, node);

        if (!is_virtio && strcmp(node->subsystem, "tty") != 0)
            continue;
        if (!*consoles)
            ims_search_say(search, node->owner, IMS_USE_CONSOLE, IMS_UNKNOWN, node->name,
                           "/proc/consoles", "whether %s is a console of the host is not known",
                           node->name);
        else if (is_virtio ? strncmp(consoles, "hvc", 3) == 0 || strstr(consoles, "\nhvc") != NULL
                           : has_console(consoles, node->name))
            ims_search_say(search, node->owner, IMS_USE_CONSOLE, IMS_YES, node->name,
                           "/proc/consoles", "%s is a console of the host", node->name);
    }
}

void ims_search_input(struct ims_search *search)
{
    find_keyboards(search);
    find_consoles(search);
}
