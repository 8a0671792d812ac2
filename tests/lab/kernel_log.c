/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

#define LEVEL_WARNING 4

/*
 * Warnings that say something about the emulated hardware or about our command line and nothing
 * about PCI. Everything else fails a boot: a line is added here only after reading it.
 */
static const struct {
    const char *part;
    const char *why;
} harmless[] = {
    {"4 tsc: ", "emulated clocks on a busy host"},
    {"4 clocksource: ", "the same"},
    {"APIC calibration not consistent with PM-Timer", "the same"},
    {"pci_hp_register failed with error -16", "ACPI hotplug has the slot, shpchp wants it too"},
    {": Slot initialization failed", "the same"},
    {"Unknown NUMA node; performance will be reduced", "the machines have no such table"},
    {"hrtimer: interrupt took", "the same"},
    {"DMAR: VT-d Scalable Mode not enabled, no PASID", "as the machine file wants it"},
    {"amd_pstate: the _CPC object is not present", "no frequency scaling in the guest"},
};

static bool is_harmless(const char *line, size_t length)
{
    for (unsigned i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (memmem(line, length, harmless[i].part, strlen(harmless[i].part)))
            return true;
    }
    return false;
}

static bool is_warning(const char *line, size_t length)
{
    return strtol(line, NULL, 10) <= LEVEL_WARNING && !is_harmless(line, length);
}

/* A machine that no factory would build makes a kernel warn a lot; these are of another kind. */
static const char *const stumbles[] = {
    "WARNING: ",           "BUG: ",
    "kernel BUG at",       "Oops",
    "general protection",  "INFO: task ",
    "refcount_t: ",        "list_del corruption",
    "list_add corruption", "sysfs: cannot create duplicate",
};

static bool is_stumble(const char *line, size_t length)
{
    for (unsigned i = 0; i < sizeof(stumbles) / sizeof(stumbles[0]); i++) {
        if (memmem(line, length, stumbles[i], strlen(stumbles[i])))
            return true;
    }
    return false;
}

static unsigned print_lines(const char *log, bool (*matters)(const char *line, size_t length),
                            FILE *stream)
{
    unsigned count = 0;
    while (*log) {
        size_t length = strcspn(log, "\n");
        if (matters(log, length)) {
            fprintf(stream, "kernel log: %.*s\n", (int)length, log);
            count++;
        }
        log += length + (log[length] == '\n');
    }
    return count;
}

unsigned lab_kernel_log_check(const char *log, FILE *stream)
{
    return print_lines(log, is_warning, stream);
}

unsigned lab_kernel_log_stumbles(const char *log, FILE *stream)
{
    return print_lines(log, is_stumble, stream);
}
