/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_NET_TABLES_H
#define IMS_HOST_NET_TABLES_H

/* Addresses and routes of the host: asked of the kernel where it runs, else from copied tables. */

#include "host/uses.h"

#define IMS_NET_NAME_SIZE 32u
#define IMS_NET_ROUTES_MAX 65536u /* a router of the Internet has more; those are no news */

struct ims_net_peer {
    bool is_ipv6;
    uint8_t bytes[16];
};

struct ims_net_route {
    char interface[IMS_NET_NAME_SIZE];
    struct ims_net_peer to;
    unsigned prefix; /* bits; 0 = the default route */
    bool has_gateway;
};

struct ims_net_address {
    char interface[IMS_NET_NAME_SIZE];
    char text[64];
    const char *evidence; /* static */
};

struct ims_net_tables {
    struct ims_net_route *routes;
    uint32_t route_count;
    uint32_t route_capacity;
    struct ims_net_address *addresses;
    uint32_t address_count;
    uint32_t address_capacity;
    bool routes_known;
    bool addresses_known;
    const char *evidence; /* where routes come from; static */
    bool failed;          /* memory was short */
};

/* Reads both tables; release with ims_net_tables_done(). */
void ims_net_tables_read(struct ims_search *search, struct ims_net_tables *tables);
void ims_net_tables_done(struct ims_net_tables *tables);

void ims_net_add_route(struct ims_net_tables *tables, const struct ims_net_route *route);
/* Link-local IPv6 addresses say no more than that the interface is up: they are left out. */
void ims_net_add_address(struct ims_net_tables *tables, const char *interface,
                         const struct ims_net_peer *address, unsigned prefix, const char *evidence);

/* Asks the kernel for what it has. Returns -errno. */
int ims_net_ask(struct ims_net_tables *tables);
/* Asks the kernel by which interface a packet to peer leaves. Returns -errno. */
int ims_net_ask_route(const struct ims_net_peer *peer, char ret[IMS_NET_NAME_SIZE]);

/* "192.0.2.1", "2001:db8::1", an IPv4 address written as an IPv6 one. */
bool ims_net_peer_parse(const char *text, size_t length, struct ims_net_peer *ret);

/* The interface towards peer. Returns false when it is not known. */
bool ims_net_interface_of(struct ims_search *search, const struct ims_net_tables *tables,
                          const struct ims_net_peer *peer, char ret[IMS_NET_NAME_SIZE]);

/* Whom the user's session comes from: what the caller said, else the socket of an sshd above us. */
enum ims_tristate ims_net_session(struct ims_search *search, struct ims_net_peer *ret,
                                  const char **ret_evidence);

#endif
