/* SPDX-License-Identifier: MIT */
/* Functions for a guest in the languages of VMMs. */
#include <string.h>

#include "iommuscope/base.h"
#include "output/layout.h"
#include "output/layouts.h"

/* QEMU's host= takes no larger domain. */
#define QEMU_DOMAIN_MAX 0xffffu

struct guest_function {
    struct ims_address host;
    const char *host_text;
    unsigned bus; /* of the guest; its device is 0 */
    unsigned function;
    bool multifunction;
    bool first; /* of its slot */
};

typedef void (*append_function)(struct ims_text *out, const struct guest_function *function);

static int for_each_function(const json_t *document, struct ims_text *out, append_function append)
{
    const json_t *slot;
    const json_t *part;
    size_t i;
    size_t j;

    json_array_foreach(json_object_get(document, "slots"), i, slot)
    {
        json_array_foreach(json_object_get(slot, "functions"), j, part)
        {
            struct guest_function function = {
                .host_text = ims_layout_string(part, "address"),
                .bus = (unsigned)ims_layout_integer(slot, "guest_bus", 0),
                .function = (unsigned)ims_layout_integer(part, "guest_function", 0),
                .multifunction = ims_layout_true(part, "multifunction"),
                .first = j == 0,
            };

            if (ims_address_parse(function.host_text, &function.host) == 0)
                append(out, &function);
        }
    }
    return 0;
}

/* libvirt's own widths: domain 4, bus and slot 2, function 1. */
static void append_libvirt(struct ims_text *out, const struct guest_function *function)
{
    const struct ims_address host = function->host;

    ims_text_append(out, "<hostdev mode='subsystem' type='pci' managed='no'>\n"
                         "  <driver name='vfio'/>\n"
                         "  <source>\n");
    ims_text_appendf(out,
                     "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n",
                     host.segment, host.bus, ims_address_device(host), ims_address_function(host));
    ims_text_appendf(out,
                     "  </source>\n"
                     "  <address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' "
                     "function='0x%x'%s/>\n"
                     "</hostdev>\n",
                     function->bus, function->function,
                     function->multifunction ? " multifunction='on'" : "");
}

static void append_qemu_device(struct ims_text *out, const struct guest_function *function,
                               const char *backend)
{
    if (function->first)
        ims_text_appendf(out, "-device pcie-root-port,id=hostdev%u,chassis=%u\n", function->bus,
                         function->bus);
    ims_text_appendf(out, "-device vfio-pci,%s%s%s,bus=hostdev%u,addr=0x0.0x%x%s\n",
                     function->host.segment > QEMU_DOMAIN_MAX ? "sysfsdev=/sys/bus/pci/devices/"
                                                              : "host=",
                     function->host_text, backend, function->bus, function->function,
                     function->multifunction ? ",multifunction=on" : "");
}

static void append_qemu(struct ims_text *out, const struct guest_function *function)
{
    append_qemu_device(out, function, "");
}

static void append_qemu_iommufd(struct ims_text *out, const struct guest_function *function)
{
    append_qemu_device(out, function, ",iommufd=iommufd0");
}

int ims_layout_hostdev_libvirt(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr)
{
    (void)style;
    (void)reterr;
    return for_each_function(document, out, append_libvirt);
}

int ims_layout_hostdev_qemu(const json_t *document, const struct ims_style *style,
                            struct ims_text *out, struct ims_error *reterr)
{
    (void)style;
    (void)reterr;
    return for_each_function(document, out, append_qemu);
}

int ims_layout_hostdev_iommufd(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr)
{
    (void)style;
    (void)reterr;
    if (json_array_size(json_object_get(document, "slots")) > 0)
        ims_text_append(out, "-object iommufd,id=iommufd0\n");
    return for_each_function(document, out, append_qemu_iommufd);
}

/* An address without function stands for all functions of the slot, in one slot of the guest. */
int ims_layout_hostdev_proxmox(const json_t *document, const struct ims_style *style,
                               struct ims_text *out, struct ims_error *reterr)
{
    const json_t *slot;
    const json_t *function;
    unsigned number = 0;
    size_t i;
    size_t j;

    (void)style;
    (void)reterr;
    json_array_foreach(json_object_get(document, "slots"), i, slot)
    {
        const bool whole = ims_layout_true(slot, "whole");

        json_array_foreach(json_object_get(slot, "functions"), j, function)
        {
            const char *address = ims_layout_string(function, "address");

            if (whole && j > 0)
                break;
            ims_text_appendf(out, "hostpci%u: %.*s,pcie=1\n", number++,
                             (int)(whole ? strcspn(address, ".") : strlen(address)), address);
        }
    }
    return 0;
}
