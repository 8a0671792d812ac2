/* SPDX-License-Identifier: MIT */
/* The request that shows what a finding says. */
#include "audit/model.h"

/* Whether the end of a request is what an edge says, and as certain. */
static bool arrives(const struct ims_fabric_edge *edge, const struct ims_fabric_outcome *outcome)
{
    if (outcome->certainty > edge->certainty)
        return false;
    if (edge->kind == IMS_FABRIC_EDGE_FORGED)
        return outcome->end == IMS_FABRIC_END_IOMMU || outcome->end == IMS_FABRIC_END_HOST;
    return outcome->end == IMS_FABRIC_END_PEER && outcome->target.index == edge->to.index;
}

int ims_audit_witness(const struct ims_audit *audit, const struct ims_fabric_edge *edge,
                      struct ims_fabric_route **ret, uint32_t *ret_outcome)
{
    int code = ims_fabric_route(audit->fabric, edge->from, &edge->tlp, ret, NULL);

    *ret_outcome = 0;
    /* A copy that may be made on the way is a story of its own: an edge of its kind comes first. */
    for (unsigned pass = 0; code == 0 && pass < 2; pass++) {
        const bool copies = (edge->kind == IMS_FABRIC_EDGE_MULTICAST) != (pass == 1);

        for (uint32_t i = 0; i < ims_fabric_route_count(*ret); i++) {
            const struct ims_fabric_outcome *outcome = ims_fabric_route_at(*ret, i);

            if (arrives(edge, outcome) && outcome->multicast == copies) {
                *ret_outcome = i;
                return 0;
            }
        }
    }
    return code;
}

int ims_audit_way(const struct ims_audit *audit, struct ims_fabric_edge *edge, bool *ret_found)
{
    uint32_t count;
    const struct ims_fabric_bar *bars = ims_fabric_bars(audit->fabric, edge->to, &count);

    *ret_found = false;
    for (uint32_t i = 0; i < count && !*ret_found; i++) {
        struct ims_fabric_route *route = NULL;
        uint32_t at = 0;
        int code;

        if (bars[i].space != IMS_FABRIC_MEMORY)
            continue;
        edge->bar = bars[i].number;
        edge->tlp.address = bars[i].first;
        code = ims_audit_witness(audit, edge, &route, &at);
        if (code == 0) {
            const struct ims_fabric_outcome *outcome = ims_fabric_route_at(route, at);

            *ret_found = outcome->end == IMS_FABRIC_END_PEER &&
                         outcome->target.index == edge->to.index &&
                         outcome->certainty == edge->certainty;
        }
        ims_fabric_route_free(route);
        if (code < 0)
            return code;
    }
    return 0;
}

bool ims_audit_stopped(const struct ims_audit *audit, struct ims_function from,
                       struct ims_function to, struct ims_tlp *ret_tlp,
                       struct ims_fabric_route **ret, int *ret_code)
{
    uint32_t count;
    const struct ims_fabric_bar *bars = ims_fabric_bars(audit->fabric, to, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (bars[i].space != IMS_FABRIC_MEMORY)
            continue;
        *ret_tlp = (struct ims_tlp){
            .kind = IMS_TLP_MEMORY_WRITE, .address = bars[i].first, .to = IMS_FUNCTION_NONE};
        *ret_code = ims_fabric_route(audit->fabric, from, ret_tlp, ret, NULL);
        return *ret_code == 0;
    }
    return false;
}
