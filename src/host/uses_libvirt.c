/* SPDX-License-Identifier: MIT */
/*
 * Domains that libvirt runs. Its own record of each is asked, not libvirt: a file cannot make us wait,
 * and a hook of libvirt that calls us must not be answered by libvirt (docs/adr/0008).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "host/uses.h"
#include "ownership/model.h"
#include "source/roster.h"

#define FOLDER "run/libvirt/qemu"
#define SUFFIX ".xml"

/* Whether somebody could have given the function to a domain: its driver leaves it to guests. */
static bool is_for_guests(const struct ims_search_owner *owner)
{
    return owner->driver && ims_driver_is_for_guests(owner->driver);
}

static void tell_unknown(struct ims_search *search, const char *file, const char *why)
{
    for (uint32_t i = 0; i < search->owner_count; i++)
        if (is_for_guests(&search->owners[i]))
            ims_search_say(search, i, IMS_USE_GUEST, IMS_UNKNOWN, "libvirt",
                           ims_search_format(search, "/%s", file),
                           "whether a domain of libvirt has it is not known: %s", why);
}

/* The whole file, closed with a zero; NULL and -errno in *ret_code when it cannot be had. */
static char *read_file(const struct ims_host *host, const char *path, size_t *ret_size,
                       int *ret_code)
{
    const size_t room = IMS_ROSTER_MAX_BYTES + 2u;
    const int fd = ims_host_open_file(host->root_fd, path);
    char *bytes = fd < 0 ? NULL : malloc(room);
    size_t size = 0;
    ssize_t got = 0;

    *ret_code = fd < 0 ? fd : bytes ? 0 : -ENOMEM;
    while (bytes && size < room - 1) {
        got = read(fd, bytes + size, room - 1 - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    if (got < 0)
        *ret_code = -errno;
    if (fd >= 0)
        close(fd);
    if (bytes)
        bytes[size] = '\0';
    *ret_size = size;
    return bytes;
}

/*
 * <domstatus state='running' reason='booted' pid='4711'>: a record stays behind when libvirt itself
 * is killed. Without a number the domain is taken to run.
 */
static bool runs(const struct ims_host *host, const char *text)
{
    const char *start = strstr(text, "<domstatus");
    const char *end = start ? strchr(start, '>') : NULL;
    const char *pid = start ? strstr(start, " pid='") : NULL;
    char name[16];

    if (!end || !pid || pid > end || host->proc_fd < 0)
        return true;
    pid += strlen(" pid='");
    const size_t length = strspn(pid, "0123456789");
    if (length == 0 || length >= sizeof(name))
        return true;
    memcpy(name, pid, length);
    name[length] = '\0';
    return faccessat(host->proc_fd, name, F_OK, 0) == 0;
}

static void tell_domain(struct ims_search *search, const struct ims_roster *roster,
                        const char *file)
{
    for (uint32_t entry = 0; entry < ims_roster_count(roster); entry++) {
        const struct ims_roster_entry *given = ims_roster_at(roster, entry);
        const char *domain = ims_roster_owner(roster, given->owner)->name;

        for (uint32_t i = 0; given->known && i < search->owner_count; i++)
            if (ims_address_compare(given->address, search->owners[i].address) == 0)
                ims_search_say(search, i, IMS_USE_GUEST, IMS_YES,
                               ims_search_format(search, "domain %s", domain),
                               ims_search_format(search, "/%s", file),
                               "libvirt runs the domain %s, which has it", domain);
    }
}

static void look_at(struct ims_search *search, const char *file)
{
    struct ims_roster *roster = ims_roster_new();
    struct ims_error error = {0};
    size_t size = 0;
    int code = 0;
    char *text = roster ? read_file(search->host, file, &size, &code) : NULL;

    search->failed |= !roster || code == -ENOMEM;
    if (code == 0 && text && runs(search->host, text)) {
        code = ims_roster_parse(roster, file, text, size, &error);
        if (code == 0)
            tell_domain(search, roster, file);
    }
    /* A domain that ended meanwhile has nothing. */
    if (code < 0 && code != -ENOENT)
        tell_unknown(search, file,
                     error.message[0] ? ims_search_format(search, "%s", error.message)
                                      : strerror(-code));
    free(text);
    ims_roster_free(roster);
}

void ims_search_libvirt(struct ims_search *search)
{
    struct ims_listing listing;
    const struct dirent *entry;
    const int r = ims_listing_open(&listing, search, search->host->root_fd, FOLDER);

    if (r < 0) {
        if (r != -ENOENT && r != -ENOTDIR)
            tell_unknown(search, FOLDER, strerror(-r));
        return;
    }
    while ((entry = ims_listing_next(&listing)) != NULL) {
        const size_t length = strlen(entry->d_name);

        if (length > strlen(SUFFIX) && strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0)
            look_at(search, ims_search_format(search, FOLDER "/%s", entry->d_name));
    }
}
