/* SPDX-License-Identifier: MIT */
/* Whether VFIO takes a group: the kernel's rules R8.1 to R8.9 as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "stage.h"

#define NEW "machine kernel=6.12.95 iommu=on kind=intel\n"
#define OLD "machine kernel=5.10.0 iommu=on kind=intel\n"
#define EDGE "machine kernel=5.19.0 iommu=on kind=intel\n"
#define BEFORE_EDGE "machine kernel=5.18.19 iommu=on kind=intel\n"
#define PORT "00:1c.0 rp bus=01-02 acs=5f/1d group=1 driver=pcieport\n"
/* The group that is asked about holds 01:00.0. */
#define ONE(words) PORT "01:00.0 ep 8086:1533 group=7 " words "\n"
#define TWO(first, second) \
    PORT "01:00.0 ep 8086:1533 group=7 " first "\n01:00.1 ep 8086:1533 group=7 " second "\n"
/* A conventional bridge with a card behind it: the bridge is a member. */
#define BRIDGE(bridge, card) \
    PORT "01:00.0 p2p bus=02 group=7 " bridge "\n02:01.0 conv 8086:100e group=7 " card "\n"

/* Usable and viable: y, n, ?. Blockers: the members that block, in order. */
static const struct {
    const char *name;
    const char *sketch;
    const char *answer;
    const char *blockers;
} rows[] = {
    {"R8.2 no driver", NEW ONE("driver=none"), "yy", ""},
    {"R8.1 no driver", OLD ONE("driver=none"), "yy", ""},
    {"R8.2 vfio-pci", NEW ONE("driver=vfio-pci"), "yy", ""},
    {"R8.1 vfio-pci", OLD ONE("driver=vfio-pci"), "yy", ""},
    {"R8.3 pci-stub", NEW ONE("driver=pci-stub"), "yy", ""},
    {"R8.1 pci-stub", OLD ONE("driver=pci-stub"), "yy", ""},
    {"R8.2 host driver", NEW ONE("driver=igb"), "nn", "0000:01:00.0"},
    {"R8.1 host driver", OLD ONE("driver=igb"), "nn", "0000:01:00.0"},
    {"R8.3 mlx5", NEW ONE("driver=mlx5_vfio_pci"), "yy", ""},
    {"R8.3 hisi", NEW ONE("driver=hisi_acc_vfio_pci"), "yy", ""},
    {"R8.3 hisi with dashes", NEW ONE("driver=hisi-acc-vfio-pci"), "yy", ""},
    {"R8.3 virtio", NEW ONE("driver=virtio_vfio_pci"), "yy", ""},
    {"R8.3 pds", NEW ONE("driver=pds_vfio_pci"), "yy", ""},
    {"R8.3 nvgrace", NEW ONE("driver=nvgrace_gpu_vfio_pci"), "yy", ""},
    {"R8.3 qat", NEW ONE("driver=qat_vfio_pci"), "yy", ""},
    {"R8.3 xe", "machine kernel=7.2.1 iommu=on kind=intel\n" ONE("driver=xe-vfio-pci"), "yy", ""},
    {"R8.3 ism", "machine kernel=7.3.0 iommu=on kind=intel\n" ONE("driver=ism_vfio_pci"), "yy", ""},
    {"fact 3 an unbind that waits", NEW ONE("driver=none stuck"), "??", ""},
    {"R8.7 a variant that nobody listed", NEW ONE("driver=acme_vfio vfiodev"), "yy", ""},
    {"1.2 the same without its VFIO device", NEW ONE("driver=acme_vfio"), "nn", "0000:01:00.0"},
    {"1.2 pci-pf-stub", NEW ONE("driver=pci-pf-stub"), "nn", "0000:01:00.0"},
    {"1.2 pci-pf-stub, older rule", OLD ONE("driver=pci-pf-stub"), "nn", "0000:01:00.0"},
    {"1.2 uio_pci_generic", NEW ONE("driver=uio_pci_generic"), "nn", "0000:01:00.0"},
    {"1.2 igb_uio", OLD ONE("driver=igb_uio"), "nn", "0000:01:00.0"},
    {"1.2 xen-pciback", NEW ONE("driver=pciback"), "nn", "0000:01:00.0"},
    {"R8.2 one of two", NEW TWO("driver=vfio-pci", "driver=snd_hda_intel"), "nn", "0000:01:00.1"},
    {"R8.2 both", NEW TWO("driver=nouveau", "driver=snd_hda_intel"), "nn",
     "0000:01:00.0 0000:01:00.1"},
    {"R8.2 vfio and stub", NEW TWO("driver=vfio-pci", "driver=pci-stub"), "yy", ""},
    {"R8.2 pcieport on a bridge", NEW BRIDGE("driver=pcieport", "driver=vfio-pci"), "yy", ""},
    {"R8.1 pcieport on a bridge", OLD BRIDGE("driver=pcieport", "driver=vfio-pci"), "yy", ""},
    {"R8.2 shpchp on a bridge", NEW BRIDGE("driver=shpchp", "driver=vfio-pci"), "nn",
     "0000:01:00.0"},
    {"R8.1 shpchp on a bridge", OLD BRIDGE("driver=shpchp", "driver=vfio-pci"), "yy", ""},
    {"R8.2 from 5.19 on", EDGE BRIDGE("driver=shpchp", "driver=vfio-pci"), "nn", "0000:01:00.0"},
    {"R8.1 until 5.18", BEFORE_EDGE BRIDGE("driver=shpchp", "driver=vfio-pci"), "yy", ""},
    {"R8.2 a bridge without driver", NEW BRIDGE("driver=none", "driver=vfio-pci"), "yy", ""},
    {"R8.2 a bridge on pci-stub", NEW BRIDGE("driver=pci-stub", "driver=vfio-pci"), "yy", ""},
    {"R8.1 CardBus bridge", OLD PORT "01:00.0 cardbus bus=02 group=7 driver=yenta_cardbus\n", "yy",
     ""},
    {"R8.2 CardBus bridge", NEW PORT "01:00.0 cardbus bus=02 group=7 driver=yenta_cardbus\n", "nn",
     "0000:01:00.0"},
    /* An ISA bridge and SMBus have header type 0. */
    {"1.2 LPC and SMBus",
     NEW "00:1f.0 conv 8086:2918 class=060100 mf group=7 driver=lpc_ich\n"
         "00:1f.3 conv 8086:2930 class=0c0500 group=7 driver=i801_smbus\n"
         "01:00.0 ep group=8\n",
     "nn", "0000:00:1f.0 0000:00:1f.3"},
    {"R8.1 LPC and SMBus",
     OLD "00:1f.0 conv 8086:2918 class=060100 mf group=7 driver=lpc_ich\n"
         "00:1f.3 conv 8086:2930 class=0c0500 group=7 driver=none\n"
         "01:00.0 ep group=8\n",
     "nn", "0000:00:1f.0"},
    {"R8.3 pcieport on an event collector", NEW PORT "01:00.0 rcec group=7 driver=pcieport\n", "yy",
     ""},
    {"R8.1 pcieport on an event collector", OLD PORT "01:00.0 rcec group=7 driver=pcieport\n", "nn",
     "0000:01:00.0"},
    {"R8.2 a platform device", NEW "group 7 other=dma-controller/pl330\n" ONE("driver=vfio-pci"),
     "nn", "dma-controller"},
    {"R8.2 a platform device on VFIO",
     NEW "group 7 other=dma-controller/vfio-platform\n" ONE("driver=vfio-pci"), "yy", ""},
    {"R8.2 a platform device without driver",
     NEW "group 7 other=dma-controller/none\n" ONE("driver=vfio-pci"), "yy", ""},
    {"R8.3 fsl-pci of the platform bus",
     NEW "group 7 other=pcie-controller/fsl-pci\n" ONE("driver=vfio-pci"), "yy", ""},
    {"R8.1 fsl-pci of the platform bus",
     OLD "group 7 other=pcie-controller/fsl-pci\n" ONE("driver=vfio-pci"), "nn", "pcie-controller"},
    {"R8.3 fsl-pci is no PCI driver", NEW ONE("driver=fsl-pci"), "nn", "0000:01:00.0"},
    {"R8.1 a platform device", OLD "group 7 other=x/pl330\n" ONE("driver=vfio-pci"), "nn", "x"},
    {"unknown driver", NEW ONE(""), "??", ""},
    {"unknown driver beside one that blocks", NEW TWO("", "driver=igb"), "nn", "0000:01:00.1"},
    {"unknown kernel, the same under both rules", "machine iommu=on\n" ONE("driver=igb"), "nn",
     "0000:01:00.0"},
    {"unknown kernel, bridge", "machine iommu=on\n" BRIDGE("driver=shpchp", "driver=vfio-pci"),
     "??", ""},
    {"unknown kernel, pcieport on a bridge",
     "machine iommu=on\n" BRIDGE("driver=pcieport", "driver=vfio-pci"), "yy", ""},
    {"R8.1 a function that does not answer is no bridge",
     OLD PORT "01:00.0 ep class=020000 group=7 driver=igb cfg 00=ffffffff cfg 0c=ffffffff\n", "nn",
     "0000:01:00.0"},
    {"a blocker that may be no member",
     NEW "00:1c.0 rp bus=01 acs=5f/1d driver=pcieport\n"
         "01:00.0 ep 8086:1533 driver=vfio-pci acs=?\n01:00.1 ep 8086:1533 driver=igb acs=?\n",
     "??", ""},
    {"a blocker that is asked for",
     NEW "00:1c.0 rp bus=01 acs=5f/1d driver=pcieport\n"
         "01:00.0 ep 8086:1533 driver=igb acs=?\n01:00.1 ep 8086:1533 driver=igb acs=?\n",
     "nn", "0000:01:00.0"},
    {"R7.4 no group", NEW PORT "01:00.0 ep group=none driver=none\n", "nn", "0000:01:00.0"},
    {"R7.4 no group: the IOMMU is off",
     "machine kernel=6.12.95 iommu=off kind=intel\n00:1c.0 rp bus=01-02 acs=5f/1d driver=pcieport\n"
     "01:00.0 ep 8086:1533 driver=vfio-pci\n01:00.1 ep 8086:1533 driver=none\n",
     "nn", "0000:01:00.0"},
    {"R8.9 no-IOMMU group", NEW "group 7 name=vfio-noiommu\n" ONE("driver=vfio-pci"), "ny", "-"},
    {"R8.4 direct region",
     NEW "group 7 reserved=0x00000000000e0000/0x00000000000effff/direct\n" ONE("driver=vfio-pci"),
     "ny", "-"},
    {"R8.4 relaxable region",
     NEW "group 7 reserved=0x0/0xffffff/direct-relaxable\n" ONE("driver=vfio-pci"), "yy", ""},
    {"R8.4 MSI window", NEW "group 7 reserved=0xfee00000/0xfeefffff/msi\n" ONE("driver=vfio-pci"),
     "yy", ""},
    {"R8.4 older Intel", OLD "group 7 reserved=0x0/0xfff/direct\n" ONE("driver=vfio-pci"), "ny",
     "-"},
    {"R8.4 older AMD",
     "machine kernel=6.1.0 iommu=on kind=amd\ngroup 7 reserved=0x0/0xfff/direct\n" ONE(
         "driver=vfio-pci"),
     "yy", ""},
    {"R8.4 between the trees that were read",
     "machine kernel=6.6.1 iommu=on kind=amd\ngroup 7 reserved=0x0/0xfff/direct\n" ONE(
         "driver=vfio-pci"),
     "?y", ""},
    {"R8.8 no interrupt remapping",
     "machine kernel=6.12.95 iommu=on ir=no unsafe=no\n" ONE("driver=vfio-pci"), "ny", "-"},
    {"R8.8 allowed all the same",
     "machine kernel=6.12.95 iommu=on ir=no unsafe=yes\n" ONE("driver=vfio-pci"), "yy", ""},
    {"R8.8 the switch is not known",
     "machine kernel=6.12.95 iommu=on ir=no\n" ONE("driver=vfio-pci"), "?y", ""},
    {"section 5: legacy assignment",
     "machine kernel=4.9.0 iommu=on kvm=yes\n" TWO("driver=vfio-pci", "driver=pci-stub"), "?y", ""},
    {"section 5: KVM without it",
     "machine kernel=4.9.0 iommu=on kvm=no\n" TWO("driver=vfio-pci", "driver=pci-stub"), "yy", ""},
    {"section 5: gone since 4.12",
     "machine kernel=4.12.0 iommu=on kvm=yes\n" TWO("driver=vfio-pci", "driver=pci-stub"), "yy",
     ""},
};

static char letter(enum ims_tristate state)
{
    return state == IMS_YES ? 'y' : state == IMS_NO ? 'n' : '?';
}

static struct ims_check *check_of(const struct stage *stage, const char *address,
                                  const struct ims_uses *uses)
{
    const struct ims_check_options options = {
        .size_bytes = sizeof(options),
        .kernel_assumed = !ims_topology_machine(stage->topology)->kernel_release,
        .uses = uses,
    };
    struct ims_check *check = NULL;
    struct ims_error error = {0};

    assert_int_equal(
        ims_check_new(stage->grouping, stage_at(stage, address), &options, &check, &error), 0);
    return check;
}

/* "0000:01:00.0 0000:01:00.1": the members that block; "-" for what is about the whole group. */
static void list_blockers(const struct ims_check *check, char text[512])
{
    text[0] = '\0';
    for (uint32_t i = 0; i < ims_check_obstacle_count(check); i++) {
        const struct ims_obstacle *obstacle = ims_check_obstacle(check, i);
        const struct ims_member *member = ims_check_member(check, obstacle->member);

        if (obstacle->blocks != IMS_YES)
            continue;
        snprintf(text + strlen(text), 512 - strlen(text), "%s%s", text[0] ? " " : "",
                 member ? member->name : "-");
    }
}

static void the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const bool at_root = strstr(rows[i].sketch, "00:1f.0") != NULL;
        struct stage stage;
        char blockers[512];
        char answer[3] = "";

        stage_begin(&stage, rows[i].sketch);
        struct ims_check *check = check_of(&stage, at_root ? "00:1f.0" : "01:00.0", NULL);
        answer[0] = letter(ims_check_usable(check));
        answer[1] = letter(ims_check_viable(check));
        list_blockers(check, blockers);
        if (strcmp(answer, rows[i].answer) != 0 || strcmp(blockers, rows[i].blockers) != 0)
            fail_msg("%s: expected %s '%s', got %s '%s'", rows[i].name, rows[i].answer,
                     rows[i].blockers, answer, blockers);
        assert_true(strlen(ims_check_message(check)) > 0);
        ims_check_free(check);
        stage_done(&stage);
    }
}

/* The group is asked for by any member, and its own order is that of the addresses. */
static void every_member_gives_the_same_answer(void **state)
{
    (void)state;
    struct stage stage;

    stage_begin(&stage, NEW "group 7 other=zz/none\n" TWO("driver=vfio-pci", "driver=igb"));
    for (unsigned i = 0; i < 2; i++) {
        struct ims_check *check = check_of(&stage, i ? "01:00.1" : "01:00.0", NULL);
        bool of_kernel = false;

        assert_int_equal(ims_check_number(check, &of_kernel), 7);
        assert_true(of_kernel);
        assert_int_equal(ims_check_member_count(check), 3);
        assert_string_equal(ims_check_member(check, 0)->name, "0000:01:00.0");
        assert_string_equal(ims_check_member(check, 1)->name, "0000:01:00.1");
        assert_string_equal(ims_check_member(check, 2)->name, "zz");
        assert_null(ims_check_member(check, 3));
        ims_check_free(check);
    }
    stage_done(&stage);
}

/* Where the input has no groups, the computed one is judged, and an unknown member stays one. */
static void computed_groups_are_judged(void **state)
{
    (void)state;
    struct stage stage;
    bool of_kernel = true;

    stage_begin(&stage, "machine kernel=6.12.95\n00:1c.0 rp bus=01 acs=5f/1d driver=pcieport\n"
                        "01:00.0 ep driver=igb mf\n01:00.1 ep driver=none\n");
    struct ims_check *check = check_of(&stage, "01:00.1", NULL);
    (void)ims_check_number(check, &of_kernel);
    assert_false(of_kernel);
    assert_int_equal(ims_check_member_count(check), 2);
    assert_int_equal(ims_check_usable(check), IMS_NO);
    ims_check_free(check);
    stage_done(&stage);

    /* Whether the port isolates is unknown: the neighbour's driver may or may not matter. */
    stage_begin(&stage, "machine kernel=6.12.95\n00:1c.0 rp bus=01 acs=? mf driver=none\n"
                        "00:1c.1 rp bus=02 acs=? driver=none\n01:00.0 ep driver=none\n"
                        "02:00.0 ep driver=igb\n");
    check = check_of(&stage, "01:00.0", NULL);
    assert_int_equal(ims_check_viable(check), IMS_UNKNOWN);
    assert_int_equal(ims_check_usable(check), IMS_UNKNOWN);
    ims_check_free(check);
    stage_done(&stage);
}

/* 1.7 and 4.2: a hot reset takes everything below the bridge, and no VFs. */
static void resets_reach_beyond_the_group(void **state)
{
    (void)state;
    struct stage stage;

    stage_begin(&stage,
                NEW PORT "01:00.0 ep group=7 driver=vfio-pci reset=flr,bus sriov=2/1/80/1/1\n"
                         "01:00.1 ep group=8 driver=igb reset=bus\n"
                         "01:10.0 ep vf of=01:00.0 group=9 driver=none\n");
    struct ims_check *check = check_of(&stage, "01:00.0", NULL);
    const struct ims_reset *reset = ims_check_reset(check, 0);

    assert_int_equal(ims_check_reset_count(check), 1);
    assert_string_equal(reset->methods, "flr bus");
    assert_true(reset->bus_is_shared);
    assert_int_equal(reset->beyond_count, 1);
    assert_int_equal(reset->beyond[0].index, stage_at(&stage, "01:00.1").index);
    ims_check_free(check);

    check = check_of(&stage, "01:10.0", NULL);
    assert_int_equal(ims_check_reset(check, 0)->beyond_count, 0);
    ims_check_free(check);
    stage_done(&stage);
}

/* Section 5: who looked and found a guest has the proof. */
static void a_guest_that_holds_a_stub_blocks(void **state)
{
    (void)state;
    const struct ims_use use = {.address = {0, 1, 1},
                                .kind = IMS_USE_GUEST,
                                .certain = IMS_YES,
                                .subject = "process 4711 (qemu)",
                                .evidence = "fd 12",
                                .text = "a guest has it"};
    struct ims_uses uses = {0};
    struct stage stage;
    char blockers[512];

    stage_begin(&stage, "machine kernel=4.9.0 iommu=on kvm=yes\n" TWO("driver=vfio-pci",
                                                                      "driver=pci-stub"));
    struct ims_check *check = check_of(&stage, "01:00.0", &uses);
    assert_int_equal(ims_check_usable(check), IMS_YES);
    ims_check_free(check);
    ims_uses_add(&uses, &use);
    check = check_of(&stage, "01:00.0", &uses);
    list_blockers(check, blockers);
    assert_string_equal(blockers, "0000:01:00.1");
    ims_check_free(check);
    ims_uses_done(&uses);
    stage_done(&stage);
}

static void messages_name_what_blocks(void **state)
{
    (void)state;
    struct stage stage;

    stage_begin(&stage, NEW TWO("driver=vfio-pci", "driver=snd_hda_intel"));
    struct ims_check *check = check_of(&stage, "01:00.0", NULL);
    assert_string_equal(ims_check_message(check),
                        "IOMMU group 7 cannot be handed to user space: 0000:01:00.1 is bound to "
                        "snd_hda_intel, a host driver. \"iommuscope plan claim 7\" shows what "
                        "would free it.");
    ims_check_free(check);
    stage_done(&stage);

    stage_begin(&stage, NEW ONE("driver=vfio-pci"));
    check = check_of(&stage, "01:00.0", NULL);
    assert_string_equal(ims_check_message(check),
                        "IOMMU group 7 can be handed to user space: its only member does no DMA "
                        "for the host.");
    ims_check_free(check);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds),
        cmocka_unit_test(every_member_gives_the_same_answer),
        cmocka_unit_test(computed_groups_are_judged),
        cmocka_unit_test(resets_reach_beyond_the_group),
        cmocka_unit_test(a_guest_that_holds_a_stub_blocks),
        cmocka_unit_test(messages_name_what_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
