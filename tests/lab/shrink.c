/* SPDX-License-Identifier: MIT */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

#include "verdict.h"

/* A statement that takes no part. */
#define DROPPED LAB_KEYWORD_MAX

/* The value of a property of a device, "" when it has none. */
static void property(const char *text, const char *name, char value[64])
{
    size_t length = strlen(name);
    value[0] = '\0';
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
        if (strncmp(comma + 1, name, length) == 0 && comma[1 + length] == '=') {
            const char *from = comma + length + 2;
            snprintf(value, 64, "%.*s", (int)strcspn(from, ","), from);
            return;
        }
    }
}

/* Drops a device and those that stand on its bus; notes them in dropped. Returns their number. */
static unsigned drop(struct lab_machine *machine, unsigned index, bool *dropped)
{
    char id[64], bus[64];
    unsigned count = 1;
    machine->statements[index].keyword = DROPPED;
    dropped[index] = true;
    property(machine->statements[index].text, "id", id);
    for (unsigned i = 0; id[0] && i < machine->count; i++) {
        if (machine->statements[i].keyword != LAB_DEVICE)
            continue;
        property(machine->statements[i].text, "bus", bus);
        if (strcmp(bus, id) == 0)
            count += drop(machine, i, dropped);
    }
    return count;
}

static bool still_differs(const struct lab_options *options, const struct lab_machine *machine,
                          const struct lab_kernel *kernel)
{
    struct lab_boot boot = {.machine = machine, .kernel = kernel};
    struct lab_verdict verdict;
    lab_boot_run(options, &boot);
    lab_verdict_reach(options, &boot, &verdict);
    bool differs = verdict.partition_compared && verdict.differences > 0;
    lab_verdict_done(&verdict);
    lab_boot_done(&boot);
    return differs;
}

/* One pass over the devices; returns whether one of them was not needed. */
static bool pass(const struct lab_options *options, struct lab_machine *machine,
                 const struct lab_kernel *kernel, bool *dropped)
{
    bool progress = false;
    for (unsigned i = 0; i < machine->count; i++) {
        if (machine->statements[i].keyword != LAB_DEVICE)
            continue;
        memset(dropped, 0, machine->count * sizeof(*dropped));
        unsigned count = drop(machine, i, dropped);
        bool needed = !still_differs(options, machine, kernel);
        printf("#   %u devices %s\n", count, needed ? "are needed" : "less");
        fflush(stdout);
        for (unsigned j = 0; needed && j < machine->count; j++) {
            if (dropped[j])
                machine->statements[j].keyword = LAB_DEVICE;
        }
        progress |= !needed;
    }
    return progress;
}

void lab_shrink(const struct lab_options *options, struct lab_machine *machine,
                const struct lab_kernel *kernel)
{
    bool *dropped = calloc(machine->count + 1u, sizeof(*dropped));
    if (!dropped)
        abort();
    printf("# shrinking %s with %s\n", machine->name, kernel->name);
    while (pass(options, machine, kernel, dropped))
        continue;
    printf("# what is left:\n#   # %s\n", machine->title);
    for (unsigned i = 0; i < machine->count; i++) {
        if (machine->statements[i].keyword != DROPPED)
            printf("#   %s %s\n", lab_keyword_name(machine->statements[i].keyword),
                   machine->statements[i].text);
    }
    free(dropped);
}
