/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_BOUNDED_H
#define IMS_SOURCE_BOUNDED_H

/*
 * Reading files of sysfs that may never return: some take the lock of their device, which an unbind
 * that waits holds for ever, and no signal ends that wait. A process of its own reads them; when it
 * does not answer in time it is left behind, and the next read starts another one
 * (docs/adr/0007-reads-that-wait.md).
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ims_bounded {
    int dir_fd;    /* below which paths are; borrowed */
    int socket_fd; /* to the process, or -1: none is running */
};

/* How long a read may take. */
struct ims_patience {
    unsigned warn_ms; /* then warn is called, once; 0 = never */
    unsigned deadline_ms;
    void (*warn)(void *context);
    void *context;
};

/* Starts nothing yet. Release it with ims_bounded_done(), which stops the process. */
void ims_bounded_init(struct ims_bounded *bounded, int dir_fd);
void ims_bounded_done(struct ims_bounded *bounded);

/*
 * Reads a regular file, at most capacity - 1 bytes and no more than a page, closes it with a zero
 * and drops blanks at its end. Returns the length, -errno, or -ETIME when the kernel has not
 * returned by the deadline.
 */
ssize_t ims_bounded_read(struct ims_bounded *bounded, const char *path, char *buffer,
                         size_t capacity, const struct ims_patience *patience);

/*
 * Runs work(job) in a process that is nobody's child, so that one that is stuck becomes nobody's
 * zombie; it must make only calls that are safe behind fork() in a program with threads, and not
 * return. Returns 0, or -errno.
 */
int ims_bounded_fork(void (*work)(const void *job), const void *job);

/*
 * For work: keeps two descriptors as 0 and 1 and closes all others. Locks are bound to descriptors:
 * a process that is stuck must not hold any.
 */
void ims_bounded_keep(int first, int second);

#endif
