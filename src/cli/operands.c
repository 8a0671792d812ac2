/* SPDX-License-Identifier: MIT */
/* From operands that name groups or functions to groups. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/print.h"
#include "cli/session.h"

bool ims_operand_is_group(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* A member of the kernel group of this number, or of the computed one where there are no others. */
static struct ims_function member_of(const struct ims_session *session, uint32_t number,
                                     bool *ret_of_kernel)
{
    const uint32_t count = ims_topology_function_count(session->topology);
    bool any_known = false;

    for (uint32_t i = 0; i < count; i++) {
        const struct ims_function function = {i};
        const struct ims_record *record =
            ims_topology_function(session->topology, function)->record;

        any_known |= record->group_state == IMS_GROUP_KNOWN;
        if (record->group_state == IMS_GROUP_KNOWN && record->group == number)
            return function;
    }
    *ret_of_kernel = any_known || ims_topology_machine(session->topology)->groups_stated == IMS_YES;
    for (uint32_t i = 0; !*ret_of_kernel && i < ims_grouping_count(session->grouping); i++) {
        const struct ims_group_info *group = ims_grouping_group(session->grouping, i);
        if (group->managed && group->number == number)
            return group->members[0];
    }
    return IMS_FUNCTION_NONE;
}

static int resolve(const struct ims_session *session, const char *text, struct ims_function *ret)
{
    bool of_kernel = false;
    uint64_t number;

    if (!ims_operand_is_group(text))
        return ims_session_resolve(session, text, ret);
    if (ims_number_decimal(text, strlen(text), UINT32_MAX, &number) == 0) {
        *ret = member_of(session, (uint32_t)number, &of_kernel);
        if (!ims_function_is_none(*ret))
            return IMS_EXIT_OK;
    }
    ims_print_error(of_kernel ? "the kernel has no group %s with a PCI function in it"
                              : "there is no group %s (the input has no groups of a kernel: they "
                                "are computed)",
                    text);
    return IMS_EXIT_ERROR;
}

static bool same_group(const struct ims_session *session, struct ims_function a,
                       struct ims_function b)
{
    const struct ims_record *left = ims_topology_function(session->topology, a)->record;
    const struct ims_record *right = ims_topology_function(session->topology, b)->record;

    if (left->group_state == IMS_GROUP_KNOWN || right->group_state == IMS_GROUP_KNOWN)
        return left->group_state == right->group_state && left->group == right->group;
    if (left->group_state == IMS_GROUP_NONE || right->group_state == IMS_GROUP_NONE ||
        ims_topology_machine(session->topology)->iommu_on == IMS_NO)
        return a.index == b.index;
    return ims_grouping_of(session->grouping, a) == ims_grouping_of(session->grouping, b);
}

int ims_session_groups(const struct ims_session *session, char **operands, int operand_count,
                       struct ims_function **ret, uint32_t *ret_count)
{
    struct ims_function *functions = calloc((size_t)operand_count, sizeof(*functions));
    uint32_t count = 0;
    int status = IMS_EXIT_OK;

    if (!functions) {
        ims_print_error("%s", strerror(ENOMEM));
        return IMS_EXIT_ERROR;
    }
    for (int i = 0; i < operand_count && status == IMS_EXIT_OK; i++) {
        bool known = false;

        status = resolve(session, operands[i], &functions[count]);
        for (uint32_t j = 0; status == IMS_EXIT_OK && j < count; j++)
            known |= same_group(session, functions[j], functions[count]);
        count += status == IMS_EXIT_OK && !known;
    }
    if (status != IMS_EXIT_OK) {
        free(functions);
        return status;
    }
    *ret = functions;
    *ret_count = count;
    return IMS_EXIT_OK;
}
