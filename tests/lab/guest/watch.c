/* SPDX-License-Identifier: MIT */
/*
 * lab-watch LOG COMMAND...: runs a command and writes down every call by which it, or a process that
 * it starts, opens a file for writing or changes names, modes or modules. The kernel itself reports
 * them (seccomp), before they are carried out: there is no way around it. Ends with the command's
 * status.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NONE (-1)

/* Where a call has the descriptor of a folder, the path below it, and flags; NONE: it has none. */
static const struct call {
    const char *name;
    int number;
    int folder, path, flags;
} calls[] = {
    {"open", SYS_openat, 0, 1, 2},
    {"open", SYS_openat2, 0, 1, 2},
#ifdef SYS_open
    {"open", SYS_open, NONE, 0, 1},
    {"creat", SYS_creat, NONE, 0, NONE},
    {"mkdir", SYS_mkdir, NONE, 0, NONE},
    {"unlink", SYS_unlink, NONE, 0, NONE},
    {"rmdir", SYS_rmdir, NONE, 0, NONE},
    {"rename", SYS_rename, NONE, 1, NONE},
    {"link", SYS_link, NONE, 1, NONE},
    {"symlink", SYS_symlink, NONE, 1, NONE},
    {"chmod", SYS_chmod, NONE, 0, NONE},
    {"chown", SYS_chown, NONE, 0, NONE},
    {"mknod", SYS_mknod, NONE, 0, NONE},
#endif
    {"mkdir", SYS_mkdirat, 0, 1, NONE},
    {"unlink", SYS_unlinkat, 0, 1, NONE},
#ifdef SYS_renameat
    {"rename", SYS_renameat, 2, 3, NONE},
#endif
    {"rename", SYS_renameat2, 2, 3, NONE},
    {"link", SYS_linkat, 2, 3, NONE},
    {"symlink", SYS_symlinkat, 1, 2, NONE},
    {"mknod", SYS_mknodat, 0, 1, NONE},
    {"chmod", SYS_fchmodat, 0, 1, NONE},
    {"chmod", SYS_fchmod, 0, NONE, NONE},
    {"chown", SYS_fchownat, 0, 1, NONE},
    {"chown", SYS_fchown, 0, NONE, NONE},
    {"truncate", SYS_truncate, NONE, 0, NONE},
    {"setxattr", SYS_setxattr, NONE, 0, NONE},
    {"mount", SYS_mount, NONE, 1, NONE},
    {"umount", SYS_umount2, NONE, 0, NONE},
    {"module", SYS_finit_module, 0, NONE, NONE},
    {"module", SYS_init_module, NONE, NONE, NONE},
    {"delete-module", SYS_delete_module, NONE, 0, NONE},
    {"execute", SYS_execve, NONE, 0, NONE},
    {"execute", SYS_execveat, 0, 1, NONE},
    {"bind", SYS_bind, NONE, NONE, NONE},
    {"connect", SYS_connect, NONE, NONE, NONE},
    {"kill", SYS_kill, NONE, NONE, NONE},
    {"ptrace", SYS_ptrace, NONE, NONE, NONE},
};
#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(125);
}

/* Asks for the calls of the table and lets all others through. Returns the listener. */
static int install(void)
{
    struct sock_filter code[CALL_COUNT + 4];
    unsigned length = 0;
    code[length++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < CALL_COUNT; i++)
        code[length++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number, (uint8_t)(CALL_COUNT - i), 0);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        die("no_new_privs");
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                        &program);
}

static void send_fd(int socket_fd, int fd)
{
    char byte = 0, space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    if (sendmsg(socket_fd, &message, 0) != 1)
        die("sendmsg");
}

static int receive_fd(int socket_fd)
{
    char byte, space[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    int fd = -1;
    if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message))
        die("recvmsg");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    return fd;
}

static size_t read_memory(pid_t process, uint64_t from, void *to, size_t bytes)
{
    char name[64];
    snprintf(name, sizeof(name), "/proc/%d/mem", (int)process);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : pread(fd, to, bytes, (off_t)from);
    if (fd >= 0)
        close(fd);
    return got < 0 ? 0 : (size_t)got;
}

static void append_link(pid_t process, const char *what, char *text, size_t text_bytes)
{
    char name[64];
    size_t length = strlen(text);
    snprintf(name, sizeof(name), "/proc/%d/%s", (int)process, what);
    ssize_t got = readlink(name, text + length, text_bytes - length - 1);
    text[length + (got > 0 ? (size_t)got : 0)] = '\0';
}

/* "/run/iommuscope/lock": the folder that a call names and the path below it. */
static void describe_path(const struct seccomp_notif *request, const struct call *call, char *text,
                          size_t text_bytes)
{
    char path[1024] = "", what[32];
    text[0] = '\0';
    if (call->path != NONE)
        read_memory((pid_t)request->pid, request->data.args[call->path], path, sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    int folder = call->folder == NONE ? AT_FDCWD : (int)request->data.args[call->folder];
    if (path[0] != '/' && (call->folder != NONE || call->path != NONE)) {
        snprintf(what, sizeof(what), folder == AT_FDCWD ? "cwd" : "fd/%d", folder);
        append_link((pid_t)request->pid, what, text, text_bytes);
    }
    size_t length = strlen(text);
    bool slash = length > 0 && text[length - 1] != '/' && path[0];
    snprintf(text + length, text_bytes - length, "%s%s", slash ? "/" : "", path);
}

static bool opens_to_write(const struct seccomp_notif *request, const struct call *call)
{
    uint64_t flags = request->data.args[call->flags];
    if (call->number == SYS_openat2)
        read_memory((pid_t)request->pid, request->data.args[call->flags], &flags, sizeof(flags));
    return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

static void note(const struct seccomp_notif *request, FILE *log)
{
    char path[2048];
    for (unsigned i = 0; i < CALL_COUNT; i++) {
        if (calls[i].number != request->data.nr)
            continue;
        if (calls[i].flags != NONE && !opens_to_write(request, &calls[i]))
            return;
        describe_path(request, &calls[i], path, sizeof(path));
        fprintf(log, "%s %s\n", calls[i].name, path);
        fflush(log);
        return;
    }
}

/*
 * Until nobody is left who could call anything: what the command started may outlive it. Kernels
 * before 6.11 count a process that has ended and was not waited for. Returns the command's status.
 */
static int listen_to(int listener, pid_t child, FILE *log)
{
    struct pollfd wait = {.fd = listener, .events = POLLIN};
    int status = 0;
    bool ended = false;
    while (!ended || !(wait.revents & POLLHUP)) {
        struct seccomp_notif request = {0};
        struct seccomp_notif_resp response = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
        ended = ended || waitpid(child, &status, WNOHANG) == child;
        if (poll(&wait, 1, 20) < 0 && errno != EINTR)
            die("poll");
        if (!(wait.revents & POLLIN) || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
            continue; /* whoever called may have been killed */
        note(&request, log);
        response.id = request.id;
        (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
    return status;
}

int main(int argc, char **argv)
{
    int ends[2];
    FILE *log = argc > 2 ? fopen(argv[1], "ae") : NULL;
    if (!log || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        die("usage: lab-watch LOG COMMAND...");
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        int listener = install();
        if (listener < 0)
            die("seccomp");
        send_fd(ends[1], listener);
        close(listener);
        execv(argv[2], argv + 2);
        die(argv[2]);
    }
    close(ends[1]);
    int status = listen_to(receive_fd(ends[0]), child, log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
