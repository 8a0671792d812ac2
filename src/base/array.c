/* SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <stdlib.h>

#define FIRST_CAPACITY 8u

void *ims_array_grow(void *items, uint32_t *capacity, uint32_t needed, size_t item_bytes)
{
    uint32_t wanted = *capacity;
    size_t size_bytes;

    /* An empty request on an empty array still allocates: NULL is reserved for failure. */
    if (items != NULL && needed <= *capacity)
        return items;

    if (wanted < FIRST_CAPACITY)
        wanted = FIRST_CAPACITY;
    while (wanted < needed)
        wanted = wanted > UINT32_MAX / 2 ? UINT32_MAX : wanted * 2;
    if (__builtin_mul_overflow((size_t)wanted, item_bytes, &size_bytes))
        return NULL;

    void *moved = realloc(items, size_bytes == 0 ? 1 : size_bytes);
    if (moved != NULL)
        *capacity = wanted;
    return moved;
}
