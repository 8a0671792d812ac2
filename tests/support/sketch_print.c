/* SPDX-License-Identifier: MIT */
#include "sketch.h"

#include <inttypes.h>
#include <string.h>

static const char *type_name(const struct sketch_function *function)
{
    static const char *const endpoint[] = {"ep", "lep", NULL, NULL,    NULL,  NULL,
                                           NULL, NULL,  NULL, "rciep", "rcec"};
    static const char *const bridge[] = {NULL, NULL, NULL, NULL, "rp", "usp", "dsp", "p2p", "rp2p"};
    if (function->type == SKETCH_CONVENTIONAL) {
        static const char *const conventional[] = {"conv", "convbr", "cardbus"};
        return conventional[function->header];
    }
    if (function->header == 0 && function->type < 11)
        return endpoint[function->type];
    if (function->header == 1 && function->type < 9)
        return bridge[function->type];
    return NULL;
}

static void print_address(FILE *stream, const char *key, struct ims_address address)
{
    fprintf(stream, "%s%04x:%02x:%02x.%x", key, address.segment, address.bus, address.devfn >> 3,
            address.devfn & 7u);
}

static void print_window(FILE *stream, const char *key, const struct sketch_window *window)
{
    if (window->set)
        fprintf(stream, " %s=%" PRIx64 "-%" PRIx64, key, window->base, window->limit);
}

static void print_acs(FILE *stream, const struct sketch_function *function)
{
    if (function->acs == SKETCH_UNKNOWN) {
        fprintf(stream, " acs=?");
    } else if (function->acs == SKETCH_YES) {
        fprintf(stream, " acs=%02x/", function->acs_cap);
        if (function->acs_ctrl_unknown)
            fprintf(stream, "?");
        else
            fprintf(stream, "%02x", function->acs_ctrl);
    }
}

static void print_flags(FILE *stream, const struct sketch_function *function)
{
    const struct {
        bool on;
        const char *text;
    } flags[] = {
        {function->spt, "spt"},     {function->no_ext, "ext=no"},   {function->pcix2, "pcix=266"},
        {function->ari, "ari"},     {function->arifwd, "arifwd"},   {function->nobar, "nobar"},
        {function->bar, "bar"},     {function->rom, "rom"},         {function->nocfg, "nocfg"},
        {function->cfg64, "cfg64"}, {function->on_root, "on_root"},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].on)
            fprintf(stream, " %s", flags[i].text);
    }
    if (function->mf_stated)
        fprintf(stream, " mf=%s",
                function->mf == SKETCH_YES  ? "yes"
                : function->mf == SKETCH_NO ? "no"
                                            : "?");
}

/* With a comma or a slash where a blank would end the word. */
static void print_joined(FILE *stream, const char *key, const char *text, char joint)
{
    fprintf(stream, " %s=", key);
    for (; *text; text++)
        fputc(*text == ' ' ? joint : *text, stream);
}

static void print_ownership(FILE *stream, const struct sketch_function *function)
{
    if (function->override_stated)
        fprintf(stream, " override=%s", function->override[0] ? function->override : "none");
    if (function->reset_stated)
        print_joined(stream, "reset", function->reset[0] ? function->reset : "none", ',');
    if (function->vfio_device)
        fprintf(stream, " vfiodev");
    if (function->stuck)
        fprintf(stream, " stuck");
}

static void print_group(FILE *stream, const struct sketch_group *group)
{
    fprintf(stream, "group %u", group->number);
    if (group->name[0])
        fprintf(stream, " name=%s", group->name);
    if (group->reserved[0])
        print_joined(stream, "reserved", group->reserved, '/');
    if (group->other[0])
        fprintf(stream, " other=%s/%s", group->other, group->other_driver);
    fprintf(stream, "\n");
}

static void print_function(FILE *stream, const struct sketch_function *function)
{
    const char *name = type_name(function);
    print_address(stream, "", function->address);
    if (name)
        fprintf(stream, " %s ", name);
    else
        fprintf(stream, " type=%x ", (unsigned)function->type);
    for (unsigned i = 0; i < function->id_count; i++)
        fprintf(stream, "%s%04x:%04x", i ? "|" : "", function->ids[i].vendor,
                function->ids[i].device);
    if (function->header)
        fprintf(stream, " bus=%02x-%02x", function->secondary, function->subordinate);
    fprintf(stream, " class=%06x", function->class_code);
    print_acs(stream, function);
    print_flags(stream, function);
    if (function->is_vf)
        print_address(stream, " vf of=", function->physfn);
    if (function->sriov)
        fprintf(stream, " sriov=%x/%x/%x/%x/%04x", function->sriov_total, function->sriov_num,
                function->sriov_offset, function->sriov_stride, function->sriov_vf_device);
    if (function->subsystem.vendor || function->subsystem.device)
        fprintf(stream, " subsys=%04x:%04x", function->subsystem.vendor,
                function->subsystem.device);
    print_window(stream, "io", &function->io);
    print_window(stream, "mem", &function->mem);
    print_window(stream, "pref", &function->pref);
    sketch_fabric_print(function, stream);
    if (function->vmd_stated)
        print_address(stream, " vmd=", function->vmd);
    if (function->group_state == IMS_GROUP_NONE)
        fprintf(stream, " group=none");
    else if (function->group_state == IMS_GROUP_KNOWN)
        fprintf(stream, " group=%u", function->group);
    if (function->driver_stated)
        fprintf(stream, " driver=%s", function->driver[0] ? function->driver : "none");
    if (function->iommu[0])
        fprintf(stream, " iommu=%s", function->iommu);
    if (function->pm[0])
        fprintf(stream, " pm=%s", function->pm);
    if (function->power[0])
        fprintf(stream, " power=%s", function->power);
    print_ownership(stream, function);
    for (unsigned i = 0; i < function->raw_count; i++) {
        if (function->raw[i].unknown)
            fprintf(stream, " cfg %x=?", function->raw[i].offset);
        else
            fprintf(stream, " cfg %x=%08x", function->raw[i].offset, function->raw[i].value);
    }
    fprintf(stream, "\n");
}

static void print_tristate(FILE *stream, const char *key, enum ims_tristate state)
{
    if (state != IMS_UNKNOWN)
        fprintf(stream, " %s=%s", key, state == IMS_YES ? "yes" : "no");
}

static void print_tables(FILE *stream, const struct sketch_machine *machine)
{
    for (unsigned i = 0; i < IMS_ACPI_TABLE_COUNT; i++) {
        const struct sketch_table *table = &machine->tables[i];
        if (table->size_bytes == 0)
            continue;
        fprintf(stream, "table %s ", ims_acpi_table_to_string((enum ims_acpi_table)i));
        for (unsigned at = 0; at < table->size_bytes; at++)
            fprintf(stream, "%02x", table->bytes[at]);
        fprintf(stream, "\n");
    }
}

void sketch_print(const struct sketch *sketch, FILE *stream)
{
    static const char *const kinds[] = {"unknown", "intel", "amd", "arm-smmu", "virtio", "other"};
    const struct sketch_machine *machine = &sketch->machine;
    fprintf(stream, "machine");
    if (machine->kernel[0])
        fprintf(stream, " kernel=%s", machine->kernel);
    if (machine->cmdline[0])
        fprintf(stream, " cmdline=\"%s\"", machine->cmdline);
    if (machine->arch[0])
        fprintf(stream, " arch=%s", machine->arch);
    print_tristate(stream, "iommu", machine->iommu_on);
    print_tristate(stream, "ivrs", machine->ivrs);
    print_tristate(stream, "dmar", machine->dmar);
    print_tristate(stream, "groups", machine->groups_stated);
    if (machine->kind != IMS_IOMMU_UNKNOWN)
        fprintf(stream, " kind=%s", kinds[machine->kind]);
    print_tristate(stream, "ir", machine->interrupt_remapping);
    print_tristate(stream, "unsafe", machine->unsafe_interrupts);
    print_tristate(stream, "kvm", machine->kvm_assignment);
    fprintf(stream, "\n");
    for (unsigned i = 0; i < machine->group_count; i++)
        print_group(stream, &machine->groups[i]);
    print_tables(stream, machine);
    for (unsigned i = 0; i < sketch->count; i++)
        print_function(stream, &sketch->functions[i]);
}
