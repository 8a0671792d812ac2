/* SPDX-License-Identifier: MIT */
/* From what a user calls a function to its handle. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/print.h"
#include "cli/session.h"

/* "1c.4": device in hex, function in hex. */
static bool read_hop(const char *text, size_t length, uint8_t *ret_devfn)
{
    const char *dot = memchr(text, '.', length);
    uint64_t device;
    uint64_t function;

    if (!dot || ims_number_hex(text, (size_t)(dot - text), 0x1f, &device) < 0 ||
        ims_number_hex(dot + 1, length - (size_t)(dot + 1 - text), 7, &function) < 0)
        return false;
    *ret_devfn = IMS_DEVFN(device, function);
    return true;
}

/* "0000:00" or "00": a root bus. */
static bool read_bus(const char *text, size_t length, uint32_t *ret_segment, uint8_t *ret_bus)
{
    const char *colon = memchr(text, ':', length);
    const char *bus_text = colon ? colon + 1 : text;
    uint64_t segment = 0;
    uint64_t bus;

    if (colon && ims_number_hex(text, (size_t)(colon - text), UINT32_MAX, &segment) < 0)
        return false;
    if (ims_number_hex(bus_text, length - (size_t)(bus_text - text), 0xff, &bus) < 0)
        return false;
    *ret_segment = (uint32_t)segment;
    *ret_bus = (uint8_t)bus;
    return true;
}

/*
 * "0000:00/1c.4/00.0", or the address of a function and hops below it, "00:1c.4/00.0". Bus numbers
 * below the first are not part of a path: firmware may number them anew at every boot.
 */
static struct ims_function follow_path(const struct ims_topology *topology, const char *text,
                                       bool *ret_wellformed)
{
    size_t length = strcspn(text, "/");
    struct ims_address address = {0};
    struct ims_function function = IMS_FUNCTION_NONE;
    char first[64];

    *ret_wellformed = false;
    if (!text[length] || length >= sizeof(first))
        return IMS_FUNCTION_NONE;
    memcpy(first, text, length);
    first[length] = '\0';
    if (ims_address_parse(first, &address) == 0) {
        function = ims_topology_find(topology, address);
        if (ims_function_is_none(function)) {
            *ret_wellformed = true;
            return IMS_FUNCTION_NONE;
        }
    } else if (!read_bus(text, length, &address.segment, &address.bus)) {
        return IMS_FUNCTION_NONE;
    }
    while (text[length]) {
        text += length + 1;
        length = strcspn(text, "/");
        if (!read_hop(text, length, &address.devfn))
            return IMS_FUNCTION_NONE;
        if (!ims_function_is_none(function)) {
            struct ims_bus bus = ims_topology_function(topology, function)->secondary_bus;

            *ret_wellformed = true;
            if (ims_bus_is_none(bus))
                return IMS_FUNCTION_NONE;
            address.bus = ims_topology_bus(topology, bus)->number;
        }
        function = ims_topology_find(topology, address);
        *ret_wellformed = true;
        if (ims_function_is_none(function))
            return IMS_FUNCTION_NONE;
    }
    return function;
}

/* The function whose address is nearest in order, for "did you mean". */
static struct ims_function nearest(const struct ims_topology *topology, struct ims_address address)
{
    uint32_t count = ims_topology_function_count(topology);
    uint32_t low = 0;
    uint32_t high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct ims_address other =
            ims_topology_function(topology, (struct ims_function){middle})->address;

        if (ims_address_compare(other, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* Prefer a neighbour on the same bus; the one before is more often the other function. */
    if (low > 0) {
        struct ims_address before =
            ims_topology_function(topology, (struct ims_function){low - 1})->address;

        if (low == count || (before.segment == address.segment && before.bus == address.bus))
            return (struct ims_function){low - 1};
    }
    return count > 0 ? (struct ims_function){low} : IMS_FUNCTION_NONE;
}

static int not_found(const struct ims_topology *topology, struct ims_address address)
{
    char wanted[IMS_ADDRESS_STRING_SIZE];
    char near_text[IMS_ADDRESS_STRING_SIZE];
    struct ims_function function = nearest(topology, address);

    ims_address_format(address, wanted);
    if (ims_function_is_none(function))
        ims_print_error("no function at %s: the input holds none", wanted);
    else
        ims_print_error(
            "no function at %s; the nearest is %s", wanted,
            ims_address_format(ims_topology_function(topology, function)->address, near_text));
    return IMS_EXIT_ERROR;
}

int ims_session_resolve(const struct ims_session *session, const char *text,
                        struct ims_function *ret)
{
    struct ims_address address;
    struct ims_function function;
    bool wellformed = false;

    if (ims_address_parse(text, &address) == 0) {
        function = ims_topology_find(session->topology, address);
        if (ims_function_is_none(function))
            return not_found(session->topology, address);
        *ret = function;
        return IMS_EXIT_OK;
    }
    function = follow_path(session->topology, text, &wellformed);
    if (!ims_function_is_none(function)) {
        *ret = function;
        return IMS_EXIT_OK;
    }
    if (wellformed) {
        ims_print_error("no function at path %s", text);
        return IMS_EXIT_ERROR;
    }
    ims_print_error("'%s' is no address ([SSSS:]BB:DD.F), libvirt name (pci_SSSS_BB_DD_F) or path "
                    "(SSSS:BB/DD.F/...)",
                    text);
    return IMS_EXIT_USAGE;
}
