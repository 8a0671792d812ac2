/* SPDX-License-Identifier: MIT */
#include "host/open_devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"

#define NVIDIA_MAJOR 195u

static void add(struct ims_search *search, struct ims_open_devices *devices,
                struct ims_open_device device)
{
    struct ims_open_device *array =
        ims_array_grow(devices->devices, &devices->capacity, devices->count + 1, sizeof(*array));

    if (!array) {
        search->failed = true;
        return;
    }
    devices->devices = array;
    array[devices->count++] = device;
}

/* The driver of NVIDIA makes nodes that are not in sysfs; it says itself which is whose. */
static void add_nvidia(struct ims_search *search, struct ims_open_devices *devices, uint32_t owner)
{
    static const char key[] = "Device Minor:";
    struct ims_line_file file;
    char name[IMS_ADDRESS_STRING_SIZE];
    char path[96];
    char *line;
    uint64_t minor;

    snprintf(path, sizeof(path), "driver/nvidia/gpus/%s/information",
             ims_address_format(search->owners[owner].address, name));
    if (ims_line_file_open(&file, search->host->proc_fd, path) < 0)
        return;
    while ((line = ims_line_file_next(&file)) != NULL) {
        if (strncmp(line, key, sizeof(key) - 1) != 0)
            continue;
        line += sizeof(key) - 1;
        const char *word = ims_next_word(&line);
        if (word && ims_number_decimal(word, strlen(word), UINT32_MAX, &minor) == 0)
            add(search, devices,
                (struct ims_open_device){
                    .major = NVIDIA_MAJOR,
                    .minor = (uint32_t)minor,
                    .owner = owner,
                    .subsystem = "drm",
                    .dev_name = ims_search_format(search, "nvidia%u", (unsigned)minor)});
    }
    ims_line_file_close(&file);
}

static int compare(const void *a, const void *b)
{
    const struct ims_open_device *left = a;
    const struct ims_open_device *right = b;

    if (left->is_block != right->is_block)
        return left->is_block ? 1 : -1;
    if (left->major != right->major)
        return left->major < right->major ? -1 : 1;
    if (left->minor != right->minor)
        return left->minor < right->minor ? -1 : 1;
    if (left->owner != right->owner)
        return left->owner < right->owner ? -1 : 1;
    return strcmp(left->dev_name, right->dev_name);
}

void ims_open_devices_collect(struct ims_search *search, struct ims_open_devices *ret)
{
    *ret = (struct ims_open_devices){0};
    for (uint32_t i = 0; i < search->node_count; i++) {
        const struct ims_search_node *node = &search->nodes[i];

        if (node->has_dev && strcmp(node->subsystem, "block") != 0)
            add(search, ret,
                (struct ims_open_device){.major = node->major,
                                         .minor = node->minor,
                                         .owner = node->owner,
                                         .subsystem = node->subsystem,
                                         .dev_name = node->dev_name});
    }
    for (uint32_t i = 0; i < search->block_count; i++) {
        const struct ims_search_block *block = &search->blocks[i];

        if (block->has_dev && !block->kept)
            add(search, ret,
                (struct ims_open_device){.is_block = true,
                                         .major = block->major,
                                         .minor = block->minor,
                                         .owner = block->owner,
                                         .subsystem = "block",
                                         .dev_name = block->dev_name});
    }
    for (uint32_t i = 0; i < search->owner_count; i++)
        add_nvidia(search, ret, i);
    if (ret->count > 0)
        qsort(ret->devices, ret->count, sizeof(*ret->devices), compare);
}

void ims_open_devices_done(struct ims_open_devices *devices)
{
    free(devices->devices);
    *devices = (struct ims_open_devices){0};
}

static bool is_same(const struct ims_open_device *a, const struct ims_open_device *b)
{
    return a->is_block == b->is_block && a->major == b->major && a->minor == b->minor;
}

static const struct ims_open_device *all_of(const struct ims_open_devices *devices, uint32_t first,
                                            uint32_t *ret_count)
{
    uint32_t end = first;

    while (end < devices->count && is_same(&devices->devices[first], &devices->devices[end]))
        end++;
    *ret_count = end - first;
    return &devices->devices[first];
}

const struct ims_open_device *ims_open_devices_find(const struct ims_open_devices *devices,
                                                    bool is_block, uint32_t major, uint32_t minor,
                                                    uint32_t *ret_count)
{
    const struct ims_open_device wanted = {
        .is_block = is_block, .major = major, .minor = minor, .dev_name = ""};
    uint32_t low = 0;
    uint32_t high = devices->count;

    *ret_count = 0;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (compare(&devices->devices[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == devices->count || !is_same(&devices->devices[low], &wanted))
        return NULL;
    return all_of(devices, low, ret_count);
}

const struct ims_open_device *ims_open_devices_named(const struct ims_open_devices *devices,
                                                     const char *path, uint32_t *ret_count)
{
    static const char deleted[] = " (deleted)";
    size_t length = strlen(path);

    *ret_count = 0;
    if (strncmp(path, "/dev/", 5) != 0)
        return NULL;
    if (length > sizeof(deleted) && strcmp(path + length - (sizeof(deleted) - 1), deleted) == 0)
        length -= sizeof(deleted) - 1;
    for (uint32_t i = 0; i < devices->count; i++)
        if (strlen(devices->devices[i].dev_name) == length - 5 &&
            strncmp(devices->devices[i].dev_name, path + 5, length - 5) == 0)
            return all_of(devices, i, ret_count);
    return NULL;
}

void ims_open_devices_told(struct ims_open_devices *devices, const struct ims_open_device *device,
                           const char *pid)
{
    snprintf(devices->devices[device - devices->devices].told_by, IMS_PID_SIZE, "%.11s", pid);
}
