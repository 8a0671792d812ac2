/* SPDX-License-Identifier: MIT */
/* The session of the user, behind sudo too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../source/sysfs_tree.h"
#include "host/host.h"

#include <fcntl.h>

static void process(const struct tree *tree, const char *number, const char *stat,
                    const char *environment, size_t size_bytes)
{
    char name[64];

    snprintf(name, sizeof(name), "proc/%s/stat", number);
    tree_text(tree, name, stat);
    snprintf(name, sizeof(name), "proc/%s/environ", number);
    tree_bytes(tree, name, environment, size_bytes);
}

static char *find(const struct tree *tree, pid_t number)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/proc", tree->root);
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    char *found = ims_host_find_session(fd, number);
    close(fd);
    return found;
}

/* iommuscope, started by sudo, started by a shell with a strange name. */
static void sudo_hides_it(void **state)
{
    static const char shell[] = "A=1\0SSH_CONNECTION=192.0.2.1 5 192.0.2.2 22\0B=2";
    static const char sudo[] = "A=1\0NO_SSH_CONNECTION=x\0B=2";
    struct tree tree;

    (void)state;
    tree_make(&tree);
    process(&tree, "30", "30 (sudo) S 20 30 30 0\n", sudo, sizeof(sudo));
    process(&tree, "20", "20 (a) S 7 (b)) S 10 20 20 0\n", shell, sizeof(shell));
    process(&tree, "10", "10 (sshd) S 1 10 10 0\n", "", 0);
    char *found = find(&tree, 30);
    assert_non_null(found);
    assert_string_equal(found, "192.0.2.1 5 192.0.2.2 22");
    free(found);
    assert_null(find(&tree, 10));
    assert_null(find(&tree, 40));
    tree_remove(&tree);
}

/* A process that is its own ancestor ends the search. */
static void loops(void **state)
{
    struct tree tree;

    (void)state;
    tree_make(&tree);
    process(&tree, "30", "30 (a) S 31 0\n", "", 0);
    process(&tree, "31", "31 (b) S 30 0\n", "", 0);
    assert_null(find(&tree, 30));
    tree_remove(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sudo_hides_it),
        cmocka_unit_test(loops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
