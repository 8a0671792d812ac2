/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "judge.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The sanitizers end a program with this status (scripts/test sets it). */
#define SANITIZER_STATUS 99

/* ---- judging one scenario ---- */

static bool crashed(const struct outcome *outcome)
{
    return outcome->timed_out || outcome->status == SANITIZER_STATUS || outcome->status >= 128 ||
           memmem(outcome->err.data, outcome->err.length, "Sanitizer: ", 11) ||
           memmem(outcome->err.data, outcome->err.length, ": runtime error: ", 17);
}

static void print_crash(const struct outcome *outcome, FILE *stream)
{
    char *rest = NULL;

    fprintf(stream, "# %s, status %d\n", outcome->timed_out ? "ran too long" : "crashed",
            outcome->status);
    for (char *line = strtok_r(outcome->err.data, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        fprintf(stream, "#   %s\n", line);
}

static bool equal(const struct bytes *a, const struct bytes *b)
{
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/* Each line of a [... has] or [... lacks] section is looked for in the output. */
static bool check_lines(const struct section *section, const struct bytes *output, bool wanted,
                        FILE *stream)
{
    char *lines, *rest = NULL;
    bool ok = true;

    if (!section)
        return true;
    lines = checked(strdup(section->body.data));
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        bool there = memmem(output->data, output->length, line, strlen(line)) != NULL;

        if (there == wanted)
            continue;
        fprintf(stream, "# %s, line '%s' is %s in:\n#   ", section->header, line,
                there ? "there" : "not");
        for (size_t i = 0; i < output->length && i < 4000; i++) {
            fputc(output->data[i], stream);
            if (output->data[i] == '\n')
                fputs("#   ", stream);
        }
        fputc('\n', stream);
        ok = false;
    }
    free(lines);
    return ok;
}

static bool check_stream(const struct scenario *scenario, const struct stage *stage,
                         enum section_kind kind, const struct bytes *output, FILE *stream)
{
    char nothing[] = "";
    const struct bytes empty = {.data = nothing};
    bool is_err = kind == SECTION_STDERR;
    const struct section *exact = scenario_find(scenario, kind);
    const struct section *has =
        scenario_find(scenario, is_err ? SECTION_STDERR_HAS : SECTION_STDOUT_HAS);
    const struct section *lacks =
        scenario_find(scenario, is_err ? SECTION_STDERR_LACKS : SECTION_STDOUT_LACKS);
    const struct bytes *expected = exact ? &exact->body : is_err && !has ? &empty : NULL;
    bool ok = true;

    if (expected && !equal(expected, output)) {
        stage_print_difference(stage, is_err ? "stderr" : "stdout", expected, output, stream);
        ok = false;
    }
    ok &= check_lines(has, output, true, stream);
    ok &= check_lines(lacks, output, false, stream);
    return ok;
}

bool judge_outcome(const struct scenario *scenario, const struct stage *stage,
                   struct outcome *outcome, FILE *stream)
{
    const struct section *section = scenario_find(scenario, SECTION_EXIT);
    long expected = section ? strtol(section->body.data, NULL, 10) : 0;
    bool ok = true;

    if (crashed(outcome)) {
        print_crash(outcome, stream);
        return false;
    }
    if (outcome->status != expected) {
        fprintf(stream, "# exit status %d, expected %ld\n", outcome->status, expected);
        ok = false;
    }
    ok &= check_stream(scenario, stage, SECTION_STDOUT, &outcome->out, stream);
    ok &= check_stream(scenario, stage, SECTION_STDERR, &outcome->err, stream);
    return ok;
}

/* ---- the same answer as JSON ---- */

/* The one command of [run] with --json appended, or NULL where that makes no sense. */
char *judge_json_command(const struct scenario *scenario)
{
    const struct section *run = scenario_find(scenario, SECTION_RUN);
    static const char *const other[] = {"--json", "--help", "--version"};
    const char *text = run->body.data;
    size_t length = run->body.length;
    char *command;

    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (scenario_find(scenario, SECTION_NO_JSON) || strncmp(text, "iommuscope", 10) != 0 ||
        !strchr(" \n", text[10]) || strcspn(text, "\n|;&>`#") < length || strstr(text, "$("))
        return NULL;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        if (strstr(text, other[i]))
            return NULL;
    if (asprintf(&command, "%.*s --json", (int)length, text) < 0)
        checked(NULL);
    return command;
}

/* NULL, or what is wrong with the document. */
static const char *check_json(const struct bytes *text, char *buffer, size_t size_bytes)
{
    json_error_t error;
    json_t *document = json_loadb(text->data, text->length, JSON_REJECT_DUPLICATES, &error);
    const char *schema = json_string_value(json_object_get(document, "schema"));
    const char *fault = NULL;

    if (!document) {
        snprintf(buffer, size_bytes, "no JSON: line %d column %d: %s", error.line, error.column,
                 error.text);
        fault = buffer;
    } else if (!schema || strncmp(schema, "iommuscope.", 11) != 0) {
        fault = "the document has no \"schema\": \"iommuscope....\"";
    }
    json_decref(document);
    return fault;
}

bool judge_parity(const struct stage *stage, const struct tools *tools, const char *command,
                  const struct outcome *plain, FILE *stream)
{
    struct outcome outcome;
    char buffer[300];
    const char *fault = NULL;

    stage_run(stage, tools, command, &outcome);
    if (crashed(&outcome)) {
        print_crash(&outcome, stream);
        fault = "crashed";
    } else if (outcome.status != plain->status) {
        snprintf(buffer, sizeof(buffer), "exit status %d, without --json %d", outcome.status,
                 plain->status);
        fault = buffer;
    } else if (plain->out.length > 0 || outcome.out.length > 0) {
        fault = check_json(&outcome.out, buffer, sizeof(buffer));
    }
    if (fault)
        fprintf(stream, "# %s: %s\n", command, fault);
    outcome_done(&outcome);
    return fault == NULL;
}

/* ---- writing the answer into the file ---- */

static void take_outcome(struct scenario *scenario, const struct outcome *outcome)
{
    char number[16];
    struct bytes status = {.data = number};
    bool has_out = scenario_find(scenario, SECTION_STDOUT_HAS) != NULL;
    bool has_err = scenario_find(scenario, SECTION_STDERR_HAS) != NULL;

    status.length = (size_t)snprintf(number, sizeof(number), "%d\n", outcome->status);
    scenario_set(scenario, SECTION_EXIT, outcome->status != 0 ? &status : NULL);
    if (!has_out || scenario_find(scenario, SECTION_STDOUT))
        scenario_set(scenario, SECTION_STDOUT, &outcome->out);
    if (!has_err || scenario_find(scenario, SECTION_STDERR))
        scenario_set(scenario, SECTION_STDERR, outcome->err.length > 0 ? &outcome->err : NULL);
}

bool judge_update(struct scenario *scenario, struct outcome *outcome, FILE *stream)
{
    struct bytes before, after;
    int r;

    if (crashed(outcome)) {
        fprintf(stream, "%s: not updated\n", scenario->path);
        print_crash(outcome, stream);
        return false;
    }
    take_outcome(scenario, outcome);
    scenario_print(scenario, &after);
    r = bytes_read(scenario->path, &before);
    if (r == 0) {
        if (!equal(&before, &after)) {
            r = bytes_write(scenario->path, &after);
            fprintf(stream, "changed %s\n", scenario->path);
        }
        free(before.data);
    }
    free(after.data);
    if (r < 0)
        fprintf(stream, "%s: %s\n", scenario->path, strerror(-r));
    return r == 0;
}
