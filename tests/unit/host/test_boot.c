/* SPDX-License-Identifier: MIT */
/* Claims that survive a boot: written, applied in two phases, refused, counted, given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "machine.h"

#define HEAD "machine kernel=6.12.95 iommu=on kind=intel dmar=yes ir=yes"
#define PORT "00:1c.0 rp bus=01-01 acs=5f/1d group=1 driver=pcieport\n"
#define SERIAL(low) " cfg 100=00010003 cfg 104=" low " cfg 108=000000aa"
#define GPU(at, rest) at ":00.0 ep 10de:2684 class=030000" SERIAL("11111111") " " rest "\n"
#define SOUND(at, rest) at ":00.1 ep 10de:22ba class=040300" SERIAL("11111111") " " rest "\n"

static const char running[] = HEAD "\n" PORT GPU("01", "group=7 driver=nouveau override=none")
    SOUND("01", "group=7 driver=snd_hda_intel override=none");
/* The same machine before modules are loaded. */
static const char cold[] = HEAD "\n" PORT GPU("01", "group=7 driver=none override=none")
    SOUND("01", "group=7 driver=none override=none");
static const char switched_off[] = HEAD
    " cmdline=\"quiet iommuscope.claims=off\"\n" PORT GPU("01", "group=7 driver=none override=none")
        SOUND("01", "group=7 driver=none override=none");
static const char renumbered[] =
    HEAD "\n00:01.0 rp bus=01-01 acs=5f/1d group=3 driver=pcieport\n01:00.0 ep 144d:a808 "
         "class=010802 group=9 driver=none override=none\n00:1c.0 rp bus=02-02 acs=5f/1d group=1 "
         "driver=pcieport\n" GPU("02", "group=8 driver=none override=none")
             SOUND("02", "group=8 driver=none override=none");
static const char replaced[] = HEAD "\n" PORT "01:00.0 ep 10de:2684 class=030000" SERIAL(
    "22222222") " group=7 driver=none override=none\n01:00.1 ep "
                "10de:22ba class=040300" SERIAL("22222222") " "
                                                            "group=7 driver=none override=none\n";
static const char grown[] = HEAD "\n" PORT GPU("01", "group=7 driver=none override=none")
    SOUND("01", "group=7 driver=none override=none") "01:00.2 ep 144d:a808 class=010802 group=7 "
                                                     "driver=none override=none\n";

static void load_modules(struct machine *machine)
{
    fake_kernel_load(&machine->kernel, "nouveau");
    fake_kernel_load(&machine->kernel, "snd_hda_intel");
    fake_kernel_load(&machine->kernel, "nvme");
}

/* Plans the claim of group 7 and carries it out; *ret_claim is what is to be made durable. */
static void claim(struct machine *machine, struct ims_claim *ret_claim)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    struct ims_topology *topology = NULL;
    struct ims_grouping *grouping = NULL;
    struct ims_check *check = NULL;
    struct ims_plan *plan = NULL;
    struct ims_outcome outcome;
    struct ims_error error = {0};
    struct ims_address address;
    struct ims_uses uses = {0};

    assert_int_equal(machine_look(machine, &topology), 0);
    assert_int_equal(ims_address_parse("01:00.0", &address), 0);
    const struct ims_function wanted = ims_topology_find(topology, address);
    const struct ims_plan_request request = {
        .size_bytes = sizeof(request),
        .wanted = &wanted,
        .wanted_count = 1,
        .uses = &uses,
        .allowed = &address,
        .allowed_count = 1,
    };
    assert_int_equal(
        ims_ruleset_find("linux", ims_topology_machine(topology), &options.ruleset, &error), 0);
    assert_int_equal(ims_grouping_compute(topology, &options, &grouping, &error), 0);
    assert_int_equal(ims_check_new(grouping, wanted, NULL, &check, &error), 0);
    assert_int_equal(ims_plan_new(check, &request, &plan, &error), 0);
    assert_int_equal(ims_transaction_apply(&machine->keeper.desk, plan, &outcome), 0);
    if (outcome.state != IMS_OUTCOME_DONE && outcome.state != IMS_OUTCOME_NOTHING)
        fail_msg("%s", outcome.text);
    assert_int_equal(ims_claim_of_plan(topology, plan, &request, ret_claim, &error), 0);
    snprintf(ret_claim->name, sizeof(ret_claim->name), "gpu");
    ret_claim->access = IMS_ACCESS_GROUP;
    snprintf(ret_claim->access_name, sizeof(ret_claim->access_name), "kvm");
    ims_plan_free(plan);
    ims_check_free(check);
    ims_grouping_free(grouping);
    ims_topology_free(topology);
    machine_restart(machine);
}

/* A machine whose group 7 is claimed, with the claim on its disk. */
static struct machine *machine_with_claim(void)
{
    struct machine *machine = machine_new(running);
    struct ims_outcome outcome;
    struct ims_claim what;

    claim(machine, &what);
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    if (outcome.state != IMS_OUTCOME_DONE)
        fail_msg("%s", outcome.text);
    ims_claim_done(&what);
    machine_restart(machine);
    return machine;
}

/* One phase; the first claim's outcome. */
static struct ims_outcome phase(struct machine *machine, enum ims_boot_phase which)
{
    struct ims_boot_report report;
    struct ims_outcome outcome = {0};

    assert_int_equal(ims_boot_run(&machine->keeper, which, &report), 0);
    if (report.count > 0)
        outcome = report.entries[0].outcome;
    ims_boot_report_done(&report);
    machine_restart(machine);
    return outcome;
}

static void expect(const struct ims_outcome *outcome, enum ims_outcome_state state,
                   const char *says)
{
    if (outcome->state != state || !strstr(outcome->text, says))
        fail_msg("%s: %s", ims_outcome_state_to_string(outcome->state), outcome->text);
}

/* ---- writing ---- */

static void a_claim_is_written_once(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;
    struct ims_claim what;
    const char *text = fake_vault_get(&machine->vault, IMS_VAULT_CLAIMS, "gpu.claim");
    const char *rule = fake_vault_get(&machine->vault, IMS_VAULT_RULES, "90-iommuscope-gpu.rules");

    assert_non_null(text);
    assert_non_null(strstr(text, "member 0000:00/1c.0/00.0\n  address 0000:01:00.0\n"));
    assert_non_null(strstr(text, "  serial 00-00-00-aa-11-11-11-11\n"));
    assert_non_null(strstr(text, "  driver vfio-pci\n  wanted\n  may-be-lost\n"));
    assert_non_null(rule);
    assert_non_null(strstr(rule, " access gpu %k\", GROUP=\"kvm\", MODE=\"0660\"\n"));
    assert_int_equal(machine->vault.writes, 2);
    claim(machine, &what);
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_NOTHING, "was durable already");
    assert_int_equal(machine->vault.writes, 2);

    /* Nobody gets access any more: the rule goes. */
    what.access = IMS_ACCESS_NONE;
    machine_restart(machine);
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_DONE, "at every boot");
    assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_RULES), 0);

    /* The same group under a second name would be claimed twice at every boot. */
    snprintf(what.name, sizeof(what.name), "other");
    machine_restart(machine);
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_REFUSED, "gpu has a member of this group");

    machine_restart(machine);
    assert_int_equal(ims_keep_forget(&machine->keeper, "gpu", &outcome), 0);
    expect(&outcome, IMS_OUTCOME_DONE, "no longer made at boot");
    assert_int_equal(machine->vault.count, 0);
    machine_restart(machine);
    assert_int_equal(ims_keep_forget(&machine->keeper, "gpu", &outcome), 0);
    expect(&outcome, IMS_OUTCOME_NOTHING, "no claim gpu");

    /* A disk that cannot be written is told with the file. */
    machine->vault.is_read_only = true;
    snprintf(what.name, sizeof(what.name), "gpu");
    machine_restart(machine);
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_REFUSED, "gpu.claim cannot be written: Read-only");
    ims_claim_done(&what);
    machine_free(machine);
}

/* What does not stand now is not made at boot. */
static void a_claim_that_does_not_stand_is_not_kept(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;
    struct ims_claim what;

    claim(machine, &what);
    fake_kernel_do(
        &machine->kernel,
        &(struct ims_step){.kind = IMS_STEP_UNBIND, .address = {.bus = 1}, .name = "vfio-pci"});
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_DRIFTED, "0000:01:00.0 is not on vfio-pci");
    ims_claim_done(&what);
    machine_free(machine);
}

/* ---- boots ---- */

static void a_boot_claims_in_two_phases(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, cold);
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_DONE, "held off");
    assert_string_equal(machine_has(machine, "01:00.0"), "-/vfio-pci");
    load_modules(machine);
    assert_string_equal(machine_has(machine, "01:00.1"), "-/vfio-pci");
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_NOTHING, "nothing to do");
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_DONE, "");
    assert_string_equal(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci");
    assert_string_equal(machine_has(machine, "01:00.1"), "vfio-pci/vfio-pci");
    assert_string_equal(fake_vault_get(&machine->vault, IMS_VAULT_STATE, "boots"),
                        "iommuscope-boots 1\ngpu 1 boot-1\n");
    const unsigned writes = machine->vault.writes;
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_NOTHING, "nothing to do");
    assert_int_equal(machine->vault.writes, writes);
    outcome = phase(machine, IMS_BOOT_CONFIRM);
    expect(&outcome, IMS_OUTCOME_DONE, "came up");
    assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_STATE), 0);
    machine_free(machine);
}

/* Without an initramfs that knows of claims, late takes the devices from their drivers. */
static void late_alone_claims_too(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, running);
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_DONE, "");
    assert_string_equal(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci");
    machine_free(machine);
}

static void a_renumbered_group_is_claimed(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, renumbered);
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_DONE, "");
    load_modules(machine);
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_DONE, "");
    assert_string_equal(machine_has(machine, "02:00.0"), "vfio-pci/vfio-pci");
    assert_string_equal(machine_has(machine, "01:00.0"), "nvme/-"); /* its old address */
    machine_free(machine);
}

static void a_replaced_card_is_refused(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, replaced);
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_DRIFTED, "replaced: 0000:01:00.0 (0000:00/1c.0/00.0): another");
    load_modules(machine);
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_DRIFTED, "serial number 00-00-00-aa-22-22-22-22, not");
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
    machine_free(machine);
}

/* Early saw the group as it was claimed; late does not: the host gets its devices. */
static void what_early_held_off_is_given_back(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, cold);
    phase(machine, IMS_BOOT_EARLY);
    const struct fake_vault vault = machine->vault;
    machine_parse(machine, grown);
    machine->vault = vault;
    for (unsigned i = 0; i < machine->kernel.count; i++)
        if (machine->kernel.functions[i].address.bus == 1 &&
            machine->kernel.functions[i].address.devfn < 2)
            snprintf(machine->kernel.functions[i].override, IMS_OVERRIDE_SIZE, "vfio-pci");
    machine_wire(machine);
    load_modules(machine);
    assert_string_equal(machine_has(machine, "01:00.0"), "-/vfio-pci");
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_DRIFTED, "grown: 0000:01:00.2 is a member of group 7 now");
    expect(&outcome, IMS_OUTCOME_DRIFTED, "given back to the host");
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
    assert_string_equal(machine_has(machine, "01:00.1"), "snd_hda_intel/-");
    assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_RUN), 0);
    machine_free(machine);
}

/* The root file system does not come: the initramfs gives all back. */
static void undo_gives_back(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, cold);
    phase(machine, IMS_BOOT_EARLY);
    load_modules(machine);
    outcome = phase(machine, IMS_BOOT_UNDO);
    expect(&outcome, IMS_OUTCOME_DONE, "given back");
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
    outcome = phase(machine, IMS_BOOT_UNDO);
    expect(&outcome, IMS_OUTCOME_NOTHING, "nothing to do");
    machine_free(machine);
}

/* The initramfs is older than the disk: it holds devices off for a claim that was given up. */
static void strays_of_the_initramfs_are_given_back(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();

    machine_boot(machine, cold);
    phase(machine, IMS_BOOT_EARLY);
    load_modules(machine);
    fake_vault_put(&machine->vault, IMS_VAULT_CLAIMS, "gpu.claim", NULL);
    phase(machine, IMS_BOOT_LATE);
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
    assert_string_equal(machine_has(machine, "01:00.1"), "snd_hda_intel/-");
    assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_RUN), 0);
    machine_free(machine);
}

/* 2.2: with vfio-pci in the initramfs the override binds the device, which claims nothing. */
static void what_vfio_took_by_itself_is_given_back(void **state)
{
    (void)state;
    static const enum ims_boot_phase phases[] = {IMS_BOOT_UNDO, IMS_BOOT_LATE};

    for (size_t i = 0; i < 2; i++) {
        struct machine *machine = machine_with_claim();

        machine_boot(machine, cold);
        phase(machine, IMS_BOOT_EARLY);
        fake_kernel_load(&machine->kernel, "vfio-pci");
        load_modules(machine);
        assert_string_equal(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci");
        /* The claim was given up, and the initramfs still has it. */
        if (phases[i] == IMS_BOOT_LATE)
            fake_vault_put(&machine->vault, IMS_VAULT_CLAIMS, "gpu.claim", NULL);
        phase(machine, phases[i]);
        assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
        assert_string_equal(machine_has(machine, "01:00.1"), "snd_hda_intel/-");
        assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_RUN), 0);
        machine_free(machine);
    }
}

static int list_foreign(void *context, enum ims_vault_place place, const char *suffix,
                        char (**ret)[IMS_VAULT_NAME_SIZE], uint32_t *ret_count)
{
    (void)context;
    (void)place;
    (void)suffix;
    *ret = NULL;
    *ret_count = 0;
    return -EPERM;
}

/* What a transaction has taken since, or a process has open, stays. */
static void what_is_owned_is_not_given_back(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_boot_report report;
    struct ims_claim what;

    machine_boot(machine, cold);
    phase(machine, IMS_BOOT_EARLY);
    claim(machine, &what);
    ims_claim_done(&what);
    phase(machine, IMS_BOOT_UNDO);
    assert_string_equal(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci");
    assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_RUN), 0);

    machine_boot(machine, cold);
    phase(machine, IMS_BOOT_EARLY);
    fake_kernel_load(&machine->kernel, "vfio-pci");
    fake_kernel_hold(&machine->kernel, machine_at(machine, "01:00.0")->address);
    assert_int_equal(ims_boot_run(&machine->keeper, IMS_BOOT_UNDO, &report), -EBUSY);
    assert_string_equal(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci");
    machine_free(machine);
}

/* A directory that others may write makes no claim, and keeps no device from the host. */
static void claims_that_cannot_be_read_give_back(void **state)
{
    (void)state;
    static const enum ims_boot_phase phases[] = {IMS_BOOT_UNDO, IMS_BOOT_LATE};

    for (size_t i = 0; i < 2; i++) {
        struct machine *machine = machine_with_claim();
        struct ims_boot_report report;

        machine_boot(machine, cold);
        phase(machine, IMS_BOOT_EARLY);
        load_modules(machine);
        machine->keeper.vault = &(struct ims_vault){
            .context = machine->vault_interface.context,
            .read = machine->vault_interface.read,
            .write = machine->vault_interface.write,
            .remove = machine->vault_interface.remove,
            .list = list_foreign,
        };
        assert_int_equal(ims_boot_run(&machine->keeper, phases[i], &report), -EPERM);
        assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
        assert_string_equal(machine_has(machine, "01:00.1"), "snd_hda_intel/-");
        machine_free(machine);
    }
}

/* Somebody's override is not ours to change. */
static void a_foreign_override_stays(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, cold);
    snprintf(machine->kernel.functions[1].override, IMS_OVERRIDE_SIZE, "nouveau");
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_CONFLICT, "has the override nouveau already");
    phase(machine, IMS_BOOT_UNDO);
    assert_string_equal(machine_has(machine, "01:00.0"), "-/nouveau");
    machine_free(machine);
}

static void the_option_switches_all_off(void **state)
{
    (void)state;
    static const struct {
        const char *cmdline;
        bool off;
    } rows[] = {
        {"quiet iommuscope.claims=off", true},
        {"iommuscope.claims=off quiet", true},
        {"iommuscope.claims=on", false},
        {"iommuscope.claims=off iommuscope.claims=on", false},
        {"iommuscope.claims=offline", false},
        {"x.iommuscope.claims=off", false},
        {"a=\"b iommuscope.claims=off\"", false},
        {"\"iommuscope.claims=off\"", true},
        {"", false},
        {NULL, false},
    };
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (ims_boot_is_off(rows[i].cmdline) != rows[i].off)
            fail_msg("%s", rows[i].cmdline);
    machine_boot(machine, switched_off);
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_NOTHING, "switched off by iommuscope.claims=off");
    load_modules(machine);
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_NOTHING, "switched off");
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
    assert_int_equal(fake_vault_count(&machine->vault, IMS_VAULT_STATE), 0);
    machine_free(machine);
}

/* Early as in an initramfs, which has no disk; then late on the root file system. */
static struct ims_outcome whole_boot(struct machine *machine)
{
    struct fake_vault disk;

    machine_boot(machine, cold);
    disk = machine->vault;
    fake_vault_put(&machine->vault, IMS_VAULT_STATE, "boots", NULL);
    phase(machine, IMS_BOOT_EARLY);
    const char *boots = fake_vault_get(&disk, IMS_VAULT_STATE, "boots");
    fake_vault_put(&machine->vault, IMS_VAULT_STATE, "boots", boots);
    load_modules(machine);
    return phase(machine, IMS_BOOT_LATE);
}

static void boots_that_fail_disable_a_claim(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_saved_claims saved;
    struct ims_outcome outcome;
    struct ims_claim what;

    for (unsigned i = 0; i < IMS_BOOT_ATTEMPTS_MAX; i++) {
        outcome = whole_boot(machine);
        expect(&outcome, IMS_OUTCOME_DONE, "");
    }
    outcome = whole_boot(machine);
    expect(&outcome, IMS_OUTCOME_REFUSED, "disabled: the last boots that made it did not come up");
    expect(&outcome, IMS_OUTCOME_REFUSED, "given back to the host");
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");

    /* It came up without the claim: that proves nothing for it. */
    outcome = phase(machine, IMS_BOOT_CONFIRM);
    expect(&outcome, IMS_OUTCOME_NOTHING, "did not try it");
    outcome = whole_boot(machine);
    expect(&outcome, IMS_OUTCOME_REFUSED, "disabled");
    assert_int_equal(ims_keep_load(&machine->keeper, &saved), 0);
    assert_true(saved.claims[0].disabled);
    assert_int_equal(saved.claims[0].attempts, IMS_BOOT_ATTEMPTS_MAX);
    ims_saved_claims_done(&saved);

    /* Only a claim that a human makes anew begins anew. */
    claim(machine, &what);
    assert_int_equal(ims_keep_persist(&machine->keeper, &what, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_DONE, "");
    ims_claim_done(&what);
    outcome = whole_boot(machine);
    expect(&outcome, IMS_OUTCOME_DONE, "");
    machine_free(machine);
}

/* A boot between that comes up ends the row. */
static void a_good_boot_ends_the_row(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    for (unsigned i = 0; i < 2 * IMS_BOOT_ATTEMPTS_MAX; i++) {
        outcome = whole_boot(machine);
        expect(&outcome, IMS_OUTCOME_DONE, "");
        if (i & 1)
            phase(machine, IMS_BOOT_CONFIRM);
    }
    machine_free(machine);
}

static void what_cannot_be_counted_is_not_tried(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, cold);
    phase(machine, IMS_BOOT_EARLY);
    load_modules(machine);
    machine->vault.is_read_only = true;
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_REFUSED, "the boot cannot be counted");
    assert_string_equal(machine_has(machine, "01:00.0"), "nouveau/-");
    machine_free(machine);
}

static void a_damaged_or_foreign_claim_is_refused(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_outcome outcome;

    machine_boot(machine, cold);
    machine->vault.is_untrusted = true;
    outcome = phase(machine, IMS_BOOT_LATE);
    expect(&outcome, IMS_OUTCOME_REFUSED, "others than root could have written it");
    machine->vault.is_untrusted = false;
    fake_vault_put(&machine->vault, IMS_VAULT_CLAIMS, "gpu.claim", "iommuscope-claim 1\n");
    outcome = phase(machine, IMS_BOOT_EARLY);
    expect(&outcome, IMS_OUTCOME_REFUSED, "gpu.claim:1: it has no end");
    assert_string_equal(machine_has(machine, "01:00.0"), "-/-");
    machine_free(machine);
}

/* ---- killed, or failing, at every call ---- */

static bool is_persistent(struct machine *machine)
{
    return fake_vault_get(&machine->vault, IMS_VAULT_CLAIMS, "gpu.claim") != NULL;
}

/* Fully there or fully gone, once tidy has run; and tidy says when it had to do something. */
static void expect_whole(struct machine *machine, unsigned at)
{
    struct ims_outcome outcome;
    const bool has = is_persistent(machine);
    const bool whole = fake_vault_count(&machine->vault, IMS_VAULT_RULES) == (has ? 1 : 0) &&
                       (has || fake_vault_count(&machine->vault, IMS_VAULT_STATE) == 0);

    assert_int_equal(ims_keep_tidy(&machine->keeper, &outcome), 0);
    if (outcome.state != (whole ? IMS_OUTCOME_NOTHING : IMS_OUTCOME_DONE) ||
        is_persistent(machine) != has ||
        fake_vault_count(&machine->vault, IMS_VAULT_RULES) != (has ? 1 : 0) ||
        (!has && fake_vault_count(&machine->vault, IMS_VAULT_STATE) != 0))
        fail_msg("call %u: %s", at, outcome.text);
    machine_restart(machine);
    assert_int_equal(ims_keep_tidy(&machine->keeper, &outcome), 0);
    expect(&outcome, IMS_OUTCOME_NOTHING, "half done");
    machine_restart(machine);
}

static void sweep_files(const struct machine *from, const struct ims_claim *what, bool persist)
{
    static const enum fake_act acts[] = {FAKE_KILL_BEFORE, FAKE_KILL_AFTER, FAKE_FAIL,
                                         FAKE_FAIL_AFTER};
    unsigned calls = 1000;

    for (unsigned at = 1; at <= calls; at++)
        for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
            struct machine *machine = machine_copy(from);
            struct ims_outcome outcome;

            machine->script.at = at;
            machine->script.act = acts[i];
            machine->script.code = -EIO;
            const int r = persist ? ims_keep_persist(&machine->keeper, what, &outcome)
                                  : ims_keep_forget(&machine->keeper, "gpu", &outcome);
            assert_int_equal(r, 0);
            if (machine->script.count < at)
                calls = at;
            else if (acts[i] != FAKE_RUN && outcome.state == IMS_OUTCOME_DONE &&
                     is_persistent(machine) != persist)
                fail_msg("call %u: it says done, and it is not", at);
            machine_restart(machine);
            expect_whole(machine, at);
            machine_free(machine);
        }
    assert_in_range(calls, 5, 100);
}

static void every_kill_leaves_all_or_nothing(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();
    struct ims_claim what;
    struct ims_outcome outcome;

    claim(machine, &what);
    fake_vault_put(&machine->vault, IMS_VAULT_STATE, "boots", "iommuscope-boots 1\ngpu 1 x\n");
    sweep_files(machine, &what, false);
    assert_int_equal(ims_keep_forget(&machine->keeper, "gpu", &outcome), 0);
    machine_restart(machine);
    sweep_files(machine, &what, true);
    ims_claim_done(&what);
    machine_free(machine);
}

/* A phase that was killed at any call: the next run of it ends where an undisturbed one does. */
static void sweep_phase(const struct machine *from, enum ims_boot_phase which)
{
    unsigned calls = 1000;

    for (unsigned at = 1; at <= calls; at++)
        for (unsigned after = 0; after < 2; after++) {
            struct machine *machine = machine_copy(from);
            struct ims_boot_report report = {0};

            machine->script.at = at;
            machine->script.act = after ? FAKE_KILL_AFTER : FAKE_KILL_BEFORE;
            machine->script.keep_percent = 50;
            if (ims_boot_run(&machine->keeper, which, &report) == 0)
                ims_boot_report_done(&report);
            if (machine->script.count < at)
                calls = at;
            machine_restart(machine);
            struct machine *undone = machine_copy(machine);
            if (which == IMS_BOOT_EARLY) {
                /* Whatever was set is noted, so that it can be given back. */
                phase(undone, IMS_BOOT_UNDO);
                load_modules(undone);
                if (strcmp(machine_has(undone, "01:00.0"), "nouveau/-") != 0)
                    fail_msg("early killed at call %u: %s is left", at,
                             machine_has(undone, "01:00.0"));
                phase(machine, IMS_BOOT_EARLY);
                load_modules(machine);
            }
            phase(machine, IMS_BOOT_LATE);
            if (strcmp(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci") != 0 ||
                strcmp(machine_has(machine, "01:00.1"), "vfio-pci/vfio-pci") != 0)
                fail_msg("phase %s killed at call %u: %s", ims_boot_phase_to_string(which), at,
                         machine_has(machine, "01:00.0"));
            machine_free(undone);
            machine_free(machine);
        }
    assert_in_range(calls, 5, 200);
}

static void every_kill_of_a_phase_is_survived(void **state)
{
    (void)state;
    struct machine *machine = machine_with_claim();

    machine_boot(machine, cold);
    sweep_phase(machine, IMS_BOOT_EARLY);
    phase(machine, IMS_BOOT_EARLY);
    load_modules(machine);
    sweep_phase(machine, IMS_BOOT_LATE);
    machine_free(machine);
}

/* Some call fails: the group is claimed, or the host has its devices, or the report says what is. */
static void every_failure_of_late_is_told(void **state)
{
    (void)state;
    struct machine *from = machine_with_claim();
    unsigned calls = 1000;

    machine_boot(from, cold);
    phase(from, IMS_BOOT_EARLY);
    load_modules(from);
    for (unsigned at = 1; at <= calls; at++) {
        struct machine *machine = machine_copy(from);
        struct ims_boot_report report = {0};
        struct ims_outcome outcome = {0};

        machine->script.at = at;
        machine->script.act = FAKE_FAIL;
        machine->script.code = -EIO;
        const int r = ims_boot_run(&machine->keeper, IMS_BOOT_LATE, &report);
        if (r == 0 && report.count)
            outcome = report.entries[0].outcome;
        if (machine->script.count < at)
            calls = at;
        const bool claimed = strcmp(machine_has(machine, "01:00.0"), "vfio-pci/vfio-pci") == 0 &&
                             strcmp(machine_has(machine, "01:00.1"), "vfio-pci/vfio-pci") == 0;
        const bool back = strcmp(machine_has(machine, "01:00.0"), "nouveau/-") == 0 &&
                          strcmp(machine_has(machine, "01:00.1"), "snd_hda_intel/-") == 0;
        const bool told = r < 0 || outcome.state == IMS_OUTCOME_CONFLICT ||
                          strstr(outcome.text, "could not be given back");
        if (!told && !claimed && !back)
            fail_msg("call %u: %s at %s", at, outcome.text, machine_has(machine, "01:00.0"));
        if (claimed != (r == 0 && (outcome.state == IMS_OUTCOME_DONE ||
                                   outcome.state == IMS_OUTCOME_NOTHING)) &&
            !told)
            fail_msg("call %u: claimed, and it says %s", at, outcome.text);
        ims_boot_report_done(&report);
        machine_restart(machine);
        machine_free(machine);
    }
    assert_in_range(calls, 10, 200);
    machine_free(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_is_written_once),
        cmocka_unit_test(a_claim_that_does_not_stand_is_not_kept),
        cmocka_unit_test(a_boot_claims_in_two_phases),
        cmocka_unit_test(late_alone_claims_too),
        cmocka_unit_test(a_renumbered_group_is_claimed),
        cmocka_unit_test(a_replaced_card_is_refused),
        cmocka_unit_test(what_early_held_off_is_given_back),
        cmocka_unit_test(undo_gives_back),
        cmocka_unit_test(strays_of_the_initramfs_are_given_back),
        cmocka_unit_test(what_vfio_took_by_itself_is_given_back),
        cmocka_unit_test(what_is_owned_is_not_given_back),
        cmocka_unit_test(claims_that_cannot_be_read_give_back),
        cmocka_unit_test(a_foreign_override_stays),
        cmocka_unit_test(the_option_switches_all_off),
        cmocka_unit_test(boots_that_fail_disable_a_claim),
        cmocka_unit_test(a_good_boot_ends_the_row),
        cmocka_unit_test(what_cannot_be_counted_is_not_tried),
        cmocka_unit_test(a_damaged_or_foreign_claim_is_refused),
        cmocka_unit_test(every_kill_leaves_all_or_nothing),
        cmocka_unit_test(every_kill_of_a_phase_is_survived),
        cmocka_unit_test(every_failure_of_late_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
