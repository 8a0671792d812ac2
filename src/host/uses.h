/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_USES_H
#define IMS_HOST_USES_H

/*
 * The search for what uses functions. First everything that hangs below them in sysfs is collected
 * (search_walk.c), then each question has a file of its own. Paths stand below sys, without a slash
 * in front; strings live in the arena of the search.
 */

#include <dirent.h>
#include <stdio.h>

#include "base/arena.h"
#include "host/host.h"

/* Beyond these somebody plays tricks on us, or we would not come to an end. */
#define IMS_SEARCH_DEPTH_MAX 48u
#define IMS_SEARCH_ENTRIES_MAX 262144u /* of one directory */
#define IMS_SEARCH_DIRECTORIES_MAX 65536u
#define IMS_SEARCH_STACK_MAX 4096u /* block devices, or interfaces, on top of others */
#define IMS_SEARCH_PATH_MAX 4096u

/* A function that is asked about. */
struct ims_search_owner {
    struct ims_address address;
    const char *path;   /* NULL: the host does not have it */
    const char *driver; /* NULL = none */
    uint32_t class_code;
    bool is_bridge;
    bool has_group;
    uint32_t group;
    const char *empty_net; /* a directory of interfaces without any */
    bool is_told;          /* something was said of it */
};

/* A device below a function that the kernel gave a class or a bus. */
struct ims_search_node {
    uint32_t owner;
    const char *subsystem;
    const char *name;
    const char *path;
    const char *dev_name; /* below /dev */
    bool has_dev;
    uint32_t major;
    uint32_t minor;
};

/* A disk, a partition, or what is built on them; once for each function below it. */
struct ims_search_block {
    uint32_t owner;
    uint32_t disk; /* index of the disk of the function that it rests on */
    const char *path;
    const char *name;
    const char *dev_name;
    const char *title; /* dm: its name */
    const char *kept;  /* another way to it that stays, or NULL */
    const char *btrfs; /* the file system that it is a member of, or NULL */
    bool has_dev;
    bool is_stacked; /* not part of the disk but built on it */
    uint32_t major;
    uint32_t minor;
    uint32_t mounts; /* that were told */
    bool in_use;
};

struct ims_search {
    struct ims_host *host;
    const struct ims_topology *topology;
    struct ims_uses *uses;
    struct ims_arena arena;
    struct ims_search_owner *owners;
    uint32_t owner_count;
    struct ims_search_node *nodes;
    uint32_t node_count;
    uint32_t node_capacity;
    struct ims_search_block *blocks;
    uint32_t block_count;
    uint32_t block_capacity;
    const char *foreign_root; /* evidence of a system on disks that no table tells (ZFS), or NULL */
    uint32_t directories;     /* that were walked */
    bool cut;                 /* a limit was hit: what was found is not all */
    bool failed;              /* memory was short */
};

/* ---- saying what was found ---- */

/* Adds a use of a function; text is formatted. */
void ims_search_say(struct ims_search *search, uint32_t owner, enum ims_use_kind kind,
                    enum ims_tristate certain, const char *subject, const char *evidence,
                    const char *format, ...) __attribute__((format(printf, 7, 8)));

/* Formatted text in the arena; "" when memory is short, which is remembered. */
const char *ims_search_format(struct ims_search *search, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- reading ---- */

/*
 * Reads directory/name below sys into buffer, as ims_host_read_file() does. Returns the length, or
 * -errno.
 */
ssize_t ims_search_read(struct ims_search *search, const char *directory, const char *name,
                        char *buffer, size_t capacity);

/* The first line of a file in the arena, or NULL. */
const char *ims_search_read_line(struct ims_search *search, const char *directory,
                                 const char *name);

/* A decimal number, or one with 0x in front. Returns -EINVAL and what opening returns. */
int ims_search_read_number(struct ims_search *search, const char *directory, const char *name,
                           uint64_t *ret);

/* The last component of a link, or NULL. */
const char *ims_search_read_link(struct ims_search *search, const char *directory,
                                 const char *name);

/* The path that a link leads to, below sys, by its words alone; NULL when it leaves sys. */
const char *ims_search_resolve(struct ims_search *search, const char *directory, const char *name);

bool ims_search_exists(struct ims_search *search, const char *directory, const char *name);

/* The last component of a path. */
const char *ims_search_base_name(const char *path);

/* path is top or below it. */
bool ims_search_is_below(const char *path, const char *top);

/* One of the functions that are asked about is above path, or path itself. */
bool ims_search_is_owned(const struct ims_search *search, const char *path);

/* Entries of a directory, "." and ".." left out, as many as somebody sane would have. */
struct ims_listing {
    struct ims_search *search;
    DIR *directory;
    uint32_t left;
};

/* Opens path below base_fd; a last component that is a link is not followed. Returns -errno. */
int ims_listing_open(struct ims_listing *listing, struct ims_search *search, int base_fd,
                     const char *path);
/* NULL at the end, where the directory is closed too. */
const struct dirent *ims_listing_next(struct ims_listing *listing);
/* To stop early. */
void ims_listing_close(struct ims_listing *listing);
bool ims_listing_is_directory(const struct ims_listing *listing, const struct dirent *entry);

/*
 * Reads a file line by line, however long it is; lines longer than a page are cut. Zero-initialise
 * and close. Returns -errno.
 */
struct ims_line_file {
    FILE *stream;
    char *line;
    size_t capacity;
};
int ims_line_file_open(struct ims_line_file *file, int base_fd, const char *path);
char *ims_line_file_next(struct ims_line_file *file);
void ims_line_file_close(struct ims_line_file *file);

/* "\040" becomes a blank, in place; as the kernel writes names into tables. */
void ims_unescape(char *text);

/* Splits off the first word of *text, which moves behind it; NULL at the end. */
char *ims_next_word(char **text);

/* ---- collecting, and the questions ---- */

/* The class devices below all functions. */
void ims_search_walk(struct ims_search *search);
/* Fills in a node from its directory: name, dev_name, device number. */
void ims_search_node_fill(struct ims_search *search, struct ims_search_node *node);
/* Disks and what is built on them, NVMe heads included. */
void ims_search_stack(struct ims_search *search);

void ims_search_mounts(struct ims_search *search);
void ims_search_blocks(struct ims_search *search);
/* The disk that the machine was started from, mounted or not. */
void ims_search_boot(struct ims_search *search);
void ims_search_net(struct ims_search *search);
void ims_search_display(struct ims_search *search);
/* The last keyboard, and serial consoles. */
void ims_search_input(struct ims_search *search);
void ims_search_open_files(struct ims_search *search);
/* Domains that libvirt runs. */
void ims_search_libvirt(struct ims_search *search);
void ims_search_others(struct ims_search *search);
/* Drivers that leave a function to user space: the host itself loses nothing with them. */
bool ims_search_is_quiet(const struct ims_search_owner *owner);
/* Last: drivers for which nothing else was said. */
void ims_search_rest(struct ims_search *search);

/* Says something of a block device, in words that fit where another path to it stays. */
void ims_search_say_block(struct ims_search *search, struct ims_search_block *block,
                          enum ims_use_kind kind, enum ims_tristate certain, const char *evidence,
                          const char *text);

/* "/dev/sda1", "/dev/mapper/x", any link below /dev: whether that is this block device. */
bool ims_search_is_named(struct ims_search *search, const struct ims_search_block *block,
                         const char *name);

/* What a disk carries ("ext4", "LVM2_member", "gpt"), as udev noted it or from its first blocks. */
enum ims_tristate ims_search_signature(struct ims_search *search,
                                       const struct ims_search_block *block, const char **ret);
/* A property of a block device in udev's database, or NULL. */
const char *ims_search_udev(struct ims_search *search, const struct ims_search_block *block,
                            const char *name);

#endif
