/* SPDX-License-Identifier: MIT */
#ifndef IMS_BASE_ARRAY_H
#define IMS_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes room for needed items in a heap array that grows by doubling. Returns the array (maybe
 * moved, new items not initialised) and updates *capacity; NULL when memory is short, then the old
 * array is untouched and still owned by the caller.
 */
void *ims_array_grow(void *items, uint32_t *capacity, uint32_t needed, size_t item_bytes);

#endif
