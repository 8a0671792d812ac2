/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_USES_H
#define IMS_HOST_USES_H

/*
 * The search for what the host would lose. One walk finds every device below the functions; each
 * question (block devices, interfaces, displays, open files, the platform) then looks at those of
 * its subsystem. A question that cannot be answered adds a use that is not certain.
 */

#include "base/arena.h"
#include "host/host.h"

/* A device below a function, or one that stands elsewhere and depends on it (NVMe heads). */
struct ims_node {
    uint32_t owner;        /* index of the function in the search */
    const char *path;      /* below sys, also through links */
    const char *name;      /* the last component; "" of a net directory that is empty */
    const char *subsystem; /* "block", "net", ...: by its link, else by the directory it is in */
    bool has_number;       /* it has a device node, with the number below */
    unsigned major;
    unsigned minor;
    const char *devname; /* of its node below /dev */
    bool is_path;        /* other paths to it stay when the function goes */
};

struct ims_hunt {
    const struct ims_host *host;
    const struct ims_topology *topology;
    const struct ims_function *functions;
    uint32_t function_count;
    struct ims_uses *uses;
    struct ims_node *nodes;
    uint32_t node_count;
    uint32_t node_capacity;
    struct ims_arena arena;
    bool failed; /* memory was short */
};

/* What the hunt knows of a function. */
const struct ims_function_info *ims_hunt_info(const struct ims_hunt *hunt, uint32_t owner);

/* A driver is bound: only then can anybody use the function. */
bool ims_hunt_has_driver(const struct ims_hunt *hunt, uint32_t owner);

/* Adds a use of a function: seen (certain is yes), or not to be looked at (unknown). */
void ims_hunt_say(struct ims_hunt *hunt, uint32_t owner, enum ims_use_kind kind,
                  enum ims_tristate certain, const char *subject, const char *evidence,
                  const char *format, ...) IMS_PRINTF(7, 8);

/*
 * Adds the devices in and below the directory path (below sys) as nodes of owner. Functions that
 * stand below are passed over. A tree too large or not readable adds a use that is not certain.
 */
void ims_hunt_walk(struct ims_hunt *hunt, uint32_t owner, const char *path, bool is_path);

/* Whether a node has this subsystem. */
bool ims_node_is(const struct ims_node *node, const char *subsystem);

/* Reads path/file below sys into buffer as ims_host_read_file(). */
ssize_t ims_hunt_read(const struct ims_hunt *hunt, const char *path, const char *file, char *buffer,
                      size_t capacity);

/* Whether path/file below sys has exactly this text. */
bool ims_hunt_reads(const struct ims_hunt *hunt, const char *path, const char *file,
                    const char *text);

/* "MAJOR:MINOR" of path/dev below sys. */
bool ims_hunt_number(const struct ims_hunt *hunt, const char *path, unsigned *ret_major,
                     unsigned *ret_minor);

/* Calls see with the name of each entry of a directory; false from it ends. 0 or -errno. */
int ims_host_list(int dir_fd, const char *path, bool (*see)(void *context, const char *name),
                  void *context);

/* Calls see with each line of a file, of any length, without its end. 0 or -errno. */
int ims_host_lines(int dir_fd, const char *name, bool (*see)(void *context, char *line),
                   void *context);

/* The questions. */
void ims_hunt_nvme(struct ims_hunt *hunt); /* adds the heads; asked before ims_hunt_block() */
void ims_hunt_block(struct ims_hunt *hunt);
void ims_hunt_net(struct ims_hunt *hunt);
void ims_hunt_display(struct ims_hunt *hunt);
void ims_hunt_open(struct ims_hunt *hunt);
void ims_hunt_other(struct ims_hunt *hunt);

#endif
