/* SPDX-License-Identifier: MIT */
/*
 * lab: real kernels under QEMU judge our predictions. docs/lab.md tells how to use it.
 *
 *     lab boot [OPTION...] MACHINE...|--quick|--all
 *     lab check MACHINE...|--all
 *     lab generate --seed N --count M DIR
 *     lab bulk [OPTION...]
 *     lab quirks [OPTION...]
 *     lab rejudge FILE...
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bulk/quirks.h"
#include "bulk/sweep.h"
#include "generate.h"
#include "run.h"

static const char usage[] =
    "usage: lab boot [OPTION...] MACHINE...|--quick|--all\n"
    "       lab check MACHINE...|--all\n"
    "       lab generate --seed N --count M DIR\n"
    "       lab bulk [OPTION...] [--seed N] [--count M] [--cases FILE] [--record FILE]\n"
    "       lab quirks [OPTION...] [--every N]\n"
    "       lab rejudge FILE...\n"
    "\n"
    "A MACHINE is a file, a folder of files, or a name in the folder of machines.\n"
    "  --kernel NAME        boot this kernel, may be repeated (all of the cache; amd64-6.1 and\n"
    "                       amd64-6.12 with --quick)\n"
    "  --jobs N             so many boots at a time (2)\n"
    "  --cache DIR          kernels and QEMU ($IOMMUSCOPE_LAB_CACHE, /var/tmp/iommuscope-lab)\n"
    "  --guest PREFIX       build folders of the guest without -ARCH (build-lab)\n"
    "  --machines DIR       folder of machines (tests/lab/machines)\n"
    "  --modules DIR        folder of KERNEL/iommulab.ko (build-lab-modules)\n"
    "  --stories DIR        folder of the scripts that guests run (tests/lab/stories)\n"
    "  --bulk DIR           folder of the machines that hold synthetic ones (tests/lab/bulk)\n"
    "  --append WORDS       put them behind the kernel command line of every machine\n"
    "  --keep DIR           keep what every boot of a machine left\n"
    "  --save-fixtures DIR  keep the capture of every boot that matches\n"
    "  --print-groups       print what the kernel made, as lines of a machine file\n"
    "  --shrink             make machines smaller whose groups differ: one boot a try\n"
    "  --accel kvm|tcg      do not try whether KVM works\n"
    "  --deadline SECONDS   of one boot (120)\n"
    "  --seed N, --count M  of generate (1, 10)\n";

enum {
    OPTION_KERNEL = 1,
    OPTION_JOBS,
    OPTION_CACHE,
    OPTION_GUEST,
    OPTION_MACHINES,
    OPTION_KEEP,
    OPTION_FIXTURES,
    OPTION_PRINT,
    OPTION_SHRINK,
    OPTION_DEADLINE,
    OPTION_QUICK,
    OPTION_ALL,
    OPTION_SEED,
    OPTION_COUNT,
    OPTION_MODULES,
    OPTION_BULK,
    OPTION_RECORD,
    OPTION_EVERY,
    OPTION_CASES,
    OPTION_ACCEL,
    OPTION_STORIES,
    OPTION_APPEND,
};

static const struct option long_options[] = {
    {"kernel", required_argument, NULL, OPTION_KERNEL},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"guest", required_argument, NULL, OPTION_GUEST},
    {"machines", required_argument, NULL, OPTION_MACHINES},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"save-fixtures", required_argument, NULL, OPTION_FIXTURES},
    {"print-groups", no_argument, NULL, OPTION_PRINT},
    {"shrink", no_argument, NULL, OPTION_SHRINK},
    {"deadline", required_argument, NULL, OPTION_DEADLINE},
    {"quick", no_argument, NULL, OPTION_QUICK},
    {"all", no_argument, NULL, OPTION_ALL},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"modules", required_argument, NULL, OPTION_MODULES},
    {"bulk", required_argument, NULL, OPTION_BULK},
    {"record", required_argument, NULL, OPTION_RECORD},
    {"every", required_argument, NULL, OPTION_EVERY},
    {"cases", required_argument, NULL, OPTION_CASES},
    {"accel", required_argument, NULL, OPTION_ACCEL},
    {"stories", required_argument, NULL, OPTION_STORIES},
    {"append", required_argument, NULL, OPTION_APPEND},
    {NULL, 0, NULL, 0},
};

struct request {
    struct lab_run run;
    const char *machines;
    bool quick, all;
    unsigned long seed, count;
    struct bulk_request bulk;
    unsigned every; /* id of a long list */
};

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "lab: %s%s%s\n", what, *detail ? ": " : "", detail);
    exit(2);
}

static unsigned long number(const char *text)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-')
        die("not a number", text);
    return value;
}

static void take_option(struct request *request, int option, const char *value)
{
    struct lab_run *run = &request->run;
    if (option == OPTION_KERNEL) {
        if (run->kernel_count == LAB_KERNEL_MAX)
            die("too many kernels", value);
        run->kernel_names[run->kernel_count++] = value;
    } else if (option == OPTION_JOBS) {
        run->jobs = (unsigned)number(value);
        if (run->jobs == 0 || run->jobs > 1024)
            die("--jobs takes 1 to 1024, not", value);
    } else if (option == OPTION_CACHE) {
        run->options.cache = value;
    } else if (option == OPTION_GUEST) {
        run->options.guest = value;
    } else if (option == OPTION_MACHINES) {
        request->machines = value;
    } else if (option == OPTION_KEEP) {
        run->options.keep = value;
    } else if (option == OPTION_FIXTURES) {
        run->fixtures = value;
    } else if (option == OPTION_PRINT) {
        run->print_groups = true;
    } else if (option == OPTION_SHRINK) {
        run->shrink = true;
    } else if (option == OPTION_DEADLINE) {
        run->options.deadline_seconds = (unsigned)number(value);
    } else if (option == OPTION_QUICK) {
        request->quick = true;
    } else if (option == OPTION_ALL) {
        request->all = true;
    } else if (option == OPTION_SEED) {
        request->seed = number(value);
    } else if (option == OPTION_COUNT) {
        request->count = number(value);
    } else if (option == OPTION_MODULES) {
        request->bulk.modules = value;
    } else if (option == OPTION_BULK) {
        request->bulk.machines = value;
    } else if (option == OPTION_RECORD) {
        request->bulk.record = value;
    } else if (option == OPTION_EVERY) {
        request->every = (unsigned)number(value);
    } else if (option == OPTION_CASES) {
        request->bulk.cases = value;
    } else if (option == OPTION_ACCEL) {
        if (strcmp(value, "kvm") != 0 && strcmp(value, "tcg") != 0)
            die("--accel takes kvm or tcg, not", value);
        run->options.accel = value;
    } else if (option == OPTION_STORIES) {
        run->options.stories = value;
    } else if (option == OPTION_APPEND) {
        run->options.append = value;
    } else {
        fputs(usage, stderr);
        exit(2);
    }
}

/* ---- which machines ---- */

static int is_machine(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && strcmp(dot, ".machine") == 0;
}

/* Returns the number of files in the folder, -1 when it is none. */
static int add_folder(struct lab_run *run, const char *folder, bool quick_only)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_machine, versionsort);
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        lab_run_add_machine(run, path, quick_only);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

static void add_machine(struct request *request, const char *name)
{
    char path[1024];
    int count = add_folder(&request->run, name, false);
    if (count == 0)
        die("no machine in folder", name);
    if (count > 0)
        return;
    if (access(name, R_OK) < 0 && !strchr(name, '/')) {
        snprintf(path, sizeof(path), "%s/%s.machine", request->machines, name);
        name = path;
    }
    lab_run_add_machine(&request->run, name, false);
}

static void add_machines(struct request *request, char **names)
{
    if (!*names && !request->quick && !request->all)
        die("which machine?", "");
    for (; *names; names++)
        add_machine(request, *names);
    if ((request->quick || request->all) &&
        add_folder(&request->run, request->machines, request->quick && !request->all) <= 0)
        die("no machine in folder", request->machines);
}

int main(int argc, char **argv)
{
    const char *cache = getenv("IOMMUSCOPE_LAB_CACHE");
    struct request request = {
        .machines = "tests/lab/machines",
        .count = 10,
        .bulk = {.modules = "build-lab-modules", .machines = "tests/lab/bulk"}};
    int option;
    setvbuf(stdout, NULL, _IOLBF, 0); /* a boot is worth a line at once */
    request.run.jobs = 2;
    request.run.options = (struct lab_options){
        .cache = cache && *cache ? cache : "/var/tmp/iommuscope-lab",
        .guest = "build-lab",
        .stories = "tests/lab/stories",
        .deadline_seconds = 120,
    };
    if (argc < 2 || argv[1][0] == '-') {
        fputs(usage, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    optind = 2;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0)
        take_option(&request, option, optarg);
    if (strcmp(argv[1], "rejudge") == 0)
        return bulk_rejudge(argv + optind, &request.run.tap);
    if (strcmp(argv[1], "quirks") == 0)
        return bulk_quirks(&request.run, &request.bulk, request.every ? request.every : 1);
    if (strcmp(argv[1], "bulk") == 0) {
        request.bulk.seed = request.seed ? request.seed : (unsigned long)time(NULL);
        request.bulk.count = (unsigned)request.count;
        return bulk_run(&request.run, &request.bulk);
    }
    if (strcmp(argv[1], "generate") == 0) {
        if (argc - optind != 1)
            die("generate takes one folder", "");
        return lab_generate(argv[optind], request.seed, (unsigned)request.count) < 0 ? 1 : 0;
    }
    if (strcmp(argv[1], "boot") != 0 && strcmp(argv[1], "check") != 0)
        die("unknown command", argv[1]);
    add_machines(&request, argv + optind);
    if (request.quick && request.run.kernel_count == 0) {
        request.run.kernel_names[request.run.kernel_count++] = "amd64-6.1";
        request.run.kernel_names[request.run.kernel_count++] = "amd64-6.12";
    }
    return strcmp(argv[1], "check") == 0 ? lab_run_check(&request.run)
                                         : lab_run_boots(&request.run);
}
