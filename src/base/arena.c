/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK_BYTES 4096u
#define LARGEST_BLOCK_BYTES (1024u * 1024u)
#define ALIGNMENT (_Alignof(max_align_t))

struct ims_arena_block {
    struct ims_arena_block *next;
    size_t size_bytes; /* of data */
    size_t used_bytes; /* always a multiple of ALIGNMENT */
    _Alignas(max_align_t) unsigned char data[];
};

void ims_arena_done(struct ims_arena *arena)
{
    if (arena == NULL)
        return;
    struct ims_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct ims_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->next_size_bytes = 0;
}

/* A new zeroed block, not yet in the arena; NULL when memory is short or the size overflows. */
static struct ims_arena_block *block_new(size_t size_bytes)
{
    size_t total_bytes;

    if (__builtin_add_overflow(sizeof(struct ims_arena_block), size_bytes, &total_bytes))
        return NULL;
    struct ims_arena_block *block = calloc(1, total_bytes);
    if (block != NULL)
        block->size_bytes = size_bytes;
    return block;
}

/* Takes size_bytes from a block that is known to have room. */
static void *block_take(struct ims_arena_block *block, size_t size_bytes)
{
    void *taken = block->data + block->used_bytes;
    block->used_bytes += size_bytes;
    return taken;
}

void *ims_arena_alloc(struct ims_arena *arena, size_t size_bytes)
{
    struct ims_arena_block *head = arena->blocks;

    if (size_bytes == 0)
        size_bytes = 1;
    if (size_bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    size_bytes = (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    if (head != NULL && size_bytes <= head->size_bytes - head->used_bytes)
        return block_take(head, size_bytes);

    size_t next_bytes = arena->next_size_bytes == 0 ? FIRST_BLOCK_BYTES : arena->next_size_bytes;
    bool large = size_bytes > next_bytes / 2;
    struct ims_arena_block *block = block_new(large ? size_bytes : next_bytes);
    if (block == NULL)
        return NULL;

    if (large && head != NULL) {
        /* A block of its own goes behind the head, which keeps its room for small items. */
        block->next = head->next;
        head->next = block;
    } else {
        block->next = head;
        arena->blocks = block;
    }
    if (!large)
        arena->next_size_bytes = next_bytes < LARGEST_BLOCK_BYTES ? next_bytes * 2 : next_bytes;
    return block_take(block, size_bytes);
}

void *ims_arena_alloc_array(struct ims_arena *arena, size_t count, size_t item_bytes)
{
    size_t size_bytes;

    if (__builtin_mul_overflow(count, item_bytes, &size_bytes))
        return NULL;
    return ims_arena_alloc(arena, size_bytes);
}

char *ims_arena_strndup(struct ims_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = ims_arena_alloc(arena, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length); /* the closing zero is there: arena memory is zeroed */
    return copy;
}

char *ims_arena_vprintf(struct ims_arena *arena, const char *format, va_list arguments)
{
    va_list measured;

    va_copy(measured, arguments);
    int length = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    if (length < 0)
        return NULL;
    char *text = ims_arena_alloc(arena, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *ims_arena_printf(struct ims_arena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    char *text = ims_arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}
