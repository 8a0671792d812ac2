/* SPDX-License-Identifier: MIT */
/* One function, fact by fact. An unknown fact is printed as unknown, never left out. */
#include <errno.h>
#include <string.h>

#include "output/layout.h"
#include "output/layouts.h"

#define LABEL_WIDTH 14

static void label(struct ims_text *out, const char *name)
{
    ims_text_appendf(out, "%-*s ", LABEL_WIDTH, name);
}

static void line(struct ims_text *out, const struct ims_style *style, const char *name,
                 const char *value)
{
    label(out, name);
    ims_layout_append(out, style, *value ? value : "unknown");
    ims_text_append(out, "\n");
}

/* A fact that most functions do not have: nothing is printed for null. */
static void optional(struct ims_text *out, const struct ims_style *style, const char *name,
                     const json_t *object, const char *key)
{
    if (*ims_layout_string(object, key))
        line(out, style, name, ims_layout_string(object, key));
}

static void identity(const json_t *document, const struct ims_style *style, struct ims_text *out)
{
    const json_t *function = json_object_get(document, "function");
    struct ims_style both = *style;
    struct ims_text text = {0};

    both.numeric = style->numeric == 1 ? 1 : 2;
    line(out, style, "address", ims_layout_string(function, "address"));
    ims_layout_device(&text, &both, function);
    line(out, style, "device", ims_text_get(&text) ? ims_text_get(&text) : "");
    ims_text_clear(&text);
    ims_layout_class(&text, &both, function);
    line(out, style, "class", ims_text_get(&text) ? ims_text_get(&text) : "");
    ims_text_done(&text);
    if (!ims_layout_null(function, "subsystem_vendor_id")) {
        label(out, "subsystem");
        ims_text_appendf(out, "%s:%s\n", ims_layout_string(function, "subsystem_vendor_id") + 2,
                         ims_layout_null(function, "subsystem_device_id")
                             ? "????"
                             : ims_layout_string(function, "subsystem_device_id") + 2);
    }
    optional(out, style, "revision", function, "revision");
    optional(out, style, "label", function, "label");
    optional(out, style, "slot", function, "slot");
    optional(out, style, "serial", function, "serial");
    line(out, style, "driver",
         !ims_layout_true(function, "driver_known") ? "unknown"
         : ims_layout_null(function, "driver")      ? "none"
                                                    : ims_layout_string(function, "driver"));
    optional(out, style, "modules", function, "modules");
    optional(out, style, "power state", function, "power_state");
    optional(out, style, "IOMMU", function, "iommu");
    optional(out, style, "VF of", function, "physfn");
    optional(out, style, "VMD endpoint", function, "vmd_endpoint");
    if (!ims_layout_null(function, "numa_node")) {
        label(out, "NUMA node");
        ims_text_appendf(out, "%lld\n", (long long)ims_layout_integer(function, "numa_node", -1));
    }
}

static void position(const json_t *document, const struct ims_style *style, struct ims_text *out)
{
    const json_t *function = json_object_get(document, "function");
    const json_t *pcie = json_object_get(document, "pcie");
    const char *read = ims_layout_string(pcie, "type_read");
    const char *type = ims_layout_string(pcie, "type");

    line(out, style, "path", ims_layout_string(document, "path"));
    label(out, "type");
    ims_layout_append(out, style, type);
    if (strcmp(read, type) != 0) {
        ims_text_append(out, " (its register says ");
        ims_layout_append(out, style, read);
        ims_text_append(out, ")");
    }
    ims_text_append(out, "\n");
    line(out, style, "multifunction", ims_layout_tristate(function, "multifunction"));
    line(out, style, "extended space", ims_layout_tristate(pcie, "extended_space"));
    if (ims_layout_integer(pcie, "link_width_max", 0) > 0) {
        label(out, "link");
        if (ims_layout_integer(pcie, "link_width", 0) > 0)
            ims_text_appendf(out, "generation %lld x%lld of ",
                             (long long)ims_layout_integer(pcie, "link_speed", 0),
                             (long long)ims_layout_integer(pcie, "link_width", 0));
        ims_text_appendf(out, "generation %lld x%lld\n",
                         (long long)ims_layout_integer(pcie, "link_speed_max", 0),
                         (long long)ims_layout_integer(pcie, "link_width_max", 0));
    }
}

static void membership(const json_t *document, const struct ims_style *style, struct ims_text *out)
{
    const json_t *object = json_object_get(document, "membership");
    const json_t *function = json_object_get(document, "function");
    long long count = ims_layout_integer(object, "device_count", 0);

    label(out, "group");
    if (ims_layout_true(object, "managed")) {
        ims_layout_group(out, document, function);
        ims_text_appendf(out, ", %lld function%s", count, count == 1 ? "" : "s");
        if (strcmp(ims_layout_string(function, "group_match"), "different") == 0)
            ims_text_append(out, ", differs from the kernel's");
        ims_text_append(out, ims_layout_true(object, "certain") ? "\n" : ", not certain\n");
    } else {
        ims_text_append(out, "none\n");
    }
    if (!ims_layout_null(object, "uncertain"))
        ims_layout_paragraph(out, style, ims_layout_string(object, "uncertain"), LABEL_WIDTH + 1);
    ims_layout_paragraph(out, style, ims_layout_string(object, "summary"), LABEL_WIDTH + 1);
}

static void acs(const json_t *document, const struct ims_style *style, struct ims_text *out)
{
    const json_t *object = json_object_get(document, "acs");
    const json_t *bits = json_object_get(object, "bits");
    const char *isolated = ims_layout_tristate(object, "isolated");
    const char *separator = "";
    const char *name;
    json_t *state;

    label(out, "isolated");
    ims_text_appendf(out, "%s%s (", isolated,
                     strcmp(isolated, "unknown") != 0    ? ""
                     : ims_layout_true(object, "likely") ? ", likely yes"
                                                         : ", likely no");
    ims_layout_append(out, style, ims_layout_string(object, "rule"));
    ims_text_append(out, ": ");
    ims_layout_append(out, style, ims_layout_string(object, "title"));
    ims_text_append(out, ")\n");
    optional(out, style, "quirk", object, "quirk");
    label(out, "ACS");
    if (strcmp(ims_layout_tristate(object, "present"), "yes") != 0 && !json_is_object(bits)) {
        ims_text_append(out, strcmp(ims_layout_tristate(object, "present"), "no") == 0
                                 ? "no capability\n"
                                 : "unknown\n");
        return;
    }
    json_object_foreach(json_object_get(object, "bits"), name, state)
    {
        ims_text_appendf(out, "%s%s %s", separator, name, json_string_value(state));
        separator = "  ";
    }
    ims_text_append(out, "\n");
    label(out, "");
    ims_text_appendf(
        out, "capability %s control %s",
        ims_layout_null(object, "capability") ? "unknown" : ims_layout_string(object, "capability"),
        ims_layout_null(object, "control") ? "unknown" : ims_layout_string(object, "control"));
    if (!ims_layout_null(object, "control_read") && !ims_layout_null(object, "control") &&
        strcmp(ims_layout_string(object, "control_read"), ims_layout_string(object, "control")))
        ims_text_appendf(out, " (read %s)", ims_layout_string(object, "control_read"));
    if (!ims_layout_null(object, "required"))
        ims_text_appendf(out, " required %s missing %s", ims_layout_string(object, "required"),
                         ims_layout_string(object, "missing"));
    ims_text_append(out, "\n");
}

static void bridge(const json_t *document, struct ims_text *out)
{
    const json_t *object = json_object_get(document, "bridge");
    const json_t *window;
    size_t index;

    if (!json_is_object(object))
        return;
    label(out, "buses");
    ims_text_appendf(
        out, "secondary %s, subordinate %s\n",
        ims_layout_null(object, "secondary") ? "unknown" : ims_layout_string(object, "secondary"),
        ims_layout_null(object, "subordinate") ? "unknown"
                                               : ims_layout_string(object, "subordinate"));
    json_array_foreach(json_object_get(object, "windows"), index, window)
    {
        label(out, index == 0 ? "windows" : "");
        ims_text_appendf(out, "%s ", ims_layout_string(window, "kind"));
        if (ims_layout_true(window, "open"))
            ims_text_appendf(out, "%s-%s\n", ims_layout_string(window, "base"),
                             ims_layout_string(window, "limit"));
        else
            ims_text_append(out, ims_layout_null(window, "open") ? "unknown\n" : "closed\n");
    }
}

static void resources(const json_t *document, struct ims_text *out)
{
    const json_t *sriov = json_object_get(document, "sriov");
    const json_t *bar;
    size_t index;

    json_array_foreach(json_object_get(document, "bars"), index, bar)
    {
        label(out, index == 0 ? "BARs" : "");
        ims_text_appendf(
            out, "%lld: %s%s at %s size %s%s\n", (long long)ims_layout_integer(bar, "index", 0),
            ims_layout_string(bar, "kind"),
            ims_layout_true(bar, "prefetchable") ? " prefetchable" : "",
            ims_layout_null(bar, "address") ? "no address" : ims_layout_string(bar, "address"),
            ims_layout_null(bar, "size_bytes") ? "unknown" : ims_layout_string(bar, "size_bytes"),
            ims_layout_true(bar, "enabled") ? "" : " (not enabled)");
    }
    if (json_is_object(sriov)) {
        label(out, "SR-IOV");
        ims_text_appendf(out, "%lld of %lld VFs, enabled %s\n",
                         (long long)ims_layout_integer(sriov, "num_vfs", 0),
                         (long long)ims_layout_integer(sriov, "total_vfs", 0),
                         ims_layout_tristate(sriov, "vf_enable"));
    }
}

static void capabilities(const json_t *document, struct ims_text *out)
{
    const json_t *item;
    size_t index;

    json_array_foreach(json_object_get(document, "capabilities"), index, item)
    {
        const char *name = ims_layout_string(item, "name");

        label(out, index == 0 ? "capabilities" : "");
        ims_text_appendf(out, "%-6s %s%s%s\n", ims_layout_string(item, "offset"),
                         ims_layout_string(item, "id"), *name ? " " : "", name);
    }
}

static void sentences(const json_t *document, const struct ims_style *style, const char *key,
                      const char *name, struct ims_text *out)
{
    const json_t *item;
    size_t index;

    json_array_foreach(json_object_get(document, key), index, item)
    {
        line(out, style, index == 0 ? name : "", json_string_value(item));
    }
}

int ims_layout_show(const json_t *document, const struct ims_style *style, struct ims_text *out,
                    struct ims_error *reterr)
{
    const json_t *quirks = json_object_get(document, "quirks");
    const json_t *row;
    size_t index;

    (void)reterr;
    identity(document, style, out);
    position(document, style, out);
    membership(document, style, out);
    acs(document, style, out);
    bridge(document, out);
    resources(document, out);
    capabilities(document, out);
    json_array_foreach(quirks, index, row)
    {
        label(out, index == 0 ? "quirk rows" : "");
        ims_text_appendf(out, "%s %s (%s), in %s: %s\n", ims_layout_string(row, "table"),
                         ims_layout_string(row, "rule"), ims_layout_string(row, "label"),
                         ims_layout_string(document, "ruleset"),
                         ims_layout_tristate(row, "present"));
    }
    sentences(document, style, "damage", "damage", out);
    sentences(document, style, "unknown", "unknown", out);
    return out->failed ? -ENOMEM : 0;
}
