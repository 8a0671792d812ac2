/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "cli/print.h"

static const struct ims_option_row rows[IMS_OPTION_MAX] = {
    {IMS_OPTION_INPUT, 'F', "input", "PATH", "FILE",
     "read PATH instead of this machine: a sysfs tree, a host root, an lspci dump or text, a "
     "kernel "
     "log, a snapshot; - is standard input"},
    {IMS_OPTION_SYSROOT, 0, "sysroot", "DIR", "DIR", "read the host whose root directory is DIR"},
    {IMS_OPTION_GROUPS, 0, "groups", "FILE", "FILE",
     "read the kernel's groups from FILE, a kernel log or the output of the usual shell loop"},
    {IMS_OPTION_PCI_IDS, 'i', "pci-ids", "FILE", "FILE",
     "read names in pasted text back into ids with FILE instead of the system's pci.ids"},
    {IMS_OPTION_WAKE, 0, "wake", NULL, NULL, "read devices in D3cold too, which wakes them"},
    {IMS_OPTION_RULES, 0, "rules", "SET",
     "linux linux-4.4 linux-5.4 linux-5.10 linux-5.15 linux-6.1 linux-6.6 linux-6.8 linux-6.12 "
     "linux-6.17 linux-6.18 linux-7.0 linux-7.3 linux-proposed-2025 fabric",
     "who judges: linux (the kernel of the input, else the newest), linux-4.4 to linux-7.3, "
     "linux-proposed-2025; groups also: fabric (the registers, no kernel)"},
    {IMS_OPTION_ACS, 0, "acs", "MODE", "as-is as-linux-sets",
     "judge the ACS registers as-is or as-linux-sets them when it uses an IOMMU"},
    {IMS_OPTION_PROBE, 0, "probe", "MODE", "boot hot-added",
     "functions meet the IOMMU driver at boot or were hot-added or rescanned one by one"},
    {IMS_OPTION_CMDLINE, 0, "cmdline", "TEXT", NULL,
     "judge by this kernel command line instead of the one of the input"},
    {IMS_OPTION_ALL_MANAGED, 0, "all-managed", NULL, NULL,
     "group functions too that the kernel left without a group"},
    {IMS_OPTION_JSON, 'J', "json", NULL, NULL, "print the document as JSON"},
    {IMS_OPTION_TREE, 't', "tree", NULL, NULL, "the same as the command tree"},
    {IMS_OPTION_OUTPUT, 'o', "output", "COL,...", "COLUMNS",
     "columns to print; +COL,... adds to the default ones"},
    {IMS_OPTION_NOHEADINGS, 0, "noheadings", NULL, NULL, "print no line of headings"},
    {IMS_OPTION_SLOT, 's', "slot", "[[[[DOM]:]BUS]:][DEV][.[FN]]", "ADDRESS",
     "show functions at these addresses only; * or nothing stands for any"},
    {IMS_OPTION_DEVICE, 'd', "device", "[VENDOR]:[DEVICE][:CLASS[:PROG]]", NULL,
     "show functions with these ids only"},
    {IMS_OPTION_NUMERIC, 'n', "numeric", NULL, NULL, "numbers instead of names; -nn both"},
    {IMS_OPTION_DOMAIN, 'D', "domain", NULL, NULL, "always print the segment of an address"},
    {IMS_OPTION_MODULES, 'k', "modules", NULL, NULL, "print kernel modules beside the driver"},
    {IMS_OPTION_VERBOSE, 'v', "verbose", NULL, NULL, "more columns, and every note"},
    {IMS_OPTION_QUIRKS, 0, "quirks", NULL, NULL, "list the quirk rows"},
    {IMS_OPTION_MARKDOWN, 0, "markdown", NULL, NULL, "print the catalogue as a markdown page"},
    {IMS_OPTION_SERIALS, 0, "serials", NULL, NULL, "keep serial numbers and MAC addresses"},
    {IMS_OPTION_WRITE, 0, "write", "ADDR", NULL, "the request is a write to this address (hex)"},
    {IMS_OPTION_READ, 0, "read", "ADDR", NULL, "the request is a read from this address (hex)"},
    {IMS_OPTION_IO, 0, "io", NULL, NULL, "the address is one of I/O space, not of memory"},
    {IMS_OPTION_AT, 0, "at", "TYPE", "untranslated translation-request translated",
     "address type of the request: untranslated, translation-request, translated (ATS)"},
    {IMS_OPTION_AS, 0, "as", "RID", "ADDRESS", "forge this requester id (BB:DD.F)"},
    {IMS_OPTION_RC, 0, "rc", "PROFILE", "auto translate-first unknown none direct",
     "what the root complex does between its ports: auto (from evidence), translate-first, "
     "unknown, none (no peer traffic), direct"},
    {IMS_OPTION_THREAT, 0, "threat", "MODEL", "tm0 tm1 tm2",
     "what the attacker can do: tm0 chooses addresses, tm1 also sends translated requests, tm2 "
     "also "
     "forges requester ids"},
    {IMS_OPTION_CERTAINTY, 0, "certainty", "WHICH", "must may",
     "with --rules fabric, join functions that must reach each other or that may (the default); "
     "assign: count what is certain only, or also what is possible"},
    {IMS_OPTION_GUEST_RAM, 0, "guest-ram", "LAYOUT", NULL,
     "warn where guest memory at FIRST-LAST,... (hex, inclusive) overlaps hazard ranges"},
    {IMS_OPTION_FORMAT, 0, "format", "FORMAT",
     "text json sarif junit libvirt qemu qemu-iommufd proxmox",
     "print as text, json, sarif or junit; of hostdev: libvirt, qemu, qemu-iommufd, proxmox or "
     "json"},
    {IMS_OPTION_FAIL_ON, 0, "fail-on", "SEVERITY", "info low medium high critical",
     "exit with 3 for findings of this severity or above (default high)"},
    {IMS_OPTION_DRIVER, 0, "driver", "NAME", "vfio-pci pci-stub",
     "bind to NAME (vfio-pci when not given): vfio-pci, a variant of it, or pci-stub"},
    {IMS_OPTION_COMPANIONS, 0, "companions", "MODE", "auto vfio stub",
     "members that were not named: auto (functions of the same device like it, others on "
     "pci-stub), "
     "vfio, stub"},
    {IMS_OPTION_ALLOW_LOSS, 0, "allow-loss", "A", NULL,
     "accept that the host loses what uses function A; once for each function"},
    {IMS_OPTION_PLAN, 0, "plan", "FILE", "FILE",
     "carry out the plan that plan --json wrote to FILE; - is standard input"},
    {IMS_OPTION_DRY_RUN, 0, "dry-run", NULL, NULL, "print the plan and change nothing"},
    {IMS_OPTION_FORWARD, 0, "forward", NULL, NULL, "complete what was interrupted"},
    {IMS_OPTION_BACK, 0, "back", NULL, NULL, "undo what was interrupted"},
    {IMS_OPTION_OPEN, 0, "open", NULL, NULL,
     "ask VFIO too: opens the group for a moment, and no device"},
    {IMS_OPTION_SAVE, 0, "save", "FILE", "FILE",
     "write the edited machine to FILE as a snapshot, which is input again; with - instead of the "
     "answer"},
    {IMS_OPTION_FOR, 0, "for", "LOADER", "grub grubby systemd-boot proxmox",
     "print options of the kernel as lines for grub, grubby, systemd-boot or proxmox"},
    {IMS_OPTION_PERSIST, 0, "persist", NULL, NULL,
     "at every boot too: write a claim file, or remove all that was written for it"},
    {IMS_OPTION_NAME, 0, "name", "NAME", NULL, "the name of the claim that survives a boot"},
    {IMS_OPTION_ACCESS, 0, "access", "WHO", NULL,
     "with --persist: user:NAME or group:NAME may open the group"},
    {IMS_OPTION_COLOR, 0, "color", "WHEN", "auto never always",
     "colour the output: auto (on a terminal), never, always"},
    {IMS_OPTION_ASCII, 0, "ascii", NULL, NULL, "use no characters beyond ASCII"},
    {IMS_OPTION_HELP, 'h', "help", NULL, NULL, "print this help"},
    {IMS_OPTION_VERSION, 'V', "version", NULL, NULL, "print the version"},
    {IMS_OPTION_DUMP_COMMANDS, 0, "dump-commands", NULL, NULL, NULL},
    {IMS_OPTION_DUMP_COMPLETION, 0, "dump-completion", NULL, NULL, NULL},
};

const struct ims_option_row *ims_option_at(unsigned id)
{
    return id < IMS_OPTION_MAX ? &rows[id] : NULL;
}

/* getopt's view of the table. Long options return their id above every letter. */
#define LONG_BASE 256

static void build_getopt(struct option *longs, char *letters)
{
    *letters++ = ':';
    for (unsigned i = 0; i < IMS_OPTION_MAX; i++) {
        longs[i] = (struct option){.name = rows[i].name,
                                   .has_arg = rows[i].argument ? required_argument : no_argument,
                                   .val = LONG_BASE + (int)i};
        if (!rows[i].letter)
            continue;
        *letters++ = rows[i].letter;
        if (rows[i].argument)
            *letters++ = ':';
    }
    longs[IMS_OPTION_MAX] = (struct option){0};
    *letters = '\0';
}

/* The place of a word in a list separated by blanks, or -1. */
static int word_index(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (int index = 0; *list; index++) {
        size_t size = strcspn(list, " ");

        if (size == length && strncmp(list, word, size) == 0)
            return index;
        list += size + (list[size] == ' ' ? 1 : 0);
    }
    return -1;
}

/* A word out of the values of a row, as its index; 0 when it is none of them. */
static int read_word(const struct ims_option_row *row, const char *argument, int *ret)
{
    const int index = word_index(row->values, argument);

    *ret = index < 0 ? 0 : index;
    if (index >= 0)
        return 0;
    ims_print_error("--%s: '%s' is none of: %s", row->name, argument, row->values);
    return -EINVAL;
}

static int read_selector(const struct ims_option_row *row, const char *argument,
                         struct ims_options *options)
{
    int code = row->id == IMS_OPTION_SLOT ? ims_selector_parse_slot(argument, &options->selector)
                                          : ims_selector_parse_device(argument, &options->selector);

    if (code < 0)
        ims_print_error("-%c: '%s' is not of the form %s", row->letter, argument, row->argument);
    return code;
}

/* "0xfe000000" or "fe000000". */
static int read_address(const struct ims_option_row *row, const char *argument,
                        struct ims_options *options)
{
    if (ims_number_hex_prefixed(argument, strlen(argument), UINT64_MAX, &options->address) == 0)
        return 0;
    ims_print_error("--%s: '%s' is no hexadecimal address", row->name, argument);
    return -EINVAL;
}

static int read_requester(const struct ims_option_row *row, const char *argument,
                          struct ims_options *options)
{
    if (ims_address_parse(argument, &options->requester) == 0)
        return 0;
    ims_print_error("--%s: '%s' is no requester id (BB:DD.F)", row->name, argument);
    return -EINVAL;
}

/* The options of plans. */
static int apply_ownership(const struct ims_option_row *row, const char *argument,
                           struct ims_options *options)
{
    int word = 0;
    int code = 0;

    if (row->id == IMS_OPTION_DRIVER) {
        options->driver = argument;
    } else if (row->id == IMS_OPTION_PLAN) {
        options->plan = argument;
    } else if (row->id == IMS_OPTION_COMPANIONS) {
        code = read_word(row, argument, &word);
        options->companions = (enum ims_companions)word; /* in the order of the words */
    } else if (options->allow_loss_count < IMS_ALLOW_LOSS_MAX) {
        options->allow_loss[options->allow_loss_count++] = argument;
    } else {
        ims_print_error("--%s may be given %u times at most", row->name, IMS_ALLOW_LOSS_MAX);
        code = -EINVAL;
    }
    return code;
}

/* The options of the fabric, and what follows them in the table. */
static int apply_fabric(const struct ims_option_row *row, const char *argument,
                        struct ims_options *options)
{
    /* In the order of the words. */
    static const enum ims_format formats[] = {
        IMS_FORMAT_TEXT,    IMS_FORMAT_JSON, IMS_FORMAT_SARIF,        IMS_FORMAT_JUNIT,
        IMS_FORMAT_LIBVIRT, IMS_FORMAT_QEMU, IMS_FORMAT_QEMU_IOMMUFD, IMS_FORMAT_PROXMOX,
    };
    int word = 0;
    int code = 0;

    if (row->id == IMS_OPTION_WRITE || row->id == IMS_OPTION_READ)
        return read_address(row, argument, options);
    if (row->id == IMS_OPTION_AS)
        return read_requester(row, argument, options);
    if (row->id == IMS_OPTION_IO)
        return 0; /* the bit in "given" says it all */
    if (row->id == IMS_OPTION_GUEST_RAM) {
        options->guest_ram = argument;
        return 0;
    }
    code = read_word(row, argument, &word);
    if (code < 0)
        return code;
    if (row->id == IMS_OPTION_AT)
        options->at = word == 0   ? IMS_TLP_UNTRANSLATED
                      : word == 1 ? IMS_TLP_TRANSLATION_REQUEST
                                  : IMS_TLP_TRANSLATED;
    else if (row->id == IMS_OPTION_RC)
        code = ims_fabric_rc_parse(argument, &options->rc);
    else if (row->id == IMS_OPTION_THREAT)
        options->threat = (enum ims_fabric_threat)word;
    else if (row->id == IMS_OPTION_CERTAINTY)
        options->certainty = word == 0 ? IMS_FABRIC_MUST : IMS_FABRIC_MAY;
    else if (row->id == IMS_OPTION_FORMAT)
        options->format = formats[word];
    else
        code = ims_severity_parse(argument, &options->fail_on);
    return code;
}

/* Who is to open the group, and what the claim is called. */
static int apply_persistence(const struct ims_option_row *row, const char *argument,
                             struct ims_options *options)
{
    if (row->id == IMS_OPTION_NAME) {
        options->name = argument;
        if (ims_claim_name_is_valid(argument))
            return 0;
        ims_print_error("--name: '%s' is no name of a claim: letters, digits, '-', '_' and '.', at "
                        "most %u of them",
                        argument, IMS_CLAIM_NAME_SIZE - 1);
        return -EINVAL;
    }
    const bool is_user = strncmp(argument, "user:", 5) == 0;

    options->access = is_user ? IMS_ACCESS_USER : IMS_ACCESS_GROUP;
    options->access_name = argument + (is_user ? 5 : 6);
    if ((is_user || strncmp(argument, "group:", 6) == 0) && options->access_name[0])
        return 0;
    ims_print_error("--access: '%s' is not of the form user:NAME or group:NAME", argument);
    return -EINVAL;
}

static int apply(const struct ims_option_row *row, const char *argument,
                 struct ims_options *options)
{
    int word = 0;
    int code = 0;

    options->given |= UINT64_C(1) << row->id;
    switch ((int)row->id) {
    case IMS_OPTION_INPUT:
        options->input = argument;
        break;
    case IMS_OPTION_SYSROOT:
        options->sysroot = argument;
        break;
    case IMS_OPTION_GROUPS:
        options->groups = argument;
        break;
    case IMS_OPTION_PCI_IDS:
        options->pci_ids = argument;
        break;
    case IMS_OPTION_RULES:
        options->fabric = strcmp(argument, "fabric") == 0;
        options->rules = options->fabric ? NULL : argument;
        break;
    case IMS_OPTION_CMDLINE:
        options->cmdline = argument;
        break;
    case IMS_OPTION_SAVE:
        options->save = argument;
        break;
    case IMS_OPTION_OUTPUT:
        options->output = argument;
        break;
    case IMS_OPTION_ACS:
        code = read_word(row, argument, &word);
        options->acs = word == 0 ? IMS_ACS_AS_IS : IMS_ACS_AS_LINUX_SETS;
        break;
    case IMS_OPTION_PROBE:
        code = read_word(row, argument, &word);
        options->probe = word == 0 ? IMS_PROBE_BOOT : IMS_PROBE_HOT_ADDED;
        break;
    case IMS_OPTION_FOR:
        code = read_word(row, argument, &word);
        options->loader = (enum ims_bootloader)(word + 1); /* in the order of the words */
        break;
    case IMS_OPTION_COLOR:
        code = read_word(row, argument, &word);
        options->colour = (enum ims_colour_mode)word;
        break;
    case IMS_OPTION_SLOT:
    case IMS_OPTION_DEVICE:
        code = read_selector(row, argument, options);
        break;
    case IMS_OPTION_NAME:
    case IMS_OPTION_ACCESS:
        code = apply_persistence(row, argument, options);
        break;
    case IMS_OPTION_NUMERIC:
        options->numeric++;
        break;
    case IMS_OPTION_VERBOSE:
        options->verbose++;
        break;
    default:
        if (row->id >= IMS_OPTION_WRITE && row->id <= IMS_OPTION_FAIL_ON)
            code = apply_fabric(row, argument, options);
        else if (row->id >= IMS_OPTION_DRIVER && row->id <= IMS_OPTION_PLAN)
            code = apply_ownership(row, argument, options);
        break; /* of others the bit in "given" says it all */
    }
    return code;
}

static const struct ims_option_row *row_of(int value)
{
    if (value >= LONG_BASE)
        return &rows[value - LONG_BASE];
    for (unsigned i = 0; i < IMS_OPTION_MAX; i++)
        if (rows[i].letter == value)
            return &rows[i];
    return NULL;
}

static int complain(int value, char **argv)
{
    const char *word = argv[optind > 0 ? optind - 1 : 0];

    if (value == ':')
        ims_print_error("option '%s' needs an argument (see --help)", word);
    else if (optopt > 0 && optopt < LONG_BASE)
        ims_print_error("unknown option '-%c' (see --help)", optopt);
    else
        ims_print_error("option '%s' is unknown, ambiguous or takes no argument (see --help)",
                        word);
    return -EINVAL;
}

int ims_options_read(int argc, char **argv, struct ims_options *ret)
{
    struct option longs[IMS_OPTION_MAX + 1];
    char letters[2 * IMS_OPTION_MAX + 2];
    struct ims_options options = {.certainty = IMS_FABRIC_MAY, .fail_on = IMS_SEVERITY_HIGH};
    int value;

    build_getopt(longs, letters);
    opterr = 0;
    while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        const struct ims_option_row *row = row_of(value);
        int code = value == '?' || value == ':' || !row ? complain(value, argv)
                                                        : apply(row, optarg, &options);

        if (code < 0)
            return code;
    }
    if (options.input && options.sysroot) {
        ims_print_error("--input and --sysroot exclude each other");
        return -EINVAL;
    }
    options.words = argv + optind;
    options.word_count = argc - optind;
    *ret = options;
    return 0;
}
