/* SPDX-License-Identifier: MIT */
/* Journals in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../source/sysfs_tree.h"
#include "host/file_store.h"

struct place {
    struct tree tree;
    int root_fd;
    struct ims_file_store files;
    struct ims_store store;
};

static void begin(struct place *place)
{
    tree_make(&place->tree);
    tree_directory(&place->tree, "run");
    place->root_fd = open(place->tree.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place->root_fd >= 0);
    place->store = ims_file_store(&place->files, place->root_fd);
}

static void end(struct place *place)
{
    ims_file_store_done(&place->files);
    close(place->root_fd);
    tree_remove(&place->tree);
}

static void what_is_appended_comes_back(void **state)
{
    (void)state;
    char names[2][IMS_JOURNAL_NAME_SIZE];
    char(*list)[IMS_JOURNAL_NAME_SIZE] = NULL;
    struct place place;
    char *bytes = NULL;
    size_t size = 0;
    uint32_t count = 9;

    begin(&place);
    assert_int_equal(place.store.list(place.store.context, &list, &count), 0);
    assert_int_equal(count, 0); /* reading makes no directory */
    assert_int_equal(faccessat(place.root_fd, "run/iommuscope", F_OK, 0), -1);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(place.store.create(place.store.context, names[i]), 0);
    assert_int_equal(place.store.append(place.store.context, names[0], "one", 3), 0);
    assert_int_equal(place.store.append(place.store.context, names[0], "two", 3), 0);
    assert_int_equal(place.store.read(place.store.context, names[0], &bytes, &size), 0);
    assert_int_equal(size, 6);
    assert_memory_equal(bytes, "onetwo", 6);
    free(bytes);
    assert_int_equal(place.store.list(place.store.context, &list, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(list[0], names[0]); /* oldest first */
    free(list);
    assert_int_equal(place.store.remove(place.store.context, names[0]), 0);
    assert_int_equal(place.store.read(place.store.context, names[0], &bytes, &size), -ENOENT);
    end(&place);
}

static void two_tools_do_not_work_at_once(void **state)
{
    (void)state;
    struct ims_file_store other_files;
    struct place place;

    begin(&place);
    struct ims_store other = ims_file_store(&other_files, place.root_fd);
    assert_int_equal(place.store.lock(place.store.context), 0);
    assert_int_equal(other.lock(other.context), -EBUSY);
    place.store.unlock(place.store.context);
    assert_int_equal(other.lock(other.context), 0);
    ims_file_store_done(&other_files);
    end(&place);
}

/* A directory that others may write, or a link in its place, is not trusted. */
static void foreign_places_are_refused(void **state)
{
    (void)state;
    char name[IMS_JOURNAL_NAME_SIZE];
    char path[256];
    struct place place;

    begin(&place);
    tree_directory(&place.tree, "run/iommuscope");
    snprintf(path, sizeof(path), "%s/run/iommuscope", place.tree.root);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(place.store.create(place.store.context, name), -EPERM);
    end(&place);

    begin(&place);
    tree_directory(&place.tree, "elsewhere");
    tree_link(&place.tree, "run/iommuscope", "../elsewhere");
    assert_true(place.store.create(place.store.context, name) < 0);
    end(&place);

    begin(&place);
    assert_int_equal(place.store.create(place.store.context, name), 0);
    tree_text(&place.tree, "target", "x");
    tree_link(&place.tree, "run/iommuscope/a.journal", "../../target");
    assert_true(place.store.append(place.store.context, "a.journal", "y", 1) < 0);
    end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_comes_back),
        cmocka_unit_test(two_tools_do_not_work_at_once),
        cmocka_unit_test(foreign_places_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
