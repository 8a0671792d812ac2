/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FAKE_SCRIPT_H
#define IMS_TESTS_FAKE_SCRIPT_H

/*
 * What happens to the code under test while it calls the fake kernel and the fake store: every call
 * of either is counted, and the one that the script names fails, or is the last that the code lives
 * to see, or finds that somebody else was there first.
 */

#include <stdbool.h>

#include "iommuscope/ownership.h"

enum fake_call_kind {
    FAKE_CALL_READ = 0, /* a question to the kernel */
    FAKE_CALL_STEP,     /* do_step: the only call that changes the machine */
    FAKE_CALL_VIABLE,
    FAKE_CALL_LOCK,
    FAKE_CALL_UNLOCK,
    FAKE_CALL_CREATE,
    FAKE_CALL_APPEND,
    FAKE_CALL_LOAD, /* reading and listing journals */
    FAKE_CALL_REMOVE,
    FAKE_CALL_WRITE, /* writing or removing a small file (fake_vault.h) */
};

enum fake_act {
    FAKE_RUN = 0,
    FAKE_FAIL,        /* the call returns the code and has no effect; an append keeps a part */
    FAKE_FAIL_AFTER,  /* it has its effect and returns the code all the same */
    FAKE_KILL_BEFORE, /* the code dies before the effect; an append keeps a part */
    FAKE_KILL_AFTER,
};

#define FAKE_NAME_SIZE 64u
#define FAKE_CALLS_MAX 1024u

struct fake_call {
    enum fake_call_kind kind;
    int code;         /* what it returned */
    bool is_function; /* a read of one function, address */
    /* Of a step; name is "" where the step has none. */
    enum ims_step_kind step;
    struct ims_address address;
    char name[FAKE_NAME_SIZE];
    uint32_t number;
};

/* Zero-initialise: nothing happens, calls are noted. */
struct fake_script {
    unsigned at; /* the call that it is about, counted from 1; 0 = none */
    enum fake_act act;
    int code;              /* negative errno */
    bool onwards;          /* so does every later call of the kinds in `kinds` */
    unsigned kinds;        /* 1u << kind, of onwards */
    unsigned keep_percent; /* how much of an append that fails stays */

    unsigned other_at; /* somebody else acts before this call */
    void (*other)(void *context);
    void *other_context;

    bool dead; /* killed: no call has an effect any more */
    unsigned count;
    struct fake_call calls[FAKE_CALLS_MAX]; /* the first ones */
};

/* Forgets everything: the code under test starts again. */
void fake_script_reset(struct fake_script *script);

/*
 * Called first by each call. Returns the entry to fill in. *ret_act is what happens to it:
 * FAKE_FAIL for every call of code that is dead.
 */
struct fake_call *fake_script_enter(struct fake_script *script, enum fake_call_kind kind,
                                    enum fake_act *ret_act);

/* Called last with what the call would return. Returns what it is to return. */
int fake_script_leave(struct fake_script *script, struct fake_call *call, enum fake_act act,
                      int code);

/* Number of calls of a kind so far. */
unsigned fake_script_count(const struct fake_script *script, enum fake_call_kind kind);

#endif
