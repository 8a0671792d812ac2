/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

/* Reads all that the command writes on its capture; NULL when it fails. */
static json_t *run_offline(const struct lab_options *options, const struct lab_boot *boot,
                           const char *capture, FILE *stream)
{
    struct ims_text command = {0}, lines = {0};
    json_error_t error;
    json_t *document = NULL;
    /* The program of the guest: the same build, with the same knowledge of names. */
    ims_text_appendf(&command, "'%s-amd64/iommuscope' --input '%s' groups --json", options->guest,
                     capture);
    lab_boot_groups_options(boot, &lines);
    for (const char *line = ims_text_get(&lines); line && *line; line += strcspn(line, "\n") + 1)
        ims_text_appendf(&command, " '%.*s'", (int)strcspn(line, "\n"), line);
    ims_text_append(&command, " 2>/dev/null"); /* notes for a person */
    FILE *output = ims_text_get(&command) ? popen(ims_text_get(&command), "re") : NULL;
    if (output) {
        document = json_loadf(output, 0, &error);
        int status = pclose(output);
        if (status != 0 || !document) {
            fprintf(stream, "offline: %s ended with %#x\n", ims_text_get(&command),
                    (unsigned)status);
            json_decref(document);
            document = NULL;
        }
    }
    ims_text_done(&command);
    ims_text_done(&lines);
    return document;
}

/*
 * What only a live reading can know, or only a file has: the name of the input, and that the machine
 * is the one that the command runs on. Everything else must be the same.
 */
static void drop_what_differs(json_t *document)
{
    json_object_del(document, "input");
    json_object_del(json_object_get(document, "machine"), "live");
}

/* The first place where two documents differ. */
static void describe(FILE *stream, const char *path, const json_t *live, const json_t *offline)
{
    const char *key;
    json_t *value;
    char place[512];
    size_t index;
    if (json_is_object(live) && json_is_object(offline)) {
        json_object_foreach((json_t *)(uintptr_t)live, key, value)
        {
            snprintf(place, sizeof(place), "%.300s.%.200s", path, key);
            if (!json_equal(value, json_object_get(offline, key))) {
                describe(stream, place, value, json_object_get(offline, key));
                return;
            }
        }
        json_object_foreach((json_t *)(uintptr_t)offline, key, value)
        {
            if (!json_object_get(live, key))
                fprintf(stream, "offline only: %s.%s\n", path, key);
        }
    } else if (json_is_array(live) && json_is_array(offline) &&
               json_array_size(live) == json_array_size(offline)) {
        json_array_foreach(live, index, value)
        {
            snprintf(place, sizeof(place), "%.300s[%zu]", path, index);
            if (!json_equal(value, json_array_get(offline, index))) {
                describe(stream, place, value, json_array_get(offline, index));
                return;
            }
        }
    } else {
        char *a = live ? json_dumps(live, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
        char *b = offline ? json_dumps(offline, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
        fprintf(stream, "%s: live %s, offline %s\n", path, a ? a : "nothing", b ? b : "nothing");
        free(a);
        free(b);
    }
}

int lab_offline_check(const struct lab_options *options, const struct lab_boot *boot,
                      const char *capture, FILE *stream)
{
    const struct ims_text *groups = lab_frames_find(&boot->frames, "groups");
    json_error_t error;
    int r = -1;
    json_t *live = json_loadb(groups->data ? groups->data : "", groups->length, 0, &error);
    json_t *offline = run_offline(options, boot, capture, stream);
    if (!live) {
        fprintf(stream, "groups --json in the guest is not JSON: %s\n", error.text);
    } else if (offline) {
        drop_what_differs(live);
        drop_what_differs(offline);
        r = json_equal(live, offline) ? 0 : -1;
        if (r < 0)
            describe(stream, "live and offline differ at ", live, offline);
    }
    json_decref(live);
    json_decref(offline);
    return r;
}
