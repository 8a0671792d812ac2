/* SPDX-License-Identifier: MIT */
/* One function as every document shows it. */
#include "output/document_parts.h"

static void ids_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *object,
                     const struct ims_function_info *info)
{
    struct ims_name_set names = ims_names_of(subject->names, info);
    bool known = info->id_count == 1;

    ims_make_set(maker, object, "class", ims_make_bits(info->class_code, 0xffffff, 6));
    ims_make_set(maker, object, "class_name", ims_make_string(names.class_name));
    ims_make_set(maker, object, "vendor_id",
                 known ? ims_make_hex(info->ids[0].vendor, 4) : json_null());
    ims_make_set(maker, object, "device_id",
                 known ? ims_make_hex(info->ids[0].device, 4) : json_null());
    ims_make_set(maker, object, "vendor_name", ims_make_string(names.vendor));
    ims_make_set(maker, object, "device_name", ims_make_string(names.device));
    if (info->id_count > 1) {
        json_t *candidates = json_array();

        /* A name that fits several ids: all of them, because a quirk may tell them apart. */
        for (uint32_t i = 0; i < info->id_count; i++)
            ims_make_append(maker, candidates,
                            ims_make_format("%04x:%04x", info->ids[i].vendor, info->ids[i].device));
        ims_make_set(maker, object, "id_candidates", candidates);
    }
}

static void group_part(struct ims_maker *maker, const struct ims_subject *subject, json_t *object,
                       struct ims_function function)
{
    const struct ims_record *record = ims_topology_function(subject->topology, function)->record;
    uint32_t index = ims_grouping_of(subject->grouping, function);
    const struct ims_group_info *group = ims_grouping_group(subject->grouping, index);
    enum ims_match match =
        subject->comparison ? subject->comparison->per_group[index] : IMS_MATCH_UNKNOWN;

    ims_make_set(maker, object, "group",
                 group->managed ? ims_make_uint(group->number) : json_null());
    ims_make_set(maker, object, "kernel_group",
                 record->group_state == IMS_GROUP_KNOWN ? ims_make_uint(record->group)
                                                        : json_null());
    ims_make_set(maker, object, "kernel_group_state",
                 ims_make_string(record->group_state == IMS_GROUP_KNOWN  ? "known"
                                 : record->group_state == IMS_GROUP_NONE ? "none"
                                                                         : "unknown"));
    ims_make_set(maker, object, "group_certain", json_boolean(group->certain));
    ims_make_set(maker, object, "group_match",
                 ims_make_string(match == IMS_MATCH_SAME        ? "same"
                                 : match == IMS_MATCH_DIFFERENT ? "different"
                                                                : "unknown"));
}

void ims_part_function(struct ims_maker *maker, const struct ims_subject *subject, json_t *object,
                       struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(subject->topology, function);
    const struct ims_record *record = info->record;

    ims_make_set(maker, object, "address", ims_make_address(info->address));
    ids_part(maker, subject, object, info);
    ims_make_set(maker, object, "driver",
                 record->driver_stated ? ims_make_string(record->driver) : json_null());
    ims_make_set(maker, object, "driver_known", json_boolean(record->driver_stated));
    ims_make_set(maker, object, "modules", ims_make_string(record->modules));
    ims_make_set(maker, object, "port_type",
                 info->corrected_type == IMS_PORT_UNKNOWN
                     ? json_null()
                     : ims_make_string(ims_port_type_to_string(info->corrected_type)));
    ims_make_set(maker, object, "is_vf", ims_make_tristate(info->is_vf));
    ims_make_set(maker, object, "multifunction", ims_make_tristate(info->multifunction));
    ims_make_set(maker, object, "isolated",
                 ims_make_tristate(ims_grouping_acs(subject->grouping, function)->isolated));
    group_part(maker, subject, object, function);
    ims_make_set(maker, object, "config_gap",
                 record->config_gap == IMS_GAP_NONE
                     ? json_null()
                     : ims_make_string(ims_gap_kind_to_string(record->config_gap)));
}

/* "on", "off", "absent" (the port has no such bit) or "unknown". */
static const char *bit_state(struct ims_bits capability, struct ims_bits control, uint32_t bit)
{
    enum ims_tristate capable = ims_bits_test(capability, bit);
    enum ims_tristate enabled = ims_bits_test(control, bit);

    if (capable == IMS_NO)
        return "absent";
    if (enabled == IMS_YES)
        return "on";
    if (enabled == IMS_NO && capable == IMS_YES)
        return "off";
    return "unknown";
}

static json_t *bits_part(struct ims_maker *maker, struct ims_bits capability,
                         struct ims_bits control)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } bits[] = {
        {"SV", IMS_ACS_SV}, {"TB", IMS_ACS_TB}, {"RR", IMS_ACS_RR}, {"CR", IMS_ACS_CR},
        {"UF", IMS_ACS_UF}, {"EC", IMS_ACS_EC}, {"DT", IMS_ACS_DT},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        ims_make_set(maker, object, bits[i].name,
                     ims_make_string(bit_state(capability, control, bits[i].bit)));
    return object;
}

json_t *ims_part_acs_brief(struct ims_maker *maker, const struct ims_subject *subject,
                           struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(subject->topology, function);
    const struct ims_acs_verdict *verdict = ims_grouping_acs(subject->grouping, function);
    struct ims_bits capability =
        verdict->has_registers ? verdict->capability : info->acs.capability;
    struct ims_bits control = verdict->has_registers ? verdict->control : info->acs.control;
    json_t *object = json_object();

    ims_make_set(maker, object, "present", ims_make_tristate(info->acs.present));
    ims_make_set(maker, object, "rule", ims_make_string(verdict->rule->id));
    ims_make_set(maker, object, "bits",
                 verdict->has_registers || info->acs.present == IMS_YES
                     ? bits_part(maker, capability, control)
                     : json_null());
    return object;
}

json_t *ims_part_acs(struct ims_maker *maker, const struct ims_subject *subject,
                     struct ims_function function)
{
    const struct ims_function_info *info = ims_topology_function(subject->topology, function);
    const struct ims_acs_verdict *verdict = ims_grouping_acs(subject->grouping, function);
    struct ims_bits capability =
        verdict->has_registers ? verdict->capability : info->acs.capability;
    struct ims_bits control = verdict->has_registers ? verdict->control : info->acs.control;
    struct ims_bits read = verdict->has_registers ? verdict->control_read : info->acs.control;
    json_t *object = ims_part_acs_brief(maker, subject, function);

    ims_make_set(maker, object, "isolated", ims_make_tristate(verdict->isolated));
    ims_make_set(maker, object, "likely", json_boolean(verdict->likely));
    ims_make_set(maker, object, "title", ims_make_string(verdict->rule->title));
    ims_make_set(maker, object, "quirk", ims_make_string(verdict->quirk_label));
    ims_make_set(maker, object, "offset",
                 info->acs.offset ? ims_make_hex(info->acs.offset, 3) : json_null());
    ims_make_set(maker, object, "capability", ims_make_bits(capability, 0x7f, 4));
    ims_make_set(maker, object, "control", ims_make_bits(control, 0x7f, 4));
    ims_make_set(maker, object, "control_read", ims_make_bits(read, 0x7f, 4));
    ims_make_set(maker, object, "required",
                 verdict->has_registers ? ims_make_hex(verdict->required, 4) : json_null());
    ims_make_set(maker, object, "missing",
                 verdict->has_registers ? ims_make_hex(verdict->missing, 4) : json_null());
    return object;
}

json_t *ims_part_reason(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_reason *reason)
{
    json_t *object = json_object();

    ims_make_set(maker, object, "rule", ims_make_string(reason->rule->id));
    ims_make_set(maker, object, "title", ims_make_string(reason->rule->title));
    ims_make_set(maker, object, "at", ims_part_address(subject, reason->at));
    ims_make_set(maker, object, "from", ims_part_address(subject, reason->from));
    ims_make_set(maker, object, "to", ims_part_address(subject, reason->to));
    ims_make_set(maker, object, "text", ims_make_string(reason->text));
    ims_make_set(maker, object, "remedy", ims_make_string(reason->remedy));
    ims_make_set(maker, object, "certain", ims_make_tristate(reason->certain));
    return object;
}
