/* SPDX-License-Identifier: MIT */
/* Node devices as libvirt prints them: same elements, order, numbers and indentation. */
#include <errno.h>

#include "output/layout.h"
#include "output/layouts.h"
#include "output/xml.h"

static void element(struct ims_text *out, const char *indent, const char *name, const char *text)
{
    ims_text_appendf(out, "%s<%s>", indent, name);
    ims_xml_escape(out, text);
    ims_text_appendf(out, "</%s>\n", name);
}

static void number(struct ims_text *out, const json_t *device, const char *name)
{
    ims_text_appendf(out, "    <%s>%lld</%s>\n", name,
                     (long long)ims_layout_integer(device, name, 0), name);
}

/* <product id='0x10c9'>82576 Gigabit Network Connection</product> */
static void identity(struct ims_text *out, const json_t *device, const char *name)
{
    const json_t *object = json_object_get(device, name);

    ims_text_appendf(out, "    <%s id='%s'", name, ims_layout_string(object, "id"));
    if (ims_layout_null(object, "name")) {
        ims_text_append(out, "/>\n");
        return;
    }
    ims_text_append(out, ">");
    ims_xml_escape(out, ims_layout_string(object, "name"));
    ims_text_appendf(out, "</%s>\n", name);
}

static void addresses(struct ims_text *out, const json_t *object)
{
    const json_t *address;
    size_t index;

    json_array_foreach(json_object_get(object, "addresses"), index, address)
        ims_xml_address(out, address, 6);
}

static void functions(struct ims_text *out, const json_t *device)
{
    const json_t *physical = json_object_get(device, "phys_function");
    const json_t *virtual = json_object_get(device, "virt_functions");

    if (!json_is_null(physical)) {
        ims_text_append(out, "    <capability type='phys_function'>\n");
        ims_xml_address(out, physical, 6);
        ims_text_append(out, "    </capability>\n");
    }
    if (json_is_null(virtual))
        return;
    ims_text_append(out, "    <capability type='virt_functions'");
    if (ims_layout_integer(virtual, "max_count", 0) > 0)
        ims_text_appendf(out, " maxCount='%lld'",
                         (long long)ims_layout_integer(virtual, "max_count", 0));
    if (json_array_size(json_object_get(virtual, "addresses")) == 0) {
        ims_text_append(out, "/>\n");
        return;
    }
    ims_text_append(out, ">\n");
    addresses(out, virtual);
    ims_text_append(out, "    </capability>\n");
}

static void express(struct ims_text *out, const json_t *device)
{
    const json_t *links = json_object_get(json_object_get(device, "pci_express"), "links");
    const json_t *link;
    size_t index;

    if (ims_layout_null(device, "pci_express"))
        return;
    if (json_array_size(links) == 0) {
        ims_text_append(out, "    <pci-express/>\n");
        return;
    }
    ims_text_append(out, "    <pci-express>\n");
    json_array_foreach(links, index, link)
    {
        ims_text_appendf(out, "      <link validity='%s'", ims_layout_string(link, "validity"));
        if (!ims_layout_null(link, "port"))
            ims_text_appendf(out, " port='%lld'", (long long)ims_layout_integer(link, "port", 0));
        if (!ims_layout_null(link, "speed"))
            ims_text_appendf(out, " speed='%s'", ims_layout_string(link, "speed"));
        ims_text_appendf(out, " width='%lld'/>\n", (long long)ims_layout_integer(link, "width", 0));
    }
    ims_text_append(out, "    </pci-express>\n");
}

static void capability(struct ims_text *out, const json_t *device)
{
    const json_t *group = json_object_get(device, "iommu_group");

    ims_text_append(out, "  <capability type='pci'>\n");
    if (!ims_layout_null(device, "class"))
        element(out, "    ", "class", ims_layout_string(device, "class"));
    number(out, device, "domain");
    number(out, device, "bus");
    number(out, device, "slot");
    number(out, device, "function");
    identity(out, device, "product");
    identity(out, device, "vendor");
    functions(out, device);
    if (!ims_layout_null(device, "bridge"))
        ims_text_appendf(out, "    <capability type='%s'/>\n", ims_layout_string(device, "bridge"));
    if (!json_is_null(group)) {
        ims_text_appendf(out, "    <iommuGroup number='%lld'>\n",
                         (long long)ims_layout_integer(group, "number", 0));
        addresses(out, group);
        ims_text_append(out, "    </iommuGroup>\n");
    }
    if (!ims_layout_null(device, "numa_node"))
        ims_text_appendf(out, "    <numa node='%lld'/>\n",
                         (long long)ims_layout_integer(device, "numa_node", 0));
    express(out, device);
    ims_text_append(out, "  </capability>\n");
}

int ims_layout_nodedev(const json_t *document, const struct ims_style *style, struct ims_text *out,
                       struct ims_error *reterr)
{
    const json_t *device;
    size_t index;

    (void)style;
    (void)reterr;
    json_array_foreach(json_object_get(document, "devices"), index, device)
    {
        ims_text_append(out, "<device>\n");
        element(out, "  ", "name", ims_layout_string(device, "name"));
        if (!ims_layout_null(device, "path"))
            element(out, "  ", "path", ims_layout_string(device, "path"));
        element(out, "  ", "parent", ims_layout_string(device, "parent"));
        if (!ims_layout_null(device, "driver")) {
            ims_text_append(out, "  <driver>\n");
            element(out, "    ", "name", ims_layout_string(device, "driver"));
            ims_text_append(out, "  </driver>\n");
        }
        capability(out, device);
        ims_text_append(out, "</device>\n");
    }
    return out->failed ? -ENOMEM : 0;
}
