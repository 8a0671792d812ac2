/* SPDX-License-Identifier: MIT */
/*
 * The command line that makes ACS registers what is wanted (R4.18, R4.19). Of several options of
 * one name Linux heeds the last; so there is one of each in what comes out. Entries that undo what
 * is wanted are taken out, entries for other devices stay, new ones stand first: the first match
 * wins. Every implemented bit is spelled, as "x" means what firmware left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advice/model.h"
#include "base/text.h"

#define CONFIG_BITS 7u

struct lists {
    struct ims_text redirect; /* entries of disable_acs_redir=, ';' between them */
    struct ims_text config;   /* of config_acs= */
    struct ims_text others;   /* of pci=, ',' between them */
    struct ims_text rest;     /* every other word, a blank between them */
    struct ims_text removed;  /* words that are replaced or dropped */
    bool iommu_off;           /* DMA translation is to be turned on besides */
    bool keep_override;       /* pcie_acs_override= is nobody's business here */
};

static void lists_done(struct lists *lists)
{
    ims_text_done(&lists->redirect);
    ims_text_done(&lists->config);
    ims_text_done(&lists->others);
    ims_text_done(&lists->rest);
    ims_text_done(&lists->removed);
}

static void join(struct ims_text *text, char separator, const char *bytes, size_t length)
{
    if (text->length > 0)
        ims_text_append_bytes(text, &separator, 1);
    ims_text_append_bytes(text, bytes, length);
}

static bool starts(const char *text, size_t length, const char *prefix)
{
    const size_t size = strlen(prefix);
    return text && length >= size && memcmp(text, prefix, size) == 0;
}

/* ---- taking a command line apart ---- */

/* The value of "pci=", quotes taken off: options separated by commas. */
static void take_pci(struct lists *lists, const char *text, size_t length)
{
    while (length > 0) {
        const char *comma = memchr(text, ',', length);
        const size_t size = comma ? (size_t)(comma - text) : length;

        if (starts(text, size, "disable_acs_redir=")) {
            ims_text_clear(&lists->redirect);
            join(&lists->redirect, ';', text + 18, size - 18);
        } else if (starts(text, size, "config_acs=")) {
            ims_text_clear(&lists->config);
            join(&lists->config, ';', text + 11, size - 11);
        } else if (size > 0) {
            join(&lists->others, ',', text, size);
        }
        text += size + (comma ? 1 : 0);
        length -= size + (comma ? 1 : 0);
    }
}

static bool speaks_of_acs(const char *word, size_t length)
{
    return memmem(word, length, "disable_acs_redir=", 18) ||
           memmem(word, length, "config_acs=", 11);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && starts(text, length, word);
}

static bool turns_off(const char *text, size_t length)
{
    return is_word(text, length, "intel_iommu=off") || is_word(text, length, "amd_iommu=off") ||
           is_word(text, length, "iommu=off");
}

static void take_word(struct lists *lists, const char *word, size_t length)
{
    const char *text = word;
    size_t size = length;

    if (size > 1 && text[0] == '"' && text[size - 1] == '"') {
        text++;
        size -= 2;
    }
    if ((starts(text, size, "pcie_acs_override=") && !lists->keep_override) ||
        (lists->iommu_off && turns_off(text, size))) {
        join(&lists->removed, ' ', word, length);
    } else if (starts(text, size, "pci=") && speaks_of_acs(text, size)) {
        join(&lists->removed, ' ', word, length);
        text += 4;
        size -= 4;
        if (size > 1 && text[0] == '"' && text[size - 1] == '"') {
            text++;
            size -= 2;
        }
        take_pci(lists, text, size);
    } else {
        join(&lists->rest, ' ', word, length);
    }
}

static void take_apart(struct lists *lists, const char *text)
{
    while (*text) {
        size_t length = 0;

        text += strspn(text, " \t\n");
        for (bool quoted = false; text[length] && (quoted || !strchr(" \t\n", text[length]));
             length++)
            quoted ^= text[length] == '"';
        if (length > 0)
            take_word(lists, text, length);
        text += length;
    }
}

/* ---- entries ---- */

/* Whether an entry of one of the lists names a function, and whether by ids. */
static int entry_names(struct ims_separator *separator, const char *option, const char *entry,
                       size_t length, uint32_t function, bool *ret_names, bool *ret_by_id)
{
    struct ims_arena arena = {0};
    struct ims_cmdline cmdline = {0};
    const char *text = ims_arena_printf(&arena, "pci=%s=%.*s", option, (int)length, entry);
    const int r = text ? ims_cmdline_parse(text, &arena, &cmdline) : -ENOMEM;
    const bool config = cmdline.config_count > 0;
    const struct ims_cmdline_entry *entries = config ? cmdline.config : cmdline.disable_redirect;
    const uint32_t count = config ? cmdline.config_count : cmdline.disable_redirect_count;

    *ret_names = r == 0 && count > 0 &&
                 ims_cmdline_match(entries, count, separator->topology,
                                   (struct ims_function){function}) == 0;
    *ret_by_id = *ret_names && entries[0].device.by_id;
    ims_arena_done(&arena);
    return r;
}

/* Takes the entries out that name one of the points; those by ids only where nothing else helps. */
static int filter(struct ims_separator *separator, const char *option, struct ims_text *list,
                  const struct ims_point *points, uint32_t count, bool ids_too)
{
    struct ims_text kept = {0};
    const char *text = list->length > 0 ? ims_text_get(list) : "";
    int r = text ? 0 : -ENOMEM;

    while (r == 0 && *text) {
        const size_t length = strcspn(text, ";");
        bool drop = false;

        for (uint32_t i = 0; r == 0 && !drop && i < count; i++) {
            bool names = false;
            bool by_id = false;

            r = entry_names(separator, option, text, length, points[i].function, &names, &by_id);
            drop = names && (!by_id || ids_too);
        }
        if (!drop && length > 0)
            join(&kept, ';', text, length);
        text += length + (text[length] == ';');
    }
    r = kept.failed ? -ENOMEM : r;
    ims_text_done(list);
    *list = kept;
    return r;
}

/* "1011101@0000:00:1c.0": all implemented bits, the highest first. */
static void spell(struct ims_text *list, const struct ims_function_info *info,
                  const struct ims_point *point)
{
    const struct ims_bits capability = info->acs.capability;
    const struct ims_bits now = info->acs.control;
    char flags[CONFIG_BITS + 1] = {0};
    char address[IMS_ADDRESS_STRING_SIZE];
    const char *text = flags;
    struct ims_text old = *list;

    for (uint32_t bit = 0; bit < CONFIG_BITS; bit++) {
        const uint32_t mask = 1u << bit;
        char digit = 'x';

        if (point->set & mask)
            digit = '1';
        else if (point->clear & mask)
            digit = '0';
        else if (capability.value & now.known & mask)
            digit = now.value & mask ? '1' : '0';
        flags[CONFIG_BITS - 1 - bit] = digit;
    }
    while (text[0] == 'x' && text[1])
        text++;
    *list = (struct ims_text){0};
    ims_text_appendf(list, "%s@%s", text, ims_address_format(info->address, address));
    if (old.length > 0)
        join(list, ';', old.data, old.length);
    list->failed |= old.failed;
    ims_text_done(&old);
}

/* 6.15 and newer, 6.12.23 and newer (D14, R4.19). */
static bool config_works(struct ims_kernel_version version)
{
    if (version.major == 6 && version.minor == 12)
        return version.patch < 0 || version.patch >= 23;
    return !ims_kernel_version_before(version, 6, 15);
}

/* Whether Linux makes of a register what the point wants without any entry for it. */
static int is_default(struct ims_separator *separator, struct ims_ruleset kernel,
                      const struct lists *lists, const struct ims_point *point, bool *ret)
{
    struct ims_arena arena = {0};
    struct ims_cmdline cmdline = {0};
    const char *text = ims_arena_printf(&arena, "pci=disable_acs_redir=%s pci=config_acs=%s",
                                        lists->redirect.length > 0 ? lists->redirect.data : "",
                                        lists->config.length > 0 ? lists->config.data : "");
    const int r = text ? ims_cmdline_parse(text, &arena, &cmdline) : -ENOMEM;

    if (r == 0) {
        const struct ims_acs_registers after =
            ims_boot_registers(separator, kernel, &cmdline, (struct ims_function){point->function});
        const uint32_t wrong = (point->set & ~(after.control.value & after.control.known)) |
                               (point->clear & ~(~after.control.value & after.control.known));
        *ret = wrong == 0;
    }
    ims_arena_done(&arena);
    return r;
}

/* ---- putting it together ---- */

static const char *keep(struct ims_separator *separator, const struct ims_text *text)
{
    return text->failed
               ? NULL
               : ims_arena_strndup(&separator->arena, text->length ? text->data : "", text->length);
}

/* AMD-Vi and others are on unless somebody turns them off; VT-d is off in many builds of Linux. */
static bool is_intel(const struct ims_topology *topology)
{
    const struct ims_machine *machine = ims_topology_machine(topology);

    return machine->acpi_dmar == IMS_YES || machine->iommu_kind == IMS_IOMMU_INTEL;
}

static int finish(struct ims_separator *separator, struct lists *lists,
                  struct ims_boot_options *ret)
{
    struct ims_text pci = {0};
    struct ims_text added = {0};
    struct ims_text whole = {0};

    if (lists->others.length > 0)
        join(&pci, ',', lists->others.data, lists->others.length);
    if (lists->redirect.length > 0) {
        join(&pci, ',', "disable_acs_redir=", 18);
        ims_text_append_bytes(&pci, lists->redirect.data, lists->redirect.length);
    }
    if (lists->config.length > 0) {
        join(&pci, ',', "config_acs=", 11);
        ims_text_append_bytes(&pci, lists->config.data, lists->config.length);
    }
    if (lists->rest.length > 0)
        join(&whole, ' ', lists->rest.data, lists->rest.length);
    if (pci.length > 0) {
        join(&added, ' ', "pci=", 4);
        ims_text_append_bytes(&added, pci.data, pci.length);
    }
    if (lists->iommu_off && is_intel(separator->topology))
        join(&added, ' ', "intel_iommu=on", 14);
    if (added.length > 0)
        join(&whole, ' ', added.data, added.length);
    const bool failed = pci.failed || added.failed || whole.failed || lists->rest.failed ||
                        lists->removed.failed || lists->redirect.failed || lists->config.failed ||
                        lists->others.failed;
    ret->remove = keep(separator, &lists->removed);
    ret->add = keep(separator, &added);
    ret->cmdline = keep(separator, &whole);
    ims_text_done(&pci);
    ims_text_done(&added);
    ims_text_done(&whole);
    if (failed || !ret->remove || !ret->add || !ret->cmdline)
        return -ENOMEM;
    if (strcmp(ret->add, ret->remove) == 0)
        ret->add = ret->remove = "";
    return 0;
}

int ims_boot_options_make(struct ims_separator *separator, struct ims_ruleset kernel,
                          const struct ims_point *points, uint32_t count,
                          struct ims_boot_options *ret)
{
    const char *given = ims_grouping_basis(separator->grouping)->cmdline;
    const bool works = config_works(kernel.version);
    struct lists lists = {
        .iommu_off = ims_topology_machine(separator->topology)->iommu_on == IMS_NO,
        .keep_override = separator->keep_override,
    };
    int r;

    take_apart(&lists, given ? given : "");
    r = filter(separator, "disable_acs_redir", &lists.redirect, points, count, !works);
    if (r == 0)
        r = filter(separator, "config_acs", &lists.config, points, count, !works);
    for (uint32_t i = count; r == 0 && works && i-- > 0;) {
        bool fine = false;

        r = is_default(separator, kernel, &lists, &points[i], &fine);
        if (r == 0 && !fine)
            spell(&lists.config,
                  ims_topology_function(separator->topology,
                                        (struct ims_function){points[i].function}),
                  &points[i]);
    }
    if (r == 0)
        r = finish(separator, &lists, ret);
    lists_done(&lists);
    return r;
}

int ims_boot_options_redirect(struct ims_separator *separator, struct ims_function function,
                              struct ims_boot_options *ret)
{
    const char *given = ims_grouping_basis(separator->grouping)->cmdline;
    struct lists lists = {
        .iommu_off = ims_topology_machine(separator->topology)->iommu_on == IMS_NO,
        .keep_override = separator->keep_override,
    };
    char address[IMS_ADDRESS_STRING_SIZE];
    int r;

    take_apart(&lists, given ? given : "");
    ims_address_format(ims_topology_function(separator->topology, function)->address, address);
    join(&lists.redirect, ';', address, strlen(address));
    r = finish(separator, &lists, ret);
    lists_done(&lists);
    return r;
}

int ims_options_spare(struct ims_separator *separator, struct ims_point *points, uint32_t *count)
{
    const char *given = ims_grouping_basis(separator->grouping)->cmdline;
    struct ims_arena arena = {0};
    struct ims_cmdline cmdline;
    const int r = ims_cmdline_parse(given, &arena, &cmdline);
    uint32_t kept = 0;

    for (uint32_t i = 0; r == 0 && i < *count; i++) {
        const struct ims_function function = {points[i].function};
        const bool named =
            ims_cmdline_match(cmdline.disable_redirect, cmdline.disable_redirect_count,
                              separator->topology, function) < cmdline.disable_redirect_count ||
            ims_cmdline_match(cmdline.config, cmdline.config_count, separator->topology, function) <
                cmdline.config_count;

        if (!named || ims_is_bridge(ims_topology_function(separator->topology, function)))
            points[kept++] = points[i];
    }
    if (r == 0)
        *count = kept;
    ims_arena_done(&arena);
    return r;
}
