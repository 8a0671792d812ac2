/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "generate.h"
#include "tap.h"

/*
 * properties [--seed N] [--scale PERCENT] [--fresh PERCENT] [--law TEXT]
 * Every law runs on machines drawn from a fixed seed and on some, a fifth unless --fresh says
 * otherwise, drawn from a fresh one, which is printed. A machine that breaks a law is made smaller and printed as a sketch.
 */

#define FIXED_SEED 20250905u

const char *const law_releases[] = {
    "linux-4.4.6",    "linux-4.15.17", "linux-4.18.17",  "linux-5.0.6",   "linux-5.4.30",
    "linux-5.10.223", "linux-5.15.30", "linux-5.19.17",  "linux-6.1.192", "linux-6.2.13",
    "linux-6.5.3",    "linux-6.8.1",   "linux-6.12.117", "linux-6.14.0",  "linux-6.17.0",
    "linux-7.0.0",    "linux-7.2.13",  "linux-7.3.4",
};
const unsigned law_release_count = sizeof(law_releases) / sizeof(law_releases[0]);

const struct law laws[] = {
    {"the reference agrees: registers as they are, boot", law_reference, LAW_KNOWN, 4000,
     IMS_ACS_AS_IS, IMS_PROBE_BOOT},
    {"the reference agrees: functions hot-added", law_reference, LAW_KNOWN, 2000, IMS_ACS_AS_IS,
     IMS_PROBE_HOT_ADDED},
    {"the reference agrees: registers as Linux sets them", law_reference, LAW_KNOWN, 1500,
     IMS_ACS_AS_LINUX_SETS, IMS_PROBE_BOOT},
    {"the reference agrees: the series of 2025", law_reference, LAW_PROPOSED, 2000, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"the groups are a partition", law_partition, LAW_HIDDEN, 500, IMS_ACS_AS_IS, IMS_PROBE_BOOT},
    {"the order of the input does not matter", law_order, LAW_HIDDEN, 500, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"renumbering the buses changes nothing", law_renumber, LAW_HIDDEN, 500, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"sealing twice is the same", law_twice, LAW_HIDDEN, 200, IMS_ACS_AS_IS, IMS_PROBE_BOOT},
    {"sysfs tree, hex dump and snapshot give the same groups", law_forms, LAW_PLAIN, 60,
     IMS_ACS_AS_IS, IMS_PROBE_BOOT},
    {"a printed sketch reads back the same", law_language, LAW_HIDDEN, 300, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"an empty list of edits changes nothing", law_edit_nothing, LAW_HIDDEN, 400, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"what is taken out joins nobody else", law_edit_remove, LAW_KNOWN, 400, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"a device that goes and comes back leaves the groups as they were", law_edit_move, LAW_KNOWN,
     400, IMS_ACS_AS_IS, IMS_PROBE_BOOT},
    {"the reasons of a group make the group", law_edges, LAW_KNOWN, 600, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"the reasons of a group make the group, hot-added", law_edges, LAW_HIDDEN, 300, IMS_ACS_AS_IS,
     IMS_PROBE_HOT_ADDED},
    {"explaining a pair agrees with the groups", law_together, LAW_HIDDEN, 400, IMS_ACS_AS_IS,
     IMS_PROBE_BOOT},
    {"a machine without unknown facts has certain groups", law_known_is_certain, LAW_SETTLED, 500,
     IMS_ACS_AS_IS, IMS_PROBE_BOOT},
    {"certain means certain, whatever the unknown facts are", law_certain, LAW_HIDDEN, 700,
     IMS_ACS_AS_IS, IMS_PROBE_BOOT},
};
const unsigned law_count = sizeof(laws) / sizeof(laws[0]);

static void draw_cmdline(struct rng *rng, struct sketch *sketch)
{
    static const char *const values[] = {
        "quiet pcie_acs_override=downstream",
        "pcie_acs_override=downstream,multifunction",
        "pcie_acs_override=id:1b36:0010 quiet",
        "quiet splash",
    };
    const char *value = values[rng_below(rng, 4)];
    if (rng_percent(rng, 12))
        memcpy(sketch->machine.cmdline, value, strlen(value) + 1);
}

static void draw_trial(struct rng *rng, const struct law *law, struct trial *trial)
{
    const char *name = law->machines == LAW_PROPOSED
                           ? "linux-proposed-2025"
                           : law_releases[rng_below(rng, law_release_count)];
    *trial = (struct trial){
        .seed = rng_next(rng),
        .acs = law->acs,
        .probe = law->probe,
        .manage_everything = law->machines == LAW_PROPOSED || rng_percent(rng, 20),
    };
    if (ims_ruleset_find(name, NULL, &trial->ruleset, NULL) < 0) {
        fprintf(stderr, "no rule set %s\n", name);
        abort();
    }
    /* The series was posted against 6.17: its quirk rows are those of that release. */
    if (law->machines == LAW_PROPOSED)
        trial->ruleset.version = (struct ims_kernel_version){6, 17, 0};
}

/* A hex dump does not tell whether the table exists that these ids need (R4.1, amd_sb). */
static void drop_southbridges(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count; i++) {
        struct ims_id *id = &sketch->functions[i].ids[0];
        if (id->vendor == 0x1002 || id->vendor == 0x1022)
            *id = (struct ims_id){0x1b36, 0x0010};
    }
}

/* VFs on a bus that belongs to a bridge elsewhere: the series does not say which bus counts. */
static void drop_stray_vfs(struct sketch *sketch)
{
    for (unsigned i = 0; i < sketch->count;) {
        const struct sketch_function *vf = &sketch->functions[i];
        bool stray = false;
        for (unsigned j = 0; j < sketch->count && vf->is_vf; j++) {
            const struct sketch_function *other = &sketch->functions[j];
            stray = stray || (vf->address.bus != vf->physfn.bus && !other->is_vf &&
                              other->address.segment == vf->address.segment &&
                              (other->address.bus == vf->address.bus ||
                               (other->header && other->secondary == vf->address.bus)));
        }
        if (stray)
            sketch_remove(sketch, i);
        else
            i++;
    }
}

static void draw_machine(struct rng *rng, const struct law *law, struct sketch *sketch)
{
    struct generate_options options = generate_draw_options(rng);
    if (law->machines == LAW_PLAIN || law->machines == LAW_PROPOSED)
        options.orphan_percent = 0;
    if (law->machines == LAW_PLAIN)
        options.vmd_percent = 0;
    options.enhanced = law->machines == LAW_PROPOSED;
    generate_machine(rng, &options, sketch);
    if (law->machines != LAW_SETTLED && law->machines != LAW_PLAIN)
        draw_cmdline(rng, sketch);
    if (law->machines == LAW_PLAIN)
        drop_southbridges(sketch);
    if (law->machines == LAW_PROPOSED)
        drop_stray_vfs(sketch);
    if (law->machines == LAW_HIDDEN)
        generate_hide(rng, sketch);
}

static void report(struct sketch *sketch, const struct law *law, const struct trial *trial,
                   uint64_t seed)
{
    char why[WHY_SIZE] = "";
    char name[IMS_RULESET_NAME_SIZE];
    shrink(sketch, law, trial);
    law->holds(sketch, trial, why);
    printf("# %s\n# rules %s, %s, %s, %s, machine seed %llu; the smallest machine found:\n", why,
           ims_ruleset_name(&trial->ruleset, name),
           trial->acs == IMS_ACS_AS_IS ? "as is" : "as Linux sets",
           trial->probe == IMS_PROBE_BOOT ? "boot" : "hot-added",
           trial->manage_everything ? "everything managed" : "managed set of the input",
           (unsigned long long)seed);
    fflush(stdout);
    sketch_print(sketch, stderr);
}

/* Runs a law on count machines; stops at the first that breaks it. */
static bool run_law(const struct law *law, uint64_t seed, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t machine_seed = seed + i * 0x51ed2701u;
        struct rng rng = {machine_seed};
        struct sketch sketch = {0};
        struct trial trial;
        char why[WHY_SIZE];
        draw_trial(&rng, law, &trial);
        draw_machine(&rng, law, &sketch);
        bool ok = law->holds(&sketch, &trial, why);
        if (!ok)
            report(&sketch, law, &trial, machine_seed);
        sketch_done(&sketch);
        if (!ok)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct tap tap = {0};
    uint64_t fresh = (uint64_t)time(NULL);
    unsigned scale = 100, share = 20;
    const char *only = "";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            fresh = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--scale") == 0)
            scale = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--fresh") == 0)
            share = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--law") == 0)
            only = argv[i + 1];
    }
    if (share > 100) {
        fprintf(stderr, "properties: --fresh takes at most 100 percent\n");
        return 2;
    }
    printf("# fixed seed %u, fresh seed %llu (--seed repeats it)\n", FIXED_SEED,
           (unsigned long long)fresh);
    for (unsigned i = 0; i < law_count; i++) {
        unsigned count = (unsigned)((unsigned long long)laws[i].count * scale / 100);
        if (!strstr(laws[i].name, only))
            continue;
        unsigned drawn = (unsigned)((unsigned long long)count * share / 100);
        bool ok = run_law(&laws[i], FIXED_SEED, count - drawn) &&
                  run_law(&laws[i], fresh * 0x9e3779b97f4a7c15u, drawn);
        tap_ok(&tap, ok, "%s (%u machines)", laws[i].name, count);
    }
    return tap_done(&tap);
}
