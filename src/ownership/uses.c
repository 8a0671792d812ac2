/* SPDX-License-Identifier: MIT */
/* What on the host uses a function: kinds, weights, and a list of them. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "iommuscope/ownership.h"

static const struct {
    const char *name;
    enum ims_use_weight weight;
} kinds[] = {
    [IMS_USE_ROOT_DISK] = {"root-disk", IMS_USE_FATAL},
    [IMS_USE_MOUNT] = {"mount", IMS_USE_LOSS},
    [IMS_USE_SWAP] = {"swap", IMS_USE_LOSS},
    [IMS_USE_STACKED] = {"stacked", IMS_USE_LOSS},
    [IMS_USE_CLAIMED_BLOCK] = {"claimed-block", IMS_USE_LOSS},
    [IMS_USE_DATA] = {"data", IMS_USE_LOSS},
    [IMS_USE_PATH] = {"path", IMS_USE_LOSS},
    [IMS_USE_SESSION] = {"session", IMS_USE_FATAL},
    [IMS_USE_DEFAULT_ROUTE] = {"default-route", IMS_USE_LOSS},
    [IMS_USE_ADDRESS] = {"address", IMS_USE_LOSS},
    [IMS_USE_LINK_UP] = {"link-up", IMS_USE_LOSS},
    [IMS_USE_MASTER] = {"master", IMS_USE_LOSS},
    [IMS_USE_NETNS] = {"netns", IMS_USE_LOSS},
    [IMS_USE_RDMA] = {"rdma", IMS_USE_LOSS},
    [IMS_USE_DISPLAY] = {"display", IMS_USE_LOSS},
    [IMS_USE_CONSOLE] = {"console", IMS_USE_LOSS},
    [IMS_USE_BOOT_VGA] = {"boot-vga", IMS_USE_LOSS},
    [IMS_USE_KEYBOARD] = {"keyboard", IMS_USE_LOSS},
    [IMS_USE_OPEN] = {"open", IMS_USE_LOSS},
    [IMS_USE_GUEST] = {"guest", IMS_USE_FATAL},
    [IMS_USE_VFS] = {"vfs", IMS_USE_LOSS},
    [IMS_USE_CONSUMER] = {"consumer", IMS_USE_LOSS},
    [IMS_USE_SYSTEM] = {"system", IMS_USE_LOSS},
    [IMS_USE_IDLE] = {"idle", IMS_USE_NOTHING},
};

const char *ims_use_kind_to_string(enum ims_use_kind kind)
{
    return (unsigned)kind < IMS_USE_MAX ? kinds[kind].name : "unknown";
}

const char *ims_use_weight_to_string(enum ims_use_weight weight)
{
    static const char *const names[] = {"idle", "in-use", "vital"};
    return (unsigned)weight < 3 ? names[weight] : "unknown";
}

enum ims_use_weight ims_use_kind_weight(enum ims_use_kind kind)
{
    return (unsigned)kind < IMS_USE_MAX ? kinds[kind].weight : IMS_USE_LOSS;
}

/* The list's arena; NULL when memory is short. */
static struct ims_arena *arena_of(struct ims_uses *uses)
{
    if (!uses->memory)
        uses->memory = calloc(1, sizeof(struct ims_arena));
    return uses->memory;
}

static const char *copy_text(struct ims_arena *arena, const char *text)
{
    return ims_arena_strndup(arena, text ? text : "", text ? strlen(text) : 0);
}

void ims_uses_add(struct ims_uses *uses, const struct ims_use *use)
{
    struct ims_arena *arena = arena_of(uses);
    struct ims_use *array =
        ims_array_grow(uses->uses, &uses->capacity, uses->count + 1, sizeof(*array));
    struct ims_use copy = *use;

    if (array)
        uses->uses = array;
    if (arena) {
        copy.subject = copy_text(arena, use->subject);
        copy.evidence = copy_text(arena, use->evidence);
        copy.text = copy_text(arena, use->text);
    }
    if (!array || !arena || !copy.subject || !copy.evidence || !copy.text) {
        uses->failed = true;
        return;
    }
    array[uses->count++] = copy;
}

void ims_uses_done(struct ims_uses *uses)
{
    if (uses->memory)
        ims_arena_done(uses->memory);
    free(uses->memory);
    free(uses->uses);
    *uses = (struct ims_uses){0};
}

static int compare_uses(const void *a, const void *b)
{
    const struct ims_use *left = a;
    const struct ims_use *right = b;
    int order = ims_address_compare(left->address, right->address);

    if (order == 0)
        order = (int)ims_use_kind_weight(right->kind) - (int)ims_use_kind_weight(left->kind);
    if (order == 0)
        order = (int)left->kind - (int)right->kind;
    if (order == 0)
        order = strcmp(left->subject, right->subject);
    if (order == 0)
        order = (int)right->certain - (int)left->certain;
    if (order == 0)
        order = strcmp(left->evidence, right->evidence);
    return order ? order : strcmp(left->text, right->text);
}

void ims_uses_sort(struct ims_uses *uses)
{
    uint32_t kept = 0;

    if (uses->count == 0)
        return;
    qsort(uses->uses, uses->count, sizeof(*uses->uses), compare_uses);
    for (uint32_t i = 1; i < uses->count; i++) {
        if (compare_uses(&uses->uses[kept], &uses->uses[i]) != 0)
            uses->uses[++kept] = uses->uses[i];
    }
    uses->count = kept + 1;
}
