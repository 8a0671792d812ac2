/* SPDX-License-Identifier: MIT */
/* Through which connection the user came. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"

#define VARIABLE "SSH_CONNECTION="
#define ANCESTORS_MAX 64u

static char *read_variable(int proc_fd, pid_t process)
{
    char *buffer = malloc(IMS_HOST_FILE_MAX_BYTES);
    char *found = NULL;
    char path[64];

    if (!buffer)
        return NULL;
    snprintf(path, sizeof(path), "%ld/environ", (long)process);
    const ssize_t length = ims_host_read_file(proc_fd, path, buffer, IMS_HOST_FILE_MAX_BYTES);
    /* Each variable is closed with a zero; the last one by the reader. */
    for (ssize_t at = 0; at < length && !found; at += (ssize_t)strlen(buffer + at) + 1)
        if (strncmp(buffer + at, VARIABLE, strlen(VARIABLE)) == 0)
            found = strdup(buffer + at + strlen(VARIABLE));
    free(buffer);
    return found;
}

/* "PID (COMMAND) STATE PARENT ...": a command may hold blanks and brackets. */
static pid_t parent_of(int proc_fd, pid_t process)
{
    char path[64];
    char text[1024];
    long parent = 0;

    snprintf(path, sizeof(path), "%ld/stat", (long)process);
    if (ims_host_read_file(proc_fd, path, text, sizeof(text)) < 0)
        return 0;
    const char *end = strrchr(text, ')');
    return end && sscanf(end, ") %*c %ld", &parent) == 1 ? (pid_t)parent : 0;
}

char *ims_host_find_session(int proc_fd, pid_t process)
{
    for (unsigned i = 0; process > 1 && i < ANCESTORS_MAX; i++) {
        char *found = read_variable(proc_fd, process);

        if (found)
            return found;
        process = parent_of(proc_fd, process);
    }
    return NULL;
}
