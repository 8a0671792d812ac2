/* SPDX-License-Identifier: MIT */
#include "source/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Without close_range(), which kernels have since 5.9, descriptors up to here are closed. */
#define DESCRIPTOR_MAX 4096
/* sysfs gives no more of a file than a page, of which 4096 bytes are the least. */
#define ANSWER_MAX_BYTES 4096u

struct answer {
    int code; /* the length, or -errno */
    char bytes[ANSWER_MAX_BYTES];
};

#define ANSWER_HEAD_BYTES offsetof(struct answer, bytes)

/* ---- a process of its own ---- */

void ims_bounded_keep(int first, int second)
{
    /* Neither may be in the place of the other. */
    const int kept = fcntl(second, F_DUPFD, 2);

    if (kept < 0 || dup2(first, 0) < 0 || dup2(kept, 1) < 0)
        _exit(1);
    if (syscall(SYS_close_range, 2u, ~0u, 0u) == 0)
        return;
    for (int fd = 2; fd < DESCRIPTOR_MAX; fd++)
        close(fd);
}

int ims_bounded_fork(void (*work)(const void *job), const void *job)
{
    int status = 0;
    const pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        const pid_t worker = fork();

        if (worker == 0) {
            work(job);
            _exit(1);
        }
        _exit(worker < 0 ? 1 : 0);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno == ECHILD ? 0 : -errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EAGAIN;
}

/* ---- what it does ---- */

static int read_whole(int fd, char *bytes, size_t size_bytes)
{
    size_t length = 0;

    while (length < size_bytes) {
        const ssize_t got = read(fd, bytes + length, size_bytes - length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (int)length;
}

static int read_path(int dir_fd, const char *path, char bytes[ANSWER_MAX_BYTES])
{
    struct stat status;
    const int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return -errno;
    const int r = fstat(fd, &status) < 0     ? -errno
                  : !S_ISREG(status.st_mode) ? -EINVAL
                                             : read_whole(fd, bytes, ANSWER_MAX_BYTES);
    close(fd);
    return r;
}

struct job {
    int dir_fd;
    int socket_fd;
};

/* Answers until the other end of the socket is closed. */
static void work(const void *context)
{
    const struct job *job = context;
    struct answer answer;
    char path[PATH_MAX];

    ims_bounded_keep(job->dir_fd, job->socket_fd);
    for (;;) {
        const ssize_t got = recv(1, path, sizeof(path) - 1, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            _exit(0);
        path[got] = '\0';
        answer.code = read_path(0, path, answer.bytes);
        const size_t size_bytes = answer.code > 0 ? (size_t)answer.code : 0;
        if (send(1, &answer, ANSWER_HEAD_BYTES + size_bytes, MSG_NOSIGNAL) < 0)
            _exit(0);
    }
}

/* ---- asking it ---- */

void ims_bounded_init(struct ims_bounded *bounded, int dir_fd)
{
    *bounded = (struct ims_bounded){.dir_fd = dir_fd, .socket_fd = -1};
}

void ims_bounded_done(struct ims_bounded *bounded)
{
    if (bounded->socket_fd >= 0)
        close(bounded->socket_fd);
    bounded->socket_fd = -1;
}

static int start(struct ims_bounded *bounded)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    const struct job job = {bounded->dir_fd, fds[1]};
    const int r = ims_bounded_fork(work, &job);
    close(fds[1]);
    if (r < 0)
        close(fds[0]);
    else
        bounded->socket_fd = fds[0];
    return r;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Returns 0 when there is an answer, -ETIME, other errors. */
static int await(int fd, const struct ims_patience *patience)
{
    const int64_t begin = now_ms();
    bool warned = !patience->warn || patience->warn_ms == 0;

    for (;;) {
        const int64_t passed = now_ms() - begin;
        const int64_t end = warned ? patience->deadline_ms : patience->warn_ms;
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

        if (passed >= (int64_t)patience->deadline_ms)
            return -ETIME;
        if (passed >= end) {
            patience->warn(patience->context);
            warned = true;
            continue;
        }
        const int ready = poll(&poll_fd, 1, (int)(end - passed));
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    }
}

static int ask(struct ims_bounded *bounded, const char *path, struct answer *ret,
               const struct ims_patience *patience)
{
    int r = bounded->socket_fd >= 0 ? 0 : start(bounded);
    ssize_t got = -1;

    if (r == 0 && send(bounded->socket_fd, path, strlen(path), MSG_NOSIGNAL) < 0)
        r = -errno;
    if (r == 0)
        r = await(bounded->socket_fd, patience);
    while (r == 0 && (got = recv(bounded->socket_fd, ret, sizeof(*ret), 0)) < 0)
        if (errno != EINTR)
            r = -errno;
    if (r == 0 && got < (ssize_t)ANSWER_HEAD_BYTES)
        r = -ECHILD;
    /* Whatever it answers later belongs to no question any more. */
    if (r < 0)
        ims_bounded_done(bounded);
    return r;
}

ssize_t ims_bounded_read(struct ims_bounded *bounded, const char *path, char *buffer,
                         size_t capacity, const struct ims_patience *patience)
{
    struct answer answer = {0};
    const int r = ask(bounded, path, &answer, patience);

    if (r < 0)
        return r;
    if (answer.code < 0)
        /* A driver's own time-out is a failure like others: -ETIME means that nobody returned. */
        return answer.code == -ETIME ? -EIO : answer.code;
    size_t length = (size_t)answer.code < capacity ? (size_t)answer.code : capacity - 1;
    while (length > 0 &&
           (answer.bytes[length - 1] == '\0' || strchr(" \t\r\n", answer.bytes[length - 1])))
        length--;
    memcpy(buffer, answer.bytes, length);
    buffer[length] = '\0';
    return (ssize_t)length;
}
