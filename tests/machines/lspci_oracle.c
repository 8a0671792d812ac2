/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "lspci_text.h"
#include "tap.h"

/*
 * lspci-oracle LSPCI: random machines, written as hex dumps and read by pciutils. What it shows of
 * port types, buses, windows and ACS must be what our model says; and a dump that is written back
 * from the model must show the same as the first.
 */

#define MACHINES 60u
#define SEED 1u

static const char *const express_names[] = {
    [IMS_PORT_ENDPOINT] = "Endpoint",
    [IMS_PORT_LEGACY_ENDPOINT] = "Legacy Endpoint",
    [IMS_PORT_ROOT] = "Root Port",
    [IMS_PORT_UPSTREAM] = "Upstream Port",
    [IMS_PORT_DOWNSTREAM] = "Downstream Port",
    [IMS_PORT_PCIE_TO_PCI_BRIDGE] = "PCI-Express to PCI/PCI-X Bridge",
    [IMS_PORT_PCI_TO_PCIE_BRIDGE] = "PCI/PCI-X to PCI-Express Bridge",
    [IMS_PORT_RC_ENDPOINT] = "Root Complex Integrated Endpoint",
    [IMS_PORT_RC_EVENT_COLLECTOR] = "Root Complex Event Collector",
};

struct oracle {
    const char *lspci;
    char folder[256];
    unsigned functions, ports, windows, structures;
    bool failed;
};

__attribute__((format(printf, 3, 4))) static void
differ(struct oracle *oracle, struct ims_address address, const char *format, ...)
{
    char name[IMS_ADDRESS_STRING_SIZE];
    va_list arguments;
    oracle->failed = true;
    printf("# %s: ", ims_address_format(address, name));
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static void compare_type(struct oracle *oracle, const struct ims_function_info *info,
                         const struct lspci_function *shown)
{
    unsigned type = (unsigned)info->port_type;
    const char *name =
        type < sizeof(express_names) / sizeof(express_names[0]) ? express_names[type] : NULL;
    if (type == (unsigned)IMS_PORT_CONVENTIONAL) {
        if (shown->express[0])
            differ(oracle, info->address, "conventional, lspci shows %s", shown->express);
    } else if (name && strncmp(shown->express, name, strlen(name)) != 0) {
        differ(oracle, info->address, "%s, lspci shows %s", name, shown->express);
    }
    oracle->ports += shown->express[0] != '\0';
}

static void compare_window(struct oracle *oracle, const struct ims_function_info *info,
                           const char *name, const struct ims_window *window,
                           const struct lspci_range *shown)
{
    if (!shown->seen)
        return;
    oracle->windows += shown->open;
    if (window->open != ims_tristate_from_bool(shown->open))
        differ(oracle, info->address, "%s window open: %s, lspci shows %s", name,
               ims_tristate_to_string(window->open), shown->open ? "open" : "closed");
    else if (shown->open && (window->base != shown->base || window->limit != shown->limit))
        differ(oracle, info->address, "%s window %llx-%llx, lspci shows %llx-%llx", name,
               (unsigned long long)window->base, (unsigned long long)window->limit,
               (unsigned long long)shown->base, (unsigned long long)shown->limit);
}

static void compare_function(struct oracle *oracle, const struct ims_topology *topology,
                             const struct lspci_function *shown)
{
    struct ims_function function = ims_topology_find(topology, shown->address);
    if (ims_function_is_none(function)) {
        differ(oracle, shown->address, "lspci shows a function that the model lacks");
        return;
    }
    const struct ims_function_info *info = ims_topology_function(topology, function);
    const struct ims_bridge *bridge = &info->pci.bridge;
    oracle->functions++;
    compare_type(oracle, info, shown);
    if (shown->has_buses &&
        (bridge->primary.value != shown->primary || bridge->secondary.value != shown->secondary ||
         bridge->subordinate.value != shown->subordinate))
        differ(oracle, info->address, "buses %02x %02x %02x, lspci shows %02x %02x %02x",
               bridge->primary.value, bridge->secondary.value, bridge->subordinate.value,
               shown->primary, shown->secondary, shown->subordinate);
    compare_window(oracle, info, "I/O", &bridge->io, &shown->io);
    compare_window(oracle, info, "memory", &bridge->memory, &shown->memory);
    compare_window(oracle, info, "prefetchable", &bridge->prefetchable, &shown->prefetchable);
    const struct ims_acs *acs = &info->pci.acs;
    oracle->structures += shown->has_acs;
    if (acs->present != ims_tristate_from_bool(shown->has_acs))
        differ(oracle, info->address, "ACS %s, lspci %s", ims_tristate_to_string(acs->present),
               shown->has_acs ? "shows it" : "does not");
    else if (shown->has_acs && ((acs->capability.value & 0x7f) != shown->acs_cap ||
                                (acs->control.value & 0x7f) != shown->acs_ctl))
        differ(oracle, info->address, "ACS %02x/%02x, lspci shows %02x/%02x",
               acs->capability.value & 0x7f, acs->control.value & 0x7f, shown->acs_cap,
               shown->acs_ctl);
}

static FILE *run_lspci(const struct oracle *oracle, const char *file)
{
    char command[1024];
    snprintf(command, sizeof(command), "'%s' -F '%s/%s' -vvv -D -n 2>&1", oracle->lspci,
             oracle->folder, file);
    fflush(stdout);
    return popen(command, "r");
}

static FILE *create(const struct oracle *oracle, const char *file)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", oracle->folder, file);
    FILE *stream = fopen(path, "w");
    if (!stream)
        abort();
    return stream;
}

/* Everything that lspci says of the two dumps must be the same. */
static void compare_dumps(struct oracle *oracle)
{
    FILE *a = run_lspci(oracle, "sketch");
    FILE *b = run_lspci(oracle, "model");
    char x[512], y[512], title[512] = "";
    while (a && b && !oracle->failed) {
        char *left = fgets(x, sizeof(x), a);
        char *right = fgets(y, sizeof(y), b);
        if (!left && !right)
            break;
        if (left && x[0] != '\t' && x[0] != '\n')
            memcpy(title, x, sizeof(x));
        if (!left || !right || strcmp(x, y) != 0) {
            oracle->failed = true;
            printf("# lspci shows another machine for the dump of the model\n# in %s# - %s# + %s",
                   title, left ? x : "(end)\n", right ? y : "(end)\n");
        }
    }
    if (a)
        pclose(a);
    if (b)
        pclose(b);
}

/* Bridges get windows of every kind. */
static void draw_windows(struct rng *rng, struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct sketch_function *function = &sketch->functions[i];
        uint64_t base = (uint64_t)rng_below(rng, 0x800) << 20;
        if (function->header != 1)
            continue;
        function->mem = (struct sketch_window){rng_percent(rng, 60), base,
                                               base + ((1u + rng_below(rng, 64)) << 20) - 1};
        base = (uint64_t)rng_below(rng, 0x100000) << 20;
        function->pref = (struct sketch_window){
            rng_percent(rng, 60), base, base + ((uint64_t)(1 + rng_below(rng, 8192)) << 20) - 1};
        base = rng_below(rng, 14) << 12;
        function->io = (struct sketch_window){rng_percent(rng, 60), base,
                                              base + ((1u + rng_below(rng, 2)) << 12) - 1};
    }
}

static void check_machine(struct oracle *oracle, struct rng *rng)
{
    struct generate_options options = generate_draw_options(rng);
    struct sketch sketch = {0};
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    generate_machine(rng, &options, &sketch);
    draw_windows(rng, &sketch);
    if (sketch_seal(&sketch, &topology, &error) < 0) {
        printf("# %s\n", error.message);
        oracle->failed = true;
        sketch_done(&sketch);
        return;
    }
    FILE *stream = create(oracle, "sketch");
    sketch_write_hex(&sketch, stream);
    fclose(stream);
    stream = create(oracle, "model");
    sketch_write_topology_hex(topology, stream);
    fclose(stream);
    struct lspci_reader reader = {.stream = run_lspci(oracle, "model")};
    struct lspci_function shown;
    unsigned count = 0;
    while (reader.stream && lspci_next(&reader, &shown)) {
        compare_function(oracle, topology, &shown);
        count++;
    }
    if (reader.stream)
        pclose(reader.stream);
    if (count != sketch.count) {
        oracle->failed = true;
        printf("# lspci shows %u functions of %u\n", count, sketch.count);
    }
    compare_dumps(oracle);
    if (oracle->failed)
        sketch_print(&sketch, stderr);
    ims_topology_free(topology);
    sketch_done(&sketch);
}

int main(int argc, char **argv)
{
    struct oracle oracle = {.lspci = argc > 1 ? argv[1] : NULL};
    struct tap tap = {0};
    struct rng rng = {SEED};
    const char *base = getenv("TMPDIR");
    if (!oracle.lspci) {
        tap_skip(&tap, "lspci is not installed", "the model shows what lspci shows");
        return tap_done(&tap);
    }
    snprintf(oracle.folder, sizeof(oracle.folder), "%s/ims-lspci-XXXXXX",
             base && *base ? base : "/tmp");
    if (!mkdtemp(oracle.folder)) {
        perror(oracle.folder);
        return 1;
    }
    for (unsigned i = 0; i < MACHINES && !oracle.failed; i++)
        check_machine(&oracle, &rng);
    sketch_remove_tree(oracle.folder);
    tap_ok(
        &tap, !oracle.failed,
        "the model shows what lspci shows (%u functions, %u port types, %u open windows, %u ACS)",
        oracle.functions, oracle.ports, oracle.windows, oracle.structures);
    tap_ok(&tap,
           oracle.functions > 300 && oracle.ports > 100 && oracle.windows > 100 &&
               oracle.structures > 50,
           "there was enough to compare");
    return tap_done(&tap);
}
