/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_GUEST_H
#define IMS_TESTS_LAB_GUEST_H

/* The first program of the guest: small parts, no library but libc, linked statically. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer; the guest has memory for what it sends. */
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_print(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends the whole of a file; returns 0 or a negative errno. */
int buffer_read_file(struct buffer *buffer, const char *path);

/* ---- frame.c: the way out ---- */

/* Opens the debug port (x86) or the serial line (arm64). */
void frame_open(void);
/* Sends "\n@lab NAME LENGTH CHECKSUM\n" and the bytes. Several frames of one name are one section. */
void frame_send(const char *name, const void *bytes, size_t length);

/* ---- steps.c ---- */

/* Writes text into a file of sysfs; returns 0 or a negative errno. */
int write_text(const char *path, const char *text);
/* Executes the lines of a file and sends their results as section "steps". */
void steps_run(const char *path);

/* ---- story.c ---- */

/*
 * Runs the script of a story and sends what it says as section "story", while it says it. Returns
 * its exit status, or a negative errno.
 */
int story_run(const char *path);

/* ---- modules.c ---- */

/* Loads one module file; returns 0 or a negative errno. Loaded already is fine. */
int module_load(const char *path);

/* ---- bulk.c ---- */

/*
 * Feeds the lines of a file to a device and sends what can be read from it as section "bulk".
 * Returns 0 or a negative errno.
 */
int bulk_run(const char *lines_path, const char *device_path);

#endif
