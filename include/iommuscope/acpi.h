/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_ACPI_H
#define IOMMUSCOPE_ACPI_H

/*
 * What the firmware says about IOMMUs: the ACPI tables DMAR (Intel), IVRS (AMD), IORT (Arm) and
 * VIOT (virtio), decoded to one shape. Pure: bytes in, facts out; readers of files are in
 * iommuscope/source.h, and which function is covered by which unit is asked of a sealed topology
 * (ims_topology_coverage() in iommuscope/topology.h). Rules E1-E9 of the fabric specification.
 */

#include "iommuscope/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ims_acpi_table {
    IMS_ACPI_DMAR = 0,
    IMS_ACPI_IVRS,
    IMS_ACPI_IORT,
    IMS_ACPI_VIOT,
    IMS_ACPI_TABLE_COUNT,
};

/* The signature, which is also the name of the file: "DMAR", "IVRS", "IORT", "VIOT"; never NULL. */
IMS_PUBLIC const char *ims_acpi_table_to_string(enum ims_acpi_table table);
/* The other way round. Returns -EINVAL. */
IMS_PUBLIC int ims_acpi_table_parse(const char *text, enum ims_acpi_table *ret);

/* Longer tables are refused: real ones have some hundred bytes, those of large servers some KiB. */
#define IMS_ACPI_TABLE_MAX_BYTES (1u << 18)

/* One piece of remapping hardware: a DRHD, an IVHD, an SMMU, a virtio-iommu. */
struct ims_acpi_unit {
    enum ims_acpi_table table;
    uint32_t segment;  /* DMAR, IVRS */
    uint64_t base;     /* of its registers; 0 where the table does not tell */
    bool include_all;  /* DMAR: takes what no other unit of its segment takes (E2) */
    bool has_function; /* it is the PCI function below (IVRS, VIOT) */
    struct ims_address function;
};

enum ims_acpi_scope_kind {
    IMS_ACPI_SCOPE_FUNCTION = 1, /* exactly the function at the end of the path */
    IMS_ACPI_SCOPE_BELOW = 2,    /* a bridge and everything below it */
};

/* A device scope of DMAR: where it begins, and a path through secondary buses (E1). */
struct ims_acpi_scope {
    enum ims_acpi_scope_kind kind;
    uint32_t unit;  /* index of a unit, or IMS_ACPI_NONE: the scope belongs to range */
    uint32_t range; /* index of a range, or IMS_ACPI_NONE */
    uint32_t segment;
    uint8_t start_bus;
    const uint8_t *path;  /* (device, function) pairs, within the bytes of the table */
    uint32_t path_length; /* pairs; at least 1 */
};

#define IMS_ACPI_NONE UINT32_MAX

/* Requester ids that a unit looks at, and the id it looks them up by (E4-E6, E8). */
struct ims_acpi_mapping {
    uint32_t unit;
    uint32_t segment_first; /* one segment, but for VIOT */
    uint32_t segment_last;
    uint16_t first; /* requester ids, both included */
    uint16_t last;
    bool single;     /* all of them become output; else output + (id - first) */
    uint32_t output; /* IVRS: a requester id; IORT: a stream id; VIOT: an endpoint id */
};

enum ims_acpi_range_kind {
    IMS_ACPI_RANGE_IDENTITY = 0, /* RMRR, IVMD unity, IORT reserved memory: mapped to itself (E3) */
    IMS_ACPI_RANGE_EXCLUSION,    /* IVMD exclusion: passes untranslated (E4) */
};

/* Memory that is reserved for functions. */
struct ims_acpi_range {
    enum ims_acpi_range_kind kind;
    enum ims_acpi_table table;
    uint64_t first;
    uint64_t last;     /* inclusive */
    uint32_t segment;  /* DMAR, IVRS */
    uint32_t unit;     /* IORT: whose stream ids the ids below are; else IMS_ACPI_NONE */
    bool by_scope;     /* DMAR: the scopes with this range say for whom it is */
    uint32_t id_first; /* else: requester ids, of IORT stream ids, both included */
    uint32_t id_last;
};

/* Everything that was found. A table of which nothing is known is not present. */
struct ims_acpi_tables {
    const uint8_t *bytes[IMS_ACPI_TABLE_COUNT]; /* NULL: not in the input */
    uint32_t size_bytes[IMS_ACPI_TABLE_COUNT];
    const char *damage[IMS_ACPI_TABLE_COUNT]; /* what is wrong with it, without an end; or NULL */
    uint32_t damage_offset[IMS_ACPI_TABLE_COUNT];
    const struct ims_acpi_unit *units; /* in the order of the tables */
    uint32_t unit_count;
    const struct ims_acpi_scope *scopes;
    uint32_t scope_count;
    const struct ims_acpi_mapping *mappings;
    uint32_t mapping_count;
    const struct ims_acpi_range *ranges;
    uint32_t range_count;
    enum ims_tristate interrupt_remapping; /* DMAR flag 0 (E1) */
    enum ims_tristate dma_protection;      /* DMAR flag 2: the platform asks for it (E1) */
    bool late_unit; /* DMAR: a unit stands behind the include-all one of its segment (E2) */
    uint32_t late_unit_index; /* the first such unit */
    bool overlap;             /* IORT: two mappings share the id where one ends (E5) */
    struct ims_address overlap_at;
};

#ifdef __cplusplus
}
#endif

#endif
