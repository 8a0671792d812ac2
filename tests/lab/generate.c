/* SPDX-License-Identifier: MIT */
#include "generate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rng.h"

/* More devices make the guest's firmware hang now and then, and add little. */
#define DEVICE_MAX 26u
#define DEPTH_MAX 4u

/* One machine in the making. Identifiers and chassis numbers come from one counter. */
struct plan {
    FILE *stream;
    struct rng rng;
    unsigned devices;
    unsigned serial;
    char ports[256]; /* root ports of bus 0, for the command line */
};

static bool chance(struct plan *plan, unsigned percent)
{
    return rng_percent(&plan->rng, percent);
}

static void fill_conventional_bus(struct plan *plan, unsigned bus, unsigned depth);
static void fill_port(struct plan *plan, unsigned port, unsigned depth);

/* Where a device stands: "bus=pN" or nothing for the root bus, slot and function. */
struct place {
    char bus[16];
    unsigned slot, function;
    bool more_functions; /* this is function 0 of several */
};

static void put(struct plan *plan, const struct place *place, const char *device)
{
    fprintf(plan->stream, "device %s%s%s,addr=%x.%x%s\n", device, place->bus[0] ? ",bus=" : "",
            place->bus, place->slot, place->function,
            place->more_functions ? ",multifunction=on" : "");
    plan->devices++;
}

/* ---- things with nothing below them ---- */

static void put_conventional(struct plan *plan, const struct place *place)
{
    static const char *const kinds[] = {"edu", "e1000", "pci-testdev", "intel-hda"};
    put(plan, place, kinds[rng_below(&plan->rng, 4)]);
}

static void put_endpoint(struct plan *plan, const struct place *place)
{
    char device[64];
    unsigned kind = rng_below(&plan->rng, 5);
    if (kind == 0) {
        put_conventional(plan, place);
        return;
    }
    snprintf(device, sizeof(device),
             kind == 1   ? "nvme,serial=s%u"
             : kind == 2 ? "e1000e,id=d%u"
             : kind == 3 ? "qemu-xhci,id=d%u"
                         : "virtio-rng-pci,id=d%u",
             ++plan->serial);
    put(plan, place, device);
}

/* ---- things with a bus ---- */

static void put_root_port(struct plan *plan, const struct place *place, unsigned depth)
{
    char device[96];
    unsigned id = ++plan->serial;
    unsigned kind = rng_below(&plan->rng, 4);
    snprintf(device, sizeof(device), "%s,id=p%u,chassis=%u%s",
             kind == 0 ? "ioh3420" : "pcie-root-port", id, id, kind == 1 ? ",disable-acs=on" : "");
    put(plan, place, device);
    if (!place->bus[0] && strlen(plan->ports) < sizeof(plan->ports) - 32)
        snprintf(plan->ports + strlen(plan->ports), 32, "%s0000:00:%02x.%x",
                 plan->ports[0] ? ";" : "", place->slot, place->function);
    fill_port(plan, id, depth + 1);
}

static void put_bridge(struct plan *plan, const struct place *place, bool express, unsigned depth)
{
    char device[96];
    unsigned id = ++plan->serial;
    if (express)
        snprintf(device, sizeof(device), "pcie-pci-bridge,id=p%u", id);
    else if (!place->bus[0] && chance(plan, 30))
        snprintf(device, sizeof(device), "i82801b11-bridge,id=p%u", id);
    else
        snprintf(device, sizeof(device), "pci-bridge,id=p%u,chassis_nr=%u", id, id);
    put(plan, place, device);
    fill_conventional_bus(plan, id, depth + 1);
}

/* A switch: its ports stand in slots or share one. */
static void put_switch(struct plan *plan, const struct place *place, unsigned depth)
{
    char device[96];
    unsigned upstream = ++plan->serial;
    unsigned count = 1 + rng_below(&plan->rng, 3);
    bool one_slot = chance(plan, 35);
    snprintf(device, sizeof(device), "x3130-upstream,id=p%u", upstream);
    put(plan, place, device);
    for (unsigned i = 0; i < count && plan->devices < DEVICE_MAX; i++) {
        struct place below = {.slot = one_slot ? 0 : i, .function = one_slot ? i : 0};
        unsigned id = ++plan->serial;
        below.more_functions = one_slot && i == 0 && count > 1;
        snprintf(below.bus, sizeof(below.bus), "p%u", upstream);
        snprintf(device, sizeof(device), "xio3130-downstream,id=p%u,chassis=%u,slot=%u", id, id, i);
        put(plan, &below, device);
        fill_port(plan, id, depth + 2);
    }
}

/* ---- buses ---- */

/* What a port leads to: nothing, one device or several functions of one. */
static void fill_port(struct plan *plan, unsigned port, unsigned depth)
{
    unsigned functions = chance(plan, 30) ? 2 + rng_below(&plan->rng, 3) : 1;
    if (chance(plan, 12))
        return;
    for (unsigned i = 0; i < functions && plan->devices < DEVICE_MAX; i++) {
        struct place place = {.function = i, .more_functions = i == 0 && functions > 1};
        snprintf(place.bus, sizeof(place.bus), "p%u", port);
        if (depth < DEPTH_MAX && i == 0 && chance(plan, 30))
            put_switch(plan, &place, depth);
        else if (depth < DEPTH_MAX && chance(plan, 18))
            put_bridge(plan, &place, true, depth);
        else
            put_endpoint(plan, &place);
    }
}

static void fill_conventional_bus(struct plan *plan, unsigned bus, unsigned depth)
{
    unsigned slots = rng_below(&plan->rng, 4);
    for (unsigned slot = 1; slot <= slots; slot++) {
        unsigned functions = chance(plan, 25) ? 2 : 1;
        for (unsigned i = 0; i < functions && plan->devices < DEVICE_MAX; i++) {
            struct place place = {
                .slot = slot, .function = i, .more_functions = i == 0 && functions > 1};
            snprintf(place.bus, sizeof(place.bus), "p%u", bus);
            if (depth < DEPTH_MAX && chance(plan, 20))
                put_bridge(plan, &place, false, depth);
            else
                put_conventional(plan, &place);
        }
    }
}

/* A root bus: slots with one function or several, of all kinds. */
static void fill_root_bus(struct plan *plan, const char *bus, unsigned first_slot, unsigned slots)
{
    unsigned slot = first_slot;
    for (unsigned n = 0; n < slots && slot < 0x1b; n++) {
        unsigned functions = chance(plan, 40) ? 2 + rng_below(&plan->rng, 3) : 1;
        for (unsigned i = 0; i < functions && plan->devices < DEVICE_MAX; i++) {
            struct place place = {
                .slot = slot, .function = i, .more_functions = i == 0 && functions > 1};
            unsigned kind = rng_below(&plan->rng, 10);
            snprintf(place.bus, sizeof(place.bus), "%s", bus);
            if (kind < 6)
                put_root_port(plan, &place, 0);
            else if (kind == 6)
                put_bridge(plan, &place, chance(plan, 50), 0);
            else
                put_endpoint(plan, &place);
        }
        slot += 1 + rng_below(&plan->rng, 4);
    }
}

static void write_iommu(struct plan *plan)
{
    static const char *const kinds[] = {"intel", "intel", "intel caching-mode=on",
                                        "intel device-iotlb=on", "amd"};
    fprintf(plan->stream, "iommu %s\n", kinds[rng_below(&plan->rng, 5)]);
}

static void write_machine(FILE *stream, uint64_t seed, unsigned number)
{
    struct plan plan = {.stream = stream, .rng = {seed * 1000003u + number}};
    fprintf(stream, "# Random machine %u of seed %llu\n", number, (unsigned long long)seed);
    write_iommu(&plan);
    /* Slot 1 is where QEMU puts an AMD IOMMU; slot 1b and above belong to the chipset. */
    fill_root_bus(&plan, "", 2, 1 + rng_below(&plan.rng, 6));
    if (plan.devices < DEVICE_MAX / 2 && chance(&plan, 25)) {
        fprintf(stream, "device pxb-pcie,id=root2,bus_nr=0x80,bus=pcie.0,addr=1c.0\n");
        fill_root_bus(&plan, "root2", 0, 1 + rng_below(&plan.rng, 3));
    }
    if (plan.ports[0] && chance(&plan, 15))
        fprintf(stream,
                "cmdline pci=disable_acs_redir=%s\n"
                "warns cannot disable ACS redirect\n",
                plan.ports);
}

int lab_generate(const char *folder, uint64_t seed, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/random-%llu-%u.machine", folder, (unsigned long long)seed,
                 i);
        FILE *stream = fopen(path, "we");
        if (!stream) {
            int r = -errno;
            fprintf(stderr, "lab: %s: %s\n", path, strerror(-r));
            return r;
        }
        write_machine(stream, seed, i);
        if (fclose(stream) != 0) {
            fprintf(stderr, "lab: %s cannot be written\n", path);
            return -EIO;
        }
    }
    return 0;
}
