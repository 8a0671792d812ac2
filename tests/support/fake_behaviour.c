/* SPDX-License-Identifier: MIT */
/* What the fake kernel does when it is written to (ownership facts, table 1.1). */
#include "fake_behaviour.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool fake_is_bound(const struct fake_function *function)
{
    return function->driver < fake_driver_count;
}

bool fake_matches(const struct fake_function *function, unsigned driver)
{
    const struct fake_driver *known = &fake_drivers[driver];

    if (function->override[0])
        return strcmp(function->override, known->name) == 0;
    if (known->id.vendor)
        return known->id.vendor == function->id.vendor && known->id.device == function->id.device;
    /* A VF is driven by what names its id: the tables of PF drivers do not have it. */
    return known->class_mask && !function->is_vf &&
           (function->class_code & known->class_mask) == known->class_code;
}

/* ---- who owns the group ---- */

bool fake_is_claimed(const struct fake_kernel *kernel, const struct fake_function *member)
{
    for (unsigned i = 0; i < kernel->count; i++) {
        const struct fake_function *function = &kernel->functions[i];
        if (function->present && function->is_held && member->has_group && function->has_group &&
            function->group == member->group)
            return true;
    }
    return false;
}

static bool is_owner(const struct fake_kernel *kernel, const struct fake_function *function)
{
    if (!fake_is_bound(function))
        return false;
    const struct fake_driver *driver = &fake_drivers[function->driver];
    if (kernel->counts_owners)
        return !driver->is_managed; /* R8.2, R8.3 */
    return !driver->is_vfio && strcmp(driver->name, "pci-stub") != 0 &&
           !function->header; /* R8.1 */
}

bool fake_kernel_viable(const struct fake_kernel *kernel, uint32_t group)
{
    for (unsigned i = 0; i < kernel->count; i++) {
        const struct fake_function *function = &kernel->functions[i];
        if (function->present && function->has_group && function->group == group &&
            is_owner(kernel, function))
            return false;
    }
    return true;
}

/* ---- binding ---- */

/* An override lets the driver core try; a driver of hardware knows better. */
static bool drives(const struct fake_function *function, unsigned driver)
{
    const struct fake_driver *known = &fake_drivers[driver];
    struct fake_function bare = *function;

    if (strcmp(known->name, "pcieport") == 0 && (function->type < 4 || function->type > 6))
        return false; /* root ports and ports of switches only */
    bare.override[0] = '\0';
    return (!known->id.vendor && !known->class_mask) || fake_matches(&bare, driver);
}

bool fake_kernel_fits(const struct fake_function *function)
{
    if (!fake_is_bound(function))
        return true;
    const struct fake_driver *driver = &fake_drivers[function->driver];
    const bool by_override = !driver->id.vendor && !driver->class_mask;

    return drives(function, function->driver) && !(driver->is_vfio && function->header) &&
           (!by_override || strcmp(function->override, driver->name) == 0) &&
           (function->numvfs == 0 || driver->makes_vfs);
}

static void set_power(struct fake_function *function, const char *value)
{
    if (function->power[0])
        snprintf(function->power, sizeof(function->power), "%s", value);
}

int fake_probe(struct fake_kernel *kernel, struct fake_function *function, unsigned driver)
{
    const struct fake_driver *known = &fake_drivers[driver];

    if (known->is_vfio && (function->header != 0 || !function->has_group))
        return -EINVAL;
    if (known->is_vfio && function->numvfs > 0)
        return -EBUSY;
    if (!known->is_managed && fake_is_claimed(kernel, function)) {
        if (kernel->counts_owners)
            return -EBUSY; /* R8.5 */
        if (!function->header)
            kernel->has_crashed = true;
    }
    if (!drives(function, driver))
        return -ENODEV;
    function->driver = driver;
    if (known->is_vfio)
        set_power(function, "auto");
    return 0;
}

int fake_choose(struct fake_kernel *kernel, struct fake_function *function)
{
    for (unsigned i = 0; i < fake_driver_count && !fake_is_bound(function); i++) {
        if (!kernel->loaded[i] || !fake_matches(function, i))
            continue;
        const int r = fake_probe(kernel, function, i);
        if (r < 0 && r != -ENODEV)
            return -EINVAL;
    }
    return 0;
}

static int bind(struct fake_kernel *kernel, struct fake_function *function, const char *name)
{
    const unsigned driver = fake_driver_find(name);

    if (driver == fake_driver_count || !kernel->loaded[driver])
        return -ENOENT;
    if (!fake_matches(function, driver))
        return -ENODEV;
    if (fake_is_bound(function))
        return -EBUSY;
    return fake_probe(kernel, function, driver);
}

/* ---- SR-IOV ---- */

static bool is_vf_of(const struct fake_function *function, const struct fake_function *pf)
{
    return function->is_vf && ims_address_compare(function->physfn, pf->address) == 0;
}

bool fake_has_held_vf(const struct fake_kernel *kernel, const struct fake_function *pf)
{
    for (unsigned i = 0; i < kernel->count; i++)
        if (kernel->functions[i].present && kernel->functions[i].is_held &&
            is_vf_of(&kernel->functions[i], pf))
            return true;
    return false;
}

void fake_drop_vfs(struct fake_kernel *kernel, struct fake_function *pf)
{
    for (unsigned i = 0; i < kernel->count; i++)
        if (is_vf_of(&kernel->functions[i], pf)) {
            kernel->functions[i].present = false;
            kernel->functions[i].driver = fake_driver_count;
            kernel->functions[i].override[0] = '\0';
        }
    pf->numvfs = 0;
}

static uint32_t lowest_free_group(const struct fake_kernel *kernel)
{
    uint32_t group = 0;

    for (unsigned i = 0; i < kernel->count; i++)
        if (kernel->functions[i].present && kernel->functions[i].group == group) {
            group++;
            i = (unsigned)-1;
        }
    return group;
}

/* A VF that was there before comes back where it was; it keeps its group, and nothing else. */
static struct fake_function *put_vf(struct fake_kernel *kernel, const struct fake_function *pf,
                                    uint32_t index)
{
    const uint32_t id = ((uint32_t)pf->address.bus << 8 | pf->address.devfn) + pf->vf_offset +
                        index * pf->vf_stride;
    const struct ims_address address = {pf->address.segment, (uint8_t)(id >> 8), (uint8_t)id};

    for (unsigned i = 0; i < kernel->count; i++)
        if (is_vf_of(&kernel->functions[i], pf) &&
            ims_address_compare(kernel->functions[i].address, address) == 0)
            return &kernel->functions[i];
    if (kernel->count == FAKE_FUNCTIONS_MAX)
        return NULL;
    struct fake_function *vf = &kernel->functions[kernel->count];
    *vf = (struct fake_function){
        .address = address,
        .id = pf->vf_id,
        .class_code = pf->class_code,
        .has_group = pf->has_group,
        .group = lowest_free_group(kernel),
        .driver = fake_driver_count,
        .left = fake_driver_count,
        .is_vf = true,
        .physfn = pf->address,
    };
    kernel->count++;
    return vf;
}

void fake_make_vfs(struct fake_kernel *kernel, struct fake_function *pf, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct fake_function *vf = put_vf(kernel, pf, i);

        if (!vf)
            return;
        vf->present = true;
        vf->driver = fake_driver_count;
        (void)fake_choose(kernel, vf);
    }
    pf->numvfs = count;
}

static int set_numvfs(struct fake_kernel *kernel, struct fake_function *pf, uint32_t number)
{
    if (pf->totalvfs == 0 || !fake_is_bound(pf) || !fake_drivers[pf->driver].makes_vfs)
        return -ENOENT;
    if (number > pf->totalvfs)
        return -ERANGE;
    if (number == pf->numvfs)
        return 0;
    if (number && pf->numvfs)
        return -EBUSY;
    if (number)
        fake_make_vfs(kernel, pf, number);
    else
        fake_drop_vfs(kernel, pf);
    return 0;
}

/* ---- unbinding, and what waits ---- */

int fake_unbind(struct fake_kernel *kernel, struct fake_function *function, const char *name)
{
    const unsigned driver = fake_driver_find(name);

    if (driver == fake_driver_count || !kernel->loaded[driver])
        return -ENOENT;
    if (function->driver != driver)
        return -ENODEV;
    if (fake_drivers[driver].drops_vfs)
        fake_drop_vfs(kernel, function);
    /* vfio-pci forbids runtime power management when it leaves, whatever there was before it. */
    if (fake_drivers[driver].is_vfio)
        set_power(function, "on");
    function->driver = fake_driver_count;
    return 0;
}

/* Whether a write to the function does not return before somebody lets go (1.5). */
static bool must_wait(const struct fake_kernel *kernel, const struct fake_function *function,
                      const struct ims_step *step)
{
    if (function->waiting_count > 0 && step->kind == IMS_STEP_UNBIND)
        return function->left < fake_driver_count && step->name &&
               strcmp(fake_drivers[function->left].name, step->name) == 0;
    if (function->waiting_count > 0)
        return step->kind != IMS_STEP_OVERRIDE || kernel->override_waits;
    if (step->kind == IMS_STEP_UNBIND && fake_is_bound(function) && step->name &&
        strcmp(fake_drivers[function->driver].name, step->name) == 0)
        return (fake_drivers[function->driver].is_vfio && function->is_held) ||
               (fake_drivers[function->driver].drops_vfs && fake_has_held_vf(kernel, function));
    return step->kind == IMS_STEP_NUMVFS && step->number == 0 && fake_has_held_vf(kernel, function);
}

bool fake_reads_wait(const struct fake_kernel *kernel, const struct fake_function *function)
{
    return function->waiting_count > 0 &&
           (kernel->override_waits || function->waiting[0].step.kind == IMS_STEP_NUMVFS);
}

static int wait(struct fake_function *function, const struct ims_step *step)
{
    if (function->waiting_count == FAKE_WAITING_MAX)
        return -ETIME;
    struct fake_waiting *waiting = &function->waiting[function->waiting_count++];

    waiting->step = *step;
    snprintf(waiting->name, sizeof(waiting->name), "%s", step->name ? step->name : "");
    /* The link goes first, the unbind ends later (fact 3). */
    if (step->kind == IMS_STEP_UNBIND && function->waiting_count == 1) {
        function->left = function->driver;
        function->driver = fake_driver_count;
    }
    return -ETIME;
}

int fake_do_now(struct fake_kernel *kernel, struct fake_function *function,
                const struct ims_step *step)
{
    switch (step->kind) {
    case IMS_STEP_NUMVFS:
        return set_numvfs(kernel, function, step->number);
    case IMS_STEP_OVERRIDE:
        snprintf(function->override, sizeof(function->override), "%s",
                 step->name ? step->name : "");
        return 0;
    case IMS_STEP_UNBIND:
        return fake_unbind(kernel, function, step->name);
    case IMS_STEP_BIND:
        return bind(kernel, function, step->name);
    case IMS_STEP_PROBE:
        return fake_is_bound(function) ? 0 : fake_choose(kernel, function);
    case IMS_STEP_POWER:
        set_power(function, step->name);
        return 0;
    case IMS_STEP_LOAD:
    case IMS_STEP_KIND_MAX:
        break;
    }
    return -EINVAL;
}

int fake_kernel_do(struct fake_kernel *kernel, const struct ims_step *step)
{
    if (step->kind == IMS_STEP_LOAD) {
        if (fake_driver_find(step->name) == fake_driver_count)
            return -ENOENT;
        fake_kernel_load(kernel, step->name);
        return 0;
    }
    struct fake_function *function = fake_kernel_find(kernel, step->address);
    if (!function)
        return -ENODEV;
    return must_wait(kernel, function, step) ? wait(function, step)
                                             : fake_do_now(kernel, function, step);
}
