/* SPDX-License-Identifier: MIT */
#ifndef IMS_HOST_WORKSHOP_H
#define IMS_HOST_WORKSHOP_H

/* Where steps are carried out, forward and back, whoever asked for them. */

#include "host/journal.h"
#include "host/transaction.h"

/* A member as it is now. */
struct ims_member_state {
    bool present;    /* the function is there, and is the device of the plan */
    bool recognised; /* no function with another identity is in its place */
    struct ims_live_function live;
    struct ims_binding now; /* its strings are those of live */
};

struct ims_work {
    const struct ims_desk *desk;
    const struct ims_plan *plan;
    struct ims_outcome *outcome;
    char journal[IMS_JOURNAL_NAME_SIZE];
    struct ims_member_state *states; /* one per member of the plan */
};

void ims_outcome_say(struct ims_outcome *outcome, enum ims_outcome_state state, int code,
                     const struct ims_address *address, const char *format, ...) IMS_PRINTF(5, 6);

/* What -EPERM from the store means. */
const char *ims_foreign_place(void);
/*
 * Adds to the outcome, and to its text, which process has a function or one of its VFs open, where
 * one can be seen. take: the text has it already; subject is that of the use that said so. (holder.c)
 */
void ims_outcome_name_holder(const struct ims_desk *desk, struct ims_address address,
                             struct ims_outcome *outcome);
void ims_outcome_take_holder(const struct ims_desk *desk, struct ims_address address,
                             const char *subject, struct ims_outcome *outcome);

/* The host's lock was not to be had; code says why. */
void ims_outcome_refuse_lock(struct ims_outcome *outcome, int code);

/* Whether two plans have a member in common. */
bool ims_plans_overlap(const struct ims_plan *a, const struct ims_plan *b);

/* Whether a member has what a goal demands; its power management is anybody's to change. */
bool ims_binding_matches(const struct ims_binding *now, const struct ims_binding *goal);

/* A state that neither the plan nor the machine before it explains: somebody else was here. */
bool ims_member_is_foreign(const struct ims_plan_member *member,
                           const struct ims_member_state *state);
void ims_member_say_foreign(struct ims_outcome *outcome, const struct ims_plan_member *member,
                            const struct ims_member_state *state);

/*
 * Reads what member number index has now; there was a look at all before. Returns errors of reading;
 * of -ETIME the outcome is STUCK already.
 */
int ims_work_look_at(struct ims_work *work, uint32_t index);

/* The first member that has not what it is to have; NULL when all have. */
const struct ims_plan_member *ims_work_find_other(const struct ims_work *work, bool back,
                                                  const struct ims_member_state **ret_state);

/* Reads what every member has now. Returns -ENOMEM and errors of reading. */
int ims_work_look(struct ims_work *work);

/*
 * Goes on from what the members have now to their goals, or back to what they had before, and ends
 * the journal. What fails on the way forward is rolled back. Fills the outcome. Returns -ENOMEM.
 */
int ims_work_go(struct ims_work *work, bool back);

/* The same for a transaction that was interrupted: it waits for what has not ended yet. */
int ims_work_resume(struct ims_work *work, enum ims_recovery recovery);

/* Releases the states. */
void ims_work_done(struct ims_work *work);

#endif
