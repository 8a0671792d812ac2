/* SPDX-License-Identifier: MIT */
/*
 * Who may open a group. The kernel makes /dev/vfio/GROUP for root alone each time the first member
 * is bound, so that only udev can hand it to somebody (1.9). The rule asks a program whether the
 * group is the one of the claim: numbers of groups change, and one that was freed is given to the
 * next group, which must not be handed to the same user.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "host/claim_file.h"
#include "host/host.h"
#include "host/keep.h"
#include "host/sysfs_kernel.h"

#ifndef IMS_PROGRAM
#define IMS_PROGRAM "/usr/bin/iommuscope"
#endif

/* udev looks for new rules every three seconds at most. */
#define ASK_AGAIN_MS 3500
#define DEADLINE_MS 10000

void ims_access_rule_name(const char *claim, char ret[IMS_VAULT_NAME_SIZE])
{
    snprintf(ret, IMS_VAULT_NAME_SIZE, IMS_RULE_PREFIX "%s" IMS_RULE_SUFFIX, claim);
}

void ims_access_rule_write(const struct ims_claim *claim, struct ims_text *out)
{
    const bool is_user = claim->access == IMS_ACCESS_USER;

    ims_text_appendf(out,
                     "# Gives the VFIO group of the claim %s to %s %s, whatever its number is;\n"
                     "# written by iommuscope claim --persist, removed by release --persist.\n",
                     claim->name, is_user ? "user" : "group", claim->access_name);
    for (unsigned i = 0; i < 2; i++)
        ims_text_appendf(out,
                         "ACTION!=\"remove\", SUBSYSTEM==\"%s\", KERNEL==\"%s\", "
                         "PROGRAM==\"" IMS_PROGRAM " access %s %%k\", %s=\"%s\", MODE=\"%s\"\n",
                         i ? "vfio-dev" : "vfio", i ? "vfio[0-9]*" : "[0-9]*", claim->name,
                         is_user ? "OWNER" : "GROUP", claim->access_name,
                         is_user ? "0600" : "0660");
}

/* ---- names ---- */

/* "NAME:x:NUMBER:..." of passwd and of group alike. udev takes names from nowhere else. */
static int find_id(const struct ims_host *host, enum ims_access_kind access, const char *name,
                   uint32_t *ret)
{
    const char *path = access == IMS_ACCESS_USER ? "etc/passwd" : "etc/group";
    const int fd = ims_host_open_file(host->root_fd, path);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "re");
    const size_t length = strlen(name);
    char *line = NULL;
    size_t size = 0;
    int r = ims_access_name_is_valid(name) ? -ENOENT : -EINVAL;

    if (!stream) {
        if (fd >= 0)
            close(fd);
        return fd < 0 ? fd : -ENOMEM;
    }
    while (r == -ENOENT && getline(&line, &size, stream) > 0) {
        uint64_t number;

        if (strncmp(line, name, length) != 0 || line[length] != ':')
            continue;
        const char *id = strchr(line + length + 1, ':');
        if (id && ims_number_decimal(id + 1, strcspn(id + 1, ":\n"), UINT32_MAX, &number) == 0) {
            *ret = (uint32_t)number;
            r = 0;
        }
    }
    free(line);
    fclose(stream);
    return r;
}

int ims_host_knows(struct ims_host *host, enum ims_access_kind access, const char *name)
{
    uint32_t id;
    return find_id(host, access, name, &id);
}

/* ---- the node ---- */

static int look_at_node(const struct ims_host *host, uint32_t group, struct ims_vfio_node *ret)
{
    struct stat status;
    char path[32];

    *ret = (struct ims_vfio_node){.exists = false};
    snprintf(path, sizeof(path), "vfio/%u", group);
    if (host->dev_fd < 0)
        return -ENOENT;
    if (fstatat(host->dev_fd, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    *ret = (struct ims_vfio_node){true, status.st_uid, status.st_gid, status.st_mode & 07777};
    return 0;
}

static bool belongs_to(const struct ims_vfio_node *node, enum ims_access_kind access, uint32_t id)
{
    if (!node->exists)
        return false;
    return access == IMS_ACCESS_USER ? node->uid == id && (node->mode & 0600) == 0600
                                     : node->gid == id && (node->mode & 0060) == 0060;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until something happens below /dev/vfio, or for so long. */
static void wait_for_change(int watch_fd, int64_t timeout_ms)
{
    struct pollfd poll_fd = {.fd = watch_fd, .events = POLLIN};
    char events[4096];

    if (timeout_ms <= 0)
        return;
    if (poll(&poll_fd, watch_fd < 0 ? 0 : 1, (int)timeout_ms) > 0 &&
        read(watch_fd, events, sizeof(events)) < 0 && errno != EAGAIN && errno != EINTR)
        poll(NULL, 0, 50);
}

static int watch_nodes(const struct ims_host *host)
{
    char path[64];
    const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    /* The directory itself, wherever the root is: by the descriptor that all paths begin with. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d/vfio", host->dev_fd);
    if (fd >= 0 && inotify_add_watch(fd, path, IN_ATTRIB | IN_CREATE | IN_DELETE) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int wait_for_node(const struct ims_host *host, uint32_t group, enum ims_access_kind access,
                         uint32_t id, struct ims_vfio_node *node)
{
    const int64_t begin = now_ms();
    const int watch_fd = watch_nodes(host);
    int64_t ask_at = begin;
    int r;

    for (;;) {
        const int64_t now = now_ms();

        r = look_at_node(host, group, node);
        if (r < 0 || belongs_to(node, access, id) || now - begin >= DEADLINE_MS)
            break;
        if (now >= ask_at) {
            (void)ims_sysfs_announce(host, group);
            ask_at = now + ASK_AGAIN_MS;
        }
        /* Not every file system tells of changes: a look every quarter of a second costs nothing. */
        wait_for_change(watch_fd, ask_at - now < 250 ? ask_at - now : 250);
    }
    if (watch_fd >= 0)
        close(watch_fd);
    return r;
}

int ims_host_access(struct ims_host *host, uint32_t group, enum ims_access_kind access,
                    const char *name, bool wait, struct ims_vfio_node *ret)
{
    struct ims_vfio_node node = {.exists = false};
    uint32_t id = 0;
    int r = find_id(host, access, name, &id);

    if (r == 0)
        r = wait && host->is_live ? wait_for_node(host, group, access, id, &node)
                                  : look_at_node(host, group, &node);
    if (ret)
        *ret = node;
    return r < 0 ? r : belongs_to(&node, access, id);
}
