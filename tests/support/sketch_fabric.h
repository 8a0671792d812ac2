/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_SKETCH_FABRIC_H
#define IMS_TESTS_SKETCH_FABRIC_H

/*
 * What a sketch says about the fabric: exact address ranges, command bits, egress vectors,
 * multicast, ATS, phantom functions. Included by sketch.h; everything zero = not said.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sketch;
struct sketch_function;
struct sketch_image;
struct ims_record;

#define SKETCH_BAR_COUNT 6u
#define SKETCH_EGRESS_WORDS 8u

struct sketch_bar {
    uint64_t base;
    uint64_t size; /* 0 = not there */
    bool io;
    bool wide; /* 64 bits; takes the next register too */
    bool prefetchable;
};

struct sketch_multicast {
    bool present;
    bool enabled;
    uint8_t position; /* 2^position bytes a group */
    uint8_t groups;   /* 1..64 */
    uint64_t base;
    uint64_t receive;
    uint64_t block_all;
    uint64_t block_untranslated;
};

struct sketch_fabric {
    struct sketch_bar bars[SKETCH_BAR_COUNT];
    struct sketch_bar rom;                       /* enabled */
    struct sketch_bar vf_bars[SKETCH_BAR_COUNT]; /* of a PF: first address, size for one VF */
    bool command_stated;
    uint16_t command;
    bool egress_stated;
    uint32_t egress[SKETCH_EGRESS_WORDS];
    uint8_t port_number;
    bool ats;
    bool ats_on;
    struct sketch_multicast multicast;
    bool group_stated; /* ARI function group (A1.7) */
    uint8_t group;
    bool acs_groups; /* ACS function groups enabled, a bit of function 0 */
    uint8_t phantom; /* phantom functions: capability 1..3, enabled; 0 = none */
};

/* Whether any range of the function is stated, so that its extents are known exactly. */
bool sketch_has_extents(const struct sketch *sketch, const struct sketch_function *function);

/*
 * The ranges of a function as sysfs "resource" numbers them: 0-5 BARs, 6 ROM; those of a VF come
 * from the registers of its PF (B10). ret has 7 entries.
 */
void sketch_extents(const struct sketch *sketch, const struct sketch_function *function,
                    struct sketch_bar ret[7]);

/*
 * Gives every bridge without a memory window one that just covers the ranges below it: the word
 * windows=fit.
 */
void sketch_fit_windows(struct sketch *sketch);

/* Reads one word: 1 = understood, 0 = not a word of the fabric, -1 = its value is wrong. */
int sketch_fabric_word(struct sketch_function *function, const char *token);

void sketch_fabric_print(const struct sketch_function *function, FILE *stream);

/* BARs, ROM, command and the fields of the PCIe capability, over what is there. */
void sketch_fabric_image(const struct sketch_function *function, struct sketch_image *image);
/* The parts of the extended capabilities; at is the offset of each structure. */
void sketch_fabric_image_egress(const struct sketch_function *function, struct sketch_image *image,
                                unsigned at);
void sketch_fabric_image_ari(const struct sketch_function *function, struct sketch_image *image,
                             unsigned at);
void sketch_fabric_image_sriov(const struct sketch_function *function, struct sketch_image *image,
                               unsigned at);
void sketch_fabric_image_ats(const struct sketch_function *function, struct sketch_image *image,
                             unsigned at);
void sketch_fabric_image_multicast(const struct sketch_function *function,
                                   struct sketch_image *image, unsigned at);

/* States the extents of a function in its record. */
void sketch_fabric_record(const struct sketch *sketch, const struct sketch_function *function,
                          struct ims_record *record);

/* The text of the sysfs file "resource". */
void sketch_fabric_resource(const struct sketch *sketch, const struct sketch_function *function,
                            char *text, size_t size);

#endif
