/* SPDX-License-Identifier: MIT */
/* The document of the tree command: buses hold functions, bridges hold buses. */
#include <errno.h>
#include <stdlib.h>

#include "output/document_parts.h"

static json_t *window_part(struct ims_maker *maker, const char *kind,
                           const struct ims_window *window, unsigned digits)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "kind", ims_make_string(kind));
    ims_make_set(maker, object, "open", ims_make_tristate(window->open));
    ims_make_set(maker, object, "base",
                 window->open == IMS_YES ? ims_make_hex(window->base, digits) : json_null());
    ims_make_set(maker, object, "limit",
                 window->open == IMS_YES ? ims_make_hex(window->limit, digits) : json_null());
    return object;
}

json_t *ims_part_bridge(struct ims_maker *maker, const struct ims_function_info *info)
{
    const struct ims_bridge *bridge = &info->pci.bridge;
    json_t *object;
    json_t *windows;

    if (ims_bus_is_none(info->secondary_bus) && bridge->secondary.known == 0)
        return json_null();
    object = json_object();
    windows = json_array();
    ims_make_set(maker, object, "primary", ims_make_bits(bridge->primary, 0xff, 2));
    ims_make_set(maker, object, "secondary", ims_make_bits(bridge->secondary, 0xff, 2));
    ims_make_set(maker, object, "subordinate", ims_make_bits(bridge->subordinate, 0xff, 2));
    ims_make_append(maker, windows, window_part(maker, "io", &bridge->io, 4));
    ims_make_append(maker, windows, window_part(maker, "memory", &bridge->memory, 8));
    ims_make_append(maker, windows, window_part(maker, "prefetchable", &bridge->prefetchable, 8));
    ims_make_set(maker, object, "windows", windows);
    return object;
}

/* The functions to show: those selected and every bridge above them. */
static bool *select_functions(const struct ims_subject *subject)
{
    uint32_t count = ims_topology_function_count(subject->topology);
    bool *keep = calloc(count ? count : 1, sizeof(*keep));

    for (uint32_t i = 0; keep && i < count; i++) {
        struct ims_function function = {i};

        if (!ims_selector_matches(&subject->selector,
                                  ims_topology_function(subject->topology, function)))
            continue;
        while (!ims_function_is_none(function) && !keep[function.index]) {
            keep[function.index] = true;
            function = ims_topology_bridge_above(subject->topology, function);
        }
    }
    return keep;
}

static json_t *bus_part(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_bus_info *bus, const bool *keep, json_t **functions_of)
{
    json_t *object = json_object();
    json_t *functions = json_array();

    ims_make_set(maker, object, "segment", ims_make_uint(bus->segment));
    ims_make_set(maker, object, "bus", ims_make_hex(bus->number, 2));
    ims_make_set(maker, object, "is_root", ims_make_tristate(bus->is_root));
    ims_make_set(maker, object, "is_virtual", json_boolean(bus->is_virtual));
    ims_make_set(maker, object, "functions", functions);
    for (uint32_t i = 0; i < bus->function_count; i++) {
        struct ims_function function = {bus->first_function + i};
        const struct ims_function_info *info = ims_topology_function(subject->topology, function);
        json_t *item;

        if (!keep[function.index])
            continue;
        item = json_object();
        ims_part_function(maker, subject, item, function);
        ims_make_set(maker, item, "acs", ims_part_acs_brief(maker, subject, function));
        ims_make_set(maker, item, "bridge", ims_part_bridge(maker, info));
        ims_make_append(maker, functions, item);
        if (!maker->failed)
            functions_of[function.index] = item;
    }
    return object;
}

static void append_to(struct ims_maker *maker, json_t *object, const char *key, json_t *value)
{
    json_t *array = json_object_get(object, key);

    if (!array) {
        array = json_array();
        ims_make_set(maker, object, key, array);
    }
    ims_make_append(maker, array, value);
}

/* Hangs a bus below its bridge, a bus of virtual functions below its parent, others on the top. */
static void place_bus(struct ims_maker *maker, const struct ims_bus_info *bus, json_t *item,
                      json_t *roots, json_t **functions_of, json_t **buses_of)
{
    if (!ims_function_is_none(bus->bridge) && functions_of[bus->bridge.index])
        append_to(maker, functions_of[bus->bridge.index], "buses", item);
    else if (ims_function_is_none(bus->bridge) && !ims_bus_is_none(bus->parent) &&
             buses_of[bus->parent.index])
        append_to(maker, buses_of[bus->parent.index], "virtual_buses", item);
    else
        ims_make_append(maker, roots, item);
}

static int roots_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *roots)
{
    uint32_t functions = ims_topology_function_count(subject->topology);
    uint32_t buses = ims_topology_bus_count(subject->topology);
    bool *keep = select_functions(subject);
    json_t **functions_of = calloc(functions ? functions : 1, sizeof(json_t *));
    json_t **buses_of = calloc(buses ? buses : 1, sizeof(json_t *));
    int code = keep && functions_of && buses_of ? 0 : -ENOMEM;

    for (uint32_t i = 0; i < buses && code == 0; i++)
        buses_of[i] =
            bus_part(maker, subject, ims_topology_bus(subject->topology, (struct ims_bus){i}), keep,
                     functions_of);
    for (uint32_t i = 0; i < buses && code == 0; i++) {
        const struct ims_bus_info *bus = ims_topology_bus(subject->topology, (struct ims_bus){i});
        bool empty = json_array_size(json_object_get(buses_of[i], "functions")) == 0;

        if (maker->failed || (empty && subject->selector.active))
            json_decref(buses_of[i]);
        else
            place_bus(maker, bus, buses_of[i], roots, functions_of, buses_of);
    }
    free(keep);
    free(functions_of);
    free(buses_of);
    return code;
}

int ims_document_tree(const struct ims_subject *subject, json_t **ret, struct ims_error *reterr)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.tree/1");
    json_t *roots = json_array();
    int code;

    (void)reterr;
    code = roots_part(&maker, subject, roots);
    ims_make_set(&maker, document, "roots", roots);
    ims_part_gaps(&maker, subject, document);
    if (code < 0) {
        json_decref(document);
        return code;
    }
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
