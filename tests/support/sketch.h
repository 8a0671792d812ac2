/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SKETCH_H
#define IMS_TESTS_SKETCH_H

/*
 * A machine as a short text, one function a line (README.md has the language), and as a plain
 * struct that anyone may fill in. From a sketch come real configuration bytes, and from those a
 * builder, a sealed topology, an lspci hex dump or a sysfs tree.
 *
 * The struct is deliberately free of any structure of the library: the reference implementation of
 * the rules reads it directly, so that sealing is cross-checked too.
 */

#include <stdio.h>

#include "iommuscope/topology.h"
#include "sketch_fabric.h"
#include "sketch_tables.h"

#define SKETCH_CONVENTIONAL (-1)
#define SKETCH_ID_MAX 4u
#define SKETCH_RAW_MAX 8u

/* Required for isolation (R1.10). */
#define SKETCH_REQ 0x1du

enum sketch_known {
    SKETCH_NO = 0,
    SKETCH_YES,
    SKETCH_UNKNOWN,
};

struct sketch_window {
    bool set;
    uint64_t base;
    uint64_t limit;
};

struct sketch_raw {
    uint16_t offset;
    uint32_t value;
    bool unknown; /* the four bytes are not in the input */
};

struct sketch_function {
    struct ims_address address;
    int type;   /* PCIe type 0..15 (R1.3), or SKETCH_CONVENTIONAL */
    int header; /* 0, 1 or 2 */
    struct ims_id ids[SKETCH_ID_MAX];
    unsigned id_count;
    struct ims_id subsystem;
    uint32_t class_code;
    uint8_t secondary; /* headers 1 and 2 */
    uint8_t subordinate;
    enum sketch_known acs; /* UNKNOWN: nothing beyond byte 0xff is in the input */
    uint32_t acs_cap;
    uint32_t acs_ctrl;
    bool acs_ctrl_unknown; /* the capability is there, its control word is not in the input */
    bool spt;              /* layout of R4.21: capability dword at p+4, control dword at p+8 */
    enum sketch_known mf;  /* header bit 7 */
    bool mf_stated;        /* else set on function 0 of a slot with several functions */
    bool no_ext;           /* extended configuration space does not answer */
    bool pcix2;            /* conventional bridge with a PCI-X capability, 266 MHz (R1.8) */
    bool ari;              /* has the ARI capability */
    bool arifwd;           /* port with ARI forwarding on */
    bool nobar;            /* endpoint without a memory BAR */
    bool bar;              /* bridge with a memory BAR */
    bool rom;              /* expansion ROM */
    bool is_vf;
    struct ims_address physfn;
    bool sriov;
    uint16_t sriov_total;
    uint16_t sriov_num;
    uint16_t sriov_offset;
    uint16_t sriov_stride;
    uint16_t sriov_vf_device;
    struct sketch_window io;
    struct sketch_window mem;
    struct sketch_window pref;
    struct sketch_raw raw[SKETCH_RAW_MAX];
    unsigned raw_count;
    bool nocfg; /* no byte of configuration space is in the input */
    bool cfg64; /* only the first 64 bytes are */
    bool on_root;
    bool vmd_stated;
    struct ims_address vmd;
    enum ims_group_state group_state;
    uint32_t group;
    bool driver_stated;
    char driver[32]; /* "" = none bound */
    char iommu[16];
    char power[8]; /* "D0", "D3cold" */
    char pm[8];    /* power/control: "on", "auto" */
    bool override_stated;
    char override[32]; /* "" = not set */
    bool reset_stated;
    char reset[64]; /* "flr bus", "" = none */
    bool vfio_device;
    bool stuck;
    struct sketch_fabric fabric;
};

#define SKETCH_GROUP_MAX 8u

/* What the kernel says of a group beside its functions; "" is not stated. */
struct sketch_group {
    uint32_t number;
    char name[32];
    char reserved[64];     /* "START END TYPE" */
    char other[32];        /* a member that is no PCI function */
    char other_driver[32]; /* "none": none bound */
};

struct sketch_machine {
    char kernel[64];
    char cmdline[512];
    char arch[16];
    enum ims_tristate iommu_on;
    enum ims_tristate ivrs;
    enum ims_tristate dmar;
    enum ims_iommu_kind kind;
    enum ims_tristate groups_stated;
    enum ims_tristate interrupt_remapping;
    enum ims_tristate unsafe_interrupts;
    enum ims_tristate kvm_assignment;
    struct sketch_group groups[SKETCH_GROUP_MAX];
    unsigned group_count;
    struct sketch_table tables[IMS_ACPI_TABLE_COUNT];
};

/* Zero-initialise it; release it with sketch_done(). */
struct sketch {
    struct sketch_machine machine;
    struct sketch_function *functions;
    unsigned count;
    unsigned capacity;
};

void sketch_done(struct sketch *sketch);

/* A copy of all; aborts the test when memory is short. */
void sketch_copy(struct sketch *to, const struct sketch *from);

/* Adds a function with the defaults of its type; the pointer is valid until the next call. */
struct sketch_function *sketch_add(struct sketch *sketch, struct ims_address address, int type,
                                   int header);

/* The function at address, or NULL. */
struct sketch_function *sketch_find(const struct sketch *sketch, struct ims_address address);

/* Removes function number index. */
void sketch_remove(struct sketch *sketch, unsigned index);

/*
 * Reads the text form. On failure returns -EINVAL and writes "line N: what" into message.
 * text need not end in a line end. Finishes with sketch_settle().
 */
int sketch_parse(struct sketch *sketch, const char *text, char *message, size_t message_size);

/* Works out header bit 7 where it is not stated: set on function 0 of a slot with several. */
void sketch_settle(struct sketch *sketch);

/* Writes the text form: what sketch_parse() reads back to the same struct. */
void sketch_print(const struct sketch *sketch, FILE *stream);

/* Configuration space as bytes and as what the input knows of it. */
struct sketch_image {
    uint8_t bytes[IMS_CONFIG_SIZE_BYTES];
    uint8_t known[IMS_CONFIG_SIZE_BYTES]; /* per bit */
    unsigned size_bytes;                  /* what a dump or sysfs would show: 0, 64, 256 or 4096 */
};

void sketch_image(const struct sketch_function *function, struct sketch_image *ret);

/* The true id: the first candidate. */
struct ims_id sketch_id(const struct sketch_function *function);

/* States everything in a new builder; NULL when memory is short. */
struct ims_builder *sketch_build(const struct sketch *sketch);

/* States the functions in the order that permutation gives (count indices; NULL = as they are). */
struct ims_builder *sketch_build_ordered(const struct sketch *sketch, const unsigned *permutation);

/* Builds and seals. Returns what ims_builder_seal() returns. */
int sketch_seal(const struct sketch *sketch, struct ims_topology **ret, struct ims_error *reterr);

/* Writes an lspci -D -xxxx dump of what is known. */
void sketch_write_hex(const struct sketch *sketch, FILE *stream);

/* Writes an lspci -D -xxxx dump of the records of a sealed topology. */
void sketch_write_topology_hex(const struct ims_topology *topology, FILE *stream);

/*
 * Writes a host root (sys/, proc/) below path, which is made. Returns -errno with the file that
 * could not be written in message.
 */
int sketch_write_sysfs(const struct sketch *sketch, const char *path, char *message,
                       size_t message_size);

/* Removes a tree that was made by sketch_write_sysfs(). */
void sketch_remove_tree(const char *path);

#endif
