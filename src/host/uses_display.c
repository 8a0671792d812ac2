/* SPDX-License-Identifier: MIT */
/* What the host shows on: the firmware's VGA, connected displays, consoles on frame buffers. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "host/uses.h"

#define CLASS_DISPLAY 0x03u

static void find_boot_vga(struct ims_search *search, uint32_t index)
{
    const struct ims_search_owner *owner = &search->owners[index];
    uint64_t value;

    if (ims_search_read_number(search, owner->path, "boot_vga", &value) == 0 && value == 1)
        ims_search_say(search, index, IMS_USE_BOOT_VGA, IMS_YES, "boot_vga",
                       ims_search_format(search, "/sys/%s/boot_vga: 1", owner->path),
                       "it is the firmware's display: the console of the host goes dark");
}

static void find_connectors(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];
        const char *status = strcmp(node->subsystem, "drm") == 0
                                 ? ims_search_read_line(search, node->path, "status")
                                 : NULL;

        if (status && strcmp(status, "connected") == 0)
            ims_search_say(search, node->owner, IMS_USE_DISPLAY, IMS_YES, node->name,
                           ims_search_format(search, "/sys/%s/status: connected", node->path),
                           "a display is connected to %s", node->name);
    }
}

/* Whether a text console is bound to frame buffers. *ret_evidence says which. */
static enum ims_tristate is_console_bound(struct ims_search *search, const char **ret_evidence)
{
    static const char top[] = "class/vtconsole";
    struct ims_listing listing;
    const struct dirent *entry;
    enum ims_tristate ret = IMS_NO;

    if (ims_listing_open(&listing, search, search->host->sys_fd, top) < 0) {
        *ret_evidence = "/sys/class/vtconsole";
        return search->host->is_live ? IMS_NO : IMS_UNKNOWN;
    }
    while (ret != IMS_YES && (entry = ims_listing_next(&listing)) != NULL) {
        const char *path = ims_search_format(search, "%s/%s", top, entry->d_name);
        const char *name = ims_search_read_line(search, path, "name");
        uint64_t bound;

        if (name && strstr(name, "frame buffer") &&
            ims_search_read_number(search, path, "bind", &bound) == 0 && bound == 1) {
            *ret_evidence = ims_search_format(search, "/sys/%s/bind: 1", path);
            ret = IMS_YES;
        }
    }
    ims_listing_close(&listing);
    return ret;
}

static void find_consoles(struct ims_search *search)
{
    const char *evidence = "";
    bool asked = false;
    enum ims_tristate bound = IMS_NO;

    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];

        if (strcmp(node->subsystem, "graphics") != 0)
            continue;
        if (!asked)
            bound = is_console_bound(search, &evidence);
        asked = true;
        if (bound != IMS_NO)
            ims_search_say(search, node->owner, IMS_USE_CONSOLE, bound, node->name, evidence,
                           bound == IMS_YES
                               ? "the text consoles of the host are shown on %s"
                               : "whether the text consoles of the host are on %s is not known",
                           node->name);
    }
}

/* ---- the firmware's frame buffer, which no driver took over ---- */

static bool has_firmware_buffer(struct ims_search *search)
{
    struct ims_listing listing;
    const struct dirent *entry;
    bool found = false;

    if (ims_listing_open(&listing, search, search->host->sys_fd, "devices/platform") < 0)
        return false;
    while (!found && (entry = ims_listing_next(&listing)) != NULL)
        found = strstr(entry->d_name, "-framebuffer.") != NULL;
    ims_listing_close(&listing);
    return found;
}

/* "  c0000000-c1ffffff : NAME" */
static bool read_range(const char *line, uint64_t *ret_first, uint64_t *ret_last,
                       const char **ret_name)
{
    const char *begin = line + strspn(line, " ");
    const char *dash = strchr(begin, '-');
    const char *colon = dash ? strstr(dash, " : ") : NULL;

    if (!colon || ims_number_hex(begin, (size_t)(dash - begin), UINT64_MAX, ret_first) < 0 ||
        ims_number_hex(dash + 1, (size_t)(colon - dash - 1), UINT64_MAX, ret_last) < 0)
        return false;
    *ret_name = colon + 3;
    return true;
}

static bool is_buffer(const char *name)
{
    static const char *const names[] = {"BOOTFB", "efifb", "simplefb", "vesafb"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return strstr(name, "framebuffer") != NULL;
}

/* The file "resource": FIRST LAST FLAGS in a line for each of them. */
static bool has_address(struct ims_search *search, const struct ims_search_owner *owner,
                        uint64_t address)
{
    char text[4096];
    char *line = text;

    if (ims_search_read(search, owner->path, "resource", text, sizeof(text)) < 0)
        return false;
    while (line && *line) {
        char *end = strchr(line, '\n');
        uint64_t first;
        uint64_t last;

        if (end)
            *end = '\0';
        const char *from = ims_next_word(&line);
        const char *to = ims_next_word(&line);
        if (to && ims_number_hex_prefixed(from, strlen(from), UINT64_MAX, &first) == 0 &&
            ims_number_hex_prefixed(to, strlen(to), UINT64_MAX, &last) == 0 && last > 0 &&
            address >= first && address <= last)
            return true;
        line = end ? end + 1 : NULL;
    }
    return false;
}

/* 0 for the address: /proc/iomem is there but hides addresses from us. Returns whether one is. */
static bool find_buffer(struct ims_search *search, uint64_t *ret, const char **ret_name)
{
    struct ims_line_file file;
    bool found = false;
    char *line;

    *ret = 0;
    if (ims_line_file_open(&file, search->host->proc_fd, "iomem") < 0)
        return false;
    while (!found && (line = ims_line_file_next(&file)) != NULL) {
        const char *name;
        uint64_t last;

        found = read_range(line, ret, &last, &name) && is_buffer(name);
        if (found)
            *ret_name = ims_search_format(search, "%s", name);
    }
    ims_line_file_close(&file);
    return found;
}

static void find_firmware_buffer(struct ims_search *search)
{
    const char *name = "the firmware's frame buffer";
    uint64_t address = 0;

    if (!has_firmware_buffer(search))
        return;
    const bool found = find_buffer(search, &address, &name);
    for (uint32_t i = 0; i < search->owner_count; i++) {
        const struct ims_search_owner *owner = &search->owners[i];

        if (!owner->path)
            continue;
        if (found && address > 0 && has_address(search, owner, address))
            ims_search_say(search, i, IMS_USE_CONSOLE, IMS_YES, name,
                           ims_search_format(search, "/proc/iomem: %llx : %s",
                                             (unsigned long long)address, name),
                           "the firmware's frame buffer, on which the host shows its console, is "
                           "memory of it");
        else if ((!found || address == 0) && owner->class_code >> 16 == CLASS_DISPLAY)
            ims_search_say(search, i, IMS_USE_CONSOLE, IMS_UNKNOWN, name,
                           "/proc/iomem shows no address",
                           "the firmware's frame buffer is in use; whether it is memory of this "
                           "function only root can see");
    }
}

void ims_search_display(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++)
        if (search->owners[i].path)
            find_boot_vga(search, i);
    find_connectors(search);
    find_consoles(search);
    find_firmware_buffer(search);
}
