/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "verdict.h"

/* What was asked in the guest and is asked again of its capture. */
static const char *const commands[] = {"groups", "audit", "reach"};

/* Reads all that the command writes on its capture; NULL when that is not JSON. */
static json_t *run_offline(const struct lab_options *options, const struct lab_boot *boot,
                           const char *name, const char *capture, FILE *stream, int *ret_status)
{
    struct ims_text command = {0}, lines = {0};
    json_error_t error;
    json_t *document = NULL;
    /* The program of the guest: the same build, with the same knowledge of names. */
    ims_text_appendf(&command, "'%s-amd64/iommuscope' --input '%s' %s --json", options->guest,
                     capture, name);
    lab_boot_groups_options(boot, &lines);
    for (const char *line = ims_text_get(&lines); line && *line; line += strcspn(line, "\n") + 1)
        ims_text_appendf(&command, " '%.*s'", (int)strcspn(line, "\n"), line);
    ims_text_append(&command, " 2>/dev/null"); /* notes for a person */
    FILE *output = ims_text_get(&command) ? popen(ims_text_get(&command), "re") : NULL;
    if (output) {
        document = json_loadf(output, 0, &error);
        const int status = pclose(output);
        *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (!document)
            fprintf(stream, "offline: %s ended with %#x and no JSON\n", ims_text_get(&command),
                    (unsigned)status);
    }
    ims_text_done(&command);
    ims_text_done(&lines);
    return document;
}

/* What the command ended with in the guest: a line "NAME STATUS" of section "status", else -1. */
static int live_status(const struct lab_boot *boot, const char *name)
{
    const struct ims_text *section = lab_frames_find(&boot->frames, "status");
    const size_t length = strlen(name);
    const char *line = section ? ims_text_get(section) : NULL;
    for (; line && *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != '\0')) {
        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return atoi(line + length);
    }
    return -1;
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

static int check(const struct lab_options *options, const struct lab_boot *boot, const char *name,
                 const char *capture, FILE *stream)
{
    const struct ims_text *answer = lab_frames_find(&boot->frames, name);
    const int expected = live_status(boot, name);
    json_error_t error;
    char title[64];
    int status = -1;
    int r = -1;
    json_t *live = json_loadb(answer && answer->data ? answer->data : "",
                              answer ? answer->length : 0, 0, &error);
    json_t *offline = run_offline(options, boot, name, capture, stream, &status);
    if (!live) {
        fprintf(stream, "%s --json in the guest is not JSON: %s\n", name, error.text);
    } else if (offline) {
        drop_what_differs(live);
        drop_what_differs(offline);
        r = json_equal(live, offline) ? 0 : -1;
        snprintf(title, sizeof(title), "%s: live and offline differ at ", name);
        if (r < 0)
            describe(stream, title, live, offline);
    }
    /* 1 and 2 say that there was no answer; 3 and 6 are answers. */
    if (status != expected || status < 0 || status == 1 || status == 2) {
        fprintf(stream, "%s ended with %d in the guest, with %d on its capture\n", name, expected,
                status);
        r = -1;
    }
    json_decref(live);
    json_decref(offline);
    return r;
}

int lab_offline_check(const struct lab_options *options, const struct lab_boot *boot,
                      const char *capture, FILE *stream)
{
    int r = 0;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (check(options, boot, commands[i], capture, stream) < 0)
            r = -1;
    }
    return r;
}
