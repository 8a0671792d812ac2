/* SPDX-License-Identifier: MIT */
/* Displays, consoles and keyboards: without them nobody sees or types anything at the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/uses.h"

/* Event types of a keyboard: keys that repeat, and lights. */
#define EVENTS_KEYBOARD (1ul << 1 | 1ul << 17 | 1ul << 20)

static void judge_connector(struct ims_hunt *hunt, const struct ims_node *node)
{
    if (ims_hunt_reads(hunt, node->path, "status", "connected"))
        ims_hunt_say(hunt, node->owner, IMS_USE_DISPLAY, IMS_YES, node->name, node->path,
                     "a display is connected to %s", node->name);
}

struct console {
    struct ims_hunt *hunt;
    const struct ims_node *node;
};

/* "ttyS0 -W- (EC a) 4:64" of proc/consoles. */
static bool see_console(void *context, char *line)
{
    const struct console *console = context;

    line[strcspn(line, " \t")] = '\0';
    if (strcmp(line, console->node->name) == 0)
        ims_hunt_say(console->hunt, console->node->owner, IMS_USE_CONSOLE, IMS_YES,
                     console->node->name, "/proc/consoles", "%s is a console of the system", line);
    return true;
}

struct keyboards {
    struct ims_hunt *hunt;
    char place[1024]; /* of the device whose lines are being read */
    unsigned count;   /* of all that there are */
    unsigned *own;    /* of each function */
};

/* "S: Sysfs=/devices/...", then "B: EV=120013" of proc/bus/input/devices. */
static bool see_input(void *context, char *line)
{
    struct keyboards *keyboards = context;
    char name[IMS_ADDRESS_STRING_SIZE];

    if (strncmp(line, "S: Sysfs=", 9) == 0) {
        snprintf(keyboards->place, sizeof(keyboards->place), "%s", line + 9);
        return true;
    }
    if (strncmp(line, "B: EV=", 6) != 0 ||
        (strtoul(line + 6, NULL, 16) & EVENTS_KEYBOARD) != EVENTS_KEYBOARD)
        return true;
    keyboards->count++;
    for (uint32_t i = 0; i < keyboards->hunt->function_count; i++)
        if (strstr(keyboards->place,
                   ims_address_format(ims_hunt_info(keyboards->hunt, i)->address, name)))
            keyboards->own[i]++;
    return true;
}

static void find_keyboards(struct ims_hunt *hunt)
{
    struct keyboards keyboards = {
        .hunt = hunt, .own = calloc((size_t)hunt->function_count + 1, sizeof(unsigned))};
    unsigned taken = 0;

    if (!keyboards.own) {
        hunt->failed = true;
        return;
    }
    (void)ims_host_lines(hunt->host->proc_fd, "bus/input/devices", see_input, &keyboards);
    for (uint32_t i = 0; i < hunt->function_count; i++)
        taken += keyboards.own[i];
    for (uint32_t i = 0; i < hunt->function_count && taken == keyboards.count; i++)
        if (keyboards.own[i] > 0)
            ims_hunt_say(hunt, i, IMS_USE_KEYBOARD, IMS_YES, "keyboard", "/proc/bus/input/devices",
                         "the last keyboard of the machine is connected to it");
    free(keyboards.own);
}

void ims_hunt_display(struct ims_hunt *hunt)
{
    for (uint32_t i = 0; i < hunt->node_count; i++) {
        const struct ims_node *node = &hunt->nodes[i];
        struct console console = {hunt, node};

        if (ims_node_is(node, "drm"))
            judge_connector(hunt, node);
        else if (ims_node_is(node, "graphics"))
            ims_hunt_say(hunt, node->owner, IMS_USE_CONSOLE, IMS_YES, node->name, node->path,
                         "%s is a framebuffer, which the text console uses", node->name);
        else if (ims_node_is(node, "tty"))
            (void)ims_host_lines(hunt->host->proc_fd, "consoles", see_console, &console);
    }
    find_keyboards(hunt);
}
