/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "rules/catalogue.h"
#include "rules/cmdline.h"
#include "rules/judge.h"

#define ACS_REDIRECT (IMS_ACS_RR | IMS_ACS_CR | IMS_ACS_EC)
#define ACS_CONFIG_BITS 7u /* config_acs speaks of bits 0 (SV) to 6 (DT) */
#define ACS_CONTROL_MASK 0x7fu

struct slice {
    const char *text;
    size_t length;
};

/* Cuts the part before separator off the front of *rest; false at the end. */
static bool next_part(struct slice *rest, char separator, struct slice *ret)
{
    if (!rest->text)
        return false;

    const char *end = rest->length ? memchr(rest->text, separator, rest->length) : NULL;
    *ret = (struct slice){rest->text, end ? (size_t)(end - rest->text) : rest->length};
    if (end)
        *rest = (struct slice){end + 1, rest->length - ret->length - 1};
    else
        *rest = (struct slice){NULL, 0};
    return true;
}

/* The next word of a command line; quotes keep blanks together and are taken off. */
static bool next_word(const char **text, struct slice *ret)
{
    const char *start = *text;
    while (*start == ' ' || *start == '\t' || *start == '\n')
        start++;
    if (!*start)
        return false;

    const char *end = start;
    for (bool quoted = false; *end && (quoted || (*end != ' ' && *end != '\t' && *end != '\n'));
         end++)
        quoted ^= *end == '"';
    *text = end;
    if (*start == '"') {
        start++;
        if (end > start && end[-1] == '"')
            end--;
    }
    *ret = (struct slice){start, (size_t)(end - start)};
    return true;
}

static bool take_prefix(struct slice *part, const char *prefix)
{
    const size_t length = strlen(prefix);

    if (part->length < length || memcmp(part->text, prefix, length) != 0)
        return false;
    part->text += length;
    part->length -= length;
    if (part->length && part->text[0] == '"') { /* pci="a,b" */
        part->text++;
        part->length--;
    }
    if (part->length && part->text[part->length - 1] == '"')
        part->length--;
    return true;
}

static bool hex_field(struct slice field, uint64_t max, uint64_t *ret)
{
    return ims_number_hex_prefixed(field.text, field.length, max, ret) == 0;
}

/* "vend:dev[:subv:subd]" behind "pci:"; a missing field matches any id. */
static bool parse_ids(struct slice text, struct ims_cmdline_device *ret)
{
    uint64_t values[4] = {0};
    struct slice field;
    uint32_t count = 0;

    while (next_part(&text, ':', &field))
        if (count == 4 || !hex_field(field, 0xffff, &values[count++]))
            return false;
    if (count < 2)
        return false;
    ret->by_id = true;
    ret->id = (struct ims_id){(uint16_t)values[0], (uint16_t)values[1]};
    ret->subsystem = (struct ims_id){(uint16_t)values[2], (uint16_t)values[3]};
    return true;
}

/* "dev.fn" */
static bool parse_devfn(struct slice text, uint8_t *ret)
{
    struct slice device;
    struct slice function;
    uint64_t device_number;
    uint64_t function_number;

    if (!next_part(&text, '.', &device) || !next_part(&text, '.', &function) || text.text)
        return false;
    if (!hex_field(device, 0x1f, &device_number) || !hex_field(function, 7, &function_number))
        return false;
    *ret = IMS_DEVFN(device_number, function_number);
    return true;
}

/* "[seg:]bus:dev.fn[/dev.fn]*" */
static bool parse_path(struct slice text, struct ims_cmdline_device *ret)
{
    struct slice hop;

    while (next_part(&text, '/', &hop)) {
        if (ret->hop_count == IMS_CMDLINE_HOP_MAX)
            return false;
        if (ret->hop_count == 0) {
            struct slice fields[3];
            uint32_t count = 0;
            uint64_t segment = 0;
            uint64_t bus;
            while (count < 3 && next_part(&hop, ':', &fields[count]))
                count++;
            if (hop.text || count < 2 ||
                (count == 3 && !hex_field(fields[0], UINT32_MAX, &segment)) ||
                !hex_field(fields[count - 2], 0xff, &bus))
                return false;
            ret->segment = (uint32_t)segment;
            ret->bus = (uint8_t)bus;
            hop = fields[count - 1];
        }
        if (!parse_devfn(hop, &ret->hops[ret->hop_count++]))
            return false;
    }
    return ret->hop_count > 0;
}

static bool parse_device(struct slice text, struct ims_cmdline_device *ret)
{
    if (take_prefix(&text, "pci:"))
        return parse_ids(text, ret);
    return parse_path(text, ret);
}

/* "flags@" of config_acs: the last character is bit 0; anything but 0, 1, x is a mistake. */
static bool parse_flags(struct slice *text, struct ims_cmdline_entry *ret)
{
    const char *at = text->length ? memchr(text->text, '@', text->length) : NULL;
    if (!at)
        return false;

    const size_t length = (size_t)(at - text->text);
    for (size_t bit = 0; bit < length; bit++) {
        const char digit = text->text[length - 1 - bit];
        if (digit != '0' && digit != '1' && digit != 'x' && digit != 'X')
            return false;
        if (digit == 'x' || digit == 'X')
            continue;
        if (bit >= ACS_CONFIG_BITS)
            return false;
        ret->mask |= (uint16_t)(1u << bit);
        if (digit == '1')
            ret->flags |= (uint16_t)(1u << bit);
    }
    text->length -= length + 1;
    text->text = at + 1;
    return true;
}

/* The entries of one option; a wrong one ends the list, as the kernel stops reading there. */
static int parse_entries(struct slice text, bool with_flags, struct ims_arena *arena,
                         struct ims_cmdline_entry **ret, uint32_t *ret_count)
{
    size_t room = 1;
    for (size_t i = 0; i < text.length; i++)
        room += text.text[i] == ';';

    struct ims_cmdline_entry *entries = ims_arena_alloc_array(arena, room, sizeof(*entries));
    struct slice part;
    uint32_t count = 0;
    if (!entries)
        return -ENOMEM;
    while (next_part(&text, ';', &part)) {
        struct ims_cmdline_entry *entry = &entries[count];
        if (with_flags) {
            if (!parse_flags(&part, entry)) {
                count = 0; /* one wrong flag voids the whole parameter */
                break;
            }
        } else {
            entry->mask = ACS_REDIRECT;
        }
        if (!parse_device(part, &entry->device))
            break;
        count++;
    }
    *ret = entries;
    *ret_count = count;
    return 0;
}

static int parse_pci(struct slice text, struct ims_arena *arena, struct ims_cmdline *ret)
{
    struct slice option;
    int r = 0;

    while (r == 0 && next_part(&text, ',', &option)) {
        if (take_prefix(&option, "disable_acs_redir="))
            r = parse_entries(option, false, arena, &ret->disable_redirect,
                              &ret->disable_redirect_count);
        else if (take_prefix(&option, "config_acs="))
            r = parse_entries(option, true, arena, &ret->config, &ret->config_count);
    }
    return r;
}

static void parse_override(struct slice text, struct ims_cmdline *ret)
{
    struct slice word;

    ret->has_override = true;
    while (next_part(&text, ',', &word)) {
        if (word.length == 10 && memcmp(word.text, "downstream", 10) == 0)
            ret->override_downstream = true;
        else if (word.length == 13 && memcmp(word.text, "multifunction", 13) == 0)
            ret->override_multifunction = true;
        else if (take_prefix(&word, "id:")) {
            struct slice vendor;
            struct slice device;
            uint64_t vendor_id;
            uint64_t device_id;
            if (next_part(&word, ':', &vendor) && next_part(&word, ':', &device) && !word.text &&
                hex_field(vendor, 0xffff, &vendor_id) && hex_field(device, 0xffff, &device_id) &&
                ret->override_id_count < IMS_CMDLINE_OVERRIDE_ID_MAX)
                ret->override_ids[ret->override_id_count++] =
                    (struct ims_id){(uint16_t)vendor_id, (uint16_t)device_id};
        }
    }
}

int ims_cmdline_parse(const char *text, struct ims_arena *arena, struct ims_cmdline *ret)
{
    struct slice word;

    *ret = (struct ims_cmdline){0};
    while (text && next_word(&text, &word)) {
        if (word.length == 2 && memcmp(word.text, "--", 2) == 0)
            break; /* the rest is for the init program */
        if (take_prefix(&word, "pci=")) {
            const int r = parse_pci(word, arena, ret);
            if (r < 0)
                return r;
        } else if (take_prefix(&word, "pcie_acs_override=")) {
            parse_override(word, ret);
        }
    }
    return 0;
}

/* ---- matching ---- */

static bool matches_ids(const struct ims_cmdline_device *device,
                        const struct ims_function_info *info)
{
    struct ims_id subsystem = {(uint16_t)info->pci.subsystem_vendor.value,
                               (uint16_t)info->pci.subsystem_device.value};

    if (info->record->subsystem_stated)
        subsystem = info->record->subsystem;
    if ((device->id.vendor || device->id.device) && info->id_count == 0)
        return false;
    for (uint32_t i = 0; i < info->id_count; i++)
        if ((device->id.vendor && device->id.vendor != info->ids[i].vendor) ||
            (device->id.device && device->id.device != info->ids[i].device))
            return false;
    return (!device->subsystem.vendor || device->subsystem.vendor == subsystem.vendor) &&
           (!device->subsystem.device || device->subsystem.device == subsystem.device);
}

static bool matches_path(const struct ims_cmdline_device *device,
                         const struct ims_topology *topology, struct ims_function function)
{
    for (uint32_t hop = device->hop_count; hop-- > 0;) {
        if (ims_function_is_none(function))
            return false;
        const struct ims_function_info *info = ims_topology_function(topology, function);
        if (info->address.devfn != device->hops[hop] || info->address.segment != device->segment)
            return false;
        if (hop == 0)
            return info->address.bus == device->bus;
        function = ims_topology_bridge_above(topology, function);
    }
    return false;
}

uint32_t ims_cmdline_match(const struct ims_cmdline_entry *entries, uint32_t count,
                           const struct ims_topology *topology, struct ims_function function)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct ims_cmdline_device *device = &entries[i].device;
        if (device->by_id ? matches_ids(device, ims_topology_function(topology, function))
                          : matches_path(device, topology, function))
            return i;
    }
    return count;
}

/* ---- effect on the control word ---- */

/* (a & ~mask) | (b & mask) */
static struct ims_bits mix(struct ims_bits a, struct ims_bits b, uint32_t mask)
{
    return (struct ims_bits){(a.value & ~mask) | (b.value & mask),
                             (a.known & ~mask) | (b.known & mask)};
}

static struct ims_bits constant(uint32_t value)
{
    return (struct ims_bits){value & 0xffff, 0xffff};
}

static struct ims_bits set_bits(struct ims_bits bits, uint32_t flags)
{
    return (struct ims_bits){bits.value | flags, bits.known | flags};
}

/* Flags of all entries up to the match: 6.11 to 6.14 forget to start anew for each entry. */
static uint32_t leaked_flags(const struct ims_cmdline_entry *entries, uint32_t last)
{
    uint32_t flags = 0;
    for (uint32_t i = 0; i <= last; i++)
        flags |= entries[i].flags;
    return flags;
}

enum semantics {
    CLEAR_ONLY, /* 5.0 to 6.10 */
    BROKEN,     /* 6.11 to 6.14, 6.12.0 to 6.12.22 */
    FIRMWARE,   /* 6.15 on, 6.12.23 on */
};

static enum semantics semantics_of(struct ims_kernel_version version)
{
    if (ims_kernel_version_before(version, 6, 11))
        return CLEAR_ONLY;
    if (version.major == 6 && version.minor == 12)
        return version.patch >= 0 && version.patch < 23 ? BROKEN : FIRMWARE;
    return ims_kernel_version_before(version, 6, 15) ? BROKEN : FIRMWARE;
}

struct ims_bits ims_cmdline_control(const struct ims_cmdline *cmdline,
                                    struct ims_kernel_version version,
                                    const struct ims_topology *topology,
                                    struct ims_function function, struct ims_bits firmware,
                                    struct ims_bits kernel, const struct ims_rule **ret_rule)
{
    struct ims_bits control = kernel;
    const enum semantics semantics = semantics_of(version);
    uint32_t match;

    if (ims_kernel_version_before(version, 4, 19))
        return control;

    match = ims_cmdline_match(cmdline->disable_redirect, cmdline->disable_redirect_count, topology,
                              function);
    if (match < cmdline->disable_redirect_count) {
        *ret_rule = ims_rule_get(IMS_RULE_CMDLINE_DISABLE_ACS_REDIR);
        if (ims_kernel_version_before(version, 5, 0)) /* 4.18 ignores it; 4.19 was not read */
            control =
                mix(control, (struct ims_bits){0, control.known & ~control.value}, ACS_REDIRECT);
        else if (semantics == CLEAR_ONLY)
            control = mix(control, constant(0), ACS_REDIRECT);
        else if (semantics == BROKEN)
            control = set_bits(mix(control, firmware, ACS_REDIRECT),
                               ACS_CONTROL_MASK & ~(uint32_t)ACS_REDIRECT);
        else
            control = mix(firmware, constant(0), ACS_REDIRECT);
    }

    if (semantics == CLEAR_ONLY)
        return control; /* config_acs came with 6.11 */
    match = ims_cmdline_match(cmdline->config, cmdline->config_count, topology, function);
    if (match < cmdline->config_count) {
        const struct ims_cmdline_entry *entry = &cmdline->config[match];
        *ret_rule = ims_rule_get(IMS_RULE_CMDLINE_CONFIG_ACS);
        if (semantics == BROKEN)
            control =
                set_bits(mix(control, firmware, entry->mask), leaked_flags(cmdline->config, match));
        else
            control = mix(firmware, constant(entry->flags), entry->mask);
    }
    return control;
}
