/* SPDX-License-Identifier: MIT */
/* Which module of the running kernel drives a device: lib/modules/RELEASE/modules.alias. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/modules.h"

/* Distributions ship about a megabyte; what is far longer is no such file. */
#define ALIASES_MAX_BYTES (32u << 20)
#define PATTERN_MAX_BYTES 256u

const char *ims_modules_match(const char *aliases, const char *modalias,
                              char ret[IMS_DRIVER_NAME_SIZE])
{
    static const char head[] = "alias ";
    const char *end;

    for (const char *line = aliases; line && *line; line = end ? end + 1 : NULL) {
        char pattern[PATTERN_MAX_BYTES];

        end = strchr(line, '\n');
        const size_t length = end ? (size_t)(end - line) : strlen(line);
        /* "alias pci:v00008086d00001533sv*sd*bc*sc*i* igb"; vfio_pci: aliases ask for themselves. */
        if (length <= sizeof(head) - 1 || strncmp(line, head, sizeof(head) - 1) != 0 ||
            strncmp(line + sizeof(head) - 1, "pci:", 4) != 0)
            continue;
        const char *begin = line + sizeof(head) - 1;
        const size_t size = strcspn(begin, " \n");
        const size_t name = begin[size] == ' ' ? strcspn(begin + size + 1, " \n") : 0;

        if (size >= sizeof(pattern) || name == 0 || name >= IMS_DRIVER_NAME_SIZE)
            continue;
        memcpy(pattern, begin, size);
        pattern[size] = '\0';
        if (fnmatch(pattern, modalias, FNM_NOESCAPE) != 0)
            continue;
        memcpy(ret, begin + size + 1, name);
        ret[name] = '\0';
        return ret;
    }
    return NULL;
}

static char *read_aliases(const struct ims_host *host)
{
    char release[128];
    char path[192];
    char *text;

    if (host->proc_fd < 0 ||
        ims_host_read_file(host->proc_fd, "sys/kernel/osrelease", release, sizeof(release)) <= 0 ||
        strchr(release, '/'))
        return NULL;
    snprintf(path, sizeof(path), "lib/modules/%s/modules.alias", release);
    text = malloc(ALIASES_MAX_BYTES);
    if (text && ims_host_read_file(host->root_fd, path, text, ALIASES_MAX_BYTES) < 0) {
        free(text);
        text = NULL;
    }
    return text;
}

const char *ims_host_find_module(void *context, const char *modalias)
{
    struct ims_host *host = context;

    if (!host->aliases && !host->aliases_missing) {
        host->aliases = read_aliases(host);
        host->aliases_missing = !host->aliases;
    }
    return host->aliases ? ims_modules_match(host->aliases, modalias, host->module) : NULL;
}
