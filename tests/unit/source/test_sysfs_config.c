/* SPDX-License-Identifier: MIT */
/* What is read of configuration space: everything the decoder uses, and hardly anything else. */
#define _GNU_SOURCE /* nftw() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/sysfs.h"
#include "sysfs_tree.h"

/* A device that counts what is asked of it. */
struct device {
    struct space space;
    unsigned size_bytes; /* what is readable */
    unsigned read_count;
    unsigned byte_count;
    unsigned char times[4096];
    int fails_at; /* offset from which reads fail, -1 = never */
};

static ssize_t device_read(void *context, void *buffer, size_t size_bytes, unsigned offset)
{
    struct device *device = context;

    assert_int_equal(offset % 4, 0);
    assert_int_equal(size_bytes % 4, 0);
    assert_true(size_bytes > 0 && offset + size_bytes <= 4096);
    if (device->fails_at >= 0 && offset >= (unsigned)device->fails_at)
        return -ENODEV;
    const unsigned readable = offset < device->size_bytes ? device->size_bytes - offset : 0;
    const size_t length = size_bytes < readable ? size_bytes : readable;
    memcpy(buffer, device->space.bytes + offset, length);
    device->read_count++;
    device->byte_count += (unsigned)length;
    for (size_t i = 0; i < length; i++)
        device->times[offset + i]++;
    return (ssize_t)length;
}

static struct ims_config_reach walk(struct device *device, uint8_t devfn, bool is_vf,
                                    struct ims_config *config)
{
    const struct ims_config_io io = {device_read, device, false, false, false};
    struct ims_config_reach reach;

    assert_int_equal(ims_sysfs_config_walk(&io, devfn, is_vf, config, &reach), 0);
    return reach;
}

static void assert_read_once(const struct device *device)
{
    for (unsigned i = 0; i < 4096; i++)
        assert_true(device->times[i] <= 1);
}

static struct device *make_device(void)
{
    struct device *device = calloc(1, sizeof(*device));

    assert_non_null(device);
    device->size_bytes = 4096;
    device->fails_at = -1;
    return device;
}

static void a_root_port_costs_little(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct ims_config config = {0};

    put_express(&device->space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
    put_acs(&device->space, 0x1f, 0x1d);
    assert_false(walk(device, 0xe0, false, &config).is_short);
    /* Header; capability, device and link, control 2; ACS header and registers of Intel's wide layout. */
    assert_int_equal(device->byte_count, 64 + 4 + 16 + 4 + 4 + 8);
    assert_int_equal(device->read_count, 6);
    assert_read_once(device);
    ims_config_done(&config);
    free(device);
}

static void an_endpoint_costs_its_chain(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct ims_config config = {0};

    put_express(&device->space, 0xa808144d, 0x010802, 0, IMS_PORT_ENDPOINT);
    put8(&device->space, 0x41, 0x80);
    put16(&device->space, 0x80, 0x0005);
    put32(&device->space, 0x100, 0x14810001);
    put32(&device->space, 0x148, 0x20010003);
    put32(&device->space, 0x200, 0x0001000d);
    assert_false(walk(device, 0, false, &config).is_short);
    assert_int_equal(device->byte_count, 64 + 4 + 16 + 4 + 3 * 4 + 4);
    assert_read_once(device);
    ims_config_done(&config);
    free(device);
}

static void conventional_functions_are_left_alone_beyond_256(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct ims_config config = {0};

    put32(&device->space, 0, 0x10d38086);
    put32(&device->space, 8, 0x02000000);
    walk(device, 0, false, &config);
    assert_int_equal(device->byte_count, 64);
    ims_config_done(&config);
    free(device);
}

/* R1.8 names three kinds of functions that may have extended space. */
static void extended_space_is_asked_where_it_may_be(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct device *device = make_device();
        struct ims_config config = {0};

        put32(&device->space, 0, 0x12345678);
        put32(&device->space, 8, i == 0 ? 0x06000000 : 0x06040000);
        put8(&device->space, 0x0e, i == 0 ? 0 : 1);
        if (i >= 2) {
            put16(&device->space, 6, 0x10);
            put8(&device->space, 0x34, 0x50);
            put16(&device->space, 0x50, 0x0007);
            put32(&device->space, 0x54, i == 2 ? 0x40000000 : 0);
        }
        put32(&device->space, 0x100, 0x0001000d);
        walk(device, 0, false, &config);
        assert_int_equal(device->times[0x100], i == 0 || i == 2);
        ims_config_done(&config);
        free(device);
    }
}

static void aliases_are_found_with_few_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct device *device = make_device();
        struct ims_config config = {0};
        struct ims_pci_facts facts;

        put_express(&device->space, 0x00011b21, 0x060400, 1, IMS_PORT_DOWNSTREAM);
        for (unsigned offset = 0x100; offset < 4096; offset += 0x100)
            put32(&device->space, offset, 0x00011b21);
        if (i)
            put32(&device->space, 0x300, 0);
        walk(device, 0, false, &config);
        ims_pci_decode(&config, false, &facts);
        assert_int_equal(facts.extended_header, i ? IMS_YES : IMS_NO);
        assert_int_equal(device->times[0x400], !i);
        ims_config_done(&config);
        free(device);
    }
}

/* R4.20: the place that tells whether Intel's root ports are armed, whatever stands there. */
static void the_rcba_register_is_read(void **state)
{
    (void)state;
    static const struct {
        uint32_t ids;
        uint32_t class_code;
        uint8_t devfn;
        bool is_read;
    } cases[] = {
        {0x1e478086, 0x060100, IMS_DEVFN(31, 0), true},
        {0x1e471022, 0x060100, IMS_DEVFN(31, 0), true},
        {0x1e478086, 0x060100, IMS_DEVFN(31, 2), false},
        {0x1e478086, 0x060400, IMS_DEVFN(31, 0), true},
        {0x1e478086, 0x060100, IMS_DEVFN(30, 0), false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct device *device = make_device();
        struct ims_config config = {0};

        put32(&device->space, 0, cases[i].ids);
        put32(&device->space, 8, cases[i].class_code << 8);
        put32(&device->space, 0xf0, 0xfed1c001);
        walk(device, cases[i].devfn, false, &config);
        assert_int_equal(ims_config_get32(&config, 0xf0).known == UINT32_MAX, cases[i].is_read);
        ims_config_done(&config);
        free(device);
    }
}

static void silent_functions_are_not_asked_again(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct ims_config config = {0};

    memset(&device->space, 0xff, sizeof(device->space));
    walk(device, 0, false, &config);
    assert_int_equal(device->read_count, 1);
    ims_config_done(&config);
    free(device);
}

static void refused_bytes_stay_unknown(void **state)
{
    (void)state;
    static const struct {
        unsigned size_bytes;
        unsigned end;
    } cases[] = {{0, 0}, {33, 33}, {64, 64}, {0x100, 0x100}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct device *device = make_device();
        struct ims_config config = {0};

        put_express(&device->space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
        put_acs(&device->space, 0x1f, 0x1d);
        device->size_bytes = cases[i].size_bytes;
        const struct ims_config_reach reach = walk(device, 0xe0, false, &config);
        assert_true(reach.is_short);
        assert_int_equal(reach.end, cases[i].end);
        for (unsigned offset = cases[i].end; offset < 4096; offset++)
            assert_int_equal(ims_config_get8(&config, offset).known, 0);
        ims_config_done(&config);
        free(device);
    }
}

static void a_failing_read_keeps_what_came_before(void **state)
{
    (void)state;
    struct device *device = make_device();
    struct ims_config config = {0};
    struct ims_config_reach reach;
    const struct ims_config_io io = {device_read, device, false, false, false};

    put_express(&device->space, 0xa33c8086, 0x060400, 0x81, IMS_PORT_ROOT);
    device->fails_at = 0x100;
    assert_int_equal(ims_sysfs_config_walk(&io, 0xe0, false, &config, &reach), -ENODEV);
    assert_int_equal(ims_config_get16(&config, 0x42).value, 0x42);
    ims_config_done(&config);
    free(device);
}

/* A zero behind a header without a list is one, when other functions show who made the copy. */
static void a_zero_in_a_copy_is_doubted(void **state)
{
    (void)state;
    for (unsigned proved = 0; proved < 2; proved++) {
        struct device *device = make_device();
        struct ims_config config = {0};
        struct ims_config_reach reach;
        const struct ims_config_io io = {device_read, device, true, proved, false};

        device->space.bytes[0] = 0x36;
        device->space.bytes[1] = 0x1b;
        assert_int_equal(ims_sysfs_config_walk(&io, 0xf8, false, &config, &reach), 0);
        assert_int_equal(reach.is_padded, !proved);
        assert_int_equal(ims_config_get32(&config, 0xf0).known, proved ? UINT32_MAX : 0);
        assert_false(reach.has_list);
        ims_config_done(&config);
        free(device);
    }
}

/* ---- the law: what was not read would not have changed the facts ---- */

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* Room for every structure, and now and then a pointer that leads nowhere. */
static unsigned random_place(uint64_t *seed)
{
    return next_random(seed) % 8 ? 0x40 + next_random(seed) % 32 * 4 : next_random(seed) & 0x3c;
}

static void random_lists(struct space *space, uint64_t *seed)
{
    static const uint8_t classic[] = {0x01, 0x05, 0x07, 0x09, 0x0d, 0x10, 0x10, 0x11, 0x00, 0xff};
    static const uint16_t extended[] = {0x01, 0x03, 0x0b, 0x0d, 0x0d, 0x0e, 0x10, 0x00, 0x19};

    for (unsigned place = 0x40; place < 0xc0; place += 4) {
        put8(space, place, classic[next_random(seed) % sizeof(classic)]);
        put8(space, place + 1, random_place(seed));
    }
    put8(space, 0x34, random_place(seed));
    put8(space, 0x14, random_place(seed));
    for (unsigned i = 0; i < 6; i++) {
        const unsigned place = i ? 0x100 + next_random(seed) % 0x3c0 * 4 : 0x100;
        const unsigned next = next_random(seed) % 4 ? next_random(seed) & 0xffc : 0;
        put32(space, place, extended[next_random(seed) % 9] | 1u << 16 | next << 20);
    }
}

static void random_space(struct space *space, uint64_t *seed)
{
    static const uint32_t classes[] = {0x060000, 0x060100, 0x060400, 0x010802, 0x060700};

    for (unsigned offset = 0; offset < 4096; offset += 4)
        put32(space, offset, next_random(seed) % 8 ? 0 : next_random(seed) << 1);
    put32(space, 0, next_random(seed) % 2 ? 0xa33c8086 : 0x00011b21);
    put16(space, 6, next_random(seed) % 8 ? 0x10 : 0);
    put32(space, 8, classes[next_random(seed) % 5] << 8);
    put8(space, 0x0e, next_random(seed) % 8 ? next_random(seed) % 3 : next_random(seed));
    random_lists(space, seed);
}

static void assert_same_bits(struct ims_bits a, struct ims_bits b)
{
    assert_int_equal(a.value, b.value);
    assert_int_equal(a.known, b.known);
}

static void assert_same_facts(const struct ims_pci_facts *a, const struct ims_pci_facts *b)
{
    assert_same_bits(a->header_type, b->header_type);
    assert_same_bits(a->subsystem_vendor, b->subsystem_vendor);
    assert_same_bits(a->subsystem_device, b->subsystem_device);
    assert_int_equal(a->multifunction_bit, b->multifunction_bit);
    assert_int_equal(a->pcie, b->pcie);
    assert_int_equal(a->pcie_offset, b->pcie_offset);
    assert_int_equal(a->port_type, b->port_type);
    assert_int_equal(a->slot_implemented, b->slot_implemented);
    assert_same_bits(a->link_speed_max, b->link_speed_max);
    assert_same_bits(a->link_width, b->link_width);
    assert_int_equal(a->ari_forwarding, b->ari_forwarding);
    assert_int_equal(a->pcix_mode2, b->pcix_mode2);
    assert_int_equal(a->extended_header, b->extended_header);
    assert_int_equal(a->ari, b->ari);
    assert_int_equal(a->acs.present, b->acs.present);
    assert_int_equal(a->acs.offset, b->acs.offset);
    assert_same_bits(a->acs.capability, b->acs.capability);
    assert_same_bits(a->acs.control, b->acs.control);
    assert_int_equal(a->sriov.present, b->sriov.present);
    assert_int_equal(a->sriov.vf_enable, b->sriov.vf_enable);
    assert_same_bits(a->sriov.total_vfs, b->sriov.total_vfs);
    assert_same_bits(a->sriov.num_vfs, b->sriov.num_vfs);
    assert_same_bits(a->sriov.first_vf_offset, b->sriov.first_vf_offset);
    assert_same_bits(a->sriov.vf_stride, b->sriov.vf_stride);
    assert_same_bits(a->sriov.vf_device, b->sriov.vf_device);
    assert_int_equal(a->bridge.secondary.value, b->bridge.secondary.value);
    assert_int_equal(a->capability_count, b->capability_count);
    assert_int_equal(a->classic_complete, b->classic_complete);
    assert_int_equal(a->extended_complete, b->extended_complete);
    assert_int_equal(a->damage, b->damage);
}

static void what_is_not_read_does_not_matter(void **state)
{
    (void)state;
    uint64_t seed = 20;
    unsigned extended_count = 0;

    for (unsigned round = 0; round < 20000; round++) {
        struct device *device = make_device();
        struct ims_config read = {0};
        struct ims_config whole = {0};
        struct ims_pci_facts some;
        struct ims_pci_facts all;
        const bool is_vf = round % 7 == 0;

        random_space(&device->space, &seed);
        assert_false(walk(device, 0, is_vf, &read).is_short);
        assert_int_equal(ims_config_set_bytes(&whole, 0, &device->space, 4096), 0);
        ims_pci_decode(&read, is_vf, &some);
        ims_pci_decode(&whole, is_vf, &all);
        assert_same_facts(&some, &all);
        extended_count += all.acs.present == IMS_YES;
        ims_config_done(&read);
        ims_config_done(&whole);
        free(device);
    }
    assert_true(extended_count > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_port_costs_little),
        cmocka_unit_test(an_endpoint_costs_its_chain),
        cmocka_unit_test(conventional_functions_are_left_alone_beyond_256),
        cmocka_unit_test(extended_space_is_asked_where_it_may_be),
        cmocka_unit_test(aliases_are_found_with_few_reads),
        cmocka_unit_test(the_rcba_register_is_read),
        cmocka_unit_test(silent_functions_are_not_asked_again),
        cmocka_unit_test(refused_bytes_stay_unknown),
        cmocka_unit_test(a_failing_read_keeps_what_came_before),
        cmocka_unit_test(a_zero_in_a_copy_is_doubted),
        cmocka_unit_test(what_is_not_read_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
