/* SPDX-License-Identifier: MIT */
/* Network interfaces of functions, and what is built on them: addresses, routes, this session. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/net_tables.h"

#define IFF_UP_BIT 0x1u

/* An interface of a function, or one built on it. */
struct interface {
    uint32_t owner;
    uint32_t base; /* index of the interface of the function */
    const char *name;
    const char *path;
    const char *kept; /* of a bond: another member that works, or NULL */
    bool in_use;
};

struct net_search {
    struct ims_search *search;
    struct ims_net_tables tables;
    struct interface *interfaces;
    uint32_t count;
    uint32_t capacity;
};

static void say(struct net_search *net, struct interface *interface, enum ims_use_kind kind,
                enum ims_tristate certain, const char *evidence, const char *text)
{
    struct interface *base = &net->interfaces[interface->base];
    struct ims_search *search = net->search;

    base->in_use = true;
    interface->in_use = true;
    if (interface == base)
        ims_search_say(search, interface->owner, kind, certain, interface->name, evidence, "%s %s",
                       interface->name, text);
    else
        ims_search_say(search, interface->owner, kind, certain, interface->name, evidence,
                       "%s, which is built on %s, %s", interface->name, base->name, text);
}

/* ---- interfaces on top of others ---- */

static bool is_up(struct ims_search *search, const char *path)
{
    uint64_t flags;

    return ims_search_read_number(search, path, "flags", &flags) == 0 && (flags & IFF_UP_BIT);
}

/* Another member of a bond that is up, has a carrier and is not asked about. */
static const char *other_member(struct ims_search *search, const char *bond)
{
    struct ims_listing listing;
    const struct dirent *entry;
    const char *ret = NULL;
    uint64_t carrier;

    if (!ims_search_exists(search, bond, "bonding") ||
        ims_listing_open(&listing, search, search->host->sys_fd, bond) < 0)
        return NULL;
    while (!ret && (entry = ims_listing_next(&listing)) != NULL) {
        const char *path = strncmp(entry->d_name, "lower_", 6) == 0
                               ? ims_search_resolve(search, bond, entry->d_name)
                               : NULL;

        if (path && !ims_search_is_owned(search, path) && is_up(search, path) &&
            ims_search_read_number(search, path, "carrier", &carrier) == 0 && carrier == 1)
            ret = ims_search_base_name(path);
    }
    ims_listing_close(&listing);
    return ret;
}

static uint32_t add(struct net_search *net, struct interface interface)
{
    const uint32_t index = net->count;

    for (uint32_t i = 0; i < index; i++)
        if (net->interfaces[i].owner == interface.owner &&
            strcmp(net->interfaces[i].path, interface.path) == 0)
            return IMS_NONE;
    if (index >= IMS_SEARCH_STACK_MAX) {
        net->search->cut = true;
        return IMS_NONE;
    }
    struct interface *interfaces =
        ims_array_grow(net->interfaces, &net->capacity, index + 1, sizeof(*interfaces));
    if (!interfaces) {
        net->search->failed = true;
        return IMS_NONE;
    }
    net->interfaces = interfaces;
    interface.name = ims_search_base_name(interface.path);
    if (interface.base == IMS_NONE)
        interface.base = index;
    interfaces[index] = interface;
    net->count++;
    return index;
}

static void add_upper(struct net_search *net, uint32_t lower, const char *link)
{
    struct ims_search *search = net->search;
    struct interface *below = &net->interfaces[lower];
    const char *path = ims_search_resolve(search, below->path, link);
    const char *evidence = ims_search_format(search, "/sys/%s/%s", below->path, link);

    if (!path) {
        say(net, below, IMS_USE_MASTER, IMS_YES, evidence, "has an interface on top of it");
        return;
    }
    const char *name = ims_search_base_name(path);
    if (strcmp(link, "master") == 0 &&
        ims_search_exists(search, below->path, ims_search_format(search, "upper_%s", name)))
        return; /* the same in other words */
    const char *kept = below->kept ? below->kept : other_member(search, path);
    const char *how = ims_search_exists(search, path, "bridge")    ? "is a port of the bridge"
                      : ims_search_exists(search, path, "bonding") ? "is a member of the bond"
                                                                   : "carries";
    say(net, below, IMS_USE_MASTER, IMS_YES, evidence,
        ims_search_format(search, "%s %s%s%s", how, name, kept ? ", which keeps " : "",
                          kept ? kept : ""));
    (void)add(net, (struct interface){
                       .owner = below->owner, .base = below->base, .path = path, .kept = kept});
}

/* Links of an interface are found in its directory, so that the list grows while it is walked. */
static void add_uppers(struct net_search *net)
{
    for (uint32_t i = 0; i < net->count; i++) {
        struct ims_listing listing;
        const struct dirent *entry;

        if (ims_listing_open(&listing, net->search, net->search->host->sys_fd,
                             net->interfaces[i].path) < 0)
            continue;
        while ((entry = ims_listing_next(&listing)) != NULL)
            if (strncmp(entry->d_name, "upper_", 6) == 0 ||
                (strcmp(entry->d_name, "master") == 0 && entry->d_type != DT_DIR))
                add_upper(net, i, entry->d_name);
    }
}

/* ---- what goes through them ---- */

static void find_up(struct net_search *net, struct interface *interface)
{
    struct ims_search *search = net->search;
    const char *evidence = ims_search_format(search, "/sys/%s/flags", interface->path);
    uint64_t flags;

    if (interface->base != (uint32_t)(interface - net->interfaces))
        return;
    if (ims_search_read_number(search, interface->path, "flags", &flags) < 0)
        say(net, interface, IMS_USE_LINK_UP, IMS_UNKNOWN, evidence,
            "may be up: its flags could not be read");
    else if (flags & IFF_UP_BIT)
        say(net, interface, IMS_USE_LINK_UP, IMS_YES,
            ims_search_format(search, "%s: 0x%llx", evidence, (unsigned long long)flags), "is up");
}

static void find_addresses(struct net_search *net, struct interface *interface)
{
    struct ims_search *search = net->search;

    for (uint32_t i = 0; i < net->tables.address_count; i++) {
        const struct ims_net_address *address = &net->tables.addresses[i];

        if (strcmp(address->interface, interface->name) == 0)
            say(net, interface, IMS_USE_ADDRESS, IMS_YES,
                ims_search_format(search, "%s", address->evidence),
                ims_search_format(search, "has an address: %s", address->text));
    }
    if (!net->tables.addresses_known && interface->base == (uint32_t)(interface - net->interfaces))
        say(net, interface, IMS_USE_ADDRESS, IMS_UNKNOWN, "/proc/net/route",
            "may have an address: the routes of the host could not be read");
}

static void find_routes(struct net_search *net, struct interface *interface)
{
    for (uint32_t i = 0; i < net->tables.route_count; i++) {
        const struct ims_net_route *route = &net->tables.routes[i];

        if (route->prefix == 0 && strcmp(route->interface, interface->name) == 0)
            say(net, interface, IMS_USE_DEFAULT_ROUTE, IMS_YES,
                route->to.is_ipv6 && !net->search->host->is_live ? "/proc/net/ipv6_route"
                                                                 : net->tables.evidence,
                ims_search_format(net->search, "has the default route of IPv%d",
                                  route->to.is_ipv6 ? 6 : 4));
    }
}

static void find_session(struct net_search *net)
{
    struct ims_search *search = net->search;
    char towards[IMS_NET_NAME_SIZE] = "";
    const char *evidence = "";
    struct ims_net_peer peer;
    const enum ims_tristate known = ims_net_session(search, &peer, &evidence);

    if (known == IMS_NO)
        return;
    const bool found =
        known == IMS_YES && ims_net_interface_of(search, &net->tables, &peer, towards);
    for (uint32_t i = 0; i < net->count; i++) {
        struct interface *interface = &net->interfaces[i];

        if (found && !interface->kept && strcmp(interface->name, towards) == 0)
            say(net, interface, IMS_USE_SESSION, IMS_YES, evidence,
                "has the route to where this session comes from");
        else if (!found && interface->base == i)
            say(net, interface, IMS_USE_SESSION, IMS_UNKNOWN, evidence,
                "may have the route to where this session comes from");
    }
}

/* A root file system on a server: "addr=" among its options is where the server is. */
static void find_root_server(struct net_search *net)
{
    struct ims_search *search = net->search;
    struct ims_line_file file;
    char *line;

    if (ims_line_file_open(&file, search->host->proc_fd, "self/mountinfo") < 0)
        return;
    while ((line = ims_line_file_next(&file)) != NULL) {
        const char *place = strstr(line, " / / ");
        const char *type = strstr(line, " - nfs");
        const char *address = type ? strstr(type, ",addr=") : NULL;
        char towards[IMS_NET_NAME_SIZE];
        struct ims_net_peer peer;

        if (!place || !address || place > type ||
            !ims_net_peer_parse(address + 6, strcspn(address + 6, ", "), &peer) ||
            !ims_net_interface_of(search, &net->tables, &peer, towards))
            continue;
        for (uint32_t i = 0; i < net->count; i++)
            if (!net->interfaces[i].kept && strcmp(net->interfaces[i].name, towards) == 0)
                say(net, &net->interfaces[i], IMS_USE_ROOT_DISK, IMS_YES, "/proc/self/mountinfo: /",
                    "has the route to the server of the root file system");
    }
    ims_line_file_close(&file);
}

/* The firmware notes through which adapter it booted from iSCSI. */
static void find_ibft(struct ims_search *search)
{
    static const char top[] = "firmware/ibft";
    struct ims_listing listing;
    const struct dirent *entry;

    if (ims_listing_open(&listing, search, search->host->sys_fd, top) < 0)
        return;
    while ((entry = ims_listing_next(&listing)) != NULL) {
        const char *path =
            ims_search_resolve(search, top, ims_search_format(search, "%s/device", entry->d_name));

        for (uint32_t i = 0; path && i < search->owner_count; i++)
            if (search->owners[i].path && strcmp(path, search->owners[i].path) == 0)
                ims_search_say(search, i, IMS_USE_ROOT_DISK, IMS_YES, entry->d_name,
                               ims_search_format(search, "/sys/%s/%s/device", top, entry->d_name),
                               "the machine booted from iSCSI through it");
    }
}

static void tell_idle(struct net_search *net)
{
    for (uint32_t i = 0; i < net->count; i++) {
        const struct interface *interface = &net->interfaces[i];

        if (interface->base == i && !interface->in_use)
            ims_search_say(net->search, interface->owner, IMS_USE_IDLE, IMS_YES, interface->name,
                           ims_search_format(net->search, "/sys/%s/flags", interface->path),
                           "the interface %s goes away; it is down and has no address",
                           interface->name);
    }
}

static void find_hidden(struct ims_search *search)
{
    for (uint32_t i = 0; i < search->owner_count; i++)
        if (search->owners[i].empty_net)
            ims_search_say(
                search, i, IMS_USE_NETNS, IMS_UNKNOWN, search->owners[i].driver,
                ims_search_format(search, "/sys/%s is empty", search->owners[i].empty_net),
                "its network interface is not to be seen here: it is in another "
                "network namespace, a container or a guest may be using it");
}

void ims_search_net(struct ims_search *search)
{
    struct net_search net = {.search = search};

    find_hidden(search);
    find_ibft(search);
    for (uint32_t i = 0; i < search->node_count; i++)
        if (strcmp(search->nodes[i].subsystem, "net") == 0)
            (void)add(&net, (struct interface){.owner = search->nodes[i].owner,
                                               .base = IMS_NONE,
                                               .path = search->nodes[i].path});
    if (net.count == 0)
        return;
    ims_net_tables_read(search, &net.tables);
    add_uppers(&net);
    for (uint32_t i = 0; i < net.count; i++) {
        find_up(&net, &net.interfaces[i]);
        if (net.interfaces[i].kept)
            continue;
        find_addresses(&net, &net.interfaces[i]);
        find_routes(&net, &net.interfaces[i]);
    }
    find_session(&net);
    find_root_server(&net);
    tell_idle(&net);
    search->failed |= net.tables.failed;
    ims_net_tables_done(&net.tables);
    free(net.interfaces);
}
