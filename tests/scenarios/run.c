/* SPDX-License-Identifier: MIT */
/*
 * Plays scenario files (README.md) and prints TAP; with --update it writes what the program says
 * now into the files instead.
 *
 *     scenario-run --iommuscope PROGRAM --sketch PROGRAM --top DIR [-j N] [--update] [FILTER...]
 *
 * A FILTER is a part of a path below tests/scenarios.
 */

#define _GNU_SOURCE

#include <ftw.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"

/* ---- one file ---- */

/* The points of one file: "ok - NAME" lines without numbers, each followed by its comments. */
struct points {
    const char *name, *title;
    FILE *stream;
    FILE *comment; /* collected first, TAP wants them after the line */
    char *text;
    size_t length;
};

static void points_begin(struct points *points)
{
    points->comment = checked(open_memstream(&points->text, &points->length));
}

static bool points_end(struct points *points, const char *part, bool ok)
{
    fclose(points->comment);
    fprintf(points->stream, "%s - %s%s: %s\n%s", ok ? "ok" : "not ok", points->name, part,
            points->title, points->text);
    free(points->text);
    return ok;
}

static bool play_staged(struct scenario *scenario, const struct stage *stage,
                        const struct tools *tools, struct points *points)
{
    const char *script = scenario_find(scenario, SECTION_RUN)->body.data;
    char *command = judge_json_command(scenario);
    struct outcome outcome;
    bool ok;

    stage_run(stage, tools, script, &outcome);
    points_begin(points);
    ok = points_end(points, "", judge_outcome(scenario, stage, &outcome, points->comment));
    if (command) {
        points_begin(points);
        ok &= points_end(points, " --json",
                         judge_parity(stage, tools, command, &outcome, points->comment));
    }
    free(command);
    outcome_done(&outcome);
    return ok;
}

static bool update_staged(struct scenario *scenario, const struct stage *stage,
                          const struct tools *tools, FILE *stream)
{
    struct outcome outcome;
    bool ok;

    stage_run(stage, tools, scenario_find(scenario, SECTION_RUN)->body.data, &outcome);
    ok = judge_update(scenario, &outcome, stream);
    outcome_done(&outcome);
    return ok;
}

static bool play(const char *path, const char *name, const struct tools *tools, bool updating,
                 FILE *stream)
{
    struct scenario scenario;
    struct stage stage = {0};
    struct points points = {.name = name, .title = scenario.title, .stream = stream};
    const char *fault = NULL;
    bool ok = false;

    if (!scenario_load(&scenario, path))
        fault = scenario.error;
    else if (!stage_init(&stage, &scenario, tools))
        fault = stage.error;

    if (!fault && updating) {
        ok = update_staged(&scenario, &stage, tools, stream);
    } else if (!fault) {
        ok = play_staged(&scenario, &stage, tools, &points);
    } else if (updating) {
        fprintf(stream, "%s: %s\n", path, fault);
    } else {
        points_begin(&points);
        fprintf(points.comment, "# %s: %s\n", path, fault);
        points_end(&points, "", false);
    }
    stage_done(&stage);
    scenario_done(&scenario);
    return ok;
}

/* ---- all files ---- */

static char **paths;
static size_t path_count;

static int collect(const char *path, const struct stat *status, int type)
{
    size_t length = strlen(path);

    (void)status;
    if (type != FTW_F || length < 9 || strcmp(path + length - 9, ".scenario") != 0)
        return 0;
    paths = checked(realloc(paths, (path_count + 1) * sizeof(*paths)));
    paths[path_count++] = checked(strdup(path));
    return 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct job {
    const char *path;
    char *name; /* "ROOM/NAME" */
    FILE *output;
    pid_t pid; /* 0: not started */
    bool done, ok;
};

static void job_start(struct job *job, const struct tools *tools, bool updating)
{
    job->output = checked(tmpfile());
    fflush(stdout);
    job->pid = fork();
    if (job->pid < 0) {
        perror("scenario-run: fork");
        exit(2);
    }
    if (job->pid == 0) {
        bool ok = play(job->path, job->name, tools, updating, job->output);

        fflush(job->output);
        _exit(ok ? 0 : 1);
    }
}

/* Copies a job's lines to stdout, numbering the points. */
static unsigned job_relay(struct job *job, unsigned number, bool updating)
{
    char *line = NULL;
    size_t size_bytes = 0;
    unsigned first = number;

    rewind(job->output);
    while (getline(&line, &size_bytes, job->output) >= 0) {
        if (!updating && strncmp(line, "ok - ", 5) == 0)
            printf("ok %u%s", ++number, line + 2);
        else if (!updating && strncmp(line, "not ok - ", 9) == 0)
            printf("not ok %u%s", ++number, line + 6);
        else
            fputs(line, stdout);
    }
    if (number == first && !updating) {
        printf("not ok %u - %s: the runner itself ended\n", ++number, job->name);
        job->ok = false;
    }
    free(line);
    fclose(job->output);
    job->output = NULL;
    return number;
}

static bool run_jobs(struct job *jobs, size_t count, size_t parallel, const struct tools *tools,
                     bool updating)
{
    size_t next = 0, running = 0, printed = 0;
    unsigned number = 0;
    bool ok = true;

    while (printed < count) {
        int status;
        pid_t pid;

        while (next < count && running < parallel) {
            job_start(&jobs[next++], tools, updating);
            running++;
        }
        pid = waitpid(-1, &status, 0);
        for (size_t i = printed; i < next; i++) {
            if (jobs[i].pid != pid || jobs[i].done)
                continue;
            jobs[i].done = true;
            jobs[i].ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            running--;
        }
        for (; printed < next && jobs[printed].done; printed++) {
            number = job_relay(&jobs[printed], number, updating);
            ok &= jobs[printed].ok;
        }
    }
    if (!updating && number > 0)
        printf("1..%u\n", number);
    return ok;
}

/* The jobs that the filters choose. */
static size_t choose(const char *root, char *const *filters, int filter_count, struct job **ret)
{
    struct job *jobs = checked(calloc(path_count + 1, sizeof(*jobs)));
    size_t count = 0;

    for (size_t i = 0; i < path_count; i++) {
        const char *below = paths[i] + strlen(root) + 1;
        bool wanted = filter_count == 0;

        for (int k = 0; k < filter_count; k++)
            wanted |= strstr(below, filters[k]) != NULL;
        if (!wanted)
            continue;
        jobs[count].path = paths[i];
        jobs[count++].name = checked(strndup(below, strlen(below) - 9));
    }
    *ret = jobs;
    return count;
}

/* The commands run in another folder than the runner. */
static char *absolute(const char *path)
{
    char *absolute_path = path ? realpath(path, NULL) : NULL;

    if (!absolute_path) {
        fprintf(stderr, "scenario-run: %s: not found\n", path ? path : "a program or --top");
        exit(2);
    }
    return absolute_path;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"iommuscope", required_argument, NULL, 'i'}, {"sketch", required_argument, NULL, 's'},
        {"top", required_argument, NULL, 't'},        {"update", no_argument, NULL, 'u'},
        {"jobs", required_argument, NULL, 'j'},       {NULL, 0, NULL, 0},
    };
    const char *iommuscope = NULL, *sketch = NULL, *top = NULL;
    unsigned long parallel = 2;
    bool updating = false, ok;
    struct job *jobs;
    size_t count;
    char *root;
    int option;

    while ((option = getopt_long(argc, argv, "j:", options, NULL)) != -1) {
        switch (option) {
        case 'i':
            iommuscope = optarg;
            break;
        case 's':
            sketch = optarg;
            break;
        case 't':
            top = optarg;
            break;
        case 'u':
            updating = true;
            break;
        case 'j':
            parallel = strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (!iommuscope || !sketch || !top || parallel == 0) {
        fputs("usage: scenario-run --iommuscope PROGRAM --sketch PROGRAM --top DIR [-j N] "
              "[--update] [FILTER...]\n",
              stderr);
        return 2;
    }
    char *program = absolute(iommuscope), *tool = absolute(sketch), *source = absolute(top);
    const struct tools tools = {.top = source, .iommuscope = program, .sketch = tool};

    if (asprintf(&root, "%s/tests/scenarios", tools.top) < 0)
        checked(NULL);
    ftw(root, collect, 16);
    if (path_count > 0)
        qsort(paths, path_count, sizeof(*paths), compare_paths);
    count = choose(root, argv + optind, argc - optind, &jobs);
    ok = run_jobs(jobs, count, parallel, &tools, updating);
    if (count == 0 && argc > optind)
        puts("1..0 # SKIP no scenario matches");
    else if (count == 0)
        puts("1..1\nnot ok 1 - there are scenarios");

    for (size_t i = 0; i < count; i++)
        free(jobs[i].name);
    for (size_t i = 0; i < path_count; i++)
        free(paths[i]);
    free(jobs);
    free(paths);
    free(root);
    free(program);
    free(tool);
    free(source);
    return ok && (count > 0 || argc > optind) ? 0 : 1;
}
