/* SPDX-License-Identifier: MIT */
/*
 * lab-vfio: the user of a group, without a virtual machine.
 *
 *     lab-vfio status GROUP          viable (0) or not viable (3), as VFIO says
 *     lab-vfio hold GROUP [ADDRESS]  keeps the group, and the device, open until it is killed
 *     lab-vfio dma GROUP ADDRESS     lets QEMU's edu device copy memory
 *
 * Status 1: a call failed, which is said with its errno.
 */
#include "vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void die(const char *what)
{
    printf("%s: %s\n", what, strerrorname_np(errno));
    exit(1);
}

static int open_group(const char *number)
{
    char path[64];
    snprintf(path, sizeof(path), "/dev/vfio/%s", number);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        die(path);
    return fd;
}

static bool is_viable(int group_fd)
{
    struct vfio_group_status status = {.argsz = sizeof(status)};
    if (ioctl(group_fd, VFIO_GROUP_GET_STATUS, &status) < 0)
        die("VFIO_GROUP_GET_STATUS");
    return status.flags & VFIO_GROUP_FLAGS_VIABLE;
}

/* Group, container, type 1 v2, device: in this order nothing can be left out. */
static struct owned open_device(const char *number, const char *address)
{
    struct owned owned = {.container_fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC)};
    if (owned.container_fd < 0)
        die("/dev/vfio/vfio");
    owned.group_fd = open_group(number);
    if (ioctl(owned.group_fd, VFIO_GROUP_SET_CONTAINER, &owned.container_fd) < 0)
        die("VFIO_GROUP_SET_CONTAINER");
    if (ioctl(owned.container_fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
        die("VFIO_SET_IOMMU");
    owned.device_fd = ioctl(owned.group_fd, VFIO_GROUP_GET_DEVICE_FD, address);
    if (owned.device_fd < 0)
        die("VFIO_GROUP_GET_DEVICE_FD");
    return owned;
}

void map_memory(const struct owned *owned, void *memory, uint64_t iova, uint64_t bytes)
{
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof(map),
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = (uintptr_t)memory,
        .iova = iova,
        .size = bytes,
    };
    if (ioctl(owned->container_fd, VFIO_IOMMU_MAP_DMA, &map) < 0)
        die("VFIO_IOMMU_MAP_DMA");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && strcmp(argv[1], "status") == 0) {
        bool viable = is_viable(open_group(argv[2]));
        printf(viable ? "viable\n" : "not viable\n");
        return viable ? 0 : 3;
    }
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "hold") == 0) {
        if (argc == 4)
            open_device(argv[2], argv[3]);
        else
            open_group(argv[2]);
        printf("holding\n");
        for (;;)
            pause();
    }
    if (argc == 4 && strcmp(argv[1], "dma") == 0) {
        struct owned owned = open_device(argv[2], argv[3]);
        return edu_try(&owned);
    }
    fprintf(stderr, "usage: lab-vfio status GROUP | hold GROUP [ADDRESS] | dma GROUP ADDRESS\n");
    return 2;
}
