/* SPDX-License-Identifier: MIT */
/* Devices and groups recognised again (ownership facts 2.3), and what drift makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "stage.h"

#define MACHINE "machine kernel=6.12.95 iommu=on kind=intel dmar=yes\n"
#define PORT "00:1c.0 rp bus=01-01 acs=5f/1d group=1 driver=pcieport\n"
#define PORT_B "00:1c.4 rp bus=02-02 acs=5f/1d group=2 driver=pcieport\n"
#define SERIAL(low, high) " cfg 100=00010003 cfg 104=" low " cfg 108=" high
#define NIC "ep 8086:1533 subsys=1028:0001 class=020000 "

static const char nic_with_serial[] =
    MACHINE PORT PORT_B "01:00.0 " NIC SERIAL("11111111", "22222222") " group=7 driver=igb\n";
static const char two_nics[] = MACHINE PORT PORT_B "01:00.0 " NIC SERIAL(
    "11111111", "22222222") " group=7 driver=igb\n"
                            "02:00.0 " NIC SERIAL("33333333", "22222222") " group=8 driver=igb\n";
static const char nic_without[] = MACHINE PORT PORT_B "01:00.0 " NIC " group=7 driver=igb\n";
static const char two_without[] = MACHINE PORT PORT_B "01:00.0 " NIC " group=7 driver=igb\n"
                                                      "02:00.0 " NIC " group=8 driver=igb\n";

struct row {
    const char *what;
    const char *before; /* where 01:00.0 is looked at */
    const char *after;
    enum ims_identity_verdict verdict;
    const char *address; /* where it is found, or NULL */
    const char *says;
};

static const struct row rows[] = {
    {"nothing changed", nic_with_serial, nic_with_serial, IMS_IDENTITY_SAME, "0000:01:00.0",
     "its serial number and its path"},
    {"bus numbers moved: a bridge came in front, the path stays", nic_with_serial,
     MACHINE "00:01.0 rp bus=01-01 group=5\n00:1c.0 rp bus=02-02 acs=5f/1d group=1\n"
             "02:00.0 " NIC SERIAL("11111111", "22222222") " group=9\n",
     IMS_IDENTITY_MOVED, "0000:02:00.0", "was at 0000:01:00.0 and is at 0000:02:00.0 now"},
    {"in another slot: the serial number leads to it", nic_with_serial,
     MACHINE PORT PORT_B "02:00.0 " NIC SERIAL("11111111", "22222222") " group=8\n",
     IMS_IDENTITY_MOVED, "0000:02:00.0", "recognised by its serial number"},
    {"two identical cards changed places", two_nics,
     MACHINE PORT PORT_B "01:00.0 " NIC SERIAL(
         "33333333", "22222222") " group=7\n"
                                 "02:00.0 " NIC SERIAL("11111111", "22222222") " group=8\n",
     IMS_IDENTITY_MOVED, "0000:02:00.0", "its serial number"},
    {"another one of its kind", nic_with_serial,
     MACHINE PORT PORT_B "01:00.0 " NIC SERIAL("44444444", "22222222") " group=7\n",
     IMS_IDENTITY_REPLACED, NULL, "22-22-22-22-44-44-44-44, not 22-22-22-22-11-11-11-11"},
    {"one of its kind without a number", nic_with_serial, nic_without, IMS_IDENTITY_REPLACED, NULL,
     "has no serial number, and it had 22-22-22-22-11-11-11-11"},
    {"one of its kind with a number", nic_without, nic_with_serial, IMS_IDENTITY_REPLACED, NULL,
     "and it had none"},
    {"another device", nic_with_serial,
     MACHINE PORT PORT_B "01:00.0 ep 8086:10c9 class=020000 group=7\n", IMS_IDENTITY_REPLACED, NULL,
     "a device 8086:10c9 is in the place of 8086:1533"},
    {"another subsystem", nic_without,
     MACHINE PORT PORT_B "01:00.0 ep 8086:1533 subsys=1028:0002 class=020000 group=7\n",
     IMS_IDENTITY_REPLACED, NULL, "subsystem 1028:0002 is in the place of 1028:0001"},
    {"another class", nic_without,
     MACHINE PORT PORT_B "01:00.0 ep 8086:1533 subsys=1028:0001 class=028000 group=7\n",
     IMS_IDENTITY_REPLACED, NULL, "class 0280 is in the place of 0200"},
    {"gone", nic_with_serial, MACHINE PORT PORT_B, IMS_IDENTITY_MISSING, NULL, "no such device"},
    {"gone, another of its kind elsewhere", nic_with_serial,
     MACHINE PORT PORT_B "02:00.0 " NIC SERIAL("33333333", "22222222") " group=8\n",
     IMS_IDENTITY_MISSING, NULL, "0000:02:00.0 is such a device too, with another serial number"},
    {"no number, and it is where it was", nic_without, nic_without, IMS_IDENTITY_SAME,
     "0000:01:00.0", "its path and its ids, for it has no serial number"},
    {"no number, two of them: the path tells them apart", two_without, two_without,
     IMS_IDENTITY_SAME, "0000:01:00.0", "its path and its ids"},
    {"no number, elsewhere: ids alone are a guess", nic_without,
     MACHINE PORT PORT_B "02:00.0 " NIC " group=8\n", IMS_IDENTITY_AMBIGUOUS, NULL,
     "0000:02:00.0 has its ids, but nothing says that it is the same"},
    {"no number, two elsewhere", nic_without,
     MACHINE PORT_B "00:1d.0 rp bus=03-03 group=4\n02:00.0 " NIC " group=8\n03:00.0 " NIC
                    " group=9\n",
     IMS_IDENTITY_AMBIGUOUS, NULL, "2 devices have its ids"},
    {"a vendor that ships one number with every card: the path decides", two_nics,
     MACHINE PORT PORT_B "01:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=7\n"
                                 "02:00.0 " NIC SERIAL("11111111", "22222222") " group=8\n",
     IMS_IDENTITY_SAME, "0000:01:00.0", "several have its serial number"},
    {"the same where its path is empty", nic_with_serial,
     MACHINE PORT_B "00:1d.0 rp bus=03-03 group=4\n02:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=8\n03:00.0 " NIC SERIAL("11111111", "22222222") " "
                                                                                         "group=9"
                                                                                         "\n",
     IMS_IDENTITY_AMBIGUOUS, NULL, "2 devices have its serial number"},
    {"not root: the number cannot be read", nic_with_serial,
     MACHINE PORT PORT_B "01:00.0 " NIC " cfg64 group=7\n", IMS_IDENTITY_UNKNOWN, NULL,
     "the serial number of what is in its place cannot be read"},
    {"not root: it could be elsewhere", nic_with_serial,
     MACHINE PORT PORT_B "02:00.0 " NIC " cfg64 group=8\n", IMS_IDENTITY_UNKNOWN, NULL,
     "the serial numbers of devices of its kind cannot be read"},
    {"a number of ones is none",
     MACHINE PORT "01:00.0 " NIC SERIAL("ffffffff", "ffffffff") " group=7\n",
     MACHINE PORT "01:00.0 " NIC SERIAL("ffffffff", "ffffffff") " group=7\n", IMS_IDENTITY_SAME,
     "0000:01:00.0", "for it has no serial number"},
    {"functions of one card share a number",
     MACHINE PORT "01:00.0 " NIC SERIAL("11111111", "22222222") " group=7\n01:00.1 " NIC SERIAL(
         "11111111", "22222222") " group=7\n",
     MACHINE PORT PORT_B
     "02:00.0 " NIC SERIAL("11111111", "22222222") " group=8\n02:00.1 " NIC SERIAL(
         "11111111", "22222222") " group=8\n",
     IMS_IDENTITY_MOVED, "0000:02:00.0", "its serial number"},
};

static void devices_are_recognised(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage before;
        struct stage after;
        struct ims_identity identity;
        struct ims_identity_match match;
        char name[IMS_ADDRESS_STRING_SIZE] = "nowhere";

        stage_begin(&before, rows[i].before);
        stage_begin(&after, rows[i].after);
        assert_int_equal(ims_identity_of(before.topology, stage_at(&before, "01:00.0"), &identity),
                         0);
        ims_identity_match(after.topology, &identity, &match);
        if (!ims_function_is_none(match.function))
            ims_address_format(ims_topology_function(after.topology, match.function)->address,
                               name);
        if (match.verdict != rows[i].verdict || !strstr(match.text, rows[i].says) ||
            strcmp(name, rows[i].address ? rows[i].address : "nowhere") != 0)
            fail_msg("%s: %s at %s: %s", rows[i].what,
                     ims_identity_verdict_to_string(match.verdict), name, match.text);
        stage_done(&before);
        stage_done(&after);
    }
}

static void put_into_slot(const struct stage *stage, const char *address)
{
    const struct ims_function_info *info =
        ims_topology_function(stage->topology, stage_at(stage, address));

    /* Sketches know no slots. */
    ((struct ims_record *)(uintptr_t)info->record)->slot = "3";
}

/* 2.3: a slot leads to a device without a number only where the one in it has none either. */
static void a_slot_does_not_outweigh_a_serial(void **state)
{
    (void)state;
    static const struct row slots[] = {
        {"neither has one", nic_without, MACHINE PORT PORT_B "02:00.0 " NIC "\n",
         IMS_IDENTITY_MOVED, "0000:02:00.0", "recognised by its slot and its ids"},
        {"another card", nic_without,
         MACHINE PORT PORT_B "02:00.0 " NIC SERIAL("11111111", "22222222") "\n",
         IMS_IDENTITY_REPLACED, NULL, "in its slot has the serial number 22-22-22-22-11-11-11-11"},
        {"not root", nic_without, MACHINE PORT PORT_B "02:00.0 " NIC " cfg64\n",
         IMS_IDENTITY_UNKNOWN, NULL, "the serial number of what is in its slot cannot be read"},
    };

    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        struct ims_identity_match match;
        struct ims_identity identity;
        struct stage before;
        struct stage after;

        stage_begin(&before, slots[i].before);
        stage_begin(&after, slots[i].after);
        put_into_slot(&before, "01:00.0");
        put_into_slot(&after, "02:00.0");
        assert_int_equal(ims_identity_of(before.topology, stage_at(&before, "01:00.0"), &identity),
                         0);
        ims_identity_match(after.topology, &identity, &match);
        if (match.verdict != slots[i].verdict || !strstr(match.text, slots[i].says) ||
            ims_function_is_none(match.function) != !slots[i].address)
            fail_msg("%s: %s: %s", slots[i].what, ims_identity_verdict_to_string(match.verdict),
                     match.text);
        stage_done(&before);
        stage_done(&after);
    }
}

/* 2.3: both ports of a card have its serial number, and each counts its VFs from 0. */
static void a_vf_of_another_pf_is_another_one(void **state)
{
    (void)state;
#define PF(at, sriov)                                            \
    "01:00." at " ep 8086:10c9 class=020000 mf=yes sriov=" sriov \
    "/80/2/10ca" SERIAL("11111111", "22222222") "\n"
    static const char before[] = MACHINE PORT PF("0", "8/0") PF("1", "8/1") "01:10.1 ep 8086:10ca "
                                                                            "class=020000 vf of="
                                                                            "01:00.1\n";
    static const char after[] = MACHINE PORT PF("0", "8/1") PF("1", "8/0") "01:10.0 ep 8086:10ca "
                                                                           "class=020000 vf of="
                                                                           "01:00.0\n";
    struct ims_identity_match match;
    struct ims_identity identity;
    struct stage stage;

    stage_begin(&stage, before);
    assert_int_equal(ims_identity_of(stage.topology, stage_at(&stage, "01:10.1"), &identity), 0);
    assert_string_equal(identity.path, "0000:00/1c.0/00.1/vf0");
    assert_int_equal(identity.has_serial, IMS_YES);
    stage_done(&stage);
    stage_begin(&stage, after);
    ims_identity_match(stage.topology, &identity, &match);
    assert_int_equal(match.verdict, IMS_IDENTITY_MISSING);
    assert_true(ims_function_is_none(match.function));
    stage_done(&stage);
#undef PF
}

/* Root bus, then device and function of each hop: no bus number that firmware may change. */
static void paths_have_no_bus_numbers(void **state)
{
    (void)state;
    static const char text[] = MACHINE
        "00:1c.0 rp bus=41-44\n41:00.0 usp bus=42-44\n42:03.0 dsp bus=43-43\n"
        "43:00.1 ep 8086:10c9 mf=yes sriov=8/2/80/2/10ca\n43:10.1 ep 8086:10ca vf of=43:00.1\n"
        "43:10.3 ep 8086:10ca vf of=43:00.1\n";
    struct ims_identity identity;
    struct stage stage;

    stage_begin(&stage, text);
    assert_int_equal(ims_identity_of(stage.topology, stage_at(&stage, "43:00.1"), &identity), 0);
    assert_string_equal(identity.path, "0000:00/1c.0/00.0/03.0/00.1");
    assert_int_equal(ims_identity_of(stage.topology, stage_at(&stage, "43:10.3"), &identity), 0);
    assert_string_equal(identity.path, "0000:00/1c.0/00.0/03.0/00.1/vf1");
    stage_done(&stage);
}

/* ---- groups ---- */

static const char pair[] = MACHINE PORT "01:00.0 " NIC SERIAL(
    "11111111",
    "22222222") " group=7 driver=vfio-pci override=vfio-pci\n"
                "01:00.1 ep 8086:1521 class=0c0300 group=7 driver=pci-stub override=pci-stub\n";

static void make_claim(const char *text, struct ims_claim *ret)
{
    struct stage stage;
    struct ims_check *check;
    struct ims_plan *plan;
    struct ims_error error = {0};

    stage_begin(&stage, text);
    const struct ims_function wanted = stage_at(&stage, "01:00.0");
    const struct ims_plan_request request = {.size_bytes = sizeof(request),
                                             .wanted = &wanted,
                                             .wanted_count = 1,
                                             .companions = IMS_COMPANIONS_STUB};
    assert_int_equal(ims_check_new(stage.grouping, wanted, NULL, &check, &error), 0);
    assert_int_equal(ims_plan_new(check, &request, &plan, &error), 0);
    assert_int_equal(ims_claim_of_plan(stage.topology, plan, &request, ret, &error), 0);
    ims_plan_free(plan);
    ims_check_free(check);
    stage_done(&stage);
}

static const struct {
    const char *what;
    const char *after;
    enum ims_claim_verdict verdict;
    const char *says;
} groups[] = {
    {"nothing changed", pair, IMS_CLAIM_SAME, ""},
    {"renumbered",
     MACHINE
     "00:01.0 rp bus=01-01 group=5\n00:1c.0 rp bus=02-02 acs=5f/1d group=1\n02:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=9\n02:00.1 ep 8086:1521 class=0c0300 group=9\n",
     IMS_CLAIM_MOVED, "is at 0000:02:00.0 now"},
    {"a member more",
     MACHINE PORT "01:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=7\n01:00.1 ep 8086:1521 class=0c0300 group=7\n"
                                 "01:00.2 ep 8086:1522 class=010802 group=7\n",
     IMS_CLAIM_GROWN, "0000:01:00.2 is a member of group 7 now, and the claim does not know it"},
    {"no longer one group",
     MACHINE PORT "01:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=7\n01:00.1 ep 8086:1521 class=0c0300 group=8\n",
     IMS_CLAIM_SPLIT, "groups 7 and 8"},
    {"a member less", MACHINE PORT "01:00.0 " NIC SERIAL("11111111", "22222222") " group=7\n",
     IMS_CLAIM_MISSING, "0000:01:00.1 (0000:00/1c.0/00.1): no such device is there"},
    {"no groups",
     MACHINE PORT "01:00.0 " NIC SERIAL(
         "11111111", "22222222") "\n01:00.1 ep 8086:1521 class=0c0300 group=none\n",
     IMS_CLAIM_UNKNOWN, "group"},
    {"replaced and grown: replaced is worse",
     MACHINE PORT "01:00.0 ep 8086:10c9 class=020000 group=7\n01:00.1 ep 8086:1521 class=0c0300 "
                  "group=7\n01:00.2 ep 8086:1522 class=010802 group=7\n",
     IMS_CLAIM_REPLACED, "8086:10c9"},
};

static void groups_are_recognised(void **state)
{
    (void)state;
    struct ims_claim claim;

    make_claim(pair, &claim);
    assert_int_equal(claim.member_count, 2);
    assert_string_equal(claim.members[0].driver, "vfio-pci");
    assert_string_equal(claim.members[1].driver, "pci-stub");
    assert_true(claim.members[0].wanted && !claim.members[1].wanted);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        struct ims_claim_match match;
        struct stage stage;

        stage_begin(&stage, groups[i].after);
        assert_int_equal(ims_claim_match(stage.topology, &claim, &match), 0);
        if (match.verdict != groups[i].verdict || !strstr(match.text, groups[i].says))
            fail_msg("%s: %s: %s", groups[i].what, ims_claim_verdict_to_string(match.verdict),
                     match.text);
        assert_int_equal(ims_claim_holds(&match),
                         match.verdict == IMS_CLAIM_SAME || match.verdict == IMS_CLAIM_MOVED);
        ims_claim_match_done(&match);
        stage_done(&stage);
    }
    ims_claim_done(&claim);
}

static void names_of_claims(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "gpu", "NIC-2.left_1", "0"};
    static const char *const bad[] = {
        "",    ".hidden", "-x",       "a/b",
        "a b", "..",      "\xc3\xa4", "abcdefghijabcdefghijabcdefghijabcdefghijabcdefgh"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(ims_claim_name_is_valid(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(ims_claim_name_is_valid(bad[i]));
}

/* What cannot be recognised again is not made durable. */
static void unread_serials_are_not_kept(void **state)
{
    (void)state;
    struct stage stage;
    struct ims_identity identity;

    stage_begin(&stage, MACHINE PORT "01:00.0 " NIC " cfg64 group=7\n");
    assert_int_equal(ims_identity_of(stage.topology, stage_at(&stage, "01:00.0"), &identity), 0);
    assert_int_equal(identity.has_serial, IMS_UNKNOWN);
    stage_done(&stage);
}

/* ---- drift ---- */

static const char *find_module(void *context, const char *modalias)
{
    *(unsigned *)context += 1;
    return strncmp(modalias, "pci:v00008086d00001533sv00001028sd00000001bc02sc00i00", 60) == 0
               ? "igb"
               : NULL;
}

static bool has_drift(const struct ims_drifts *drifts, enum ims_drift_kind kind,
                      enum ims_tristate matters, const char *says)
{
    for (uint32_t i = 0; i < drifts->count; i++)
        if (drifts->drifts[i].kind == kind && drifts->drifts[i].matters == matters &&
            strstr(drifts->drifts[i].text, says))
            return true;
    return false;
}

static const struct {
    const char *after;
    uint32_t count;
    enum ims_drift_kind kind;
    enum ims_tristate matters;
    const char *says;
} drift_rows[] = {
    {MACHINE PORT "01:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=7 driver=vfio-pci override=none\n"
                                 "01:00.1 ep 8086:1521 class=0c0300 group=7 driver=pci-stub "
                                 "override=pci-stub\n",
     1, IMS_DRIFT_OVERRIDE_WIPED, IMS_YES, "not set, no longer vfio-pci: the module igb takes it"},
    {MACHINE PORT "01:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=7 driver=igb override=vfio-pci\n"
                                 "01:00.1 ep 8086:1521 class=0c0300 group=7 driver=pci-stub "
                                 "override=pci-stub\n",
     1, IMS_DRIFT_NOT_APPLIED, IMS_YES, "it is on igb, and the claim binds it to vfio-pci"},
    {MACHINE
     "00:01.0 rp bus=01-01 group=5\n00:1c.0 rp bus=02-02 acs=5f/1d group=1\n02:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=9 driver=vfio-pci override=vfio-pci\n02:00.1 ep "
                                 "8086:1521 class=0c0300 group=9 driver=pci-stub "
                                 "override=pci-stub\n",
     2, IMS_DRIFT_RENUMBERED, IMS_NO, "is at 0000:02:00.0 now"},
    {MACHINE PORT "01:00.0 " NIC SERIAL(
         "11111111", "22222222") " group=7 driver=vfio-pci override=vfio-pci\n"
                                 "01:00.1 ep 8086:1521 class=0c0300 group=7 driver=pci-stub "
                                 "override=pci-stub\n01:00.2 ep 8086:1522 class=010802 group=7 "
                                 "driver=nvme\n",
     1, IMS_DRIFT_GROWN, IMS_YES, "the claim does not know it"},
    {MACHINE PORT "01:00.1 ep 8086:1521 class=0c0300 group=7 driver=pci-stub override=pci-stub\n",
     1, IMS_DRIFT_IDENTITY, IMS_YES, "is missing"},
    {MACHINE PORT "01:00.0 " NIC " cfg64 group=7 driver=vfio-pci override=vfio-pci\n"
                  "01:00.1 ep 8086:1521 class=0c0300 group=7 driver=pci-stub override=pci-stub\n",
     1, IMS_DRIFT_UNKNOWN, IMS_UNKNOWN, "cannot be read"},
};

static void drift_is_told(void **state)
{
    (void)state;
    struct ims_claim claim;

    make_claim(pair, &claim);
    for (size_t i = 0; i < sizeof(drift_rows) / sizeof(drift_rows[0]); i++) {
        struct ims_claim_match match;
        struct ims_drifts drifts = {0};
        struct stage stage;
        unsigned asked = 0;

        stage_begin(&stage, drift_rows[i].after);
        assert_int_equal(ims_claim_match(stage.topology, &claim, &match), 0);
        assert_int_equal(
            ims_drift_find(stage.topology, &claim, &match, find_module, &asked, &drifts), 0);
        if (drifts.count != drift_rows[i].count ||
            !has_drift(&drifts, drift_rows[i].kind, drift_rows[i].matters, drift_rows[i].says))
            fail_msg("row %zu: %u drifts, the first: %s", i, drifts.count,
                     drifts.count ? drifts.drifts[0].text : "none");
        ims_drifts_done(&drifts);
        ims_claim_match_done(&match);
        stage_done(&stage);
    }
    ims_claim_done(&claim);
}

/* A function that nothing drove is left alone, until a kernel comes whose module drives it. */
static void left_members_may_be_taken(void **state)
{
    (void)state;
    static const char text[] = MACHINE PORT
        "01:00.0 ep 8086:10c9 class=020000 group=7 driver=vfio-pci override=vfio-pci\n"
        "01:00.3 ep 8086:1533 subsys=1028:0001 class=020000 group=7 driver=none override=none\n";
    struct ims_claim claim;
    struct ims_claim_match match;
    struct ims_drifts drifts = {0};
    struct stage stage;
    unsigned asked = 0;

    make_claim(text, &claim);
    claim.members[1].driver[0] = '\0';
    stage_begin(&stage, text);
    assert_int_equal(ims_claim_match(stage.topology, &claim, &match), 0);
    assert_int_equal(ims_drift_find(stage.topology, &claim, &match, find_module, &asked, &drifts),
                     0);
    assert_true(has_drift(&drifts, IMS_DRIFT_WOULD_BE_TAKEN, IMS_YES, "the module igb drives it"));
    assert_int_equal(drifts.count, 1);
    ims_drifts_done(&drifts);
    ims_claim_match_done(&match);
    stage_done(&stage);
    ims_claim_done(&claim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_does_not_outweigh_a_serial),
        cmocka_unit_test(a_vf_of_another_pf_is_another_one),
        cmocka_unit_test(devices_are_recognised),
        cmocka_unit_test(paths_have_no_bus_numbers),
        cmocka_unit_test(groups_are_recognised),
        cmocka_unit_test(names_of_claims),
        cmocka_unit_test(unread_serials_are_not_kept),
        cmocka_unit_test(drift_is_told),
        cmocka_unit_test(left_members_may_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
