/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_OWNERSHIP_STAGE_H
#define IMS_TESTS_OWNERSHIP_STAGE_H

/*
 * A plan for a random machine, and the runs that carry it out: each on its own copy of the fake
 * kernel and the fake store, under its own script.
 */

#include "fake_kernel.h"
#include "fake_store.h"
#include "host/transaction.h"
#include "laws.h"

/* A machine, and what its plans are made of. */
struct scene {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_check *check;
    struct ims_plan *plan;
};

struct run {
    struct fake_script script;
    struct fake_kernel kernel;
    struct fake_store store;
    struct ims_kernel kernel_interface;
    struct ims_store store_interface;
    struct ims_desk desk;
    struct ims_outcome outcome;
    int result;
};

struct stage {
    const struct sketch *sketch;
    bool release;
    struct scene scene;       /* of the plan that is carried out */
    struct run before;        /* the machine and the store that runs begin with */
    struct run after;         /* where an undisturbed run ended, with its calls */
    bool vfs_anew;            /* the plan makes VFs anew, which have what the kernel chooses */
    struct fake_kernel first; /* of a release: the machine before its group was claimed */
};

enum stage_state {
    STAGE_READY = 0,
    STAGE_BLOCKED, /* the plan must not be carried out; scene.plan is there */
    STAGE_EMPTY,   /* it has no steps; scene.plan is there */
    STAGE_NONE,    /* there is no plan: nothing to judge */
    STAGE_BROKEN,  /* an undisturbed run does not end as it must; why says so */
};

/* Large: allocate with stage_new(). */
struct stage *stage_new(void);
void stage_free(struct stage *stage);

/* Claims, or claims and plans the release, of the group TARGET_GROUP; the request follows from seed. */
enum stage_state stage_begin(struct stage *stage, const struct sketch *sketch, uint64_t seed,
                             bool release, char why[WHY_SIZE]);

/* What a law makes of a stage. */
typedef bool (*stage_judge)(struct stage *stage, const struct trial *trial, char why[WHY_SIZE]);

/* Whether the judge says so, of a plan that can be carried out; other machines hold. */
bool stage_holds(const struct sketch *sketch, const struct trial *trial, bool release,
                 stage_judge holds, char why[WHY_SIZE]);

/* Plans for a machine as it is; returns false when no plan can be made. */
bool scene_make(struct scene *scene, const struct sketch *sketch, uint64_t seed, bool release,
                const struct ims_status *status);
void scene_done(struct scene *scene);

/* Zeros; released with free(). */
struct run *run_new(void);
/* A copy of before, with a script that does nothing. Release it with run_done(). */
void run_begin(struct run *run, const struct run *from);
void run_done(struct run *run);
void run_apply(struct run *run, const struct ims_plan *plan);
/* The process is gone, a new one starts: the script is forgotten, the lock is free. */
void run_restart(struct run *run);
void run_recover(struct run *run, enum ims_recovery recovery);
/* Transactions in a state, of those that the journals tell of; -1: they cannot be read. */
int run_count(struct run *run, enum ims_transaction_state state);

/* Whether the machine is as before the plan, as after it. difference gets what is not. */
bool run_is_old(const struct run *run, const struct stage *stage, char *difference, size_t size);
bool run_is_new(const struct run *run, const struct stage *stage, char *difference, size_t size);

/*
 * What every run must keep, whatever happened in it: an outcome that says what is true, nothing
 * written outside of the group, no bridge bound, overrides before unbinds, the lock let go.
 */
bool run_keeps(const struct run *run, const struct stage *stage, char why[WHY_SIZE]);

/* After a failure that only our own doing can explain: what the outcome says of the machine. */
bool run_tells_truth(struct run *run, const struct stage *stage, char why[WHY_SIZE]);

/* "call 17 (bind 0000:01:00.0 vfio-pci)" */
const char *run_name_call(const struct run *run, unsigned number, char *buffer, size_t size);

/* Trials that were carried out, for the statistics of the coverage. */
extern unsigned stage_ready_count;
/* Runs by how they ended. */
extern unsigned stage_ends[IMS_OUTCOME_STUCK + 1];

#endif
