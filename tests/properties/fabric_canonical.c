/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fabric_canonical.h"
#include "fabric_layout.h"

/*
 * The canonical topologies with their LOWER and UPPER sets. Every endpoint has a BAR, windows are
 * tight: fabric_layout() sees to the addresses.
 */

#define TF ORACLE_RC_TRANSLATE_FIRST
#define UN ORACLE_RC_UNKNOWN

/* A root port, and a switch with two ports, each with one endpoint. */
#define RP_FULL "00:00.0 rp bus=01-0f acs=5f/1d\n"
#define SWITCH(rp, d1, d2)                                                              \
    "00:00.0 rp bus=01-0f " rp "\n01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03 port=1 " d1 \
    "\n02:01.0 dsp bus=04 port=2 " d2 "\n03:00.0 ep\n04:00.0 ep\n"
#define FULL "acs=5f/1d"
#define OFF "acs=5f/00"
#define A_B "03:00.0 04:00.0"
#define TWO_PORTS(r1, r2) \
    "00:01.0 rp bus=01 " r1 "\n01:00.0 ep\n00:02.0 rp bus=02 " r2 "\n02:00.0 ep\n"

const struct canonical canonical_sets[] = {
    {"T01", RP_FULL "01:00.0 ep\n", TF, 0, "", ""},
    {"T02", "00:00.0 rp bus=01\n01:00.0 ep\n", TF, 0, "", ""},
    {"T03", TWO_PORTS("", ""), TF, 0, "", ""},
    {"T04", TWO_PORTS("", ""), UN, 0, "", "01:00.0 02:00.0"},
    {"T05", "00:1c.0 rp bus=01\n01:00.0 ep\n00:1c.1 rp bus=02\n02:00.0 ep\n", TF, 0, "", ""},
    {"T06", "00:1c.0 rp bus=01 " FULL "\n01:00.0 ep\n00:1c.1 rp bus=02 " FULL "\n02:00.0 ep\n", UN,
     0, "", ""},
    {"T07", TWO_PORTS("acs=5f/11", "acs=5f/11"), UN, 0, "", "01:00.0 02:00.0"},
    {"T09", SWITCH(FULL, "", ""), TF, 0, A_B, A_B},
    {"T10", SWITCH(FULL, OFF, OFF), TF, 0, A_B, A_B},
    {"T11", SWITCH(FULL, FULL, FULL), TF, 0, "", ""},
    {"T13", SWITCH("", OFF, OFF), TF, 0, A_B, A_B},
    {"T14", SWITCH("", FULL, FULL), TF, 0, "", A_B},
    {"T15", SWITCH("acs=5f/0d", FULL, FULL), TF, 0, "", A_B},
    {"T17", SWITCH(FULL, "acs=5f/0d", "acs=5f/0d"), TF, 0, "", ""},
    {"T19", SWITCH(FULL, "acs=5f/1c", "acs=5f/1c"), TF, 0, "", ""},
    {"T20", SWITCH(FULL, "acs=047f/3d egress=none", "acs=047f/3d egress=none"), TF, 0, A_B, A_B},
    {"T21", SWITCH(FULL, "acs=047f/3d egress=2", "acs=047f/3d egress=1"), TF, 0, "", ""},
    {"T23",
     SWITCH(FULL, "acs=047f/3d egress=3",
            "acs=047f/3d egress=3") "02:02.0 dsp bus=05 port=3 acs=047f/3d egress=1,2\n"
                                    "05:00.0 ep\n",
     TF, 0, A_B, A_B},
    {"T24", SWITCH(FULL, OFF, FULL) "02:02.0 dsp bus=05 port=3 " FULL "\n05:00.0 ep\n", TF, 0,
     A_B " 05:00.0", A_B " 05:00.0"},
    {"T26",
     RP_FULL "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03 " OFF "\n02:01.0 dsp bus=04 " OFF
             "\n03:00.0 ep nobar\n04:00.0 ep nobar\n",
     TF, 0, "", ""},
    {"T28", SWITCH(FULL, "acs=5f/5d", "acs=5f/5d"), TF, 0, "", ""},
    {"T29", RP_FULL "01:00.0 ep\n01:00.1 ep\n", TF, 0, "", "01:00.0 01:00.1"},
    {"T30", RP_FULL "01:00.0 ep acs=0c/0c\n01:00.1 ep acs=0c/0c\n", TF, 0, "", ""},
    {"T31", RP_FULL "01:00.0 ep acs=0c/0c\n01:00.1 ep\n", TF, 0, "", "01:00.0 01:00.1"},
    {"T32", RP_FULL "01:00.0 ep acs=0c/00\n01:00.1 ep acs=0c/0c\n", TF, 0, "01:00.0 01:00.1",
     "01:00.0 01:00.1"},
    {"T34", RP_FULL "01:00.0 ep 8086:10c9\n01:00.1 ep 8086:10c9\n", TF, 0, "", ""},
    {"T37", "00:00.0 rp bus=01 acs=5f/0d\n01:00.0 ep acs=0c/0c\n01:00.1 ep acs=0c/0c\n", TF, 0, "",
     "01:00.0 01:00.1"},
    {"T38",
     RP_FULL "01:00.0 ep sriov=2/2/80/2/10ca\n01:10.0 ep vf of=01:00.0\n01:10.2 ep vf of=01:00.0\n",
     TF, 0, "", ""},
    {"T40",
     RP_FULL "01:00.0 ep sriov=2/2/80/2/10ca acs=0c/0c\n01:10.0 ep vf of=01:00.0 acs=0c/0c\n"
             "01:10.2 ep vf of=01:00.0 acs=0c/0c\n",
     TF, 0, "", ""},
    {"T41", RP_FULL "01:00.0 p2p bus=02\n02:00.0 conv\n02:01.0 conv\n", TF, 0, "02:00.0 02:01.0",
     "02:00.0 02:01.0"},
    {"T41 without BARs: one id (B2)",
     RP_FULL "01:00.0 p2p bus=02\n02:01.0 conv nobar\n02:02.0 conv nobar\n", TF, 0,
     "02:01.0 02:02.0", "02:01.0 02:02.0"},
    {"T43", "00:00.0 convbr bus=01\n01:00.0 conv\n01:01.0 conv\n", TF, 0, "00:00.0 01:00.0 01:01.0",
     "00:00.0 01:00.0 01:01.0"},
    {"T45",
     RP_FULL "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03-04 " FULL "\n03:00.0 p2p bus=04\n"
             "04:00.0 conv\n04:01.0 conv\n02:01.0 dsp bus=05-06 " FULL
             "\n05:00.0 p2p bus=06\n06:00.0 conv\n",
     TF, 0, "04:00.0 04:01.0", "04:00.0 04:01.0"},
    {"T46", RP_FULL "01:00.0 p2p bus=02-03\n02:00.0 conv\n02:01.0 convbr bus=03\n03:00.0 conv\n",
     TF, 0, "02:01.0 02:00.0 03:00.0", "02:01.0 02:00.0 03:00.0"},
    {"T47", RP_FULL "01:00.0 ep 1b4b:9230\n", TF, 0, "", ""},
    {"T50",
     "00:0e.0 rciep 8086:467f\n10000:00:00.0 rp bus=01 vmd=00:0e.0\n"
     "10000:01:00.0 ep vmd=00:0e.0\n10000:00:01.0 rp bus=02 vmd=00:0e.0\n"
     "10000:02:00.0 ep vmd=00:0e.0\n",
     TF, 0, "00:0e.0 10000:00:00.0 10000:01:00.0 10000:00:01.0 10000:02:00.0",
     "00:0e.0 10000:00:00.0 10000:01:00.0 10000:00:01.0 10000:02:00.0"},
    {"T51", SWITCH(FULL, FULL, FULL) "01:00.1 ep\n", TF, 0, "", A_B " 01:00.1"},
    {"T52",
     RP_FULL "01:00.0 usp bus=02-0f acs=0c/0c\n01:00.1 ep acs=0c/0c\n02:00.0 dsp bus=03 " FULL
             "\n02:01.0 dsp bus=04 " FULL "\n03:00.0 ep\n04:00.0 ep\n",
     TF, 0, "", ""},
    {"T54",
     RP_FULL "01:00.0 usp bus=02-0f bar\n02:00.0 dsp bus=03 " FULL "\n02:01.0 dsp bus=04 " FULL
             "\n03:00.0 ep\n04:00.0 ep\n",
     TF, 0, "", A_B " 01:00.0"},
    {"T55",
     RP_FULL "01:00.0 usp bus=02-0f bar\n02:00.0 dsp bus=03 acs=df/21d\n"
             "02:01.0 dsp bus=04 acs=df/21d\n03:00.0 ep\n04:00.0 ep\n",
     TF, 0, A_B " 01:00.0", A_B " 01:00.0"},
    {"T56",
     RP_FULL "01:00.0 usp bus=02-0f bar\n02:00.0 dsp bus=03 acs=df/a1d\n"
             "02:01.0 dsp bus=04 acs=df/a1d\n03:00.0 ep\n04:00.0 ep\n",
     TF, 0, "", ""},
    {"T58",
     RP_FULL "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03-06 " FULL "\n03:00.0 usp bus=04-06\n"
             "04:00.0 dsp bus=05 " OFF "\n05:00.0 ep\n04:01.0 dsp bus=06 " OFF
             "\n06:00.0 ep\n02:01.0 dsp bus=07 " FULL "\n07:00.0 ep\n",
     TF, 0, "05:00.0 06:00.0", "05:00.0 06:00.0"},
    {"T59",
     RP_FULL "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03-06 " OFF "\n03:00.0 usp bus=04-06\n"
             "04:00.0 dsp bus=05 " FULL "\n05:00.0 ep\n04:01.0 dsp bus=06 " FULL
             "\n06:00.0 ep\n02:01.0 dsp bus=07 " FULL "\n07:00.0 ep\n",
     TF, 0, "05:00.0 06:00.0 07:00.0", "05:00.0 06:00.0 07:00.0"},
    {"T62", "00:14.0 rciep 8086:a36d\n00:14.1 rciep 8086:a36d\n", TF, 0, "", ""},
    {"T63", "00:14.0 rciep\n00:14.1 rciep\n", TF, 0, "", ""},
    {"T64", "00:14.0 rciep\n00:15.0 rciep\n", UN, 0, "", "00:14.0 00:15.0"},
    {"T66", "00:1c.0 rp 8086:9c10 bus=01\n01:00.0 ep\n00:1c.1 rp 8086:9c11 bus=02\n02:00.0 ep\n",
     UN, 0, "", ""},
    {"T67", "00:01.0 rp bus=01\n01:00.0 ep\n01:00.1 ep\n", TF, 0, "", "01:00.0 01:00.1"},
    /* K2 */
    {"T72", SWITCH(FULL, FULL, FULL " mc=e8000000/10/1/1/0/0"), TF, 0, "", ""},
    {"T72 with the port of A too",
     "00:00.0 rp bus=01-0f " FULL "\n01:00.0 usp bus=02-0f mc=e8000000/10/1/0/0/0\n"
     "02:00.0 dsp bus=03 " FULL " mc=e8000000/10/1/0/0/0\n02:01.0 dsp bus=04 " FULL
     " mc=e8000000/10/1/1/0/0\n03:00.0 ep\n04:00.0 ep mc=e8000000/10/1/1/0/0\n",
     TF, 0, A_B, A_B},
    {"T72 blocked",
     "00:00.0 rp bus=01-0f " FULL "\n01:00.0 usp bus=02-0f mc=e8000000/10/1/0/0/0\n"
     "02:00.0 dsp bus=03 " FULL " mc=e8000000/10/1/0/0/1\n02:01.0 dsp bus=04 " FULL
     " mc=e8000000/10/1/1/0/0\n03:00.0 ep\n04:00.0 ep mc=e8000000/10/1/1/0/0\n",
     TF, 0, "", ""},
    {"T72 blocked, TM1",
     "00:00.0 rp bus=01-0f " FULL "\n01:00.0 usp bus=02-0f mc=e8000000/10/1/0/0/0\n"
     "02:00.0 dsp bus=03 " FULL " mc=e8000000/10/1/0/0/1\n02:01.0 dsp bus=04 " FULL
     " mc=e8000000/10/1/1/0/0\n03:00.0 ep\n04:00.0 ep mc=e8000000/10/1/1/0/0\n",
     TF, 1, A_B, A_B},
    {"T73", SWITCH(FULL, "acs=5f/5d", "acs=5f/5d"), TF, 1, A_B, A_B},
    {"T74", SWITCH(FULL, "acs=5f/5f", "acs=5f/5f"), TF, 1, "", ""},
    {"T75", SWITCH(FULL, "acs=5f/5f", "acs=5f/5d"), TF, 1, A_B, A_B},
    {"T11 under TM1", SWITCH(FULL, FULL, FULL), TF, 1, "", ""},
    {"T77: T11", SWITCH(FULL, FULL, FULL), TF, 2, "", ""},
    {"T77: T19", SWITCH(FULL, "acs=5f/1c", "acs=5f/1c"), TF, 2, A_B, A_B},
    {"T77: T03", TWO_PORTS("", ""), TF, 2, "01:00.0 02:00.0", "01:00.0 02:00.0"},
    {"T77: T30", RP_FULL "01:00.0 ep acs=0c/0c\n01:00.1 ep acs=0c/0c\n", TF, 2, "01:00.0 01:00.1",
     "01:00.0 01:00.1"},
    {"T77: T38",
     RP_FULL "01:00.0 ep sriov=2/2/80/2/10ca\n01:10.0 ep vf of=01:00.0\n01:10.2 ep vf of=01:00.0\n",
     TF, 2, "01:00.0 01:10.0 01:10.2", "01:00.0 01:10.0 01:10.2"},
    {"no R on root ports: no peers, whatever the root complex is",
     TWO_PORTS("acs=13/11", "acs=13/11"), UN, 0, "", ""},
    {"neither R nor E in a function: no inner peers (A6.2)",
     RP_FULL "01:00.0 ep acs=00/00\n01:00.1 ep acs=40/00\n", TF, 0, "", ""},
    {"E without R in a function: inner peers",
     RP_FULL "01:00.0 ep acs=0820/00\n01:00.1 ep acs=00/00\n", TF, 0, "01:00.0 01:00.1",
     "01:00.0 01:00.1"},
    {"a bridge that hides its PCIe capability (B5)",
     RP_FULL "01:00.0 convbr 1b21:1080 bus=02\n02:01.0 conv\n", TF, 0, "", ""},
    {"the same bridge as any other (B3)", RP_FULL "01:00.0 convbr bus=02\n02:01.0 conv\n", TF, 0,
     "01:00.0 02:01.0", "01:00.0 02:01.0"},
    {"a bridge with the IOMMU ends the ids (B6)",
     "00:00.0 convbr 14e4:9084 bus=01-02\n01:00.0 p2p bus=02\n02:00.0 conv\n", TF, 0, "", ""},
    {"all ids of the bus for an NTB (B7)",
     RP_FULL "01:00.0 ep 10b5:87b0 acs=0c/0c\n01:00.1 ep acs=0c/0c\n", TF, 0, "01:00.0 01:00.1",
     "01:00.0 01:00.1"},
    {"a VF on the next bus is on the link of its PF (A6.1, B10)",
     "00:00.0 rp bus=01-02 acs=5f/0d\n01:00.0 ep sriov=1/1/100/1/10ca acs=0c/0c\n"
     "02:00.0 ep vf of=01:00.0 acs=0c/0c\n",
     TF, 0, "", "01:00.0 02:00.0"},
    {"T88", RP_FULL "01:00.0 ep acs=?\n01:00.1 ep acs=0c/0c\n", TF, 0, "", "01:00.0 01:00.1"},
    {"T93", RP_FULL "01:00.0 ep phantom=1\n", TF, 0, "", ""},
    {"T93 with function 4", RP_FULL "01:00.0 ep phantom=1 acs=0c/0c\n01:00.4 ep acs=0c/0c\n", TF, 0,
     "01:00.0 01:00.4", "01:00.0 01:00.4"},
    {"T96",
     RP_FULL "01:00.0 usp bus=02-0f\n02:00.0 dsp bus=03 acs=df/31d\n02:01.0 dsp bus=04 bar "
             "acs=df/21d\n03:00.0 ep\n04:00.0 ep\n",
     TF, 0, "", "03:00.0 02:01.0"},
};
const unsigned canonical_set_count = sizeof(canonical_sets) / sizeof(canonical_sets[0]);

void canonical_parse(const char *text, struct sketch *ret)
{
    char message[256];
    memset(ret, 0, sizeof(*ret));
    if (sketch_parse(ret, text, message, sizeof(message)) < 0) {
        printf("Bail out! %s\n%s", message, text);
        exit(1);
    }
}

/* Index of the function whose address starts at text. */
static unsigned named(const struct sketch *sketch, const char *text)
{
    char word[32] = "";
    struct ims_address address;
    memcpy(word, text, strcspn(text, " ,"));
    const struct sketch_function *found =
        ims_address_parse(word, &address) == 0 ? sketch_find(sketch, address) : NULL;
    if (!found) {
        printf("Bail out! %s\n", text);
        exit(1);
    }
    return (unsigned)(found - sketch->functions);
}

bool canonical_same(const struct sketch *sketch, const unsigned *sets, const char *expected,
                    bool endpoints_only)
{
    unsigned wanted[64];
    bool same = sketch->count <= 64;
    for (unsigned i = 0; i < sketch->count; i++)
        wanted[i] = i;
    for (const char *text = expected; *text;) {
        unsigned first = named(sketch, text);
        for (text += strcspn(text, " ,"); *text == ' '; text += strcspn(text, " ,"))
            wanted[named(sketch, ++text)] = first;
        text += strspn(text, ", ");
    }
    for (unsigned i = 0; i < sketch->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            bool port = sketch->functions[i].header || sketch->functions[j].header;
            if (!(port && endpoints_only))
                same = same && (sets[i] == sets[j]) == (wanted[i] == wanted[j]);
        }
    }
    return same;
}

static void print_sets(const struct sketch *sketch, const unsigned *sets, const char *name)
{
    printf("# %s:", name);
    for (unsigned i = 0; i < sketch->count; i++) {
        for (unsigned j = 0; j < sketch->count; j++) {
            char text[IMS_ADDRESS_STRING_SIZE];
            if (sets[j] == i)
                printf(" %s", ims_address_format(sketch->functions[j].address, text));
        }
        if (sets[i] == i)
            printf(" |");
    }
    printf("\n");
}

static void check_sets(struct tap *tap, const struct canonical *canonical)
{
    struct sketch sketch;
    struct oracle_options options = {.rc = canonical->rc, .threat = canonical->threat};
    unsigned lower[64], upper[64];
    canonical_parse(canonical->sketch, &sketch);
    fabric_default_bars(&sketch);
    fabric_layout(&sketch, NULL);
    struct oracle *oracle = oracle_new(&sketch, &options);
    oracle_sets(oracle, true, lower);
    oracle_sets(oracle, false, upper);
    bool endpoints = canonical->threat == 2; /* a port is in no claim about forging (T77) */
    bool ok = canonical_same(&sketch, lower, canonical->lower, endpoints) &&
              canonical_same(&sketch, upper, canonical->upper, endpoints);
    if (!tap_ok(tap, ok, "%s", canonical->name)) {
        print_sets(&sketch, lower, "LOWER");
        print_sets(&sketch, upper, "UPPER");
    }
    oracle_free(oracle);
    sketch_done(&sketch);
}

/* T102: the edges of T24 have a direction that the sets do not show. */
static void check_directed(struct tap *tap)
{
    static const char text[] =
        SWITCH(FULL, OFF, FULL) "02:02.0 dsp bus=05 port=3 " FULL "\n05:00.0 ep\n";
    struct oracle_options options = {.rc = TF};
    struct sketch sketch;
    canonical_parse(text, &sketch);
    fabric_default_bars(&sketch);
    fabric_layout(&sketch, NULL);
    struct oracle *oracle = oracle_new(&sketch, &options);
    unsigned a = named(&sketch, "03:00.0"), edges = 0;
    for (unsigned i = 0; i < sketch.count * sketch.count; i++)
        edges += oracle_edge(oracle, i / sketch.count, i % sketch.count, false);
    tap_ok(tap,
           edges == 2 && oracle_edge(oracle, a, named(&sketch, "04:00.0"), true) &&
               oracle_edge(oracle, a, named(&sketch, "05:00.0"), true),
           "T102: from A to B and from A to C, no other edge");
    oracle_free(oracle);
    sketch_done(&sketch);
}

int main(void)
{
    struct tap tap = {0};
    for (unsigned i = 0; i < canonical_set_count; i++)
        check_sets(&tap, &canonical_sets[i]);
    check_directed(&tap);
    canonical_check_routes(&tap);
    return tap_done(&tap);
}
