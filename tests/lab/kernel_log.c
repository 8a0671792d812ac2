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
    {"TSC found unstable after boot", "the same"},
    {"APIC calibration not consistent with PM-Timer", "the same"},
    {"pci_hp_register failed with error -16", "ACPI hotplug has the slot, shpchp wants it too"},
    {": Slot initialization failed", "the same"},
    {"Unknown NUMA node; performance will be reduced", "the machines have no such table"},
    {"hrtimer: interrupt took", "the same"},
    {"DMAR: VT-d Scalable Mode not enabled, no PASID", "as the machine file wants it"},
    {"cacheinfo: Unable to detect cache hierarchy", "emulated processors have none"},
    {"Early cacheinfo failed", "the same"},
    {"Memory resource size exceeds max for 32 bits", "the device tree of the virt machine"},
    {"AMD-Vi: [Firmware Bug]: : No southbridge IOAPIC found", "QEMU's table names none"},
    {"AMD-Vi: Disabling interrupt remapping", "the same"},
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

/* The length of a trace that begins here, from "cut here" to its end mark; 0 when none begins. */
static size_t trace_length(const char *log)
{
    size_t line = strcspn(log, "\n");
    if (!memmem(log, line, "[ cut here ]", strlen("[ cut here ]")))
        return 0;
    const char *end = strstr(log, "---[ end trace");
    return end ? (size_t)(end - log) + strcspn(end, "\n") : strlen(log);
}

static bool is_expected(const char *trace, size_t length, const char *const *expected)
{
    for (; *expected; expected++) {
        if (memmem(trace, length, *expected, strlen(*expected)))
            return true;
    }
    return false;
}

unsigned lab_kernel_log_check(const char *log, const char *const *expected, FILE *stream)
{
    unsigned count = 0;
    while (*log) {
        size_t trace = trace_length(log);
        size_t length = strcspn(log, "\n");
        if (is_expected(log, trace > 0 ? trace : length, expected)) {
            length = trace > 0 ? trace : length;
        } else if (strtol(log, NULL, 10) <= LEVEL_WARNING && !is_harmless(log, length)) {
            fprintf(stream, "kernel log: %.*s\n", (int)length, log);
            count++;
        }
        log += length + (log[length] == '\n');
    }
    return count;
}

/* A machine that no factory would build makes a kernel warn a lot; these are of another kind. */
static const char *const stumbles[] = {
    "WARNING: ",           "BUG: ",
    "kernel BUG at",       "Oops",
    "general protection",  "INFO: task ",
    "refcount_t: ",        "list_del corruption",
    "list_add corruption", "sysfs: cannot create duplicate",
};

unsigned lab_kernel_log_stumbles(const char *log, FILE *stream)
{
    unsigned count = 0;
    for (; *log; log += strcspn(log, "\n"), log += *log == '\n') {
        size_t length = strcspn(log, "\n");
        bool found = false;
        for (unsigned i = 0; i < sizeof(stumbles) / sizeof(stumbles[0]); i++)
            found = found || memmem(log, length, stumbles[i], strlen(stumbles[i]));
        if (found) {
            fprintf(stream, "kernel log: %.*s\n", (int)length, log);
            count++;
        }
    }
    return count;
}
