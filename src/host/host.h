/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_HOST_H
#define IMS_HOST_HOST_H

/* What the parts of the room share: descriptors of the places that are read and written. */

#include <sys/types.h>

#include "iommuscope/host.h"
#include "source/bounded.h"

struct ims_host {
    int root_fd;
    int sys_fd;
    struct ims_bounded bounded; /* reads what may wait for a driver */
    int proc_fd;                /* or -1 */
    int dev_fd;                 /* or -1 */
    bool is_live;               /* sys is the kernel's own file system, not a copy of one */
    unsigned warn_seconds;
    unsigned deadline_seconds;
    char *root;         /* as it was named */
    char *session_peer; /* or NULL */
    void (*tell)(void *context, const char *sentence);
    void *tell_context;
    char *aliases; /* of modules, once they were asked for; or NULL */
    bool aliases_missing;
    char module[64]; /* the answer of ims_host_find_module() */
};

/* No file that is read here is longer; what is longer is cut. */
#define IMS_HOST_FILE_MAX_BYTES 65536u

/*
 * Opens a file below dir_fd to read it; links, pipes and devices are refused. Returns a
 * descriptor, or -errno.
 */
int ims_host_open_file(int dir_fd, const char *name);

/*
 * Reads a file, at most capacity - 1 bytes, closes it with a zero and drops blanks at its end.
 * Returns the length, or -errno.
 */
ssize_t ims_host_read_file(int dir_fd, const char *name, char *buffer, size_t capacity);

/*
 * The same for a file below sys that the kernel gives only when nothing has its device locked
 * (driver_override, sriov_numvfs, uevent). Returns -ETIME when it has not by a deadline: with whole
 * that of the host's writes, else a shorter one.
 */
ssize_t ims_host_read_locked(struct ims_host *host, const char *path, char *buffer, size_t capacity,
                             bool whole);

/* Writes all bytes, however often a signal interrupts. Returns 0, or -errno. */
int ims_host_write_all(int fd, const char *bytes, size_t size_bytes);

/* The last component of the target of a link. Returns 0, or -errno. */
int ims_host_read_link_name(int dir_fd, const char *name, char *buffer, size_t capacity);

/*
 * SSH_CONNECTION in the environment of a process, or of the nearest of those that started it.
 * Returns a string that the caller frees, or NULL. (session.c)
 */
char *ims_host_find_session(int proc_fd, pid_t process);

#endif
