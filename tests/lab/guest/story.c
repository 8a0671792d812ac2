/* SPDX-License-Identifier: MIT */
/*
 * A story: a shell script that uses iommuscope in the guest. What it says is sent at once, so that
 * one that hangs tells how far it came.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static char shell[] = "/bin/busybox";

/* Returns what waitpid() says, or a negative errno. */
static int run(char *const *arguments, int output_fd)
{
    static char path[] = "PATH=/bin:/sbin:/usr/bin:/usr/sbin:/";
    static char *const environment[] = {path, NULL};
    pid_t child = fork();
    if (child == 0) {
        if (dup2(output_fd, STDOUT_FILENO) >= 0 && dup2(output_fd, STDERR_FILENO) >= 0)
            execve(arguments[0], arguments, environment);
        _exit(127);
    }
    return child < 0 ? -errno : child;
}

/* Sends what is there; false when there is nothing at the moment. */
static bool pass_on(int fd)
{
    char bytes[4096];
    ssize_t length = read(fd, bytes, sizeof(bytes));
    if (length > 0)
        frame_send("story", bytes, (size_t)length);
    return length > 0;
}

/* The first process inherits what a story leaves behind: only its own shell ends the waiting. */
static int await(pid_t child, int output_fd)
{
    int status = 0;
    for (;;) {
        pid_t ended = waitpid(-1, &status, WNOHANG);
        while (pass_on(output_fd)) {
        }
        if (ended == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (ended <= 0)
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

int story_run(const char *path)
{
    static char install[] = "--install", links[] = "-s", name[] = "sh";
    char *const first[] = {shell, install, links, NULL};
    char *const second[] = {shell, name, (char *)(uintptr_t)path, NULL};
    int ends[2];
    mkdir("/run", 0755);
    if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    frame_send("story", "", 0);
    int child = run(first, ends[1]);
    int status = child < 0 ? child : await(child, ends[0]);
    if (status == 0) {
        child = run(second, ends[1]);
        status = child < 0 ? child : await(child, ends[0]);
    }
    close(ends[0]);
    close(ends[1]);
    return status;
}
