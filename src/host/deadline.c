/* SPDX-License-Identifier: MIT */
#include "host/deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "source/bounded.h"

struct job {
    int fd; /* to write to, or the program to run */
    int report_fd;
    const char *text; /* to write, or NULL */
    char *const *arguments;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int run_program(int fd, char *const *arguments)
{
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *const environment[] = {path, NULL};
    int status = 0;
    const pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        /* Descriptors 1 and 2 must not become those of files that the program opens. */
        const int null = open("/dev/null", O_RDWR);
        if (null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
            _exit(127);
        fexecve(fd, arguments, environment);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOEXEC;
}

/* The process that does it. Only calls that are safe behind fork() in a program with threads. */
static void work(const void *context)
{
    const struct job *job = context;
    int code = 0;

    ims_bounded_keep(job->fd, job->report_fd);
    if (job->text) {
        const size_t length = strlen(job->text);
        const ssize_t written = write(0, job->text, length);
        code = written < 0 ? -errno : written == (ssize_t)length ? 0 : -EIO;
        /* A driver's own time-out is a failure like others: -ETIME means that nobody returned. */
        code = code == -ETIME ? -EIO : code;
    } else {
        code = run_program(0, job->arguments);
    }
    (void)!write(1, &code, sizeof(code));
    _exit(0);
}

/* The code that the job reports, or -ETIME. */
static int await(const struct ims_host *host, int fd)
{
    const int64_t begin = now_ms();
    bool warned = false;
    int code;

    for (;;) {
        const int64_t passed = now_ms() - begin;
        const int64_t end = (int64_t)(warned ? host->deadline_seconds : host->warn_seconds) * 1000;
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

        if (passed >= (int64_t)host->deadline_seconds * 1000)
            return -ETIME;
        if (passed >= end) {
            if (host->tell)
                host->tell(host->tell_context, "the kernel has not returned yet; still waiting");
            warned = true;
            continue;
        }
        const int ready = poll(&poll_fd, 1, (int)(end - passed));
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0)
            continue;
        const ssize_t got = read(fd, &code, sizeof(code));
        if (got < 0 && errno == EINTR)
            continue;
        return got == (ssize_t)sizeof(code) ? code : -ECHILD;
    }
}

static int run(const struct ims_host *host, struct job job)
{
    int pipe_fds[2];

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return -errno;
    job.report_fd = pipe_fds[1];
    int r = ims_bounded_fork(work, &job);
    close(pipe_fds[1]);
    if (r == 0)
        r = await(host, pipe_fds[0]);
    close(pipe_fds[0]);
    return r;
}

int ims_deadline_write(const struct ims_host *host, int fd, const char *text)
{
    const struct job job = {.fd = fd, .text = text};
    return run(host, job);
}

/* Only a program that root alone can change is run. */
static int open_modprobe(void)
{
    static const char *const places[] = {"/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe"};
    struct stat status;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const int fd = open(places[i], O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            continue;
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == 0 &&
            (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
            return fd;
        close(fd);
    }
    return -ENOENT;
}

int ims_deadline_modprobe(const struct ims_host *host, const char *module)
{
    char name[64];
    char program[] = "modprobe";
    char quiet[] = "-q";
    char end[] = "--";
    char *const arguments[] = {program, quiet, end, name, NULL};
    const int fd = open_modprobe();

    if (fd < 0)
        return fd;
    if (snprintf(name, sizeof(name), "%s", module) >= (int)sizeof(name)) {
        close(fd);
        return -EINVAL;
    }
    const struct job job = {.fd = fd, .arguments = arguments};
    const int r = run(host, job);
    close(fd);
    return r;
}
