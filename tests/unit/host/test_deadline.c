/* SPDX-License-Identifier: MIT */
/* A write that does not return is given up, and its process keeps nothing that others wait for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/deadline.h"

static const struct ims_host impatient = {.warn_seconds = 1, .deadline_seconds = 1};

static void writes_are_made(void **state)
{
    (void)state;
    char buffer[16] = "";
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(ims_deadline_write(&impatient, fds[1], "0000:01:00.0"), 0);
    assert_int_equal(read(fds[0], buffer, sizeof(buffer)), 12);
    assert_string_equal(buffer, "0000:01:00.0");
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(ims_deadline_write(&impatient, -1, "x"), -ECHILD); /* nothing to write to */
}

static void errors_come_back(void **state)
{
    (void)state;
    const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(ims_deadline_write(&impatient, fd, "x"), -ENOSPC);
    close(fd);
}

/* The pipe is full, so that the write waits; a second pipe proves that its process closed the rest. */
static void a_write_that_waits_is_given_up(void **state)
{
    (void)state;
    static char filler[65536];
    int full[2];
    int other[2];
    struct pollfd end = {.events = POLLIN};

    assert_int_equal(pipe2(full, O_CLOEXEC), 0);
    assert_int_equal(pipe(other), 0); /* inherited by whoever does not close it */
    assert_int_equal(write(full[1], filler, sizeof(filler)), (ssize_t)sizeof(filler));
    assert_int_equal(ims_deadline_write(&impatient, full[1], "x"), -ETIME);
    close(other[1]);
    end.fd = other[0];
    assert_int_equal(poll(&end, 1, 2000), 1); /* end of file: nobody else holds it */
    /* It goes on by itself, and has its effect once there is room. */
    assert_int_equal(read(full[0], filler, sizeof(filler)), (ssize_t)sizeof(filler));
    assert_int_equal(read(full[0], filler, 1), 1);
    assert_int_equal(filler[0], 'x');
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie stays behind */
    assert_int_equal(errno, ECHILD);
    close(full[0]);
    close(full[1]);
    close(other[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_are_made),
        cmocka_unit_test(errors_come_back),
        cmocka_unit_test(a_write_that_waits_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
