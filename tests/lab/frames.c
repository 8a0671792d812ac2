/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MARK "\n@lab "

/* As in guest/frame.c. */
static uint32_t checksum(const char *bytes, size_t length)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * 16777619u;
    return sum;
}

static void damage(struct lab_frames *frames, const char *what, const char *name)
{
    if (!frames->damage[0])
        snprintf(frames->damage, sizeof(frames->damage), "%s: %s", name, what);
}

static struct ims_text *section_of(struct lab_frames *frames, const char *name)
{
    for (unsigned i = 0; i < frames->section_count; i++) {
        if (strcmp(frames->sections[i].name, name) == 0)
            return &frames->sections[i].bytes;
    }
    if (frames->section_count == LAB_SECTION_MAX)
        return NULL;
    struct lab_section *section = &frames->sections[frames->section_count++];
    snprintf(section->name, sizeof(section->name), "%s", name);
    return &section->bytes;
}

static void take(struct lab_frames *frames, const char *name, const char *bytes, size_t length,
                 uint32_t sum, void (*asked)(void *, const char *), void *context)
{
    if (checksum(bytes, length) != sum) {
        damage(frames, "the checksum is wrong", name);
    } else if (strcmp(name, "ask") == 0) {
        struct ims_text text = {0};
        ims_text_append_bytes(&text, bytes, length);
        if (asked && ims_text_get(&text))
            asked(context, ims_text_get(&text));
        ims_text_done(&text);
    } else {
        struct ims_text *section = section_of(frames, name);
        if (section)
            ims_text_append_bytes(section, bytes, length);
        else
            damage(frames, "too many sections", name);
    }
}

void lab_frames_parse(struct lab_frames *frames, void (*asked)(void *context, const char *text),
                      void *context)
{
    const struct ims_text *stream = &frames->stream;
    while (frames->taken < stream->length) {
        const char *from = stream->data + frames->taken;
        const char *mark = memmem(from, stream->length - frames->taken, MARK, strlen(MARK));
        char name[16];
        size_t length;
        unsigned sum;
        int header = 0;
        if (!mark)
            return;
        const char *line_end =
            memchr(mark + 1, '\n', stream->length - (size_t)(mark + 1 - stream->data));
        if (!line_end)
            return;
        if (sscanf(mark, MARK "%15s %zu %8x%n", name, &length, &sum, &header) != 3 ||
            mark + header != line_end) {
            damage(frames, "a header that cannot be understood", "?");
            frames->taken = (size_t)(line_end - stream->data);
            continue;
        }
        size_t begin = (size_t)(line_end + 1 - stream->data);
        if (stream->length - begin < length)
            return;
        frames->taken = begin + length;
        take(frames, name, stream->data + begin, length, sum, asked, context);
    }
}

const struct ims_text *lab_frames_find(const struct lab_frames *frames, const char *name)
{
    for (unsigned i = 0; i < frames->section_count; i++) {
        if (strcmp(frames->sections[i].name, name) == 0)
            return &frames->sections[i].bytes;
    }
    return NULL;
}

void lab_frames_done(struct lab_frames *frames)
{
    for (unsigned i = 0; i < frames->section_count; i++)
        ims_text_done(&frames->sections[i].bytes);
    ims_text_done(&frames->stream);
    *frames = (struct lab_frames){0};
}
