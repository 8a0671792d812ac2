/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "iommuscope/source.h"
#include "tap.h"

/*
 * bench-scan: how many bytes of configuration space a scan of a sysfs tree asks for. Every dword is
 * a slow bus read on real hardware, so a scan may read the header and what the capability chains
 * need, not the whole space. The program is linked so that the reads of the library come here.
 */

#define MACHINES 12u
/* Header, classic chain and the extended chain of a sketched function, in whole sectors of 64. */
#define BUDGET 512u

static unsigned long long config_bytes;
static unsigned long long other_bytes;

static void count(int fd, ssize_t got)
{
    char link[64], target[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof(target) - 1);
    if (got <= 0 || length <= 0)
        return;
    target[length] = '\0';
    const char *name = strrchr(target, '/');
    if (name && strcmp(name, "/config") == 0)
        config_bytes += (unsigned long long)got;
    else
        other_bytes += (unsigned long long)got;
}

/* The names that the linker gives to wrapped calls. */
ssize_t __real_read(int fd, void *buffer, size_t size_bytes);
ssize_t __wrap_read(int fd, void *buffer, size_t size_bytes);
ssize_t __real_pread(int fd, void *buffer, size_t size_bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size_bytes, off_t offset);
ssize_t __real___read_chk(int fd, void *buffer, size_t size_bytes, size_t room);
ssize_t __wrap___read_chk(int fd, void *buffer, size_t size_bytes, size_t room);
ssize_t __real_pread64(int fd, void *buffer, size_t size_bytes, off_t offset);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size_bytes, off_t offset);

ssize_t __wrap_read(int fd, void *buffer, size_t size_bytes)
{
    ssize_t got = __real_read(fd, buffer, size_bytes);
    count(fd, got);
    return got;
}

/* What read() is called where the compiler checks buffers. */
ssize_t __wrap___read_chk(int fd, void *buffer, size_t size_bytes, size_t room)
{
    ssize_t got = __real___read_chk(fd, buffer, size_bytes, room);
    count(fd, got);
    return got;
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size_bytes, off_t offset)
{
    ssize_t got = __real_pread(fd, buffer, size_bytes, offset);
    count(fd, got);
    return got;
}

ssize_t __wrap_pread64(int fd, void *buffer, size_t size_bytes, off_t offset)
{
    ssize_t got = __real_pread64(fd, buffer, size_bytes, offset);
    count(fd, got);
    return got;
}

static uint32_t scan(struct rng *rng, const char *folder, struct tap *tap)
{
    struct generate_options options = {.function_max = 60, .vf_percent = 20};
    struct sketch sketch = {0};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    char path[512], message[512];
    uint32_t functions = 0;
    generate_machine(rng, &options, &sketch);
    snprintf(path, sizeof(path), "%s/host", folder);
    if (sketch_write_sysfs(&sketch, path, message, sizeof(message)) < 0)
        tap_ok(tap, false, "%s", message);
    else if (ims_source_load(path, NULL, &topology, &error) < 0)
        tap_ok(tap, false, "%s", error.message);
    else
        functions = ims_topology_function_count(topology);
    sketch_remove_tree(path);
    ims_topology_free(topology);
    sketch_done(&sketch);
    return functions;
}

int main(void)
{
    struct tap tap = {0};
    struct rng rng = {7};
    const char *base = getenv("TMPDIR");
    char folder[256];
    unsigned long long functions = 0;
    snprintf(folder, sizeof(folder), "%s/ims-scan-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    for (unsigned i = 0; i < MACHINES; i++)
        functions += scan(&rng, folder, &tap);
    sketch_remove_tree(folder);
    if (functions == 0)
        functions = 1;
    tap_ok(&tap, config_bytes / functions >= 64 && config_bytes / functions <= BUDGET,
           "a scan reads %llu bytes of configuration space a function (at most %u), %llu of other "
           "files",
           config_bytes / functions, BUDGET, other_bytes / functions);
    return tap_done(&tap);
}
