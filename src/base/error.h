/* SPDX-License-Identifier: MIT */
#ifndef IMS_BASE_ERROR_H
#define IMS_BASE_ERROR_H

#include "iommuscope/base.h"

/*
 * Fills *reterr (may be NULL) with code (negative errno) and a sentence, clears the rest, and
 * returns code, so that "return ims_error_set(reterr, -EINVAL, ...)" reads well.
 */
int ims_error_set(struct ims_error *reterr, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a place; path may be NULL, line and column 0. */
int ims_error_set_at(struct ims_error *reterr, int code, const char *path, unsigned line,
                     unsigned column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds the function concerned to an error that is already set. */
void ims_error_set_address(struct ims_error *reterr, struct ims_address address);

#endif
