/* SPDX-License-Identifier: MIT */
#include "bulk/witness.h"

#include <stdlib.h>
#include <string.h>

#include "iommuscope/grouping.h"
#include "rules/quirk_tables.h"

#define LIST_SHORT 64u /* lists of up to so many ids are never thinned */

/* ---- ids ---- */

struct list {
    struct witness_id *ids;
    unsigned count;
};

static void add(struct list *list, uint32_t row, uint16_t vendor, uint16_t device,
                struct ims_id subsystem)
{
    list->ids = realloc(list->ids, (list->count + 1u) * sizeof(*list->ids));
    if (!list->ids)
        abort();
    list->ids[list->count++] = (struct witness_id){row, {vendor, device}, subsystem};
}

/* The ranges of a list row, which come after the rows of the table. */
static void add_list(struct list *list, uint32_t row, uint16_t vendor, unsigned every)
{
    for (unsigned i = 0; i < IMS_ACS_LIST_RANGE_COUNT; i++) {
        const struct ims_acs_list_range *range = &ims_acs_list_ranges[i];
        if (range->row != row - IMS_ACS_QUIRK_ROW_COUNT)
            continue;
        unsigned length = (unsigned)range->last - range->first;
        unsigned step = length > LIST_SHORT ? every : 1;
        for (unsigned device = range->first; device <= range->last; device += step)
            add(list, row, vendor, (uint16_t)device, (struct ims_id){0});
        if (length % step)
            add(list, row, vendor, range->last, (struct ims_id){0});
    }
}

/* A row for every id of a vendor: one that the list of its rule does not hold, and one that it does. */
static void add_any(struct list *list, uint32_t row, uint16_t vendor)
{
    add(list, row, vendor, 0xfff0, (struct ims_id){0});
    for (unsigned i = 0; row < IMS_ACS_QUIRK_ROW_COUNT && i < IMS_ACS_LIST_RANGE_COUNT; i++) {
        if (ims_acs_list_ranges[i].rule == ims_acs_quirk_rows[row].rule) {
            add(list, row, vendor, ims_acs_list_ranges[i].first, (struct ims_id){0});
            return;
        }
    }
}

struct witness_id *witness_ids(unsigned every, unsigned *ret_count)
{
    struct list list = {0};
    for (uint32_t i = 0; i < ims_quirk_row_count(); i++) {
        struct ims_quirk_row row = ims_quirk_row_at(i);
        uint32_t alias =
            i - (ims_quirk_row_count() - IMS_ALIAS_QUIRK_ROW_COUNT - IMS_ALIAS_RUNTIME_ROW_COUNT);
        if (strcmp(row.kind, "expand") == 0)
            add_list(&list, i, row.vendor, every);
        else if (strcmp(row.table, "alias") == 0 && alias < IMS_ALIAS_QUIRK_ROW_COUNT)
            add(&list, i, row.vendor, row.device, ims_alias_quirk_rows[alias].subsystem);
        else if (!row.any_device)
            add(&list, i, row.vendor, row.device, (struct ims_id){0});
        else
            add_any(&list, i, row.vendor);
    }
    *ret_count = list.count;
    return list.ids;
}

/* ---- machines ---- */

/*
 * "@" is the id. The last line says how the kernel meets the machine: acs, when an IOMMU driver has
 * asked for it; without it the registers stay as they are.
 */
static const char *const templates[] = {
    /* A port without ACS. */
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp @ bus=01\n0000:01:00.0 ep\n",
    /* One whose table asks what it knows (R4.20). */
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp @ bus=01\n0000:01:00.0 ep\n"
    "0000:00:1f.0 conv 8086:7a04 class=060100 cfg f0=fed1c001\n",
    /* A port with all that is needed, for rules that forbid. */
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp @ bus=01 acs=1d/1d\n0000:01:00.0 ep\n",
    /* Functions of one device, without and with ACS. */
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp bus=01 acs=1d/1d\n0000:01:00.0 ep @ mf=yes\n0000:01:00.1 ep\n",
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp bus=01 acs=1d/1d\n0000:01:00.0 ep @ acs=1c/1c mf=yes\n0000:01:00.1 ep\n",
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:05.0 rciep @ mf=yes\n0000:00:05.1 rciep\n",
    "machine arch=x86_64 ivrs=yes kind=amd\n"
    "0000:00:14.0 conv @ mf=yes\n0000:00:14.1 conv\n",
    /* Neighbours that only an alias can bring together. */
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp bus=01 acs=1d/1d\n0000:01:00.0 ep @ acs=1c/1c mf=yes\n"
    "0000:01:00.1 ep acs=1c/1c\n0000:01:01.0 ep acs=1c/1c\n0000:01:05.0 ep acs=1c/1c\n"
    "0000:01:10.0 ep acs=1c/1c\n",
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp bus=01 acs=1d/1d\n0000:01:00.0 ep acs=1c/1c mf=yes\n"
    "0000:01:00.1 ep @ acs=1c/1c\n",
    /* Registers that stay as they are: the layout of R4.21, the capability of R4.8. */
    "machine arch=x86_64 ivrs=no kind=other\n"
    "0000:00:04.0 rp @ bus=01 acs=1d/1d spt\n0000:01:00.0 ep\n",
    "machine arch=x86_64 ivrs=no kind=other\n"
    "0000:00:04.0 rp @ bus=01 acs=1d/1c\n0000:01:00.0 ep\n",
    /* Bridges, nested, whose own group is or is not there. */
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 p2p @ bus=01-02\n0000:01:00.0 convbr bus=02\n0000:02:00.0 conv\n"
    "0000:02:01.0 conv\n",
    "machine arch=x86_64 ivrs=no groups=yes\n"
    "0000:00:04.0 p2p @ bus=01 group=none\n0000:01:00.0 conv group=1\n0000:01:01.0 conv group=2\n",
    "machine arch=x86_64 ivrs=no\n"
    "0000:00:04.0 rp bus=01-02 acs=1d/1d\n0000:01:00.0 convbr @ bus=02\n0000:02:00.0 conv\n",
};

#define TEMPLATE_COUNT (sizeof(templates) / sizeof(templates[0]))

static void fill_in(const char *template, const struct witness_id *id, const char *release,
                    struct bulk_case *ret)
{
    char text[1024], message[128];
    size_t before = strcspn(template, "@");
    memcpy(text, template, before);
    snprintf(text + before, sizeof(text) - before, "%04x:%04x%s", id->id.vendor, id->id.device,
             template + before + 1);
    *ret = (struct bulk_case){.acs_wanted = !strstr(template, "kind=other")};
    if (sketch_parse(&ret->sketch, text, message, sizeof(message)) < 0) {
        fprintf(stderr, "%s\n%s", message, text);
        abort();
    }
    snprintf(ret->sketch.machine.kernel, sizeof(ret->sketch.machine.kernel), "%s", release);
    for (unsigned i = 0; i < ret->sketch.count; i++) {
        struct sketch_function *function = &ret->sketch.functions[i];
        if (function->ids[0].vendor == id->id.vendor && function->ids[0].device == id->id.device &&
            id->subsystem.vendor)
            function->subsystem = id->subsystem;
    }
}

void witness_neutral(const struct bulk_case *bulk, struct ims_id id, struct bulk_case *ret)
{
    *ret = (struct bulk_case){.hot = bulk->hot, .acs_wanted = bulk->acs_wanted};
    sketch_copy(&ret->sketch, &bulk->sketch);
    for (unsigned i = 0; i < ret->sketch.count; i++) {
        struct ims_id *other = &ret->sketch.functions[i].ids[0];
        if (other->vendor == id.vendor && other->device == id.device)
            *other = (struct ims_id){0x1b36, 0x0010};
    }
}

bool witness_find(const struct witness_id *id, const char *release, struct bulk_case *ret)
{
    for (unsigned i = 0; i < TEMPLATE_COUNT; i++) {
        struct bulk_case neutral;
        fill_in(templates[i], id, release, ret);
        witness_neutral(ret, id->id, &neutral);
        bool tells = !bulk_same_prediction(ret, &neutral);
        bulk_case_done(&neutral);
        if (tells)
            return true;
        bulk_case_done(ret);
    }
    return false;
}

const char *witness_excuse(const struct ims_quirk_row *row)
{
    static const struct {
        const char *kind, *why;
    } excuses[] = {
        {"alias_ntb_table",
         "the ids are in tables behind BAR 0 (R5.4), not in configuration space"},
        {"bridge_flag_pcie_alias", "changes the requester id, never the groups (R2.3f)"},
        {"bridge_flag_xlate_root", "a bridge that is not visited is joined all the same, because "
                                   "its kind never passes the ACS test (R2.6, R4.3)"},
        {"bridge_flag_no_alias", "the ACS test brings its devices to it all the same (R2.5)"},
        {"runtime_ivrs_alias", "an entry of AMD's firmware table, not an id"},
        {"runtime_real_dma", "a VMD domain, not an id; the random machines have such domains"},
        {"op", "what the kernel writes; seen in the ACS control words and by its table row"},
    };
    for (unsigned i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++)
        if (strcmp(row->kind, excuses[i].kind) == 0)
            return excuses[i].why;
    return NULL;
}
