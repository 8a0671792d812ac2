/* SPDX-License-Identifier: MIT */
#include "laws.h"

#include <stdarg.h>
#include <string.h>

bool law_fails(char why[WHY_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

void judged_done(struct judged *judged)
{
    ims_grouping_free(judged->grouping);
    ims_topology_free(judged->topology);
    memset(judged, 0, sizeof(*judged));
}

bool judge_topology(struct ims_topology *topology, const struct trial *trial, struct judged *ret,
                    char why[WHY_SIZE])
{
    struct ims_error error = {0};
    struct ims_grouping_options options = {
        .size_bytes = sizeof(options),
        .ruleset = trial->ruleset,
        .acs = trial->acs,
        .probe = trial->probe,
        .manage_everything = trial->manage_everything,
    };
    *ret = (struct judged){.topology = topology};
    if (ims_topology_check(topology, &error) < 0) {
        judged_done(ret);
        return law_fails(why, "the sealed model is not sound: %s", error.message);
    }
    if (ims_grouping_compute(topology, &options, &ret->grouping, &error) < 0) {
        judged_done(ret);
        return law_fails(why, "grouping failed: %s", error.message);
    }
    return true;
}

bool judge_builder(struct ims_builder *builder, const struct trial *trial, struct judged *ret,
                   char why[WHY_SIZE])
{
    struct ims_error error = {0};
    struct ims_topology *topology = NULL;
    *ret = (struct judged){0};
    if (!builder)
        return law_fails(why, "the builder refused a record");
    if (ims_builder_seal(builder, &topology, &error) < 0)
        return law_fails(why, "sealing failed: %s", error.message);
    return judge_topology(topology, trial, ret, why);
}

bool judge(const struct sketch *sketch, const struct trial *trial, struct judged *ret,
           char why[WHY_SIZE])
{
    return judge_builder(sketch_build(sketch), trial, ret, why);
}

bool judged_groups(const struct judged *judged, const struct sketch *sketch, int *groups,
                   char why[WHY_SIZE])
{
    for (unsigned i = 0; i < sketch->count; i++) {
        char name[IMS_ADDRESS_STRING_SIZE];
        struct ims_function function =
            ims_topology_find(judged->topology, sketch->functions[i].address);
        if (ims_function_is_none(function))
            return law_fails(why, "%s is not in the model",
                             ims_address_format(sketch->functions[i].address, name));
        uint32_t index = ims_grouping_of(judged->grouping, function);
        groups[i] = ims_grouping_group(judged->grouping, index)->managed ? (int)index : -1;
    }
    return true;
}

bool same_partition(const struct sketch *sketch, const int *a, const char *a_name, const int *b,
                    const char *b_name, char why[WHY_SIZE])
{
    char x[IMS_ADDRESS_STRING_SIZE], y[IMS_ADDRESS_STRING_SIZE];
    for (unsigned i = 0; i < sketch->count; i++) {
        ims_address_format(sketch->functions[i].address, x);
        if ((a[i] < 0) != (b[i] < 0))
            return law_fails(why, "%s has no group by %s only", x, a[i] < 0 ? a_name : b_name);
        for (unsigned j = 0; j < i && a[i] >= 0; j++) {
            bool in_a = a[j] == a[i];
            if (in_a != (b[j] == b[i]))
                return law_fails(why, "%s and %s are together by %s only",
                                 ims_address_format(sketch->functions[j].address, y), x,
                                 in_a ? a_name : b_name);
        }
    }
    return true;
}
