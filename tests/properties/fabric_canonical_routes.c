/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fabric_canonical.h"
#include "fabric_layout.h"

/* Single requests with all their outcomes (T70, T72-T79, T91, T94, T95). */

#define MAPPED(rp, d1)                                                           \
    "00:00.0 rp bus=01-04 mem=f0000000-f7ffffff " rp "\n01:00.0 usp bus=02-04 "  \
    "mem=f4000000-f7ffffff\n02:00.0 dsp bus=03 port=1 mem=f4000000-f41fffff " d1 \
    "\n02:01.0 dsp bus=04 port=2 mem=f6000000-f61fffff acs=5f/1d\n"              \
    "03:00.0 ep bar0=f4000000+100000\n04:00.0 ep bar0=f6000000+4000\n"
#define FULL "acs=5f/1d"
#define COLUMN_1 MAPPED(FULL, "acs=5f/11")
#define COLUMN_2 MAPPED(FULL, FULL)
#define COLUMN_3 MAPPED("acs=5f/0d", FULL)
#define COLUMN_4 MAPPED(FULL, "acs=df/1a1d")
#define MULTICAST(block)                                                                           \
    "00:00.0 rp bus=01-04 mem=f0000000-f7ffffff " FULL "\n01:00.0 usp bus=02-04 "                  \
    "mem=f4000000-f7ffffff mc=e8000000/10/1/0/0/0\n02:00.0 dsp bus=03 mem=f4000000-f41fffff " FULL \
    " mc=e8000000/10/1/0/0/" block "\n02:01.0 dsp bus=04 mem=f6000000-f61fffff " FULL              \
    " mc=e8000000/10/1/1/0/0\n03:00.0 ep bar0=f4000000+100000\n"                                   \
    "04:00.0 ep bar0=f6000000+4000 mc=e8000000/10/1/1/0/0\n"
#define IO(d1)                                                                         \
    "00:00.0 rp bus=01-04 io=2000-2fff " FULL "\n01:00.0 usp bus=02-04 io=2000-2fff\n" \
    "02:00.0 dsp bus=03 " d1 "\n02:01.0 dsp bus=04 io=2000-2fff " FULL                 \
    "\n03:00.0 lep nobar\n04:00.0 lep bar0=2000+100/io\n"
#define ARI(groups)                                                                            \
    "00:00.0 rp bus=01 mem=f0000000-f00fffff arifwd " FULL "\n"                                \
    "01:00.0 ep ari acs=0828/20 egress=1 fgroup=0 " groups "\n"                                \
    "01:00.1 ep ari bar0=f0001000+1000 fgroup=0\n01:00.2 ep ari bar0=f0002000+1000 fgroup=1\n" \
    "01:00.5 ep ari bar0=f0005000+1000 fgroup=2\n01:01.1 ep ari bar0=f0009000+1000 fgroup=2\n"
#define ARI_16                                                  \
    "00:00.0 rp bus=01 mem=f0000000-f00fffff arifwd " FULL "\n" \
    "01:00.0 ep ari acs=1028/20 egress=9\n01:01.1 ep ari bar0=f0009000+1000\n"

#define W ORACLE_WRITE
#define R ORACLE_READ

/* Outcomes: "iommu", "host", "blocked", "unsupported" or a function; "?" before one: may. */
static const struct route {
    const char *name;
    const char *sketch;
    const char *issuer;
    uint64_t address;
    enum oracle_kind kind;
    unsigned at;
    const char *outcomes;
} routes[] = {
    {"T70 column 1", COLUMN_1, "03:00.0", 0xe0000000, W, 0, "iommu"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf0000000, W, 0, "iommu"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf4000000, W, 0, "iommu"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf4100000, W, 0, "iommu"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf4200000, W, 0, "unsupported"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf6001000, W, 0, "04:00.0"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf6004000, W, 0, "unsupported"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf6200000, W, 0, "unsupported"},
    {"T70 column 1", COLUMN_1, "03:00.0", 0xf8000000, W, 0, "iommu"},
    {"T70 column 2", COLUMN_2, "03:00.0", 0xf0000000, W, 0, "iommu"},
    {"T70 column 2", COLUMN_2, "03:00.0", 0xf4200000, W, 0, "unsupported"},
    {"T70 column 2", COLUMN_2, "03:00.0", 0xf6001000, W, 0, "iommu"},
    {"T70 column 2", COLUMN_2, "03:00.0", 0xf6004000, W, 0, "iommu"},
    {"T70 column 2", COLUMN_2, "03:00.0", 0xf6200000, W, 0, "unsupported"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xe0000000, W, 0, "iommu"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf0000000, W, 0, "?iommu ?unsupported"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf4000000, W, 0, "?iommu ?03:00.0"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf4100000, W, 0, "?iommu ?unsupported"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf4200000, W, 0, "unsupported"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf6000000, W, 0, "?iommu ?04:00.0"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf6004000, W, 0, "?iommu ?unsupported"},
    {"T70 column 3", COLUMN_3, "03:00.0", 0xf6200000, W, 0, "unsupported"},
    {"T70 column 4", COLUMN_4, "03:00.0", 0xf4000000, W, 0, "iommu"},
    {"T70 column 4", COLUMN_4, "03:00.0", 0xf4200000, W, 0, "iommu"},
    {"T70 column 4", COLUMN_4, "03:00.0", 0xf6000000, W, 0, "iommu"},
    {"T70 column 4", COLUMN_4, "03:00.0", 0xf6200000, W, 0, "iommu"},
    {"T72 write", MULTICAST("0"), "03:00.0", 0xe8000100, W, 0, "04:00.0"},
    {"T72 read", MULTICAST("0"), "03:00.0", 0xe8000100, R, 0, "iommu"},
    {"T72 beside", MULTICAST("0"), "03:00.0", 0xe8010000, W, 0, "iommu"},
    {"T72 blocked", MULTICAST("1"), "03:00.0", 0xe8000100, W, 0, "blocked"},
    {"T72 translated", MULTICAST("1"), "03:00.0", 0xe8000100, W, 2, "04:00.0"},
    {"T73", MAPPED(FULL, "acs=5f/5d"), "03:00.0", 0xf6001000, W, 2, "04:00.0"},
    {"T73 untranslated", MAPPED(FULL, "acs=5f/5d"), "03:00.0", 0xf6001000, W, 0, "iommu"},
    {"T74", MAPPED(FULL, "acs=5f/5f"), "03:00.0", 0xf6001000, W, 2, "blocked"},
    {"T76", COLUMN_2, "03:00.0", 0xf6001000, R, 1, "iommu"},
    {"T76 with B", MAPPED(FULL, "acs=5f/1f"), "03:00.0", 0xf6001000, R, 1, "blocked"},
    {"T79 R=0", IO("acs=5f/11"), "03:00.0", 0x2010, ORACLE_IO, 0, "04:00.0"},
    {"T79 R=1", IO("acs=5f/1d"), "03:00.0", 0x2010, ORACLE_IO, 0, "host"},
    {"T79 I/O blocking", IO("acs=df/9d"), "03:00.0", 0x2010, ORACLE_IO, 0, "blocked"},
    {"T91 0 to 2", ARI("fgroups"), "01:00.0", 0xf0002000, W, 0, "blocked"},
    {"T91 0 to 1", ARI("fgroups"), "01:00.0", 0xf0001000, W, 0, "01:00.1"},
    {"T91 0 to 5", ARI("fgroups"), "01:00.0", 0xf0005000, W, 0, "01:00.5"},
    {"T91 no groups, 0 to 9", ARI(""), "01:00.0", 0xf0009000, W, 0, "blocked"},
    {"T91 no groups, 0 to 2", ARI(""), "01:00.0", 0xf0002000, W, 0, "01:00.2"},
    {"a vector of 16 knows function 9 as 9", ARI_16, "01:00.0", 0xf0009000, W, 0, "blocked"},
    {"an unknown control word", MAPPED(FULL, "acs=1c/?"), "03:00.0", 0xf6001000, W, 0,
     "?04:00.0 ?iommu"},
    {"an unknown structure", MAPPED(FULL, "acs=?"), "03:00.0", 0xf6001000, W, 0,
     "?04:00.0 ?iommu ?blocked"},
};

/* One outcome as a word. */
static void describe(const struct sketch *sketch, const struct oracle_outcome *outcome,
                     char text[40])
{
    static const char *const ends[] = {"iommu", "", "blocked", "unsupported", "host"};
    char address[IMS_ADDRESS_STRING_SIZE];
    const char *name = ends[outcome->end];
    if (outcome->end == ORACLE_END_PEER)
        name = ims_address_format(sketch->functions[outcome->target].address, address) + 5;
    snprintf(text, 40, "%s%s", outcome->must ? "" : "?", name);
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text; text += strspn(text, " ")) {
        size_t here = strcspn(text, " ");
        if (here == length && memcmp(text, word, length) == 0)
            return true;
        text += here;
    }
    return false;
}

static unsigned count_words(const char *text)
{
    unsigned count = 0;
    for (; *text; text += strspn(text, " ")) {
        count++;
        text += strcspn(text, " ");
    }
    return count;
}

static void check_route(struct tap *tap, const struct route *route, const struct sketch *sketch,
                        const struct oracle_options *options, uint16_t rid)
{
    struct oracle_outcomes outcomes;
    struct ims_address address;
    char word[40];
    ims_address_parse(route->issuer, &address);
    struct oracle *oracle = oracle_new(sketch, options);
    struct oracle_tlp tlp = {.issuer = (unsigned)(sketch_find(sketch, address) - sketch->functions),
                             .address = route->address,
                             .kind = route->kind,
                             .at = route->at,
                             .forged = rid != 0,
                             .rid = rid};
    oracle_route(oracle, &tlp, &outcomes);
    bool ok = outcomes.count == count_words(route->outcomes);
    for (unsigned i = 0; i < outcomes.count; i++) {
        describe(sketch, &outcomes.items[i], word);
        ok = ok && has_word(route->outcomes, word);
    }
    if (!tap_ok(tap, ok, "%s: %llx: %s", route->name, (unsigned long long)route->address,
                route->outcomes)) {
        for (unsigned i = 0; i < outcomes.count; i++) {
            describe(sketch, &outcomes.items[i], word);
            printf("#   %s\n", word);
        }
    }
    oracle_free(oracle);
}

#define D2_OFF                                                                    \
    "00:00.0 rp bus=01-04 mem=f0000000-f7ffffff " FULL "\n01:00.0 usp bus=02-04 " \
    "mem=f4000000-f7ffffff\n02:00.0 dsp bus=03 mem=f4000000-f41fffff acs=5f/11\n" \
    "02:01.0 dsp bus=04 mem=f6000000-f61fffff cmd=2 acs=5f/1d\n"                  \
    "03:00.0 ep bar0=f4000000+100000\n04:00.0 ep bar0=f6000000+4000 cmd=4\n"
#define BAR_OUTSIDE                                                               \
    "00:00.0 rp bus=01-04 mem=f0000000-f7ffffff " FULL "\n01:00.0 usp bus=02-04 " \
    "mem=f4000000-f7ffffff\n02:00.0 dsp bus=03 mem=f4000000-f41fffff acs=5f/11\n" \
    "02:01.0 dsp bus=04 mem=f6000000-f61fffff acs=5f/1d\n"                        \
    "03:00.0 ep bar0=f4000000+100000\n04:00.0 ep bar0=f6300000+4000\n"
#define USP_OFF                                                                            \
    "00:00.0 rp bus=01-03 " FULL "\n01:00.0 usp bus=02-03 cmd=2\n02:00.0 dsp bus=03 " FULL \
    "\n03:00.0 ep nobar\n"
#define TWO_ROOTS                                                              \
    "00:01.0 rp bus=01 mem=f0000000-f00fffff\n01:00.0 ep bar0=f0000000+1000\n" \
    "00:02.0 rp bus=02 mem=f0100000-f01fffff\n02:00.0 ep nobar\n"
#define OVERLAP                                                                            \
    "00:00.0 rp bus=01-05 " FULL "\n01:00.0 usp bus=02-05\n02:00.0 dsp bus=03 acs=5f/11\n" \
    "02:01.0 dsp bus=04 mem=f6000000-f61fffff\n02:02.0 dsp bus=05 mem=f6000000-f60fffff\n" \
    "03:00.0 ep nobar\n04:00.0 ep bar0=f6000000+4000\n05:00.0 ep bar0=f6004000+4000\n"
#define PCI_BELOW                                                                   \
    "00:00.0 rp bus=01-02 mem=f0000000-f00fffff " FULL                              \
    "\n01:00.0 p2p bus=02 mem=f0000000-f00fffff\n02:01.0 conv bar0=f0000000+1000\n" \
    "02:02.0 conv nobar\n00:03.0 rciep bar0=e0000000+1000\n"
#define ROOT_PCI(bridge) \
    "00:00.0 convbr " bridge " bus=01\n01:01.0 conv nobar\n00:03.0 rciep bar0=e0000000+1000\n"
#define MULTICAST_ROOTS                                                              \
    "00:01.0 rp bus=01 mc=e8000000/10/1/0/0/0\n01:00.0 ep nobar\n00:02.0 rp bus=02 " \
    "mc=e8000000/10/1/1/0/0\n02:00.0 ep mc=e8000000/10/1/1/0/0\n"
#define SUBTRACTIVE                                                                   \
    "00:00.0 rp bus=01-03 mem=f0000000-f00fffff " FULL "\n01:00.0 p2p bus=02-03 "     \
    "mem=f0000000-f00fffff\n02:01.0 conv nobar\n02:02.0 convbr bus=03 class=060401\n" \
    "03:00.0 conv bar0=f0000000+1000\n"
#define TF ORACLE_RC_TRANSLATE_FIRST

/* T94, T95, and what hangs on an option or on a forged id. */
static const struct {
    struct route route;
    struct oracle_options options;
    uint16_t rid; /* 0: its own */
} special[] = {
    {{"T94", BAR_OUTSIDE, "03:00.0", 0xf6300000, W, 0, "unsupported"}, {.rc = TF}, 0},
    {{"T95 worst case", D2_OFF, "03:00.0", 0xf6001000, W, 0, "04:00.0"}, {.rc = TF}, 0},
    {{"T95 memory off", D2_OFF, "03:00.0", 0xf6001000, W, 0, "unsupported"},
     {.rc = TF, .as_configured = true},
     0},
    {{"T95 mastering off", D2_OFF, "04:00.0", 0xe0000000, W, 0, "unsupported"},
     {.rc = TF, .as_configured = true},
     0},
    {{"T95 mastering off, worst case", D2_OFF, "04:00.0", 0xe0000000, W, 0, "iommu"},
     {.rc = TF},
     0},
    {{"mastering off in the upstream port", USP_OFF, "03:00.0", 0xe0000000, W, 0, "unsupported"},
     {.as_configured = true},
     0},
    {{"A4.6 in profile kernel", COLUMN_3, "03:00.0", 0xf6000000, W, 0, "iommu"},
     {.kernel_profile = true},
     0},
    {{"A5.5", TWO_ROOTS, "02:00.0", 0xf0000000, W, 0, "?iommu ?01:00.0"}, {0}, 0},
    {{"A5.4", TWO_ROOTS, "02:00.0", 0xf0000000, W, 0, "01:00.0"}, {.rc = ORACLE_RC_DIRECT}, 0},
    {{"A5.3", TWO_ROOTS, "02:00.0", 0xf0000000, W, 0, "iommu"}, {.rc = ORACLE_RC_NONE}, 0},
    {{"A5.2", TWO_ROOTS, "02:00.0", 0xf0000000, W, 0, "iommu"}, {.rc = TF}, 0},
    {{"A5.2 translated", TWO_ROOTS, "02:00.0", 0xf0000000, W, 2, "?iommu ?01:00.0"}, {.rc = TF}, 0},
    {{"C6", OVERLAP, "03:00.0", 0xf6000000, W, 0, "?04:00.0 ?unsupported"}, {0}, 0},
    {{"C9", PCI_BELOW, "02:02.0", 0xf0000000, W, 0, "02:01.0"}, {0}, 0},
    {{"C9 nobody", PCI_BELOW, "02:02.0", 0xf0080000, W, 0, "unsupported"}, {0}, 0},
    {{"C8", SUBTRACTIVE, "02:01.0", 0xf0000000, W, 0, "03:00.0"}, {0}, 0},
    {{"B2 takes the id away", PCI_BELOW, "02:02.0", 0x1000, W, 0, "iommu"}, {0}, 0x0700},
    {{"A2.1", MAPPED(FULL, FULL), "03:00.0", 0x1000, W, 0, "blocked"}, {0}, 0x0400},
    {{"A2.1 own bus", MAPPED(FULL, FULL), "03:00.0", 0x1000, W, 0, "iommu"}, {0}, 0x0308},
    {{"A8.1 the root port", MAPPED(FULL, "acs=5f/1c"), "03:00.0", 0x1000, W, 0, "iommu"},
     {0},
     0x0400},
    {{"A5.10", ROOT_PCI("14e4:9084"), "01:01.0", 0xe0000000, W, 0, "iommu"}, {0}, 0},
    {{"the same with the IOMMU at the root", ROOT_PCI(""), "01:01.0", 0xe0000000, W, 0,
      "?iommu ?00:03.0"},
     {0},
     0},
    {{"A7.5 between root ports", MULTICAST_ROOTS, "01:00.0", 0xe8000000, W, 0, "?02:00.0"}, {0}, 0},
    {{"A7.5 in a root complex that does it", MULTICAST_ROOTS, "01:00.0", 0xe8000000, W, 0,
      "02:00.0"},
     {.rc = ORACLE_RC_DIRECT},
     0},
    {{"A7.5 in one that does not", MULTICAST_ROOTS, "01:00.0", 0xe8000000, W, 0, "unsupported"},
     {.rc = TF},
     0},
};

static void check_special(struct tap *tap)
{
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        struct sketch sketch;
        canonical_parse(special[i].route.sketch, &sketch);
        check_route(tap, &special[i].route, &sketch, &special[i].options, special[i].rid);
        sketch_done(&sketch);
    }
}

void canonical_check_routes(struct tap *tap)
{
    struct oracle_options options = {.rc = ORACLE_RC_TRANSLATE_FIRST};
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct sketch sketch;
        canonical_parse(routes[i].sketch, &sketch);
        check_route(tap, &routes[i], &sketch, &options, 0);
        sketch_done(&sketch);
    }
    check_special(tap);
}
