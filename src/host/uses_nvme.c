/* SPDX-License-Identifier: MIT */
/*
 * NVMe disks stand below no PCI function: a controller has hidden paths at most, and the disk is a
 * head of its subsystem, which other controllers may serve too (fact 6).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/uses.h"

#define SUBSYSTEMS "class/nvme-subsystem"
#define NAME_MAX_BYTES 256u

struct look {
    struct ims_hunt *hunt;
    uint32_t owner;
    const char *controller; /* "nvme0" */
    char subsystem[NAME_MAX_BYTES];
    unsigned instance; /* of the head that is looked at: nvmeXnZ */
    unsigned head;
    bool has_paths; /* the controller has hidden paths: they tell which heads it serves */
    bool stays;     /* another controller serves the head too */
};

static bool is_head(const char *name, unsigned *ret_instance, unsigned *ret_head)
{
    char end;
    return sscanf(name, "nvme%un%u%c", ret_instance, ret_head, &end) == 2;
}

static bool is_controller(const char *name)
{
    unsigned instance;
    char end;

    return sscanf(name, "nvme%u%c", &instance, &end) == 1;
}

static bool exists(const struct ims_hunt *hunt, const char *path)
{
    return faccessat(hunt->host->sys_fd, path, F_OK, 0) == 0;
}

/* The hidden path nvmeXcYnZ of a controller nvmeY to the head nvmeXnZ. */
static bool has_path(const struct look *look, const char *controller)
{
    char path[3 * NAME_MAX_BYTES];

    snprintf(path, sizeof(path), SUBSYSTEMS "/%s/%s/nvme%uc%sn%u", look->subsystem, controller,
             look->instance, controller + strlen("nvme"), look->head);
    return exists(look->hunt, path);
}

/* Whether the controller goes too: it stands below a function that is asked about. */
static bool is_taken(const struct look *look, const char *controller)
{
    const struct ims_hunt *hunt = look->hunt;

    for (uint32_t i = 0; i < hunt->node_count; i++)
        if (ims_node_is(&hunt->nodes[i], "nvme") && strcmp(hunt->nodes[i].name, controller) == 0)
            return true;
    return false;
}

/* Only a path that works now counts. */
static bool see_other(void *context, const char *name)
{
    struct look *look = context;
    char path[2 * NAME_MAX_BYTES];

    if (!is_controller(name) || is_taken(look, name) || !has_path(look, name))
        return true;
    snprintf(path, sizeof(path), SUBSYSTEMS "/%s/%s", look->subsystem, name);
    look->stays = ims_hunt_reads(look->hunt, path, "state", "live");
    return !look->stays;
}

static bool see_path(void *context, const char *name)
{
    struct look *look = context;
    unsigned numbers[3];
    char end;

    look->has_paths |=
        sscanf(name, "nvme%uc%un%u%c", &numbers[0], &numbers[1], &numbers[2], &end) == 3;
    return true;
}

static bool see_head(void *context, const char *name)
{
    struct look *look = context;
    char path[2 * NAME_MAX_BYTES];

    if (!is_head(name, &look->instance, &look->head) ||
        (look->has_paths && !has_path(look, look->controller)))
        return true;
    snprintf(path, sizeof(path), SUBSYSTEMS "/%s", look->subsystem);
    look->stays = false;
    (void)ims_host_list(look->hunt->host->sys_fd, path, see_other, look);
    snprintf(path, sizeof(path), SUBSYSTEMS "/%s/%s", look->subsystem, name);
    ims_hunt_walk(look->hunt, look->owner, path, look->stays);
    return true;
}

static bool see_subsystem(void *context, const char *name)
{
    struct look *look = context;
    char path[3 * NAME_MAX_BYTES];

    snprintf(path, sizeof(path), SUBSYSTEMS "/%s/%s", name, look->controller);
    if (!exists(look->hunt, path))
        return true;
    snprintf(look->subsystem, sizeof(look->subsystem), "%s", name);
    look->has_paths = false;
    (void)ims_host_list(look->hunt->host->sys_fd, path, see_path, look);
    snprintf(path, sizeof(path), SUBSYSTEMS "/%s", name);
    (void)ims_host_list(look->hunt->host->sys_fd, path, see_head, look);
    return false;
}

void ims_hunt_nvme(struct ims_hunt *hunt)
{
    const uint32_t count = hunt->node_count;

    for (uint32_t i = 0; i < count; i++) {
        struct look look = {.hunt = hunt, .owner = hunt->nodes[i].owner};

        if (!ims_node_is(&hunt->nodes[i], "nvme") || !is_controller(hunt->nodes[i].name))
            continue;
        look.controller = hunt->nodes[i].name;
        /* Kernels before 4.15 have no subsystems, and their disks stand below the function. */
        (void)ims_host_list(hunt->host->sys_fd, SUBSYSTEMS, see_subsystem, &look);
    }
}
