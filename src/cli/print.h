/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_PRINT_H
#define IMS_CLI_PRINT_H

#include <stddef.h>

/* Prints "iommuscope: MESSAGE" on stderr, one line, control characters escaped. */
void ims_print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints lines, each behind "iommuscope: note: ", on stderr. */
void ims_print_notes(const char *lines);

/*
 * Writes bytes to stdout and flushes. Returns -errno; a reader that has gone away is -EPIPE, about
 * which nobody needs to be told.
 */
int ims_print_bytes(const char *bytes, size_t size_bytes);

#endif
