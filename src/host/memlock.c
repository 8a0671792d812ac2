/* SPDX-License-Identifier: MIT */
/* How much memory a VMM may pin: all of its guest's (ownership facts 1.9). */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/number.h"
#include "host/host.h"

#define GIB (UINT64_C(1) << 30)

/* "MemTotal:       16314180 kB" */
static uint64_t read_ram(const struct ims_host *host)
{
    char text[4096];
    uint64_t kib;

    if (host->proc_fd < 0 || ims_host_read_file(host->proc_fd, "meminfo", text, sizeof(text)) < 0)
        return 0;
    const char *line = strstr(text, "MemTotal:");
    if (!line)
        return 0;
    line += strlen("MemTotal:");
    line += strspn(line, " \t");
    return ims_number_decimal(line, strcspn(line, " \n"), UINT64_MAX >> 10, &kib) == 0 ? kib << 10
                                                                                       : 0;
}

void ims_host_memlock(struct ims_host *host, struct ims_memlock *ret)
{
    struct rlimit limit;

    *ret = (struct ims_memlock){.ram_bytes = read_ram(host), .limit_bytes = UINT64_MAX};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        ret->limit_bytes = limit.rlim_cur;
}

static const char *size_text(uint64_t bytes, char *buffer, size_t size_bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;
    double value = (double)bytes / 1024;

    for (; value >= 1024 && unit < 3; unit++)
        value /= 1024;
    snprintf(buffer, size_bytes, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
             units[unit]);
    return buffer;
}

char *ims_memlock_advice(const struct ims_memlock *memlock, char *buffer, size_t size_bytes)
{
    char ram[32];
    char limit[32];
    char most[32];

    size_text(memlock->ram_bytes, ram, sizeof(ram));
    size_text(memlock->limit_bytes, limit, sizeof(limit));
    if (memlock->limit_bytes == UINT64_MAX)
        snprintf(buffer, size_bytes,
                 "a guest pins all of its memory; locked memory is not limited here (RAM: %s)",
                 memlock->ram_bytes ? ram : "unknown");
    else if (memlock->limit_bytes <= GIB)
        snprintf(buffer, size_bytes,
                 "a guest pins all of its memory and about 1 GiB more; RLIMIT_MEMLOCK is %s, too "
                 "little for any guest without CAP_IPC_LOCK (RAM: %s)",
                 limit, memlock->ram_bytes ? ram : "unknown");
    else
        snprintf(buffer, size_bytes,
                 "a guest pins all of its memory and about 1 GiB more; RLIMIT_MEMLOCK is %s, "
                 "enough for a guest of %s (RAM: %s)",
                 limit, size_text(memlock->limit_bytes - GIB, most, sizeof(most)),
                 memlock->ram_bytes ? ram : "unknown");
    return buffer;
}
