/* SPDX-License-Identifier: MIT */
/* From a claim and the machine that it was found on to a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/boot.h"
#include "host/workshop.h"

struct maker {
    const struct ims_keeper *keeper;
    const struct ims_topology *topology;
    const struct ims_claim *claim;
    const struct ims_claim_match *match;
    struct ims_grouping *grouping;
    struct ims_function *wanted;
    struct ims_address *allowed;
    uint32_t wanted_count;
    uint32_t allowed_count;
    struct ims_error error;
};

static int compute(struct maker *maker)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options)};
    const int r = ims_ruleset_find("linux", ims_topology_machine(maker->topology), &options.ruleset,
                                   &maker->error);

    return r < 0 ? r
                 : ims_grouping_compute(maker->topology, &options, &maker->grouping, &maker->error);
}

/* What was asked for and what may be lost, at the addresses that the members have now. */
static int find_request(struct maker *maker)
{
    const struct ims_claim *claim = maker->claim;

    maker->wanted = calloc((size_t)claim->member_count + 1, sizeof(*maker->wanted));
    maker->allowed = calloc((size_t)claim->member_count + 1, sizeof(*maker->allowed));
    if (!maker->wanted || !maker->allowed)
        return -ENOMEM;
    for (uint32_t i = 0; i < claim->member_count; i++) {
        const struct ims_function function = maker->match->members[i].function;

        if (claim->members[i].wanted)
            maker->wanted[maker->wanted_count++] = function;
        if (claim->members[i].may_be_lost)
            maker->allowed[maker->allowed_count++] =
                ims_topology_function(maker->topology, function)->address;
    }
    return 0;
}

static int plan_with(struct maker *maker, const struct ims_uses *uses, struct ims_plan **ret)
{
    const struct ims_check_options how = {.size_bytes = sizeof(how), .uses = uses};
    const struct ims_plan_request request = {
        .size_bytes = sizeof(request),
        .verb = IMS_PLAN_CLAIM,
        .wanted = maker->wanted,
        .wanted_count = maker->wanted_count,
        .driver = maker->claim->driver[0] ? maker->claim->driver : NULL,
        .companions = maker->claim->companions,
        .uses = uses,
        .allowed = maker->allowed,
        .allowed_count = maker->allowed_count,
    };
    struct ims_check *check = NULL;
    int r = ims_check_new(maker->grouping, maker->match->members[0].function, &how, &check,
                          &maker->error);

    if (r == 0)
        r = ims_plan_new(check, &request, ret, &maker->error);
    ims_check_free(check);
    return r;
}

/* The rules for companions may have become others since the claim was written. */
static bool is_as_claimed(const struct maker *maker, const struct ims_plan *plan)
{
    for (uint32_t i = 0; i < maker->claim->member_count; i++) {
        const char *driver = maker->claim->members[i].driver;
        const struct ims_address address =
            ims_topology_function(maker->topology, maker->match->members[i].function)->address;

        for (uint32_t j = 0; driver[0] && j < plan->member_count; j++)
            if (ims_address_compare(plan->members[j].address, address) == 0 &&
                (!plan->members[j].goal.driver ||
                 strcmp(plan->members[j].goal.driver, driver) != 0))
                return false;
    }
    return true;
}

static int make(struct maker *maker, struct ims_plan **ret)
{
    const struct ims_kernel *kernel = maker->keeper->desk.kernel;
    struct ims_plan *blind = NULL;
    struct ims_uses uses = {0};
    int r = compute(maker);

    if (r == 0)
        r = find_request(maker);
    /* Who uses what depends on what is taken: the first plan only tells that. */
    if (r == 0)
        r = plan_with(maker, NULL, &blind);
    if (r == 0)
        r = kernel->find_uses(kernel->context, blind, &uses);
    if (r == 0 && uses.failed)
        r = -ENOMEM;
    if (r == 0)
        r = plan_with(maker, &uses, ret);
    ims_plan_free(blind);
    ims_uses_done(&uses);
    return r;
}

int ims_boot_plan(const struct ims_keeper *keeper, const struct ims_topology *topology,
                  const struct ims_claim *claim, const struct ims_claim_match *match,
                  struct ims_plan **ret, struct ims_outcome *outcome)
{
    struct maker maker = {.keeper = keeper, .topology = topology, .claim = claim, .match = match};
    int r = make(&maker, ret);

    ims_grouping_free(maker.grouping);
    free(maker.wanted);
    free(maker.allowed);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        ims_outcome_say(outcome, IMS_OUTCOME_REFUSED, r, NULL, "no plan can be made: %s",
                        maker.error.message[0] ? maker.error.message : strerror(-r));
        outcome->refusal = IMS_PLAN_NOT_POSSIBLE;
    } else if (!is_as_claimed(&maker, *ret)) {
        ims_outcome_say(outcome, IMS_OUTCOME_DRIFTED, 0, NULL,
                        "a claim like this binds members to other drivers now: make it anew");
        ims_plan_free(*ret);
        *ret = NULL;
    }
    return 0;
}
