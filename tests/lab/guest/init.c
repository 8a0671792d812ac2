/* SPDX-License-Identifier: MIT */
/*
 * The first and only program of a lab guest: it brings the machine into the state that the machine
 * file asks for, looks at it in three ways, sends what it saw and turns the machine off.
 *
 *     /lab/modules   paths of modules in the order of loading, one a line
 *     /lab/steps     steps, one a line (steps.c)
 *     /lab/options   options of the commands whose answers are sent, one a line
 *     /lab/story     a script that is run after all that (story.c)
 *     /lab/bulk      or this: lines for /dev/iommulab, which /lab/iommulab.ko makes (bulk.c)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define GROUPS "/sys/kernel/iommu_groups"
#define ARGUMENT_MAX 16
#define SETTLE_ROUNDS 3u
#define SETTLE_ROUNDS_MAX 100u

/* What went wrong in the guest itself, told in the last frame. */
static struct buffer troubles;

static void trouble(const char *what, int r)
{
    buffer_print(&troubles, "%s: %s\n", what, strerror(-r));
}

static void mount_all(void)
{
    static const char *const mounts[][2] = {
        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}};
    for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        mkdir(mounts[i][1], 0755);
        if (mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, "") < 0 && errno != EBUSY)
            trouble(mounts[i][1], -errno);
    }
}

static void load_modules(const char *path)
{
    char line[PATH_MAX];
    FILE *stream = fopen(path, "re");
    while (stream && fgets(line, sizeof(line), stream)) {
        line[strcspn(line, "\n")] = '\0';
        int r = module_load(line);
        if (r < 0)
            trouble(line, r);
    }
    if (stream)
        fclose(stream);
}

/* Which driver every function has, and which group: what changes while probing goes on. */
static void describe_state(struct buffer *state)
{
    DIR *devices = opendir("/sys/bus/pci/devices");
    state->length = 0;
    for (struct dirent *device; devices && (device = readdir(devices));) {
        static const char *const links[] = {"driver", "iommu_group"};
        for (unsigned i = 0; device->d_name[0] != '.' && i < 2; i++) {
            char path[PATH_MAX], target[PATH_MAX];
            snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device->d_name, links[i]);
            ssize_t length = readlink(path, target, sizeof(target));
            buffer_print(state, "%s %.*s\n", path, length > 0 ? (int)length : 0, target);
        }
    }
    if (devices)
        closedir(devices);
}

/*
 * Waits until the state stays the same: drivers probe in the background, and one that will refuse a
 * device is its driver for a moment.
 */
static void settle(void)
{
    struct buffer states[2] = {{0}, {0}};
    unsigned same = 0;
    describe_state(&states[0]);
    for (unsigned i = 1; i < SETTLE_ROUNDS_MAX && same < SETTLE_ROUNDS; i++) {
        const struct buffer *before = &states[(i + 1) % 2], *now = &states[i % 2];
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        describe_state(&states[i % 2]);
        same = before->length == now->length && now->length > 0 &&
                       memcmp(before->data, now->data, now->length) == 0
                   ? same + 1
                   : 0;
    }
    free(states[0].data);
    free(states[1].data);
}

/*
 * Runs a command with its output in a file and sends that file. Returns its exit status, or -1 when
 * it did not end by itself.
 */
static int run_and_send(const char *section, char *const *arguments)
{
    struct buffer output = {0};
    char path[64], title[128];
    int status = -1;
    snprintf(path, sizeof(path), "/tmp/%s", section);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
            execv(arguments[0], arguments);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        trouble(section, -errno);
    } else if (!WIFEXITED(status)) {
        snprintf(title, sizeof(title), "%s: wait status %#x", section, (unsigned)status);
        trouble(title, -ECHILD);
    }
    int r = buffer_read_file(&output, path);
    if (r < 0)
        trouble(path, r);
    frame_send(section, output.data ? output.data : "", output.length);
    free(output.data);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void send_capture(void)
{
    char *const arguments[] = {(char[]){"/iommuscope"}, (char[]){"capture"}, (char[]){"-"}, NULL};
    if (run_and_send("capture", arguments) != 0)
        trouble("capture", -ECHILD);
}

/* "COMMAND --json"; what its exit status says is part of the answer: a line of section "status". */
static void send_answer(const char *command, const char *options_path)
{
    static char lines[ARGUMENT_MAX][128];
    char name[32], text[64];
    char *arguments[ARGUMENT_MAX + 4] = {(char[]){"/iommuscope"}, name, (char[]){"--json"}};
    unsigned count = 0;
    FILE *stream = fopen(options_path, "re");
    snprintf(name, sizeof(name), "%s", command);
    while (stream && count < ARGUMENT_MAX && fgets(lines[count], sizeof(lines[0]), stream)) {
        lines[count][strcspn(lines[count], "\n")] = '\0';
        arguments[3 + count] = lines[count];
        count++;
    }
    if (stream)
        fclose(stream);
    int length = snprintf(text, sizeof(text), "%s %d\n", command, run_and_send(command, arguments));
    frame_send("status", text, (size_t)length);
}

/* The kernel's groups as its links say, read without the library: "G ADDRESS NUMBER". */
static void send_links(void)
{
    struct buffer lines = {0};
    DIR *groups = opendir(GROUPS);
    for (struct dirent *group; groups && (group = readdir(groups));) {
        char path[PATH_MAX];
        if (group->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), GROUPS "/%s/devices", group->d_name);
        DIR *devices = opendir(path);
        for (struct dirent *device; devices && (device = readdir(devices));) {
            if (device->d_name[0] != '.')
                buffer_print(&lines, "G %s %s\n", device->d_name, group->d_name);
        }
        if (devices)
            closedir(devices);
    }
    if (groups)
        closedir(groups);
    frame_send("links", lines.data ? lines.data : "", lines.length);
    free(lines.data);
}

#define LEVEL_WARNING 4u

/* What the kernel warns of, "LEVEL TEXT" a line; the host picks out what matters. */
static void send_log(void)
{
    struct buffer lines = {0};
    char record[8192];
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        trouble("/dev/kmsg", -errno);
    while (fd >= 0) {
        ssize_t length = read(fd, record, sizeof(record) - 1);
        if (length < 0 && errno == EPIPE)
            continue; /* overwritten while being read: the next record follows */
        if (length <= 0)
            break;
        record[length] = '\0';
        char *text = strchr(record, ';');
        unsigned long level = strtoul(record, NULL, 10) & 7u;
        if (text && level <= LEVEL_WARNING)
            buffer_print(&lines, "%lu %.*s\n", level, (int)strcspn(text + 1, "\n"), text + 1);
    }
    if (fd >= 0)
        close(fd);
    frame_send("log", lines.data ? lines.data : "", lines.length);
    free(lines.data);
}

static void tell_story(void)
{
    int status = access("/lab/story", F_OK) == 0 ? story_run("/lab/story") : 0;
    if (status < 0)
        trouble("/lab/story", status);
    if (status > 0)
        buffer_print(&troubles, "the story ended with status %d\n", status);
}

int main(void)
{
    struct buffer release = {0};
    mount_all();
    frame_open();
    buffer_read_file(&release, "/proc/sys/kernel/osrelease");
    frame_send("begin", release.data ? release.data : "", release.length);
    load_modules("/lab/modules");
    if (access("/lab/bulk", F_OK) == 0) {
        int r = module_load("/lab/iommulab.ko");
        if (r < 0)
            trouble("/lab/iommulab.ko", r);
        if (r == 0 && (r = bulk_run("/lab/bulk", "/dev/iommulab")) < 0)
            trouble("/dev/iommulab", r);
    } else {
        steps_run("/lab/steps");
        settle();
        send_capture();
        send_answer("groups", "/lab/options");
        send_answer("audit", "/lab/options");
        send_answer("reach", "/lab/options");
        send_links();
        tell_story();
    }
    send_log();
    frame_send("end", troubles.data ? troubles.data : "", troubles.length);
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}
