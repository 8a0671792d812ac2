/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_EDIT_H
#define IOMMUSCOPE_EDIT_H

/*
 * What if: a sealed topology and a list of changes give a new sealed topology.
 *
 * Nothing is patched in place, and the old topology is not needed afterwards. Edits work in order:
 * each sees the machine that those before it left. An address in an edit names the function that had
 * it in the beginning, wherever that is by now; when there is none, or it is no more, the function
 * that has the address at that point.
 *
 * Some edits change the question, not the machine: which kernel judges, by which command line, with
 * which root complex. They are collected in struct ims_scenario for ims_grouping_compute() and
 * ims_fabric_new().
 *
 * What a kernel said of the old machine says nothing of the new one: numbers of kernel groups are
 * dropped, by an empty list of edits too. So two results of ims_edits_apply(), one without any
 * edit, differ in nothing but the edits. A function that the kernel left without a group stays so
 * (R1.11).
 */

#include "iommuscope/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ims_edit_kind {
    /*
     * Takes a function out, with its VFs and everything below it. No device is without function 0
     * (PCIe 6.x 7.5.1.1.9): with it go the other functions of the device.
     */
    IMS_EDIT_REMOVE = 0,
    /*
     * Puts the device of a function, whole, with VFs and everything below it, below another port.
     * New bus numbers come from the port's range; where it is too small, the buses of the root bus
     * above the port are numbered anew.
     */
    IMS_EDIT_MOVE,
    /* Puts a new device below a port: of a class, or a copy of one of another topology. */
    IMS_EDIT_ADD,
    IMS_EDIT_SET_ACS,    /* bits of an ACS control register, as setpci would write them */
    IMS_EDIT_SET_VECTOR, /* bits of an ACS egress control vector (PCIe 6.x 7.7.11.4) */
    IMS_EDIT_NUMVFS,     /* how many VFs of a physical function are enabled */

    /* From here on they change the question. */
    IMS_EDIT_CMDLINE,  /* options are added to the kernel command line, or replace it */
    IMS_EDIT_OVERRIDE, /* pcie_acs_override= of patched kernels (R4.22) */
    IMS_EDIT_KERNEL,   /* another kernel release */
    IMS_EDIT_IOMMU,    /* DMA translation on or off */
    IMS_EDIT_RC,       /* what the root complex does between its ports */
    IMS_EDIT_MAX,
};

/* "remove", "move", "add", "set acs", "vector", "numvfs", "cmdline", ...; never NULL. */
IMS_PUBLIC const char *ims_edit_kind_to_string(enum ims_edit_kind kind);

#define IMS_EDIT_VECTOR_DWORDS 8u

/* One change. What it borrows (texts, the other topology) must live until it has been applied. */
struct ims_edit {
    enum ims_edit_kind kind;
    /* REMOVE, MOVE: the function. SET_ACS, SET_VECTOR: port or function. NUMVFS: the PF. */
    struct ims_address function;
    union {
        struct ims_address port; /* MOVE: the bridge or port below which the device goes */
        struct {
            struct ims_address port;
            uint32_t class_code;              /* 24 bits; used when other is NULL */
            const struct ims_topology *other; /* whose device function is copied, or NULL */
        } add;
        struct {
            uint16_t set; /* IMS_ACS_SV to IMS_ACS_DT */
            uint16_t clear;
        } acs;
        struct {
            uint32_t value[IMS_EDIT_VECTOR_DWORDS];
            uint32_t mask[IMS_EDIT_VECTOR_DWORDS]; /* bits that are written */
        } vector;
        uint32_t numvfs;
        struct {
            const char *text; /* CMDLINE: options. OVERRIDE: "downstream,multifunction,id:..." */
            bool replace;     /* CMDLINE: text is the whole command line, not added to it */
        } cmdline;
        const char *kernel; /* a release: "6.12", "6.12.23" */
        bool iommu_on;
        const char *rc; /* a name that ims_fabric_rc_parse() knows */
    } to;
};

/* How the question has changed. NULL: not changed. Texts live as long as the result. */
struct ims_scenario {
    const char *cmdline; /* for ims_grouping_options.cmdline: the whole of it, "" for none */
    const char *kernel;  /* for ims_ruleset_find() with "linux-" before it */
    const char *rc;      /* for ims_fabric_rc_parse() */
    bool boots;          /* it takes a boot: kernel, command line or IOMMU have changed */
    /* Of IMS_EDIT_IOMMU; unknown: not asked. Yes is only set where it was off or not known. */
    enum ims_tristate iommu_on;
};

enum ims_edit_note_kind {
    IMS_EDIT_NOTE_INFO = 0, /* what the edit brought about besides */
    IMS_EDIT_NOTE_MISFIT,   /* does not fit as it is: firmware or kernel must assign anew */
    IMS_EDIT_NOTE_UNKNOWN,  /* a fact is missing that the answer needs */
};

/* "info", "misfit", "unknown"; never NULL. */
IMS_PUBLIC const char *ims_edit_note_kind_to_string(enum ims_edit_note_kind kind);

struct ims_edit_note {
    enum ims_edit_note_kind kind;
    uint32_t edit; /* index of the edit */
    bool has_address;
    struct ims_address address; /* the function concerned, as it is called after all edits */
    const char *text;           /* one sentence without an end */
};

/* The edited machine. Freed with ims_edited_free(), the topology in it too. */
struct ims_edited {
    struct ims_topology *topology;
    /* Per function of topology: its index in the topology that was edited, IMS_NONE for a new one. */
    const uint32_t *origin;
    struct ims_scenario scenario;
    const struct ims_edit_note *notes; /* in the order of the edits */
    uint32_t note_count;
};

/*
 * Applies count edits to from, which stays as it is and need not outlive the result. The result
 * passes ims_topology_check(). An impossible edit is an error whose message begins with "edit N"
 * (from 1) and its kind, and says why; its address is the function concerned. Returns
 *   -ENOENT      no such function,
 *   -EINVAL      what is asked for makes no sense (a root port cannot be moved, no such class, ...),
 *   -EOPNOTSUPP  the hardware has not got it (no ACS capability, no such bit, no SR-IOV),
 *   -ENODATA     the input does not say what the edit needs to know,
 *   -EBUSY       the port has a device already,
 *   -ENOSPC      bus numbers do not suffice, -ERANGE more VFs than TotalVFs,
 *   -ENOMEM.
 * Linear in functions for each edit, but for sorting.
 */
IMS_PUBLIC int ims_edits_apply(const struct ims_topology *from, const struct ims_edit *edits,
                               uint32_t count, struct ims_edited **ret, struct ims_error *reterr);
IMS_PUBLIC void ims_edited_free(struct ims_edited *edited);

#ifdef __cplusplus
}
#endif

#endif
