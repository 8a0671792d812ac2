/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_BULK_H
#define IMS_TESTS_LAB_BULK_H

/*
 * Synthetic machines by the thousand, judged by a real kernel: the module iommulab
 * (tests/lab/module) builds each from its configuration bytes and says which groups came of it.
 */

#include <stdbool.h>
#include <stdio.h>

#include "iommuscope/rules.h"
#include "rng.h"
#include "sketch.h"

#define BULK_WHY_SIZE 512u

/* One machine and how the kernel meets it. */
struct bulk_case {
    struct sketch sketch; /* machine.cmdline holds the options of pci= */
    bool hot;             /* the IOMMU is there before the devices are (R1.5, R3.6) */
    bool acs_wanted;      /* an IOMMU driver has asked for ACS (R4.11) */
};

void bulk_case_done(struct bulk_case *bulk);

/* draw.c: a random machine that the module can build; release is what uname -r says. */
void bulk_draw(struct rng *rng, const char *release, struct bulk_case *ret);
/*
 * Takes away what a kernel that scans this machine cannot see, and what the module cannot build.
 * Returns false when nothing is left.
 */
bool bulk_settle(struct bulk_case *bulk);

/* protocol.c */
#define BULK_NO_GROUP (-1)
#define BULK_ABSENT (-2) /* the kernel found no such function */

struct bulk_answer {
    int *groups; /* one per function of the sketch */
    /* ACS control as the kernel left it, where Linux looks for it: at p+6, or at p+8 (R4.21). */
    uint32_t *control, *control_wide; /* BULK_NO_WORD where there is none */
    unsigned count;
    char error[BULK_WHY_SIZE]; /* what went wrong in the guest, "" for nothing */
};
#define BULK_NO_WORD UINT32_MAX

void bulk_answer_done(struct bulk_answer *answer);

/* Writes the lines that describe a case to the module. */
void bulk_write(const struct bulk_case *bulk, const char *name, FILE *stream);
/*
 * Reads the answer to the case from *text and moves *text behind it. Returns false, with the
 * reason in answer->error, where the answer is not to this case or is cut.
 */
bool bulk_read(const struct bulk_case *bulk, const char *name, const char **text,
               struct bulk_answer *answer);

/* Reads only the lines between; what is wrong with them is in answer->error. */
void bulk_answer_read(const struct bulk_case *bulk, const char *lines, struct bulk_answer *answer);

/* record.c: a case with its answer as text. */
void bulk_record_write(const struct bulk_case *bulk, const struct bulk_answer *answer,
                       FILE *stream);
/* Reads the record at *text, which is cut in place, and moves *text behind it. */
bool bulk_record_read(char **text, struct bulk_case *bulk, struct bulk_answer *answer,
                      char why[BULK_WHY_SIZE]);

/*
 * Reads the cases of a file of records whose firmware has AMD's table, or has not, for a kernel.
 * Returns false with the reason; what was read until then is there all the same.
 */
bool bulk_cases_read(const char *path, const char *release, bool ivrs, struct bulk_case **ret,
                     unsigned *ret_count, char why[BULK_WHY_SIZE]);
/* A file as text, to be released with free(); NULL when it cannot be read. */
char *bulk_file_read(const char *path);

/* judge.c */
struct bulk_count {
    unsigned long machines, functions, groups;
    unsigned long exact; /* machines whose partition is the kernel's */
    unsigned long differences;
    unsigned long numbered;  /* machines without VFs: the order of probing is known */
    unsigned long numbers;   /* of those, machines with all numbers equal */
    unsigned long registers; /* ACS control words held against the kernel's */
};

/*
 * Whether the library predicts what the kernel answered: the partition and the ACS control words
 * from the registers before the kernel touched them (R4.13-R4.21), and the partition again from
 * the registers as it left them. Adds to count; else says in one sentence what differs.
 */
bool bulk_judge(const struct bulk_case *bulk, const struct bulk_answer *answer,
                struct bulk_count *count, char why[BULK_WHY_SIZE]);

/* Whether the library puts the functions of two cases of the same shape into the same sets. */
bool bulk_same_prediction(const struct bulk_case *a, const struct bulk_case *b);

#endif
