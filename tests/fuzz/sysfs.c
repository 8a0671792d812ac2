/* SPDX-License-Identifier: MIT */
/* fuzz-rooms: base pci topology source */

/*
 * The reader of sysfs. The first byte of an input is its kind: even, the rest is a configuration
 * space that is walked; odd, the rest is the content of files, parted by bytes 0x1e, in a tree.
 */

#define _GNU_SOURCE /* nftw() */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "source/reader.h"
#include "source/sysfs.h"

#define FLAG_VF 0x02
#define FLAG_COPY 0x04
#define PART_END 0x1e

/* Every register once would be all of it; what a damaged list repeats stays within that too. */
#define READ_MAX_BYTES (2 * 4096u)

struct space {
    const uint8_t *data;
    size_t size_bytes;
    size_t read_bytes;
};

static ssize_t read_space(void *context, void *buffer, size_t size_bytes, unsigned offset)
{
    struct space *space = context;

    FUZZ_LAW(offset % 4 == 0 && size_bytes % 4 == 0);
    FUZZ_LAW(size_bytes > 0 && offset + size_bytes <= IMS_CONFIG_SIZE_BYTES);
    if (offset >= space->size_bytes)
        return 0;
    const size_t left = space->size_bytes - offset;
    const size_t length = left < size_bytes ? left : size_bytes;
    memcpy(buffer, space->data + offset, length);
    space->read_bytes += length;
    return (ssize_t)length;
}

static void walk_space(const uint8_t *data, size_t size_bytes, uint8_t kind)
{
    struct space space = {data, size_bytes < 4096 ? size_bytes : 4096, 0};
    const struct ims_config_io io = {read_space, &space, kind & FLAG_COPY, false, true};
    struct ims_config config = {0};
    struct ims_config_reach reach;
    struct ims_pci_facts facts;

    FUZZ_LAW(ims_sysfs_config_walk(&io, IMS_DEVFN(31, 0), kind & FLAG_VF, &config, &reach) == 0);
    FUZZ_LAW(space.read_bytes <= READ_MAX_BYTES);
    for (unsigned offset = 0; offset < IMS_CONFIG_SIZE_BYTES; offset++) {
        const struct ims_bits byte = ims_config_get8(&config, offset);
        FUZZ_LAW(!byte.known || (offset < size_bytes && byte.value == data[offset]));
    }
    ims_pci_decode(&config, kind & FLAG_VF, &facts);
    ims_config_done(&config);
}

#define FUNCTION "bus/pci/devices/0000:00:1f.0"

static const char *const directories[] = {
    "bus",
    "bus/pci",
    "bus/pci/devices",
    FUNCTION,
    FUNCTION "/power",
    "bus/pci/slots",
    "bus/pci/slots/1",
    "kernel",
    "kernel/iommu_groups",
    "kernel/iommu_groups/3",
    "kernel/iommu_groups/3/devices",
    "kernel/iommu_groups/3/devices/0000:00:1f.0",
    "class",
    "class/dmi",
    "class/dmi/id",
};

static const char *const files[] = {
    FUNCTION "/uevent",
    FUNCTION "/config",
    FUNCTION "/resource",
    FUNCTION "/vendor",
    FUNCTION "/device",
    FUNCTION "/class",
    FUNCTION "/numa_node",
    FUNCTION "/power_state",
    FUNCTION "/label",
    FUNCTION "/boot_vga",
    "kernel/iommu_groups/3/type",
    "kernel/iommu_groups/3/reserved_regions",
    "bus/pci/slots/1/address",
    "class/dmi/id/sys_vendor",
};

static void write_file(int root_fd, const char *name, const uint8_t *data, size_t size_bytes)
{
    const int fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, data, size_bytes) != (ssize_t)size_bytes || close(fd) < 0)
        abort();
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void read_tree(int root_fd)
{
    const struct ims_source_options options = {.size_bytes = sizeof(options), .wake = false};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct ims_builder *builder = ims_builder_new();

    if (!builder)
        abort();
    FUZZ_LAW(ims_sysfs_read(builder, root_fd, -1, "tree", &options, &error) == 0);
    FUZZ_LAW(ims_builder_count(builder) == 1);
    FUZZ_LAW(ims_builder_at(builder, 0)->resource_count <= IMS_RESOURCE_COUNT);
    FUZZ_LAW(ims_builder_seal(builder, &topology, &error) == 0);
    FUZZ_LAW(ims_topology_check(topology, &error) == 0);
    ims_topology_free(topology);
}

static void make_tree(const uint8_t *data, size_t size_bytes)
{
    char root[] = "/tmp/iommuscope-fuzz-XXXXXX";

    if (!mkdtemp(root))
        abort();
    const int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0)
        abort();
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
        if (mkdirat(root_fd, directories[i], 0700) < 0)
            abort();
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && size_bytes > 0; i++) {
        const uint8_t *end = memchr(data, PART_END, size_bytes);
        const size_t length = end ? (size_t)(end - data) : size_bytes;
        write_file(root_fd, files[i], data, length);
        data += length + (end ? 1 : 0);
        size_bytes -= length + (end ? 1 : 0);
    }
    read_tree(root_fd);
    close(root_fd);
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes == 0)
        return 0;
    if (data[0] % 2)
        make_tree(data + 1, size_bytes - 1);
    else
        walk_space(data + 1, size_bytes - 1, data[0]);
    return 0;
}
