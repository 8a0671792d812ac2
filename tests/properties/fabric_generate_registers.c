/* SPDX-License-Identifier: MIT */
#include "fabric_generate.h"

/* What a function of a random fabric says about itself. */

bool fabric_percent(struct fabric_generator *generator, unsigned percent)
{
    return rng_percent(generator->rng, percent);
}

unsigned fabric_below(struct fabric_generator *generator, unsigned n)
{
    return rng_below(generator->rng, n);
}

static void draw_vector(struct fabric_generator *generator, struct sketch_function *function,
                        unsigned size)
{
    function->acs_cap |= 0x20u | (size & 0xff) << 8;
    function->fabric.egress_stated = true;
    for (unsigned i = 0; i < (size + 31) / 32; i++)
        function->fabric.egress[i] = (uint32_t)rng_next(generator->rng);
    if (size < 32)
        function->fabric.egress[0] &= (1u << size) - 1;
}

/* Controls: as Linux sets them, all off, or as they fall. */
static void draw_controls(struct fabric_generator *generator, struct sketch_function *function)
{
    unsigned what = fabric_below(generator, 100);
    uint32_t implemented = function->acs_cap & 0x7f;
    if (what >= generator->options->lax)
        function->acs_ctrl = implemented & SKETCH_REQ;
    else if (what % 4 == 0)
        function->acs_ctrl = 0;
    else
        function->acs_ctrl = implemented & fabric_below(generator, 0x80);
    if (implemented & 0x20)
        function->acs_ctrl |= fabric_percent(generator, 70) ? 0x20 : 0;
    if ((implemented & 0x42) && fabric_percent(generator, 70))
        function->acs_ctrl &= ~0x02u; /* translation blocking hides all else under TM1 */
    if (function->acs_cap & 0x80)
        function->acs_ctrl |= fabric_below(generator, 0x40) << 7;
}

void fabric_draw_port_acs(struct fabric_generator *generator, struct sketch_function *port)
{
    static const uint32_t downstream[] = {0x5f, 0x5f, 0x1f, 0x1f, 0x5f};
    static const uint32_t root[] = {0x5f, 0x1f, 0x1d, 0x11, 0x13, 0x0f, 0x4f, 0x5f};
    if (fabric_percent(generator, generator->options->lax / 2))
        return;
    port->acs = SKETCH_YES;
    port->acs_cap =
        port->type == 4 ? root[fabric_below(generator, 8)] : downstream[fabric_below(generator, 5)];
    if (fabric_percent(generator, generator->options->egress))
        draw_vector(generator, port, fabric_percent(generator, 80) ? 32 : 3);
    if (fabric_percent(generator, generator->options->enhanced))
        port->acs_cap |= 0x80;
    draw_controls(generator, port);
}

void fabric_draw_function_acs(struct fabric_generator *generator, struct sketch_function *function)
{
    static const uint32_t caps[] = {0x0c, 0x0c, 0x4c, 0x00, 0x40};
    if (function->type == SKETCH_CONVENTIONAL || function->type == 7 || function->type == 8 ||
        function->type == 10) /* A1.5 */
        return;
    if (fabric_percent(generator, 30 + generator->options->lax / 3))
        return;
    function->acs = SKETCH_YES;
    function->acs_cap = caps[fabric_below(generator, 5)];
    if (fabric_percent(generator, generator->options->egress))
        draw_vector(generator, function, function->ari ? 8u << fabric_below(generator, 3) : 8);
    draw_controls(generator, function);
}

/* What hides the structure hides everything beyond byte 255: only where nothing else is. */
void fabric_draw_unknown(struct fabric_generator *generator, struct sketch_function *function)
{
    const struct sketch_fabric *fabric = &function->fabric;
    bool more = function->ari || function->sriov || fabric->ats || fabric->multicast.present;
    if (function->type == SKETCH_CONVENTIONAL ||
        !fabric_percent(generator, generator->options->unknown))
        return;
    if (function->acs == SKETCH_YES && fabric_percent(generator, 60)) {
        function->acs_ctrl_unknown = true;
        function->acs_ctrl = 0;
    } else if (!more) {
        /* Not in the input, or space that does not answer: nobody knows either way (A1.9). */
        function->no_ext = fabric_percent(generator, 40);
        function->acs = function->no_ext ? SKETCH_NO : SKETCH_UNKNOWN;
        function->acs_cap = function->acs_ctrl = 0;
        function->fabric.egress_stated = false;
        for (unsigned i = 0; i < SKETCH_EGRESS_WORDS; i++)
            function->fabric.egress[i] = 0;
    }
}

static void draw_bar(struct fabric_generator *generator, struct sketch_bar *bar, bool io)
{
    unsigned what = fabric_below(generator, 10);
    *bar = (struct sketch_bar){.size = 0x1000u << fabric_below(generator, 10)};
    if (io && what < 2)
        *bar = (struct sketch_bar){.size = 0x20u << fabric_below(generator, 4), .io = true};
    else if (what < 5)
        bar->wide = bar->prefetchable = true;
    else if (what < 6)
        bar->wide = true;
    else if (what < 7)
        bar->prefetchable = true;
}

void fabric_draw_bars(struct fabric_generator *generator, struct sketch_function *function)
{
    struct sketch_fabric *fabric = &function->fabric;
    bool io = !function->header && (function->type == 1 || function->type < 0);
    if (function->header) {
        function->bar = fabric_percent(generator, generator->options->port_bars);
        if (function->bar)
            fabric->bars[0].size = 0x1000u << fabric_below(generator, 5);
        return;
    }
    function->nobar = fabric_percent(generator, 12);
    for (unsigned i = 0; !function->nobar && i < 6; i++) {
        draw_bar(generator, &fabric->bars[i], io);
        if (i == 5) /* no register for the upper half */
            fabric->bars[5].wide = fabric->bars[5].prefetchable = false;
        i += fabric->bars[i].wide;
        if (fabric_percent(generator, 70))
            break;
    }
    if (fabric_percent(generator, 8))
        fabric->rom.size = 0x800u << fabric_below(generator, 4);
    fabric->ats = function->type == 0 && fabric_percent(generator, generator->options->ats);
    fabric->ats_on = fabric->ats && fabric_percent(generator, 60);
    if (function->type == 0 && !function->ari &&
        fabric_percent(generator, generator->options->phantom))
        fabric->phantom = (uint8_t)(1 + fabric_below(generator, 3));
}

/* All of a machine agree on the range, which is outside every window. */
void fabric_draw_multicast(struct fabric_generator *generator, struct sketch_function *function)
{
    struct sketch_multicast *multicast = &function->fabric.multicast;
    if (!generator->multicast || function->type == SKETCH_CONVENTIONAL || function->type > 6)
        return;
    *multicast = (struct sketch_multicast){.present = true,
                                           .enabled = fabric_percent(generator, 90),
                                           .position = 16,
                                           .groups = 4,
                                           .base = 0x700000000u};
    if (!multicast->enabled) {
        *multicast = (struct sketch_multicast){.present = true};
        return;
    }
    multicast->receive = fabric_below(generator, 16);
    if (function->header) {
        multicast->block_all = fabric_percent(generator, 20) ? fabric_below(generator, 16) : 0;
        multicast->block_untranslated =
            fabric_percent(generator, 30) ? fabric_below(generator, 16) : 0;
    }
}

void fabric_draw_vendor(struct fabric_generator *generator, struct sketch_function *function)
{
    static const struct ims_id ports[] = {{0x177d, 0xa001}, {0x10e8, 0xe004}, {0x17cb, 0x0400}};
    static const struct ims_id endpoints[] = {
        {0x1924, 0x0903}, {0x8086, 0x10c9}, {0x19a2, 0x0710},                   /* H4 */
        {0x1b4b, 0x9230}, {0x1180, 0xe832}, {0x10b5, 0x87b0}, {0x8086, 0x2260}, /* B7 */
    };
    bool plain = function->acs == SKETCH_NO;
    if (!fabric_percent(generator, generator->options->vendors))
        return;
    if (function->type == 4 && plain)
        function->ids[0] = ports[fabric_below(generator, 3)];
    else if (function->type == 0 && plain)
        function->ids[0] = endpoints[fabric_below(generator, 7)];
    else if (function->type == 9)
        function->ids[0] = (struct ims_id){0x8086, 0xa36d}; /* H5 */
    else if (function->type == 7)
        function->ids[0] = (struct ims_id){0x14e4, 0x9000}; /* B6 */
}

void fabric_draw_commands(struct fabric_generator *generator)
{
    for (unsigned i = 0; i < generator->sketch->count; i++) {
        struct sketch_function *function = &generator->sketch->functions[i];
        unsigned normal = function->is_vf ? 0x0004 : 0x0007;
        function->fabric.command_stated = true;
        function->fabric.command = (uint16_t)normal;
        if (fabric_percent(generator, generator->options->commands))
            function->fabric.command &= (uint16_t)fabric_below(generator, 8);
    }
}

/* Closed, or without its last part. */
static void spoil(struct fabric_generator *generator, struct sketch_window *window,
                  uint64_t granule)
{
    if (!window->set || !fabric_percent(generator, generator->options->wrong))
        return;
    if (window->limit - window->base >= granule && fabric_percent(generator, 60))
        window->limit -= granule;
    else
        *window = (struct sketch_window){false, 0, 0};
}

void fabric_spoil_windows(struct fabric_generator *generator)
{
    for (unsigned i = 0; i < generator->sketch->count; i++) {
        struct sketch_function *function = &generator->sketch->functions[i];
        spoil(generator, &function->mem, 0x100000);
        spoil(generator, &function->pref, 0x100000);
        spoil(generator, &function->io, 0x1000);
    }
}
