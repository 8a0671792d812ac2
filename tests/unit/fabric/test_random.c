/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rng.h"
#include "stage.h"

/*
 * The structural algorithm against the simulator: on random fabrics, the components of all pairs
 * that ims_fabric_route() finds, address by address, are the sets (F6, F9 a). Aliases are taken
 * from the sets. FABRICS=N and FABRIC_FIRST=N run others. What the simulator itself says is held against the canonical topologies.
 */

#define FABRICS 400u
#define FUNCTIONS_MAX 40u

struct growth {
    struct rng rng;
    struct sketch sketch;
    unsigned next_bus;
    unsigned budget;
    bool odd; /* registers that are not read, windows that do not fit */
};

static struct sketch_function *put(struct growth *growth, unsigned bus, unsigned devfn, int type,
                                   int header)
{
    const struct ims_address address = {0, (uint8_t)bus, (uint8_t)devfn};

    growth->budget -= growth->budget > 0;
    return sketch_add(&growth->sketch, address, type, header);
}

static void give_acs(struct growth *growth, struct sketch_function *function, bool port)
{
    static const uint32_t port_caps[] = {0x5f, 0x5f, 0x87f, 0xdf, 0x8ff, 0x1f};
    static const uint32_t device_caps[] = {0xc, 0x2c, 0x4c, 0x0, 0x82c};

    if (rng_percent(&growth->rng, 25))
        return;
    function->acs = SKETCH_YES;
    function->acs_cap =
        port ? port_caps[rng_below(&growth->rng, 6)] : device_caps[rng_below(&growth->rng, 5)];
    function->acs_ctrl = (uint32_t)rng_next(&growth->rng) & 0x1fff;
    if (rng_percent(&growth->rng, 60))
        function->acs_ctrl |= 0x1d;
    if (port && rng_percent(&growth->rng, 50))
        function->acs_ctrl &= ~0x22u;
    function->fabric.egress_stated = function->acs_cap & 0x20;
    function->fabric.egress[0] =
        function->acs_cap & 0x20 ? (uint32_t)rng_next(&growth->rng) & 0xff : 0;
    if (growth->odd && rng_percent(&growth->rng, 8))
        function->acs_ctrl_unknown = true;
    if (growth->odd && rng_percent(&growth->rng, 4))
        function->acs = SKETCH_UNKNOWN;
}

static unsigned new_bus(struct growth *growth)
{
    return growth->next_bus++;
}

static void close_bus(struct growth *growth, unsigned index)
{
    growth->sketch.functions[index].subordinate = (uint8_t)(growth->next_bus - 1);
}

static unsigned open_bridge(struct growth *growth, unsigned bus, unsigned devfn, int type,
                            unsigned *ret_bus)
{
    struct sketch_function *bridge = put(growth, bus, devfn, type, 1);

    *ret_bus = new_bus(growth);
    bridge->secondary = (uint8_t)*ret_bus;
    bridge->bar = type != SKETCH_CONVENTIONAL && rng_percent(&growth->rng, 12);
    bridge->fabric.port_number = (uint8_t)rng_below(&growth->rng, 8);
    if (type == 4 || type == 6 || (type == 5 && rng_percent(&growth->rng, 20)))
        give_acs(growth, bridge, type != 5);
    return growth->sketch.count - 1;
}

static void fill_link(struct growth *growth, unsigned bus, unsigned depth);

static void fill_pci(struct growth *growth, unsigned bus, unsigned depth)
{
    const unsigned count = 1 + rng_below(&growth->rng, 3);

    for (unsigned i = 0; i < count && growth->budget; i++) {
        if (depth < 4 && rng_percent(&growth->rng, 20)) {
            unsigned below;
            const unsigned bridge = open_bridge(growth, bus, i << 3, SKETCH_CONVENTIONAL, &below);
            fill_pci(growth, below, depth + 1);
            close_bus(growth, bridge);
            continue;
        }
        put(growth, bus, i << 3, SKETCH_CONVENTIONAL, 0)->nobar = rng_percent(&growth->rng, 20);
    }
}

static void fill_switch(struct growth *growth, unsigned bus, unsigned depth)
{
    const unsigned ports = 1 + rng_below(&growth->rng, 4);

    for (unsigned i = 0; i < ports && growth->budget; i++) {
        unsigned below;
        const unsigned port = open_bridge(growth, bus, i << 3, 6, &below);
        growth->sketch.functions[port].fabric.port_number = (uint8_t)(i + 1);
        fill_link(growth, below, depth + 1);
        close_bus(growth, port);
    }
}

static void fill_device(struct growth *growth, unsigned bus, unsigned first)
{
    const unsigned count = rng_percent(&growth->rng, 60) ? 1 : 1 + rng_below(&growth->rng, 3);

    for (unsigned i = 0; i < count; i++) {
        struct sketch_function *function = put(growth, bus, first + i, 0, 0);
        function->nobar = rng_percent(&growth->rng, 20);
        if (count > 1 || first)
            give_acs(growth, function, false);
        if (i == 0 && rng_percent(&growth->rng, 10)) {
            function->sriov = true;
            function->sriov_total = 4;
        }
    }
}

static void fill_link(struct growth *growth, unsigned bus, unsigned depth)
{
    unsigned below;

    if (depth < 5 && growth->budget && rng_percent(&growth->rng, 35)) {
        const unsigned upstream = open_bridge(growth, bus, 0, 5, &below);
        fill_switch(growth, below, depth + 1);
        close_bus(growth, upstream);
        if (rng_percent(&growth->rng, 25))
            fill_device(growth, bus, 1);
    } else if (growth->budget && rng_percent(&growth->rng, 15)) {
        const unsigned bridge = open_bridge(growth, bus, 0, 7, &below);
        fill_pci(growth, below, depth + 1);
        close_bus(growth, bridge);
    } else if (rng_percent(&growth->rng, 90)) {
        fill_device(growth, bus, 0);
    }
}

static void grow(struct growth *growth, uint64_t seed)
{
    *growth = (struct growth){.rng = {seed}, .next_bus = 1, .budget = FUNCTIONS_MAX / 2};
    growth->odd = rng_percent(&growth->rng, 30);
    const unsigned roots = 1 + rng_below(&growth->rng, 3);
    for (unsigned i = 0; i < roots; i++) {
        unsigned below;
        if (rng_percent(&growth->rng, 20)) {
            give_acs(growth, put(growth, 0, i << 3, 9, 0), false);
            continue;
        }
        const unsigned port = open_bridge(growth, 0, i << 3, 4, &below);
        fill_link(growth, below, 1);
        close_bus(growth, port);
    }
    for (unsigned i = 0; growth->odd && i < growth->sketch.count; i++)
        if (rng_percent(&growth->rng, 6))
            growth->sketch.functions[i].fabric.command_stated = true; /* everything off */
    sketch_settle(&growth->sketch);
    sketch_fit_windows(&growth->sketch);
    /* Windows that leave something out. */
    for (unsigned i = 0; growth->odd && i < growth->sketch.count; i++) {
        struct sketch_function *function = &growth->sketch.functions[i];
        if (!function->header || !function->mem.set || !rng_percent(&growth->rng, 12))
            continue;
        if (function->mem.limit - function->mem.base > 0xfffff)
            function->mem.base += 0x100000;
        else
            function->mem.set = false;
    }
}

/* ---- components by trying everything ---- */

static uint32_t find(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i];
    return i;
}

static void try_address(const struct ims_fabric *fabric, uint32_t issuer, const struct ims_tlp *tlp,
                        enum ims_fabric_certainty certainty, uint32_t *parent)
{
    struct ims_fabric_route *route = NULL;

    assert_int_equal(ims_fabric_route(fabric, (struct ims_function){issuer}, tlp, &route, NULL), 0);
    for (uint32_t i = 0; i < ims_fabric_route_count(route); i++) {
        const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, i);
        if (outcome->end == IMS_FABRIC_END_PEER && outcome->certainty <= certainty)
            parent[find(parent, outcome->target.index)] = find(parent, issuer);
    }
    ims_fabric_route_free(route);
}

static void try_kinds(const struct ims_fabric *fabric, uint32_t issuer, uint64_t address,
                      enum ims_fabric_certainty certainty, uint32_t *parent)
{
    struct ims_tlp tlp = {.address = address, .to = IMS_FUNCTION_NONE};

    try_address(fabric, issuer, &tlp, certainty, parent);
    tlp.at = IMS_TLP_TRANSLATED;
    if (ims_fabric_basis(fabric)->options.threat >= IMS_FABRIC_TM1)
        try_address(fabric, issuer, &tlp, certainty, parent);
}

/* Where a range begins, and where windows begin within it. */
static void try_range(const struct ims_fabric *fabric, uint32_t issuer,
                      const struct ims_fabric_bar *bar, enum ims_fabric_certainty certainty,
                      uint32_t *parent)
{
    const struct ims_topology *topology = ims_fabric_topology(fabric);

    try_kinds(fabric, issuer, bar->first, certainty, parent);
    for (uint32_t i = 0; i < ims_topology_function_count(topology); i++) {
        const struct ims_window *window =
            &ims_topology_function(topology, (struct ims_function){i})->pci.bridge.memory;
        if (window->open == IMS_YES && window->base > bar->first && window->base <= bar->last_may)
            try_kinds(fabric, issuer, window->base, certainty, parent);
    }
}

static void try_all(const struct ims_fabric *fabric, uint32_t count,
                    enum ims_fabric_certainty certainty, uint32_t *parent)
{
    for (uint32_t issuer = 0; issuer < count; issuer++) {
        if (!ims_fabric_is_issuer(fabric, (struct ims_function){issuer}))
            continue;
        for (uint32_t target = 0; target < count; target++) {
            uint32_t bars;
            const struct ims_fabric_bar *bar =
                ims_fabric_bars(fabric, (struct ims_function){target}, &bars);
            for (uint32_t i = 0; i < bars; i++)
                try_range(fabric, issuer, &bar[i], certainty, parent);
        }
    }
}

static void compare(struct stage *stage, const struct sketch *sketch, uint64_t seed,
                    enum ims_fabric_certainty certainty)
{
    const uint32_t count = ims_topology_function_count(stage->topology);
    struct ims_fabric_sets *sets = NULL;
    uint32_t parent[256];
    bool same = true;

    assert_true(count <= 256);
    for (uint32_t i = 0; i < count; i++)
        parent[i] = i;
    assert_int_equal(ims_fabric_sets(stage->fabric, certainty, &sets, NULL), 0);
    for (uint32_t i = 0; i < ims_fabric_sets_count(sets); i++) {
        const struct ims_fabric_set *set = ims_fabric_sets_at(sets, i);
        stage_check_tree(stage, set);
        for (uint32_t j = 0; j < set->edge_count; j++)
            if (set->edges[j].kind == IMS_FABRIC_EDGE_ALIAS)
                parent[find(parent, set->edges[j].from.index)] =
                    find(parent, set->edges[j].to.index);
    }
    try_all(stage->fabric, count, certainty, parent);
    for (uint32_t i = 0; i < count && same; i++)
        for (uint32_t j = 0; j < i && same; j++) {
            const bool together = ims_fabric_sets_of(sets, (struct ims_function){i}) ==
                                  ims_fabric_sets_of(sets, (struct ims_function){j});
            same = together == (find(parent, i) == find(parent, j));
            if (!same) {
                char a[IMS_ADDRESS_STRING_SIZE], b[IMS_ADDRESS_STRING_SIZE];
                sketch_print(sketch, stderr);
                fprintf(stderr, "seed %llx: %s and %s: %s by structure\n", (unsigned long long)seed,
                        stage_name(stage, (struct ims_function){j}, a),
                        stage_name(stage, (struct ims_function){i}, b),
                        together ? "together" : "apart");
            }
        }
    ims_fabric_sets_free(sets);
    assert_true(same);
}

static void structure_agrees_with_the_simulator(void **state)
{
    const char *given = getenv("FABRICS");
    const unsigned fabrics = given ? (unsigned)strtoul(given, NULL, 10) : FABRICS;
    const char *start = getenv("FABRIC_FIRST");
    const unsigned first = start ? (unsigned)strtoul(start, NULL, 0) : 0;

    (void)state;
    for (unsigned i = first; i < first + fabrics; i++) {
        const uint64_t seed = UINT64_C(0xfab) << 32 | i;
        const struct ims_fabric_options options = {
            .rc = (enum ims_fabric_rc)(1 + i % 4),
            .threat = i % 3 == 0 ? IMS_FABRIC_TM1 : IMS_FABRIC_TM0,
            .as_configured = i % 5 == 0,
            .structural = i % 7 == 0,
        };
        struct growth growth;
        struct stage stage = {0};
        struct ims_error error;

        grow(&growth, seed);
        assert_int_equal(sketch_seal(&growth.sketch, &stage.topology, &error), 0);
        assert_int_equal(ims_fabric_new(stage.topology, &options, &stage.fabric, &error), 0);
        compare(&stage, &growth.sketch, seed, IMS_FABRIC_MUST);
        compare(&stage, &growth.sketch, seed, IMS_FABRIC_MAY);
        stage_done(&stage);
        sketch_done(&growth.sketch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structure_agrees_with_the_simulator),
    };
    return cmocka_run_group_tests_name("fabric-random", tests, NULL, NULL);
}
