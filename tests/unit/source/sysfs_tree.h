/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SYSFS_TREE_H
#define IMS_TESTS_SYSFS_TREE_H

/* A small tree in a temporary directory, file by file, also such as no kernel would make. */

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
    char root[64];
};

static inline void tree_make(struct tree *tree)
{
    strcpy(tree->root, "/tmp/iommuscope-test-XXXXXX");
    assert_non_null(mkdtemp(tree->root));
}

static inline int tree_remove_entry(const char *path, const struct stat *status, int type,
                                    struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void tree_remove(struct tree *tree)
{
    assert_int_equal(nftw(tree->root, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Makes the directories above path; path ends up below the root. */
static inline void tree_path(const struct tree *tree, char path[1024], const char *name)
{
    snprintf(path, 1024, "%s/%s", tree->root, name);
    for (char *slash = strchr(path + strlen(tree->root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

static inline void tree_bytes(const struct tree *tree, const char *name, const void *bytes,
                              size_t size_bytes)
{
    char path[1024];

    tree_path(tree, path, name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size_bytes, stream), size_bytes);
    assert_int_equal(fclose(stream), 0);
}

static inline void tree_text(const struct tree *tree, const char *name, const char *text)
{
    tree_bytes(tree, name, text, strlen(text));
}

static inline void tree_link(const struct tree *tree, const char *name, const char *target)
{
    char path[1024];

    tree_path(tree, path, name);
    assert_int_equal(symlink(target, path), 0);
}

static inline void tree_directory(const struct tree *tree, const char *name)
{
    char path[1024];

    tree_path(tree, path, name);
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

/* ---- configuration space ---- */

struct space {
    uint8_t bytes[4096];
};

static inline void put8(struct space *space, unsigned offset, uint32_t value)
{
    space->bytes[offset] = (uint8_t)value;
}

static inline void put16(struct space *space, unsigned offset, uint32_t value)
{
    put8(space, offset, value);
    put8(space, offset + 1, value >> 8);
}

static inline void put32(struct space *space, unsigned offset, uint32_t value)
{
    put16(space, offset, value);
    put16(space, offset + 2, value >> 16);
}

/* A header with one PCI Express capability at 0x40 of the given type. */
static inline void put_express(struct space *space, uint32_t ids, uint32_t class_code,
                               unsigned header, unsigned type)
{
    memset(space, 0, sizeof(*space));
    put32(space, 0x00, ids);
    put16(space, 0x06, 0x0010);
    put32(space, 0x08, class_code << 8);
    put8(space, 0x0e, header);
    put8(space, 0x34, 0x40);
    put16(space, 0x40, 0x0010);
    put16(space, 0x42, 2 | type << 4);
    put32(space, 0x4c, 0x41);
    put16(space, 0x52, 0x41);
}

static inline void put_buses(struct space *space, unsigned primary, unsigned secondary,
                             unsigned subordinate)
{
    put8(space, 0x18, primary);
    put8(space, 0x19, secondary);
    put8(space, 0x1a, subordinate);
}

/* An ACS capability as the only extended one. */
static inline void put_acs(struct space *space, unsigned capability, unsigned control)
{
    put32(space, 0x100, 0x0001000d);
    put16(space, 0x104, capability);
    put16(space, 0x106, control);
}

#endif
