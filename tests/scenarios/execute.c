/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "execute.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 60
#define DIFFERENCE_LINES_MAX 50

/* ---- running one program ---- */

struct command {
    const char *const *arguments;
    const char *const *environment;
    const char *working;
    const char *out_path, *err_path;
};

/* exec wants pointers to text that it does not change. */
static char *const *exec_words(const char *const *words)
{
    return (char *const *)(uintptr_t)words;
}

static _Noreturn void command_exec(const struct command *command)
{
    int in = open("/dev/null", O_RDONLY);
    int out = open(command->out_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int err = open(command->err_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
        chdir(command->working) < 0)
        _exit(126);
    if (in > 2)
        close(in);
    if (out > 2)
        close(out);
    if (err > 2)
        close(err);
    execvpe(command->arguments[0], exec_words(command->arguments),
            exec_words(command->environment));
    _exit(127);
}

/* Waits, for TIMEOUT_SECONDS at most, and then ends the whole process group. */
static int command_wait(pid_t pid, bool *ret_timed_out)
{
    struct timespec start, now;
    sigset_t child;
    int status = 0;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    clock_gettime(CLOCK_MONOTONIC, &start);
    *ret_timed_out = false;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec >= TIMEOUT_SECONDS) {
            *ret_timed_out = true;
            kill(-pid, SIGKILL);
            waitpid(pid, &status, 0);
            break;
        }
        sigtimedwait(&child, NULL, &(struct timespec){.tv_sec = 1});
    }
    kill(-pid, SIGKILL); /* what a command left in the background */
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int command_run(const struct command *command, bool *ret_timed_out)
{
    sigset_t child;
    pid_t pid;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    pid = fork();
    if (pid < 0) {
        perror("scenario-run: fork");
        exit(2);
    }
    if (pid == 0)
        command_exec(command);
    setpgid(pid, pid);
    return command_wait(pid, ret_timed_out);
}

/* ---- the folder ---- */

static bool make_parents(const char *path)
{
    char *copy = checked(strdup(path));
    bool ok = true;

    for (char *slash = strchr(copy + 1, '/'); slash && ok; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(copy, 0777) == 0 || errno == EEXIST;
        *slash = '/';
    }
    free(copy);
    return ok;
}

static const char *inherited(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value ? value : otherwise;
}

/* sketch --to FORM FILE OUT */
static bool stage_sketch(struct stage *stage, const struct section *section,
                         const struct tools *tools, const char *target)
{
    char source[120], err_path[120], out_path[120];
    char *asan = NULL;
    const char *arguments[] = {tools->sketch, "--to", section->form, source, target, NULL};
    struct bytes message = {0};
    bool timed_out;
    int status;

    snprintf(source, sizeof(source), "%s/sketch", stage->base);
    snprintf(out_path, sizeof(out_path), "%s/sketch.out", stage->base);
    snprintf(err_path, sizeof(err_path), "%s/sketch.err", stage->base);
    if (bytes_write(source, &section->body) < 0)
        return false;
    if (asprintf(&asan, "ASAN_OPTIONS=%s", inherited("ASAN_OPTIONS", "")) < 0)
        checked(NULL);
    const char *environment[] = {"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", asan, NULL};
    struct command command = {arguments, environment, stage->base, out_path, err_path};
    status = command_run(&command, &timed_out);
    free(asan);
    if (status == 0)
        return true;
    if (bytes_read(err_path, &message) == 0) {
        snprintf(stage->error, sizeof(stage->error), "line %u: sketch failed (%d): %s",
                 section->line, status, message.data);
        free(message.data);
    }
    return false;
}

static bool stage_file(struct stage *stage, const struct section *section,
                       const struct tools *tools)
{
    char target[300];
    int r;

    snprintf(target, sizeof(target), "%s/%s", stage->working, section->name);
    if (!make_parents(target)) {
        snprintf(stage->error, sizeof(stage->error), "line %u: cannot make folders for %s",
                 section->line, section->name);
        return false;
    }
    if (section->kind == SECTION_SKETCH)
        return stage_sketch(stage, section, tools, target);
    r = bytes_write(target, &section->body);
    if (r < 0)
        snprintf(stage->error, sizeof(stage->error), "line %u: %s", section->line, strerror(-r));
    return r == 0;
}

bool stage_init(struct stage *stage, const struct scenario *scenario, const struct tools *tools)
{
    *stage = (struct stage){.base = "/tmp/ims-scenario-XXXXXX"};
    if (!mkdtemp(stage->base)) {
        snprintf(stage->error, sizeof(stage->error), "mkdtemp: %s", strerror(errno));
        stage->base[0] = '\0';
        return false;
    }
    snprintf(stage->working, sizeof(stage->working), "%s/work", stage->base);
    if (mkdir(stage->working, 0777) < 0) {
        snprintf(stage->error, sizeof(stage->error), "%s: %s", stage->working, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < scenario->section_count; i++) {
        const struct section *section = &scenario->sections[i];

        if ((section->kind == SECTION_INPUT || section->kind == SECTION_SKETCH) &&
            !stage_file(stage, section, tools))
            return false;
    }
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void stage_done(struct stage *stage)
{
    if (stage->base[0])
        nftw(stage->base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- the commands ---- */

/* A name that every run has instead of one that changes. */
static void replace_all(struct bytes *bytes, const char *what, const char *with)
{
    size_t what_length = strlen(what);
    struct bytes result = {0};
    FILE *stream;
    const char *from = bytes->data;
    const char *end = from + bytes->length;
    const char *hit = memmem(from, (size_t)(end - from), what, what_length);

    if (!hit)
        return;
    stream = checked(open_memstream(&result.data, &result.length));
    for (; hit; hit = memmem(from, (size_t)(end - from), what, what_length)) {
        fwrite(from, 1, (size_t)(hit - from), stream);
        fputs(with, stream);
        from = hit + what_length;
    }
    fwrite(from, 1, (size_t)(end - from), stream);
    fclose(stream);
    free(bytes->data);
    bytes->data = checked(result.data);
    bytes->length = result.length;
}

static void read_output(const struct stage *stage, const struct tools *tools, const char *path,
                        struct bytes *ret)
{
    if (bytes_read(path, ret) < 0)
        *ret = (struct bytes){.data = checked(calloc(1, 1))};
    replace_all(ret, stage->working, "@DIR@");
    replace_all(ret, stage->base, "@BASE@");
    replace_all(ret, tools->top, "@TOP@");
}

void stage_run(const struct stage *stage, const struct tools *tools, const char *script,
               struct outcome *ret)
{
    char out_path[120], err_path[120];
    char *path, *top, *home, *asan, *ubsan;
    const char *arguments[] = {"/bin/sh", "-c", script, NULL};
    const char *slash = strrchr(tools->iommuscope, '/');

    snprintf(out_path, sizeof(out_path), "%s/out", stage->base);
    snprintf(err_path, sizeof(err_path), "%s/err", stage->base);
    if (asprintf(&path, "PATH=%.*s:/usr/bin:/bin", (int)(slash ? slash - tools->iommuscope : 0),
                 tools->iommuscope) < 0 ||
        asprintf(&top, "TOP=%s", tools->top) < 0 ||
        asprintf(&home, "HOME=%s", stage->working) < 0 ||
        asprintf(&asan, "ASAN_OPTIONS=%s", inherited("ASAN_OPTIONS", "")) < 0 ||
        asprintf(&ubsan, "UBSAN_OPTIONS=%s", inherited("UBSAN_OPTIONS", "")) < 0)
        checked(NULL);
    const char *environment[] = {
        path,          top,          home,        asan,     ubsan, "LC_ALL=C.UTF-8",
        "COLUMNS=100", "NO_COLOR=1", "TERM=dumb", "TZ=UTC", NULL,
    };
    struct command command = {arguments, environment, stage->working, out_path, err_path};
    *ret = (struct outcome){0};
    ret->status = command_run(&command, &ret->timed_out);
    read_output(stage, tools, out_path, &ret->out);
    read_output(stage, tools, err_path, &ret->err);
    free(path);
    free(top);
    free(home);
    free(asan);
    free(ubsan);
}

void outcome_done(struct outcome *outcome)
{
    free(outcome->out.data);
    free(outcome->err.data);
}

void stage_print_difference(const struct stage *stage, const char *what,
                            const struct bytes *expected, const struct bytes *actual, FILE *stream)
{
    char expected_path[120], actual_path[120], out_path[120], err_path[120];
    const char *arguments[] = {"diff",    "-a",     "-u",          "--label",   "expected",
                               "--label", "actual", expected_path, actual_path, NULL};
    const char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    struct bytes text;
    bool timed_out;
    char *line, *rest = NULL;

    snprintf(expected_path, sizeof(expected_path), "%s/expected", stage->base);
    snprintf(actual_path, sizeof(actual_path), "%s/actual", stage->base);
    snprintf(out_path, sizeof(out_path), "%s/difference", stage->base);
    snprintf(err_path, sizeof(err_path), "%s/difference.err", stage->base);
    fprintf(stream, "# %s differs:\n", what);
    if (bytes_write(expected_path, expected) < 0 || bytes_write(actual_path, actual) < 0)
        return;
    struct command command = {arguments, environment, stage->base, out_path, err_path};
    command_run(&command, &timed_out);
    if (bytes_read(out_path, &text) < 0)
        return;
    line = strtok_r(text.data, "\n", &rest);
    for (unsigned i = 0; line && i < DIFFERENCE_LINES_MAX; i++, line = strtok_r(NULL, "\n", &rest))
        fprintf(stream, "#   %s\n", line);
    if (line)
        fputs("#   ...\n", stream);
    free(text.data);
}
