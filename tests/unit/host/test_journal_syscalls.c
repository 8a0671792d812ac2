/* SPDX-License-Identifier: MIT */
/*
 * Every call that the journals make to the system fails in turn while a group is claimed: the end is
 * all, nothing, or what recovery makes all or nothing of. This program's own functions stand in for
 * those of the C library; journals are real files, the kernel is the fake one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claim_plan.h"
#include "host/file_store.h"
#include "host/transaction.h"
#include "tree.h"

enum mode {
    MODE_BEFORE = 0, /* it fails without effect */
    MODE_AFTER,      /* it has its effect and fails */
    MODE_SHORT,      /* a write takes half, and says so */
    MODE_TORN,       /* a write takes half, and fails */
    MODE_MAX,
};

static struct {
    bool armed;
    unsigned at; /* the call that fails, counted from 1 */
    bool onwards;
    enum mode mode;
    int code;
    unsigned count;
    const char *name; /* of the call that failed first, NULL = none has */
} fault;

static bool fails(const char *name)
{
    if (!fault.armed)
        return false;
    fault.count++;
    if (fault.count != fault.at && !(fault.onwards && fault.count > fault.at))
        return false;
    if (!fault.name)
        fault.name = name;
    return true;
}

static long fail_after(long done)
{
    (void)done;
    errno = fault.code;
    return -1;
}

#define CALL(name, ...)                                               \
    do {                                                              \
        if (!fails(#name))                                            \
            return (int)syscall(SYS_##name, __VA_ARGS__);             \
        if (fault.mode == MODE_AFTER)                                 \
            return (int)fail_after(syscall(SYS_##name, __VA_ARGS__)); \
        errno = fault.code;                                           \
        return -1;                                                    \
    } while (0)

int openat(int dir_fd, const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!fails("openat"))
        return (int)syscall(SYS_openat, dir_fd, path, flags, mode);
    /* A descriptor that nobody is told of would be lost: what stays is the file. */
    if (fault.mode == MODE_AFTER)
        (void)syscall(SYS_close, (int)syscall(SYS_openat, dir_fd, path, flags, mode));
    errno = fault.code;
    return -1;
}

int mkdirat(int dir_fd, const char *path, mode_t mode)
{
    CALL(mkdirat, dir_fd, path, mode);
}

int unlinkat(int dir_fd, const char *path, int flags)
{
    CALL(unlinkat, dir_fd, path, flags);
}

int flock(int fd, int operation)
{
    CALL(flock, fd, operation);
}

/* Not waiting for the disk: nothing here survives a power cut anyway. */
int fsync(int fd)
{
    (void)fd;
    if (!fails("fsync"))
        return 0;
    errno = fault.code;
    return -1;
}

/* Linux has closed the descriptor whatever it says. */
int close(int fd)
{
    const bool failing = fails("close");
    const int r = (int)syscall(SYS_close, fd);

    if (!failing)
        return r;
    errno = fault.code;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t size_bytes)
{
    if (!fails("write"))
        return syscall(SYS_write, fd, bytes, size_bytes);
    if (fault.mode == MODE_AFTER)
        (void)syscall(SYS_write, fd, bytes, size_bytes);
    if (fault.mode == MODE_SHORT)
        return syscall(SYS_write, fd, bytes, (size_bytes + 1) / 2);
    if (fault.mode == MODE_TORN)
        (void)syscall(SYS_write, fd, bytes, size_bytes / 2);
    errno = fault.code;
    return -1;
}

ssize_t read(int fd, void *bytes, size_t size_bytes)
{
    if (!fails("read"))
        return syscall(SYS_read, fd, bytes, size_bytes);
    errno = fault.code;
    return -1;
}

/* ---- a claim ---- */

struct trial {
    struct fake_script script;
    struct fake_kernel kernel;
    struct tree tree;
    int root_fd;
    struct ims_outcome outcome;
};

static struct ims_plan *plan;
static struct fake_kernel old_kernel;
static struct fake_kernel new_kernel;
static unsigned call_count;

static void begin(struct trial *trial)
{
    memset(trial, 0, sizeof(*trial));
    trial->kernel = old_kernel;
    trial->kernel.script = &trial->script;
    tree_make(&trial->tree);
    tree_directory(&trial->tree, "run");
    trial->root_fd = open(trial->tree.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(trial->root_fd >= 0);
}

static void end(struct trial *trial)
{
    close(trial->root_fd);
    tree_remove(&trial->tree);
}

/* One process: it opens the store, works, and ends. recover: else the plan is carried out. */
static void work(struct trial *trial, bool recover)
{
    const struct ims_kernel kernel = fake_kernel_interface(&trial->kernel);
    struct ims_file_store files;
    const struct ims_store store = ims_file_store(&files, trial->root_fd);
    const struct ims_desk desk = {.kernel = &kernel, .store = &store};

    fake_script_reset(&trial->script);
    const int r = recover ? ims_transaction_recover(&desk, IMS_RECOVERY_AUTO, &trial->outcome)
                          : ims_transaction_apply(&desk, plan, &trial->outcome);
    ims_file_store_done(&files);
    assert_int_equal(r, 0);
}

static unsigned count_state(struct trial *trial, enum ims_transaction_state state)
{
    const struct ims_kernel kernel = fake_kernel_interface(&trial->kernel);
    struct ims_file_store files;
    const struct ims_store store = ims_file_store(&files, trial->root_fd);
    const struct ims_desk desk = {.kernel = &kernel, .store = &store};
    struct ims_status *status = NULL;
    unsigned count = 0;

    fake_script_reset(&trial->script);
    assert_int_equal(ims_transaction_status(&desk, &status), 0);
    for (uint32_t i = 0; i < status->count; i++)
        count += status->transactions[i].state == state;
    ims_status_free(status);
    ims_file_store_done(&files);
    return count;
}

static bool is_like(const struct trial *trial, const struct fake_kernel *kernel)
{
    char difference[256];

    return fake_kernel_same(&trial->kernel, kernel, false, difference, sizeof(difference));
}

static void claim_undisturbed(void)
{
    struct trial trial;

    begin(&trial);
    fault.count = 0;
    fault.armed = true;
    work(&trial, false);
    fault.armed = false;
    call_count = fault.count;
    assert_int_equal(trial.outcome.state, IMS_OUTCOME_DONE);
    assert_int_equal(count_state(&trial, IMS_TRANSACTION_DONE), 1);
    new_kernel = trial.kernel;
    assert_false(is_like(&trial, &old_kernel));
    end(&trial);
}

/* A signal in a call that can be made again is nobody's failure. */
static bool must_succeed(void)
{
    static const char *const again[] = {"fsync", "write", "flock", "read", "close"};
    bool ret = false;

    if (fault.mode == MODE_SHORT && strcmp(fault.name, "write") == 0)
        return !fault.onwards;

    for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++)
        ret |= strcmp(fault.name, again[i]) == 0;
    return ret && !fault.onwards && fault.code == EINTR && fault.mode == MODE_BEFORE;
}

#define EXPECT(condition)                                                                     \
    do {                                                                                      \
        if (!(condition))                                                                     \
            fail_msg("%s %u fails with %s (mode %d%s): %s: %s (%s)", fault.name, fault.at,    \
                     strerror(fault.code), (int)fault.mode, fault.onwards ? ", onwards" : "", \
                     #condition, ims_outcome_state_to_string(trial->outcome.state),           \
                     trial->outcome.text);                                                    \
    } while (0)

static void judge(struct trial *trial)
{
    const enum ims_outcome_state state = trial->outcome.state;
    const bool was_done = state == IMS_OUTCOME_DONE;

    EXPECT(!was_done || is_like(trial, &new_kernel));
    EXPECT((state != IMS_OUTCOME_UNDONE && state != IMS_OUTCOME_REFUSED) ||
           is_like(trial, &old_kernel));
    EXPECT(was_done || state == IMS_OUTCOME_UNDONE || state == IMS_OUTCOME_REFUSED);
    EXPECT(was_done || !must_succeed());
    EXPECT(!was_done || trial->outcome.code < 0 || count_state(trial, IMS_TRANSACTION_DONE) == 1);
    work(trial, true);
    EXPECT(trial->outcome.state <= IMS_OUTCOME_UNDONE);
    EXPECT(is_like(trial, was_done ? &new_kernel : &old_kernel));
    EXPECT(count_state(trial, IMS_TRANSACTION_OPEN) == 0);
    EXPECT(count_state(trial, IMS_TRANSACTION_DAMAGED) == 0);
}

static void try_all(bool onwards)
{
    static const int codes[] = {EIO, ENOSPC, EINTR};
    struct trial trial;

    for (unsigned at = 1; at <= call_count; at++)
        for (unsigned i = 0; i < MODE_MAX * 3; i++) {
            /* What goes on for ever is no signal. */
            if (onwards && codes[i % 3] == EINTR)
                continue;
            begin(&trial);
            memset(&fault, 0, sizeof(fault));
            fault.at = at;
            fault.onwards = onwards;
            fault.mode = (enum mode)(i / 3);
            fault.code = codes[i % 3];
            fault.armed = true;
            work(&trial, false);
            fault.armed = false;
            if (!fault.name)
                fail_msg("of %u calls only %u were made", call_count, fault.count);
            judge(&trial);
            end(&trial);
        }
}

static void one_call_may_fail(void **state)
{
    (void)state;
    assert_true(call_count > 40);
    try_all(false);
}

static void all_calls_may_fail_from_one_on(void **state)
{
    (void)state;
    try_all(true);
}

static int prepare(void **state)
{
    (void)state;
    plan = claim_plan(&old_kernel);
    claim_undisturbed();
    claim_undisturbed(); /* the first time jansson reads its seed */
    return 0;
}

static int finish(void **state)
{
    (void)state;
    ims_plan_free(plan);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_may_fail),
        cmocka_unit_test(all_calls_may_fail_from_one_on),
    };
    return cmocka_run_group_tests(tests, prepare, finish);
}
