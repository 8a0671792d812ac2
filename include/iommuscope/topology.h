/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_TOPOLOGY_H
#define IOMMUSCOPE_TOPOLOGY_H

/*
 * The model of a machine: functions, buses, bridges.
 *
 * A builder collects records (what a source states about each function); ims_builder_seal() turns
 * them into an immutable topology: arrays sorted by (segment, bus, devfn), handles are indices, one
 * free. Readers in iommuscope/source.h do all this for files and live machines.
 */

#include "iommuscope/acpi.h"
#include "iommuscope/base.h"
#include "iommuscope/pci.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ims_builder;
struct ims_topology;

/* Handles: indices into the sealed arrays. */
struct ims_function {
    uint32_t index;
};
struct ims_bus {
    uint32_t index;
};

#define IMS_NONE UINT32_MAX
#define IMS_FUNCTION_NONE ((struct ims_function){IMS_NONE})
#define IMS_BUS_NONE ((struct ims_bus){IMS_NONE})

static inline bool ims_function_is_none(struct ims_function function)
{
    return function.index == IMS_NONE;
}

static inline bool ims_bus_is_none(struct ims_bus bus)
{
    return bus.index == IMS_NONE;
}

struct ims_id {
    uint16_t vendor;
    uint16_t device;
};

/* Why bytes or facts are missing. */
enum ims_gap_kind {
    IMS_GAP_NONE = 0,
    IMS_GAP_NEEDS_ROOT,    /* configuration space beyond 64 bytes was not readable */
    IMS_GAP_ASLEEP,        /* D3cold, not woken */
    IMS_GAP_NOT_IN_INPUT,  /* the dump or text does not carry it */
    IMS_GAP_VANISHED,      /* disappeared while being read */
    IMS_GAP_UNREADABLE,    /* read error, or all ones */
    IMS_GAP_CONTRADICTION, /* two statements disagree; the first was kept */
    IMS_GAP_MALFORMED, /* a line, a file or a list that could not be understood was passed over */
    IMS_GAP_AMBIGUOUS, /* a name fits several ids */
    IMS_GAP_MAX,
};

/* "needs-root", "asleep", ...; never NULL. */
IMS_PUBLIC const char *ims_gap_kind_to_string(enum ims_gap_kind kind);

struct ims_gap {
    enum ims_gap_kind kind;
    bool has_address;
    struct ims_address address;
    unsigned line;    /* of the input, 0 when there is none */
    const char *path; /* or NULL */
    const char *text; /* one sentence: what is missing and how to get it */
};

/* What is known about the group that a kernel gave to a function. */
enum ims_group_state {
    IMS_GROUP_UNKNOWN = 0, /* the input does not speak of groups for this function */
    IMS_GROUP_NONE,        /* the kernel has groups and this function is in none */
    IMS_GROUP_KNOWN,
};

/* A resource with its exact extent, from sysfs "resource" or "Region N: ... [size=...]". */
struct ims_resource {
    uint64_t start;
    uint64_t end;   /* inclusive; end < start means unused */
    uint64_t flags; /* as in sysfs */
};

/* BAR 0-5, ROM, then VF BAR 0-5 (indices as in sysfs "resource"). */
#define IMS_RESOURCE_COUNT 13u

/*
 * What a source states about one function. Zero means "not stated" in every field.
 * Strings live as long as the builder: pass them through ims_builder_string().
 */
struct ims_record {
    struct ims_address address;
    struct ims_config config;     /* owned by the builder; fill it with ims_config_set*() */
    enum ims_gap_kind config_gap; /* why bytes are missing, for messages */
    const struct ims_id *ids;     /* candidates when only a name is known; NULL = from config */
    uint32_t id_count;            /* 1 = certain (sysfs vendor/device win over config, R1.7) */
    bool class_stated;            /* class_code below is stated beside config (sysfs, names) */
    uint32_t class_code;          /* 24 bits */
    uint32_t class_known;         /* mask */
    bool subsystem_stated;
    struct ims_id subsystem;
    enum ims_tristate is_vf;
    bool physfn_stated;
    struct ims_address physfn; /* when is_vf is yes */
    bool driver_stated;        /* driver is meaningful, NULL = no driver bound */
    const char *driver;
    enum ims_group_state group_state;
    uint32_t group;          /* number, when group_state is KNOWN */
    const char *iommu;       /* IOMMU instance ("dmar0", "ivhd1", "smmu3.0x...") or NULL */
    const char *power_state; /* "D0", "D3cold", ... or NULL */
    const char *vendor_name; /* names as the text spelled them, or NULL */
    const char *device_name;
    const char *class_name;
    const char *label;   /* SMBIOS or ACPI label, or NULL */
    const char *slot;    /* physical slot, or NULL */
    const char *modules; /* kernel modules that could drive it, comma separated, or NULL */
    const char *serial;  /* device serial number, or NULL */
    enum ims_tristate boot_vga;
    int32_t numa_node;
    bool numa_stated;
    uint32_t resource_count; /* 0 = sizes are not stated */
    struct ims_resource resources[IMS_RESOURCE_COUNT];
    bool on_root_bus;         /* the source knows that its bus has no bridge above it */
    bool vmd_endpoint_stated; /* the source saw the VMD endpoint above this function (R2.1) */
    struct ims_address vmd_endpoint;
    bool port_type_stated; /* a log names the type but no offset of the capability */
    enum ims_port_type port_type;
    /* What handing the function over depends on; see ims_source_options.ownership. */
    bool override_stated; /* driver_override is meaningful, NULL = not set */
    const char *driver_override;
    bool reset_stated;         /* reset_methods is meaningful, NULL = the kernel found none */
    const char *reset_methods; /* "flr bus", in the order in which they are tried */
    bool has_vfio_device;      /* has vfio-dev: bound to a VFIO driver, whatever its name (R8.7) */
    bool
        is_stuck; /* its attributes cannot be read: a change of its driver does not come to its end */
    const char
        *power_control; /* "on" or "auto": whether runtime power management may act; or NULL */
    bool numvfs_stated; /* a PF: how many VFs are enabled */
    uint32_t numvfs;
    /*
     * An IOMMU takes it, though neither a kernel's group nor a table of requester ids says so any
     * more, after an edit of the machine (iommuscope/edit.h). Only with group_state UNKNOWN.
     */
    bool was_grouped;
    bool totalvfs_stated; /* a PF: how many VFs its driver allows */
    uint32_t totalvfs;
    /* The directory of its root bus below devices in sysfs, where it is not "pciSSSS:BB"; or NULL. */
    const char *root_path;
};

enum ims_iommu_kind {
    IMS_IOMMU_UNKNOWN = 0,
    IMS_IOMMU_INTEL,
    IMS_IOMMU_AMD,
    IMS_IOMMU_ARM_SMMU,
    IMS_IOMMU_VIRTIO,
    IMS_IOMMU_OTHER,
};

/* "intel", "amd", "arm-smmu", "virtio", "other", "unknown"; never NULL. */
IMS_PUBLIC const char *ims_iommu_kind_to_string(enum ims_iommu_kind kind);

/* What a source states about the machine as a whole. Zero means "not stated". */
struct ims_machine {
    const char *
        source_kind; /* "sysfs", "lspci-hex", "lspci-text", "kernel-log", "snapshot", or several joined by '+' */
    const char *kernel_release;      /* "6.12.95+deb12-amd64" or NULL */
    const char *cmdline;             /* kernel command line or NULL */
    const char *architecture;        /* "x86_64", "aarch64" or NULL */
    const char *product;             /* machine and board, or NULL */
    enum ims_tristate iommu_on;      /* a DMA translation driver is active (groups exist) */
    enum ims_tristate groups_stated; /* the input speaks of groups at all */
    enum ims_iommu_kind iommu_kind;
    enum ims_tristate acpi_dmar; /* the table exists */
    enum ims_tristate acpi_ivrs;
    enum ims_tristate acpi_iort;
    enum ims_tristate is_live;             /* read from the running machine */
    enum ims_tristate interrupt_remapping; /* interrupt chips named "IR-..." are in use */
    enum ims_tristate unsafe_interrupts;   /* vfio_iommu_type1.allow_unsafe_interrupts */
    enum ims_tristate kvm_assignment;      /* KVM has legacy assignment, before 4.12 */
    enum ims_tristate acpi_viot;           /* the table exists */
};

/* A member of a kernel group that is no function here: a platform device, one that has gone. */
struct ims_other_member {
    const char *name;
    bool driver_stated; /* driver is meaningful, NULL = none bound */
    const char *driver;
};

/* Facts about one kernel group, where the input has them. */
struct ims_kernel_group {
    uint32_t number;
    const char *type;            /* "DMA", "identity", ... or NULL */
    const char *name;            /* "vfio-noiommu" or NULL */
    const char *const *reserved; /* lines "START END TYPE" as in sysfs */
    uint32_t reserved_count;
    uint32_t non_pci_count;                /* members that are not PCI functions (P8) */
    const struct ims_other_member *others; /* those of them whose names are stated */
    uint32_t other_count;
};

/* ---- building ---- */

/* Limits: beyond them adding fails with -E2BIG. */
#define IMS_FUNCTION_MAX 1048576u
#define IMS_GAP_MAX_COUNT 4096u /* further gaps are counted, not kept */

/* Returns NULL when memory is short. Free with ims_builder_free() or ims_builder_seal(). */
IMS_PUBLIC struct ims_builder *ims_builder_new(void);
IMS_PUBLIC void ims_builder_free(struct ims_builder *builder);

/*
 * The record of address: a new one, or the one that was made before (*ret_existed, may be NULL).
 * The pointer is valid until the next call of this function. Returns -ENOMEM, -E2BIG.
 */
IMS_PUBLIC int ims_builder_function(struct ims_builder *builder, struct ims_address address,
                                    struct ims_record **ret, bool *ret_existed);

/* The record of address, or NULL. Same validity. */
IMS_PUBLIC struct ims_record *ims_builder_find(struct ims_builder *builder,
                                               struct ims_address address);

/* Records in the order in which they were made. */
IMS_PUBLIC uint32_t ims_builder_count(const struct ims_builder *builder);
IMS_PUBLIC struct ims_record *ims_builder_at(struct ims_builder *builder, uint32_t index);

/* The machine record, to fill in. */
IMS_PUBLIC struct ims_machine *ims_builder_machine(struct ims_builder *builder);

/* A copy of length bytes of text that lives as long as the builder and its topology; NULL: no memory. */
IMS_PUBLIC const char *ims_builder_string(struct ims_builder *builder, const char *text,
                                          size_t length);

/* Copies of candidate ids with the same life. NULL: no memory. */
IMS_PUBLIC const struct ims_id *ims_builder_ids(struct ims_builder *builder,
                                                const struct ims_id *ids, uint32_t count);

/* States one kernel group (copied); of two with one number the first is kept. Returns -ENOMEM. */
IMS_PUBLIC int ims_builder_kernel_group(struct ims_builder *builder,
                                        const struct ims_kernel_group *group);

/*
 * States the bytes of an ACPI table (copied); of two with one name the first is kept. They are
 * decoded when the topology is sealed, and what is wrong with them becomes a gap.
 * Returns -ENOMEM, -E2BIG beyond IMS_ACPI_TABLE_MAX_BYTES.
 */
IMS_PUBLIC int ims_builder_table(struct ims_builder *builder, enum ims_acpi_table table,
                                 const void *bytes, size_t size_bytes);

/*
 * Notes that something could not be known. address and path may be NULL, line 0. Never fails:
 * beyond IMS_GAP_MAX_COUNT, or without memory, gaps are only counted.
 */
IMS_PUBLIC void ims_builder_gap(struct ims_builder *builder, enum ims_gap_kind kind,
                                const struct ims_address *address, const char *path, unsigned line,
                                const char *format, ...) IMS_PRINTF(6, 7);

/*
 * Turns the records into a topology. Consumes the builder, on failure too.
 * The caller frees *ret with ims_topology_free(). Returns -ENOMEM; contradictions become gaps.
 * Rules R1.1-R1.8.
 */
IMS_PUBLIC int ims_builder_seal(struct ims_builder *builder, struct ims_topology **ret,
                                struct ims_error *reterr);

/* ---- the sealed model ---- */

IMS_PUBLIC void ims_topology_free(struct ims_topology *topology);

/* Verifies every invariant of the model. Returns 0, or -EBADMSG with the broken one in reterr. */
IMS_PUBLIC int ims_topology_check(const struct ims_topology *topology, struct ims_error *reterr);

/* Which IOMMU looks at the requests of a function (E9). */
struct ims_coverage {
    /*
     * Yes: a unit does. No: every table of the input was read, they describe units, and none of them
     * covers it. Unknown: no table, or one that could not be read or is damaged.
     */
    enum ims_tristate covered;
    uint32_t unit;    /* index of the unit in ims_topology_tables(), or IMS_NONE */
    bool is_unit;     /* it is IOMMU hardware itself: nobody covers it, and nobody need */
    bool contradicts; /* the tables say no, but the kernel has it in a group: unknown */
};

/* Read-only facts of one function. Obtained by pointer only; fields may be added at the end. */
struct ims_function_info {
    struct ims_address address;
    struct ims_bus bus;
    struct ims_pci_facts pci;        /* decoded from config */
    const struct ims_record *record; /* what the source stated; its config is readable */
    const struct ims_id *ids;        /* candidates: 1 = certain, 0 = unknown */
    uint32_t id_count;
    struct ims_bits class_code; /* 24 bits */
    enum ims_tristate is_vf;
    struct ims_function physfn;        /* of a VF, or NONE */
    struct ims_bus secondary_bus;      /* of a bridge, or NONE */
    enum ims_tristate multifunction;   /* R1.5, as at boot */
    enum ims_port_type port_type;      /* raw type (R1.3) */
    enum ims_port_type corrected_type; /* what Linux makes of it since 5.4 (R1.4) */
    enum ims_tristate extended_bus;    /* its bus is reachable with extended accesses (R1.8) */
    enum ims_tristate extended;        /* extended configuration space exists (R1.8) */
    struct ims_acs acs;                /* pci.acs, "absent" where extended space does not exist */
    struct ims_function vmd_endpoint; /* real DMA device of a function behind VMD, or NONE (R2.1) */
    enum ims_tristate extended_bus_uncorrected; /* as extended_bus, by the raw types above */
    struct ims_acs acs_uncorrected;             /* as acs, by the raw types above */
    struct ims_coverage coverage;
};

struct ims_bus_info {
    uint32_t segment;
    uint8_t number;
    struct ims_bus parent;      /* or NONE */
    struct ims_function bridge; /* the function whose secondary bus this is, or NONE */
    bool is_virtual;            /* only VFs, no bridge (R1.2) */
    enum ims_tristate is_root;  /* no bridge above; unknown: the input may have left it out */
    uint32_t first_function;    /* index; functions of one bus are neighbours */
    uint32_t function_count;
    uint32_t depth; /* 0 for a bus without parent */
};

IMS_PUBLIC uint32_t ims_topology_function_count(const struct ims_topology *topology);
IMS_PUBLIC uint32_t ims_topology_bus_count(const struct ims_topology *topology);

/* The facts of a handle; the handle must belong to this topology. */
IMS_PUBLIC const struct ims_function_info *
ims_topology_function(const struct ims_topology *topology, struct ims_function function);
IMS_PUBLIC const struct ims_bus_info *ims_topology_bus(const struct ims_topology *topology,
                                                       struct ims_bus bus);

/* The handle of an address, or IMS_FUNCTION_NONE. Logarithmic. */
IMS_PUBLIC struct ims_function ims_topology_find(const struct ims_topology *topology,
                                                 struct ims_address address);

/* The bus object, or IMS_BUS_NONE. Logarithmic. */
IMS_PUBLIC struct ims_bus ims_topology_find_bus(const struct ims_topology *topology,
                                                uint32_t segment, uint8_t number);

/* The bridge above a function's bus, virtual buses skipped (R1.2), or IMS_FUNCTION_NONE. */
IMS_PUBLIC struct ims_function ims_topology_bridge_above(const struct ims_topology *topology,
                                                         struct ims_function function);

/* What the ACPI tables of the input say; nothing is present without any. Never NULL. */
IMS_PUBLIC const struct ims_acpi_tables *ims_topology_tables(const struct ims_topology *topology);

/* The id by which a unit looks up a request. */
struct ims_lookup {
    uint32_t unit; /* index in ims_topology_tables() */
    uint32_t id;   /* IVRS: a requester id; IORT: a stream id; VIOT: an endpoint id */
};

/*
 * By which id the request of a requester id is looked up, as IVRS, IORT or VIOT map it (E4-E6, E8).
 * Returns whether one of them does; DMAR maps nothing. Linear in the mappings of the tables.
 */
IMS_PUBLIC bool ims_topology_lookup(const struct ims_topology *topology,
                                    struct ims_address requester, struct ims_lookup *ret);

/* Whether range number range of ims_topology_tables() is reserved for a function (E3, E4). */
IMS_PUBLIC bool ims_topology_range_is_for(const struct ims_topology *topology, uint32_t range,
                                          struct ims_function function);

IMS_PUBLIC const struct ims_machine *ims_topology_machine(const struct ims_topology *topology);

IMS_PUBLIC uint32_t ims_topology_gap_count(const struct ims_topology *topology);
IMS_PUBLIC const struct ims_gap *ims_topology_gap(const struct ims_topology *topology,
                                                  uint32_t index);
/* Gaps that were noticed beyond IMS_GAP_MAX_COUNT. */
IMS_PUBLIC uint64_t ims_topology_gaps_dropped(const struct ims_topology *topology);

IMS_PUBLIC uint32_t ims_topology_kernel_group_count(const struct ims_topology *topology);
/* Sorted by number. */
IMS_PUBLIC const struct ims_kernel_group *
ims_topology_kernel_group(const struct ims_topology *topology, uint32_t index);

#ifdef __cplusplus
}
#endif

#endif
