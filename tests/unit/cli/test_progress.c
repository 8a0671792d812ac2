/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/progress.h"

/* Runs one tick with stderr at fd, and puts stderr back. */
static void tick_at(int fd)
{
    struct ims_progress progress;
    const int saved = dup(STDERR_FILENO);

    assert_true(saved >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    ims_progress_begin(&progress);
    if (progress.active)
        (void)raise(SIGALRM); /* a second has passed, as far as the handler knows */
    ims_progress_end(&progress);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
}

static void a_terminal_sees_a_dot(void **state)
{
    char text[8] = "";
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    (void)state;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    tick_at(terminal);
    assert_true(read(master, text, sizeof(text) - 1) >= 1);
    assert_int_equal(text[0], '.');
    close(terminal);
    close(master);
}

static void a_pipe_sees_nothing(void **state)
{
    char text[8];
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    tick_at(ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], text, sizeof(text)), 0);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_sees_a_dot),
        cmocka_unit_test(a_pipe_sees_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
