/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "iommuscope/source.h"

#define EXPECTED_MAX 8u

static const char *const required[] = {"begin", "steps",  "capture", "groups", "audit",
                                       "reach", "status", "links",   "log",    "end"};

/* ---- the boot itself ---- */

static bool check_boot(const struct lab_options *options, const struct lab_boot *boot, FILE *stream)
{
    bool fine = true;
    if (boot->trouble[0]) {
        fprintf(stream, "%s\n", boot->trouble);
        return false;
    }
    if (boot->timed_out) {
        fprintf(stream, "not done after %u seconds\n", lab_boot_deadline(options, boot->machine));
        fine = false;
    } else if (!WIFEXITED(boot->status) || WEXITSTATUS(boot->status) != 0) {
        fprintf(stream, "QEMU ended with wait status %#x\n", (unsigned)boot->status);
        fine = false;
    }
    if (boot->frames.damage[0]) {
        fprintf(stream, "a damaged frame: %s\n", boot->frames.damage);
        fine = false;
    }
    for (unsigned i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (!lab_frames_find(&boot->frames, required[i])) {
            fprintf(stream, "the guest sent no section '%s'\n", required[i]);
            fine = false;
        }
    }
    return fine;
}

static const char *section(const struct lab_boot *boot, const char *name)
{
    const struct ims_text *bytes = lab_frames_find(&boot->frames, name);
    const char *text = bytes ? ims_text_get(bytes) : NULL;
    return text ? text : "";
}

static bool check_log(const struct lab_boot *boot, FILE *stream)
{
    const char *expected[EXPECTED_MAX + 1] = {NULL};
    const struct lab_statement *statement = NULL;
    unsigned count = 0;
    while (
        count < EXPECTED_MAX &&
        (statement = lab_machine_next(boot->machine, LAB_WARNS, &boot->kernel->version, statement)))
        expected[count++] = statement->text;
    return lab_kernel_log_check(section(boot, "log"), expected, stream) == 0;
}

static bool check_guest(const struct lab_boot *boot, FILE *stream)
{
    bool fine = check_log(boot, stream);
    for (const char *line = section(boot, "steps"); *line;) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, "done ", 5) != 0) {
            fprintf(stream, "step %.*s\n", (int)length, line);
            fine = false;
        }
        line += length + (line[length] == '\n');
    }
    if (*section(boot, "end")) {
        fprintf(stream, "trouble in the guest: %s", section(boot, "end"));
        fine = false;
    }
    return fine;
}

/* What the script said, whenever anything is wrong. */
static void print_story(const struct lab_boot *boot, FILE *stream)
{
    for (const char *line = section(boot, "story"); *line;) {
        size_t length = strcspn(line, "\n");
        fprintf(stream, "story: %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static bool check_story(const struct lab_boot *boot, FILE *stream)
{
    if (!lab_machine_next(boot->machine, LAB_STORY, NULL, NULL) ||
        lab_frames_find(&boot->frames, "story"))
        return true;
    fprintf(stream, "the guest sent no section 'story'\n");
    return false;
}

/* ---- the kernel's groups ---- */

static struct ims_function handle(uint32_t index)
{
    return (struct ims_function){index};
}

/* The links of /sys, read without the library, must say what the capture says. */
static bool check_links(const struct lab_boot *boot, const struct ims_topology *topology,
                        const struct kernel_groups *kernel, FILE *stream)
{
    uint32_t links = 0;
    bool fine = true;
    for (const char *line = section(boot, "links"); *line;) {
        char name[64];
        int number;
        struct ims_address address;
        size_t length = strcspn(line, "\n");
        if (sscanf(line, "G %63s %d", name, &number) != 2) {
            fprintf(stream, "link that cannot be understood: %.*s\n", (int)length, line);
            fine = false;
        } else if (ims_address_parse(name, &address) == 0) { /* else not a PCI function */
            struct ims_function function = ims_topology_find(topology, address);
            links++;
            if (ims_function_is_none(function) || kernel->numbers[function.index] != number) {
                fprintf(stream, "%s is in group %d by its link, not by the capture\n", name,
                        number);
                fine = false;
            }
        }
        line += length + (line[length] == '\n');
    }
    if (links != kernel->grouped) {
        fprintf(stream, "%u functions have a link, %u a group in the capture\n", links,
                kernel->grouped);
        fine = false;
    }
    return fine;
}

/* "group A B": exactly these share a group of the kernel. */
static bool check_group(const struct lab_statement *statement, const struct ims_topology *topology,
                        const struct kernel_groups *kernel, bool grouped, FILE *stream)
{
    char text[4096], *rest = NULL;
    uint32_t count = 0, members = 0;
    int number = KERNEL_SILENT;
    snprintf(text, sizeof(text), "%s", statement->text);
    for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        struct ims_address address;
        struct ims_function function = IMS_FUNCTION_NONE;
        if (ims_address_parse(word, &address) == 0)
            function = ims_topology_find(topology, address);
        int here = ims_function_is_none(function) ? KERNEL_SILENT : kernel->numbers[function.index];
        number = count == 0 ? here : number;
        count++;
        if (here == KERNEL_SILENT || (here >= 0) != grouped || (grouped && here != number)) {
            fprintf(stream, "line %u: %s %s\n", statement->line, word,
                    here == KERNEL_SILENT ? "is not there"
                    : here < 0            ? "has no group"
                    : grouped             ? "is in another group"
                                          : "has a group");
            return false;
        }
    }
    for (uint32_t i = 0; grouped && i < kernel->count; i++)
        members += kernel->numbers[i] == number;
    if (grouped && members != count)
        fprintf(stream, "line %u: the kernel's group %d has %u members, not %u\n", statement->line,
                number, members, count);
    return !grouped || members == count;
}

static bool check_stated(const struct lab_boot *boot, const struct ims_topology *topology,
                         const struct kernel_groups *kernel, FILE *stream)
{
    const struct ims_kernel_version *version = &boot->kernel->version;
    const struct lab_statement *statement = NULL;
    bool fine = true, none = false;
    while ((statement = lab_machine_next(boot->machine, LAB_GROUP, version, statement)))
        fine &= check_group(statement, topology, kernel, true, stream);
    while ((statement = lab_machine_next(boot->machine, LAB_UNGROUPED, version, statement))) {
        if (strcmp(statement->text, "all") == 0)
            none = true;
        else
            fine &= check_group(statement, topology, kernel, false, stream);
    }
    if (none != (kernel->grouped == 0)) {
        fprintf(stream, none ? "the kernel made groups\n" : "the kernel made no group at all\n");
        fine = false;
    }
    return fine;
}

static void describe_groups(const struct ims_topology *topology, const struct kernel_groups *kernel,
                            char **ret)
{
    size_t length;
    char name[IMS_ADDRESS_STRING_SIZE];
    FILE *stream = open_memstream(ret, &length);
    if (!stream)
        abort();
    for (uint32_t i = 0; i < kernel->count; i++) {
        bool first = true;
        for (uint32_t j = 0; j < i && first; j++)
            first = kernel->numbers[j] < 0 ? true : kernel->numbers[j] != kernel->numbers[i];
        if (!first)
            continue;
        fprintf(stream, kernel->numbers[i] < 0 ? "ungrouped" : "group");
        for (uint32_t j = i; j < kernel->count; j++) {
            if (j != i && (kernel->numbers[i] < 0 || kernel->numbers[j] != kernel->numbers[i]))
                continue;
            ims_address_format(ims_topology_function(topology, handle(j))->address, name);
            fprintf(stream, " %s", strncmp(name, "0000:", 5) == 0 ? name + 5 : name);
        }
        fprintf(stream, "\n");
    }
    fclose(stream);
}

/* ---- the library's groups ---- */

static void count_numbers(const struct ims_grouping *grouping, const struct kernel_groups *kernel,
                          struct lab_verdict *verdict)
{
    for (uint32_t i = 0; i < kernel->count; i++) {
        const struct ims_group_info *group =
            ims_grouping_group(grouping, ims_grouping_of(grouping, handle(i)));
        verdict->numbers_matched += kernel->numbers[i] >= 0 && group->managed &&
                                    group->number == (uint32_t)kernel->numbers[i];
    }
}

/* Computes with the rules of the kernel that booted. */
static struct ims_grouping *compute(const struct lab_boot *boot,
                                    const struct ims_topology *topology, bool everything,
                                    FILE *stream)
{
    struct ims_grouping_options options = {.size_bytes = sizeof(options),
                                           .manage_everything = everything};
    struct ims_grouping *grouping = NULL;
    struct ims_error error = {0};
    const char *probe = lab_machine_text(boot->machine, LAB_PROBE, &boot->kernel->version, "boot");
    options.probe = strcmp(probe, "hot") == 0 ? IMS_PROBE_HOT_ADDED : IMS_PROBE_BOOT;
    if (ims_ruleset_find("linux", ims_topology_machine(topology), &options.ruleset, &error) < 0 ||
        ims_grouping_compute(topology, &options, &grouping, &error) < 0) {
        fprintf(stream, "cannot compute: %s\n", error.message);
        return NULL;
    }
    return grouping;
}

static bool check_computed(const struct lab_boot *boot, const struct ims_topology *topology,
                           const struct kernel_groups *kernel, struct lab_verdict *verdict)
{
    const struct ims_kernel_version *version = &boot->kernel->version;
    const struct lab_statement *differs =
        lab_machine_next(boot->machine, LAB_DIFFERS, version, NULL);
    uint32_t claims, wrong = 0;
    char *text = NULL;
    size_t length = 0;
    struct ims_grouping *grouping = compute(boot, topology, false, verdict->stream);
    if (!grouping)
        return false;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        abort();
    verdict->partition_compared = true;
    verdict->differences = count_differences(stream, topology, grouping, kernel);
    wrong = count_wrong_claims(stream, topology, grouping, kernel, &claims);
    fclose(stream);
    verdict->order_known = ims_grouping_basis(grouping)->numbers_certain && kernel->grouped > 0;
    count_numbers(grouping, kernel, verdict);
    ims_grouping_free(grouping);
    bool fine = verdict->differences == 0 && wrong == 0;
    if (differs) {
        /* Known and explained; a difference that went away must be noticed too. */
        if (fine)
            fprintf(verdict->stream, "line %u: the prediction no longer differs\n", differs->line);
        fine = !fine;
    } else {
        fputs(text, verdict->stream);
    }
    free(text);
    /* Numbers that the library is sure of must be right; others where the machine file says so. */
    if ((lab_machine_next(boot->machine, LAB_NUMBERS, version, NULL) ||
         (verdict->order_known && !differs)) &&
        verdict->numbers_matched != kernel->grouped) {
        fprintf(verdict->stream, "%u of %u functions have the number that was computed\n",
                verdict->numbers_matched, kernel->grouped);
        fine = false;
    }
    return fine;
}

static void judge_capture(const struct lab_options *options, const struct lab_boot *boot,
                          struct lab_verdict *verdict)
{
    const struct ims_text *capture = lab_frames_find(&boot->frames, "capture");
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct kernel_groups kernel;
    char text[1024], path[] = "/tmp/ims-lab-XXXXXX";
    int fd = mkstemp(path);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!stream) {
        fprintf(verdict->stream, "no temporary file\n");
        return;
    }
    fwrite(capture->data ? capture->data : "", 1, capture->length, stream);
    fclose(stream);
    int r = ims_source_load(path, NULL, &topology, &error);
    if (r == 0)
        r = ims_topology_check(topology, &error);
    lab_offline_check(options, boot, path, verdict->stream);
    remove(path);
    if (r < 0) {
        fprintf(verdict->stream, "the capture cannot be read: %s\n",
                ims_error_format(&error, text, sizeof(text)));
        ims_topology_free(topology);
        return;
    }
    kernel_groups_from_topology(topology, &kernel);
    verdict->functions = kernel.count;
    verdict->grouped = kernel.grouped;
    describe_groups(topology, &kernel, &verdict->groups);
    check_links(boot, topology, &kernel, verdict->stream);
    check_stated(boot, topology, &kernel, verdict->stream);
    check_computed(boot, topology, &kernel, verdict);
    free(kernel.numbers);
    ims_topology_free(topology);
}

void lab_verdict_reach(const struct lab_options *options, const struct lab_boot *boot,
                       struct lab_verdict *ret)
{
    *ret = (struct lab_verdict){0};
    ret->stream = open_memstream(&ret->problems, &ret->problems_length);
    if (!ret->stream)
        abort();
    if (check_boot(options, boot, ret->stream)) {
        check_guest(boot, ret->stream);
        check_story(boot, ret->stream);
        judge_capture(options, boot, ret);
    }
    fflush(ret->stream);
    if (ret->problems_length > 0)
        print_story(boot, ret->stream);
    fclose(ret->stream);
    ret->stream = NULL;
}

void lab_verdict_done(struct lab_verdict *verdict)
{
    free(verdict->problems);
    free(verdict->groups);
}
