/* SPDX-License-Identifier: MIT */
#include "cli/whatif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/print.h"

#define OVERRIDE_WORD "pcie_acs_override="

static int find_ruleset(const struct ims_side *side, const struct ims_options *options,
                        struct ims_ruleset *ret, struct ims_error *error)
{
    const char *kernel = side->edited->scenario.kernel;
    struct ims_text name = {0};

    ims_text_append(&name, kernel ? "linux-" : options->rules ? options->rules : "linux");
    if (kernel)
        ims_text_append(&name, kernel);
    const int code =
        ims_text_get(&name)
            ? ims_ruleset_find(ims_text_get(&name), ims_topology_machine(side->edited->topology),
                               ret, error)
            : -ENOMEM;
    ims_text_done(&name);
    return code;
}

static int compute(const struct ims_topology *topology, const struct ims_options *options,
                   const struct ims_ruleset *ruleset, enum ims_acs_mode acs, const char *cmdline,
                   struct ims_grouping **ret, struct ims_error *error)
{
    const struct ims_grouping_options grouping = {
        .size_bytes = sizeof(grouping),
        .ruleset = *ruleset,
        .acs = acs,
        .probe = options->probe,
        .cmdline = cmdline,
        .manage_everything = ims_options_has(options, IMS_OPTION_ALL_MANAGED),
    };
    return ims_grouping_compute(topology, &grouping, ret, error);
}

/* The registers show what the command line did, but for the override, which writes none. */
static char *override_words(const char *cmdline)
{
    struct ims_text words = {0};

    for (const char *at = cmdline; (at = strstr(at, OVERRIDE_WORD)) != NULL;) {
        const size_t length = strcspn(at, " \t\n");
        ims_text_append_bytes(&words, at, length);
        ims_text_append(&words, " ");
        at += length;
    }
    return ims_text_take(&words);
}

/* Groups of a machine that is to boot are judged at once; its fabric only after the boot. */
static int boot(struct ims_side *side, const struct ims_options *options,
                const struct ims_ruleset *ruleset, struct ims_error *error)
{
    const char *cmdline = side->edited->scenario.cmdline;
    char *words = NULL;
    int code = ims_grouping_boot(side->grouping, &side->booted, error);

    if (code == 0 && cmdline) {
        words = override_words(cmdline);
        code = words ? 0 : -ENOMEM;
    }
    if (code == 0)
        code =
            compute(side->booted, options, ruleset, IMS_ACS_AS_IS, words, &side->rebooted, error);
    free(words);
    return code;
}

static bool boots(const struct ims_side *side)
{
    const struct ims_scenario *scenario = &side->edited->scenario;

    if (scenario->iommu_on == IMS_NO)
        return false; /* then nobody sets ACS */
    return scenario->boots || ims_grouping_basis(side->grouping)->acs == IMS_ACS_AS_LINUX_SETS;
}

static int judge_fabric(struct ims_side *side, const struct ims_options *options,
                        struct ims_error *error)
{
    struct ims_fabric_options fabric = {
        .size_bytes = sizeof(fabric),
        .threat = options->threat,
        .rc = options->rc,
    };
    int code = 0;

    if (side->edited->scenario.rc)
        code = ims_fabric_rc_parse(side->edited->scenario.rc, &fabric.rc);
    if (code == 0)
        code = ims_fabric_new(ims_side_machine(side), &fabric, &side->fabric, error);
    if (code == 0)
        code = ims_audit_new(side->rebooted ? side->rebooted : side->grouping, side->fabric, NULL,
                             &side->audit, error);
    return code;
}

const struct ims_topology *ims_side_machine(const struct ims_side *side)
{
    return side->booted ? side->booted : side->edited->topology;
}

static int open_side(struct ims_side *side, const struct ims_session *session,
                     const struct ims_options *options, const struct ims_edit *edits,
                     uint32_t count, enum ims_acs_mode acs, struct ims_error *error)
{
    struct ims_ruleset ruleset;
    int code = ims_edits_apply(session->topology, edits, count, &side->edited, error);

    if (code == 0)
        code = find_ruleset(side, options, &ruleset, error);
    if (code == 0)
        code = compute(side->edited->topology, options, &ruleset, acs,
                       side->edited->scenario.cmdline, &side->grouping, error);
    if (code == 0 && boots(side))
        code = boot(side, options, &ruleset, error);
    if (code == 0)
        code = judge_fabric(side, options, error);
    if (code < 0)
        return code;
    side->check_count = ims_grouping_count(side->grouping);
    side->checks = calloc((size_t)side->check_count + 1, sizeof(struct ims_check *));
    return side->checks ? 0 : -ENOMEM;
}

int ims_side_open(struct ims_side *side, const struct ims_session *session,
                  const struct ims_options *options, const struct ims_edit *edits, uint32_t count,
                  enum ims_acs_mode acs)
{
    struct ims_error error = {0};
    const int code = open_side(side, session, options, edits, count, acs, &error);

    return code < 0 ? ims_session_fail(&error, code) : IMS_EXIT_OK;
}

int ims_side_check(struct ims_side *side, const struct ims_session *session,
                   const struct ims_options *options, uint32_t group)
{
    const struct ims_group_info *info = ims_grouping_group(side->grouping, group);
    const struct ims_check_options how = {
        .size_bytes = sizeof(how),
        .kernel_assumed =
            !side->edited->scenario.kernel && ims_session_assumes_kernel(session, options),
        .iommu_assumed = true, /* where it is off, there is no group to check */
    };
    struct ims_error error = {0};
    int code = 0;

    if (!side->checks[group])
        code = ims_check_new(side->grouping, info->members[0], &how, &side->checks[group], &error);
    return code < 0 ? ims_session_fail(&error, code) : IMS_EXIT_OK;
}

void ims_side_close(struct ims_side *side)
{
    for (uint32_t i = 0; side->checks && i < side->check_count; i++)
        ims_check_free(side->checks[i]);
    free(side->checks);
    ims_audit_free(side->audit);
    ims_fabric_free(side->fabric);
    ims_grouping_free(side->rebooted);
    ims_topology_free(side->booted);
    ims_grouping_free(side->grouping);
    ims_edited_free(side->edited);
    *side = (struct ims_side){0};
}
