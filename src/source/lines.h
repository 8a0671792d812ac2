/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_LINES_H
#define IMS_SOURCE_LINES_H

/*
 * Lines of pasted text, cleaned of what mail programs, terminals and serial consoles did to them:
 * quotation marks ("> "), quoted-printable, NUL bytes, byte order marks, no-break spaces, colours.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Longer lines are cut: nothing that describes a PCI function is that long. */
#define IMS_LINE_MAX_BYTES 65536u

struct ims_lines {
    FILE *stream;
    unsigned char *chunk; /* what fread() gave */
    size_t chunk_begin;
    size_t chunk_end;
    char *line; /* IMS_LINE_MAX_BYTES + 1 */
    unsigned number;
    bool at_end;
    bool last_was_ended; /* the last line had a line end: the file was not cut within it */
    int error;           /* errno of a failed read, or 0 */
};

struct ims_line {
    char *text; /* without blanks at both ends; closed with a zero; may be changed */
    size_t length;
    unsigned indent; /* columns of blanks before text, after quotation marks */
    unsigned number; /* 1-based number of its first physical line */
    bool cut;        /* it was longer than IMS_LINE_MAX_BYTES */
    bool ended;      /* a line end followed it */
    bool quoted;     /* it stood behind quotation marks */
};

/* Returns 0 or -ENOMEM. Release with ims_lines_done(). The stream stays the caller's. */
int ims_lines_init(struct ims_lines *lines, FILE *stream);
void ims_lines_done(struct ims_lines *lines);

/*
 * The next line; its text is valid until the next call. Returns 1, 0 at the end of the input, or a
 * negative errno when reading failed.
 */
int ims_lines_next(struct ims_lines *lines, struct ims_line *ret);

#endif
