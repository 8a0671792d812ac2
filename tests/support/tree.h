/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_TREE_H
#define IMS_TESTS_TREE_H

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

#endif
