/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "scenario.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NO_NEWLINE "\\ no newline at end\n"

static const struct {
    const char *text;
    enum section_kind kind;
    bool once;
} headers[] = {
    {"input", SECTION_INPUT, false},
    {"sketch", SECTION_SKETCH, false},
    {"run", SECTION_RUN, true},
    {"exit", SECTION_EXIT, true},
    {"stdout", SECTION_STDOUT, true},
    {"stderr", SECTION_STDERR, true},
    {"stdout has", SECTION_STDOUT_HAS, true},
    {"stderr has", SECTION_STDERR_HAS, true},
    {"stdout lacks", SECTION_STDOUT_LACKS, true},
    {"stderr lacks", SECTION_STDERR_LACKS, true},
    {"no json", SECTION_NO_JSON, true},
};
#define HEADER_COUNT (sizeof(headers) / sizeof(headers[0]))

void *checked(void *memory)
{
    if (!memory) {
        fputs("scenario-run: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

int bytes_read(const char *path, struct bytes *ret)
{
    FILE *file = fopen(path, "rbe");
    size_t capacity = 65536, length = 0, got;
    struct stat status;
    char *data;
    int error;

    if (!file)
        return -errno;
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        fclose(file);
        return -EISDIR;
    }
    data = checked(malloc(capacity));
    while ((got = fread(data + length, 1, capacity - length - 1, file)) > 0) {
        length += got;
        if (length + 1 == capacity)
            data = checked(realloc(data, capacity *= 2));
    }
    error = ferror(file) ? -EIO : 0;
    fclose(file);
    if (error < 0) {
        free(data);
        return error;
    }
    data[length] = '\0';
    *ret = (struct bytes){.data = data, .length = length};
    return 0;
}

int bytes_write(const char *path, const struct bytes *bytes)
{
    FILE *file = fopen(path, "wbe");
    int error = 0;

    if (!file)
        return -errno;
    if (fwrite(bytes->data, 1, bytes->length, file) != bytes->length)
        error = -EIO;
    if (fclose(file) != 0)
        error = -EIO;
    return error;
}

__attribute__((format(printf, 3, 4))) static bool fail(struct scenario *scenario, unsigned line,
                                                       const char *format, ...)
{
    char text[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(scenario->error, sizeof(scenario->error), "line %u: %s", line, text);
    return false;
}

/* ---- headers ---- */

static bool starts_with_word(const char *text, size_t length, const char *word)
{
    size_t word_length = strlen(word);

    return length >= word_length && memcmp(text, word, word_length) == 0 &&
           (length == word_length || text[word_length] == ' ');
}

/* Whether a line (without its end) is the header of a section rather than text of one. */
static bool is_header(const char *line, size_t length)
{
    if (length < 2 || line[0] != '[' || line[length - 1] != ']')
        return false;
    for (size_t i = 0; i < HEADER_COUNT; i++)
        if (starts_with_word(line + 1, length - 2, headers[i].text))
            return true;
    return false;
}

/* Names stay inside the working directory. */
static bool name_is_safe(const char *name)
{
    return name[0] != '\0' && name[0] != '/' && !strstr(name, "..");
}

static bool section_read_name(struct scenario *scenario, struct section *section, char *words)
{
    char *rest = NULL;
    const char *name = strtok_r(words, " ", &rest);
    const char *form = strtok_r(NULL, " ", &rest);

    snprintf(section->name, sizeof(section->name), "%s", name ? name : "input");
    snprintf(section->form, sizeof(section->form), "%s", form ? form : "snapshot");
    if (!name_is_safe(section->name))
        return fail(scenario, section->line, "file name '%s' leaves the folder", section->name);
    if (form && section->kind != SECTION_SKETCH)
        return fail(scenario, section->line, "'%s' after the file name", form);
    if (strcmp(section->form, "snapshot") != 0 && strcmp(section->form, "hex") != 0 &&
        strcmp(section->form, "sysfs") != 0)
        return fail(scenario, section->line, "form '%s' is none of snapshot, hex, sysfs",
                    section->form);
    return true;
}

static bool section_read_header(struct scenario *scenario, struct section *section)
{
    char words[256];
    size_t length = strlen(section->header) - 2;

    if (length >= sizeof(words))
        return fail(scenario, section->line, "header is too long");
    memcpy(words, section->header + 1, length);
    words[length] = '\0';
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        size_t name_length = strlen(headers[i].text);

        if (!headers[i].once && starts_with_word(words, length, headers[i].text)) {
            section->kind = headers[i].kind;
            return section_read_name(scenario, section, words + name_length);
        }
        if (strcmp(words, headers[i].text) == 0) {
            section->kind = headers[i].kind;
            if (scenario_find(scenario, section->kind))
                return fail(scenario, section->line, "second [%s]", words);
            return true;
        }
    }
    return fail(scenario, section->line, "[%s] is no section", words);
}

/* ---- bodies ---- */

static const char *line_end(const char *from, const char *end)
{
    const char *newline = memchr(from, '\n', (size_t)(end - from));

    return newline ? newline + 1 : end;
}

/* Takes away what the format adds: one empty line at the end, escapes, the mark of a missing end.
 */
static struct bytes body_decode(const char *from, const char *end)
{
    struct bytes body = {.data = checked(malloc((size_t)(end - from) + 2))};

    if (end - from >= 1 && end[-1] == '\n' && (end - from == 1 || end[-2] == '\n'))
        end--;
    while (from < end) {
        const char *next = line_end(from, end);
        size_t length = (size_t)(next - from);

        if (next == end && length == strlen(NO_NEWLINE) && memcmp(from, NO_NEWLINE, length) == 0) {
            if (body.length > 0)
                body.length--;
            break;
        }
        if (length >= 2 && from[0] == '\\' && (from[1] == '[' || from[1] == '\\')) {
            from++;
            length--;
        }
        memcpy(body.data + body.length, from, length);
        body.length += length;
        from = next;
    }
    body.data[body.length] = '\0';
    return body;
}

static void body_encode(FILE *stream, const struct bytes *body, bool last)
{
    const char *from = body->data;
    const char *end = from + body->length;
    bool ends_empty = false;

    while (from < end) {
        const char *next = line_end(from, end);
        size_t length = (size_t)(next - from);
        size_t text_length = from[length - 1] == '\n' ? length - 1 : length;

        if (is_header(from, text_length) || from[0] == '\\')
            fputc('\\', stream);
        fwrite(from, 1, length, stream);
        ends_empty = text_length == 0;
        from = next;
    }
    if (body->length > 0 && end[-1] != '\n')
        fputs("\n" NO_NEWLINE, stream);
    if (!last || ends_empty)
        fputc('\n', stream);
}

/* ---- the file ---- */

static void section_done(struct section *section)
{
    free(section->header);
    free(section->body.data);
}

struct section *scenario_find(const struct scenario *scenario, enum section_kind kind)
{
    for (size_t i = 0; i < scenario->section_count; i++)
        if (scenario->sections[i].kind == kind)
            return &scenario->sections[i];
    return NULL;
}

static struct section *scenario_insert(struct scenario *scenario, size_t at)
{
    size_t size = sizeof(*scenario->sections);

    scenario->sections = checked(realloc(scenario->sections, (scenario->section_count + 1) * size));
    memmove(&scenario->sections[at + 1], &scenario->sections[at],
            (scenario->section_count - at) * size);
    scenario->section_count++;
    scenario->sections[at] = (struct section){0};
    return &scenario->sections[at];
}

/* Cuts the text at its headers. */
static bool scenario_split(struct scenario *scenario, const struct bytes *text)
{
    const char *from = text->data;
    const char *end = from + text->length;
    const char *body = from;
    unsigned line = 0;

    scenario->preamble = (struct bytes){.data = checked(calloc(1, 1))};
    while (body <= end) {
        const char *at = body;
        const char *next = at;
        struct bytes decoded;

        /* up to the next header */
        for (; at < end; at = next) {
            next = line_end(at, end);
            line++;
            if (is_header(at, (size_t)(next - at) - (next[-1] == '\n')))
                break;
        }
        if (scenario->section_count == 0) {
            free(scenario->preamble.data);
            scenario->preamble.data = checked(strndup(from, (size_t)(at - from)));
            scenario->preamble.length = (size_t)(at - from);
        } else {
            decoded = body_decode(body, at);
            scenario->sections[scenario->section_count - 1].body = decoded;
        }
        if (at == end)
            break;

        struct section section = {.line = line};
        section.header = checked(strndup(at, (size_t)(next - at) - (next[-1] == '\n')));
        bool ok = section_read_header(scenario, &section);
        *scenario_insert(scenario, scenario->section_count) = section;
        if (!ok)
            return false;
        body = next;
    }
    return true;
}

static bool scenario_read_title(struct scenario *scenario)
{
    const char *text = scenario->preamble.data;

    if (strncmp(text, "# ", 2) != 0)
        return fail(scenario, 1, "the first line is not '# TITLE'");
    snprintf(scenario->title, sizeof(scenario->title), "%.*s", (int)strcspn(text + 2, "\n#"),
             text + 2);
    for (const char *line = text; *line; line = strchrnul(line, '\n'), line += *line == '\n')
        if (*line != '#' && *line != '\n')
            return fail(scenario, 1, "text outside of a section: %.40s", line);
    return true;
}

static bool scenario_check(struct scenario *scenario)
{
    static const enum section_kind checks[] = {SECTION_STDOUT, SECTION_STDERR, SECTION_STDOUT_HAS,
                                               SECTION_STDERR_HAS};
    const struct section *exit_section = scenario_find(scenario, SECTION_EXIT);
    bool checked_at_all = false;

    if (!scenario_read_title(scenario))
        return false;
    if (!scenario_find(scenario, SECTION_RUN))
        return fail(scenario, 1, "no [run]");
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checked_at_all |= scenario_find(scenario, checks[i]) != NULL;
    if (!checked_at_all)
        return fail(scenario, 1, "none of [stdout], [stderr], [stdout has], [stderr has]");
    for (size_t i = 0; i < scenario->section_count; i++) {
        const struct section *section = &scenario->sections[i];

        if (section->kind >= SECTION_STDOUT_HAS && section->body.length == 0)
            return fail(scenario, section->line, "%s is empty", section->header);
        for (size_t k = 0; k < i; k++)
            if (section->name[0] && strcmp(section->name, scenario->sections[k].name) == 0)
                return fail(scenario, section->line, "second file '%s'", section->name);
    }
    if (exit_section && strspn(exit_section->body.data, "0123456789") == 0)
        return fail(scenario, exit_section->line, "[exit] is no number");
    return true;
}

bool scenario_load(struct scenario *scenario, const char *path)
{
    struct bytes text;
    bool ok;
    int r;

    *scenario = (struct scenario){.path = path};
    r = bytes_read(path, &text);
    if (r < 0)
        return fail(scenario, 0, "%s", strerror(-r));
    if (text.length > 0 && text.data[text.length - 1] != '\n')
        text.data[text.length++] = '\n'; /* an editor's slip; there was room for the zero */
    ok = scenario_split(scenario, &text) && scenario_check(scenario);
    free(text.data);
    return ok;
}

void scenario_done(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->section_count; i++)
        section_done(&scenario->sections[i]);
    free(scenario->sections);
    free(scenario->preamble.data);
}

void scenario_set(struct scenario *scenario, enum section_kind kind, const struct bytes *body)
{
    struct section *section = scenario_find(scenario, kind);
    size_t at;

    if (!body) {
        if (!section)
            return;
        section_done(section);
        at = (size_t)(section - scenario->sections);
        scenario->section_count--;
        memmove(section, section + 1, (scenario->section_count - at) * sizeof(*section));
        return;
    }
    if (section) {
        free(section->body.data);
    } else {
        for (at = 0; at < scenario->section_count; at++)
            if (scenario->sections[at].kind > kind)
                break;
        section = scenario_insert(scenario, at);
        section->kind = kind;
        section->header = checked(strdup(kind == SECTION_EXIT     ? "[exit]"
                                         : kind == SECTION_STDOUT ? "[stdout]"
                                                                  : "[stderr]"));
    }
    section->body.data = checked(malloc(body->length + 1));
    memcpy(section->body.data, body->data, body->length);
    section->body.data[body->length] = '\0';
    section->body.length = body->length;
}

void scenario_print(const struct scenario *scenario, struct bytes *ret)
{
    FILE *stream = checked(open_memstream(&ret->data, &ret->length));

    fwrite(scenario->preamble.data, 1, scenario->preamble.length, stream);
    for (size_t i = 0; i < scenario->section_count; i++) {
        fprintf(stream, "%s\n", scenario->sections[i].header);
        body_encode(stream, &scenario->sections[i].body, i + 1 == scenario->section_count);
    }
    fclose(stream);
    checked(ret->data);
}
