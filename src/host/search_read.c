/* SPDX-License-Identifier: MIT */
/* Reading small files and links below sys, and lists of the kernel, without waiting for anybody. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "host/uses.h"

#define LINE_MAX_BYTES 65536u

const char *ims_search_format(struct ims_search *search, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const char *text = ims_arena_vprintf(&search->arena, format, arguments);
    va_end(arguments);
    if (!text)
        search->failed = true;
    return text ? text : "";
}

/* Joins two parts of a path; false when it is longer than a path may be. */
static bool join(char path[IMS_SEARCH_PATH_MAX], const char *directory, const char *name)
{
    return snprintf(path, IMS_SEARCH_PATH_MAX, "%s/%s", directory, name) < (int)IMS_SEARCH_PATH_MAX;
}

ssize_t ims_search_read(struct ims_search *search, const char *directory, const char *name,
                        char *buffer, size_t capacity)
{
    char path[IMS_SEARCH_PATH_MAX];

    if (!join(path, directory, name))
        return -ENAMETOOLONG;
    if (strcmp(name, "uevent") == 0 || strcmp(name, "sriov_numvfs") == 0)
        return ims_host_read_locked(search->host, path, buffer, capacity, false);
    return ims_host_read_file(search->host->sys_fd, path, buffer, capacity);
}

const char *ims_search_read_line(struct ims_search *search, const char *directory, const char *name)
{
    char text[1024];

    if (ims_search_read(search, directory, name, text, sizeof(text)) < 0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return ims_search_format(search, "%s", text);
}

int ims_search_read_number(struct ims_search *search, const char *directory, const char *name,
                           uint64_t *ret)
{
    char text[32];
    const ssize_t length = ims_search_read(search, directory, name, text, sizeof(text));

    if (length < 0)
        return (int)length;
    if (strncmp(text, "0x", 2) == 0)
        return ims_number_hex_prefixed(text, (size_t)length, UINT64_MAX, ret);
    return ims_number_decimal(text, (size_t)length, UINT64_MAX, ret);
}

const char *ims_search_read_link(struct ims_search *search, const char *directory, const char *name)
{
    char path[IMS_SEARCH_PATH_MAX];
    char last[256];

    if (!join(path, directory, name) ||
        ims_host_read_link_name(search->host->sys_fd, path, last, sizeof(last)) < 0)
        return NULL;
    return ims_search_format(search, "%s", last);
}

/* Takes "." and ".." out of a path by its words: directories of devices are never links. */
static bool normalise(char *path)
{
    char *to = path;
    const char *from = path;

    while (*from) {
        const size_t length = strcspn(from, "/");

        if (length == 2 && strncmp(from, "..", 2) == 0) {
            if (to == path)
                return false;
            to--;
            while (to > path && to[-1] != '/')
                to--;
        } else if (length > 0 && !(length == 1 && *from == '.')) {
            memmove(to, from, length);
            to += length;
            *to++ = '/';
        }
        from += length;
        from += *from == '/';
    }
    if (to > path)
        to--;
    *to = '\0';
    return to > path;
}

const char *ims_search_resolve(struct ims_search *search, const char *directory, const char *name)
{
    char path[IMS_SEARCH_PATH_MAX];
    char target[IMS_SEARCH_PATH_MAX];

    if (!join(path, directory, name))
        return NULL;
    const ssize_t length = readlinkat(search->host->sys_fd, path, target, sizeof(target) - 1);
    if (length <= 0 || target[0] == '/')
        return NULL;
    target[length] = '\0';
    /* The link stands in the directory of its name, which may have directories in front. */
    char *slash = strrchr(path, '/');
    *slash = '\0';
    char joined[2 * IMS_SEARCH_PATH_MAX];
    if (snprintf(joined, sizeof(joined), "%s/%s", path, target) >= (int)sizeof(joined) ||
        !normalise(joined) || strlen(joined) >= IMS_SEARCH_PATH_MAX)
        return NULL;
    return ims_search_format(search, "%s", joined);
}

bool ims_search_exists(struct ims_search *search, const char *directory, const char *name)
{
    char path[IMS_SEARCH_PATH_MAX];
    struct stat status;

    return join(path, directory, name) &&
           fstatat(search->host->sys_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

const char *ims_search_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool ims_search_is_below(const char *path, const char *top)
{
    const size_t length = strlen(top);

    return strncmp(path, top, length) == 0 && (path[length] == '/' || !path[length]);
}

bool ims_search_is_owned(const struct ims_search *search, const char *path)
{
    for (uint32_t i = 0; i < search->owner_count; i++)
        if (search->owners[i].path && ims_search_is_below(path, search->owners[i].path))
            return true;
    return false;
}

/* ---- directories ---- */

int ims_listing_open(struct ims_listing *listing, struct ims_search *search, int base_fd,
                     const char *path)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;

    *listing = (struct ims_listing){.search = search, .left = IMS_SEARCH_ENTRIES_MAX};
    const int fd = base_fd < 0 ? -1 : openat(base_fd, path, flags);
    if (fd < 0)
        return base_fd < 0 ? -ENOENT : -errno;
    listing->directory = fdopendir(fd);
    if (listing->directory)
        return 0;
    close(fd);
    search->failed = true;
    return -ENOMEM;
}

void ims_listing_close(struct ims_listing *listing)
{
    if (listing->directory)
        closedir(listing->directory);
    listing->directory = NULL;
}

const struct dirent *ims_listing_next(struct ims_listing *listing)
{
    const struct dirent *entry = NULL;

    while (listing->directory && (entry = readdir(listing->directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (listing->left-- > 0)
            return entry;
        listing->search->cut = true;
        break;
    }
    ims_listing_close(listing);
    return NULL;
}

bool ims_listing_is_directory(const struct ims_listing *listing, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(listing->directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

/* ---- lines ---- */

int ims_line_file_open(struct ims_line_file *file, int base_fd, const char *path)
{
    *file = (struct ims_line_file){0};
    const int fd = base_fd < 0 ? -ENOENT : ims_host_open_file(base_fd, path);
    if (fd < 0)
        return fd;
    file->stream = fdopen(fd, "re");
    file->line = malloc(LINE_MAX_BYTES);
    if (file->stream && file->line)
        return 0;
    if (!file->stream)
        close(fd);
    ims_line_file_close(file);
    return -ENOMEM;
}

char *ims_line_file_next(struct ims_line_file *file)
{
    if (!fgets(file->line, LINE_MAX_BYTES, file->stream))
        return NULL;
    char *end = strchr(file->line, '\n');
    if (end) {
        *end = '\0';
        return file->line;
    }
    for (int byte = getc(file->stream); byte != EOF && byte != '\n';)
        byte = getc(file->stream);
    return file->line;
}

void ims_line_file_close(struct ims_line_file *file)
{
    if (file->stream)
        fclose(file->stream);
    free(file->line);
    *file = (struct ims_line_file){0};
}

void ims_unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from;) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
            from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

char *ims_next_word(char **text)
{
    char *word = *text + strspn(*text, " \t");

    if (!*word)
        return NULL;
    char *end = word + strcspn(word, " \t");
    *text = *end ? end + 1 : end;
    *end = '\0';
    return word;
}
