/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SCENARIO_H
#define IMS_TESTS_SCENARIO_H

/* One scenario file in memory. README.md of this folder has the format. */

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    char *data; /* a zero follows the last byte */
    size_t length;
};

enum section_kind {
    SECTION_INPUT,
    SECTION_SKETCH,
    SECTION_RUN,
    SECTION_EXIT,
    SECTION_STDOUT,
    SECTION_STDERR,
    SECTION_STDOUT_HAS,
    SECTION_STDERR_HAS,
    SECTION_STDOUT_LACKS,
    SECTION_STDERR_LACKS,
    SECTION_NO_JSON,
};

struct section {
    enum section_kind kind;
    char name[200]; /* of an input: the file below the working directory */
    char form[16];  /* of a sketch: "snapshot", "hex" or "sysfs" */
    char *header;   /* the header line without its line end */
    struct bytes body;
    unsigned line; /* of the header */
};

struct scenario {
    const char *path;
    char title[200];
    struct bytes preamble; /* the comment before the first section */
    struct section *sections;
    size_t section_count;
    char error[300]; /* why the file is no scenario */
};

/* Memory that must be there: a test program ends without it. */
void *checked(void *memory);

/* Reads a whole file; -errno on failure. The caller frees ret->data. */
int bytes_read(const char *path, struct bytes *ret);
int bytes_write(const char *path, const struct bytes *bytes);

/* Reads and checks one scenario file. False: scenario->error says why. */
bool scenario_load(struct scenario *scenario, const char *path);
void scenario_done(struct scenario *scenario);

/* The first section of a kind, or NULL. */
struct section *scenario_find(const struct scenario *scenario, enum section_kind kind);

/* Sets, adds (after [run], in the usual order) or with body NULL removes [exit], [stdout],
 * [stderr]. */
void scenario_set(struct scenario *scenario, enum section_kind kind, const struct bytes *body);

/* The text of the file again. The caller frees ret->data. */
void scenario_print(const struct scenario *scenario, struct bytes *ret);

#endif
