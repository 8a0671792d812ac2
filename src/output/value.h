/* SPDX-License-Identifier: MIT */
#ifndef IMS_OUTPUT_VALUE_H
#define IMS_OUTPUT_VALUE_H

/*
 * The values of a document. Building a document takes hundreds of small allocations; a failed one
 * is remembered in the maker, so that builders read as a list of statements and check once.
 */

#include <jansson.h>

#include "iommuscope/base.h"
#include "iommuscope/pci.h"

struct ims_maker {
    bool failed;
};

/* Set object[key] or append to array. value is consumed; NULL marks the maker as failed. */
void ims_make_set(struct ims_maker *maker, json_t *object, const char *key, json_t *value);
void ims_make_append(struct ims_maker *maker, json_t *array, json_t *value);

/* New values, owned by the caller; NULL when memory is short. */
json_t *ims_make_uint(uint64_t value);
json_t *ims_make_tristate(enum ims_tristate state);

/* Text made valid UTF-8: foreign bytes become U+FFFD. A NULL text is null. */
json_t *ims_make_string(const char *text);
json_t *ims_make_format(const char *format, ...) IMS_PRINTF(1, 2);

/* "0x..." with at least digits digits. */
json_t *ims_make_hex(uint64_t value, unsigned digits);

/* As ims_make_hex when every bit of mask is known, else null. */
json_t *ims_make_bits(struct ims_bits bits, uint32_t mask, unsigned digits);

/* As ims_make_uint when every bit of mask is known, else null. */
json_t *ims_make_count(struct ims_bits bits, uint32_t mask);

json_t *ims_make_address(struct ims_address address);

/*
 * The finished document, or NULL (and the parts are released) when memory was short for any part
 * of it.
 */
json_t *ims_make_finish(struct ims_maker *maker, json_t *document);

#endif
