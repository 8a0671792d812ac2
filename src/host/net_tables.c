/* SPDX-License-Identifier: MIT */
#include "host/net_tables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"

#define ADDRESSES_MAX 65536u

void ims_net_add_route(struct ims_net_tables *tables, const struct ims_net_route *route)
{
    if (tables->route_count >= IMS_NET_ROUTES_MAX)
        return;
    struct ims_net_route *routes = ims_array_grow(tables->routes, &tables->route_capacity,
                                                  tables->route_count + 1, sizeof(*routes));
    if (!routes) {
        tables->failed = true;
        return;
    }
    tables->routes = routes;
    routes[tables->route_count++] = *route;
}

void ims_net_add_address(struct ims_net_tables *tables, const char *interface,
                         const struct ims_net_peer *address, unsigned prefix, const char *evidence)
{
    char text[INET6_ADDRSTRLEN];

    if (tables->address_count >= ADDRESSES_MAX ||
        (address->is_ipv6 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80) ||
        !inet_ntop(address->is_ipv6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof(text)))
        return;
    struct ims_net_address *addresses =
        ims_array_grow(tables->addresses, &tables->address_capacity, tables->address_count + 1,
                       sizeof(*addresses));
    if (!addresses) {
        tables->failed = true;
        return;
    }
    tables->addresses = addresses;
    struct ims_net_address *added = &addresses[tables->address_count++];
    snprintf(added->interface, sizeof(added->interface), "%s", interface);
    snprintf(added->text, sizeof(added->text), "%s/%u", text, prefix);
    added->evidence = evidence;
}

/* ---- tables of /proc/net ---- */

/* Hexadecimal text of 16 bytes, as the kernel prints IPv6 addresses. */
static bool read_ipv6(const char *text, uint8_t ret[16])
{
    if (strlen(text) != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        uint64_t byte;

        if (ims_number_hex(text + 2 * i, 2, 0xff, &byte) < 0)
            return false;
        ret[i] = (uint8_t)byte;
    }
    return true;
}

static unsigned count_bits(uint32_t mask)
{
    unsigned count = 0;

    for (; mask; mask &= mask - 1)
        count++;
    return count;
}

static bool read_word(const char *text, uint32_t *ret)
{
    uint64_t value;

    if (!text || ims_number_hex(text, strlen(text), UINT32_MAX, &value) < 0)
        return false;
    *ret = (uint32_t)value;
    return true;
}

/* IFACE DESTINATION GATEWAY FLAGS REFCNT USE METRIC MASK ...; addresses as the kernel holds them. */
static void read_route(struct ims_net_tables *tables, char *line)
{
    struct ims_net_route route = {0};
    char *words[8];
    uint32_t to;
    uint32_t gateway;
    uint32_t flags;
    uint32_t mask;

    for (size_t i = 0; i < 8; i++) {
        words[i] = ims_next_word(&line);
        if (!words[i])
            return;
    }
    if (!read_word(words[1], &to) || !read_word(words[2], &gateway) ||
        !read_word(words[3], &flags) || !read_word(words[7], &mask) || !(flags & 0x0001) ||
        (flags & 0x0200))
        return;
    snprintf(route.interface, sizeof(route.interface), "%s", words[0]);
    memcpy(route.to.bytes, &to, sizeof(to));
    route.prefix = count_bits(mask);
    route.has_gateway = gateway != 0;
    ims_net_add_route(tables, &route);
    /* A network without a gateway is there because the interface has an address in it. */
    if (route.prefix > 0 && !route.has_gateway)
        ims_net_add_address(tables, route.interface, &route.to, route.prefix,
                            "/proc/net/route: a network without a gateway");
}

/* DESTINATION PREFIX SOURCE PREFIX GATEWAY METRIC REFCNT USE FLAGS IFACE */
static void read_route6(struct ims_net_tables *tables, char *line)
{
    static const char none[] = "00000000000000000000000000000000";
    struct ims_net_route route = {.to.is_ipv6 = true};
    char *words[10];
    uint32_t prefix;
    uint32_t flags;

    for (size_t i = 0; i < 10; i++) {
        words[i] = ims_next_word(&line);
        if (!words[i])
            return;
    }
    if (!read_ipv6(words[0], route.to.bytes) || !read_word(words[1], &prefix) || prefix > 128 ||
        !read_word(words[8], &flags) || !(flags & 0x0001) || (flags & 0x0200))
        return;
    snprintf(route.interface, sizeof(route.interface), "%s", words[9]);
    route.prefix = prefix;
    route.has_gateway = strcmp(words[4], none) != 0;
    ims_net_add_route(tables, &route);
}

/* ADDRESS IFINDEX PREFIX SCOPE FLAGS IFACE */
static void read_address6(struct ims_net_tables *tables, char *line)
{
    struct ims_net_peer address = {.is_ipv6 = true};
    char *words[6];
    uint32_t prefix;

    for (size_t i = 0; i < 6; i++) {
        words[i] = ims_next_word(&line);
        if (!words[i])
            return;
    }
    if (read_ipv6(words[0], address.bytes) && read_word(words[2], &prefix) && prefix <= 128)
        ims_net_add_address(tables, words[5], &address, prefix, "/proc/net/if_inet6");
}

static bool read_lines(struct ims_search *search, struct ims_net_tables *tables, const char *path,
                       void (*read)(struct ims_net_tables *tables, char *line))
{
    struct ims_line_file file;
    char *line;

    if (ims_line_file_open(&file, search->host->proc_fd, path) < 0)
        return false;
    while ((line = ims_line_file_next(&file)) != NULL)
        read(tables, line);
    ims_line_file_close(&file);
    return true;
}

void ims_net_tables_read(struct ims_search *search, struct ims_net_tables *tables)
{
    *tables = (struct ims_net_tables){.evidence = "rtnetlink"};
    if (search->host->is_live && ims_net_ask(tables) == 0) {
        tables->routes_known = tables->addresses_known = true;
        return;
    }
    ims_net_tables_done(tables);
    tables->evidence = "/proc/net/route";
    tables->routes_known = read_lines(search, tables, "net/route", read_route);
    (void)read_lines(search, tables, "net/ipv6_route", read_route6);
    (void)read_lines(search, tables, "net/if_inet6", read_address6);
    tables->addresses_known = tables->routes_known;
}

void ims_net_tables_done(struct ims_net_tables *tables)
{
    free(tables->routes);
    free(tables->addresses);
    *tables = (struct ims_net_tables){0};
}

/* ---- the way to a peer ---- */

bool ims_net_peer_parse(const char *text, size_t length, struct ims_net_peer *ret)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct ims_net_peer peer = {0};
    char copy[64];

    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    copy[strcspn(copy, "%")] = '\0';
    if (inet_pton(AF_INET, copy, peer.bytes) == 1) {
        *ret = peer;
        return true;
    }
    if (inet_pton(AF_INET6, copy, peer.bytes) != 1)
        return false;
    peer.is_ipv6 = true;
    if (memcmp(peer.bytes, mapped, sizeof(mapped)) == 0) {
        peer.is_ipv6 = false;
        memmove(peer.bytes, peer.bytes + 12, 4);
    }
    *ret = peer;
    return true;
}

static bool matches(const struct ims_net_route *route, const struct ims_net_peer *peer)
{
    const unsigned whole = route->prefix / 8;
    const unsigned rest = route->prefix % 8;

    if (route->to.is_ipv6 != peer->is_ipv6 || route->prefix > (peer->is_ipv6 ? 128u : 32u) ||
        memcmp(route->to.bytes, peer->bytes, whole) != 0)
        return false;
    return rest == 0 || (route->to.bytes[whole] ^ peer->bytes[whole]) >> (8 - rest) == 0;
}

bool ims_net_interface_of(struct ims_search *search, const struct ims_net_tables *tables,
                          const struct ims_net_peer *peer, char ret[IMS_NET_NAME_SIZE])
{
    const struct ims_net_route *best = NULL;

    if (search->host->is_live && ims_net_ask_route(peer, ret) == 0)
        return true;
    for (uint32_t i = 0; i < tables->route_count; i++)
        if (matches(&tables->routes[i], peer) && (!best || tables->routes[i].prefix > best->prefix))
            best = &tables->routes[i];
    if (!best)
        return false;
    memcpy(ret, best->interface, IMS_NET_NAME_SIZE);
    return true;
}
