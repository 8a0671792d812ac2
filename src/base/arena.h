/* SPDX-License-Identifier: MIT */
#ifndef IMS_BASE_ARENA_H
#define IMS_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/* Memory that is freed all at once. Zero-initialise; not thread safe. */
struct ims_arena {
    struct ims_arena_block *blocks;
    size_t next_size_bytes;
};

/* Frees everything that was allocated; the arena is empty and usable afterwards. */
void ims_arena_done(struct ims_arena *arena);

/* size_bytes zeroed bytes, aligned for any type; NULL when memory is short. Size 0 gives a valid pointer. */
void *ims_arena_alloc(struct ims_arena *arena, size_t size_bytes);

/* count * item_bytes zeroed bytes; NULL when memory is short or the product overflows. */
void *ims_arena_alloc_array(struct ims_arena *arena, size_t count, size_t item_bytes);

/* A copy of length bytes of text, closed with a zero; NULL when memory is short. */
char *ims_arena_strndup(struct ims_arena *arena, const char *text, size_t length);

/* Formatted text; NULL when memory is short. */
char *ims_arena_printf(struct ims_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *ims_arena_vprintf(struct ims_arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#endif
