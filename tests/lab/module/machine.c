// SPDX-License-Identifier: GPL-2.0
/*
 * The lines that describe a machine. Numbers are hexadecimal, addresses SSSS:BB:DD.F.
 *
 *   machine NAME [hot]           a new machine; hot: the IOMMU is there first
 *   acs                          an IOMMU driver has asked for ACS
 *   param disable_acs_redir=...  an option of pci=, and so config_acs=
 *   root SSSS:BB-BB [vmd ADDR]   a host bridge and its buses, in the order of scanning
 *   fn ADDR SIZE                 a function; the lines below are about it
 *   cfg OFFSET BYTES             configuration space, hex digits
 *   rw OFFSET BYTES              the bits of it that can be written
 *   watch OFFSET                 say what this word reads in the end
 *   unmanaged                    the IOMMU driver refuses it
 *   vfs COUNT                    virtual functions to enable after the groups are made
 */

#include "lab.h"

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#include <linux/hex.h>
#endif

void lab_machine_init(struct lab_machine *machine)
{
    memset(machine, 0, sizeof(*machine));
    INIT_LIST_HEAD(&machine->roots);
    INIT_LIST_HEAD(&machine->functions);
}

void lab_machine_clear(struct lab_machine *machine)
{
    struct lab_function *function, *next_function;
    struct lab_root *root, *next_root;

    list_for_each_entry_safe (function, next_function, &machine->functions, link) {
        kvfree(function->bytes);
        kfree(function);
    }
    list_for_each_entry_safe (root, next_root, &machine->roots, link)
        kfree(root);
    lab_machine_init(machine);
}

struct lab_function *lab_machine_find(const struct lab_machine *machine, u32 segment, u8 bus,
                                      u8 devfn)
{
    struct lab_function *function;

    list_for_each_entry (function, &machine->functions, link) {
        if (function->address.segment == segment && function->address.bus == bus &&
            function->address.devfn == devfn)
            return function;
    }
    return NULL;
}

static int parse_address(const char *text, struct lab_address *ret)
{
    unsigned int segment, bus, slot, function;
    int used = 0;

    if (!text || sscanf(text, "%x:%x:%x.%x%n", &segment, &bus, &slot, &function, &used) != 4 ||
        text[used] != '\0' || bus > 0xff || slot > 0x1f || function > 7)
        return -EINVAL;
    *ret = (struct lab_address){segment, bus, PCI_DEVFN(slot, function)};
    return 0;
}

static int take_machine(struct lab_machine *machine, char *rest)
{
    const char *name = strsep(&rest, " ");

    lab_machine_clear(machine);
    if (!*name || strscpy(machine->name, name, sizeof(machine->name)) < 0)
        return -EINVAL;
    machine->hot = rest && strcmp(rest, "hot") == 0;
    return rest && !machine->hot ? -EINVAL : 0;
}

static int take_root(struct lab_machine *machine, char *rest)
{
    const char *range = strsep(&rest, " ");
    unsigned int segment, first, last;
    struct lab_root *root;

    if (sscanf(range, "%x:%x-%x", &segment, &first, &last) != 3 || first > last || last > 0xff)
        return -EINVAL;
    root = kzalloc(sizeof(*root), GFP_KERNEL);
    if (!root)
        return -ENOMEM;
    root->segment = segment;
    root->first = first;
    root->last = last;
    list_add_tail(&root->link, &machine->roots);
    if (!rest)
        return 0;
    root->vmd = true;
    if (strncmp(rest, "vmd ", 4) != 0)
        return -EINVAL;
    return parse_address(rest + 4, &root->vmd_endpoint);
}

static int take_function(struct lab_machine *machine, char *rest)
{
    struct lab_function *function;
    struct lab_address address;
    unsigned int size;

    if (parse_address(strsep(&rest, " "), &address) < 0 || !rest || kstrtouint(rest, 16, &size) ||
        size > LAB_CONFIG_SIZE ||
        lab_machine_find(machine, address.segment, address.bus, address.devfn))
        return -EINVAL;
    function = kzalloc(sizeof(*function), GFP_KERNEL);
    if (!function)
        return -ENOMEM;
    function->bytes = kvzalloc(2 * LAB_CONFIG_SIZE, GFP_KERNEL);
    if (!function->bytes) {
        kfree(function);
        return -ENOMEM;
    }
    function->address = address;
    function->size = size;
    list_add_tail(&function->link, &machine->functions);
    machine->current_function = function;
    return 0;
}

static int take_bytes(struct lab_function *function, char *rest, u8 *to)
{
    unsigned int offset;
    size_t length;

    if (!function || kstrtouint(strsep(&rest, " "), 16, &offset) || !rest)
        return -EINVAL;
    length = strlen(rest) / 2;
    if (offset > LAB_CONFIG_SIZE || length > LAB_CONFIG_SIZE - offset || rest[2 * length])
        return -EINVAL;
    return hex2bin(to + offset, rest, length);
}

static int take_watch(struct lab_function *function, const char *rest)
{
    if (!function || function->watch_count == LAB_WATCH_MAX ||
        kstrtou16(rest, 16, &function->watch[function->watch_count]) ||
        function->watch[function->watch_count] > LAB_CONFIG_SIZE - 2)
        return -EINVAL;
    function->watch_count++;
    return 0;
}

static int take_param(struct lab_machine *machine, const char *rest)
{
    static const char redirect[] = "disable_acs_redir=", config[] = "config_acs=";

    if (strncmp(rest, redirect, sizeof(redirect) - 1) == 0)
        return strscpy(machine->disable_acs_redir, rest + sizeof(redirect) - 1,
                       sizeof(machine->disable_acs_redir));
    if (strncmp(rest, config, sizeof(config) - 1) == 0)
        return strscpy(machine->config_acs, rest + sizeof(config) - 1, sizeof(machine->config_acs));
    return -EINVAL;
}

int lab_machine_line(struct lab_machine *machine, char *line)
{
    struct lab_function *function = machine->current_function;
    const char *word = strsep(&line, " ");
    char none[] = "";
    char *rest = line ? line : none;

    if (strcmp(word, "machine") == 0)
        return take_machine(machine, rest);
    if (strcmp(word, "root") == 0)
        return take_root(machine, rest);
    if (strcmp(word, "fn") == 0)
        return take_function(machine, rest);
    if (strcmp(word, "cfg") == 0)
        return take_bytes(function, rest, function ? function->bytes : NULL);
    if (strcmp(word, "rw") == 0)
        return take_bytes(function, rest, function ? function->bytes + LAB_CONFIG_SIZE : NULL);
    if (strcmp(word, "watch") == 0)
        return take_watch(function, rest);
    if (strcmp(word, "param") == 0)
        return take_param(machine, rest);
    if (strcmp(word, "acs") == 0) {
        machine->acs_wanted = true;
        return 0;
    }
    if (strcmp(word, "unmanaged") == 0 && function) {
        function->unmanaged = true;
        return 0;
    }
    if (strcmp(word, "vfs") == 0 && function)
        return kstrtou16(rest, 16, &function->vf_count);
    return -EINVAL;
}
