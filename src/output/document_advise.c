/* SPDX-License-Identifier: MIT */
/* The document of advise split, isolate and group. */
#include <errno.h>
#include <string.h>

#include "output/document_parts.h"

static json_t *members(struct ims_maker *maker, const struct ims_subject *subject,
                       const struct ims_function *functions, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++)
        ims_make_append(maker, array, ims_part_member(maker, subject, functions[i]));
    return array;
}

static json_t *addresses(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_function *functions, uint32_t count)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < count; i++)
        ims_make_append(maker, array, ims_part_address(subject, functions[i]));
    return array;
}

static json_t *bit_names(struct ims_maker *maker, uint16_t bits)
{
    static const char *const names[] = {"SV", "TB", "RR", "CR", "UF", "EC", "DT"};
    json_t *array = json_array();

    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (bits >> i & 1)
            ims_make_append(maker, array, ims_make_string(names[i]));
    return array;
}

static json_t *changes_part(struct ims_maker *maker, const struct ims_subject *subject,
                            const struct ims_separation_way *way)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < way->change_count; i++) {
        const struct ims_separation_change *change = &way->changes[i];
        json_t *object = json_object();

        ims_make_set(maker, object, "address", ims_part_address(subject, change->function));
        ims_make_set(maker, object, "set", bit_names(maker, change->set));
        ims_make_set(maker, object, "clear", bit_names(maker, change->clear));
        ims_make_set(maker, object, "needed_by",
                     ims_make_string(change->for_fabric ? "fabric" : "linux"));
        ims_make_append(maker, array, object);
    }
    return array;
}

/* The shell lines of the way now: registers first, then functions away and back. */
static json_t *now_lines(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_separation_way *way, bool regroup)
{
    json_t *lines = json_array();
    char text[IMS_ADDRESS_STRING_SIZE];

    for (uint32_t i = 0; i < way->change_count; i++) {
        const struct ims_separation_change *change = &way->changes[i];
        const struct ims_function_info *info =
            ims_topology_function(subject->topology, change->function);

        ims_make_append(maker, lines,
                        ims_make_format("setpci -s %s ECAP_ACS+6.w=%04x:%04x",
                                        ims_address_format(info->address, text), change->set,
                                        (unsigned)change->set | change->clear));
    }
    for (uint32_t i = 0; regroup && i < way->rescan_count; i++)
        ims_make_append(
            maker, lines,
            ims_make_format(
                "echo 1 > /sys/bus/pci/devices/%s/remove",
                ims_address_format(
                    ims_topology_function(subject->topology, way->rescan[i])->address, text)));
    if (regroup && way->rescan_count > 0)
        ims_make_append(maker, lines, ims_make_string("echo 1 > /sys/bus/pci/rescan"));
    return lines;
}

static void common_part(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_separation_way *way, json_t *object)
{
    ims_make_set(maker, object, "means", ims_make_string(ims_advice_means_to_string(way->means)));
    ims_make_set(maker, object, "changes", changes_part(maker, subject, way));
    ims_make_set(maker, object, "least", json_boolean(way->certain_least));
    ims_make_set(maker, object, "fabric",
                 ims_make_string(ims_separation_truth_to_string(way->truth)));
}

static json_t *now_part(struct ims_maker *maker, const struct ims_subject *subject,
                        const struct ims_separation *separation)
{
    const struct ims_separation_way *way = &separation->now;
    const bool regroup = separation->together != IMS_NO;
    json_t *object;

    if (way->leads != IMS_YES)
        return json_null();
    object = json_object();
    common_part(maker, subject, way, object);
    ims_make_set(maker, object, "rescan",
                 addresses(maker, subject, way->rescan, regroup ? way->rescan_count : 0));
    ims_make_set(maker, object, "lines", now_lines(maker, subject, way, regroup));
    return object;
}

static json_t *boot_part(struct ims_maker *maker, const struct ims_subject *subject,
                         const struct ims_separation *separation, enum ims_bootloader loader)
{
    const struct ims_separation_way *way = &separation->boot;
    const char *given = ims_grouping_basis(subject->grouping)->cmdline;
    const char *name = ims_bootloader_to_string(loader);
    char kernel[IMS_RULESET_NAME_SIZE];
    json_t *object;

    if (way->leads != IMS_YES)
        return json_null();
    object = json_object();
    common_part(maker, subject, way, object);
    ims_make_set(maker, object, "kernel", ims_make_string(ims_ruleset_name(&way->kernel, kernel)));
    ims_make_set(maker, object, "needs_iommu", json_boolean(way->needs_iommu));
    ims_make_set(maker, object, "add", ims_make_string(way->add));
    ims_make_set(maker, object, "remove", ims_make_string(way->remove));
    ims_make_set(maker, object, "cmdline", given ? ims_make_string(way->cmdline) : json_null());
    ims_make_set(maker, object, "loader", ims_make_string(name));
    ims_make_set(
        maker, object, "lines",
        ims_bootloader_lines(maker, loader, way->add, way->remove, given ? way->cmdline : NULL));
    return object;
}

static json_t *obstacles_part(struct ims_maker *maker, const struct ims_subject *subject,
                              const struct ims_separation *separation)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < separation->obstacle_count; i++) {
        const struct ims_separation_obstacle *obstacle = &separation->obstacles[i];
        json_t *object = json_object();

        ims_make_set(maker, object, "judge",
                     ims_make_string(obstacle->of_fabric ? "fabric" : "linux"));
        ims_make_set(maker, object, "at", ims_part_member(maker, subject, obstacle->at));
        ims_make_set(maker, object, "from", ims_part_address(subject, obstacle->from));
        ims_make_set(maker, object, "to", ims_part_address(subject, obstacle->to));
        ims_make_set(maker, object, "rule",
                     ims_make_string(obstacle->of_fabric ? obstacle->edge.rule
                                     : obstacle->rule    ? obstacle->rule->id
                                                         : NULL));
        ims_make_set(maker, object, "decides", json_boolean(obstacle->decides));
        ims_make_set(maker, object, "text", ims_make_string(obstacle->text));
        ims_make_set(maker, object, "lacks", ims_make_string(obstacle->lacks));
        ims_make_set(maker, object, "section", ims_make_string(obstacle->section));
        ims_make_set(maker, object, "firmware", ims_make_string(obstacle->firmware));
        ims_make_append(maker, array, object);
    }
    return array;
}

static json_t *moves_part(struct ims_maker *maker, const struct ims_subject *subject,
                          const struct ims_separation *separation)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < separation->move_count; i++) {
        const struct ims_separation_move *move = &separation->moves[i];
        json_t *object = json_object();

        ims_make_set(maker, object, "card", ims_part_member(maker, subject, move->card));
        ims_make_set(maker, object, "port", ims_part_member(maker, subject, move->port));
        ims_make_set(maker, object, "slot", ims_make_tristate(move->slot));
        ims_make_set(maker, object, "fabric",
                     ims_make_string(ims_separation_truth_to_string(move->truth)));
        ims_make_append(maker, array, object);
    }
    return array;
}

static void question_part(struct ims_maker *maker, const struct ims_subject *subject,
                          const struct ims_separation_question *question, json_t *document)
{
    ims_make_set(maker, document, "goal",
                 ims_make_string(ims_separation_goal_to_string(question->goal)));
    ims_make_set(maker, document, "a", members(maker, subject, question->a, question->a_count));
    ims_make_set(maker, document, "b",
                 question->goal == IMS_SEPARATE_SPLIT
                     ? members(maker, subject, question->b, question->b_count)
                     : json_null());
}

int ims_document_advise(const struct ims_subject *subject,
                        const struct ims_separation_question *question,
                        const struct ims_separation *separation, enum ims_bootloader loader,
                        json_t **ret)
{
    struct ims_maker maker = {0};
    json_t *document = ims_part_document(&maker, subject, "iommuscope.advise/1");
    json_t *linux_part = json_object();
    json_t *parts = json_array();

    question_part(&maker, subject, question, document);
    ims_make_set(&maker, document, "answer",
                 ims_make_string(ims_separation_answer_to_string(separation->answer)));
    ims_make_set(&maker, linux_part, "together", ims_make_tristate(separation->together));
    ims_make_set(&maker, linux_part, "stated", json_boolean(separation->together_stated));
    ims_make_set(&maker, linux_part, "declared", json_boolean(separation->declared));
    ims_make_set(&maker, linux_part, "contradicts", json_boolean(separation->contradicts));
    ims_make_set(&maker, document, "linux", linux_part);
    ims_make_set(&maker, document, "fabric",
                 ims_make_string(ims_separation_truth_to_string(separation->truth)));
    ims_part_fabric(&maker, subject, document);
    ims_make_set(&maker, document, "now", now_part(&maker, subject, separation));
    ims_make_set(&maker, document, "boot", boot_part(&maker, subject, separation, loader));
    for (uint32_t i = 0; i < separation->part_count; i++)
        ims_make_append(&maker, parts,
                        addresses(&maker, subject, separation->parts[i].members,
                                  separation->parts[i].member_count));
    ims_make_set(&maker, document, "parts", parts);
    ims_make_set(&maker, document, "obstacles", obstacles_part(&maker, subject, separation));
    ims_make_set(&maker, document, "moves", moves_part(&maker, subject, separation));
    ims_make_set(&maker, document, "unknown", ims_make_string(separation->unknown_text));
    ims_part_gaps(&maker, subject, document);
    document = ims_make_finish(&maker, document);
    if (!document)
        return -ENOMEM;
    *ret = document;
    return 0;
}
