/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_RULES_JUDGE_H
#define IMS_TESTS_RULES_JUDGE_H

/* Asking for the verdict on one function; include cmocka.h first. */

#include "../support.h"
#include "rules/judge.h"

static inline struct ims_judge judge_of(struct lab *lab, int major, int minor, int patch)
{
    lab_seal(lab);
    return (struct ims_judge){.topology = lab->topology,
                              .version = {major, minor, patch},
                              .acs = IMS_ACS_AS_IS,
                              .acs_certain = true};
}

static inline struct ims_acs_verdict ask(const struct ims_judge *judge, const char *name)
{
    struct ims_acs_verdict verdict;
    struct ims_address address = address_of(name);

    memset(&verdict, 0xa5, sizeof(verdict));
    ims_judge_acs(judge, ims_topology_find(judge->topology, address), &verdict);
    assert_non_null(verdict.rule);
    return verdict;
}

static inline void expect(const struct ims_judge *judge, const char *name,
                          enum ims_tristate isolated, const char *rule)
{
    const struct ims_acs_verdict verdict = ask(judge, name);

    if (verdict.isolated != isolated || strcmp(verdict.rule->id, rule) != 0)
        fail_msg("%s in %d.%d.%d: %s by %s, not %s by %s", name, judge->version.major,
                 judge->version.minor, judge->version.patch,
                 ims_tristate_to_string(verdict.isolated), verdict.rule->id,
                 ims_tristate_to_string(isolated), rule);
}

/* ---- one function in a table ---- */

struct one {
    struct part part;
    int major, minor, patch;
    enum ims_tristate isolated;
    const char *rule;
};

static inline void expect_all(const struct one *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lab lab;
        lab_begin(&lab);
        put_part(lab.builder, &cases[i].part);
        const struct ims_judge judge =
            judge_of(&lab, cases[i].major, cases[i].minor, cases[i].patch);
        const struct ims_acs_verdict verdict = ask(&judge, cases[i].part.at);
        if (verdict.isolated != cases[i].isolated || strcmp(verdict.rule->id, cases[i].rule) != 0)
            fail_msg("case %zu (%08x): %s by %s, not %s by %s", i, cases[i].part.id,
                     ims_tristate_to_string(verdict.isolated), verdict.rule->id,
                     ims_tristate_to_string(cases[i].isolated), cases[i].rule);
        if (verdict.isolated != IMS_UNKNOWN)
            assert_int_equal(verdict.likely, verdict.isolated == IMS_YES);
        lab_done(&lab);
    }
}

#define EXPECT_ALL(cases) expect_all(cases, sizeof(cases) / sizeof(cases[0]))

#endif
