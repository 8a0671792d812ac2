/* SPDX-License-Identifier: MIT */
/*
 * Runs every test program of a build directory and counts what they say.
 *
 *     run-tests [-j N] BUILD_DIR [FILTER...]
 *
 * The programs are those that meson knows (BUILD_DIR/meson-info/intro-tests.json). Each prints TAP.
 * A program that crashes, runs too long, prints no plan, keeps its plan short or exits non-zero
 * without naming a failure counts as one failure more. A FILTER is a part of a program's name;
 * scenarios are chosen by a part of their file name too. The last line is "N passed, N failed".
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENT_MAX 64
#define DETAIL_LINES_MAX 60u
#define STDERR_LINES_MAX 40u
#define SKIP_STATUS 77

struct program {
    const char *name;
    char *arguments[ARGUMENT_MAX + 1];
    json_t *environment; /* object, or NULL */
    const char *workdir;
    double timeout_seconds;
    bool tap;   /* else only the exit status counts */
    bool alone; /* after all others, and nothing beside it */

    pid_t pid; /* 0: not started or done */
    bool timed_out;
    int status;
    double started, ended;
    FILE *out, *err;
};

struct count {
    unsigned long passed, failed, skipped;
    unsigned long planned;
    bool has_plan, skipped_all, bailed_out;
};

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "run-tests: %s: %s\n", what, detail);
    exit(2);
}

static double now_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        die("memory", strerror(ENOMEM));
    return copy;
}

/* ---- the list of programs ---- */

static bool matches(const char *name, char *const *filters, int filter_count)
{
    for (int i = 0; i < filter_count; i++)
        if (strstr(name, filters[i]))
            return true;
    return filter_count == 0;
}

/* Fills one program from meson's description; false when no filter wants it. */
static bool program_read(struct program *program, json_t *entry, const char *build,
                         char *const *filters, int filter_count)
{
    const char *workdir = json_string_value(json_object_get(entry, "workdir"));
    const char *protocol = json_string_value(json_object_get(entry, "protocol"));
    json_t *command = json_object_get(entry, "cmd");
    json_t *word;
    size_t i, count = 0;

    *program = (struct program){
        .name = json_string_value(json_object_get(entry, "name")),
        .environment = json_object_get(entry, "env"),
        .workdir = workdir ? workdir : build,
        .timeout_seconds = json_number_value(json_object_get(entry, "timeout")),
        .tap = protocol && strcmp(protocol, "tap") == 0,
        .alone = json_is_false(json_object_get(entry, "is_parallel")),
    };
    if (!program->name || json_array_size(command) == 0)
        die("meson's list of tests", "an entry without name or command");

    /* The scenario runner chooses among its files where its own name was not asked for. */
    bool wanted = matches(program->name, filters, filter_count);
    bool pass_filters = !wanted && strcmp(program->name, "scenarios") == 0;
    if (!wanted && !pass_filters)
        return false;

    json_array_foreach(command, i, word)
    {
        if (count == ARGUMENT_MAX || !json_is_string(word))
            die(program->name, "bad command");
        program->arguments[count++] = copy_text(json_string_value(word));
    }
    for (int k = 0; pass_filters && k < filter_count; k++) {
        if (count == ARGUMENT_MAX)
            die(program->name, "too many filters");
        program->arguments[count++] = copy_text(filters[k]);
    }
    return true;
}

static size_t programs_read(json_t *list, const char *build, char *const *filters, int filter_count,
                            struct program **ret)
{
    struct program *programs = calloc(json_array_size(list) + 1, sizeof(*programs));
    size_t i, count = 0;
    json_t *entry;

    if (!programs)
        die("memory", strerror(ENOMEM));
    json_array_foreach(list, i, entry) if (program_read(&programs[count], entry, build, filters,
                                                        filter_count)) count++;
    *ret = programs;
    return count;
}

/* ---- running ---- */

static FILE *temporary_file(void)
{
    FILE *file = tmpfile();

    if (!file)
        die("temporary file", strerror(errno));
    return file;
}

static _Noreturn void program_exec(const struct program *program)
{
    sigset_t none;
    const char *key;
    json_t *value;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(fileno(program->out), STDOUT_FILENO) < 0 ||
        dup2(fileno(program->err), STDERR_FILENO) < 0)
        _exit(126);
    json_object_foreach(program->environment, key, value) if (json_is_string(value))
        setenv(key, json_string_value(value), 1);
    if (chdir(program->workdir) < 0)
        _exit(126);
    execv(program->arguments[0], program->arguments);
    fprintf(stderr, "cannot run %s: %s\n", program->arguments[0], strerror(errno));
    _exit(127);
}

static void program_start(struct program *program)
{
    program->out = temporary_file();
    program->err = temporary_file();
    program->started = now_seconds();
    fflush(stdout);
    program->pid = fork();
    if (program->pid < 0)
        die("fork", strerror(errno));
    if (program->pid == 0)
        program_exec(program);
    setpgid(program->pid, program->pid);
}

/* Takes note of what ended or ran too long; returns the program that is done, or NULL. */
static struct program *program_reap(struct program *programs, size_t count)
{
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);

    for (size_t i = 0; i < count; i++) {
        struct program *program = &programs[i];

        if (program->pid == 0)
            continue;
        if (program->pid == pid) {
            kill(-pid, SIGKILL); /* what it left behind */
            program->pid = 0;
            program->status = status;
            program->ended = now_seconds();
            return program;
        }
        if (!program->timed_out && program->timeout_seconds > 0 &&
            now_seconds() - program->started > program->timeout_seconds) {
            program->timed_out = true;
            kill(-program->pid, SIGKILL);
        }
    }
    return NULL;
}

/* ---- reading TAP ---- */

enum line_kind {
    LINE_OTHER,
    LINE_OK,
    LINE_NOT_OK,
    LINE_PLAN,
    LINE_BAIL_OUT
};

static enum line_kind line_kind(const char *line)
{
    if (strncmp(line, "ok", 2) == 0 && strchr(" \n", line[2]))
        return LINE_OK;
    if (strncmp(line, "not ok", 6) == 0 && strchr(" \n", line[6]))
        return LINE_NOT_OK;
    if (strncmp(line, "1..", 3) == 0)
        return LINE_PLAN;
    if (strncmp(line, "Bail out!", 9) == 0)
        return LINE_BAIL_OUT;
    return LINE_OTHER;
}

static void count_line(struct count *count, const char *line)
{
    switch (line_kind(line)) {
    case LINE_OK:
        if (strcasestr(line, "# skip"))
            count->skipped++;
        else
            count->passed++;
        break;
    case LINE_NOT_OK:
        count->failed++;
        break;
    case LINE_PLAN:
        /* cmocka prints one plan for each group of tests */
        count->planned += strtoul(line + 3, NULL, 10);
        count->has_plan = true;
        count->skipped_all |= strcasestr(line, "skip") != NULL;
        break;
    case LINE_BAIL_OUT:
        count->bailed_out = true;
        break;
    case LINE_OTHER:
        break;
    }
}

static struct count count_file(FILE *file)
{
    struct count count = {0};
    char *line = NULL;
    size_t size_bytes = 0;

    rewind(file);
    while (getline(&line, &size_bytes, file) >= 0)
        count_line(&count, line);
    free(line);
    return count;
}

/* What is wrong with the program as a whole, or NULL. buffer is where the text may be put. */
static const char *program_fault(const struct program *program, const struct count *count,
                                 char *buffer, size_t size_bytes)
{
    int status = program->status;
    unsigned long seen = count->passed + count->failed + count->skipped;

    if (program->timed_out)
        snprintf(buffer, size_bytes, "ran longer than %.0f s", program->timeout_seconds);
    else if (WIFSIGNALED(status))
        snprintf(buffer, size_bytes, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (count->bailed_out)
        return "bailed out";
    else if (program->tap && !count->has_plan)
        snprintf(buffer, size_bytes, "no plan (exit status %d)", WEXITSTATUS(status));
    else if (program->tap && seen != count->planned)
        snprintf(buffer, size_bytes, "planned %lu, ran %lu (exit status %d)", count->planned, seen,
                 WEXITSTATUS(status));
    else if (WEXITSTATUS(status) != 0 && count->failed == 0)
        snprintf(buffer, size_bytes, "exit status %d", WEXITSTATUS(status));
    else
        return NULL;
    return buffer;
}

/* ---- the report ---- */

static void print_indented(const char *line)
{
    size_t length = strlen(line);

    printf("    %s%s", line, length > 0 && line[length - 1] == '\n' ? "" : "\n");
}

/* Failed points, each with the comments just before it and the lines that follow it. */
static void print_failures(FILE *file)
{
    char *line = NULL, *before = NULL;
    size_t size_bytes = 0, before_bytes = 0;
    unsigned lines_left = 0;
    FILE *comments = open_memstream(&before, &before_bytes);

    if (!comments)
        die("memory", strerror(ENOMEM));
    rewind(file);
    while (getline(&line, &size_bytes, file) >= 0) {
        enum line_kind kind = line_kind(line);

        if (kind == LINE_NOT_OK) {
            fflush(comments);
            printf("%.*s", (int)before_bytes, before);
            lines_left = DETAIL_LINES_MAX;
        } else if (kind == LINE_OK || kind == LINE_PLAN) {
            lines_left = 0;
        }
        if (kind != LINE_OTHER)
            rewind(comments);
        else if (lines_left == 0 && line[0] == '#' && ftell(comments) < 8192)
            fprintf(comments, "    %s", line);
        if (lines_left == 0)
            continue;
        print_indented(line);
        if (--lines_left == 0)
            print_indented("...\n");
    }
    fclose(comments);
    free(before);
    free(line);
}

static void print_tail(FILE *file, const char *title)
{
    char *line = NULL;
    size_t size_bytes = 0;
    unsigned total = 0, number = 0;

    rewind(file);
    while (getline(&line, &size_bytes, file) >= 0)
        total++;
    rewind(file);
    if (total > 0)
        printf("    -- %s\n", title);
    while (getline(&line, &size_bytes, file) >= 0)
        if (number++ + STDERR_LINES_MAX >= total)
            print_indented(line);
    free(line);
}

static void program_report(struct program *program, struct count *total)
{
    char buffer[128];
    struct count count = count_file(program->out);
    const char *fault;

    if (!program->tap) {
        bool skipped = WIFEXITED(program->status) && WEXITSTATUS(program->status) == SKIP_STATUS;

        count = (struct count){.skipped = skipped};
        if (skipped)
            program->status = 0;
    }
    fault = program_fault(program, &count, buffer, sizeof(buffer));
    if (fault)
        count.failed++;
    else if (!program->tap && count.skipped == 0)
        count.passed = 1;

    printf("%-4s %-28s %5lu passed", count.failed > 0 ? "FAIL" : "ok", program->name, count.passed);
    if (count.failed > 0)
        printf(", %lu failed", count.failed);
    if (count.skipped > 0 || count.skipped_all)
        printf(", %lu skipped", count.skipped);
    printf("  %.1f s%s%s\n", program->ended - program->started, fault ? "  " : "",
           fault ? fault : "");
    if (count.failed > 0) {
        print_failures(program->out);
        if (fault)
            print_tail(program->out, "end of its output");
        print_tail(program->err, "its stderr");
    }
    total->passed += count.passed;
    total->failed += count.failed;
    fclose(program->out);
    fclose(program->err);
}

/* Those that run alone go to the end; the order is otherwise kept. */
static void put_alone_last(struct program *programs, size_t count)
{
    for (size_t end = count, i = 0; i < end;) {
        struct program program = programs[i];

        if (!program.alone) {
            i++;
            continue;
        }
        memmove(&programs[i], &programs[i + 1], (count - i - 1) * sizeof(*programs));
        programs[count - 1] = program;
        end--;
    }
}

static struct count run_all(struct program *programs, size_t count, unsigned jobs)
{
    struct count total = {0};
    size_t next = 0, running = 0;
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    while (next < count || running > 0) {
        struct program *done;

        while (next < count && running < (programs[next].alone ? 1 : jobs)) {
            program_start(&programs[next++]);
            running++;
        }
        done = program_reap(programs, count);
        if (done) {
            running--;
            program_report(done, &total);
            continue;
        }
        sigtimedwait(&child, NULL, &(struct timespec){.tv_nsec = 200000000});
    }
    return total;
}

int main(int argc, char **argv)
{
    struct program *programs;
    struct count total;
    json_error_t error;
    json_t *list;
    char *path;
    unsigned long jobs = 2;
    size_t count;
    int option;

    while ((option = getopt(argc, argv, "j:")) != -1) {
        if (option != 'j')
            return 2;
        jobs = strtoul(optarg, NULL, 10);
    }
    if (optind >= argc || jobs == 0 || jobs > 1024)
        die("usage", "run-tests [-j N] BUILD_DIR [FILTER...]");
    if (asprintf(&path, "%s/meson-info/intro-tests.json", argv[optind]) < 0)
        die("memory", strerror(ENOMEM));
    list = json_load_file(path, 0, &error);
    if (!list)
        die(path, error.text);
    free(path);

    count = programs_read(list, argv[optind], argv + optind + 1, argc - optind - 1, &programs);
    put_alone_last(programs, count);
    total = run_all(programs, count, (unsigned)jobs);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; programs[i].arguments[k]; k++)
            free(programs[i].arguments[k]);
    free(programs);
    json_decref(list);
    printf("%lu passed, %lu failed\n", total.passed, total.failed);
    return total.failed > 0 || total.passed == 0;
}
