/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "tap.h"

/*
 * Machines whose groups are known from boots of real kernels ("now") and from the text of the series
 * of 2025 ("series"): the library and the reference must both say the same.
 */

struct vector {
    const char *name;
    const char *sketch;
    const char *now; /* sets with more than one member; NULL = not said */
    const char *series;
};

#define RP_OK "00:01.0 rp bus=01-0f acs=1d/1d on_root\n"
#define RP_NONE "00:01.0 rp bus=01-0f on_root\n"

static const struct vector vectors[] = {
    {"a: switch ports without ACS in two slots",
     RP_OK
     "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03\n02:01.0 dsp bus=04\n03:00.0 ep\n04:00.0 ep\n",
     "02:00.0 03:00.0, 02:01.0 04:00.0", "01:00.0 02:00.0 02:01.0 03:00.0 04:00.0"},
    {"b: the same below a root port without ACS",
     RP_NONE "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03\n02:01.0 dsp bus=04\n"
             "03:00.0 ep\n04:00.0 ep\n",
     "00:01.0 01:00.0 02:00.0 02:01.0 03:00.0 04:00.0", "01:00.0 02:00.0 02:01.0 03:00.0 04:00.0"},
    {"c: switch ports without ACS as functions of one slot",
     RP_OK
     "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03\n02:00.1 dsp bus=04\n03:00.0 ep\n04:00.0 ep\n",
     "02:00.0 02:00.1 03:00.0 04:00.0", "01:00.0 02:00.0 02:00.1 03:00.0 04:00.0"},
    {"d: upstream port and endpoint in one device",
     RP_OK "01:00.0 usp bus=02-0f\n01:00.1 ep\n02:00.0 dsp bus=03\n03:00.0 ep\n",
     "01:00.0 01:00.1 02:00.0 03:00.0", "01:00.0 02:00.0 03:00.0"},
    {"e: two root ports in two slots, one with ACS",
     "00:04.0 rp bus=01 on_root\n00:05.0 rp bus=02 acs=1d/1d on_root\n01:00.0 ep\n02:00.0 ep\n",
     "00:04.0 01:00.0", ""},
    {"f: three root ports in one slot without ACS",
     "00:1c.0 rp bus=01 on_root\n00:1c.1 rp bus=02 on_root\n00:1c.2 rp bus=03 on_root\n"
     "01:00.0 ep\n02:00.0 ep\n03:00.0 ep\n",
     "00:1c.0 00:1c.1 00:1c.2 01:00.0 02:00.0 03:00.0", ""},
    {"g: one of three root ports in one slot without ACS",
     "00:1c.0 rp bus=01 on_root\n00:1c.1 rp bus=02 acs=1d/1d on_root\n"
     "00:1c.2 rp bus=03 acs=1d/1d on_root\n01:00.0 ep\n02:00.0 ep\n03:00.0 ep\n",
     "00:1c.0 01:00.0", ""},
    {"h: PCIe-to-PCI bridge with a BAR",
     RP_OK "01:00.0 p2p bus=02 bar\n02:01.0 conv\n02:02.0 conv\n", "01:00.0 02:01.0 02:02.0",
     "01:00.0 02:01.0 02:02.0"},
    {"i: conventional multifunction device",
     "00:1f.0 conv on_root\n00:1f.2 conv on_root\n00:1f.3 conv on_root\n",
     "00:1f.0 00:1f.2 00:1f.3", ""},
    {"j: endpoint with three functions without ACS", RP_OK "01:00.0 ep\n01:00.1 ep\n01:00.2 ep\n",
     "01:00.0 01:00.1 01:00.2", ""},
    {"k: switch with a PCIe-to-PCI bridge",
     RP_OK "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03-04\n02:01.0 dsp bus=05\n03:00.0 p2p bus=04\n"
           "04:01.0 conv\n04:02.0 conv\n05:00.0 ep\n",
     "02:00.0 03:00.0 04:01.0 04:02.0, 02:01.0 05:00.0",
     "01:00.0 02:00.0 02:01.0 03:00.0 04:01.0 04:02.0 05:00.0"},
    {"l: VFs of a multifunction PF without ACS",
     RP_OK "01:00.0 ep sriov=2/2/80/1/1234\n01:00.1 ep\n01:10.0 ep 1b36:1234 vf of=01:00.0\n"
           "01:10.1 ep 1b36:1234 vf of=01:00.0\n",
     "01:00.0 01:00.1", ""},
    {"PCIe-to-PCI bridge without a BAR", RP_OK "01:00.0 p2p bus=02\n02:01.0 conv\n02:02.0 conv\n",
     "01:00.0 02:01.0 02:02.0", "02:01.0 02:02.0"},
    {"nested conventional bridge below a PCIe-to-PCI bridge",
     RP_OK "01:00.0 p2p bus=02-03\n02:01.0 conv\n02:02.0 convbr bus=03\n03:00.0 conv\n",
     "01:00.0 02:01.0 02:02.0 03:00.0", "02:01.0 02:02.0 03:00.0"},
    {"switch ports with ACS that is off",
     RP_OK "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03 acs=5d/00\n02:01.0 dsp bus=04 acs=5d/00\n"
           "03:00.0 ep\n04:00.0 ep\n",
     "02:00.0 03:00.0, 02:01.0 04:00.0", "02:00.0 02:01.0 03:00.0 04:00.0"},
    {"one of three switch ports with ACS that is off",
     RP_OK "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03 acs=5d/00\n02:01.0 dsp bus=04 acs=5d/5d\n"
           "02:02.0 dsp bus=05 acs=5d/5d\n03:00.0 ep\n04:00.0 ep\n05:00.0 ep\n",
     "02:00.0 03:00.0", "02:00.0 02:01.0 02:02.0 03:00.0 04:00.0 05:00.0"},
    {"root port that implements UF and has it off",
     "00:01.0 rp bus=01-0f acs=5d/4d on_root\n01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03 acs=5d/5d\n"
     "02:01.0 dsp bus=04 acs=5d/5d\n03:00.0 ep\n04:00.0 ep\n",
     "00:01.0 01:00.0 02:00.0 02:01.0 03:00.0 04:00.0",
     "00:01.0 01:00.0 02:00.0 02:01.0 03:00.0 04:00.0"},
    {"endpoint functions with and without RR", RP_OK "01:00.0 ep acs=0c/00\n01:00.1 ep acs=0c/0c\n",
     "", "01:00.0 01:00.1"},
    {"Enhanced switch ports, requests to the upstream port direct",
     RP_OK
     "01:00.0 usp bus=02-0f bar\n02:00.0 dsp bus=03 acs=dd/25d\n02:01.0 dsp bus=04 acs=dd/25d\n"
     "03:00.0 ep\n04:00.0 ep\n",
     "", "01:00.0 02:00.0 02:01.0 03:00.0 04:00.0"},
    {"Enhanced switch ports, requests to the upstream port redirected",
     RP_OK
     "01:00.0 usp bus=02-0f bar\n02:00.0 dsp bus=03 acs=dd/a5d\n02:01.0 dsp bus=04 acs=dd/a5d\n"
     "03:00.0 ep\n04:00.0 ep\n",
     "", ""},
    {"VMD: the functions behind it share its group",
     "00:0e.0 rciep 8086:467f class=010400 on_root\n"
     "10000:00:00.0 rp bus=01 vmd=0000:00:0e.0 on_root\n10000:00:01.0 rp bus=02 vmd=0000:00:0e.0 "
     "on_root\n10000:01:00.0 ep vmd=0000:00:0e.0\n10000:02:00.0 ep vmd=0000:00:0e.0\n",
     "00:0e.0 10000:00:00.0 10000:00:01.0 10000:01:00.0 10000:02:00.0",
     "00:0e.0 10000:00:00.0 10000:00:01.0 10000:01:00.0 10000:02:00.0"},
    {"Intel root-complex endpoints of one slot",
     "00:14.0 rciep 8086:1111 on_root\n00:14.1 rciep 8086:1112 on_root\n", "", ""},
    {"other root-complex endpoints of one slot", "00:14.0 rciep on_root\n00:14.1 rciep on_root\n",
     "00:14.0 00:14.1", ""},
    {"ARI device: blocks of eight functions",
     "00:01.0 rp bus=01 acs=1d/1d arifwd on_root\n01:00.0 ep ari\n01:00.1 ep ari\n01:01.0 ep ari\n"
     "01:01.1 ep ari\n",
     "01:00.0 01:00.1, 01:01.0 01:01.1", NULL},
};

/* The expected sets as one number per function: members of a set share one, the others are alone. */
static bool read_sets(const struct sketch *sketch, const char *text, int *groups)
{
    char word[32];
    int set = 0, length;
    for (unsigned i = 0; i < sketch->count; i++)
        groups[i] = (int)(1000 + i);
    while (sscanf(text, " %31[^ ,]%n", word, &length) == 1) {
        struct ims_address address;
        if (ims_address_parse(word, &address) < 0)
            return false;
        const struct sketch_function *function = sketch_find(sketch, address);
        if (!function)
            return false;
        groups[function - sketch->functions] = set;
        text += length;
        if (*text == ',') {
            set++;
            text++;
        }
    }
    return true;
}

static bool judge_vector(const struct sketch *sketch, const struct trial *trial, const char *sets,
                         char why[WHY_SIZE])
{
    struct judged judged;
    struct reference_options options = {.ruleset = trial->ruleset};
    int *expected = calloc(sketch->count + 1u, sizeof(*expected));
    int *got = calloc(sketch->count + 1u, sizeof(*got));
    if (!expected || !got)
        abort();
    bool ok = read_sets(sketch, sets, expected) || law_fails(why, "the expected sets are wrong");
    if (ok && reference_compute(sketch, &options, got) < 0)
        ok = law_fails(why, "the reference declines");
    ok = ok && same_partition(sketch, expected, "the vector", got, "the reference", why);
    if (ok && (ok = judge(sketch, trial, &judged, why))) {
        ok = judged_groups(&judged, sketch, got, why) &&
             same_partition(sketch, expected, "the vector", got, "the library", why);
        judged_done(&judged);
    }
    free(expected);
    free(got);
    return ok;
}

static void check(struct tap *tap, const struct vector *vector, const char *rules, const char *sets)
{
    struct sketch sketch = {0};
    struct trial trial = {.acs = IMS_ACS_AS_IS};
    char why[WHY_SIZE] = "";
    if (!sets)
        return;
    sketch.machine.iommu_on = IMS_YES;
    bool ok = ims_ruleset_find(rules, NULL, &trial.ruleset, NULL) == 0 &&
              sketch_parse(&sketch, vector->sketch, why, sizeof(why)) == 0;
    if (trial.ruleset.kind == IMS_RULESET_PROPOSED_2025)
        trial.ruleset.version = (struct ims_kernel_version){6, 17, 0};
    ok = ok && judge_vector(&sketch, &trial, sets, why);
    if (!tap_ok(tap, ok, "%s, %s", vector->name, rules))
        printf("# %s\n", why);
    sketch_done(&sketch);
}

int main(void)
{
    static const char *const releases[] = {"linux-6.1.192", "linux-6.12.117", "linux-7.3.4"};
    struct tap tap = {0};
    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        for (unsigned j = 0; j < sizeof(releases) / sizeof(releases[0]); j++)
            check(&tap, &vectors[i], releases[j], vectors[i].now);
        check(&tap, &vectors[i], "linux-proposed-2025", vectors[i].series);
    }
    return tap_done(&tap);
}
