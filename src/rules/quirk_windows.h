/* SPDX-License-Identifier: MIT */
#ifndef IMS_RULES_QUIRK_WINDOWS_H
#define IMS_RULES_QUIRK_WINDOWS_H

/*
 * The windows of the quirk rows by name. FROM_6_14 = first seen in the pristine tree 6.14;
 * the first stable release known to carry it is part of the name. SINCE names the last pristine
 * tree without the row and the first with it; LTS says whether the trees 5.10.223, 6.1.192 and
 * 6.12.117 have it (LIST_ windows do not say); STABLE lists stable releases that carry it first.
 */

/* clang-format off */
#define IMS_ALWAYS .mainline = "<=4.4", .always = true
#define IMS_SINCE(absent_major, absent_minor, present_major, present_minor) \
    .mainline = ">" #absent_major "." #absent_minor ",<=" #present_major "." #present_minor, \
    .absent = {absent_major, absent_minor, 0}, .present = {present_major, present_minor, 0}
#define IMS_LTS(v5_10, v6_1, v6_12) .lts = {IMS_LTS_##v5_10, IMS_LTS_##v6_1, IMS_LTS_##v6_12}
#define IMS_NO_STABLE .stable = "-"
#define IMS_STABLE1(a, b, c) .stable = #a "." #b "." #c, .first = {{a, b, c}}, .first_count = 1
#define IMS_STABLE2(a, b, c, d, e, f) \
    .stable = #a "." #b "." #c ", " #d "." #e "." #f, \
    .first = {{a, b, c}, {d, e, f}}, .first_count = 2
#define IMS_STABLE3(a, b, c, d, e, f, g, h, i) \
    .stable = #a "." #b "." #c ", " #d "." #e "." #f ", " #g "." #h "." #i, \
    .first = {{a, b, c}, {d, e, f}, {g, h, i}}, .first_count = 3
/* A kernel of the lab showed the row (tests/lab, "lab quirks"); it may have come earlier. */
#define IMS_SEEN(a, b, c) .seen = {a, b, c}
#define IMS_ALL_LTS IMS_LTS(PRESENT, PRESENT, PRESENT)

#define IMS_FROM_4_4 {IMS_ALWAYS, IMS_ALL_LTS, IMS_NO_STABLE}
#define IMS_FROM_4_15 {IMS_SINCE(4, 4, 4, 15), IMS_ALL_LTS, IMS_NO_STABLE}
#define IMS_FROM_4_18 {IMS_SINCE(4, 15, 4, 18), IMS_ALL_LTS, IMS_NO_STABLE}
#define IMS_FROM_5_0 {IMS_SINCE(4, 18, 5, 0), IMS_ALL_LTS, IMS_NO_STABLE}
#define IMS_FROM_5_4 {IMS_SINCE(5, 0, 5, 4), IMS_ALL_LTS, IMS_NO_STABLE}
#define IMS_FROM_5_4_STABLE_5_4_17 {IMS_SINCE(5, 0, 5, 4), IMS_ALL_LTS, IMS_STABLE1(5, 4, 17)}
#define IMS_FROM_5_15 {IMS_SINCE(5, 4, 5, 15), IMS_ALL_LTS, IMS_NO_STABLE}
#define IMS_FROM_5_15_STABLE_5_6_9 {IMS_SINCE(5, 4, 5, 15), IMS_ALL_LTS, IMS_STABLE1(5, 6, 9)}
#define IMS_FROM_5_15_STABLE_5_10_23 {IMS_SINCE(5, 4, 5, 15), IMS_ALL_LTS, IMS_STABLE1(5, 10, 23)}
#define IMS_FROM_5_15_STABLE_5_10_46 {IMS_SINCE(5, 4, 5, 15), IMS_ALL_LTS, IMS_STABLE1(5, 10, 46)}
#define IMS_FROM_5_15_STABLE_5_10_68 \
    {IMS_SINCE(5, 4, 5, 15), IMS_ALL_LTS, IMS_STABLE2(5, 10, 68, 5, 14, 7)}
#define IMS_FROM_5_15_STABLE_5_10_94 {IMS_SINCE(5, 4, 5, 15), IMS_ALL_LTS, IMS_STABLE1(5, 10, 94)}
#define IMS_FROM_5_19 {IMS_SINCE(5, 15, 5, 19), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_NO_STABLE}
#define IMS_FROM_5_19_STABLE_5_10_138 \
    {IMS_SINCE(5, 15, 5, 19), IMS_ALL_LTS, IMS_STABLE1(5, 10, 138)}
#define IMS_FROM_6_2_STABLE_5_10_173 \
    {IMS_SINCE(5, 19, 6, 2), IMS_ALL_LTS, IMS_STABLE2(5, 10, 173, 6, 1, 18)}
#define IMS_FROM_6_5_STABLE_5_10_188 \
    {IMS_SINCE(6, 2, 6, 5), IMS_ALL_LTS, IMS_STABLE3(5, 10, 188, 6, 1, 40, 6, 4, 5)}
#define IMS_FROM_6_8 {IMS_SINCE(6, 5, 6, 8), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_NO_STABLE}
#define IMS_FROM_6_14 {IMS_SINCE(6, 8, 6, 14), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_NO_STABLE}
#define IMS_FROM_6_14_STABLE_6_1_113 \
    {IMS_SINCE(6, 8, 6, 14), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_STABLE2(6, 1, 113, 6, 11, 4)}
#define IMS_FROM_6_14_STABLE_6_1_122 \
    {IMS_SINCE(6, 8, 6, 14), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_STABLE1(6, 1, 122)}
#define IMS_FROM_6_14_STABLE_6_1_122_SEEN_6_12_95 \
    {IMS_SINCE(6, 8, 6, 14), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_STABLE1(6, 1, 122), \
     IMS_SEEN(6, 12, 95)}
#define IMS_FROM_6_17_STABLE_6_1_142 \
    {IMS_SINCE(6, 14, 6, 17), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_STABLE2(6, 1, 142, 6, 12, 35)}
#define IMS_FROM_7_0 {IMS_SINCE(6, 17, 7, 0), IMS_LTS(ABSENT, ABSENT, ABSENT), IMS_NO_STABLE}
#define IMS_FROM_7_0_STABLE_6_1_165 \
    {IMS_SINCE(6, 17, 7, 0), IMS_LTS(ABSENT, PRESENT, PRESENT), IMS_STABLE2(6, 1, 165, 6, 12, 75)}
#define IMS_FROM_7_3_STABLE_6_12_117 \
    {IMS_SINCE(7, 2, 7, 3), IMS_LTS(ABSENT, ABSENT, PRESENT), IMS_STABLE1(6, 12, 117)}
#define IMS_LIST_FROM_4_4 {IMS_ALWAYS, IMS_NO_STABLE}
#define IMS_LIST_FROM_4_15 {IMS_SINCE(4, 4, 4, 15), IMS_NO_STABLE}
#define IMS_LIST_FROM_4_18 {IMS_SINCE(4, 15, 4, 18), IMS_NO_STABLE}
#define IMS_LIST_FROM_5_0 {IMS_SINCE(4, 18, 5, 0), IMS_NO_STABLE}
#define IMS_LIST_FROM_5_4_STABLE_5_4_6 {IMS_SINCE(5, 0, 5, 4), IMS_STABLE1(5, 4, 6)}
#define IMS_LIST_FROM_5_15_STABLE_5_6_9 {IMS_SINCE(5, 4, 5, 15), IMS_STABLE1(5, 6, 9)}
#define IMS_LIST_FROM_6_2_STABLE_5_10_173 \
    {IMS_SINCE(5, 19, 6, 2), IMS_STABLE2(5, 10, 173, 6, 1, 18)}
#define IMS_LIST_FROM_6_8_STABLE_5_10_209 \
    {IMS_SINCE(6, 5, 6, 8), IMS_STABLE3(5, 10, 209, 6, 1, 74, 6, 6, 13)}
#define IMS_LIST_FROM_6_14_STABLE_6_1_120 \
    {IMS_SINCE(6, 8, 6, 14), IMS_STABLE2(6, 1, 120, 6, 12, 5)}
/* clang-format on */

#endif
