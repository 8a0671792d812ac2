/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "source/load_stream.h"
#include "source/reader.h"

#define LIVE_SYSFS "/sys"

static bool is_stdin(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static const char *shown(const char *path)
{
    return is_stdin(path) ? "standard input" : path;
}

/* Options of a caller that was built with an older header end earlier. */
static struct ims_source_options take_options(const struct ims_source_options *options)
{
    struct ims_source_options taken = {0};

    if (options && options->size_bytes > 0)
        memcpy(&taken, options,
               options->size_bytes < sizeof(taken) ? options->size_bytes : sizeof(taken));
    taken.size_bytes = sizeof(taken);
    return taken;
}

/*
 * The host root above a sysfs: the directory above it, if that one calls it "sys". A copy of a
 * sysfs that stands somewhere else must not be described with this machine's kernel.
 */
static int open_host(int sysfs_fd)
{
    struct stat self;
    struct stat named;

    const int fd = openat(sysfs_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(sysfs_fd, &self) == 0 && fstatat(fd, "sys", &named, 0) == 0 &&
        self.st_dev == named.st_dev && self.st_ino == named.st_ino)
        return fd;
    close(fd);
    return -1;
}

/* fd is a directory: sysfs itself, or a host root that holds it. It stays the caller's. */
static int load_directory(struct ims_builder *builder, int fd, const char *path,
                          const struct ims_source_options *options, struct ims_error *reterr)
{
    int sysfs_fd;
    int host_fd;
    int r;

    if (faccessat(fd, "bus/pci", F_OK, 0) == 0) {
        host_fd = open_host(fd);
        r = ims_sysfs_read(builder, fd, host_fd, path, options, reterr);
        if (host_fd >= 0)
            close(host_fd);
        return r;
    }
    if (errno == EACCES)
        return ims_error_set_at(reterr, -EACCES, path, 0, 0, "cannot read it: %s",
                                strerror(EACCES));
    if (faccessat(fd, "sys/bus/pci", F_OK, 0) < 0)
        return ims_error_set_at(reterr, errno == EACCES ? -EACCES : -EBADMSG, path, 0, 0,
                                errno == EACCES
                                    ? "cannot read sys/bus/pci below it"
                                    : "this directory holds neither bus/pci (a sysfs) nor "
                                      "sys/bus/pci (a host root)");

    sysfs_fd = openat(fd, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sysfs_fd < 0) {
        r = -errno;
        return ims_error_set_at(reterr, r, path, 0, 0, "cannot read sys below it: %s",
                                strerror(-r));
    }
    r = ims_sysfs_read(builder, sysfs_fd, fd, path, options, reterr);
    close(sysfs_fd);
    return r;
}

/* Consumes fd. */
static int load_stream(struct ims_builder *builder, int fd, const char *path,
                       const struct ims_source_options *options, struct ims_error *reterr)
{
    enum ims_stream_kind kind;
    FILE *stream;

    int r = ims_stream_open(fd, shown(path), &stream, &kind, reterr);
    if (r < 0)
        return r;
    if (kind == IMS_STREAM_SNAPSHOT)
        r = ims_snapshot_read(builder, stream, shown(path), reterr);
    else
        r = ims_text_read(builder, stream, shown(path), options, reterr);
    fclose(stream);
    return r;
}

/* Opens a path; "-" gives a descriptor of its own for standard input. */
static int open_path(const char *path, struct ims_error *reterr)
{
    const int fd = is_stdin(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        const int code = -errno;
        return ims_error_set_at(reterr, code, shown(path), 0, 0, "cannot open it: %s",
                                strerror(-code));
    }
    return fd;
}

/* A device such as /dev/zero never ends; somebody may type on a terminal. */
static bool is_endless(int fd, const struct stat *status)
{
    return S_ISBLK(status->st_mode) || (S_ISCHR(status->st_mode) && !isatty(fd));
}

static int load_main(struct ims_builder *builder, const char *path,
                     const struct ims_source_options *options, struct ims_error *reterr)
{
    struct stat status;

    const int fd = open_path(path, reterr);
    if (fd < 0)
        return fd;
    if (fstat(fd, &status) < 0 || !S_ISDIR(status.st_mode)) {
        if (!is_stdin(path) && is_endless(fd, &status)) {
            close(fd);
            return ims_error_set_at(reterr, -EBADMSG, shown(path), 0, 0,
                                    "this is a device, not a file or a directory");
        }
        return load_stream(builder, fd, path, options, reterr);
    }
    const int r = load_directory(builder, fd, shown(path), options, reterr);
    close(fd);
    return r;
}

/* Groups that were pasted beside the dump. */
static int load_groups(struct ims_builder *builder, const char *path, struct ims_error *reterr)
{
    enum ims_stream_kind kind;
    FILE *stream;

    const int fd = open_path(path, reterr);
    if (fd < 0)
        return fd;
    int r = ims_stream_open(fd, shown(path), &stream, &kind, reterr);
    if (r < 0)
        return r;
    if (kind == IMS_STREAM_SNAPSHOT)
        r = ims_error_set_at(reterr, -EBADMSG, shown(path), 0, 0,
                             "this is a snapshot, not a list of groups");
    else
        r = ims_groups_read(builder, stream, shown(path), reterr);
    fclose(stream);
    return r;
}

int ims_source_load(const char *path, const struct ims_source_options *options,
                    struct ims_topology **ret, struct ims_error *reterr)
{
    const struct ims_source_options taken = take_options(options);

    if (is_stdin(path) && is_stdin(taken.groups_path))
        return ims_error_set(reterr, -EINVAL,
                             "standard input can be the machine or its groups, not both");
    struct ims_builder *builder = ims_builder_new();
    if (!builder)
        return ims_error_set(reterr, -ENOMEM, "out of memory");

    int r = load_main(builder, path ? path : LIVE_SYSFS, &taken, reterr);
    if (r == 0 && taken.groups_path)
        r = load_groups(builder, taken.groups_path, reterr);
    if (r < 0) {
        ims_builder_free(builder);
        return r;
    }
    return ims_builder_seal(builder, ret, reterr);
}
