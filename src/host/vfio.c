/* SPDX-License-Identifier: MIT */
/*
 * Asking VFIO about a group without touching a device. The numbers are those of linux/vfio.h, which
 * some systems that build this do not have.
 */
#include "host/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define VFIO_CALL(number) _IO(';', 100 + (number))
#define VFIO_GET_API_VERSION VFIO_CALL(0)
#define VFIO_CHECK_EXTENSION VFIO_CALL(1)
#define VFIO_SET_IOMMU VFIO_CALL(2)
#define VFIO_GROUP_GET_STATUS VFIO_CALL(3)
#define VFIO_GROUP_SET_CONTAINER VFIO_CALL(4)
#define VFIO_GROUP_UNSET_CONTAINER VFIO_CALL(5)
#define VFIO_IOMMU_GET_INFO VFIO_CALL(12)

#define VFIO_API_VERSION 0
#define VFIO_TYPE1V2_IOMMU 3u
#define VFIO_GROUP_FLAGS_VIABLE 1u

#define VFIO_INFO_PGSIZES 1u
#define VFIO_INFO_CAPS 2u
#define VFIO_CAP_IOVA_RANGE 1u
#define INFO_MAX_BYTES 65536u

struct group_status {
    uint32_t argsz;
    uint32_t flags;
};

struct type1_info {
    uint32_t argsz;
    uint32_t flags;
    uint64_t iova_pgsizes;
    uint32_t cap_offset;
    uint32_t pad;
};

struct cap_header {
    uint16_t id;
    uint16_t version;
    uint32_t next;
};

static int open_node(const struct ims_host *host, const char *path)
{
    struct stat status;
    const int fd = host->dev_fd < 0 ? -1 : openat(host->dev_fd, path, O_RDWR | O_CLOEXEC);

    if (host->dev_fd < 0)
        return -ENOENT;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode))
        return fd;
    close(fd);
    return -ENODEV;
}

static int open_group(const struct ims_host *host, uint32_t group)
{
    char path[32];

    snprintf(path, sizeof(path), "vfio/%u", group);
    return open_node(host, path);
}

static int get_status(int group_fd)
{
    struct group_status status = {.argsz = sizeof(status)};

    if (ioctl(group_fd, VFIO_GROUP_GET_STATUS, &status) < 0)
        return -errno;
    return (status.flags & VFIO_GROUP_FLAGS_VIABLE) != 0;
}

int ims_vfio_is_viable(const struct ims_host *host, uint32_t group)
{
    const int fd = open_group(host, group);

    if (fd < 0)
        return fd;
    const int viable = get_status(fd);
    close(fd);
    return viable;
}

/* ---- the probe: group, container, what the IOMMU can do ---- */

static void take_ranges(const unsigned char *info, uint32_t size_bytes, uint32_t offset,
                        struct ims_probe *ret)
{
    struct cap_header header;
    uint32_t count;

    /* A chain as the kernel wrote it; still no step may leave the buffer, and it must end. */
    for (unsigned hops = 0; hops < 32 && offset >= sizeof(struct type1_info) &&
                            offset + sizeof(header) + 8 <= size_bytes;
         hops++) {
        memcpy(&header, info + offset, sizeof(header));
        if (header.id == VFIO_CAP_IOVA_RANGE) {
            memcpy(&count, info + offset + sizeof(header), sizeof(count));
            offset += (uint32_t)sizeof(header) + 8;
            for (uint32_t i = 0; i < count && i < IMS_PROBE_RANGE_MAX && offset + 16 <= size_bytes;
                 i++, offset += 16)
                memcpy(&ret->ranges[ret->range_count++], info + offset, 16);
            return;
        }
        offset = header.next;
    }
}

static int get_info(int container_fd, struct ims_probe *ret)
{
    struct type1_info head = {.argsz = sizeof(head)};

    if (ioctl(container_fd, VFIO_IOMMU_GET_INFO, &head) < 0)
        return -errno;
    if (head.flags & VFIO_INFO_PGSIZES)
        ret->page_sizes = head.iova_pgsizes;
    if (!(head.flags & VFIO_INFO_CAPS) || head.argsz <= sizeof(head) || head.argsz > INFO_MAX_BYTES)
        return 0;
    const uint32_t size_bytes = head.argsz;
    unsigned char *info = calloc(1, size_bytes);
    if (!info)
        return -ENOMEM;
    memcpy(info, &size_bytes, sizeof(size_bytes));
    int r = ioctl(container_fd, VFIO_IOMMU_GET_INFO, info) < 0 ? -errno : 0;
    if (r == 0) {
        memcpy(&head, info, sizeof(head));
        take_ranges(info, size_bytes, head.cap_offset, ret);
    }
    free(info);
    return r;
}

static int probe_container(const struct ims_host *host, int group_fd, struct ims_probe *ret)
{
    const int fd = open_node(host, "vfio/vfio");

    ret->step = IMS_PROBE_CONTAINER;
    if (fd < 0)
        return fd;
    int r = ioctl(fd, VFIO_GET_API_VERSION) == VFIO_API_VERSION ? 0 : -ENOTSUP;
    if (r == 0 && ioctl(group_fd, VFIO_GROUP_SET_CONTAINER, &fd) < 0)
        r = -errno;
    if (r == 0) {
        ret->step = IMS_PROBE_IOMMU;
        if (ioctl(fd, VFIO_SET_IOMMU, (unsigned long)VFIO_TYPE1V2_IOMMU) < 0)
            r = -errno;
        if (r == 0) {
            ret->step = IMS_PROBE_INFO;
            r = get_info(fd, ret);
        }
        (void)ioctl(group_fd, VFIO_GROUP_UNSET_CONTAINER);
    }
    close(fd);
    return r;
}

int ims_host_probe(struct ims_host *host, uint32_t group, struct ims_probe *ret)
{
    *ret = (struct ims_probe){.step = IMS_PROBE_OPEN};
    const int fd = open_group(host, group);

    if (fd < 0) {
        ret->code = fd;
        return 0;
    }
    const int viable = get_status(fd);
    ret->step = IMS_PROBE_STATUS;
    ret->code = viable < 0 ? viable : 0;
    ret->viable = viable < 0 ? IMS_UNKNOWN : ims_tristate_from_bool(viable == 1);
    if (viable == 1) {
        ret->code = probe_container(host, fd, ret);
        if (ret->code == 0)
            ret->step = IMS_PROBE_DONE;
    }
    close(fd);
    return ret->code == -ENOMEM ? -ENOMEM : 0;
}

const char *ims_probe_step_to_string(enum ims_probe_step step)
{
    static const char *const names[] = {"open", "status", "container", "iommu", "info", "done"};
    return (unsigned)step < sizeof(names) / sizeof(names[0]) ? names[step] : "unknown";
}
