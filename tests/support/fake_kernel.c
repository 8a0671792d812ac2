/* SPDX-License-Identifier: MIT */
/* The fake kernel as a machine: made from a sketch, asked, compared. */
#include "fake_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_behaviour.h"
#include "iommuscope/rules.h"

/* Classes stand in for the long id tables of real drivers. */
const struct fake_driver fake_drivers[] = {
    {.name = "vfio-pci", .module = "vfio_pci", .is_vfio = true, .is_managed = true},
    {.name = "mlx5_vfio_pci", .module = "mlx5_vfio_pci", .is_vfio = true, .is_managed = true},
    {.name = "pci-stub", .module = "pci_stub", .is_managed = true},
    {.name = "pci-pf-stub", .module = "pci_pf_stub", .makes_vfs = true},
    {.name = "uio_pci_generic", .module = "uio_pci_generic"},
    {.name = "pcieport", .class_code = 0x060400, .class_mask = 0xffffff, .is_managed = true},
    {.name = "shpchp", .module = "shpchp", .class_code = 0x060400, .class_mask = 0xffffff},
    {.name = "igb", .module = "igb", .id = {0x8086, 0x10c9}, .drops_vfs = true, .makes_vfs = true},
    {.name = "igbvf", .module = "igbvf", .id = {0x8086, 0x10ca}},
    {.name = "mlx5_core", .module = "mlx5_core", .id = {0x15b3, 0x1017}, .makes_vfs = true},
    {.name = "mlx5_vf", .module = "mlx5_vf", .id = {0x15b3, 0x1018}},
    {.name = "e1000e", .module = "e1000e", .class_code = 0x020000, .class_mask = 0xff0000},
    {.name = "nvme", .module = "nvme", .class_code = 0x010800, .class_mask = 0xffff00},
    {.name = "ahci", .module = "ahci", .class_code = 0x010600, .class_mask = 0xffff00},
    {.name = "nouveau", .module = "nouveau", .class_code = 0x030000, .class_mask = 0xff0000},
    {.name = "snd_hda_intel", .module = "snd_hda", .class_code = 0x040300, .class_mask = 0xffff00},
    {.name = "xhci_hcd", .class_code = 0x0c0300, .class_mask = 0xffff00},
    {.name = "i801_smbus", .module = "i2c_i801", .class_code = 0x0c0500, .class_mask = 0xffff00},
    {.name = "lpc_ich", .module = "lpc_ich", .class_code = 0x060100, .class_mask = 0xffff00},
};

const unsigned fake_driver_count = sizeof(fake_drivers) / sizeof(fake_drivers[0]);
_Static_assert(sizeof(fake_drivers) / sizeof(fake_drivers[0]) <= 32, "room in loaded[]");

unsigned fake_driver_find(const char *name)
{
    unsigned i = 0;

    while (i < fake_driver_count && strcmp(fake_drivers[i].name, name) != 0)
        i++;
    return i;
}

struct fake_function *fake_kernel_find(struct fake_kernel *kernel, struct ims_address address)
{
    for (unsigned i = 0; i < kernel->count; i++)
        if (kernel->functions[i].present &&
            ims_address_compare(kernel->functions[i].address, address) == 0)
            return &kernel->functions[i];
    return NULL;
}

/* ---- sketches ---- */

static bool is_before_5_19(const char *release)
{
    struct ims_kernel_version version;

    return release[0] && ims_kernel_version_parse(release, &version) == 0 &&
           (version.major < 5 || (version.major == 5 && version.minor < 19));
}

static void take_function(struct fake_kernel *kernel, const struct sketch_function *sketch)
{
    struct fake_function *function = &kernel->functions[kernel->count++];

    *function = (struct fake_function){
        .address = sketch->address,
        .present = true,
        .id = sketch_id(sketch),
        .subsystem = sketch->header ? (struct ims_id){0, 0} : sketch->subsystem,
        .class_code = sketch->class_code,
        .header = sketch->header,
        .type = sketch->type,
        .has_group = sketch->group_state == IMS_GROUP_KNOWN,
        .group = sketch->group,
        .driver = fake_driver_find(sketch->driver),
        .is_vf = sketch->is_vf,
        .physfn = sketch->physfn,
        .totalvfs = sketch->sriov ? sketch->sriov_total : 0,
        .numvfs = sketch->sriov ? sketch->sriov_num : 0,
        .vf_offset = sketch->sriov_offset,
        .vf_stride = sketch->sriov_stride,
        .vf_id = {sketch_id(sketch).vendor, sketch->sriov_vf_device},
        .left = fake_driver_count,
    };
    snprintf(function->override, sizeof(function->override), "%s", sketch->override);
    snprintf(function->power, sizeof(function->power), "%s", sketch->pm);
    if (function->driver < fake_driver_count)
        kernel->loaded[function->driver] = true;
}

void fake_kernel_from_sketch(struct fake_kernel *kernel, const struct sketch *sketch,
                             struct fake_script *script)
{
    memset(kernel, 0, sizeof(*kernel));
    kernel->script = script;
    kernel->counts_owners = !is_before_5_19(sketch->machine.kernel);
    kernel->override_waits = strncmp(sketch->machine.kernel, "6.1.", 4) == 0;
    strcpy(kernel->boot_id, "boot-1");
    for (unsigned i = 0; i < fake_driver_count; i++)
        kernel->loaded[i] = !fake_drivers[i].module;
    if (sketch->count > FAKE_FUNCTIONS_MAX)
        abort();
    for (unsigned i = 0; i < sketch->count; i++)
        take_function(kernel, &sketch->functions[i]);
}

void fake_kernel_to_sketch(const struct fake_kernel *kernel, const struct sketch *base,
                           struct sketch *ret)
{
    sketch_copy(ret, base);
    for (unsigned i = ret->count; i-- > 0;) {
        struct sketch_function *sketch = &ret->functions[i];
        const struct fake_function *function =
            fake_kernel_find((struct fake_kernel *)(uintptr_t)kernel, sketch->address);

        if (!function) {
            sketch_remove(ret, i);
            continue;
        }
        const char *driver =
            function->driver < fake_driver_count ? fake_drivers[function->driver].name : "";
        snprintf(sketch->driver, sizeof(sketch->driver), "%s", driver);
        snprintf(sketch->override, sizeof(sketch->override), "%.31s", function->override);
        snprintf(sketch->pm, sizeof(sketch->pm), "%s", function->power);
        sketch->sriov_num = (uint16_t)function->numvfs;
        sketch->vfio_device =
            function->driver < fake_driver_count && fake_drivers[function->driver].is_vfio;
    }
}

/* ---- questions ---- */

static int read_function(void *context, struct ims_address address, struct ims_live_function *ret)
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_READ, &act);
    const struct fake_function *function = fake_kernel_find(kernel, address);

    call->address = address;
    call->is_function = true;
    const int r = fake_script_leave(kernel->script, call, act,
                                    !function                           ? -ENODEV
                                    : fake_reads_wait(kernel, function) ? -ETIME
                                                                        : 0);

    if (r < 0)
        return r;
    memset(ret, 0, sizeof(*ret));
    ret->id = function->id;
    ret->subsystem = function->subsystem;
    ret->class_code = function->class_code;
    ret->has_group = function->has_group;
    ret->group = function->group;
    ret->numvfs = function->numvfs;
    memcpy(ret->power, function->power, sizeof(ret->power));
    if (function->driver < fake_driver_count)
        snprintf(ret->driver, sizeof(ret->driver), "%s", fake_drivers[function->driver].name);
    snprintf(ret->override, sizeof(ret->override), "%s", function->override);
    return 0;
}

static int compare_addresses(const void *a, const void *b)
{
    return ims_address_compare(*(const struct ims_address *)a, *(const struct ims_address *)b);
}

static int read_members(void *context, uint32_t group, struct ims_address **ret,
                        uint32_t *ret_count)
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_READ, &act);
    struct ims_address *members = calloc(FAKE_FUNCTIONS_MAX, sizeof(*members));
    uint32_t count = 0;

    if (!members)
        abort();
    for (unsigned i = 0; i < kernel->count; i++) {
        const struct fake_function *function = &kernel->functions[i];
        if (function->present && function->has_group && function->group == group)
            members[count++] = function->address;
    }
    qsort(members, count, sizeof(*members), compare_addresses);
    const int r = fake_script_leave(kernel->script, call, act, count ? 0 : -ENODEV);
    if (r < 0) {
        free(members);
        return r;
    }
    *ret = members;
    *ret_count = count;
    return 0;
}

static int read_vfs(void *context, struct ims_address pf, struct ims_address **ret,
                    uint32_t *ret_count)
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_READ, &act);
    const int r = fake_script_leave(kernel->script, call, act, 0);
    uint32_t count = 0;

    if (r < 0)
        return r;
    struct ims_address *vfs = calloc(FAKE_FUNCTIONS_MAX, sizeof(*vfs));
    if (!vfs)
        abort();
    for (unsigned i = 0; i < kernel->count; i++)
        if (kernel->functions[i].present && kernel->functions[i].is_vf &&
            ims_address_compare(kernel->functions[i].physfn, pf) == 0)
            vfs[count++] = kernel->functions[i].address;
    qsort(vfs, count, sizeof(*vfs), compare_addresses);
    *ret = vfs;
    *ret_count = count;
    return 0;
}

static int read_boot_id(void *context, char ret[IMS_BOOT_ID_SIZE])
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_READ, &act);
    const int r = fake_script_leave(kernel->script, call, act, 0);

    if (r == 0)
        memcpy(ret, kernel->boot_id, IMS_BOOT_ID_SIZE);
    return r;
}

static int find_uses(void *context, const struct ims_plan *plan, struct ims_uses *ret)
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_READ, &act);
    const int r = fake_script_leave(kernel->script, call, act, 0);

    for (uint32_t i = 0; r == 0 && i < plan->member_count; i++) {
        const struct fake_function *function = fake_kernel_find(kernel, plan->members[i].address);
        struct ims_use use = {.address = plan->members[i].address, .certain = IMS_YES};

        if (!function)
            continue;
        use.evidence = use.text = "the fake kernel says so";
        use.subject = "process 4711 (qemu)";
        use.kind = IMS_USE_OPEN;
        if (function->is_held && !kernel->is_blind)
            ims_uses_add(ret, &use);
        use.subject = "/dev/nvme0n1";
        use.kind = IMS_USE_MOUNT;
        if (function->is_used)
            ims_uses_add(ret, &use);
    }
    return r;
}

static bool find_holder(void *context, struct ims_address address, struct ims_holder *ret)
{
    const struct fake_kernel *kernel = context;

    *ret = (struct ims_holder){0};
    for (unsigned i = 0; i < kernel->count && !kernel->is_blind; i++) {
        const struct fake_function *function = &kernel->functions[i];
        if (function->present && function->is_held &&
            (ims_address_compare(function->address, address) == 0 ||
             (function->is_vf && ims_address_compare(function->physfn, address) == 0)))
            *ret = (struct ims_holder){4711, "qemu", "web1"};
    }
    return ret->pid != 0;
}

static int is_viable(void *context, uint32_t group)
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_VIABLE, &act);
    bool exists = false;
    bool is_open = false;

    for (unsigned i = 0; i < kernel->count; i++) {
        const struct fake_function *function = &kernel->functions[i];
        const bool is_vfio =
            function->driver < fake_driver_count && fake_drivers[function->driver].is_vfio;

        if (!function->present || !function->has_group || function->group != group)
            continue;
        exists |= is_vfio || function->left < fake_driver_count;
        is_open |= function->is_held;
    }
    return fake_script_leave(kernel->script, call, act,
                             !exists   ? -ENODEV
                             : is_open ? -EBUSY
                                       : fake_kernel_viable(kernel, group));
}

static int do_step(void *context, const struct ims_step *step)
{
    struct fake_kernel *kernel = context;
    enum fake_act act;
    struct fake_call *call = fake_script_enter(kernel->script, FAKE_CALL_STEP, &act);
    int r = 0;

    call->step = step->kind;
    call->address = step->address;
    call->number = step->number;
    snprintf(call->name, sizeof(call->name), "%s", step->name ? step->name : "");
    if (act == FAKE_RUN || act == FAKE_FAIL_AFTER || act == FAKE_KILL_AFTER)
        r = fake_kernel_do(kernel, step);
    return fake_script_leave(kernel->script, call, act, r);
}

struct ims_kernel fake_kernel_interface(struct fake_kernel *kernel)
{
    return (struct ims_kernel){
        .context = kernel,
        .read_function = read_function,
        .read_members = read_members,
        .read_vfs = read_vfs,
        .read_boot_id = read_boot_id,
        .find_holder = find_holder,
        .find_uses = find_uses,
        .do_step = do_step,
        .is_viable = is_viable,
    };
}

/* ---- comparing ---- */

static const struct fake_function *find_any(const struct fake_kernel *kernel,
                                            struct ims_address address)
{
    return fake_kernel_find((struct fake_kernel *)(uintptr_t)kernel, address);
}

static const char *driver_name(const struct fake_function *function)
{
    return function->driver < fake_driver_count ? fake_drivers[function->driver].name : "none";
}

static bool same_function(const struct fake_function *a, const struct fake_function *b,
                          bool vfs_anew, char *difference, size_t size_bytes)
{
    char name[IMS_ADDRESS_STRING_SIZE];

    ims_address_format(a->address, name);
    if (!b) {
        snprintf(difference, size_bytes, "%s is there only once", name);
        return false;
    }
    if (vfs_anew && a->is_vf)
        return true;
    if (a->driver == b->driver && strcmp(a->override, b->override) == 0 && a->numvfs == b->numvfs &&
        strcmp(a->power, b->power) == 0 && a->has_group == b->has_group && a->group == b->group &&
        a->left == b->left)
        return true;
    snprintf(difference, size_bytes,
             "%s: driver %s, override '%s', %u VFs, power %s, group %u%s; and driver %s, override "
             "'%s', %u VFs, power %s, group %u%s",
             name, driver_name(a), a->override, a->numvfs, a->power, a->group,
             a->left < fake_driver_count ? ", leaving" : "", driver_name(b), b->override, b->numvfs,
             b->power, b->group, b->left < fake_driver_count ? ", leaving" : "");
    return false;
}

bool fake_kernel_same(const struct fake_kernel *a, const struct fake_kernel *b, bool vfs_anew,
                      char *difference, size_t size_bytes)
{
    for (unsigned i = 0; i < a->count; i++)
        if (a->functions[i].present &&
            !same_function(&a->functions[i], find_any(b, a->functions[i].address), vfs_anew,
                           difference, size_bytes))
            return false;
    for (unsigned i = 0; i < b->count; i++)
        if (b->functions[i].present &&
            !same_function(&b->functions[i], find_any(a, b->functions[i].address), vfs_anew,
                           difference, size_bytes))
            return false;
    return true;
}
