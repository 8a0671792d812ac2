/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine_check.h"

const char *lab_arch_name(enum lab_arch arch)
{
    return arch == LAB_ARM64 ? "arm64" : "amd64";
}

static int compare_series(const struct ims_kernel_version *a, const struct ims_kernel_version *b)
{
    return a->major != b->major ? a->major - b->major : a->minor - b->minor;
}

bool lab_range_holds(const struct lab_range *range, const struct ims_kernel_version *version)
{
    return (range->first.major == 0 || compare_series(&range->first, version) <= 0) &&
           (range->last.major == 0 || compare_series(version, &range->last) <= 0);
}

/* "6.12+", "-6.11", "6.1-6.6" or "6.12"; -EINVAL. */
static int parse_range(const char *text, struct lab_range *ret)
{
    char first[32] = "", last[32] = "";
    size_t length = strlen(text);
    const char *dash = strchr(text, '-');
    if (length == 0 || length >= sizeof(first))
        return -EINVAL;
    *ret = (struct lab_range){0};
    if (text[length - 1] == '+') {
        memcpy(first, text, length - 1);
    } else if (dash) {
        memcpy(first, text, (size_t)(dash - text));
        strcpy(last, dash + 1);
        if (!last[0])
            return -EINVAL;
    } else {
        strcpy(first, text);
        strcpy(last, text);
    }
    if ((first[0] && ims_kernel_version_parse(first, &ret->first) < 0) ||
        (last[0] && ims_kernel_version_parse(last, &ret->last) < 0))
        return -EINVAL;
    if (first[0] && last[0] && compare_series(&ret->first, &ret->last) > 0)
        return -EINVAL;
    return first[0] || last[0] ? 0 : -EINVAL;
}

static const struct {
    const char *name;
    bool once;    /* two lines of it for one kernel contradict each other */
    bool ranged;  /* may stand behind "on RANGE" */
    bool no_text; /* the word says everything */
} keywords[LAB_KEYWORD_MAX] = {
    [LAB_ARCH] = {"arch", .once = true},
    [LAB_IOMMU] = {"iommu", .once = true},
    [LAB_FIRMWARE] = {"firmware", .once = true},
    [LAB_MEMORY] = {"memory", .once = true},
    [LAB_KERNELS] = {"kernels", .once = true},
    [LAB_QUICK] = {"quick", .once = true, .no_text = true},
    [LAB_DEVICE] = {"device"},
    [LAB_QEMU] = {"qemu"},
    [LAB_CMDLINE] = {"cmdline", .ranged = true},
    [LAB_MODULE] = {"module", .ranged = true},
    [LAB_MODPROBE] = {"modprobe", .ranged = true},
    [LAB_STEP] = {"step", .ranged = true},
    [LAB_STORY] = {"story", .once = true},
    [LAB_PROBE] = {"probe", .ranged = true},
    [LAB_NUMBERS] = {"numbers", .ranged = true, .no_text = true},
    [LAB_GROUP] = {"group", .ranged = true},
    [LAB_UNGROUPED] = {"ungrouped", .ranged = true},
    [LAB_DIFFERS] = {"differs", .ranged = true},
    [LAB_WARNS] = {"warns", .ranged = true},
};

const char *lab_keyword_name(enum lab_keyword keyword)
{
    return keywords[keyword].name;
}

static __attribute__((format(printf, 3, 4))) int fail(struct ims_error *error, unsigned line,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    error->line = line;
    error->code = EINVAL;
    return -EINVAL;
}

/* Cuts the first word off a line; the rest begins at its first word. */
static char *take_word(char **rest)
{
    char *word = *rest;
    size_t length = strcspn(word, " \t");
    char *next = word + length;
    next += strspn(next, " \t");
    word[length] = '\0';
    *rest = next;
    return word;
}

static bool is_duplicate(const struct lab_machine *machine, enum lab_keyword keyword)
{
    return keywords[keyword].once && lab_machine_next(machine, keyword, NULL, NULL);
}

static int add(struct lab_machine *machine, const struct lab_statement *statement)
{
    if (machine->count == machine->capacity) {
        unsigned capacity = machine->capacity ? machine->capacity * 2 : 32;
        struct lab_statement *grown =
            realloc(machine->statements, capacity * sizeof(*machine->statements));
        if (!grown)
            return -ENOMEM;
        machine->statements = grown;
        machine->capacity = capacity;
    }
    machine->statements[machine->count++] = *statement;
    return 0;
}

/* What the machine keeps beside its lines. */
static int note(struct lab_machine *machine, const struct lab_statement *statement,
                struct ims_error *error)
{
    if (statement->keyword == LAB_ARCH)
        machine->arch = strcmp(statement->text, "arm64") == 0 ? LAB_ARM64 : LAB_AMD64;
    machine->quick |= statement->keyword == LAB_QUICK;
    if (statement->keyword == LAB_KERNELS && parse_range(statement->text, &machine->kernels) < 0)
        return fail(error, statement->line, "'%s' is no range of kernels", statement->text);
    return 0;
}

static int parse_line(struct lab_machine *machine, char *line, unsigned number,
                      struct ims_error *error)
{
    struct lab_statement statement = {.line = number};
    bool ranged = false;
    unsigned keyword = 0;
    char problem[160];
    char *word = take_word(&line);
    if (strcmp(word, "on") == 0) {
        char *range = take_word(&line);
        if (parse_range(range, &statement.range) < 0)
            return fail(error, number, "'%s' is no range of kernels", range);
        ranged = true;
        word = take_word(&line);
    }
    while (keyword < LAB_KEYWORD_MAX && strcmp(keywords[keyword].name, word) != 0)
        keyword++;
    if (keyword == LAB_KEYWORD_MAX)
        return fail(error, number, "unknown keyword '%s'", word);
    if (ranged && !keywords[keyword].ranged)
        return fail(error, number, "'%s' holds for all kernels", word);
    if (is_duplicate(machine, keyword))
        return fail(error, number, "a second '%s'", word);
    if (keywords[keyword].no_text != (line[0] == '\0'))
        return fail(error, number, "'%s' %s", word,
                    line[0] ? "stands alone" : "says nothing without more words");
    statement.keyword = keyword;
    if (lab_statement_check(keyword, line, problem, sizeof(problem)) < 0)
        return fail(error, number, "%s: %s", word, problem);
    statement.text = strdup(line);
    if (!statement.text)
        return -ENOMEM;
    int r = add(machine, &statement);
    if (r < 0)
        free(statement.text);
    return r < 0 ? r : note(machine, &statement, error);
}

/* A comment is a whole line: "#" may stand in the text of a device. */
static int read_lines(struct lab_machine *machine, FILE *stream, struct ims_error *error)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    unsigned number = 0;
    int r = 0;
    while (r == 0 && (length = getline(&line, &capacity, stream)) >= 0) {
        char *text = line + strspn(line, " \t");
        number++;
        while (length > text - line && isspace((unsigned char)line[length - 1]))
            line[--length] = '\0';
        if (text[0] == '#') {
            text += 1 + strspn(text + 1, " \t");
            if (!machine->title && !(machine->title = strdup(text)))
                r = -ENOMEM;
        } else if (text[0] && !machine->title) {
            r = fail(error, number, "the first line is a comment that names the machine");
        } else if (text[0]) {
            r = parse_line(machine, text, number, error);
        }
    }
    free(line);
    if (r == 0 && !machine->title)
        r = fail(error, 1, "the first line is a comment that names the machine");
    return r;
}

static int name_it(struct lab_machine *machine, const char *path)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *dot = strrchr(base, '.');
    machine->path = strdup(path);
    machine->name = strndup(base, dot ? (size_t)(dot - base) : strlen(base));
    return machine->path && machine->name ? 0 : -ENOMEM;
}

int lab_machine_read(const char *path, struct lab_machine **ret, struct ims_error *reterr)
{
    struct ims_error error = {0};
    struct lab_machine *machine = calloc(1, sizeof(*machine));
    FILE *stream = fopen(path, "re");
    int r = !stream ? -errno : !machine ? -ENOMEM : name_it(machine, path);
    snprintf(error.path, sizeof(error.path), "%s", path);
    if (r == 0)
        r = read_lines(machine, stream, &error);
    if (r == 0)
        *ret = machine;
    else
        lab_machine_free(machine);
    if (stream)
        fclose(stream);
    if (r < 0 && !error.code) {
        error.code = -r;
        snprintf(error.message, sizeof(error.message), "%s", strerror(-r));
    }
    if (r < 0 && reterr)
        *reterr = error;
    return r;
}

void lab_machine_free(struct lab_machine *machine)
{
    if (!machine)
        return;
    for (unsigned i = 0; i < machine->count; i++)
        free(machine->statements[i].text);
    free(machine->statements);
    free(machine->path);
    free(machine->name);
    free(machine->title);
    free(machine);
}

const struct lab_statement *lab_machine_next(const struct lab_machine *machine,
                                             enum lab_keyword keyword,
                                             const struct ims_kernel_version *version,
                                             const struct lab_statement *previous)
{
    unsigned from = previous ? (unsigned)(previous - machine->statements) + 1 : 0;
    for (unsigned i = from; i < machine->count; i++) {
        const struct lab_statement *statement = &machine->statements[i];
        if (statement->keyword == keyword &&
            (!version || lab_range_holds(&statement->range, version)))
            return statement;
    }
    return NULL;
}

const char *lab_machine_text(const struct lab_machine *machine, enum lab_keyword keyword,
                             const struct ims_kernel_version *version, const char *otherwise)
{
    const struct lab_statement *statement = lab_machine_next(machine, keyword, version, NULL);
    return statement ? statement->text : otherwise;
}
