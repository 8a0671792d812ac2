/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FAKE_KERNEL_H
#define IMS_TESTS_FAKE_KERNEL_H

/*
 * A kernel that behaves, behind struct ims_kernel: drivers with id tables and modules, overrides,
 * SR-IOV, viability, unbinds that wait for whoever has the device open. What it does follows the
 * facts about ownership (table 1.1, 1.2, 1.5) and section 8 of the kernel's rules. Made from a
 * sketch, so that the topology that a plan is made for and the machine that it is carried out on
 * are the same one.
 */

#include "fake_script.h"
#include "host/kernel.h"
#include "sketch.h"

#define FAKE_FUNCTIONS_MAX 40u
#define FAKE_WAITING_MAX 6u

struct fake_driver {
    const char *name;
    const char *module;  /* NULL: built in */
    struct ims_id id;    /* 0000:0000: by class; both zero: only by override or by its name */
    uint32_t class_code; /* of the functions that it drives */
    uint32_t class_mask;
    bool is_vfio;    /* makes a VFIO device: no bridges, needs a group (EINVAL) */
    bool is_managed; /* does not count as an owner (R8.3) */
    bool drops_vfs;  /* its remove takes the VFs along, as igb does; others keep them */
    bool makes_vfs;  /* has sriov_configure */
};

/* All drivers that the fake knows. */
extern const struct fake_driver fake_drivers[];
extern const unsigned fake_driver_count;

/* Index of a driver, or fake_driver_count. */
unsigned fake_driver_find(const char *name);

struct fake_waiting {
    struct ims_step step;
    char name[IMS_DRIVER_NAME_SIZE];
};

struct fake_function {
    struct ims_address address;
    bool present;
    struct ims_id id;
    struct ims_id subsystem;
    uint32_t class_code;
    int header;
    int type; /* of PCI Express, as sketches have it */
    bool has_group;
    uint32_t group;
    unsigned driver; /* index, or fake_driver_count */
    char override[IMS_OVERRIDE_SIZE];
    char power[8]; /* power/control, "" = the sketch does not say */

    bool is_vf;
    struct ims_address physfn;
    uint32_t totalvfs;
    uint32_t numvfs;
    uint16_t vf_offset;
    uint16_t vf_stride;
    struct ims_id vf_id;

    bool is_held;  /* a process has its VFIO device open */
    bool is_used;  /* find_uses() sees that the host uses it */
    unsigned left; /* the driver whose unbind waits for the holder; the link is gone already */
    struct fake_waiting waiting[FAKE_WAITING_MAX]; /* writes that have not returned, in order */
    unsigned waiting_count;
};

/* Everything is in the struct: a copy of it is a copy of the machine. */
struct fake_kernel {
    struct fake_script *script;
    struct fake_function functions[FAKE_FUNCTIONS_MAX];
    unsigned count;
    bool loaded[32];     /* by index of the driver */
    bool counts_owners;  /* 5.19 and later (R8.2) */
    bool override_waits; /* driver_override waits for the device lock, read or written, as on 6.1 */
    bool has_crashed;    /* before 5.19 a host driver met a claimed group: BUG (R8.5) */
    bool is_blind;       /* find_uses() sees no holder */
    char boot_id[IMS_BOOT_ID_SIZE];
};

/*
 * The machine of a sketch. Modules of the drivers that are bound in it are loaded. Functions whose
 * driver, override or group is not stated have none.
 */
void fake_kernel_from_sketch(struct fake_kernel *kernel, const struct sketch *sketch,
                             struct fake_script *script);

/* The sketch as the machine is now; release it with sketch_done(). */
void fake_kernel_to_sketch(const struct fake_kernel *kernel, const struct sketch *base,
                           struct sketch *ret);

struct ims_kernel fake_kernel_interface(struct fake_kernel *kernel);

/* NULL when it is not there (any more). */
struct fake_function *fake_kernel_find(struct fake_kernel *kernel, struct ims_address address);

/* Whether its driver can drive it: a state that the kernel can have brought about. */
bool fake_kernel_fits(const struct fake_function *function);

/* ---- what others do ---- */

/* A step as somebody else makes it, without the script. */
int fake_kernel_do(struct fake_kernel *kernel, const struct ims_step *step);
/* insmod and rmmod; a module that is in use stays. By name of one of its drivers. */
void fake_kernel_load(struct fake_kernel *kernel, const char *driver);
void fake_kernel_unload(struct fake_kernel *kernel, const char *driver);
/* A process opens the VFIO device, if there is one, or goes away; what waited for it goes on. */
void fake_kernel_hold(struct fake_kernel *kernel, struct ims_address address);
void fake_kernel_let_go(struct fake_kernel *kernel, struct ims_address address);
/* remove and rescan: override and driver are lost, the kernel chooses a driver. */
void fake_kernel_remove(struct fake_kernel *kernel, struct ims_address address);
void fake_kernel_rescan(struct fake_kernel *kernel, struct ims_address address);
/* Another boot: overrides are lost, every driver that matches is bound. */
void fake_kernel_reboot(struct fake_kernel *kernel);

/* ---- comparing ---- */

bool fake_kernel_viable(const struct fake_kernel *kernel, uint32_t group);

/*
 * Whether two machines are the same for everybody who looks: functions, groups, drivers, overrides,
 * numbers of VFs; not which modules are loaded. difference gets the first difference. VFs that were
 * made anew have what the kernel chose: with vfs_anew only that they are there is compared.
 */
bool fake_kernel_same(const struct fake_kernel *a, const struct fake_kernel *b, bool vfs_anew,
                      char *difference, size_t size_bytes);

#endif
