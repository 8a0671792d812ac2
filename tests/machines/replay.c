/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"
#include "iommuscope/source.h"

/*
 * replay DIR...: computes the groups of every capture below the folders, and below the folder that
 * MACHINES names, and compares them with the groups that a kernel made. README.md has the forms.
 */

#define NAME_SIZE 1024u

struct replay {
    struct tap tap;
    char **dumps; /* files that a .groups file names: not captures of their own */
    unsigned dump_count;
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static struct ims_topology *load(struct replay *replay, const char *path, const char *groups_path)
{
    struct ims_topology *topology = NULL;
    struct ims_error error = {0};
    struct ims_source_options options = {.size_bytes = sizeof(options), .groups_path = groups_path};
    char text[1024];
    int r = ims_source_load(path, &options, &topology, &error);
    if (r == 0)
        r = ims_topology_check(topology, &error);
    if (r < 0) {
        tap_ok(&replay->tap, false, "%s cannot be read", path);
        printf("# %s\n", ims_error_format(&error, text, sizeof(text)));
        ims_topology_free(topology);
        return NULL;
    }
    return topology;
}

/* Groups twice: with the managed set of the input, and with everything managed. */
static void judge(struct replay *replay, const char *name, const struct ims_topology *topology,
                  const char *rules, const char *cmdline, const struct kernel_groups *kernel)
{
    const struct ims_machine *machine = ims_topology_machine(topology);
    bool log_only = machine->source_kind && strcmp(machine->source_kind, "kernel-log") == 0;
    for (unsigned everything = 0; everything < 2; everything++) {
        struct ims_grouping *grouping = NULL;
        struct ims_error error = {0};
        struct ims_grouping_options options = {.size_bytes = sizeof(options),
                                               .cmdline = cmdline,
                                               .manage_everything = everything == 1};
        char title[NAME_SIZE + 128];
        snprintf(title, sizeof(title), "%s, %s", name,
                 everything ? "everything managed" : "managed set known");
        if (ims_ruleset_find(rules, machine, &options.ruleset, &error) < 0 ||
            ims_grouping_compute(topology, &options, &grouping, &error) < 0) {
            tap_ok(&replay->tap, false, "%s", title);
            printf("# %s\n", error.message);
            continue;
        }
        /* A log has no ACS registers: only what is claimed as certain can be held against it. */
        if (log_only)
            check_claims(&replay->tap, title, topology, grouping, kernel);
        else
            check_partition(&replay->tap, title, topology, grouping, kernel);
        if (!log_only && !everything)
            check_claims(&replay->tap, title, topology, grouping, kernel);
        ims_grouping_free(grouping);
    }
}

/* A capture that holds its groups, or has them in a file beside it. */
static void replay_capture(struct replay *replay, const char *path)
{
    char groups[NAME_SIZE];
    struct kernel_groups kernel;
    int stem = (int)(strrchr(path, '.') - path);
    snprintf(groups, sizeof(groups), "%.*s.groups.txt", stem, path);
    struct ims_topology *topology = load(replay, path, access(groups, R_OK) == 0 ? groups : NULL);
    if (!topology)
        return;
    kernel_groups_from_topology(topology, &kernel);
    judge(replay, path, topology, "linux", NULL, &kernel);
    free(kernel.numbers);
    ims_topology_free(topology);
}

/* ---- dumps with a .groups file: "# KERNEL kernel RELEASE dump FILE options ..." and lines ---- */

struct boot {
    char kernel[64];
    char dump[256];
    char options[512];
};

static bool parse_boot(const char *line, struct boot *boot)
{
    memset(boot, 0, sizeof(*boot));
    if (sscanf(line, "# %63s kernel %*s dump %255s options %511[^\n]", boot->kernel, boot->dump,
               boot->options) < 2)
        return false;
    if (strcmp(boot->options, "-") == 0)
        boot->options[0] = '\0';
    return true;
}

/* The groups of one kernel as a kernel log, which is how they can be given beside a dump. */
static bool write_log(FILE *stream, const char *path, const char *kernel)
{
    char line[1024];
    FILE *groups = fopen(path, "r");
    bool any = false;
    if (!groups)
        return false;
    while (fgets(line, sizeof(line), groups)) {
        char name[64], address[64], number[64];
        if (line[0] == '#' || sscanf(line, "%63s %63s %63s", name, address, number) != 3 ||
            strcmp(name, kernel) != 0 || strcmp(number, "-") == 0)
            continue;
        fprintf(stream, "pci %s: Adding to iommu group %s\n", address, number);
        any = true;
    }
    fclose(groups);
    return any;
}

static void replay_boot(struct replay *replay, const char *path, const struct boot *boot)
{
    char dump[NAME_SIZE], log[NAME_SIZE], name[NAME_SIZE + 80], rules[80];
    const char *base = getenv("TMPDIR");
    int folder = (int)(strrchr(path, '/') - path);
    struct kernel_groups kernel;
    snprintf(dump, sizeof(dump), "%.*s/%s", folder, path, boot->dump);
    snprintf(name, sizeof(name), "%s %s", path, boot->kernel);
    snprintf(rules, sizeof(rules), "linux-%s", boot->kernel);
    snprintf(log, sizeof(log), "%s/ims-replay-XXXXXX", base && *base ? base : "/tmp");
    int fd = mkstemp(log);
    FILE *stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!stream) {
        tap_ok(&replay->tap, false, "%s: no temporary file", name);
        return;
    }
    bool any = write_log(stream, path, boot->kernel);
    fclose(stream);
    struct ims_topology *topology = load(replay, dump, any ? log : NULL);
    unlink(log);
    if (!topology)
        return;
    kernel_groups_from_topology(topology, &kernel);
    judge(replay, name, topology, rules, boot->options, &kernel);
    free(kernel.numbers);
    ims_topology_free(topology);
}

static void replay_groups(struct replay *replay, const char *path)
{
    char line[1024];
    struct boot boot;
    FILE *stream = fopen(path, "r");
    unsigned count = 0;
    if (!stream) {
        tap_ok(&replay->tap, false, "%s: %s", path, strerror(errno));
        return;
    }
    while (fgets(line, sizeof(line), stream)) {
        if (!parse_boot(line, &boot))
            continue;
        replay_boot(replay, path, &boot);
        count++;
    }
    fclose(stream);
    if (count == 0)
        tap_ok(&replay->tap, false, "%s names no dump", path);
}

/* Remembers the dumps that a .groups file names. */
static void note_dumps(struct replay *replay, const char *path)
{
    char line[1024];
    struct boot boot;
    FILE *stream = fopen(path, "r");
    while (stream && fgets(line, sizeof(line), stream)) {
        char dump[NAME_SIZE];
        if (!parse_boot(line, &boot))
            continue;
        snprintf(dump, sizeof(dump), "%.*s/%s", (int)(strrchr(path, '/') - path), path, boot.dump);
        replay->dumps = realloc(replay->dumps, (replay->dump_count + 1u) * sizeof(char *));
        if (!replay->dumps || !(replay->dumps[replay->dump_count++] = strdup(dump)))
            abort();
    }
    if (stream)
        fclose(stream);
}

static bool is_dump(const struct replay *replay, const char *path)
{
    for (unsigned i = 0; i < replay->dump_count; i++) {
        if (strcmp(replay->dumps[i], path) == 0)
            return true;
    }
    return false;
}

/* ---- folders ---- */

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_file(struct replay *replay, const char *path)
{
    if (ends_with(path, ".groups"))
        replay_groups(replay, path);
    else if (ends_with(path, ".json") ||
             (ends_with(path, ".txt") && !ends_with(path, ".groups.txt") && !is_dump(replay, path)))
        replay_capture(replay, path);
}

static void replay_folder(struct replay *replay, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, alphasort);
    if (count < 0) {
        tap_ok(&replay->tap, false, "%s: %s", folder, strerror(errno));
        return;
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; i++) {
            char path[NAME_SIZE];
            struct stat status;
            snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
            if (stat(path, &status) < 0)
                continue;
            if (pass == 0 && ends_with(path, ".groups"))
                note_dumps(replay, path);
            else if (pass == 1 && S_ISDIR(status.st_mode))
                replay_folder(replay, path);
            else if (pass == 1 && S_ISREG(status.st_mode))
                replay_file(replay, path);
        }
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

int main(int argc, char **argv)
{
    struct replay replay = {0};
    const char *machines = getenv("MACHINES");
    if (argc < 2 && !machines) {
        fprintf(stderr, "usage: replay DIR...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        unsigned before = replay.tap.count;
        replay_folder(&replay, argv[i]);
        if (replay.tap.count == before)
            tap_ok(&replay.tap, false, "%s holds no capture", argv[i]);
    }
    if (machines && *machines) {
        unsigned before = replay.tap.count;
        replay_folder(&replay, machines);
        if (replay.tap.count == before)
            tap_ok(&replay.tap, false, "%s holds no capture", machines);
    }
    for (unsigned i = 0; i < replay.dump_count; i++)
        free(replay.dumps[i]);
    free(replay.dumps);
    return tap_done(&replay.tap);
}
