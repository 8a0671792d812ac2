/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_FRAMES_H
#define IMS_TESTS_LAB_FRAMES_H

/* What the guest sends: "\n@lab NAME LENGTH CHECKSUM\n" and the bytes (guest/frame.c). */

#include <stdbool.h>

#include "base/text.h"

#define LAB_SECTION_MAX 16u

struct lab_section {
    char name[16];
    struct ims_text bytes; /* of all frames of that name */
};

struct lab_frames {
    struct ims_text stream; /* everything that came */
    size_t taken;           /* bytes of stream that are parsed */
    struct lab_section sections[LAB_SECTION_MAX];
    unsigned section_count;
    char damage[128]; /* the first frame that is not what was sent, "" when all are */
};

/* Parses the frames that are complete. asked is called with the text of every frame "ask". */
void lab_frames_parse(struct lab_frames *frames, void (*asked)(void *context, const char *text),
                      void *context);
/* A section, or NULL when no frame of it came. */
const struct ims_text *lab_frames_find(const struct lab_frames *frames, const char *name);
void lab_frames_done(struct lab_frames *frames);

#endif
