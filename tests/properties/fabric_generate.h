/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_FABRIC_GENERATE_H
#define IMS_TESTS_FABRIC_GENERATE_H

/* Random fabrics with real addresses; types fit their places, registers and windows may be bad. */

#include "rng.h"
#include "sketch.h"

/* In percent of what could have it; all are drawn anew for every fabric. */
struct fabric_options {
    unsigned function_max; /* about this many functions */
    unsigned depth_max;    /* bridges on one way */
    unsigned lax;          /* ports without a structure, or with controls as they fall */
    unsigned enhanced;     /* ACS Enhanced */
    unsigned egress;       /* egress control */
    unsigned unknown;      /* control words, or whether there is a structure */
    unsigned multicast;    /* switches that multicast */
    unsigned functions;    /* devices with several functions */
    unsigned vfs;          /* endpoints with VFs */
    unsigned conventional; /* PCIe-to-PCI bridges */
    unsigned port_bars;    /* ports with registers in memory */
    unsigned vendors;      /* ids that something is known about: aliases, NTBs, statements */
    unsigned wrong;        /* windows that are closed or too small */
    unsigned commands;     /* functions that do not decode, or are no masters */
    unsigned roots;        /* machines with several root buses, segments, VMD */
    unsigned ats;
    unsigned phantom;
};

struct fabric_options fabric_draw_options(struct rng *rng);

/* Adds the functions of a random fabric to an empty sketch and lays out its addresses. */
void fabric_generate(struct rng *rng, const struct fabric_options *options, struct sketch *sketch);

/* ---- shared between the files of the generator ---- */

struct fabric_generator {
    struct rng *rng;
    const struct fabric_options *options;
    struct sketch *sketch;
    unsigned next_bus;
    uint32_t segment;
    bool vmd; /* the functions are behind VMD */
    struct ims_address vmd_endpoint;
    bool multicast; /* of the switch that is being drawn */
};

bool fabric_percent(struct fabric_generator *generator, unsigned percent);
unsigned fabric_below(struct fabric_generator *generator, unsigned n);

void fabric_draw_port_acs(struct fabric_generator *generator, struct sketch_function *port);
void fabric_draw_function_acs(struct fabric_generator *generator, struct sketch_function *function);
void fabric_draw_unknown(struct fabric_generator *generator, struct sketch_function *function);
void fabric_draw_bars(struct fabric_generator *generator, struct sketch_function *function);
void fabric_draw_multicast(struct fabric_generator *generator, struct sketch_function *function);
void fabric_draw_vendor(struct fabric_generator *generator, struct sketch_function *function);
void fabric_draw_commands(struct fabric_generator *generator);
void fabric_spoil_windows(struct fabric_generator *generator);

#endif
