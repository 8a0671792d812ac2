/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stage.h"

/*
 * A subtractive bridge among the functions of a device (C8): from above it gets all that its bus
 * range leaves over, from beside only what lies in its windows. What is below it may be seen by its
 * neighbours with one address only, and from above with another one.
 */

#define PORTS                                     \
    "machine\n"                                   \
    "00:02.0 rp bus=01-02 mem=c0000000-c08fffff " \
    "pref=4000000000-40002fffff on_root\n"        \
    "01:00.0 ep nobar\n"
#define BRIDGE "01:00.1 convbr class=060401 bus=02-02 "

static const struct {
    const char *title;
    const char *sketch;
    struct ims_fabric_options options;
    const char *lower;
    const char *upper;
} cases[] = {
    {"the second register lies in its window: the first one is for what comes from above",
     PORTS BRIDGE "pref=4000100000-40001fffff\n"
                  "02:01.0 conv bar0=c0300000+20000/64 bar2=4000100000+20000/64pref\n",
     {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST, .kernel_profile = true},
     "{01:00.1 02:01.0}",
     "{01:00.0 01:00.1 02:01.0}"},
    {"none of its registers does: nothing turns back where ports forward up",
     PORTS BRIDGE "pref=4000100000-40001fffff\n"
                  "02:01.0 conv bar0=c0300000+20000/64\n",
     {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST, .kernel_profile = true},
     "{01:00.1 02:01.0}",
     "{01:00.1 02:01.0}"},
    {"the neighbour's requests go past it, turn back at the port above, and come from above (A4.6)",
     PORTS BRIDGE "\n"
                  "02:01.0 conv bar0=c0000000+100000\n",
     {.rc = IMS_FABRIC_RC_NONE},
     "{01:00.1 02:01.0}",
     "{01:00.0 01:00.1 02:01.0}"},
    {"another function below it is the one that neighbours see",
     PORTS BRIDGE "pref=4000200000-40002fffff\n"
                  "02:00.0 conv bar0=c0200000+100000\n"
                  "02:02.0 conv bar0=4000200000+4000/64pref\n",
     {.rc = IMS_FABRIC_RC_TRANSLATE_FIRST, .kernel_profile = true},
     "{01:00.1 02:00.0 02:02.0}",
     "{01:00.0 01:00.1 02:00.0 02:02.0}"},
    {"what one subtractive bridge takes from above, the next one below it takes too",
     "machine\n"
     "00:01.0 rp bus=01-04 pref=4000000000-40004fffff on_root\n"
     "01:00.0 convbr bus=02-04 pref=4000000000-40003fffff\n"
     "02:00.0 convbr class=060401 bus=03-04 pref=4000200000-40002fffff\n"
     "03:02.0 convbr class=060401 bus=04-04 pref=4000200000-40002fffff\n"
     "04:05.0 conv bar0=4000300000+8000/64pref\n"
     "00:02.0 rp bus=05-05 on_root\n"
     "05:00.0 ep nobar\n",
     {.rc = IMS_FABRIC_RC_DIRECT},
     "{01:00.0 02:00.0 03:02.0 04:05.0 05:00.0}",
     "{01:00.0 02:00.0 03:02.0 04:05.0 05:00.0}"},
    {"all issuers below an upstream port reach it by the same address (A6.4, F4)",
     "machine\n"
     "00:01.0 rp bus=01-06 mem=c0000000-c08fffff pref=4000000000-40006fffff on_root\n"
     "01:00.0 convbr class=060401 bus=02-02 pref=4000000000-40002fffff\n"
     "02:02.0 conv bar0=c0001000+1000 bar1=4000000000+1000/64pref\n"
     "01:00.1 usp bus=03-06 acs=860/00 egress=none mem=c0200000-c08fffff\n"
     "03:00.0 dsp bus=04-04 port=1 acs=1d/1d mem=c0200000-c02fffff\n"
     "04:00.0 ep nobar\n"
     "03:01.0 dsp bus=05-05 port=2 acs=1d/1d mem=c0300000-c03fffff\n"
     "05:00.0 ep nobar\n",
     {.rc = IMS_FABRIC_RC_NONE},
     "{01:00.0 02:02.0 04:00.0 05:00.0}",
     "{01:00.0 02:02.0 04:00.0 05:00.0}"},
};

static void sets_beside_and_from_above(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage stage;
        stage_begin(&stage, cases[i].sketch, &cases[i].options);
        if (strcmp(stage_sets(&stage, IMS_FABRIC_MUST), cases[i].lower) != 0)
            fail_msg("%s: LOWER is %s", cases[i].title, stage.text);
        if (strcmp(stage_sets(&stage, IMS_FABRIC_MAY), cases[i].upper) != 0)
            fail_msg("%s: UPPER is %s", cases[i].title, stage.text);
        stage_done(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_beside_and_from_above),
    };
    return cmocka_run_group_tests_name("fabric-subtractive", tests, NULL, NULL);
}
