/* SPDX-License-Identifier: MIT */
/* The devices below a function, by where they stand in sysfs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "host/uses.h"

/* Deeper than any device: a USB disk behind seven hubs stands at 20. */
#define DEPTH_MAX 32u
#define ENTRIES_MAX 100000u
#define PATH_MAX_BYTES 2048u

struct walk {
    struct ims_hunt *hunt;
    uint32_t owner;
    bool is_path;
    uint32_t entries;
    bool cut;
    int code; /* of a directory that could not be read */
};

bool ims_node_is(const struct ims_node *node, const char *subsystem)
{
    return strcmp(node->subsystem, subsystem) == 0;
}

ssize_t ims_hunt_read(const struct ims_hunt *hunt, const char *path, const char *file, char *buffer,
                      size_t capacity)
{
    char name[PATH_MAX_BYTES];

    if (snprintf(name, sizeof(name), "%s/%s", path, file) >= (int)sizeof(name))
        return -ENAMETOOLONG;
    return ims_host_read_file(hunt->host->sys_fd, name, buffer, capacity);
}

bool ims_hunt_reads(const struct ims_hunt *hunt, const char *path, const char *file,
                    const char *text)
{
    char buffer[128];
    return ims_hunt_read(hunt, path, file, buffer, sizeof(buffer)) >= 0 &&
           strcmp(buffer, text) == 0;
}

bool ims_hunt_number(const struct ims_hunt *hunt, const char *path, unsigned *ret_major,
                     unsigned *ret_minor)
{
    char text[64];
    char end;

    return ims_hunt_read(hunt, path, "dev", text, sizeof(text)) > 0 &&
           sscanf(text, "%u:%u%c", ret_major, ret_minor, &end) == 2;
}

int ims_host_list(int dir_fd, const char *path, bool (*see)(void *context, const char *name),
                  void *context)
{
    const struct dirent *entry;

    const int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return -ENOMEM;
    }
    while ((errno = 0, entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !see(context, entry->d_name))
            break;
    const int code = entry ? 0 : -errno;
    closedir(directory);
    return code;
}

int ims_host_lines(int dir_fd, const char *name, bool (*see)(void *context, char *line),
                   void *context)
{
    size_t capacity = 0;
    char *line = NULL;
    ssize_t length;

    const int fd = ims_host_open_file(dir_fd, name);
    if (fd < 0)
        return fd;
    FILE *stream = fdopen(fd, "r");
    if (!stream) {
        close(fd);
        return -ENOMEM;
    }
    bool more = true;
    while (more && (errno = 0, length = getline(&line, &capacity, stream)) >= 0) {
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        more = see(context, line);
    }
    const int code = !more || feof(stream) ? 0 : errno ? -errno : -EIO;
    free(line);
    fclose(stream);
    return code;
}

/* The name of the device's node below /dev. */
static const char *read_devname(struct ims_hunt *hunt, const char *path, const char *name)
{
    char text[4096];

    if (ims_hunt_read(hunt, path, "uevent", text, sizeof(text)) > 0)
        for (const char *line = text; line; line = strchr(line, '\n')) {
            line += *line == '\n';
            if (strncmp(line, "DEVNAME=", 8) == 0)
                return ims_arena_strndup(&hunt->arena, line + 8, strcspn(line + 8, "\n"));
        }
    return ims_arena_strndup(&hunt->arena, name, strlen(name));
}

static void add_node(struct walk *walk, const char *path, const char *name, const char *subsystem)
{
    struct ims_hunt *hunt = walk->hunt;
    struct ims_node *nodes = ims_array_grow(hunt->nodes, &hunt->node_capacity, hunt->node_count + 1,
                                            sizeof(*hunt->nodes));
    struct ims_node node = {.owner = walk->owner, .is_path = walk->is_path};

    if (nodes)
        hunt->nodes = nodes;
    node.path = ims_arena_strndup(&hunt->arena, path, strlen(path));
    node.name = ims_arena_strndup(&hunt->arena, name, strlen(name));
    node.subsystem = ims_arena_strndup(&hunt->arena, subsystem, strlen(subsystem));
    node.devname = "";
    node.has_number = ims_hunt_number(hunt, path, &node.major, &node.minor);
    if (node.has_number)
        node.devname = read_devname(hunt, path, name);
    if (!nodes || !node.path || !node.name || !node.subsystem || !node.devname) {
        hunt->failed = true;
        return;
    }
    nodes[hunt->node_count++] = node;
}

/* Its link says it. Without: directories of class devices have the name of the class. */
static bool read_subsystem(const struct walk *walk, const char *path, char subsystem[256])
{
    char link[PATH_MAX_BYTES];
    const char *end = strrchr(path, '/');
    char partition[16];

    if (snprintf(link, sizeof(link), "%s/subsystem", path) < (int)sizeof(link) &&
        ims_host_read_link_name(walk->hunt->host->sys_fd, link, subsystem, 256) == 0)
        return true;
    if (ims_hunt_read(walk->hunt, path, "partition", partition, sizeof(partition)) > 0) {
        memcpy(subsystem, "block", sizeof("block"));
        return false;
    }
    const char *begin = end;
    while (begin && begin > path && begin[-1] != '/')
        begin--;
    snprintf(subsystem, 256, "%.*s", begin ? (int)(end - begin) : 0, begin ? begin : "");
    return false;
}

static bool is_directory(int dir_fd, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dir_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

static void visit(struct walk *walk, const char *path, unsigned depth);

/* Goes into the directories of an open one. Returns how many there are. */
static uint32_t visit_children(struct walk *walk, DIR *directory, const char *path, unsigned depth)
{
    const struct dirent *entry;
    char child[PATH_MAX_BYTES];
    uint32_t count = 0;

    while ((entry = readdir(directory))) {
        struct ims_address address;

        if (entry->d_name[0] == '.' || !is_directory(dirfd(directory), entry))
            continue;
        count++;
        /* The function behind a bridge is another function. */
        if (ims_address_parse(entry->d_name, &address) == 0 || strcmp(entry->d_name, "power") == 0)
            continue;
        if (depth >= DEPTH_MAX || walk->entries >= ENTRIES_MAX ||
            snprintf(child, sizeof(child), "%s/%s", path, entry->d_name) >= (int)sizeof(child)) {
            walk->cut = true;
            continue;
        }
        walk->entries++;
        visit(walk, child, depth + 1);
    }
    return count;
}

static void visit(struct walk *walk, const char *path, unsigned depth)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char subsystem[256];
    const bool by_link = read_subsystem(walk, path, subsystem);

    const int fd = openat(walk->hunt->host->sys_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        /* What goes away while we look is not there. */
        if (errno != ENOENT && errno != ENODEV)
            walk->code = -errno;
        if (fd >= 0)
            close(fd);
        return;
    }
    if (depth > 0)
        add_node(walk, path, name, subsystem);
    const uint32_t children = visit_children(walk, directory, path, depth);
    closedir(directory);
    if (children == 0 && !by_link && strcmp(name, "net") == 0)
        add_node(walk, path, "", "net");
}

void ims_hunt_walk(struct ims_hunt *hunt, uint32_t owner, const char *path, bool is_path)
{
    struct walk walk = {.hunt = hunt, .owner = owner, .is_path = is_path};
    const char *slash = strrchr(path, '/');
    struct ims_address address;

    /* The function itself is no device below it. */
    const bool is_function = ims_address_parse(slash ? slash + 1 : path, &address) == 0;
    visit(&walk, path, is_function ? 0 : 1);
    if (walk.cut || walk.code < 0)
        ims_hunt_say(hunt, owner, IMS_USE_OPEN, IMS_UNKNOWN, "devices below it", path,
                     "the devices below it could not all be listed: %s",
                     walk.code < 0 ? strerror(-walk.code) : "there are too many");
}
