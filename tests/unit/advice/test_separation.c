/* SPDX-License-Identifier: MIT */
/* What is advised for machines whose answer is known (F10-F12, R4.13-R4.22, I6, I7). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iommuscope/advice.h"
#include "sketch.h"

struct stage {
    struct ims_topology *topology;
    struct ims_grouping *grouping;
    struct ims_fabric *fabric;
    struct ims_separation *separation;
};

static struct ims_function at(const struct stage *stage, const char *text)
{
    struct ims_address address;

    assert_int_equal(ims_address_parse(text, &address), 0);
    const struct ims_function function = ims_topology_find(stage->topology, address);
    assert_false(ims_function_is_none(function));
    return function;
}

static void begin(struct stage *stage, const char *text)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct sketch sketch = {0};
    struct ims_error error = {0};
    char message[256];

    memset(stage, 0, sizeof(*stage));
    if (sketch_parse(&sketch, text, message, sizeof(message)) < 0)
        fail_msg("%s", message);
    assert_int_equal(sketch_seal(&sketch, &stage->topology, &error), 0);
    sketch_done(&sketch);
    assert_int_equal(
        ims_ruleset_find("linux", ims_topology_machine(stage->topology), &options.ruleset, &error),
        0);
    assert_int_equal(ims_grouping_compute(stage->topology, &options, &stage->grouping, &error), 0);
    assert_int_equal(ims_fabric_new(stage->topology, NULL, &stage->fabric, &error), 0);
}

static void ask(struct stage *stage, enum ims_separation_goal goal, const char *a, const char *b)
{
    const struct ims_function left = at(stage, a);
    const struct ims_function right = b ? at(stage, b) : IMS_FUNCTION_NONE;
    const struct ims_separation_question question = {
        .goal = goal, .a = &left, .a_count = 1, .b = &right, .b_count = b ? 1 : 0};

    ims_separation_free(stage->separation);
    stage->separation = NULL;
    assert_int_equal(
        ims_separation_new(stage->grouping, stage->fabric, &question, &stage->separation, NULL), 0);
}

static void done(struct stage *stage)
{
    ims_separation_free(stage->separation);
    ims_fabric_free(stage->fabric);
    ims_grouping_free(stage->grouping);
    ims_topology_free(stage->topology);
}

/* MACHINE words; ACS of the root port and of both downstream ports of a switch with two cards. */
#define SWITCH(machine, rp, one, two)            \
    "machine windows=fit dmar=yes " machine "\n" \
    "00:1c.0 rp 8086:9999 bus=01-04 " rp "\n"    \
    "00:1d.0 rp bus=05 acs=1f/1d\n"              \
    "01:00.0 usp bus=02-04\n"                    \
    "02:00.0 dsp bus=03 " one "\n"               \
    "02:01.0 dsp bus=04 " two "\n"               \
    "03:00.0 ep\n"                               \
    "04:00.0 ep class=010000\n"

#define ON "iommu=on kind=intel "

struct row {
    const char *name;
    const char *sketch;
    enum ims_separation_answer answer;
    enum ims_tristate now;
    uint32_t now_changes;
    enum ims_tristate boot;
    enum ims_advice_means means;
    const char *add;
    const char *remove;
    enum ims_separation_truth truth; /* of the boot, or of the machine where there is none */
};

static const struct row rows[] = {
    {"apart already", SWITCH(ON "kernel=6.18.0", "acs=1f/1d", "acs=1f/1d", "acs=1f/1d"),
     IMS_SEPARATION_NOTHING, IMS_YES, 0, IMS_YES, IMS_ADVICE_OPTION, "", "", IMS_TRUTH_APART},
    {"an option cleared the root port, and only that (R4.19)",
     SWITCH(ON "kernel=6.12.95 cmdline=\"quiet pci=disable_acs_redir=0000:00:1c.0\"", "acs=1f/11",
            "acs=1f/1d", "acs=1f/1d"),
     IMS_SEPARATION_CHANGES, IMS_YES, 1, IMS_YES, IMS_ADVICE_OPTION, "",
     "pci=disable_acs_redir=0000:00:1c.0", IMS_TRUTH_APART},
    {"other entries and other options of pci= stay",
     SWITCH(ON "kernel=6.12.95 cmdline=\"pci=noats,disable_acs_redir=0:1c.0;0000:00:1d.0 ro\"",
            "acs=1f/11", "acs=1f/1d", "acs=1f/1d"),
     IMS_SEPARATION_CHANGES, IMS_YES, 1, IMS_YES, IMS_ADVICE_OPTION,
     "pci=noats,disable_acs_redir=0000:00:1d.0", "pci=noats,disable_acs_redir=0:1c.0;0000:00:1d.0",
     IMS_TRUTH_APART},
    {"an entry by ids names others too: config_acs goes before it (6.15, 6.12.23)",
     SWITCH(ON "kernel=6.12.23 cmdline=\"pci=disable_acs_redir=pci:8086:9999\"", "acs=1f/11",
            "acs=1f/1d", "acs=1f/1d") "00:1e.0 rp 8086:9999 bus=06 acs=1f/11\n06:00.0 ep\n",
     IMS_SEPARATION_CHANGES, IMS_YES, 1, IMS_YES, IMS_ADVICE_OPTION,
     "pci=disable_acs_redir=pci:8086:9999,config_acs=11101@0000:00:1c.0",
     "pci=disable_acs_redir=pci:8086:9999", IMS_TRUTH_APART},
    {"no ACS at the root port", SWITCH(ON "kernel=6.18.0", "", "acs=1f/1d", "acs=1f/1d"),
     IMS_SEPARATION_IMPOSSIBLE, IMS_NO, 0, IMS_NO, IMS_ADVICE_OPTION, "", "", IMS_TRUTH_JOINED},
    {"registers that somebody cleared: at once, and a boot alone does it too (I6)",
     SWITCH(ON "kernel=6.18.0", "acs=1f/00", "acs=1f/1d", "acs=1f/1d"), IMS_SEPARATION_CHANGES,
     IMS_YES, 1, IMS_YES, IMS_ADVICE_OPTION, "", "", IMS_TRUTH_APART},
    {"without ACPI Linux is late on Arm: options do it (R4.15)",
     SWITCH("iommu=on kind=arm-smmu arch=aarch64 kernel=6.12.95", "acs=1f/00", "acs=1f/00",
            "acs=1f/00"),
     IMS_SEPARATION_CHANGES, IMS_YES, 3, IMS_YES, IMS_ADVICE_OPTION,
     "pci=config_acs=11101@0000:00:1c.0;11101@0000:02:00.0;11101@0000:02:01.0", "",
     IMS_TRUTH_APART},
    {"options are broken before 6.12.23: another kernel (D14)",
     SWITCH("iommu=on kind=arm-smmu arch=aarch64 kernel=6.12.22", "acs=1f/00", "acs=1f/00",
            "acs=1f/00"),
     IMS_SEPARATION_CHANGES, IMS_YES, 3, IMS_YES, IMS_ADVICE_KERNEL,
     "pci=config_acs=11101@0000:00:1c.0;11101@0000:02:00.0;11101@0000:02:01.0", "",
     IMS_TRUTH_APART},
    {"the stable regression: a later release, or found again (R4.16)",
     SWITCH(ON "kernel=6.12.80", "acs=1f/1d", "acs=1f/1d", "acs=1f/1d"), IMS_SEPARATION_CHANGES,
     IMS_YES, 0, IMS_YES, IMS_ADVICE_KERNEL, "", "", IMS_TRUTH_APART},
    {"egress control opens a way that Linux does not see (EGRESS-VECTOR, A3.1)",
     SWITCH(ON "kernel=6.18.0", "acs=1f/1d", "acs=23f/3d egress=none port=1", "acs=1f/1d port=2"),
     IMS_SEPARATION_CHANGES, IMS_YES, 1, IMS_YES, IMS_ADVICE_OPTION,
     "pci=config_acs=011101@0000:02:00.0", "", IMS_TRUTH_APART},
    {"groups that lie: ports without ACS beside each other (R2.19, SIBLING-DSP)",
     SWITCH(ON "kernel=6.18.0", "acs=1f/1d", "", ""), IMS_SEPARATION_IMPOSSIBLE, IMS_YES, 0,
     IMS_YES, IMS_ADVICE_OPTION, "", "", IMS_TRUTH_JOINED},
    {"the override separates for Linux only (I7)",
     SWITCH(ON "kernel=6.18.0 cmdline=\"pcie_acs_override=downstream\"", "", "acs=1f/1d",
            "acs=1f/1d"),
     IMS_SEPARATION_IMPOSSIBLE, IMS_NO, 0, IMS_NO, IMS_ADVICE_OPTION, "", "", IMS_TRUTH_JOINED},
    {"DMA translation is off",
     SWITCH("iommu=off kind=intel kernel=6.18.0 cmdline=\"intel_iommu=off\"", "acs=1f/00",
            "acs=1f/00", "acs=1f/00"),
     IMS_SEPARATION_CHANGES, IMS_NO, 0, IMS_YES, IMS_ADVICE_OPTION, "intel_iommu=on",
     "intel_iommu=off", IMS_TRUTH_APART},
    {"a control word that is not known",
     SWITCH(ON "kernel=6.18.0", "acs=?", "acs=1f/1d", "acs=1f/1d"), IMS_SEPARATION_UNKNOWN,
     IMS_UNKNOWN, 0, IMS_UNKNOWN, IMS_ADVICE_OPTION, "", "", IMS_TRUTH_JOINED},
};

static void splits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct stage stage;

        print_message("# %s\n", row->name);
        begin(&stage, row->sketch);
        ask(&stage, IMS_SEPARATE_SPLIT, "03:00.0", "04:00.0");
        const struct ims_separation *found = stage.separation;
        assert_string_equal(ims_separation_answer_to_string(found->answer),
                            ims_separation_answer_to_string(row->answer));
        assert_int_equal(found->now.leads, row->now);
        assert_int_equal(found->now.change_count, row->now_changes);
        assert_int_equal(found->boot.leads, row->boot);
        if (row->boot == IMS_YES) {
            assert_int_equal(found->boot.means, row->means);
            assert_string_equal(found->boot.add, row->add);
            assert_string_equal(found->boot.remove, row->remove);
            assert_int_equal(found->boot.truth, row->truth);
            assert_true(found->boot.certain_least);
        }
        assert_int_equal(found->answer == IMS_SEPARATION_IMPOSSIBLE, found->obstacle_count > 0);
        assert_int_equal(found->answer == IMS_SEPARATION_UNKNOWN, found->unknown_text != NULL);
        done(&stage);
    }
}

/* The port that decides is named, with what it lacks; another slot does it, and is confirmed. */
static void the_proof(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, SWITCH(ON "kernel=6.18.0", "", "acs=1f/1d", "acs=1f/1d"));
    ask(&stage, IMS_SEPARATE_SPLIT, "03:00.0", "04:00.0");
    const struct ims_separation *found = stage.separation;
    assert_true(found->obstacles[0].decides);
    assert_int_equal(found->obstacles[0].at.index, at(&stage, "00:1c.0").index);
    assert_string_equal(found->obstacles[0].rule->id, "ACS-NO-CAP");
    assert_non_null(strstr(found->obstacles[0].lacks, "ACS extended capability"));
    assert_non_null(strstr(found->obstacles[0].section, "7.7.11"));
    for (uint32_t i = 1; i < found->obstacle_count; i++)
        assert_false(found->obstacles[i].decides);
    assert_int_equal(found->move_count, 2);
    assert_int_equal(found->moves[0].card.index, at(&stage, "03:00.0").index);
    assert_int_equal(found->moves[0].port.index, at(&stage, "00:1d.0").index);
    assert_int_equal(found->moves[0].truth, IMS_TRUTH_APART);
    assert_int_equal(found->moves[1].card.index, at(&stage, "04:00.0").index);
    done(&stage);
}

/* One id behind a bridge: nothing that passes the test would help (R2.3, B2). */
static void one_requester_id(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "machine windows=fit dmar=yes " ON "kernel=6.18.0\n"
                  "00:1c.0 rp bus=01-02 acs=1f/1d\n01:00.0 p2p bus=02\n"
                  "02:01.0 conv\n02:02.0 conv\n");
    ask(&stage, IMS_SEPARATE_SPLIT, "02:01.0", "02:02.0");
    assert_int_equal(stage.separation->answer, IMS_SEPARATION_IMPOSSIBLE);
    assert_int_equal(stage.separation->move_count, 0);
    for (uint32_t i = 0; i < stage.separation->obstacle_count; i++)
        assert_false(stage.separation->obstacles[i].decides);
    assert_string_equal(stage.separation->obstacles[0].rule->id, "ALIAS-PCIE-PCI-BRIDGE");
    done(&stage);
}

/* Bridges are left to the host (R8.1, R8.2): a card with its port is alone. */
static void isolation_leaves_bridges_out(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "machine windows=fit dmar=yes " ON "kernel=6.18.0\n"
                  "00:1c.0 rp bus=01\n00:1d.0 rp bus=02 acs=1f/1d\n01:00.0 ep\n02:00.0 ep\n");
    ask(&stage, IMS_SEPARATE_ISOLATE, "01:00.0", NULL);
    assert_int_equal(stage.separation->together, IMS_NO);
    assert_int_equal(stage.separation->answer, IMS_SEPARATION_NOTHING);
    done(&stage);
}

/* F11, F12: what can be apart is; the functions of one card without ACS stay. */
static void a_group_in_parts(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "machine windows=fit dmar=yes " ON "kernel=6.18.0\n"
                  "00:1c.0 rp bus=01-04 acs=1f/11\n01:00.0 usp bus=02-04\n"
                  "02:00.0 dsp bus=03 acs=1f/1d\n02:01.0 dsp bus=04 acs=1f/1d\n"
                  "03:00.0 ep\n03:00.1 ep\n04:00.0 ep\n");
    ask(&stage, IMS_SEPARATE_GROUP, "03:00.0", NULL);
    const struct ims_separation *found = stage.separation;
    assert_int_equal(found->answer, IMS_SEPARATION_PART);
    assert_int_equal(found->now.change_count, 1);
    assert_int_equal(found->now.changes[0].function.index, at(&stage, "00:1c.0").index);
    assert_int_equal(found->now.changes[0].set, 0x1d);
    assert_int_equal(found->part_count, 2);
    assert_int_equal(found->parts[0].member_count, 2);
    assert_int_equal(found->parts[1].members[0].index, at(&stage, "04:00.0").index);
    assert_int_equal(found->now.rescan_count, 3);
    done(&stage);
}

/* Two ports fail, one suffices for neither: both, and not the third that fails elsewhere. */
static void no_more_than_is_needed(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, SWITCH(ON "kernel=6.18.0", "acs=1f/11", "acs=1f/11",
                         "acs=1f/1d") "00:1e.0 rp bus=06 acs=1f/11\n06:00.0 ep\n");
    ask(&stage, IMS_SEPARATE_SPLIT, "03:00.0", "04:00.0");
    assert_int_equal(stage.separation->now.change_count, 2);
    assert_int_equal(stage.separation->now.changes[0].function.index, at(&stage, "00:1c.0").index);
    assert_int_equal(stage.separation->now.changes[1].function.index, at(&stage, "02:00.0").index);
    assert_false(stage.separation->now.changes[0].for_fabric);
    assert_true(stage.separation->now.changes[1].for_fabric);
    done(&stage);
}

/* What is found again gets what the command line says of it: only the next boot helps (R4.12). */
static void endpoints_that_an_option_names(void **state)
{
    static const char card[] = "00:1c.0 rp bus=01 acs=1f/1d\n"
                               "01:00.0 ep acs=0c/00\n01:00.1 ep acs=0c/00\n";
    char text[512];
    struct stage stage;

    (void)state;
    for (int named = 0; named < 2; named++) {
        snprintf(text, sizeof(text),
                 "machine windows=fit dmar=yes " ON "kernel=6.18.0 cmdline=\"pci=disable_acs_redir="
                 "%s\"\n%s",
                 named ? "01:00.0;01:00.1" : "0a:00.0", card);
        begin(&stage, text);
        ask(&stage, IMS_SEPARATE_SPLIT, "01:00.0", "01:00.1");
        assert_int_equal(stage.separation->answer, IMS_SEPARATION_CHANGES);
        assert_int_equal(stage.separation->now.leads, named ? IMS_NO : IMS_YES);
        assert_int_equal(stage.separation->boot.leads, IMS_YES);
        done(&stage);
    }
}

/* One group of the kernel, and registers that would give two: that is said. */
static void groups_that_contradict(void **state)
{
    struct stage stage;

    (void)state;
    begin(&stage, "machine windows=fit dmar=yes groups=yes " ON "kernel=6.18.0\n"
                  "00:1c.0 rp bus=01 acs=1f/1d\n00:1d.0 rp bus=02 acs=1f/1d\n"
                  "01:00.0 ep group=4\n02:00.0 ep group=4\n");
    ask(&stage, IMS_SEPARATE_SPLIT, "01:00.0", "02:00.0");
    assert_int_equal(stage.separation->together, IMS_YES);
    assert_true(stage.separation->together_stated);
    assert_true(stage.separation->contradicts);
    assert_int_equal(stage.separation->now.change_count, 0);
    assert_int_equal(stage.separation->now.rescan_count, 1);
    done(&stage);
}

static void questions_that_are_none(void **state)
{
    struct ims_separation *separation = NULL;
    struct ims_error error = {0};
    struct stage stage;
    struct stage other;

    (void)state;
    begin(&stage, SWITCH(ON "kernel=6.18.0", "", "", ""));
    begin(&other, SWITCH(ON "kernel=6.18.0", "", "", ""));
    const struct ims_function a = at(&stage, "03:00.0");
    struct ims_separation_question question = {
        .goal = IMS_SEPARATE_SPLIT, .a = &a, .a_count = 1, .b = &a, .b_count = 1};
    assert_int_equal(
        ims_separation_new(stage.grouping, stage.fabric, &question, &separation, &error), -EINVAL);
    assert_string_equal(error.message, "nothing can be apart from itself");
    question.b_count = 0;
    assert_int_equal(
        ims_separation_new(stage.grouping, stage.fabric, &question, &separation, &error), -EINVAL);
    question.goal = IMS_SEPARATE_ISOLATE;
    assert_int_equal(
        ims_separation_new(stage.grouping, other.fabric, &question, &separation, &error), -EINVAL);
    ims_separation_free(NULL);
    done(&stage);
    done(&other);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(ims_advice_means_to_string(IMS_ADVICE_RUNTIME), "runtime");
    assert_string_equal(ims_advice_means_to_string(IMS_ADVICE_HARDWARE), "hardware");
    assert_string_equal(ims_advice_means_to_string(IMS_ADVICE_MEANS_MAX), "runtime");
    assert_string_equal(ims_separation_goal_to_string(IMS_SEPARATE_GROUP), "group");
    assert_string_equal(ims_separation_answer_to_string(IMS_SEPARATION_PART), "part");
    assert_string_equal(ims_separation_truth_to_string(IMS_TRUTH_OPEN), "open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits),
        cmocka_unit_test(the_proof),
        cmocka_unit_test(one_requester_id),
        cmocka_unit_test(isolation_leaves_bridges_out),
        cmocka_unit_test(a_group_in_parts),
        cmocka_unit_test(no_more_than_is_needed),
        cmocka_unit_test(endpoints_that_an_option_names),
        cmocka_unit_test(groups_that_contradict),
        cmocka_unit_test(questions_that_are_none),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
