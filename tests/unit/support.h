/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_UNIT_SUPPORT_H
#define IMS_TESTS_UNIT_SUPPORT_H

/* Small machines for the tests of topology, rules and grouping; include cmocka.h first. */

#include <stdio.h>
#include <string.h>

#include "iommuscope/grouping.h"

enum part_acs {
    NO_ACS = 0,  /* no capability */
    ACS_ON,      /* everything implemented, SV RR CR UF on */
    ACS_OFF,     /* everything implemented, nothing on */
    ACS_WORDS,   /* acs_cap and acs_ctrl below */
    ACS_MISSING, /* the input ends at byte 256 */
};

#define NEUTRAL 0x1b360001u /* vendor and device of nothing that a quirk row names */

struct part {
    const char *at;       /* "[SSSS:]BB:DD.F" */
    uint32_t id;          /* vendor and device; 0 = NEUTRAL */
    uint32_t class_code;  /* 0 = by header: 020000 or 060400 */
    unsigned header;      /* header type; a bridge has a secondary bus */
    bool multi;           /* bit 7 of the header type */
    bool conventional;    /* no PCI Express capability */
    unsigned type;        /* PCI Express type */
    unsigned secondary;   /* bus below a bridge */
    unsigned subordinate; /* 0 = secondary */
    enum part_acs acs;
    unsigned acs_cap;
    unsigned acs_ctrl;
    bool ari;            /* has the ARI capability */
    bool ari_forwarding; /* port: Device Control 2 */
    bool mode2;          /* PCI-X 266 */
    unsigned vf_count;   /* has an enabled SR-IOV capability */
    unsigned vf_offset;
    unsigned vf_stride;
    unsigned vf_device;
    uint32_t bar0;
    uint32_t subsystem;   /* of a type 0 header: vendor and device */
    unsigned known_bytes; /* 0 = all; the input ends there */
};

static inline struct ims_address address_of(const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    return address;
}

static inline void part_16(struct ims_config *config, unsigned offset, unsigned value)
{
    assert_int_equal(ims_config_set16(config, offset, (uint16_t)value, 0xffff), 0);
}

static inline void part_32(struct ims_config *config, unsigned offset, uint32_t value)
{
    assert_int_equal(ims_config_set32(config, offset, value, 0xffffffff), 0);
}

static inline void part_classic(struct ims_config *config, const struct part *part)
{
    unsigned pointer = part->conventional ? 0 : 0x40;

    if (part->mode2) {
        part_16(config, 0x80, 0x07 | pointer << 8);
        part_32(config, 0x84, 0x40000000);
        pointer = 0x80;
    }
    part_16(config, 0x06, pointer ? 0x0010 : 0);
    part_16(config, 0x34, pointer);
    if (part->conventional)
        return;
    part_32(config, 0x40, 0x10 | (2 | part->type << 4) << 16);
    part_16(config, 0x68, part->ari_forwarding ? 0x20 : 0);
}

/* The capabilities stand at 0x100 (ACS), 0x140 (ARI) and 0x180 (SR-IOV). */
static inline void part_extended(struct ims_config *config, const struct part *part)
{
    const bool acs = part->acs == ACS_ON || part->acs == ACS_OFF || part->acs == ACS_WORDS;
    const unsigned sriov = part->vf_count ? 0x180 : 0;
    const unsigned ari = part->ari ? 0x140 : sriov;

    if (part->ari || part->vf_count || acs)
        part_32(config, 0x100, (acs ? 0x1000d : 0x1000b) | (uint32_t)ari << 20);
    if (acs) {
        part_16(config, 0x104, part->acs == ACS_WORDS ? part->acs_cap : 0x1f);
        part_16(config, 0x106,
                part->acs == ACS_WORDS ? part->acs_ctrl
                : part->acs == ACS_ON  ? 0x1d
                                       : 0);
    }
    if (part->ari)
        part_32(config, 0x140, 0x1000e | (uint32_t)sriov << 20);
    if (part->vf_count) {
        part_32(config, 0x180, 0x10010);
        part_16(config, 0x188, 1);
        part_16(config, 0x18e, part->vf_count);
        part_16(config, 0x190, part->vf_count);
        part_16(config, 0x194, part->vf_offset);
        part_16(config, 0x196, part->vf_stride);
        part_16(config, 0x19a, part->vf_device);
    }
}

static inline void part_image(struct ims_config *config, const struct part *part)
{
    static const uint8_t zeros[IMS_CONFIG_SIZE_BYTES];
    const uint32_t id = part->id ? part->id : NEUTRAL;
    const uint32_t class_code = part->class_code ? part->class_code
                                : part->header   ? 0x060400
                                                 : 0x020000;

    assert_int_equal(ims_config_set_bytes(config, 0, zeros, sizeof(zeros)), 0);
    part_32(config, 0x00, id << 16 | id >> 16);
    part_32(config, 0x08, class_code << 8);
    part_16(config, 0x0e, part->header | (part->multi ? 0x80 : 0));
    part_32(config, 0x10, part->bar0);
    part_classic(config, part);
    if (part->header == 1) {
        const unsigned last = part->subordinate ? part->subordinate : part->secondary;
        part_32(config, 0x18, address_of(part->at).bus | part->secondary << 8 | last << 16);
    } else if (part->subsystem) {
        part_32(config, 0x2c, part->subsystem << 16 | part->subsystem >> 16);
    }
    part_extended(config, part);

    unsigned known = part->known_bytes;
    if (!known && part->acs == ACS_MISSING)
        known = 256;
    while (known && config->row_count && config->rows[config->row_count - 1].offset >= known)
        config->row_count--;
}

/* Adds a function; the record may be changed further until the next one is added. */
static inline struct ims_record *put_part(struct ims_builder *builder, const struct part *part)
{
    struct ims_record *record = NULL;
    bool existed = true;

    assert_int_equal(ims_builder_function(builder, address_of(part->at), &record, &existed), 0);
    assert_false(existed);
    part_image(&record->config, part);
    return record;
}

#define put(builder, ...) put_part(builder, &(struct part){__VA_ARGS__})
#define put_root_port(builder, at_, secondary_, acs_, ...)                               \
    put(builder, .at = at_, .header = 1, .type = IMS_PORT_ROOT, .secondary = secondary_, \
        .acs = acs_, __VA_ARGS__)
#define put_upstream(builder, at_, secondary_, acs_, ...)                                    \
    put(builder, .at = at_, .header = 1, .type = IMS_PORT_UPSTREAM, .secondary = secondary_, \
        .acs = acs_, __VA_ARGS__)
#define put_downstream(builder, at_, secondary_, acs_, ...)                                    \
    put(builder, .at = at_, .header = 1, .type = IMS_PORT_DOWNSTREAM, .secondary = secondary_, \
        .acs = acs_, __VA_ARGS__)
#define put_pci_bridge(builder, at_, secondary_, ...) \
    put(builder, .at = at_, .header = 1, .conventional = true, .secondary = secondary_, __VA_ARGS__)
#define put_pcie_pci_bridge(builder, at_, secondary_, ...)                    \
    put(builder, .at = at_, .header = 1, .type = IMS_PORT_PCIE_TO_PCI_BRIDGE, \
        .secondary = secondary_, __VA_ARGS__)
#define put_endpoint(builder, ...) put(builder, .at = __VA_ARGS__)
#define put_pci(builder, ...) put(builder, .conventional = true, .at = __VA_ARGS__)

/* A virtual function: its own ids read all ones. */
static inline struct ims_record *put_vf(struct ims_builder *builder, const char *at, const char *pf)
{
    struct ims_record *record = put(builder, .at = at, .id = 0xffffffff);

    record->is_vf = IMS_YES;
    if (pf) {
        record->physfn_stated = true;
        record->physfn = address_of(pf);
    }
    return record;
}

/* ---- a machine from builder to groups ---- */

struct lab {
    struct ims_builder *builder;
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_grouping_options options;
    char text[4096];
};

/* A machine whose IOMMU is on: control registers are judged as they are. */
static inline void lab_begin(struct lab *lab)
{
    memset(lab, 0, sizeof(*lab));
    lab->builder = ims_builder_new();
    assert_non_null(lab->builder);
    ims_builder_machine(lab->builder)->iommu_on = IMS_YES;
    lab->options.size_bytes = sizeof(lab->options);
    lab->options.ruleset.version = (struct ims_kernel_version){6, 12, -1};
}

static inline void lab_seal(struct lab *lab)
{
    struct ims_error error = {0};

    if (lab->topology)
        return;
    assert_int_equal(ims_builder_seal(lab->builder, &lab->topology, &error), 0);
    lab->builder = NULL;
    if (ims_topology_check(lab->topology, &error) < 0)
        fail_msg("%s", error.message);
}

static inline void lab_done(struct lab *lab)
{
    ims_grouping_free(lab->grouping);
    ims_topology_free(lab->topology);
    ims_builder_free(lab->builder);
    memset(lab, 0, sizeof(*lab));
}

static inline struct ims_function at(const struct lab *lab, const char *text)
{
    const struct ims_function function = ims_topology_find(lab->topology, address_of(text));

    if (ims_function_is_none(function))
        fail_msg("%s is not in the topology", text);
    return function;
}

static inline const struct ims_function_info *info_of(const struct lab *lab, const char *text)
{
    return ims_topology_function(lab->topology, at(lab, text));
}

static inline const struct ims_bus_info *bus_of(const struct lab *lab, uint32_t segment,
                                                uint8_t number)
{
    const struct ims_bus bus = ims_topology_find_bus(lab->topology, segment, number);

    assert_false(ims_bus_is_none(bus));
    return ims_topology_bus(lab->topology, bus);
}

static inline uint32_t count_gaps(const struct lab *lab, enum ims_gap_kind kind, const char *part)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < ims_topology_gap_count(lab->topology); i++) {
        const struct ims_gap *gap = ims_topology_gap(lab->topology, i);
        count += gap->kind == kind && strstr(gap->text, part);
    }
    return count;
}

/* Computes anew with the options of the lab. */
static inline void lab_group(struct lab *lab)
{
    struct ims_error error = {0};

    lab_seal(lab);
    ims_grouping_free(lab->grouping);
    lab->grouping = NULL;
    if (ims_grouping_compute(lab->topology, &lab->options, &lab->grouping, &error) < 0)
        fail_msg("%s", error.message);
}

static inline void lab_group_by(struct lab *lab, const char *ruleset)
{
    lab_seal(lab);
    assert_int_equal(
        ims_ruleset_find(ruleset, ims_topology_machine(lab->topology), &lab->options.ruleset, NULL),
        0);
    lab_group(lab);
}

/* "00:1c.0", with the segment where it is not 0. */
static inline const char *short_name(struct ims_address address,
                                     char buffer[IMS_ADDRESS_STRING_SIZE])
{
    ims_address_format(address, buffer);
    return address.segment ? buffer : buffer + 5;
}

/* "{00:1c.0 01:00.0} [00:1f.0]": by first member; brackets: no group; '?' behind: not certain. */
static inline const char *lab_groups(struct lab *lab)
{
    size_t used = 0;

    lab->text[0] = '\0';
    for (uint32_t i = 0; i < ims_topology_function_count(lab->topology); i++) {
        const struct ims_group_info *group = ims_grouping_group(
            lab->grouping, ims_grouping_of(lab->grouping, (struct ims_function){i}));
        if (group->members[0].index != i)
            continue;
        used += (size_t)snprintf(lab->text + used, sizeof(lab->text) - used, "%s%s",
                                 used ? " " : "", group->managed ? "{" : "[");
        for (uint32_t j = 0; j < group->member_count; j++) {
            char name[IMS_ADDRESS_STRING_SIZE];
            used += (size_t)snprintf(
                lab->text + used, sizeof(lab->text) - used, "%s%s", j ? " " : "",
                short_name(ims_topology_function(lab->topology, group->members[j])->address, name));
        }
        used += (size_t)snprintf(lab->text + used, sizeof(lab->text) - used, "%s%s",
                                 group->managed ? "}" : "]", group->certain ? "" : "?");
        assert_true(used < sizeof(lab->text));
    }
    return lab->text;
}

#define assert_groups(lab, expected) assert_string_equal(lab_groups(lab), expected)

#endif
