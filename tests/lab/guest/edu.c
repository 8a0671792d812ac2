/* SPDX-License-Identifier: MIT */
/*
 * QEMU's educational device has a buffer of its own and copies between it and memory. Its registers
 * are in BAR 0 (docs/specs/edu.rst of QEMU).
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "vfio.h"

#define EDU_BYTES 0x100000u
#define EDU_ID 0x00u
#define EDU_SOURCE 0x80u
#define EDU_TARGET 0x88u
#define EDU_COUNT 0x90u
#define EDU_COMMAND 0x98u
#define EDU_BUFFER 0x40000u /* where its own memory is for its DMA engine */
#define COMMAND_START 1u
#define COMMAND_TO_MEMORY 2u

/* A full page makes some releases of QEMU stop. */
#define COPY_BYTES 1024u
#define PAGE_BYTES 4096u
#define MAPPED_IOVA 0x100000u
#define UNMAPPED_IOVA 0x200000u
#define WAIT_ROUNDS 500u

static void set(volatile unsigned char *registers, unsigned offset, uint64_t value)
{
    *(volatile uint64_t *)(uintptr_t)(registers + offset) = value;
}

static uint64_t get(volatile unsigned char *registers, unsigned offset)
{
    return *(volatile uint64_t *)(uintptr_t)(registers + offset);
}

/* The engine works a while after it was told to. */
static bool copy(volatile unsigned char *registers, uint64_t source, uint64_t target,
                 uint64_t direction)
{
    set(registers, EDU_SOURCE, source);
    set(registers, EDU_TARGET, target);
    set(registers, EDU_COUNT, COPY_BYTES);
    set(registers, EDU_COMMAND, COMMAND_START | direction);
    for (unsigned i = 0; i < WAIT_ROUNDS; i++) {
        if (!(get(registers, EDU_COMMAND) & COMMAND_START))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    printf("edu: the copy does not end\n");
    return false;
}

static volatile unsigned char *map_registers(const struct owned *owned)
{
    struct vfio_region_info bar = {.argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX};
    struct vfio_region_info config = {.argsz = sizeof(config),
                                      .index = VFIO_PCI_CONFIG_REGION_INDEX};
    uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    if (ioctl(owned->device_fd, VFIO_DEVICE_GET_REGION_INFO, &bar) < 0 ||
        ioctl(owned->device_fd, VFIO_DEVICE_GET_REGION_INFO, &config) < 0)
        die("VFIO_DEVICE_GET_REGION_INFO");
    if (pwrite(owned->device_fd, &command, sizeof(command), (off_t)(config.offset + PCI_COMMAND)) !=
        sizeof(command))
        die("command register");
    void *registers = mmap(NULL, EDU_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, owned->device_fd,
                           (off_t)bar.offset);
    if (registers == MAP_FAILED)
        die("BAR 0");
    return registers;
}

int edu_try(const struct owned *owned)
{
    unsigned char expected[COPY_BYTES];
    volatile unsigned char *registers = map_registers(owned);
    unsigned char *memory =
        mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        die("memory");
    printf("edu: id %#x\n", *(volatile uint32_t *)(uintptr_t)(registers + EDU_ID));
    map_memory(owned, memory, MAPPED_IOVA, PAGE_BYTES);
    for (unsigned i = 0; i < COPY_BYTES; i++)
        memory[i] = expected[i] = (unsigned char)(i * 7 + 3);
    if (!copy(registers, MAPPED_IOVA, EDU_BUFFER, 0) ||
        !copy(registers, EDU_BUFFER, MAPPED_IOVA + 2 * COPY_BYTES, COMMAND_TO_MEMORY))
        return 1;
    if (memcmp(memory + 2 * COPY_BYTES, expected, COPY_BYTES) != 0) {
        printf("edu: what came back is not what was sent\n");
        return 1;
    }
    printf("edu: %u bytes went there and back\n", COPY_BYTES);
    /* The device sees no error; the IOMMU does, and the memory stays as it was. */
    memset(memory, 0x5a, PAGE_BYTES);
    if (!copy(registers, EDU_BUFFER, UNMAPPED_IOVA, COMMAND_TO_MEMORY) ||
        !copy(registers, UNMAPPED_IOVA, EDU_BUFFER, 0))
        return 1;
    for (unsigned i = 0; i < PAGE_BYTES; i++) {
        if (memory[i] != 0x5a) {
            printf("edu: it wrote to memory that is not mapped\n");
            return 1;
        }
    }
    printf("edu: nothing was written beside the mapping\n");
    return 0;
}
