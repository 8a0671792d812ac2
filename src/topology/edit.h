/* SPDX-License-Identifier: MIT */
#ifndef IMS_TOPOLOGY_EDIT_H
#define IMS_TOPOLOGY_EDIT_H

/* The inside of the edit engine: one step per edit, each from one sealed topology to the next. */

#include "iommuscope/edit.h"
#include "topology/model.h"

/* What becomes of one function of the topology before the step. */
struct ims_edit_place {
    bool dropped;
    bool moved;   /* it leaves its slot: what was known of the slot is no longer true of it */
    bool covered; /* an IOMMU takes it, though tables name its old requester id */
    struct ims_address address;
};

/* All edits together. */
struct ims_edit_work {
    const struct ims_topology *first; /* the caller's */
    struct ims_topology *current;     /* NULL before the first step */
    uint32_t *origin;                 /* per function of current: index in first, or IMS_NONE */
    struct ims_arena arena;           /* of the result: texts of notes and of the scenario */
    struct ims_scenario scenario;
    struct ims_edit_note *notes;
    uint32_t note_count;
    uint32_t note_capacity;
    bool failed; /* memory was short while noting */
};

struct ims_edit_step {
    struct ims_edit_work *work;
    const struct ims_topology *from;
    const struct ims_edit *edit; /* NULL for the copy without an edit */
    uint32_t number;             /* of the edit */
    struct ims_edit_place *places;
    struct ims_builder *builder; /* of the next topology, once it has been begun */
    struct ims_error *reterr;
};

/* Fills the error with "edit N (KIND): ..." and the function concerned (may be NULL); returns code. */
int ims_edit_refuse(const struct ims_edit_step *step, int code, const struct ims_address *address,
                    const char *format, ...) IMS_PRINTF(4, 5);

/* Keeps a note; address (may be NULL) is one of the next topology. */
void ims_edit_note(struct ims_edit_step *step, enum ims_edit_note_kind kind,
                   const struct ims_address *address, const char *format, ...) IMS_PRINTF(4, 5);

/* The function that an edit means, see the head of iommuscope/edit.h. Returns -ENOENT. */
int ims_edit_find(const struct ims_edit_step *step, struct ims_address address,
                  struct ims_function *ret);

/* Whether an IOMMU takes a function by a table that names requester ids (E4-E6, E8). */
bool ims_edit_is_mapped(const struct ims_edit_step *step, struct ims_function function);

/* Begins the next topology: everything of the step's own, at its places. Returns -ENOMEM. */
int ims_edit_begin(struct ims_edit_step *step);

/* A copy of from, with texts and registers, as the record of address. Returns -ENOMEM, -E2BIG. */
int ims_edit_copy_record(struct ims_builder *builder, const struct ims_record *from,
                         struct ims_address address, struct ims_record **ret);

/*
 * A builder with everything that from has, but for the kernel's groups; for rooms that go on from
 * there. Returns -ENOMEM.
 */
int ims_edit_copy(const struct ims_topology *from, struct ims_builder **ret);

/* The registers of from are put in place of those of config. Returns -ENOMEM. */
int ims_edit_copy_config(struct ims_config *config, const struct ims_config *from);

/* Nothing is known any more of size_bytes from offset. */
void ims_edit_forget(struct ims_config *config, unsigned offset, unsigned size_bytes);

/*
 * Marks the device of a function: all functions of its device, their VFs, and everything below.
 * marks has a place per function, all false. alone: only this function with its VFs and what is
 * below it.
 */
void ims_edit_mark_device(const struct ims_topology *topology, struct ims_function function,
                          bool alone, bool *marks);

/* Bus numbers that a bridge gets. */
struct ims_edit_range {
    bool changed;
    uint8_t primary;
    uint8_t secondary;
    uint8_t subordinate;
};

enum ims_edit_space {
    IMS_EDIT_MEMORY = 0,   /* what a bridge passes by its memory window */
    IMS_EDIT_PREFETCHABLE, /* and by its prefetchable one */
    IMS_EDIT_SPACES,
};

/* Addresses, both included. */
struct ims_edit_span {
    uint64_t first;
    uint64_t last;
};

/* A device that goes below a port: of the topology before the step, or of another one. */
struct ims_edit_guest {
    const struct ims_topology *topology;
    bool is_own;                   /* of the topology before the step */
    struct ims_function top;       /* the function that the edit names */
    bool *marks;                   /* per function of topology: belongs to the device */
    struct ims_address *addresses; /* per function: where it goes */
    struct ims_edit_range *ranges; /* per function */
    struct ims_edit_span placed[IMS_EDIT_SPACES]; /* memory that it has got so far */
    unsigned placed_count;
};

/* Whether the bus below a bridge or port is PCI Express, where all functions are one device. */
enum ims_tristate ims_edit_has_link(const struct ims_function_info *port);

/* Whether the guest can go below port, and its device number there. Returns an error of the list. */
int ims_edit_check_port(struct ims_edit_step *step, const struct ims_edit_guest *guest,
                        struct ims_function port, uint8_t *ret_device);

/*
 * Gives the guest its addresses below port. Where the range of port is too small, the places of all
 * functions below the same root bus change too; ranges has a place per function of the topology
 * before the step. Returns -ENOSPC, -ENODATA.
 */
int ims_edit_number(struct ims_edit_step *step, struct ims_edit_guest *guest,
                    struct ims_function port, uint8_t device, struct ims_edit_range *ranges);

/* ---- memory ---- */

/* The window of a bridge; open is unknown where registers are. */
struct ims_window ims_edit_window(const struct ims_function_info *bridge,
                                  enum ims_edit_space space);

/* What a register of a function takes, as far as it can reach; false: nothing is assigned to it. */
bool ims_edit_bar_span(const struct ims_function_info *info, unsigned number,
                       struct ims_edit_span *ret);
/* The same of one of its VF registers, for all its VFs. */
bool ims_edit_vf_bar_span(const struct ims_function_info *info, unsigned number,
                          struct ims_edit_span *ret);

/* A place that is wanted: so long, at an address that leaves rest when divided by alignment. */
struct ims_edit_wish {
    uint64_t length;
    uint64_t alignment; /* power of two */
    uint64_t rest;
    bool below_4g;
};

/* How a place was found. */
enum ims_edit_find {
    IMS_EDIT_FIND_NONE = 0, /* there is none that can be given without a guess */
    IMS_EDIT_FIND_FREE,     /* within the window as it is */
    IMS_EDIT_FIND_STAND_IN, /* a window had to be opened for it, at an address that firmware chooses */
};

/*
 * Looks for a place behind port; where a window is opened for that, it is written into the next
 * topology. guest is what does not count as taken. Returns -ENOMEM, else the way it was found.
 */
int ims_edit_find_place(struct ims_edit_step *step, struct ims_edit_guest *guest,
                        struct ims_function port, enum ims_edit_space space,
                        const struct ims_edit_wish *wish, uint64_t *ret);

/* Writes a window into a record. Returns -ENOMEM. */
int ims_edit_write_window(struct ims_record *record, enum ims_edit_space space,
                          struct ims_edit_span span);

/*
 * Gives the registers of a guest addresses behind port, in the next topology, and notes what does
 * not fit. Returns -ENOMEM.
 */
int ims_edit_place_memory(struct ims_edit_step *step, struct ims_edit_guest *guest,
                          struct ims_function port);

/* The edits. Each leaves the next topology in step->builder, or returns an error. */
int ims_edit_remove(struct ims_edit_step *step);
int ims_edit_move(struct ims_edit_step *step);
int ims_edit_add(struct ims_edit_step *step);
int ims_edit_set_acs(struct ims_edit_step *step);
int ims_edit_set_vector(struct ims_edit_step *step);
int ims_edit_numvfs(struct ims_edit_step *step);
int ims_edit_question(struct ims_edit_step *step);

#endif
