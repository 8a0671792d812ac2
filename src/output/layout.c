/* SPDX-License-Identifier: MIT */
#include "output/layout.h"

#include <string.h>

#include "output/utf8.h"

/* Running text is hard to follow in longer lines, however wide the terminal is. */
#define PARAGRAPH_WIDTH 100u

const char *ims_layout_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

json_int_t ims_layout_integer(const json_t *object, const char *key, json_int_t otherwise)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool ims_layout_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

bool ims_layout_null(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return !value || json_is_null(value);
}

const char *ims_layout_tristate(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_boolean(value))
        return "unknown";
    return json_is_true(value) ? "yes" : "no";
}

const char *ims_layout_address(const json_t *document, const struct ims_style *style,
                               const char *address)
{
    const json_t *segments = json_object_get(document, "segments");

    if (style->full_address || json_array_size(segments) > 1 || strncmp(address, "0000:", 5) != 0)
        return address;
    return address + 5;
}

void ims_layout_append(struct ims_text *out, const struct ims_style *style, const char *text)
{
    ims_utf8_append_safe(out, text, style->unicode);
}

void ims_layout_paragraph(struct ims_text *out, const struct ims_style *style, const char *text,
                          size_t indent)
{
    size_t width = style->width && style->width < PARAGRAPH_WIDTH ? style->width : PARAGRAPH_WIDTH;
    struct ims_text safe = {0};

    ims_utf8_append_safe(&safe, text, style->unicode);
    if (safe.failed)
        out->failed = true;
    else
        ims_utf8_append_wrapped(out, ims_text_get(&safe), width, indent);
    ims_text_done(&safe);
}

void ims_layout_line(struct ims_text *out, const struct ims_style *style, struct ims_text *line,
                     size_t indent)
{
    const char *text = ims_text_get(line);

    if (text)
        ims_layout_paragraph(out, style, text, indent);
    out->failed |= line->failed;
    ims_text_done(line);
}

void ims_layout_group(struct ims_text *out, const json_t *document, const json_t *device)
{
    json_int_t kernel = ims_layout_integer(device, "kernel_group", -1);
    json_int_t computed = ims_layout_integer(device, "group", -1);

    if (kernel >= 0)
        ims_text_appendf(out, "%lld", (long long)kernel);
    else if (computed >= 0)
        ims_text_appendf(out, "%s%lld", ims_layout_true(document, "kernel_groups_known") ? "~" : "",
                         (long long)computed);
    else
        ims_text_append(out, "-");
}

/* "0x10de" without its prefix, "????" for an unknown number. */
static const char *digits(const json_t *object, const char *key)
{
    const char *text = ims_layout_string(object, key);

    return strncmp(text, "0x", 2) == 0 ? text + 2 : "????";
}

static void append_ids(struct ims_text *out, const json_t *device)
{
    size_t candidates = json_array_size(json_object_get(device, "id_candidates"));

    if (candidates > 1)
        ims_text_appendf(out, "one of %zu ids", candidates);
    else
        ims_text_appendf(out, "%s:%s", digits(device, "vendor_id"), digits(device, "device_id"));
}

/*
 * The length of the everyday part of a vendor's name, from *start: what stands in brackets at its
 * end, else the name without its legal form.
 */
static size_t everyday_name(const char **start)
{
    static const char *const forms[] = {
        ",",    " Inc.",    " Inc",  " Ltd.",        " Ltd",        " Co.",
        " Co",  " Corp.",   " Corp", " Corporation", " GmbH",       " AG",
        " LLC", " Limited", " B.V.", " Company",     " Technology", " Semiconductor",
    };
    const char *name = *start;
    const char *bracket = strrchr(name, '[');
    size_t length = strlen(name);
    bool cut = true;

    if (bracket && bracket > name && length > 0 && name[length - 1] == ']') {
        *start = bracket + 1;
        return length - (size_t)(bracket + 2 - name);
    }
    while (cut) {
        cut = false;
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
            size_t size = strlen(forms[i]);

            if (length > size && strncmp(name + length - size, forms[i], size) == 0) {
                length -= size;
                cut = true;
            }
        }
    }
    return length;
}

static bool append_names(struct ims_text *out, const json_t *device, bool everyday)
{
    const char *vendor = ims_layout_string(device, "vendor_name");
    const char *name = ims_layout_string(device, "device_name");
    size_t length = strlen(vendor);

    if (!*vendor && !*name)
        return false;
    if (everyday)
        length = everyday_name(&vendor);
    ims_text_append_bytes(out, vendor, length);
    if (*name)
        ims_text_appendf(out, "%s%s", *vendor ? " " : "", name);
    else
        ims_text_appendf(out, " Device %s", digits(device, "device_id"));
    return true;
}

static void append_device(struct ims_text *out, const struct ims_style *style, const json_t *device,
                          bool everyday)
{
    if (style->numeric == 1) {
        append_ids(out, device);
        return;
    }
    if (!append_names(out, device, everyday)) {
        append_ids(out, device);
    } else if (style->numeric > 1) {
        ims_text_append(out, " [");
        append_ids(out, device);
        ims_text_append(out, "]");
    }
}

void ims_layout_device(struct ims_text *out, const struct ims_style *style, const json_t *device)
{
    append_device(out, style, device, false);
}

void ims_layout_device_short(struct ims_text *out, const struct ims_style *style,
                             const json_t *device)
{
    append_device(out, style, device, true);
}

void ims_layout_class(struct ims_text *out, const struct ims_style *style, const json_t *device)
{
    const char *name = ims_layout_string(device, "class_name");
    const char *number = digits(device, "class");

    if (style->numeric == 1 || !*name)
        ims_text_appendf(out, "%.4s", number);
    else if (style->numeric > 1)
        ims_text_appendf(out, "%s [%.4s]", name, number);
    else
        ims_text_append(out, name);
}

static bool is_port(const json_t *device)
{
    const char *type = ims_layout_string(device, "port_type");

    return strcmp(type, "root port") == 0 || strcmp(type, "downstream port") == 0 ||
           strcmp(type, "upstream port") == 0 || !ims_layout_null(device, "bridge");
}

static char bit_sign(const char *state)
{
    if (strcmp(state, "on") == 0)
        return '+';
    if (strcmp(state, "off") == 0)
        return '-';
    return strcmp(state, "absent") == 0 ? '.' : '?';
}

void ims_layout_acs(struct ims_text *out, const json_t *device)
{
    static const char *const names[] = {"SV", "RR", "CR", "UF"};
    const json_t *acs = json_object_get(device, "acs");
    const json_t *bits = json_object_get(acs, "bits");
    const char *present = ims_layout_tristate(acs, "present");

    if (json_is_object(bits) && strcmp(present, "no") != 0)
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            ims_text_appendf(out, "%s%s%c", i ? " " : "", names[i],
                             bit_sign(ims_layout_string(bits, names[i])));
    else if (is_port(device))
        ims_text_append(out, strcmp(present, "no") == 0 ? "no ACS" : "ACS unknown");
}
