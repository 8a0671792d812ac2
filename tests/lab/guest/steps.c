/* SPDX-License-Identifier: MIT */
/* What a machine file wants to be done after boot, one line a step. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define DEVICES "/sys/bus/pci/devices"
#define WORD_MAX 6u
#define WAIT_SECONDS 30u

/* The extended capability "Access Control Services"; its control word. */
#define EXTENDED_BEGIN 0x100u
#define EXTENDED_END 0x1000u
#define ACS_ID 0x000du
#define ACS_CONTROL 6u

int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t written = write(fd, text, strlen(text));
    int r = written < 0 ? -errno : (size_t)written == strlen(text) ? 0 : -EIO;
    close(fd);
    return r;
}

/* The path of a file of a function; a short address is in segment 0. */
static const char *device_path(const char *address, const char *file)
{
    static char path[PATH_MAX];
    const char *colon = strchr(address, ':');
    snprintf(path, sizeof(path), DEVICES "/%s%s%s%s",
             colon && strchr(colon + 1, ':') ? "" : "0000:", address, file ? "/" : "",
             file ? file : "");
    return path;
}

static bool is_there(const char *address)
{
    return access(device_path(address, NULL), F_OK) == 0;
}

static int wait_until(const char *address, bool there)
{
    for (unsigned i = 0; i < WAIT_SECONDS * 50; i++) {
        if (is_there(address) == there)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return -ETIMEDOUT;
}

static int write_config(const char *address, unsigned offset, const void *bytes, size_t length)
{
    int fd = open(device_path(address, "config"), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t written = pwrite(fd, bytes, length, (off_t)offset);
    int r = written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
    close(fd);
    return r;
}

static int number(const char *text, unsigned long max, unsigned long *ret)
{
    char *end;
    errno = 0;
    *ret = strtoul(text, &end, 16);
    return errno || end == text || *end || *ret > max ? -EINVAL : 0;
}

/* write ADDRESS OFFSET.b|w|l VALUE, numbers in hexadecimal */
static int step_write(char **words)
{
    unsigned long offset, value;
    char *dot = strchr(words[1], '.');
    size_t length;
    if (!dot || !dot[1] || dot[2])
        return -EINVAL;
    length = dot[1] == 'b' ? 1 : dot[1] == 'w' ? 2 : dot[1] == 'l' ? 4 : 0;
    *dot = '\0';
    if (length == 0 || number(words[1], EXTENDED_END - 1, &offset) < 0 ||
        number(words[2], length == 4 ? UINT32_MAX : (1ul << length * 8) - 1, &value) < 0)
        return -EINVAL;
    uint32_t bytes = (uint32_t)value; /* both guests are little-endian, as PCI is */
    return write_config(words[0], (unsigned)offset, &bytes, length);
}

/* acs ADDRESS VALUE: the control word, wherever it is */
static int step_acs(char **words)
{
    unsigned long value;
    unsigned offset = EXTENDED_BEGIN;
    int fd = open(device_path(words[0], "config"), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (unsigned hops = 0; offset >= EXTENDED_BEGIN && hops < 64; hops++) {
        uint32_t header = 0;
        if (pread(fd, &header, sizeof(header), (off_t)offset) != sizeof(header) || header == 0)
            break;
        if ((header & 0xffffu) == ACS_ID) {
            close(fd);
            if (number(words[1], 0xffff, &value) < 0)
                return -EINVAL;
            uint16_t control = (uint16_t)value;
            return write_config(words[0], offset + ACS_CONTROL, &control, sizeof(control));
        }
        offset = header >> 20 & 0xffcu;
    }
    close(fd);
    return -ENXIO;
}

static int step_numvfs(char **words)
{
    return write_text(device_path(words[0], "sriov_numvfs"), words[1]);
}

static int step_remove(char **words)
{
    int r = write_text(device_path(words[0], "remove"), "1");
    return r < 0 ? r : wait_until(words[0], false);
}

static int step_rescan(char **words)
{
    (void)words;
    return write_text("/sys/bus/pci/rescan", "1");
}

static int step_unbind(char **words)
{
    const char *link = device_path(words[0], "driver/unbind");
    const char *name = strstr(link, DEVICES "/") + sizeof(DEVICES);
    char address[64];
    snprintf(address, sizeof(address), "%.*s", (int)strcspn(name, "/"), name);
    return write_text(link, address);
}

/* bind ADDRESS DRIVER: away from the driver that has it */
static int step_bind(char **words)
{
    char address[64], driver[128], link[PATH_MAX];
    int r = write_text(device_path(words[0], "driver_override"), words[1]);
    if (r < 0)
        return r;
    if (access(device_path(words[0], "driver"), F_OK) == 0 && (r = step_unbind(words)) < 0)
        return r;
    const char *name = strrchr(device_path(words[0], NULL), '/') + 1;
    snprintf(address, sizeof(address), "%s", name);
    r = write_text("/sys/bus/pci/drivers_probe", address);
    ssize_t length = readlink(device_path(words[0], "driver"), link, sizeof(link) - 1);
    if (r < 0 || length < 0)
        return r < 0 ? r : -ENODEV;
    link[length] = '\0';
    snprintf(driver, sizeof(driver), "%s", strrchr(link, '/') + 1);
    return strcmp(driver, words[1]) == 0 ? 0 : -EBUSY;
}

/* hotplug ADDRESS|- DEVICE: the host does it when it sees the frame; "-" = nothing shows up yet */
static int step_hotplug(char **words)
{
    char text[1024];
    int length = snprintf(text, sizeof(text), "device_add %s", words[1]);
    frame_send("ask", text, (size_t)length);
    return strcmp(words[0], "-") == 0 ? 0 : wait_until(words[0], true);
}

/* unplug ADDRESS ID */
static int step_unplug(char **words)
{
    char text[1024];
    int length = snprintf(text, sizeof(text), "device_del %s", words[1]);
    frame_send("ask", text, (size_t)length);
    return wait_until(words[0], false);
}

static int step_wait(char **words)
{
    return wait_until(words[0], true);
}

static const struct {
    const char *name;
    unsigned words;
    int (*run)(char **words);
} kinds[] = {
    {"numvfs", 2, step_numvfs}, {"write", 3, step_write},     {"acs", 2, step_acs},
    {"remove", 1, step_remove}, {"rescan", 0, step_rescan},   {"bind", 2, step_bind},
    {"unbind", 1, step_unbind}, {"hotplug", 2, step_hotplug}, {"unplug", 2, step_unplug},
    {"wait", 1, step_wait},
};

static int run_step(char *line)
{
    char *words[WORD_MAX];
    char *rest = NULL;
    unsigned count = 0;
    for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (count == WORD_MAX)
            return -E2BIG;
        words[count++] = word;
    }
    for (unsigned i = 0; count > 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, words[0]) == 0)
            return count - 1 == kinds[i].words ? kinds[i].run(words + 1) : -EINVAL;
    }
    return -ENOSYS;
}

void steps_run(const char *path)
{
    struct buffer results = {0};
    char line[1024], copy[1024];
    FILE *stream = fopen(path, "re");
    while (stream && fgets(line, sizeof(line), stream)) {
        line[strcspn(line, "\n")] = '\0';
        memcpy(copy, line, sizeof(copy));
        int r = run_step(copy);
        buffer_print(&results, "%s %s%s%s\n", r < 0 ? "failed" : "done", line, r < 0 ? ": " : "",
                     r < 0 ? strerror(-r) : "");
    }
    if (stream)
        fclose(stream);
    frame_send("steps", results.data ? results.data : "", results.length);
    free(results.data);
}
