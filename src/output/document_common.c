/* SPDX-License-Identifier: MIT */
/* The frame of every document: who judged what, what is worth a note, what could not be known. */
#include <string.h>

#include "output/document_parts.h"

bool ims_selector_matches(const struct ims_selector *selector, const struct ims_function_info *info)
{
    bool id_matches = !selector->has_vendor_id && !selector->has_device_id;

    if ((selector->has_segment && selector->segment != info->address.segment) ||
        (selector->has_bus && selector->bus != info->address.bus) ||
        (selector->has_device && selector->device != ims_address_device(info->address)) ||
        (selector->has_function && selector->function != ims_address_function(info->address)))
        return false;
    for (uint32_t i = 0; i < info->id_count && !id_matches; i++)
        id_matches = (!selector->has_vendor_id || selector->vendor_id == info->ids[i].vendor) &&
                     (!selector->has_device_id || selector->device_id == info->ids[i].device);
    if (!id_matches)
        return false;
    return ims_bits_all_known(info->class_code, selector->class_mask) &&
           (info->class_code.value & selector->class_mask) ==
               (selector->class_code & selector->class_mask);
}

json_t *ims_part_address(const struct ims_subject *subject, struct ims_function function)
{
    if (ims_function_is_none(function))
        return json_null();
    return ims_make_address(ims_topology_function(subject->topology, function)->address);
}

bool ims_part_kernel_groups_known(const struct ims_subject *subject)
{
    uint32_t count = ims_topology_function_count(subject->topology);

    for (uint32_t i = 0; i < count; i++)
        if (ims_topology_function(subject->topology, (struct ims_function){i})
                ->record->group_state == IMS_GROUP_KNOWN)
            return true;
    return false;
}

static json_t *machine_part(struct ims_maker *maker, const struct ims_machine *machine)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "source", ims_make_string(machine->source_kind));
    ims_make_set(maker, object, "live", ims_make_tristate(machine->is_live));
    ims_make_set(maker, object, "kernel", ims_make_string(machine->kernel_release));
    ims_make_set(maker, object, "architecture", ims_make_string(machine->architecture));
    ims_make_set(maker, object, "product", ims_make_string(machine->product));
    ims_make_set(maker, object, "cmdline", ims_make_string(machine->cmdline));
    ims_make_set(maker, object, "iommu",
                 ims_make_string(ims_iommu_kind_to_string(machine->iommu_kind)));
    ims_make_set(maker, object, "iommu_on", ims_make_tristate(machine->iommu_on));
    return object;
}

static json_t *segments_part(struct ims_maker *maker, const struct ims_subject *subject)
{
    json_t *array = json_array();
    uint32_t count = ims_topology_function_count(subject->topology);
    uint32_t last = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t segment =
            ims_topology_function(subject->topology, (struct ims_function){i})->address.segment;

        if (i == 0 || segment != last)
            ims_make_append(maker, array, ims_make_uint(segment));
        last = segment;
    }
    return array;
}

static bool drivers_known(const struct ims_subject *subject)
{
    uint32_t count = ims_topology_function_count(subject->topology);

    for (uint32_t i = 0; i < count; i++)
        if (ims_topology_function(subject->topology, (struct ims_function){i})
                ->record->driver_stated)
            return true;
    return false;
}

json_t *ims_part_bare_document(struct ims_maker *maker, const char *schema)
{
    json_t *document = json_object();

    ims_make_set(maker, document, "schema", ims_make_string(schema));
    ims_make_set(maker, document, "version", ims_make_string(ims_version()));
    return document;
}

json_t *ims_part_document(struct ims_maker *maker, const struct ims_subject *subject,
                          const char *schema)
{
    const struct ims_grouping_basis *basis = ims_grouping_basis(subject->grouping);
    char name[IMS_RULESET_NAME_SIZE];
    json_t *document = ims_part_bare_document(maker, schema);

    ims_make_set(maker, document, "input", ims_make_string(subject->input));
    ims_make_set(maker, document, "machine",
                 machine_part(maker, ims_topology_machine(subject->topology)));
    ims_make_set(maker, document, "segments", segments_part(maker, subject));
    ims_make_set(maker, document, "ruleset",
                 ims_make_string(ims_ruleset_name(&basis->ruleset, name)));
    ims_make_set(maker, document, "acs",
                 ims_make_string(basis->acs == IMS_ACS_AS_LINUX_SETS ? "as-linux-sets" : "as-is"));
    ims_make_set(maker, document, "acs_certain", json_boolean(basis->acs_mode_certain));
    ims_make_set(maker, document, "probe",
                 ims_make_string(basis->probe == IMS_PROBE_HOT_ADDED ? "hot-added" : "boot"));
    ims_make_set(maker, document, "cmdline", ims_make_string(basis->cmdline));
    ims_make_set(maker, document, "kernel_groups_known",
                 json_boolean(ims_part_kernel_groups_known(subject)));
    ims_make_set(maker, document, "drivers_known", json_boolean(drivers_known(subject)));
    return document;
}

void ims_part_note(struct ims_maker *maker, json_t *document, json_t *text)
{
    json_t *notes = json_object_get(document, "notes");

    if (!notes) {
        notes = json_array();
        ims_make_set(maker, document, "notes", notes);
    }
    ims_make_append(maker, notes, text);
}

/* Why a machine has no groups, as far as the firmware tables and the command line tell. */
static const char *no_groups_reason(const struct ims_machine *machine)
{
    const char *cmdline = machine->cmdline ? machine->cmdline : "";

    if (strstr(cmdline, "iommu=off"))
        return "the kernel command line turns the IOMMU off";
    if (machine->acpi_dmar == IMS_YES)
        return "the firmware describes an Intel IOMMU; intel_iommu=on turns it on";
    if (machine->acpi_ivrs == IMS_YES)
        return "the firmware describes an AMD IOMMU; see amd_iommu= and the kernel log";
    if (machine->acpi_iort == IMS_YES)
        return "the firmware describes an Arm SMMU; see the kernel log";
    if (machine->acpi_dmar == IMS_NO && machine->acpi_ivrs == IMS_NO)
        return "the firmware describes no IOMMU; look for VT-d, AMD-Vi or SMMU in its setup";
    return "the IOMMU is off, or there is none";
}

static void basis_notes(struct ims_maker *maker, const struct ims_subject *subject,
                        json_t *document)
{
    const struct ims_machine *machine = ims_topology_machine(subject->topology);
    const struct ims_grouping_basis *basis = ims_grouping_basis(subject->grouping);
    bool as_set = basis->acs == IMS_ACS_AS_LINUX_SETS;

    if (subject->acs_asked && machine->is_live == IMS_YES)
        return; /* whoever chooses the words for this machine knows what it is */
    if (machine->iommu_on == IMS_NO && !ims_part_kernel_groups_known(subject))
        ims_part_note(maker, document,
                      ims_make_format("%s has no IOMMU groups (%s); showing what Linux would group "
                                      "if the IOMMU were on%s",
                                      machine->is_live == IMS_YES ? "this machine"
                                                                  : "the machine of this input",
                                      no_groups_reason(machine),
                                      as_set ? "" : ", with the ACS registers as they are"));
    else if (!basis->acs_mode_certain)
        ims_part_note(maker, document,
                      ims_make_format("the input does not say whether the IOMMU was on; ACS is "
                                      "judged %s (--acs)",
                                      as_set ? "as Linux would set it" : "as the registers stand"));
}

static void comparison_notes(struct ims_maker *maker, const struct ims_subject *subject,
                             json_t *document)
{
    const struct ims_comparison *comparison = subject->comparison;
    char name[IMS_RULESET_NAME_SIZE];

    if (!comparison || comparison->match != IMS_MATCH_DIFFERENT)
        return;
    ims_part_note(
        maker, document,
        ims_make_format("%u group%s computed by %s differ%s from the kernel's",
                        comparison->groups_different, comparison->groups_different == 1 ? "" : "s",
                        ims_ruleset_name(&ims_grouping_basis(subject->grouping)->ruleset, name),
                        comparison->groups_different == 1 ? "s" : ""));
    for (uint32_t i = 0; i < comparison->cause_count; i++)
        ims_part_note(maker, document, ims_make_format("likely cause: %s", comparison->causes[i]));
}

static json_t *gap_part(struct ims_maker *maker, const struct ims_gap *gap)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "kind", ims_make_string(ims_gap_kind_to_string(gap->kind)));
    ims_make_set(maker, object, "address",
                 gap->has_address ? ims_make_address(gap->address) : json_null());
    ims_make_set(maker, object, "path", ims_make_string(gap->path));
    ims_make_set(maker, object, "line", gap->line ? ims_make_uint(gap->line) : json_null());
    ims_make_set(maker, object, "text", ims_make_string(gap->text));
    return object;
}

void ims_part_gaps(struct ims_maker *maker, const struct ims_subject *subject, json_t *document)
{
    uint32_t count = ims_topology_gap_count(subject->topology);
    json_t *gaps = json_array();

    ims_make_set(maker, document, "notes", json_array());
    basis_notes(maker, subject, document);
    comparison_notes(maker, subject, document);
    ims_make_set(maker, document, "gaps", gaps);
    for (uint32_t i = 0; i < count; i++)
        ims_make_append(maker, gaps, gap_part(maker, ims_topology_gap(subject->topology, i)));
    ims_make_set(maker, document, "gaps_dropped",
                 ims_make_uint(ims_topology_gaps_dropped(subject->topology)));
}
