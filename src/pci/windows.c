/* SPDX-License-Identifier: MIT */
#include "pci/decode.h"
#include "pci/regs.h"

/* A window is open when its limit is not below its base. */
static struct ims_window window_make(uint64_t base, uint64_t limit)
{
    struct ims_window window = {.open = ims_tristate_from_bool(base <= limit)};

    if (base <= limit) {
        window.base = base;
        window.limit = limit;
    }
    return window;
}

/*
 * A window whose base and limit registers carry address bits in address_mask, moved left by shift,
 * and in their low four bits whether upper registers continue the address. base_upper and
 * limit_upper are the values of these, upper_shift their place in the address.
 */
struct window_registers {
    struct ims_bits base;
    struct ims_bits limit;
    struct ims_bits base_upper;
    struct ims_bits limit_upper;
    uint32_t address_mask;
    uint32_t upper_mask;
    unsigned shift;
    unsigned upper_shift;
};

static struct ims_window window_decode(const struct window_registers *registers)
{
    const struct ims_window unknown = {0};
    uint32_t needed = registers->address_mask | IMS_REG_WINDOW_TYPE;
    uint64_t tail = (1u << (registers->shift + 4)) - 1;

    if (!ims_bits_all_known(registers->base, needed) ||
        !ims_bits_all_known(registers->limit, needed))
        return unknown;
    unsigned type = registers->base.value & IMS_REG_WINDOW_TYPE;
    if (type != (registers->limit.value & IMS_REG_WINDOW_TYPE))
        return unknown; /* registers that contradict each other state nothing */

    uint64_t base = (uint64_t)(registers->base.value & registers->address_mask) << registers->shift;
    uint64_t limit = (uint64_t)(registers->limit.value & registers->address_mask)
                     << registers->shift;
    if (type == IMS_REG_WINDOW_WIDE) {
        if (!ims_bits_all_known(registers->base_upper, registers->upper_mask) ||
            !ims_bits_all_known(registers->limit_upper, registers->upper_mask))
            return unknown;
        base |= (uint64_t)registers->base_upper.value << registers->upper_shift;
        limit |= (uint64_t)registers->limit_upper.value << registers->upper_shift;
    } else if (type != IMS_REG_WINDOW_NARROW) {
        return unknown;
    }
    return window_make(base, limit | tail);
}

static struct ims_window io_decode(const struct ims_config *config)
{
    const struct window_registers registers = {
        .base = ims_config_get8(config, IMS_REG_TYPE1_IO_BASE),
        .limit = ims_config_get8(config, IMS_REG_TYPE1_IO_LIMIT),
        .base_upper = ims_config_get16(config, IMS_REG_TYPE1_IO_BASE_UPPER),
        .limit_upper = ims_config_get16(config, IMS_REG_TYPE1_IO_LIMIT_UPPER),
        .address_mask = 0xf0,
        .upper_mask = 0xffff,
        .shift = 8,
        .upper_shift = 16,
    };
    return window_decode(&registers);
}

static struct ims_window memory_decode(const struct ims_config *config)
{
    struct window_registers registers = {
        .base = ims_config_get16(config, IMS_REG_TYPE1_MEMORY_BASE),
        .limit = ims_config_get16(config, IMS_REG_TYPE1_MEMORY_LIMIT),
        .address_mask = 0xfff0,
        .shift = 16,
    };

    /* There are no upper registers: the low four bits are reserved and read as zero. */
    registers.base.value &= ~IMS_REG_WINDOW_TYPE;
    registers.base.known |= IMS_REG_WINDOW_TYPE;
    registers.limit.value &= ~IMS_REG_WINDOW_TYPE;
    registers.limit.known |= IMS_REG_WINDOW_TYPE;
    return window_decode(&registers);
}

static struct ims_window prefetchable_decode(const struct ims_config *config)
{
    const struct window_registers registers = {
        .base = ims_config_get16(config, IMS_REG_TYPE1_PREFETCHABLE_BASE),
        .limit = ims_config_get16(config, IMS_REG_TYPE1_PREFETCHABLE_LIMIT),
        .base_upper = ims_config_get32(config, IMS_REG_TYPE1_PREFETCHABLE_BASE_UPPER),
        .limit_upper = ims_config_get32(config, IMS_REG_TYPE1_PREFETCHABLE_LIMIT_UPPER),
        .address_mask = 0xfff0,
        .upper_mask = 0xffffffff,
        .shift = 16,
        .upper_shift = 32,
    };
    return window_decode(&registers);
}

/* CardBus windows are whole dwords; tail = the address bits that the registers do not carry. */
static struct ims_window cardbus_decode(const struct ims_config *config, unsigned base_offset,
                                        unsigned limit_offset, uint32_t tail)
{
    struct ims_bits base = ims_config_get32(config, base_offset);
    struct ims_bits limit = ims_config_get32(config, limit_offset);

    if (!ims_bits_all_known(base, ~tail) || !ims_bits_all_known(limit, ~tail))
        return (struct ims_window){0};
    return window_make(base.value & ~tail, limit.value | tail);
}

void ims_pci_bridge_decode(const struct ims_config *config, unsigned layout,
                           struct ims_pci_facts *facts)
{
    struct ims_bridge *bridge = &facts->bridge;

    if (layout != IMS_HEADER_BRIDGE && layout != IMS_HEADER_CARDBUS)
        return;
    /* The bus numbers stand at the same place in both layouts. */
    bridge->primary = ims_config_get8(config, IMS_REG_TYPE1_PRIMARY_BUS);
    bridge->secondary = ims_config_get8(config, IMS_REG_TYPE1_SECONDARY_BUS);
    bridge->subordinate = ims_config_get8(config, IMS_REG_TYPE1_SUBORDINATE_BUS);
    if (layout == IMS_HEADER_BRIDGE) {
        bridge->io = io_decode(config);
        bridge->memory = memory_decode(config);
        bridge->prefetchable = prefetchable_decode(config);
        const struct ims_bits control = ims_config_get16(config, IMS_REG_TYPE1_BRIDGE_CONTROL);
        bridge->vga = ims_bits_test(control, IMS_REG_BRIDGE_CONTROL_VGA);
        bridge->isa = ims_bits_test(control, IMS_REG_BRIDGE_CONTROL_ISA);
        return;
    }
    /* A CardBus bridge has two windows of each kind; by custom memory window 0 is prefetchable. */
    bridge->prefetchable =
        cardbus_decode(config, IMS_REG_TYPE2_MEMORY_BASE_0, IMS_REG_TYPE2_MEMORY_LIMIT_0, 0xfff);
    bridge->memory =
        cardbus_decode(config, IMS_REG_TYPE2_MEMORY_BASE_1, IMS_REG_TYPE2_MEMORY_LIMIT_1, 0xfff);
    bridge->io = cardbus_decode(config, IMS_REG_TYPE2_IO_BASE_0, IMS_REG_TYPE2_IO_LIMIT_0, 0x3);
}
