/* SPDX-License-Identifier: MIT */
/* Addresses and routes of the running kernel, by rtnetlink: all tables, not only the main one. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "host/net_tables.h"

#define ANSWER_BYTES 65536u
#define WAIT_SECONDS 3

struct question {
    struct nlmsghdr header;
    struct rtmsg message; /* of the same beginning as every other family message */
    struct rtattr attribute;
    uint8_t bytes[16];
};

/* Reads every message of the answer. Returns what handle returns when not 0, or -errno. */
static int receive(int fd, void *context,
                   int (*handle)(void *context, const struct nlmsghdr *header))
{
    char *buffer = malloc(ANSWER_BYTES);
    int ret = buffer ? 1 : -ENOMEM;

    while (ret == 1) {
        const ssize_t got = recv(fd, buffer, ANSWER_BYTES, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            ret = got < 0 ? -errno : -EIO;
            break;
        }
        size_t left = (size_t)got;
        for (struct nlmsghdr *header = (void *)buffer; ret == 1 && NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE) {
                ret = 0;
            } else if (header->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *error = NLMSG_DATA(header);
                ret = error->error < 0 ? error->error : 0;
            } else {
                const int code = handle(context, header);
                ret = code == 0 && !(header->nlmsg_flags & NLM_F_MULTI) ? 0 : code < 0 ? code : 1;
            }
        }
    }
    free(buffer);
    return ret;
}

static int ask(struct question *question, void *context,
               int (*handle)(void *context, const struct nlmsghdr *header))
{
    const struct timeval wait = {.tv_sec = WAIT_SECONDS};
    int ret = 0;
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
        send(fd, question, question->header.nlmsg_len, 0) < 0)
        ret = -errno;
    if (ret == 0)
        ret = receive(fd, context, handle);
    close(fd);
    return ret;
}

static bool name_of(int index, char ret[IMS_NET_NAME_SIZE])
{
    char name[IF_NAMESIZE];

    if (index <= 0 || !if_indextoname((unsigned)index, name))
        return false;
    snprintf(ret, IMS_NET_NAME_SIZE, "%s", name);
    return true;
}

static int read_index(const struct rtattr *attribute)
{
    int index = 0;

    if (RTA_PAYLOAD(attribute) >= sizeof(index))
        memcpy(&index, RTA_DATA(attribute), sizeof(index));
    return index;
}

static bool read_peer(const struct rtattr *attribute, unsigned char family,
                      struct ims_net_peer *ret)
{
    const size_t size = family == AF_INET6 ? 16 : 4;

    if (RTA_PAYLOAD(attribute) < size)
        return false;
    ret->is_ipv6 = family == AF_INET6;
    memcpy(ret->bytes, RTA_DATA(attribute), size);
    return true;
}

static int handle_address(void *context, const struct nlmsghdr *header)
{
    const struct ifaddrmsg *message = NLMSG_DATA(header);
    struct ims_net_peer address = {0};
    char name[IMS_NET_NAME_SIZE];
    bool found = false;

    if (header->nlmsg_type != RTM_NEWADDR || header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) ||
        (message->ifa_family != AF_INET && message->ifa_family != AF_INET6))
        return 0;
    size_t left = IFA_PAYLOAD(header);
    for (const struct rtattr *at = IFA_RTA(message); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        /* On links between two points IFA_ADDRESS is the other end. */
        if (at->rta_type == IFA_LOCAL || (at->rta_type == IFA_ADDRESS && !found))
            found |= read_peer(at, message->ifa_family, &address);
    }
    if (found && name_of((int)message->ifa_index, name))
        ims_net_add_address(context, name, &address, message->ifa_prefixlen, "rtnetlink");
    return 0;
}

static void add_hops(struct ims_net_tables *tables, struct ims_net_route *route,
                     const struct rtattr *attribute)
{
    const struct rtnexthop *hop = RTA_DATA(attribute);
    size_t left = RTA_PAYLOAD(attribute);

    while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
        const size_t step = ((size_t)hop->rtnh_len + 3) & ~(size_t)3;

        if (name_of(hop->rtnh_ifindex, route->interface))
            ims_net_add_route(tables, route);
        if (step > left)
            break;
        left -= step;
        hop = (const void *)((const char *)hop + step);
    }
}

static int handle_route(void *context, const struct nlmsghdr *header)
{
    const struct rtmsg *message = NLMSG_DATA(header);
    const struct rtattr *hops = NULL;
    struct ims_net_route route = {0};
    int index = 0;

    if (header->nlmsg_type != RTM_NEWROUTE || header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) ||
        (message->rtm_family != AF_INET && message->rtm_family != AF_INET6) ||
        message->rtm_type != RTN_UNICAST || (message->rtm_flags & RTM_F_CLONED))
        return 0;
    route.to.is_ipv6 = message->rtm_family == AF_INET6;
    route.prefix = message->rtm_dst_len;
    size_t left = RTM_PAYLOAD(header);
    for (const struct rtattr *at = RTM_RTA(message); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        if (at->rta_type == RTA_DST)
            (void)read_peer(at, message->rtm_family, &route.to);
        else if (at->rta_type == RTA_OIF)
            index = read_index(at);
        else if (at->rta_type == RTA_GATEWAY || at->rta_type == RTA_VIA)
            route.has_gateway = true;
        else if (at->rta_type == RTA_MULTIPATH)
            hops = at;
    }
    if (hops)
        add_hops(context, &route, hops);
    else if (name_of(index, route.interface))
        ims_net_add_route(context, &route);
    return 0;
}

static int ask_dump(struct ims_net_tables *tables, uint16_t type,
                    int (*handle)(void *context, const struct nlmsghdr *header))
{
    struct question question = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
                   .nlmsg_type = type,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .message = {.rtm_family = AF_UNSPEC},
    };

    return ask(&question, tables, handle);
}

int ims_net_ask(struct ims_net_tables *tables)
{
    const int r = ask_dump(tables, RTM_GETADDR, handle_address);
    return r < 0 ? r : ask_dump(tables, RTM_GETROUTE, handle_route);
}

struct way {
    char interface[IMS_NET_NAME_SIZE];
};

static int handle_way(void *context, const struct nlmsghdr *header)
{
    const struct rtmsg *message = NLMSG_DATA(header);
    struct way *way = context;

    if (header->nlmsg_type != RTM_NEWROUTE || header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
        return 0;
    size_t left = RTM_PAYLOAD(header);
    for (const struct rtattr *at = RTM_RTA(message); RTA_OK(at, left); at = RTA_NEXT(at, left))
        if (at->rta_type == RTA_OIF)
            (void)name_of(read_index(at), way->interface);
    return 0;
}

int ims_net_ask_route(const struct ims_net_peer *peer, char ret[IMS_NET_NAME_SIZE])
{
    const size_t size = peer->is_ipv6 ? 16 : 4;
    struct question question = {
        .header = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
        .message = {.rtm_family = peer->is_ipv6 ? AF_INET6 : AF_INET,
                    .rtm_dst_len = (unsigned char)(8 * size)},
        .attribute = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = RTA_DST},
    };
    struct way way = {0};

    memcpy(question.bytes, peer->bytes, size);
    question.header.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(struct rtmsg)) + RTA_LENGTH(size));
    const int r = ask(&question, &way, handle_way);
    if (r < 0)
        return r;
    if (!way.interface[0])
        return -ENETUNREACH;
    memcpy(ret, way.interface, IMS_NET_NAME_SIZE);
    return 0;
}
