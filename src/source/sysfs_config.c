/* SPDX-License-Identifier: MIT */
#include "source/sysfs.h"

#include <errno.h>
#include <string.h>

#include "pci/regs.h"

/*
 * A dword of configuration space is a slow bus transaction on real hardware, so only what a rule
 * needs is read. The lists are walked here, with bytes as they come; the decoder walks them again
 * in the image and is the one who judges damage.
 */

#define CLASSIC_SIZE_BYTES 256u
#define ALIAS_STEP_BYTES 256u
#define DWORD_BYTES 4u
#define ALL_ONES 0xffffffffu

#define VENDOR_INTEL 0x8086u
#define RCBA_DEVFN IMS_DEVFN(31, 0)
#define RCBA_REGISTER 0xf0u /* R4.20 */

/* Registers behind the header dword of a capability: offset and size of one run. */
struct span {
    uint8_t offset;
    uint8_t size_bytes;
};
static const struct span pcie_link = {0x04, 16};     /* device and link registers */
static const struct span pcie_control_2 = {0x28, 4}; /* ARI forwarding */
static const struct span pcix_status = {0x04, 4};
static const struct span subsystem_ids = {0x04, 4};
static const struct span acs_registers = {0x04, 4};
static const struct span acs_registers_wide = {0x04, 8}; /* R4.21: control in the dword at +8 */
static const struct span acs_vector = {0x08, 32};        /* egress control vector */
static const struct span acs_vector_rest = {0x0c, 28};   /* what the wide span leaves of it */
static const struct span ari_registers = {0x04, 4};
static const struct span ats_registers = {0x04, 4};
static const struct span multicast_registers = {0x04, 0x24};
static const struct span ea_registers = {0x04, 0x3c};
static const struct span fpb_registers = {0x04, 0x14};
static const struct span sriov_registers = {0x04, 0x3c};
static const struct span serial_number = {0x04, 8};

struct walk {
    const struct ims_config_io *io;
    struct ims_config *config;
    struct ims_config_reach *reach;
    uint32_t ids;
    uint32_t class_code;
    bool is_vf;
    bool
        may_extend; /* R1.8: PCI Express, PCI-X mode 2, host bridge, or a list that tells nothing */
    bool doubt_zero; /* the next dword is no real one when it is zero */
};

/* Reads and states one run. Returns 1, 0 when not all of it is readable, or -errno. */
static int fetch(struct walk *walk, unsigned offset, unsigned size_bytes)
{
    uint8_t bytes[IMS_REG_HEADER_END];

    const ssize_t got = walk->io->read(walk->io->context, bytes, size_bytes, offset);
    if (got < 0)
        return (int)got;
    unsigned length = got > (ssize_t)size_bytes ? size_bytes : (unsigned)got;
    if (walk->doubt_zero && length == DWORD_BYTES &&
        memcmp(bytes, &(uint32_t){0}, DWORD_BYTES) == 0) {
        walk->reach->is_padded = true;
        length = 0;
    }
    if (length > 0) {
        const int r = ims_config_set_bytes(walk->config, offset, bytes, length);
        if (r < 0)
            return r;
    }
    if (length == size_bytes)
        return 1;
    if (!walk->reach->is_short) {
        walk->reach->is_short = true;
        walk->reach->end = offset + length;
    }
    return 0;
}

/* The registers of a capability at place, as far as they stand before end. */
static int fetch_span(struct walk *walk, unsigned place, struct span span, unsigned end)
{
    const unsigned offset = place + span.offset;

    if (offset >= end)
        return 1;
    return fetch(walk, offset, offset + span.size_bytes > end ? end - offset : span.size_bytes);
}

static uint32_t value32(const struct walk *walk, unsigned offset)
{
    return ims_config_get32(walk->config, offset).value;
}

/* Version 1 of the structure ends early, and only what leads downstream forwards ARI. */
static bool has_control_2(uint32_t header)
{
    const uint32_t capabilities = header >> 16;
    const uint32_t type =
        (capabilities & IMS_REG_PCIE_CAPABILITIES_TYPE) >> IMS_REG_PCIE_CAPABILITIES_TYPE_SHIFT;

    return (capabilities & IMS_REG_PCIE_CAPABILITIES_VERSION) >= 2 && type != IMS_PORT_ENDPOINT &&
           type != IMS_PORT_LEGACY_ENDPOINT && type != IMS_PORT_RC_ENDPOINT &&
           type != IMS_PORT_RC_EVENT_COLLECTOR;
}

/* The registers behind one header of the classic list. Returns as fetch(). */
static int classic_entry(struct walk *walk, unsigned place, uint32_t header)
{
    int r = 1;

    switch (header & 0xff) {
    case IMS_CAPABILITY_PCIE:
        walk->may_extend = true;
        r = fetch_span(walk, place, pcie_link, CLASSIC_SIZE_BYTES);
        if (r > 0 && has_control_2(header))
            r = fetch_span(walk, place, pcie_control_2, CLASSIC_SIZE_BYTES);
        return r;
    case IMS_CAPABILITY_PCIX:
        r = fetch_span(walk, place, pcix_status, CLASSIC_SIZE_BYTES);
        if (r > 0 && value32(walk, place + pcix_status.offset) &
                         (IMS_REG_PCIX_STATUS_266 | IMS_REG_PCIX_STATUS_533))
            walk->may_extend = true;
        return r;
    case IMS_CAPABILITY_SUBSYSTEM:
        return fetch_span(walk, place, subsystem_ids, CLASSIC_SIZE_BYTES);
    case IMS_CAPABILITY_EA:
        return fetch_span(walk, place, ea_registers, CLASSIC_SIZE_BYTES);
    case IMS_CAPABILITY_FPB:
        return fetch_span(walk, place, fpb_registers, CLASSIC_SIZE_BYTES);
    default:
        return r;
    }
}

/* Where the list begins; 0 when there is none or the header is of no known kind. */
static unsigned classic_begin(struct walk *walk)
{
    const uint32_t type =
        ims_config_get8(walk->config, IMS_REG_HEADER_TYPE).value & IMS_REG_HEADER_TYPE_LAYOUT;
    const uint32_t status = ims_config_get16(walk->config, IMS_REG_STATUS).value;

    if (!(status & IMS_REG_STATUS_CAPABILITIES_LIST))
        return 0;
    if (type == IMS_HEADER_CARDBUS && !walk->is_vf)
        return ims_config_get8(walk->config, IMS_REG_TYPE2_CAPABILITIES_POINTER).value;
    if (type > IMS_HEADER_CARDBUS && !walk->is_vf) {
        walk->may_extend = true;
        return 0;
    }
    return ims_config_get8(walk->config, IMS_REG_CAPABILITIES_POINTER).value;
}

/* Returns 1, 0 when not all of it is readable, or -errno. */
static int classic_list(struct walk *walk)
{
    uint64_t visited = 0; /* one bit per dword */

    /*
     * Archivers fill what an unprivileged read refused with zeros. In a copy, a list that starts
     * with nothing at all is taken for that, not for a function without capabilities. Without a
     * list the same holds of the next register, unless other functions tell who made the copy.
     */
    unsigned pointer = classic_begin(walk);
    walk->doubt_zero = walk->io->is_copy && (pointer || !walk->io->is_proved);
    while (pointer & IMS_REG_CAPABILITY_NEXT_MASK) {
        const unsigned place = pointer & IMS_REG_CAPABILITY_NEXT_MASK;
        const uint64_t bit = UINT64_C(1) << place / DWORD_BYTES;
        if (place < IMS_REG_HEADER_END || visited & bit) {
            walk->may_extend = true; /* the decoder reports the damage */
            return 1;
        }
        visited |= bit;

        int r = fetch(walk, place, DWORD_BYTES);
        if (r <= 0)
            return r;
        walk->doubt_zero = false;
        const uint32_t header = value32(walk, place);
        walk->reach->has_list |= header != 0;
        if ((header & 0xff) == IMS_CAPABILITY_END) {
            walk->may_extend = true;
            return 1;
        }
        r = classic_entry(walk, place, header);
        if (r <= 0)
            return r;
        pointer = header >> 8;
    }
    return 1;
}

/* The egress control vector stands there only with its capability bit (A1.1). */
static int acs_entry(struct walk *walk, unsigned place, unsigned end)
{
    const bool wide = (walk->ids & 0xffff) == VENDOR_INTEL;
    const int r = fetch_span(walk, place, wide ? acs_registers_wide : acs_registers, end);

    if (r <= 0 || place + acs_vector.offset >= end ||
        !(value32(walk, place + IMS_REG_ACS_CAPABILITY) & IMS_ACS_EC))
        return r;
    return fetch_span(walk, place, wide ? acs_vector_rest : acs_vector, end);
}

static int extended_entry(struct walk *walk, unsigned place, uint32_t header)
{
    const unsigned end = IMS_CONFIG_SIZE_BYTES;

    switch (header & IMS_REG_EXTENDED_ID) {
    case IMS_EXTENDED_ACS:
        return acs_entry(walk, place, end);
    case IMS_EXTENDED_ARI:
        return fetch_span(walk, place, ari_registers, end);
    case IMS_EXTENDED_SRIOV:
        return fetch_span(walk, place, sriov_registers, end);
    case IMS_EXTENDED_ATS:
    case IMS_EXTENDED_PRI:
    case IMS_EXTENDED_PASID:
        return fetch_span(walk, place, ats_registers, end);
    case IMS_EXTENDED_MULTICAST:
        return fetch_span(walk, place, multicast_registers, end);
    case IMS_EXTENDED_SERIAL:
        return walk->io->wants_serial ? fetch_span(walk, place, serial_number, end) : 1;
    default:
        return 1;
    }
}

/*
 * Some bridges ignore the upper address bits, then the ids come back every 256 bytes (R1.8). One
 * place that differs ends the search. Returns 1 for real space, 0 for an alias or a short read.
 */
static int is_no_alias(struct walk *walk)
{
    if (value32(walk, IMS_REG_EXTENDED_FIRST) != walk->ids || walk->is_vf)
        return 1;
    for (unsigned offset = IMS_REG_EXTENDED_FIRST + ALIAS_STEP_BYTES;
         offset < IMS_CONFIG_SIZE_BYTES; offset += ALIAS_STEP_BYTES) {
        const int r = fetch(walk, offset, DWORD_BYTES);
        if (r <= 0)
            return r;
        if (value32(walk, offset) != walk->ids)
            return 1;
    }
    return 0;
}

static int extended_list(struct walk *walk)
{
    uint64_t visited[IMS_CONFIG_SIZE_BYTES / DWORD_BYTES / 64] = {0};
    unsigned place = IMS_REG_EXTENDED_FIRST;

    int r = fetch(walk, place, DWORD_BYTES);
    if (r <= 0 || value32(walk, place) == ALL_ONES)
        return r;
    r = is_no_alias(walk);
    while (r > 0) {
        const uint32_t header = value32(walk, place);
        const unsigned index = place / DWORD_BYTES;
        const uint64_t bit = UINT64_C(1) << index % 64;
        if (visited[index / 64] & bit || header == 0 || header == ALL_ONES)
            return 1;
        visited[index / 64] |= bit;

        r = extended_entry(walk, place, header);
        place = header >> IMS_REG_EXTENDED_NEXT_SHIFT & IMS_REG_EXTENDED_NEXT_ALIGN;
        if (r <= 0 || place < IMS_REG_EXTENDED_FIRST)
            return r;
        r = fetch(walk, place, DWORD_BYTES);
    }
    return r;
}

/* What stands outside of header and lists. */
static int fixed_registers(struct walk *walk, uint8_t devfn)
{
    const uint32_t type =
        ims_config_get8(walk->config, IMS_REG_HEADER_TYPE).value & IMS_REG_HEADER_TYPE_LAYOUT;

    if (walk->is_vf)
        return 1;
    if (type == IMS_HEADER_CARDBUS) {
        const int r = fetch(walk, IMS_REG_TYPE2_SUBSYSTEM_VENDOR_ID, DWORD_BYTES);
        if (r <= 0)
            return r;
    }
    /* The kernel asks whatever stands at this place, without looking at its ids (R4.20). */
    if (devfn == RCBA_DEVFN)
        return fetch(walk, RCBA_REGISTER, DWORD_BYTES);
    return 1;
}

int ims_sysfs_config_walk(const struct ims_config_io *io, uint8_t devfn, bool is_vf,
                          struct ims_config *config, struct ims_config_reach *ret)
{
    struct walk walk = {.io = io, .config = config, .reach = ret, .is_vf = is_vf};

    *ret = (struct ims_config_reach){0};
    int r = fetch(&walk, 0, IMS_REG_HEADER_END);
    if (r <= 0)
        return r;
    walk.ids = value32(&walk, IMS_REG_VENDOR_ID);
    walk.class_code = value32(&walk, IMS_REG_CLASS_REVISION) >> 8;
    if (walk.ids == ALL_ONES && value32(&walk, IMS_REG_CLASS_REVISION) == ALL_ONES)
        return 0; /* it does not answer; more reads would only cost time-outs */
    walk.may_extend = is_vf || walk.class_code >> 8 == IMS_CLASS_HOST_BRIDGE;

    r = classic_list(&walk);
    if (r > 0)
        r = fixed_registers(&walk, devfn);
    if (r > 0 && walk.may_extend)
        r = extended_list(&walk);
    return r < 0 ? r : 0;
}
