/* SPDX-License-Identifier: MIT */
#include "fabric/sets.h"

/* Requests that no IOMMU translates: nobody covers the function, or the range is left out (E4, E9). */

bool ims_fabric_is_uncovered(const struct ims_fabric *fabric, struct ims_function function)
{
    const struct ims_coverage *coverage = &ims_fabric_info(fabric, function.index)->coverage;

    return coverage->covered == IMS_NO && !coverage->is_unit &&
           fabric->nodes[function.index].requester;
}

bool ims_fabric_excludes(const struct ims_fabric *fabric, uint32_t function, uint64_t address)
{
    const struct ims_acpi_tables *tables = ims_topology_tables(fabric->topology);

    for (uint32_t i = 0; i < tables->range_count; i++) {
        const struct ims_acpi_range *range = &tables->ranges[i];
        if (range->kind == IMS_ACPI_RANGE_EXCLUSION && range->first <= address &&
            address <= range->last &&
            ims_topology_range_is_for(fabric->topology, i, (struct ims_function){function}))
            return true;
    }
    return false;
}

/* Whose id the request carries, as far as the input has that function; else IMS_NONE. */
static uint32_t carrier(const struct ims_walk *walk)
{
    struct ims_address requester = walk->tlp->requester;

    if (!walk->tlp->forged)
        return walk->issuer;
    requester.segment = ims_fabric_info(walk->fabric, walk->issuer)->address.segment;
    return ims_topology_find(walk->fabric->topology, requester).index;
}

bool ims_walk_untranslated(const struct ims_walk *walk, const char **ret_rule,
                           const char **ret_text)
{
    const uint32_t function = carrier(walk);

    if (function == IMS_NONE)
        return false;
    if (ims_fabric_is_uncovered(walk->fabric, (struct ims_function){function})) {
        *ret_rule = "E9";
        *ret_text = "no IOMMU of the ACPI tables covers it: the root complex takes the address as "
                    "it is";
        return true;
    }
    if (walk->tlp->at == IMS_TLP_UNTRANSLATED &&
        ims_fabric_excludes(walk->fabric, function, walk->tlp->address)) {
        *ret_rule = "E4";
        *ret_text = "the address is in an exclusion range of the IVRS table: the IOMMU lets it "
                    "pass as it is";
        return true;
    }
    return false;
}

int ims_sets_host(struct ims_sets_builder *builder)
{
    const struct ims_fabric *fabric = builder->fabric;
    uint32_t before = IMS_NONE;

    for (uint32_t i = 0; i < fabric->count; i++) {
        if (!fabric->nodes[i].issuer || !ims_fabric_is_uncovered(fabric, (struct ims_function){i}))
            continue;
        if (before != IMS_NONE)
            ims_sets_join(builder, &(struct ims_fabric_edge){
                                       .kind = IMS_FABRIC_EDGE_HOST,
                                       .certainty = IMS_FABRIC_MUST,
                                       .from = {i},
                                       .to = {before},
                                       .rule = "E9",
                                   });
        before = i;
    }
    return builder->error;
}
