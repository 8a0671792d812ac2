/* SPDX-License-Identifier: MIT */
/* Functions in the words of libvirt's node devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/document_parts.h"
#include "output/nodedev.h"

#define HEADER_TYPE_BRIDGE 1u
#define HEADER_TYPE_CARDBUS 2u
/* Bits of the registers of a link. */
#define SPEED 0xfu
#define WIDTH 0x3fu
#define PORT 0xffu

/* What had to be left out, for the notes. */
struct left_out {
    uint32_t id, class_code, header, express, link, group, path, node, virtual_functions, vpd;
};

struct work {
    struct ims_maker maker;
    const struct ims_subject *subject;
    struct ims_nodedev_member *members;
    uint32_t member_count;
    struct left_out left_out;
};

static void set_address(struct work *work, json_t *object, struct ims_address address)
{
    ims_make_set(&work->maker, object, "domain", ims_make_uint(address.segment));
    ims_make_set(&work->maker, object, "bus", ims_make_uint(address.bus));
    ims_make_set(&work->maker, object, "slot", ims_make_uint(ims_address_device(address)));
    ims_make_set(&work->maker, object, "function", ims_make_uint(ims_address_function(address)));
}

static json_t *address_part(struct work *work, struct ims_function function)
{
    json_t *object = json_object();

    set_address(work, object, ims_topology_function(work->subject->topology, function)->address);
    return object;
}

static json_t *name_part(struct ims_pci_ids_name name)
{
    return name.text ? ims_make_format("%.*s", (int)name.length, name.text) : json_null();
}

/* Names as libvirt finds them: those of the machine where it states any, else those of pci.ids. */
static void names_part(struct work *work, const struct ims_function_info *info, json_t *product,
                       json_t *vendor)
{
    const struct ims_pci_ids *ids = work->subject->pci_ids;
    struct ims_pci_ids_name vendor_name = {0};
    struct ims_pci_ids_name device_name = {0};

    if (!ids || info->record->device_name) {
        const struct ims_name_set set = ims_names_of(work->subject->names, info);

        ims_make_set(&work->maker, product, "name", ims_make_string(set.device));
        ims_make_set(&work->maker, vendor, "name", ims_make_string(set.vendor));
        return;
    }
    if (info->id_count == 1)
        ims_pci_ids_names(ids, info->ids[0], &vendor_name, &device_name);
    ims_make_set(&work->maker, product, "name", name_part(device_name));
    ims_make_set(&work->maker, vendor, "name", name_part(vendor_name));
}

/* libvirt has no way to say that an id is not known: 0x0000 stands for it. */
static void ids_part(struct work *work, const struct ims_function_info *info, json_t *object)
{
    const bool known = info->id_count == 1;
    json_t *product = json_object();
    json_t *vendor = json_object();

    work->left_out.id += !known;
    ims_make_set(&work->maker, product, "id", ims_make_hex(known ? info->ids[0].device : 0, 4));
    ims_make_set(&work->maker, vendor, "id", ims_make_hex(known ? info->ids[0].vendor : 0, 4));
    names_part(work, info, product, vendor);
    ims_make_set(&work->maker, object, "product", product);
    ims_make_set(&work->maker, object, "vendor", vendor);
}

static json_t *virtual_functions_part(struct work *work, struct ims_function function,
                                      const struct ims_function_info *info)
{
    const struct ims_topology *topology = work->subject->topology;
    const struct ims_record *record = info->record;
    const bool computed = !record->totalvfs_stated && info->pci.sriov.present == IMS_YES &&
                          ims_bits_all_known(info->pci.sriov.total_vfs, 0xffff);
    const uint32_t maximum = record->totalvfs_stated ? record->totalvfs
                             : computed              ? info->pci.sriov.total_vfs.value
                                                     : 0;
    json_t *addresses;

    work->left_out.virtual_functions += computed;
    if (info->is_vf == IMS_YES || (maximum == 0 && info->pci.sriov.present != IMS_YES))
        return json_null();
    addresses = json_array();
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++)
        if (ims_topology_function(topology, (struct ims_function){i})->physfn.index ==
            function.index)
            ims_make_append(&work->maker, addresses, address_part(work, (struct ims_function){i}));
    if (maximum == 0 && json_array_size(addresses) == 0) {
        json_decref(addresses);
        return json_null();
    }
    json_t *object = json_object();
    ims_make_set(&work->maker, object, "max_count", ims_make_uint(maximum));
    ims_make_set(&work->maker, object, "addresses", addresses);
    return object;
}

static json_t *bridge_part(struct work *work, const struct ims_function_info *info)
{
    const struct ims_bits type = info->pci.header_type;

    if (info->is_vf == IMS_YES)
        return json_null();
    if (!ims_bits_all_known(type, 0x7f)) {
        work->left_out.header++;
        return json_null();
    }
    return type.value == HEADER_TYPE_BRIDGE    ? ims_make_string("pci-bridge")
           : type.value == HEADER_TYPE_CARDBUS ? ims_make_string("cardbus-bridge")
                                               : json_null();
}

/* Binary search for the first member of a group. */
static uint32_t first_member(const struct work *work, uint32_t group)
{
    uint32_t low = 0;
    uint32_t high = work->member_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (work->members[middle].group < group)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static json_t *group_part(struct work *work, const struct ims_record *record)
{
    json_t *object;
    json_t *addresses;

    if (record->group_state != IMS_GROUP_KNOWN) {
        work->left_out.group += record->group_state == IMS_GROUP_UNKNOWN;
        return json_null();
    }
    object = json_object();
    addresses = json_array();
    ims_make_set(&work->maker, object, "number", ims_make_uint(record->group));
    ims_make_set(&work->maker, object, "addresses", addresses);
    for (uint32_t i = first_member(work, record->group);
         i < work->member_count && work->members[i].group == record->group; i++)
        ims_make_append(&work->maker, addresses, address_part(work, work->members[i].function));
    return object;
}

/* Gigatransfers a second; NULL for a code that libvirt has no word for. */
static const char *speed_name(struct ims_bits code)
{
    static const char *const names[] = {NULL, "2.5", "5", "8", "16", "32", "64"};

    return code.value < sizeof(names) / sizeof(names[0]) ? names[code.value] : NULL;
}

static void add_link(struct work *work, json_t *links, const char *validity, struct ims_bits port,
                     struct ims_bits speed, struct ims_bits width)
{
    json_t *link;

    if (!ims_bits_all_known(speed, SPEED) || !ims_bits_all_known(width, WIDTH)) {
        work->left_out.link++;
        return;
    }
    link = json_object();
    ims_make_set(&work->maker, link, "validity", ims_make_string(validity));
    ims_make_set(&work->maker, link, "port", ims_make_count(port, PORT));
    ims_make_set(&work->maker, link, "speed", ims_make_string(speed_name(speed)));
    ims_make_set(&work->maker, link, "width", ims_make_uint(width.value));
    ims_make_append(&work->maker, links, link);
}

static json_t *express_part(struct work *work, const struct ims_function_info *info)
{
    const struct ims_pci_facts *pci = &info->pci;
    json_t *object;
    json_t *links;

    if (pci->pcie != IMS_YES) {
        work->left_out.express += pci->pcie == IMS_UNKNOWN;
        return json_null();
    }
    object = json_object();
    links = json_array();
    ims_make_set(&work->maker, object, "links", links);
    /* Inside of the root complex there is no link. */
    if (pci->port_type == IMS_PORT_RC_ENDPOINT || pci->port_type == IMS_PORT_RC_EVENT_COLLECTOR)
        return object;
    add_link(work, links, "cap", pci->link_port, pci->link_speed_max, pci->link_width_max);
    add_link(work, links, "sta", (struct ims_bits){0}, pci->link_speed, pci->link_width);
    return object;
}

static json_t *path_part(struct work *work, struct ims_function function)
{
    struct ims_text path = {0};
    json_t *value = json_null();

    if (ims_nodedev_path(work->subject->topology, function, &path)) {
        json_decref(value);
        value = ims_make_string(ims_text_get(&path));
    } else {
        work->left_out.path++;
    }
    work->maker.failed |= path.failed;
    ims_text_done(&path);
    return value;
}

static json_t *parent_part(const struct ims_topology *topology, struct ims_function function)
{
    const struct ims_function parent = ims_nodedev_parent(topology, function);
    char name[IMS_NODEDEV_NAME_SIZE];

    if (ims_function_is_none(parent))
        return ims_make_string("computer");
    return ims_make_string(
        ims_nodedev_name(ims_topology_function(topology, parent)->address, name));
}

static bool has_vpd(const struct ims_pci_facts *pci)
{
    for (uint32_t i = 0; i < pci->capability_count; i++)
        if (!pci->capabilities[i].extended && pci->capabilities[i].id == 3)
            return true;
    return false;
}

static json_t *device_part(struct work *work, struct ims_function function)
{
    const struct ims_topology *topology = work->subject->topology;
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const struct ims_record *record = info->record;
    const bool class_known = ims_bits_all_known(info->class_code, 0xffffff);
    const bool is_vf = info->is_vf == IMS_YES && !ims_function_is_none(info->physfn);
    char name[IMS_NODEDEV_NAME_SIZE];
    json_t *object = json_object();

    work->left_out.class_code += !class_known;
    work->left_out.node += !record->numa_stated;
    work->left_out.vpd += has_vpd(&info->pci);
    ims_make_set(&work->maker, object, "name",
                 ims_make_string(ims_nodedev_name(info->address, name)));
    ims_make_set(&work->maker, object, "path", path_part(work, function));
    ims_make_set(&work->maker, object, "parent", parent_part(topology, function));
    ims_make_set(&work->maker, object, "driver",
                 record->driver_stated ? ims_make_string(record->driver) : json_null());
    ims_make_set(&work->maker, object, "class",
                 class_known ? ims_make_hex(info->class_code.value, 6) : json_null());
    set_address(work, object, info->address);
    ids_part(work, info, object);
    ims_make_set(&work->maker, object, "phys_function",
                 is_vf ? address_part(work, info->physfn) : json_null());
    ims_make_set(&work->maker, object, "virt_functions",
                 virtual_functions_part(work, function, info));
    ims_make_set(&work->maker, object, "bridge", bridge_part(work, info));
    ims_make_set(&work->maker, object, "iommu_group", group_part(work, record));
    ims_make_set(&work->maker, object, "numa_node",
                 record->numa_stated && record->numa_node >= 0
                     ? ims_make_uint((uint64_t)record->numa_node)
                     : json_null());
    ims_make_set(&work->maker, object, "pci_express", express_part(work, info));
    return object;
}

static void note(struct work *work, json_t *document, uint32_t count, const char *text)
{
    if (count == 1)
        ims_part_note(&work->maker, document, ims_make_format("1 function: %s", text));
    else if (count > 1)
        ims_part_note(&work->maker, document, ims_make_format("%u functions: %s", count, text));
}

/* libvirt leaves an element out without a word; whoever reads a dump wants to know. */
static void notes_part(struct work *work, json_t *document)
{
    const struct left_out *left_out = &work->left_out;

    note(work, document, left_out->id,
         "their ids are not known from the input: 0x0000 stands for them");
    note(work, document, left_out->class_code, "the class is not known: no element class");
    note(work, document, left_out->header,
         "the header type is not known: whether it is a bridge is not told");
    note(work, document, left_out->express,
         "whether it has a PCI Express capability is not known: no element pci-express");
    note(work, document, left_out->link, "a register of the link is not known: no element link");
    note(work, document, left_out->group,
         "the input does not tell the kernel's group: no element iommuGroup");
    note(work, document, left_out->path,
         "the input does not tell where its root bus hangs in sysfs: no element path");
    note(work, document, left_out->virtual_functions,
         "what its driver allows is not in the input: maxCount is what the function can have");
    note(work, document, left_out->node, "the input does not tell the NUMA node: no element numa");
    note(work, document, left_out->vpd, "its vital product data was not read: no capability vpd");
}

static json_t *finish(struct work *work, json_t *document)
{
    ims_part_gaps(&work->maker, work->subject, document);
    notes_part(work, document);
    return ims_make_finish(&work->maker, document);
}

int ims_document_nodedev(const struct ims_subject *subject, const struct ims_function *functions,
                         uint32_t count, json_t **ret, struct ims_error *reterr)
{
    struct work work = {.subject = subject};
    json_t *document = ims_part_document(&work.maker, subject, "iommuscope.nodedev/1");
    json_t *devices = json_array();
    const int code = ims_nodedev_members(subject->topology, &work.members, &work.member_count);

    (void)reterr;
    work.maker.failed |= code < 0;
    for (uint32_t i = 0; i < count && code == 0; i++)
        ims_make_append(&work.maker, devices, device_part(&work, functions[i]));
    ims_make_set(&work.maker, document, "devices", devices);
    document = finish(&work, document);
    free(work.members);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}

int ims_document_nodedev_list(const struct ims_subject *subject, bool tree, json_t **ret,
                              struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.nodedev-list/1");
    json_t *devices = json_array();
    char name[IMS_NODEDEV_NAME_SIZE];

    (void)reterr;
    ims_make_set(&maker, document, "tree", json_boolean(tree));
    for (uint32_t i = 0; i < ims_topology_function_count(subject->topology); i++) {
        const struct ims_function function = {i};
        const struct ims_address address =
            ims_topology_function(subject->topology, function)->address;
        json_t *device = json_object();

        ims_make_set(&maker, device, "name", ims_make_string(ims_nodedev_name(address, name)));
        ims_make_set(&maker, device, "parent", parent_part(subject->topology, function));
        ims_make_append(&maker, devices, device);
    }
    ims_make_set(&maker, document, "devices", devices);
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
