/* SPDX-License-Identifier: MIT */
/* Network interfaces: addresses, routes, what stands above them, the route of this session. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/uses.h"

/* An interface and everything that stands on it: bonds, bridges, VLANs. */
#define NAMES_MAX 32u

struct interface {
    struct ims_hunt *hunt;
    const struct ims_node *node;
    char names[NAMES_MAX][IFNAMSIZ];
    unsigned count;
    const char *route_file; /* that is being read */
    bool used;
};

static void say(struct interface *interface, enum ims_use_kind kind, const char *evidence,
                const char *text)
{
    interface->used = true;
    ims_hunt_say(interface->hunt, interface->node->owner, kind, IMS_YES, interface->node->name,
                 evidence, "%s %s", interface->node->name, text);
}

static bool is_named(const struct interface *interface, const char *name)
{
    for (unsigned i = 0; i < interface->count; i++)
        if (strcmp(interface->names[i], name) == 0)
            return true;
    return false;
}

static bool see_upper(void *context, const char *name)
{
    struct interface *interface = context;
    const char *upper = name + strlen("upper_");

    if (strncmp(name, "upper_", strlen("upper_")) != 0 || strlen(upper) >= IFNAMSIZ ||
        interface->count >= NAMES_MAX || is_named(interface, upper))
        return true;
    snprintf(interface->names[interface->count++], IFNAMSIZ, "%s", upper);
    return true;
}

static void find_uppers(struct interface *interface)
{
    char path[64];

    for (unsigned i = 0; i < interface->count; i++) {
        snprintf(path, sizeof(path), "class/net/%s", interface->names[i]);
        (void)ims_host_list(interface->hunt->host->sys_fd, path, see_upper, interface);
    }
    for (unsigned i = 1; i < interface->count; i++) {
        char text[64];

        snprintf(text, sizeof(text), "carries %s", interface->names[i]);
        say(interface, IMS_USE_MASTER, "sys: upper links", text);
    }
}

/* "eth0 00000000 0102A8C0 0003 0 0 0 00000000 ..." of proc/net/route. */
static bool see_route(void *context, char *line)
{
    struct interface *interface = context;
    char name[64];
    char destination[16];
    char mask[16];

    if (sscanf(line, "%63s %15s %*s %*s %*s %*s %*s %15s", name, destination, mask) == 3 &&
        is_named(interface, name) && strspn(destination, "0") == strlen(destination) &&
        strspn(mask, "0") == strlen(mask))
        say(interface, IMS_USE_DEFAULT_ROUTE, "/proc/net/route", "has the default route");
    return true;
}

/* "0..0 00 0..0 00 GATEWAY METRIC REF USE FLAGS NAME" of proc/net/ipv6_route. */
static bool see_route6(void *context, char *line)
{
    struct interface *interface = context;
    char destination[64];
    char length[8];
    char name[64];

    if (sscanf(line, "%63s %7s %*s %*s %*s %*s %*s %*s %*s %63s", destination, length, name) == 3 &&
        is_named(interface, name) && strcmp(length, "00") == 0 &&
        strspn(destination, "0") == strlen(destination))
        say(interface, IMS_USE_DEFAULT_ROUTE, "/proc/net/ipv6_route", "has the default route");
    return true;
}

/* "ADDRESS INDEX LENGTH SCOPE FLAGS NAME": one of link scope comes with the interface. */
static bool see_address6(void *context, char *line)
{
    struct interface *interface = context;
    char scope[8];
    char name[64];

    if (sscanf(line, "%*s %*s %*s %7s %*s %63s", scope, name) == 2 && is_named(interface, name) &&
        strcmp(scope, "20") != 0)
        say(interface, IMS_USE_ADDRESS, "/proc/net/if_inet6", "has an IPv6 address");
    return true;
}

/* The server's address in "CLIENT PORT SERVER PORT". */
static bool is_session(const struct ims_host *host, const char *address)
{
    char server[NI_MAXHOST];
    const char *percent = strchr(address, '%');
    const size_t length = percent ? (size_t)(percent - address) : strlen(address);

    return host->session_peer && sscanf(host->session_peer, "%*s %*s %1024s", server) == 1 &&
           strncmp(server, address, length) == 0 && (!server[length] || server[length] == '%');
}

static void find_addresses(struct interface *interface, const struct ifaddrs *list)
{
    char text[NI_MAXHOST];
    char evidence[NI_MAXHOST + 32];

    for (const struct ifaddrs *one = list; one; one = one->ifa_next) {
        const bool v6 = one->ifa_addr && one->ifa_addr->sa_family == AF_INET6;
        const socklen_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

        if (!one->ifa_addr || (!v6 && one->ifa_addr->sa_family != AF_INET) ||
            !is_named(interface, one->ifa_name) ||
            getnameinfo(one->ifa_addr, size, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        snprintf(evidence, sizeof(evidence), "address %s", text);
        if (is_session(interface->hunt->host, text))
            say(interface, IMS_USE_SESSION, evidence, "carries the session that you are in");
        else if (!v6)
            say(interface, IMS_USE_ADDRESS, evidence, "has an IPv4 address");
    }
}

/* The interface has moved to another network namespace, or is hidden: busy for all we know (fact 7). */
static void say_hidden(struct ims_hunt *hunt, const struct ims_node *node)
{
    if (ims_hunt_has_driver(hunt, node->owner))
        ims_hunt_say(hunt, node->owner, IMS_USE_NETNS, IMS_UNKNOWN, "interface", node->path,
                     "its interface is in another network namespace, or hidden: who uses it cannot "
                     "be seen from here");
}

static void judge(struct interface *interface, const struct ifaddrs *list)
{
    const struct ims_hunt *hunt = interface->hunt;
    char flags[32];

    snprintf(interface->names[interface->count++], IFNAMSIZ, "%s", interface->node->name);
    find_uppers(interface);
    find_addresses(interface, list);
    (void)ims_host_lines(hunt->host->proc_fd, "net/route", see_route, interface);
    (void)ims_host_lines(hunt->host->proc_fd, "net/ipv6_route", see_route6, interface);
    (void)ims_host_lines(hunt->host->proc_fd, "net/if_inet6", see_address6, interface);
    if (ims_hunt_read(hunt, interface->node->path, "flags", flags, sizeof(flags)) > 0 &&
        (strtoul(flags, NULL, 0) & IFF_UP))
        say(interface, IMS_USE_LINK_UP, "sys: flags", "is up");
    if (!interface->used)
        ims_hunt_say(interface->hunt, interface->node->owner, IMS_USE_IDLE, IMS_YES,
                     interface->node->name, interface->node->path, "%s is down and nobody uses it",
                     interface->node->name);
}

void ims_hunt_net(struct ims_hunt *hunt)
{
    struct ifaddrs *list = NULL;

    if (hunt->host->is_live && getifaddrs(&list) < 0)
        list = NULL;
    for (uint32_t i = 0; i < hunt->node_count; i++) {
        struct interface interface = {.hunt = hunt, .node = &hunt->nodes[i]};

        if (!ims_node_is(interface.node, "net"))
            continue;
        if (!*interface.node->name)
            say_hidden(hunt, interface.node);
        else if (strlen(interface.node->name) < IFNAMSIZ)
            judge(&interface, list);
    }
    freeifaddrs(list);
}
