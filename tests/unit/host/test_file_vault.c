/* SPDX-License-Identifier: MIT */
/* Small files that last: whole or not at all, and only from places that nobody else can write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../source/sysfs_tree.h"
#include "host/file_vault.h"

struct place {
    struct tree tree;
    int root_fd;
    struct ims_file_vault files;
    struct ims_vault vault;
};

static void begin(struct place *place)
{
    tree_make(&place->tree);
    tree_directory(&place->tree, "etc");
    tree_directory(&place->tree, "var/lib");
    tree_directory(&place->tree, "run");
    place->root_fd = open(place->tree.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place->root_fd >= 0);
    place->vault = ims_file_vault(&place->files, place->root_fd);
}

static void end(struct place *place)
{
    close(place->root_fd);
    tree_remove(&place->tree);
}

static int put(const struct place *place, enum ims_vault_place where, const char *name,
               const char *text)
{
    return place->vault.write(place->vault.context, where, name, text, strlen(text));
}

static int get(const struct place *place, enum ims_vault_place where, const char *name, char **ret)
{
    size_t size = 0;
    return place->vault.read(place->vault.context, where, name, ret, &size);
}

static void change_mode(const struct place *place, const char *path, mode_t mode)
{
    assert_int_equal(fchmodat(place->root_fd, path, mode, 0), 0);
}

static void files_are_replaced_whole(void **state)
{
    (void)state;
    static const mode_t modes[] = {0644, 0644, 0644, 0600};
    char(*names)[IMS_VAULT_NAME_SIZE] = NULL;
    char path[256];
    struct place place;
    struct stat status;
    uint32_t count = 9;
    char *text = NULL;

    begin(&place);
    for (int where = 0; where < IMS_VAULT_PLACE_MAX; where++) {
        const enum ims_vault_place at = (enum ims_vault_place)where;

        assert_int_equal(get(&place, at, "a.x", &text), -ENOENT);
        assert_int_equal(place.vault.remove(place.vault.context, at, "a.x"), -ENOENT);
        assert_int_equal(place.vault.list(place.vault.context, at, ".x", &names, &count), 0);
        assert_int_equal(count, 0); /* reading makes no directory */
        assert_int_equal(faccessat(place.root_fd, ims_vault_path(at), F_OK, 0), -1);
        assert_int_equal(put(&place, at, "a.x", "one"), 0);
        assert_int_equal(put(&place, at, "b.x", ""), 0);
        assert_int_equal(put(&place, at, "c.y", "other"), 0);
        assert_int_equal(put(&place, at, "a.x", "two"), 0);
        assert_int_equal(get(&place, at, "a.x", &text), 0);
        assert_string_equal(text, "two");
        free(text);
        snprintf(path, sizeof(path), "%s/a.x", ims_vault_path(at));
        assert_int_equal(fstatat(place.root_fd, path, &status, 0), 0);
        assert_int_equal(status.st_mode & 07777, modes[where]);
        assert_int_equal(place.vault.list(place.vault.context, at, ".x", &names, &count), 0);
        assert_int_equal(count, 2); /* and no temporary file is left */
        assert_string_equal(names[0], "a.x");
        assert_string_equal(names[1], "b.x");
        free(names);
        names = NULL;
        assert_int_equal(place.vault.remove(place.vault.context, at, "a.x"), 0);
        assert_int_equal(get(&place, at, "a.x", &text), -ENOENT);
    }
    end(&place);
}

/* Whoever can write a claim can take any device from the host at the next boot. */
static void what_others_could_have_written_is_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"etc/iommuscope", "etc/iommuscope/claims.d",
                                        "etc/iommuscope/claims.d/a.claim"};
    struct place place;
    char *text = NULL;

    begin(&place);
    assert_int_equal(put(&place, IMS_VAULT_CLAIMS, "a.claim", "x"), 0);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        change_mode(&place, paths[i], 0777);
        assert_int_equal(get(&place, IMS_VAULT_CLAIMS, "a.claim", &text), -EPERM);
        change_mode(&place, paths[i], 0775);
        assert_int_equal(get(&place, IMS_VAULT_CLAIMS, "a.claim", &text), -EPERM);
        change_mode(&place, paths[i], 0755);
        assert_int_equal(get(&place, IMS_VAULT_CLAIMS, "a.claim", &text), 0);
        free(text);
    }
    /* A directory that is not trusted is not written to either. */
    change_mode(&place, paths[1], 0777);
    assert_int_equal(put(&place, IMS_VAULT_CLAIMS, "b.claim", "x"), -EPERM);
    end(&place);
}

static void links_and_pipes_are_not_followed(void **state)
{
    (void)state;
    struct place place;
    char *text = NULL;

    begin(&place);
    tree_text(&place.tree, "secret", "x");
    assert_int_equal(put(&place, IMS_VAULT_CLAIMS, "a.claim", "x"), 0);
    tree_link(&place.tree, "etc/iommuscope/claims.d/b.claim", "../../../secret");
    assert_true(get(&place, IMS_VAULT_CLAIMS, "b.claim", &text) < 0);
    assert_int_equal(mkfifoat(place.root_fd, "etc/iommuscope/claims.d/c.claim", 0644), 0);
    assert_int_equal(get(&place, IMS_VAULT_CLAIMS, "c.claim", &text), -EINVAL);
    /* A link in the place of a file is replaced; what it leads to is not touched. */
    assert_int_equal(put(&place, IMS_VAULT_CLAIMS, "b.claim", "new"), 0);
    assert_int_equal(get(&place, IMS_VAULT_CLAIMS, "b.claim", &text), 0);
    assert_string_equal(text, "new");
    free(text);
    end(&place);

    begin(&place);
    tree_directory(&place.tree, "elsewhere");
    tree_link(&place.tree, "etc/iommuscope", "../elsewhere");
    assert_true(put(&place, IMS_VAULT_CLAIMS, "a.claim", "x") < 0);
    end(&place);
}

static void long_files_are_refused(void **state)
{
    (void)state;
    struct place place;
    char *text = NULL;

    begin(&place);
    assert_int_equal(put(&place, IMS_VAULT_STATE, "a", "x"), 0);
    const int fd = openat(place.root_fd, "var/lib/iommuscope/a", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, (1 << 20) + 1), 0);
    close(fd);
    assert_int_equal(get(&place, IMS_VAULT_STATE, "a", &text), -EFBIG);
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(what_others_could_have_written_is_refused),
        cmocka_unit_test(links_and_pipes_are_not_followed),
        cmocka_unit_test(long_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
