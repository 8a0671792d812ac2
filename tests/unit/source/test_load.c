/* SPDX-License-Identifier: MIT */
/* What an input is, is found out from its bytes, also where it cannot be read twice. */
#define _GNU_SOURCE /* nftw() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "iommuscope/source.h"
#include "sysfs_tree.h"

#define SNAPSHOT \
    "{\"schema\":\"iommuscope.snapshot/1\",\"functions\":[{\"address\":\"0000:00:1c.0\"}]}"
#define DUMP                                                       \
    "00:1c.0 PCI bridge: Intel Corporation Device a33c (rev f0)\n" \
    "00: 86 80 3c a3 07 04 10 00 f0 00 04 06 10 00 81 00\n"

static const struct ims_address port = {0, 0, IMS_DEVFN(0x1c, 0)};

static int load_bytes(const void *bytes, size_t size_bytes, struct ims_error *error)
{
    struct ims_topology *topology = NULL;
    struct tree tree;
    char path[128];

    tree_make(&tree);
    tree_bytes(&tree, "input", bytes, size_bytes);
    snprintf(path, sizeof(path), "%s/input", tree.root);
    const int r = ims_source_load(path, NULL, &topology, error);
    if (r == 0) {
        assert_false(ims_function_is_none(ims_topology_find(topology, port)));
        ims_topology_free(topology);
    }
    tree_remove(&tree);
    return r;
}

static int load_text(const char *text, struct ims_error *error)
{
    return load_bytes(text, strlen(text), error);
}

static void files_are_told_apart(void **state)
{
    (void)state;
    struct ims_error error = {0};

    assert_int_equal(load_text(SNAPSHOT, &error), 0);
    assert_int_equal(load_text("\xef\xbb\xbf \r\n\t" SNAPSHOT, &error), 0);
    assert_int_equal(load_text(DUMP, &error), 0);
    assert_int_equal(load_text("\xef\xbb\xbf\n\n" DUMP, &error), 0);
    assert_int_equal(load_text("", &error), -EBADMSG);
    assert_int_equal(load_text("\n\n \n", &error), -EBADMSG);
    assert_int_equal(load_text("hello\n", &error), -EBADMSG);
    assert_int_equal(load_text("{\"a\":1}", &error), -EBADMSG);
}

/* More blanks than are looked at: that is text, and no snapshot begins that late. */
static void looking_ahead_is_bounded(void **state)
{
    (void)state;
    const size_t blanks = 1u << 20;
    struct ims_error error = {0};
    char *text = malloc(blanks + sizeof(DUMP));

    assert_non_null(text);
    memset(text, '\n', blanks);
    memcpy(text + blanks, DUMP, sizeof(DUMP));
    assert_int_equal(load_text(text, &error), 0);
    free(text);
}

static void foreign_files_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size_bytes;
        const char *says;
    } cases[] = {
        {"\x1f\x8b\x08\0\0\0", 6, "gzip"},
        {"\xfd"
         "7zXZ\0\0",
         7, "xz"},
        {"\x28\xb5\x2f\xfd\x04", 5, "zstd"},
        {"BZh91AY", 7, "bzip2"},
        {"PK\x03\x04\x14", 5, "zip"},
        {"\xff\xfe"
         "0\0"
         "0\0",
         6, "UTF-16"},
        {"\xfe\xff\0"
         "0\0"
         "0",
         6, "UTF-16"},
    };
    char tar[512] = "sys/";
    struct ims_error error = {0};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(load_bytes(cases[i].bytes, cases[i].size_bytes, &error), -EBADMSG);
        assert_non_null(strstr(error.message, cases[i].says));
        assert_true(error.path[0] == '/');
    }
    memcpy(tar + 257, "ustar", 5);
    assert_int_equal(load_bytes(tar, sizeof(tar), &error), -EBADMSG);
    assert_non_null(strstr(error.message, "tar"));
}

/* Gives one byte at a time to a pipe, as a slow program would. */
struct slow {
    int fd;
    const char *text;
};

static void *write_slowly(void *context)
{
    const struct slow *slow = context;

    for (const char *at = slow->text; *at; at++)
        if (write(slow->fd, at, 1) != 1)
            break;
    close(slow->fd);
    return NULL;
}

static int load_stdin(const char *text, const struct ims_source_options *options, const char *path,
                      struct ims_topology **ret, struct ims_error *error)
{
    struct slow slow = {.text = text};
    pthread_t thread;
    int ends[2];

    const int saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    slow.fd = ends[1];
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, &slow), 0);
    const int r = ims_source_load(path, options, ret, error);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    return r;
}

static void standard_input_need_not_be_seekable(void **state)
{
    (void)state;
    static const char *const texts[] = {SNAPSHOT, DUMP, "\n\n  " SNAPSHOT "\n", "\n" DUMP};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ims_topology *topology = NULL;
        struct ims_error error = {0};
        assert_int_equal(load_stdin(texts[i], NULL, "-", &topology, &error), 0);
        assert_false(ims_function_is_none(ims_topology_find(topology, port)));
        ims_topology_free(topology);
    }
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    assert_int_equal(load_stdin("hello\n", NULL, "-", &topology, &error), -EBADMSG);
    assert_string_equal(error.path, "standard input");
}

static void groups_come_from_a_second_input(void **state)
{
    (void)state;
    const struct ims_source_options options = {.size_bytes = sizeof(options), .groups_path = "-"};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct tree tree;
    char path[128];

    tree_make(&tree);
    tree_text(&tree, "dump", DUMP);
    snprintf(path, sizeof(path), "%s/dump", tree.root);
    assert_int_equal(load_stdin("[    1.1] pci 0000:00:1c.0: Adding to iommu group 8\n", &options,
                                path, &topology, &error),
                     0);
    const struct ims_record *record =
        ims_topology_function(topology, ims_topology_find(topology, port))->record;
    assert_int_equal(record->group_state, IMS_GROUP_KNOWN);
    assert_int_equal(record->group, 8);
    ims_topology_free(topology);

    assert_int_equal(ims_source_load("-", &options, &topology, &error), -EINVAL);
    assert_int_equal(load_stdin(SNAPSHOT, &options, path, &topology, &error), -EBADMSG);
    assert_non_null(strstr(error.message, "not a list of groups"));
    tree_remove(&tree);
}

static void options_of_an_older_caller_are_shorter(void **state)
{
    (void)state;
    struct ims_source_options options = {
        .size_bytes = offsetof(struct ims_source_options, groups_path),
        .groups_path = "/nonexistent/groups",
    };
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct tree tree;
    char path[128];

    tree_make(&tree);
    tree_text(&tree, "dump", DUMP);
    snprintf(path, sizeof(path), "%s/dump", tree.root);
    assert_int_equal(ims_source_load(path, &options, &topology, &error), 0);
    ims_topology_free(topology);
    options.size_bytes = sizeof(options);
    assert_int_equal(ims_source_load(path, &options, &topology, &error), -ENOENT);
    assert_string_equal(error.path, "/nonexistent/groups");
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_told_apart),
        cmocka_unit_test(looking_ahead_is_bounded),
        cmocka_unit_test(foreign_files_are_named),
        cmocka_unit_test(standard_input_need_not_be_seekable),
        cmocka_unit_test(groups_come_from_a_second_input),
        cmocka_unit_test(options_of_an_older_caller_are_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
