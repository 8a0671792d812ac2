/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_SYSFS_H
#define IMS_SOURCE_SYSFS_H

/* The sysfs reader's shared state. One reader per call of ims_sysfs_read(). */

#include <sys/types.h>

#include "iommuscope/source.h"
#include "source/bounded.h"

/* No file of sysfs that matters here is longer; what is longer is cut. */
#define IMS_SYSFS_FILE_MAX_BYTES 65536u
#define IMS_SYSFS_LINK_MAX_BYTES 4096u
/* A driver that is being unbound in good order may keep its device locked for so long. */
#define IMS_SYSFS_PATIENCE_MS 3000u

/* One entry of bus/pci/devices. */
struct ims_sysfs_entry {
    struct ims_address address;
    struct ims_address parent; /* the function whose directory holds this one */
    bool has_parent;
    bool ends_at_256;  /* the configuration file ends where extended space would begin */
    bool wants_beyond; /* and the function may have such space (R1.8) */
};

struct ims_sysfs_reader {
    struct ims_builder *builder;
    int sysfs_fd;
    int host_fd;                /* or -1 */
    const char *path;           /* of sysfs_fd, for messages */
    bool is_live;               /* the kernel's own file system, not a copy */
    bool wake;                  /* read devices in D3cold too */
    bool ownership;             /* read what handing over depends on */
    struct ims_bounded bounded; /* reads what may wait for a driver, of a live machine */
    struct ims_error *reterr;
    struct ims_sysfs_entry *entries; /* sorted by address */
    uint32_t entry_count;
    uint32_t entry_capacity;
    uint32_t denied_count; /* functions of which only the first 64 bytes are readable */
    bool saw_list;         /* some function has a capability list that was readable */
    bool saw_driver_link;  /* links to drivers were copied: a missing one means no driver */
    bool saw_extended;     /* some configuration file is longer than 256 bytes */
    char *buffer;          /* IMS_SYSFS_FILE_MAX_BYTES + 1 */
};

/* ---- files (sysfs_file.c) ---- */

/* Opens a directory below dir_fd. Returns a descriptor, or -errno. */
int ims_sysfs_open_directory(int dir_fd, const char *name);

/* Opens a regular file; a link, a pipe or a device is refused. Returns a descriptor, or -errno. */
int ims_sysfs_open_file(int dir_fd, const char *name, off_t *ret_size_bytes);

/*
 * Reads a file, at most capacity - 1 bytes, closes it with a zero and drops blanks at its end.
 * Returns the length, or -errno.
 */
ssize_t ims_sysfs_read_file(int dir_fd, const char *name, char *buffer, size_t capacity);

/* Reads a hexadecimal ("0x8086") or decimal number that fills a file. Return 0, -errno, -EINVAL. */
int ims_sysfs_read_hex(int dir_fd, const char *name, uint32_t max, uint32_t *ret);
int ims_sysfs_read_decimal(int dir_fd, const char *name, uint32_t max, uint32_t *ret);

/* The target of a link as it is written. Returns 0, or -errno. */
int ims_sysfs_read_link(int dir_fd, const char *name, char target[IMS_SYSFS_LINK_MAX_BYTES]);

/* The last component of the target of a link. Returns NULL when there is no such link. */
const char *ims_sysfs_link_name(int dir_fd, const char *name,
                                char target[IMS_SYSFS_LINK_MAX_BYTES]);

/* A copy of text in the builder, without bytes that would disturb a terminal. NULL: no memory. */
const char *ims_sysfs_keep(struct ims_sysfs_reader *reader, const char *text);

/* Whether errno code says that a device went away while it was read. */
bool ims_sysfs_is_vanished(int code);

/* ---- configuration space (sysfs_config.c) ---- */

/* Where configuration bytes come from; tests put a counter in its place. */
struct ims_config_io {
    /* As pread(): the number of bytes, fewer at the end of what is readable, or -errno. */
    ssize_t (*read)(void *context, void *buffer, size_t size_bytes, unsigned offset);
    void *context;
    bool is_copy;      /* a file that somebody made, not the kernel: zeros may be padding */
    bool is_proved;    /* another file of the copy was read beyond the header, so they are not */
    bool wants_serial; /* read the serial number too: only what recognises devices needs it */
};

struct ims_config_reach {
    bool is_short;  /* a wanted register could not be read */
    unsigned end;   /* then: the first byte that was wanted and not there */
    bool is_padded; /* registers beyond the header are all zero, which an archiver may have made */
    bool has_list;  /* a capability stands beyond the header: it was readable when it was copied */
};

/*
 * Reads what the decoder needs and nothing else: 64 bytes of header, then both capability lists, of
 * each capability its header and the registers that a rule looks at (R1.3, R1.8, R1.9, R4.20,
 * R4.21). Every access is an aligned run of dwords. devfn decides about R4.20.
 * Returns 0 or a negative errno; what was read until then is kept.
 */
int ims_sysfs_config_walk(const struct ims_config_io *io, uint8_t devfn, bool is_vf,
                          struct ims_config *config, struct ims_config_reach *ret);

/* ---- functions ---- */

/* Ids, class and driver of the function whose directory is dir_fd (sysfs_identity.c). */
int ims_sysfs_identity(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record);

/*
 * States in the image what the kernel remembers of a function whose configuration space is not
 * readable: ids, class, revision, bus numbers (sysfs_identity.c). Returns -ENOMEM.
 */
int ims_sysfs_remembered(int dir_fd, struct ims_record *record);

/* Reads one function (sysfs_device.c). Returns 0, -ENOMEM or -E2BIG; all else becomes gaps. */
int ims_sysfs_device(struct ims_sysfs_reader *reader, int devices_fd,
                     struct ims_sysfs_entry *entry);

/* Override, reset methods, VFIO device, number of VFs (sysfs_ownership.c). Returns -ENOMEM. */
int ims_sysfs_ownership(struct ims_sysfs_reader *reader, int dir_fd, struct ims_record *record);

/* ---- groups and machine ---- */

/* Interrupt remapping and the switches of VFIO and KVM (sysfs_ownership.c). */
void ims_sysfs_ownership_machine(struct ims_sysfs_reader *reader);

/* Reads kernel/iommu_groups and decides what "no group" means (sysfs_groups.c). Returns -ENOMEM. */
int ims_sysfs_groups(struct ims_sysfs_reader *reader);

/* Kernel, command line, IOMMU kind, ACPI tables, product; slots. Return -ENOMEM. (sysfs_machine.c) */
int ims_sysfs_machine(struct ims_sysfs_reader *reader);
int ims_sysfs_slots(struct ims_sysfs_reader *reader);

/* The bytes of DMAR, IVRS, IORT and VIOT, and whether each exists (sysfs_tables.c). Returns -ENOMEM. */
int ims_sysfs_tables(struct ims_sysfs_reader *reader);

#endif
