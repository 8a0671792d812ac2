/* SPDX-License-Identifier: MIT */
#include "iommuscope/advice.h"

/* Values beyond an enumeration get its first name, so that a caller can always print. */
#define NAME(names, value) \
    names[(unsigned)(value) < sizeof(names) / sizeof(names[0]) ? (unsigned)(value) : 0]

const char *ims_advice_means_to_string(enum ims_advice_means means)
{
    static const char *const names[] = {"runtime",  "option", "kernel",
                                        "firmware", "move",   "hardware"};

    return NAME(names, means);
}

const char *ims_offence_kind_to_string(enum ims_offence_kind kind)
{
    static const char *const names[] = {"shared", "uncovered", "reach",
                                        "alias",  "group",     "virtual-functions",
                                        "reset",  "blind",     "bridge"};

    return NAME(names, kind);
}

const char *ims_separation_goal_to_string(enum ims_separation_goal goal)
{
    static const char *const names[] = {"split", "isolate", "group"};

    return NAME(names, goal);
}

const char *ims_separation_answer_to_string(enum ims_separation_answer answer)
{
    static const char *const names[] = {"nothing", "changes", "part", "impossible", "unknown"};

    return NAME(names, answer);
}

const char *ims_separation_truth_to_string(enum ims_separation_truth truth)
{
    static const char *const names[] = {"joined", "open", "apart"};

    return NAME(names, truth);
}

const char *ims_p2p_class_to_string(enum ims_p2p_class kind)
{
    static const char *const names[] = {"direct",   "open",    "translated",
                                        "via-host", "blocked", "no-path"};

    return NAME(names, kind);
}

const char *ims_p2p_means_to_string(enum ims_p2p_means means)
{
    static const char *const names[] = {"egress-control", "direct-translated", "no-redirect"};

    return NAME(names, means);
}
