/* SPDX-License-Identifier: MIT */
/* Where the user who asks comes from. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "host/net_tables.h"

#define PARENTS_MAX 64u
#define SOCKETS_MAX 256u

struct sockets {
    uint64_t inodes[SOCKETS_MAX];
    uint32_t count;
};

/* "PID (NAME) STATE PPID ...": the name may hold anything, also a bracket. */
static bool read_parent(struct ims_search *search, const char *process, char name[64],
                        char parent[16])
{
    char path[64];
    char text[1024];

    snprintf(path, sizeof(path), "%.32s/stat", process);
    if (ims_host_read_file(search->host->proc_fd, path, text, sizeof(text)) < 0)
        return false;
    char *open = strchr(text, '(');
    char *close = strrchr(text, ')');
    if (!open || !close || close < open)
        return false;
    *close = '\0';
    snprintf(name, 64, "%.63s", open + 1);
    char *rest = close + 1;
    (void)ims_next_word(&rest);
    const char *word = ims_next_word(&rest);
    if (!word || strspn(word, "0123456789") != strlen(word) || strlen(word) > 10)
        return false;
    snprintf(parent, 16, "%.15s", word);
    return true;
}

static void read_sockets(struct ims_search *search, const char *process, struct sockets *ret)
{
    static const char prefix[] = "socket:[";
    struct ims_listing listing;
    const struct dirent *entry;
    char path[64];
    char text[128];

    ret->count = 0;
    snprintf(path, sizeof(path), "%.32s/fd", process);
    if (ims_listing_open(&listing, search, search->host->proc_fd, path) < 0)
        return;
    while (ret->count < SOCKETS_MAX && (entry = ims_listing_next(&listing)) != NULL) {
        const ssize_t length =
            readlinkat(dirfd(listing.directory), entry->d_name, text, sizeof(text) - 1);

        if (length <= 0)
            continue;
        text[length] = '\0';
        if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
            continue;
        const char *digits = text + sizeof(prefix) - 1;
        if (ims_number_decimal(digits, strspn(digits, "0123456789"), UINT64_MAX,
                               &ret->inodes[ret->count]) == 0)
            ret->count++;
    }
    ims_listing_close(&listing);
}

/* "0200A8C0:D431": words of 32 bits as the kernel holds them, then the port. */
static bool read_remote(const char *text, struct ims_net_peer *ret)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const size_t digits = strcspn(text, ":");
    struct ims_net_peer peer = {.is_ipv6 = digits == 32};

    if (digits != 8 && digits != 32)
        return false;
    for (size_t i = 0; i < digits / 8; i++) {
        uint64_t value;

        if (ims_number_hex(text + 8 * i, 8, UINT32_MAX, &value) < 0)
            return false;
        const uint32_t word = (uint32_t)value;
        memcpy(peer.bytes + 4 * i, &word, sizeof(word));
    }
    if (peer.is_ipv6 && memcmp(peer.bytes, mapped, sizeof(mapped)) == 0) {
        peer.is_ipv6 = false;
        memmove(peer.bytes, peer.bytes + 12, 4);
    }
    *ret = peer;
    return true;
}

/* NUMBER: LOCAL REMOTE STATE QUEUES TIMER RETRANSMITS UID TIMEOUT INODE ... */
static bool find_remote(struct ims_search *search, const char *table, const struct sockets *sockets,
                        struct ims_net_peer *ret)
{
    struct ims_line_file file;
    bool found = false;
    char *line;

    if (ims_line_file_open(&file, search->host->proc_fd, table) < 0)
        return false;
    while (!found && (line = ims_line_file_next(&file)) != NULL) {
        char *words[10] = {NULL};
        uint64_t inode;

        for (size_t i = 0; i < 10; i++)
            words[i] = ims_next_word(&line);
        if (!words[9] || strcmp(words[3], "01") != 0 ||
            ims_number_decimal(words[9], strlen(words[9]), UINT64_MAX, &inode) < 0)
            continue;
        for (uint32_t i = 0; !found && i < sockets->count; i++)
            found = sockets->inodes[i] == inode && read_remote(words[2], ret);
    }
    ims_line_file_close(&file);
    return found;
}

/* sudo and su forget SSH_CONNECTION, but their sshd is still above us. */
static bool find_parent(struct ims_search *search, struct ims_net_peer *ret,
                        const char **ret_evidence)
{
    char process[16] = "self";
    char parent[16];
    char name[64];
    struct sockets sockets;

    for (unsigned i = 0; i < PARENTS_MAX; i++) {
        if (!read_parent(search, process, name, parent))
            return false;
        if (strncmp(name, "sshd", 4) == 0) {
            read_sockets(search, process, &sockets);
            if (find_remote(search, "net/tcp", &sockets, ret) ||
                find_remote(search, "net/tcp6", &sockets, ret)) {
                *ret_evidence =
                    ims_search_format(search, "/proc/%s/fd: socket of %s", process, name);
                return true;
            }
        }
        if (strcmp(parent, "0") == 0)
            return false;
        memcpy(process, parent, sizeof(process));
    }
    return false;
}

enum ims_tristate ims_net_session(struct ims_search *search, struct ims_net_peer *ret,
                                  const char **ret_evidence)
{
    const char *peer = search->host->session_peer;

    if (!peer || !*peer)
        return find_parent(search, ret, ret_evidence) ? IMS_YES : IMS_NO;
    *ret_evidence =
        ims_search_format(search, "SSH_CONNECTION: %.*s", (int)strcspn(peer, " "), peer);
    return ims_net_peer_parse(peer, strcspn(peer, " "), ret) ? IMS_YES : IMS_UNKNOWN;
}
