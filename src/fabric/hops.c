/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/array.h"
#include "fabric/walk.h"
#include "pci/regs.h"

/* The control bits that are not of ACS Enhanced (A1.3). */
#define ACS_BASIC 0x7fu

const char *ims_walk_name(const struct ims_walk *walk, uint32_t function)
{
    char buffer[IMS_ADDRESS_STRING_SIZE];

    if (walk->quiet)
        return "";
    const char *name = ims_arena_printf(
        walk->arena, "%s",
        ims_address_format(ims_fabric_info(walk->fabric, function)->address, buffer));
    return name ? name : "";
}

const char *ims_walk_acs_words(const struct ims_walk *walk, uint32_t function)
{
    const struct ims_controls *controls = &walk->fabric->nodes[function].controls;

    if (walk->quiet)
        return "";
    if (controls->stated)
        return "its vendor states that it has no peers";
    if (controls->present == IMS_NO)
        return "it has no ACS structure";
    if (controls->present == IMS_UNKNOWN || !ims_bits_all_known(controls->control, ACS_BASIC))
        return "its ACS registers are not known";
    /* The text of lspci tells the seven bits that every structure has, and no others. */
    const char *words = ims_arena_printf(
        walk->arena, "its ACS control is %04x%s",
        controls->control.value & controls->control.known & 0xffff,
        ims_bits_all_known(controls->control, 0xffff) ? "" : " as far as it is known");
    return words ? words : "";
}

struct register_list {
    struct ims_fabric_register items[8];
    uint32_t count;
};

static void look(struct register_list *list, const char *name, unsigned offset, unsigned size_bits,
                 struct ims_bits bits)
{
    list->items[list->count++] = (struct ims_fabric_register){
        .name = name,
        .offset = (uint16_t)offset,
        .size_bits = (uint16_t)size_bits,
        .value = bits.value,
        .known = bits.known,
    };
}

static void look_at(const struct ims_walk *walk, uint32_t function, unsigned looks,
                    struct register_list *list)
{
    const struct ims_function_info *info = ims_fabric_info(walk->fabric, function);
    const struct ims_config *config = &info->record->config;
    const struct ims_controls *controls = &walk->fabric->nodes[function].controls;

    if ((looks & IMS_LOOK_ACS) && controls->control_offset)
        look(list, "ACS Control", controls->control_offset, 16, controls->control);
    if ((looks & IMS_LOOK_EGRESS) && controls->control_offset && controls->e != IMS_NO)
        look(list, "ACS Egress Control Vector", info->pci.acs.offset + IMS_REG_ACS_EGRESS_VECTOR,
             32, info->pci.acs_egress[0]);
    if (looks & IMS_LOOK_BUSES)
        look(list, "Bus Numbers", IMS_REG_TYPE1_PRIMARY_BUS, 32,
             ims_config_get32(config, IMS_REG_TYPE1_PRIMARY_BUS));
    if (looks & IMS_LOOK_WINDOW) {
        if (ims_tlp_space(walk->tlp) == IMS_FABRIC_IO) {
            look(list, "I/O Base/Limit", IMS_REG_TYPE1_IO_BASE, 16,
                 ims_config_get16(config, IMS_REG_TYPE1_IO_BASE));
        } else {
            look(list, "Memory Base/Limit", IMS_REG_TYPE1_MEMORY_BASE, 32,
                 ims_config_get32(config, IMS_REG_TYPE1_MEMORY_BASE));
            look(list, "Prefetchable Base/Limit", IMS_REG_TYPE1_PREFETCHABLE_BASE, 32,
                 ims_config_get32(config, IMS_REG_TYPE1_PREFETCHABLE_BASE));
        }
    }
    if (looks & IMS_LOOK_COMMAND)
        look(list, "Command", IMS_REG_COMMAND, 16, info->pci.command);
    if ((looks & IMS_LOOK_MULTICAST) && info->pci.multicast.offset)
        look(list, "Multicast Control", info->pci.multicast.offset + IMS_REG_MULTICAST_CONTROL, 16,
             ims_config_get16(config, info->pci.multicast.offset + IMS_REG_MULTICAST_CONTROL));
}

/* The base address register that took it. */
static void look_at_bar(const struct ims_walk *walk, uint32_t bar, struct register_list *list)
{
    const struct ims_fabric_bar *range = &walk->fabric->bars[bar];
    const struct ims_function_info *info =
        ims_fabric_info(walk->fabric, walk->fabric->bar_function[bar]);
    const unsigned offset =
        range->number < IMS_BAR_ROM_INDEX ? IMS_REG_BAR0 + 4 * range->number : IMS_REG_TYPE0_ROM;

    if (!range->of_vf)
        look(list, range->number < IMS_BAR_ROM_INDEX ? "Base Address" : "Expansion ROM", offset, 32,
             ims_config_get32(&info->record->config, offset));
}

static struct ims_fabric_hop *new_hop(struct ims_walk *walk)
{
    if (walk->hop_count == walk->hop_capacity) {
        struct ims_fabric_hop *grown = ims_array_grow(walk->hops, &walk->hop_capacity,
                                                      walk->hop_count + 1, sizeof(*walk->hops));
        if (!grown) {
            walk->error = -ENOMEM;
            return NULL;
        }
        walk->hops = grown;
    }
    return &walk->hops[walk->hop_count++];
}

void ims_walk_hop(struct ims_walk *walk, uint32_t function, enum ims_fabric_decision decision,
                  bool open, const char *rule, unsigned looks, const char *format, ...)
{
    struct register_list list = {.count = 0};
    va_list arguments;

    walk->may |= open;
    if (walk->quiet || walk->error)
        return;
    struct ims_fabric_hop *hop = new_hop(walk);
    if (!hop)
        return;
    if (function != IMS_NONE)
        look_at(walk, function, looks, &list);
    if (looks & IMS_LOOK_BAR) {
        struct ims_hit hits[IMS_HIT_MAX];
        bool taken;
        const unsigned count = ims_fabric_hits(
            walk->fabric, (struct ims_place){walk->fabric->nodes[function].realm, IMS_NONE, IMS_NO},
            ims_tlp_space(walk->tlp), walk->tlp->address, hits, &taken);
        for (unsigned i = 0; i < count; i++)
            if (hits[i].function == function && hits[i].bar != IMS_NONE && list.count < 8)
                look_at_bar(walk, hits[i].bar, &list);
    }
    va_start(arguments, format);
    *hop = (struct ims_fabric_hop){
        .function = {function},
        .decision = decision,
        .certainty = open ? IMS_FABRIC_MAY : IMS_FABRIC_MUST,
        .rule = rule,
        .register_count = list.count,
        .text = ims_arena_vprintf(walk->arena, format, arguments),
    };
    va_end(arguments);
    struct ims_fabric_register *registers =
        ims_arena_alloc_array(walk->arena, list.count, sizeof(*registers));
    if (!hop->text || !registers) {
        walk->error = -ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < list.count; i++)
        registers[i] = list.items[i];
    hop->registers = registers;
}
