/* SPDX-License-Identifier: MIT */
#include "fabric_pair.h"

#include <stdlib.h>

#include "fabric_laws.h"

bool fabric_pair_begin(struct fabric_pair *pair, const struct sketch *sketch,
                       const struct oracle_options *options, char why[WHY_SIZE])
{
    static const enum ims_fabric_rc profiles[] = {
        [ORACLE_RC_UNKNOWN] = IMS_FABRIC_RC_UNKNOWN,
        [ORACLE_RC_TRANSLATE_FIRST] = IMS_FABRIC_RC_TRANSLATE_FIRST,
        [ORACLE_RC_NONE] = IMS_FABRIC_RC_NONE,
        [ORACLE_RC_DIRECT] = IMS_FABRIC_RC_DIRECT,
    };
    const struct ims_fabric_options asked = {
        .threat = (enum ims_fabric_threat)options->threat,
        .rc = profiles[options->rc],
        .as_configured = options->as_configured,
        .kernel_profile = options->kernel_profile,
        .paranoid_sriov = options->paranoid_sriov,
        .ignore_multicast = options->without_mc,
    };
    struct ims_error error = {0};
    *pair = (struct fabric_pair){.sketch = sketch};
    if (sketch_seal(sketch, &pair->topology, &error) < 0 ||
        ims_fabric_new(pair->topology, &asked, &pair->fabric, &error) < 0) {
        ims_topology_free(pair->topology);
        return law_fails(why, "%s", error.message);
    }
    pair->oracle = oracle_new(sketch, options);
    pair->functions = calloc(sketch->count + 1u, sizeof(*pair->functions));
    pair->back = calloc(sketch->count + 1u, sizeof(*pair->back));
    if (!pair->functions || !pair->back)
        abort();
    for (unsigned i = 0; i < sketch->count; i++) {
        pair->functions[i] = ims_topology_find(pair->topology, sketch->functions[i].address);
        pair->back[pair->functions[i].index] = i;
    }
    return true;
}

void fabric_pair_done(struct fabric_pair *pair)
{
    ims_fabric_free(pair->fabric);
    ims_topology_free(pair->topology);
    oracle_free(pair->oracle);
    free(pair->functions);
    free(pair->back);
}

const char *fabric_pair_name(const struct fabric_pair *pair, unsigned function,
                             char buffer[IMS_ADDRESS_STRING_SIZE])
{
    return ims_address_format(pair->sketch->functions[function].address, buffer);
}
