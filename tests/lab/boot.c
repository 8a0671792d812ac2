/* SPDX-License-Identifier: MIT */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "initramfs.h"
#include "qemu.h"
#include "story.h"

#define PATH_SIZE 1024u
#define TAIL_BYTES 3000u
/* A story may wait for what the kernel does in its own time. */
#define STORY_FACTOR 3u

/* One attempt while it runs. */
struct attempt {
    const struct lab_options *options;
    struct lab_boot *boot;
    char work[PATH_SIZE]; /* folder */
    pid_t child;
    int frames_fd;
    int monitor_fd; /* connected when the guest asks for the first time */
};

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static __attribute__((format(printf, 2, 3))) int give_up(struct lab_boot *boot, const char *format,
                                                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(boot->trouble, sizeof(boot->trouble), format, arguments);
    va_end(arguments);
    return -1;
}

void lab_boot_groups_options(const struct lab_boot *boot, struct ims_text *lines)
{
    if (strcmp(lab_machine_text(boot->machine, LAB_PROBE, &boot->kernel->version, "boot"), "hot") ==
        0)
        ims_text_append(lines, "--probe\nhot-added\n");
}

unsigned lab_boot_deadline(const struct lab_options *options, const struct lab_machine *machine)
{
    bool story = lab_machine_next(machine, LAB_STORY, NULL, NULL);
    return options->deadline_seconds * (story ? STORY_FACTOR : 1u);
}

/* ---- the guest's file system ---- */

static int add_modules(const struct lab_boot *boot, struct ims_text *archive, char *problem,
                       size_t problem_bytes)
{
    struct ims_text files = {0}, paths = {0};
    struct ims_error error = {0};
    const struct lab_statement *statement = NULL;
    unsigned count = 0;
    int r = 0;
    while (r == 0 && (statement = lab_machine_next(boot->machine, LAB_MODULE,
                                                   &boot->kernel->version, statement)))
        r = lab_kernel_modules(boot->kernel, statement->text, &files, &error);
    for (const char *line = ims_text_get(&files); r == 0 && line && *line; count++) {
        char source[PATH_SIZE], target[64];
        int length = (int)strcspn(line, "\n");
        snprintf(source, sizeof(source), "%s/modules/%.*s", boot->kernel->folder, length, line);
        snprintf(target, sizeof(target), "lab/%03u.ko", count);
        r = lab_archive_copy(archive, target, false, source);
        if (r < 0)
            snprintf(error.message, sizeof(error.message), "%.200s: %s", source, strerror(-r));
        ims_text_appendf(&paths, "/%s\n", target);
        line += length + (line[length] == '\n');
    }
    lab_archive_file(archive, "lab/modules", false, paths.length ? paths.data : "", paths.length);
    snprintf(problem, problem_bytes, "%s", error.message);
    ims_text_done(&files);
    ims_text_done(&paths);
    return r;
}

static void add_steps(const struct lab_boot *boot, struct ims_text *archive)
{
    struct ims_text lines = {0};
    const struct lab_statement *statement = NULL;
    while (
        (statement = lab_machine_next(boot->machine, LAB_STEP, &boot->kernel->version, statement)))
        ims_text_appendf(&lines, "%s\n", statement->text);
    lab_archive_file(archive, "lab/steps", false, lines.length ? lines.data : "", lines.length);
    ims_text_clear(&lines);
    lab_boot_groups_options(boot, &lines);
    lab_archive_file(archive, "lab/options", false, lines.length ? lines.data : "", lines.length);
    ims_text_done(&lines);
}

static int copy_program(const struct attempt *attempt, struct ims_text *archive, const char *target,
                        const char *program)
{
    char source[PATH_SIZE];
    snprintf(source, sizeof(source), "%s-%s/%s", attempt->options->guest,
             lab_arch_name(attempt->boot->kernel->arch), program);
    int r = lab_archive_copy(archive, target, true, source);
    if (r < 0)
        give_up(attempt->boot, "%.300s: %s", source, strerror(-r));
    return r;
}

static int write_file(const char *path, const struct ims_text *bytes)
{
    FILE *stream = fopen(path, "we");
    if (!stream)
        return -errno;
    size_t written = bytes->length ? fwrite(bytes->data, 1, bytes->length, stream) : 0;
    return fclose(stream) == 0 && written == bytes->length ? 0 : -EIO;
}

static int write_archive(const struct attempt *attempt)
{
    struct ims_text archive = {0};
    char path[PATH_SIZE + 32], problem[256] = "";
    struct lab_boot *boot = attempt->boot;
    lab_archive_folder(&archive, "dev");
    lab_archive_folder(&archive, "lab");
    lab_archive_console(&archive);
    int r = copy_program(attempt, &archive, "init", "tests/lab/guest/lab-init");
    if (r == 0)
        r = copy_program(attempt, &archive, "iommuscope", "iommuscope");
    if (r == 0 && (r = add_modules(boot, &archive, problem, sizeof(problem))) < 0)
        give_up(boot, "%s", problem);
    if (r == 0 &&
        (r = lab_story_add(attempt->options, boot, &archive, problem, sizeof(problem))) < 0)
        give_up(boot, "%s", problem);
    add_steps(boot, &archive);
    lab_archive_end(&archive);
    if (boot->extra)
        ims_text_append_bytes(&archive, boot->extra->data, boot->extra->length);
    snprintf(path, sizeof(path), "%s/initramfs", attempt->work);
    if (r == 0)
        r = archive.failed ? -ENOMEM : write_file(path, &archive);
    if (r < 0 && !boot->trouble[0])
        give_up(boot, "%.300s: %s", path, strerror(-r));
    ims_text_done(&archive);
    return r;
}

/* ---- QEMU ---- */

static int start(struct attempt *attempt)
{
    struct lab_command command;
    char log[PATH_SIZE + 32];
    int ends[2];
    lab_qemu_command(attempt->options, attempt->boot, attempt->work, &command);
    snprintf(log, sizeof(log), "%s/qemu.log", attempt->work);
    if (command.failed || pipe2(ends, O_CLOEXEC) < 0) {
        lab_command_done(&command);
        return give_up(attempt->boot, "QEMU cannot be started");
    }
    attempt->child = fork();
    if (attempt->child == 0) {
        /* Only calls that are safe between fork and exec of a program with threads. */
        int log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        int null_fd = open("/dev/null", O_RDONLY);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (log_fd >= 0 && null_fd >= 0 && dup2(null_fd, STDIN_FILENO) >= 0 &&
            dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(log_fd, STDERR_FILENO) >= 0)
            execv(command.arguments[0], command.arguments);
        _exit(127);
    }
    close(ends[1]);
    attempt->frames_fd = ends[0];
    lab_command_done(&command);
    return attempt->child < 0 ? give_up(attempt->boot, "fork: %s", strerror(errno)) : 0;
}

/* Passes a command of the guest on to QEMU's monitor; what comes back is kept as a trace. */
static void ask_monitor(void *context, const char *text)
{
    struct attempt *attempt = context;
    struct lab_boot *boot = attempt->boot;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char line[2048], answer[4096];
    ssize_t length;
    if (attempt->monitor_fd < 0) {
        snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/monitor", attempt->work);
        attempt->monitor_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (attempt->monitor_fd < 0 ||
            connect(attempt->monitor_fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
            ims_text_appendf(&boot->trace, "monitor: %s\n", strerror(errno));
            return;
        }
    }
    int size = snprintf(line, sizeof(line), "%s\n", text);
    if (send(attempt->monitor_fd, line, (size_t)size, MSG_NOSIGNAL) != size)
        ims_text_appendf(&boot->trace, "monitor: %s was not taken\n", text);
    for (struct pollfd wait = {attempt->monitor_fd, POLLIN, 0};
         poll(&wait, 1, 200) > 0 &&
         (length = recv(attempt->monitor_fd, answer, sizeof(answer), 0)) > 0;)
        ims_text_append_bytes(&boot->trace, answer, (size_t)length);
}

static void collect(struct attempt *attempt)
{
    struct lab_boot *boot = attempt->boot;
    double deadline = now_seconds() + lab_boot_deadline(attempt->options, boot->machine);
    char bytes[65536];
    for (;;) {
        struct pollfd wait = {attempt->frames_fd, POLLIN, 0};
        double left = deadline - now_seconds();
        if (left <= 0 || poll(&wait, 1, (int)(left * 1000) + 1) == 0) {
            boot->timed_out = true;
            kill(attempt->child, SIGKILL);
            break;
        }
        ssize_t length = read(attempt->frames_fd, bytes, sizeof(bytes));
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            break;
        ims_text_append_bytes(&boot->frames.stream, bytes, (size_t)length);
        lab_frames_parse(&boot->frames, ask_monitor, attempt);
    }
    /* Its output may end before it does. */
    while (waitpid(attempt->child, &boot->status, boot->timed_out ? 0 : WNOHANG) <= 0) {
        if (!boot->timed_out && now_seconds() > deadline) {
            boot->timed_out = true;
            kill(attempt->child, SIGKILL);
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

/* ---- traces ---- */

static void append_tail(struct lab_boot *boot, const char *work, const char *name)
{
    char path[PATH_SIZE + 32], bytes[TAIL_BYTES];
    snprintf(path, sizeof(path), "%s/%s", work, name);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return;
    if (fseek(stream, -(long)sizeof(bytes), SEEK_END) < 0)
        rewind(stream);
    size_t length = fread(bytes, 1, sizeof(bytes), stream);
    fclose(stream);
    if (length > 0) {
        ims_text_appendf(&boot->trace, "-- %s\n", name);
        ims_text_append_bytes(&boot->trace, bytes, length);
        ims_text_append(&boot->trace, "\n");
    }
}

static void keep_sections(const struct attempt *attempt)
{
    const struct lab_frames *frames = &attempt->boot->frames;
    for (unsigned i = 0; i < frames->section_count; i++) {
        char path[PATH_SIZE + 32];
        snprintf(path, sizeof(path), "%s/%s", attempt->work, frames->sections[i].name);
        write_file(path, &frames->sections[i].bytes);
    }
}

static void remove_work(const struct attempt *attempt)
{
    static const char *const names[] = {"initramfs", "serial.log", "qemu.log", "monitor"};
    char path[PATH_SIZE + 32];
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", attempt->work, names[i]);
        unlink(path);
    }
    rmdir(attempt->work);
}

static int make_work(struct attempt *attempt)
{
    const char *base = getenv("TMPDIR");
    const struct lab_boot *boot = attempt->boot;
    if (attempt->options->keep) {
        snprintf(attempt->work, sizeof(attempt->work), "%s/%s.%s", attempt->options->keep,
                 boot->machine->name, boot->kernel->name);
        return mkdir(attempt->work, 0755) < 0 && errno != EEXIST ? -errno : 0;
    }
    snprintf(attempt->work, sizeof(attempt->work), "%s/ims-lab-XXXXXX",
             base && *base ? base : "/tmp");
    return mkdtemp(attempt->work) ? 0 : -errno;
}

void lab_boot_try(const struct lab_options *options, struct lab_boot *boot)
{
    struct attempt attempt = {
        .options = options, .boot = boot, .child = -1, .frames_fd = -1, .monitor_fd = -1};
    double begin = now_seconds();
    int r = make_work(&attempt);
    boot->attempts++;
    if (r < 0) {
        give_up(boot, "%.300s: %s", attempt.work, strerror(-r));
        return;
    }
    if (write_archive(&attempt) == 0 && start(&attempt) == 0)
        collect(&attempt);
    boot->seconds = now_seconds() - begin;
    append_tail(boot, attempt.work, "qemu.log");
    append_tail(boot, attempt.work, "serial.log");
    if (options->keep)
        keep_sections(&attempt);
    else
        remove_work(&attempt);
    if (attempt.frames_fd >= 0)
        close(attempt.frames_fd);
    if (attempt.monitor_fd >= 0)
        close(attempt.monitor_fd);
}

void lab_boot_run(const struct lab_options *options, struct lab_boot *boot)
{
    lab_boot_try(options, boot);
    /* A command line that QEMU refuses will be refused again. */
    if (boot->trouble[0] || lab_frames_find(&boot->frames, "begin") ||
        (WIFEXITED(boot->status) && WEXITSTATUS(boot->status) != 0))
        return;
    lab_frames_done(&boot->frames);
    boot->timed_out = false;
    lab_boot_try(options, boot);
}

void lab_boot_done(struct lab_boot *boot)
{
    lab_frames_done(&boot->frames);
    ims_text_done(&boot->trace);
}
