/* SPDX-License-Identifier: MIT */
/* A read that does not return is given up, and what it was for is said to be stuck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/sysfs.h"
#include "sysfs_tree.h"

#define FUNCTION "bus/pci/devices/0000:01:00.0/"

static const struct ims_patience patient = {.deadline_ms = 60000};

/* A pipe that nobody writes to stands for a file whose device is locked. */
static void make_waiting(const struct tree *tree, const char *name)
{
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", tree->root, name);
    assert_int_equal(mkfifo(path, 0600), 0);
}

static int open_tree(const struct tree *tree)
{
    const int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void files_are_read(void **state)
{
    (void)state;
    struct ims_bounded bounded;
    struct tree tree;
    char text[16];

    tree_make(&tree);
    tree_text(&tree, FUNCTION "driver_override", "vfio-pci\n");
    tree_text(&tree, FUNCTION "empty", "");
    const int fd = open_tree(&tree);
    ims_bounded_init(&bounded, fd);
    assert_int_equal(
        ims_bounded_read(&bounded, FUNCTION "driver_override", text, sizeof(text), &patient), 8);
    assert_string_equal(text, "vfio-pci");
    assert_int_equal(ims_bounded_read(&bounded, FUNCTION "driver_override", text, 5, &patient), 4);
    assert_string_equal(text, "vfio");
    assert_int_equal(ims_bounded_read(&bounded, FUNCTION "empty", text, sizeof(text), &patient), 0);
    assert_int_equal(ims_bounded_read(&bounded, FUNCTION "none", text, sizeof(text), &patient),
                     -ENOENT);
    assert_int_equal(ims_bounded_read(&bounded, "bus", text, sizeof(text), &patient), -EINVAL);
    ims_bounded_done(&bounded);
    close(fd);
    tree_remove(&tree);
}

static void count(void *context)
{
    ++*(unsigned *)context;
}

/* The process that waits keeps nothing that others wait for, and the next read has a new one. */
static void a_read_that_waits_is_given_up(void **state)
{
    (void)state;
    struct ims_bounded bounded;
    struct tree tree;
    char text[16];
    unsigned warned = 0;
    int other[2];
    const struct ims_patience warns = {
        .warn_ms = 100, .deadline_ms = 300, .warn = count, .context = &warned};

    tree_make(&tree);
    tree_text(&tree, "file", "x\n");
    make_waiting(&tree, "waits");
    const int fd = open_tree(&tree);
    assert_int_equal(pipe(other), 0); /* inherited by whoever does not close it */
    ims_bounded_init(&bounded, fd);
    assert_int_equal(ims_bounded_read(&bounded, "waits", text, sizeof(text), &warns), -ETIME);
    assert_int_equal(warned, 1);
    close(other[1]);
    struct pollfd end = {.fd = other[0], .events = POLLIN};
    assert_int_equal(poll(&end, 1, 5000), 1);
    assert_int_equal(ims_bounded_read(&bounded, "file", text, sizeof(text), &patient), 1);
    assert_string_equal(text, "x");
    ims_bounded_done(&bounded);
    close(other[0]);
    close(fd);
    tree_remove(&tree);
}

/* On 6.1 an unbind that waits keeps driver_override locked: the scan goes on without it (1.5). */
static void a_function_that_is_stuck_is_a_gap(void **state)
{
    (void)state;
    struct ims_address address = {0, 1, 0};
    struct ims_builder *builder = ims_builder_new();
    struct ims_topology *topology = NULL;
    struct ims_record *record = NULL;
    struct tree tree;

    tree_make(&tree);
    tree_text(&tree, FUNCTION "sriov_numvfs", "2\n");
    make_waiting(&tree, FUNCTION "driver_override");
    const int fd = open_tree(&tree);
    assert_int_equal(ims_builder_function(builder, address, &record, NULL), 0);
    struct ims_sysfs_reader reader = {.builder = builder, .sysfs_fd = fd, .is_live = true};
    reader.buffer = test_malloc(IMS_SYSFS_FILE_MAX_BYTES + 1);
    ims_bounded_init(&reader.bounded, fd);
    const int function_fd = ims_sysfs_open_directory(fd, FUNCTION);
    assert_int_equal(ims_sysfs_ownership(&reader, function_fd, record), 0);
    assert_true(record->is_stuck);
    assert_false(record->override_stated);
    assert_false(record->numvfs_stated); /* the same lock: nobody asked */
    ims_bounded_done(&reader.bounded);
    test_free(reader.buffer);
    close(function_fd);
    close(fd);
    assert_int_equal(ims_builder_seal(builder, &topology, NULL), 0);
    assert_int_equal(ims_topology_gap(topology, 0)->kind, IMS_GAP_UNREADABLE);
    assert_non_null(strstr(ims_topology_gap(topology, 0)->text, "driver_override does not return"));
    ims_topology_free(topology);
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(a_read_that_waits_is_given_up),
        cmocka_unit_test(a_function_that_is_stuck_is_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
