/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "bulk.h"

/*
 * Cases with the kernel's answers as one text, so that they can be judged again without a kernel:
 *
 *     case [hot] [acs]
 *     ...the sketch...
 *     answer
 *     ...the lines of the module...
 *     end
 *
 * Without the lines of the module it is a case that is still to be asked. Between records there may
 * be comments.
 */

void bulk_record_write(const struct bulk_case *bulk, const struct bulk_answer *answer, FILE *stream)
{
    char address[IMS_ADDRESS_STRING_SIZE];
    fprintf(stream, "case%s%s\n", bulk->hot ? " hot" : "", bulk->acs_wanted ? " acs" : "");
    sketch_print(&bulk->sketch, stream);
    fputs("answer\n", stream);
    for (unsigned i = 0; i < bulk->sketch.count; i++) {
        ims_address_format(bulk->sketch.functions[i].address, address);
        if (answer->groups[i] >= 0)
            fprintf(stream, "group %s %d\n", address, answer->groups[i]);
        else
            fprintf(stream, "group %s -\n", address);
        if (answer->control[i] != BULK_NO_WORD)
            fprintf(stream, "word %s 106 %04x\n", address, answer->control[i]);
        if (answer->control_wide[i] != BULK_NO_WORD)
            fprintf(stream, "word %s 108 %04x\n", address, answer->control_wide[i]);
    }
    fputs("end\n", stream);
}

/* Lines before the first record are comments. */
static void skip_comments(char **text)
{
    while (**text == '#' || **text == '\n') {
        *text += strcspn(*text, "\n");
        *text += **text == '\n';
    }
}

/* Takes the text up to a line that is word, and the line; NULL when there is none. */
static char *take_until(char **text, const char *word)
{
    size_t length = strlen(word);
    for (char *line = *text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, word, length) != 0 || line[length] != '\n')
            continue;
        char *start = *text;
        *text = line + length + 1;
        *line = '\0';
        return start;
    }
    return NULL;
}

bool bulk_record_read(char **text, struct bulk_case *bulk, struct bulk_answer *answer,
                      char why[BULK_WHY_SIZE])
{
    skip_comments(text);
    char *line = *text;
    char *next = strchr(line, '\n');
    char *sketch, *lines;
    *bulk = (struct bulk_case){0};
    *answer = (struct bulk_answer){0};
    if (!next || strncmp(line, "case", 4) != 0) {
        snprintf(why, BULK_WHY_SIZE, "a record does not begin with \"case\": %.40s", line);
        return false;
    }
    *next = '\0';
    bulk->hot = strstr(line, " hot") != NULL;
    bulk->acs_wanted = strstr(line, " acs") != NULL;
    *text = next + 1;
    sketch = take_until(text, "answer");
    lines = sketch ? take_until(text, "end") : NULL;
    if (!lines) {
        snprintf(why, BULK_WHY_SIZE, "a record is cut");
        return false;
    }
    if (sketch_parse(&bulk->sketch, sketch, why, BULK_WHY_SIZE) < 0)
        return false;
    bulk_answer_read(bulk, lines, answer);
    if (answer->error[0])
        snprintf(why, BULK_WHY_SIZE, "%s", answer->error);
    return !answer->error[0];
}

char *bulk_file_read(const char *path)
{
    FILE *stream = fopen(path, "re");
    char *text = NULL;
    long size = 0;
    if (stream && fseek(stream, 0, SEEK_END) == 0 && (size = ftell(stream)) >= 0)
        text = calloc((size_t)size + 1, 1);
    if (text) {
        rewind(stream);
        if (fread(text, 1, (size_t)size, stream) != (size_t)size) {
            free(text);
            text = NULL;
        }
    }
    if (stream)
        fclose(stream);
    return text;
}

bool bulk_cases_read(const char *path, const char *release, bool ivrs, struct bulk_case **ret,
                     unsigned *ret_count, char why[BULK_WHY_SIZE])
{
    char *text = bulk_file_read(path), *rest = text;
    bool readable = text != NULL;
    *ret = NULL;
    *ret_count = 0;
    if (!readable)
        snprintf(why, BULK_WHY_SIZE, "%s cannot be read", path);
    for (; readable && *rest; skip_comments(&rest)) {
        struct bulk_case bulk;
        struct bulk_answer answer;
        readable = bulk_record_read(&rest, &bulk, &answer, why);
        bulk_answer_done(&answer);
        if (!readable || (bulk.sketch.machine.ivrs == IMS_YES) != ivrs) {
            bulk_case_done(&bulk);
            continue;
        }
        snprintf(bulk.sketch.machine.kernel, sizeof(bulk.sketch.machine.kernel), "%s", release);
        *ret = realloc(*ret, (*ret_count + 1u) * sizeof(**ret));
        if (!*ret)
            abort();
        (*ret)[(*ret_count)++] = bulk;
    }
    free(text);
    return readable;
}
