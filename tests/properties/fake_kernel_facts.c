/* SPDX-License-Identifier: MIT */
/* The fake kernel does what the facts say: table 1.1, viability 1.2, hangs 1.5. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "tap.h"

static const char machine[] =
    "machine kernel=6.12.95 iommu=on\n"
    "00:01.0 rp 8086:1901 bus=01 driver=pcieport group=1\n"
    "00:02.0 rp 8086:1901 bus=02-03 driver=pcieport group=2\n"
    "01:00.0 ep 8086:10d3 class=020000 driver=e1000e override=none group=1\n"
    "01:00.1 ep 10de:22ba class=040300 driver=none override=none group=1\n"
    "02:00.0 p2p 1b36:000e bus=03 driver=shpchp group=2\n"
    "00:04.0 rp 8086:1901 bus=04 driver=pcieport group=4\n"
    "04:00.0 ep 8086:10c9 class=020000 sriov=8/2/80/2/10ca driver=igb override=none group=5\n"
    "04:10.0 ep 8086:10ca class=020000 vf of=04:00.0 driver=igbvf override=none group=6\n"
    "04:10.2 ep 8086:10ca class=020000 vf of=04:00.0 driver=igbvf override=none group=7\n"
    "00:1f.0 conv 8086:2918 class=060100 driver=none override=none group=none\n";

static struct fake_script script;
static struct fake_kernel kernel;
static struct tap tap;

static void begin(const char *release)
{
    struct sketch sketch = {0};
    char message[256];

    if (sketch_parse(&sketch, machine, message, sizeof(message)) < 0)
        abort();
    strcpy(sketch.machine.kernel, release);
    fake_script_reset(&script);
    fake_kernel_from_sketch(&kernel, &sketch, &script);
    sketch_done(&sketch);
    fake_kernel_load(&kernel, "vfio-pci");
    fake_kernel_load(&kernel, "pci-stub");
}

static struct ims_address at(const char *text)
{
    struct ims_address address;

    if (ims_address_parse(text, &address) < 0)
        abort();
    return address;
}

static int write_to(enum ims_step_kind kind, const char *address, const char *name, uint32_t number)
{
    const struct ims_step step = {
        .kind = kind, .address = at(address), .name = name, .number = number};

    return fake_kernel_do(&kernel, &step);
}

static int bind(const char *address, const char *driver)
{
    return write_to(IMS_STEP_BIND, address, driver, 0);
}

static int unbind(const char *address, const char *driver)
{
    return write_to(IMS_STEP_UNBIND, address, driver, 0);
}

static int set_override(const char *address, const char *driver)
{
    return write_to(IMS_STEP_OVERRIDE, address, driver, 0);
}

static int read_from(const char *address)
{
    const struct ims_kernel interface = fake_kernel_interface(&kernel);
    struct ims_live_function live;

    return interface.read_function(interface.context, at(address), &live);
}

static bool has(const char *address, const char *driver)
{
    const struct fake_function *function = fake_kernel_find(&kernel, at(address));

    return function && function->driver == fake_driver_find(driver);
}

static void check(bool ok, const char *what)
{
    tap_ok(&tap, ok, "%s", what);
}

static void give_to_vfio(const char *address, const char *driver)
{
    (void)set_override(address, "vfio-pci");
    (void)unbind(address, driver);
    (void)bind(address, "vfio-pci");
}

static void check_binding(void)
{
    begin("6.12.95");
    check(bind("0b:00.0", "e1000e") == -ENODEV, "bind: ENODEV, no such device");
    check(bind("01:00.1", "e1000e") == -ENODEV, "bind: ENODEV, the driver does not match");
    check(bind("01:00.0", "e1000e") == -EBUSY, "bind: EBUSY, bound to it already");
    check(bind("01:00.1", "vfio-pci") == -ENODEV, "vfio-pci takes nothing without an override");
    check(unbind("01:00.1", "e1000e") == -ENODEV, "unbind: ENODEV, not bound at all");
    check(unbind("01:00.0", "nvme") < 0 && has("01:00.0", "e1000e"),
          "unbind: bound to another one");
    (void)set_override("02:00.0", "vfio-pci");
    check(unbind("02:00.0", "shpchp") == 0 && bind("02:00.0", "vfio-pci") == -EINVAL,
          "bind: EINVAL, vfio-pci on a bridge");
    (void)set_override("00:1f.0", "vfio-pci");
    check(bind("00:1f.0", "vfio-pci") == -EINVAL, "bind: EINVAL, vfio-pci without a group");
    (void)set_override("01:00.1", "no-such-driver");
    check(write_to(IMS_STEP_PROBE, "01:00.1", NULL, 0) == 0 && has("01:00.1", "none"),
          "drivers_probe: success without an effect (fact 2)");
    check(write_to(IMS_STEP_PROBE, "01:00.0", NULL, 0) == 0, "drivers_probe: no-op when bound");
    check(write_to(IMS_STEP_PROBE, "0b:00.0", NULL, 0) == -ENODEV, "drivers_probe: ENODEV");
    (void)set_override("01:00.0", "vfio-pci");
    check(has("01:00.0", "e1000e"), "an override does not unbind");
    check(unbind("01:00.0", "e1000e") == 0 && bind("01:00.0", "e1000e") == -ENODEV,
          "an override keeps other drivers away, and outlives the unbind");
}

static void check_modules(void)
{
    begin("6.12.95");
    fake_kernel_load(&kernel, "snd_hda_intel");
    check(has("01:00.1", "snd_hda_intel"), "a module takes driverless functions that match");
    begin("6.12.95");
    (void)set_override("01:00.1", "pci-stub");
    fake_kernel_load(&kernel, "snd_hda_intel");
    check(has("01:00.1", "none"), "unless an override holds them");
    give_to_vfio("01:00.0", "e1000e");
    fake_kernel_unload(&kernel, "vfio-pci");
    check(has("01:00.0", "none"), "rmmod unbinds");
    fake_kernel_load(&kernel, "vfio-pci");
    check(has("01:00.0", "vfio-pci"), "the override stays, and loading binds again");
    fake_kernel_remove(&kernel, at("01:00.0"));
    fake_kernel_rescan(&kernel, at("01:00.0"));
    check(has("01:00.0", "e1000e"), "remove and rescan lose the override");
}

static void check_viability(void)
{
    begin("6.12.95");
    check(!fake_kernel_viable(&kernel, 1), "a host driver blocks (R8.2)");
    check(!fake_kernel_viable(&kernel, 2), "since 5.19 shpchp on a bridge blocks (R8.2)");
    give_to_vfio("01:00.0", "e1000e");
    check(fake_kernel_viable(&kernel, 1), "pcieport and driverless members do not (R8.2)");
    fake_kernel_hold(&kernel, at("01:00.0"));
    fake_kernel_load(&kernel, "snd_hda_intel");
    check(has("01:00.1", "none") && bind("01:00.1", "snd_hda_intel") == -EBUSY,
          "bind: EBUSY, a host driver in a claimed group (R8.5)");
    begin("5.10.200");
    check(fake_kernel_viable(&kernel, 2), "before 5.19 bridges do not count (R8.1)");
    give_to_vfio("01:00.0", "e1000e");
    fake_kernel_hold(&kernel, at("01:00.0"));
    fake_kernel_load(&kernel, "snd_hda_intel");
    check(kernel.has_crashed, "and a host driver in a claimed group is a BUG (R8.5)");
}

static void check_vfs(void)
{
    begin("6.12.95");
    (void)set_override("04:00.0", "vfio-pci");
    check(write_to(IMS_STEP_NUMVFS, "04:00.0", NULL, 3) == -EBUSY, "numvfs: EBUSY, there are some");
    check(write_to(IMS_STEP_NUMVFS, "04:00.0", NULL, 9) == -ERANGE, "numvfs: ERANGE");
    check(unbind("04:00.0", "igb") == 0 && !fake_kernel_find(&kernel, at("04:10.0")),
          "igb takes its VFs along");
    check(bind("04:00.0", "vfio-pci") == 0, "and the PF is free for vfio-pci");
    (void)unbind("04:00.0", "vfio-pci");
    (void)set_override("04:00.0", NULL);
    check(bind("04:00.0", "igb") == 0 && write_to(IMS_STEP_NUMVFS, "04:00.0", NULL, 2) == 0 &&
              has("04:10.2", "igbvf"),
          "VFs come back to the driver that the kernel chooses");
}

static void check_hangs(void)
{
    begin("6.1.176");
    give_to_vfio("01:00.0", "e1000e");
    fake_kernel_hold(&kernel, at("01:00.0"));
    check(unbind("01:00.0", "vfio-pci") == -ETIME, "unbind: waits for the holder (fact 3)");
    check(has("01:00.0", "none"), "the link is gone while it waits (fact 3)");
    check(set_override("01:00.0", NULL) == -ETIME, "on 6.1 driver_override waits too (1.5)");
    check(read_from("01:00.0") == -ETIME, "and reading it (1.5)");
    check(bind("01:00.0", "e1000e") == -ETIME, "bind waits too (1.5)");
    fake_kernel_let_go(&kernel, at("01:00.0"));
    check(read_from("01:00.0") == 0, "it can be read again when the holder goes");
    check(has("01:00.0", "e1000e"), "all of it has its effect when the holder goes");
    begin("6.12.95");
    give_to_vfio("01:00.0", "e1000e");
    fake_kernel_hold(&kernel, at("01:00.0"));
    (void)unbind("01:00.0", "vfio-pci");
    check(read_from("01:00.0") == 0, "on 6.12 driver_override can be read (1.5)");
    check(set_override("01:00.0", NULL) == 0, "on 6.12 driver_override does not wait (1.5)");
}

int main(void)
{
    check_binding();
    check_modules();
    check_viability();
    check_vfs();
    check_hangs();
    return tap_done(&tap);
}
