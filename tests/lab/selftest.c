/* SPDX-License-Identifier: MIT */
/* The parts of the lab that can be wrong without a boot. */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel.h"
#include "frames.h"
#include "initramfs.h"
#include "kernel.h"
#include "qemu.h"
#include "tap.h"
#include "verdict.h"

static char folder[] = "/tmp/ims-lab-selftest-XXXXXX";

static void write_file(const char *name, const char *text, char path[256])
{
    snprintf(path, 256, "%s/%s", folder, name);
    FILE *stream = fopen(path, "we");
    if (!stream || fputs(text, stream) < 0 || fclose(stream) != 0)
        abort();
}

/* ---- machine files ---- */

static const struct {
    const char *text;
    unsigned line;
    const char *message;
} mistakes[] = {
    {"device edu\n", 1, "the first line is a comment that names the machine"},
    {"", 1, "the first line is a comment that names the machine"},
    {"# t\ndevise edu\n", 2, "unknown keyword 'devise'"},
    {"# t\ndevice\n", 2, "'device' says nothing without more words"},
    {"# t\nquick now\n", 2, "'quick' stands alone"},
    {"# t\n\narch ppc\n", 3, "arch: 'ppc' is unknown"},
    {"# t\niommu intel\niommu amd\n", 3, "a second 'iommu'"},
    {"# t\non 6.x group 00:01.0\n", 2, "'6.x' is no range of kernels"},
    {"# t\non 6.12-6.1 numbers\n", 2, "'6.12-6.1' is no range of kernels"},
    {"# t\non + numbers\n", 2, "'+' is no range of kernels"},
    {"# t\non 6.1 device edu\n", 2, "'device' holds for all kernels"},
    {"# t\nkernels new\n", 2, "'new' is no range of kernels"},
    {"# t\ngroup 00:01.0 00:02\n", 2, "group: '00:02' is no address"},
    {"# t\ngroup 00:01.0 00:01.0\n", 2, "group: '00:01.0' stands twice"},
    {"# t\nungrouped everything\n", 2, "ungrouped: 'everything' is no address"},
    {"# t\nstep jump 00:01.0\n", 2, "step: unknown step 'jump'"},
    {"# t\nstep numvfs 01:00.0\n", 2, "step: 'numvfs' takes 2 words"},
    {"# t\nstep write 01:00.0 100 1\n", 2, "step: '100' cannot be understood"},
    {"# t\nstep acs 01:00.0 1x\n", 2, "step: '1x' cannot be understood"},
    {"# t\nprobe cold\n", 2, "probe: 'cold' is unknown"},
    {"# t\nstory\n", 2, "'story' says nothing without more words"},
    {"# t\nstory ../edu\n", 2, "story: '../edu' is no name of a story"},
    {"# t\nstory edu.sh\n", 2, "story: 'edu.sh' is no name of a story"},
    {"# t\nstory edu\nstory edu\n", 3, "a second 'story'"},
    {"# t\non 6.1 story edu\n", 2, "'story' holds for all kernels"},
    {"# t\nmodprobe\n", 2, "'modprobe' says nothing without more words"},
    {"# t\nmemory 1G\n", 2, "memory: not a number of MiB"},
};

static void test_mistakes(struct tap *tap)
{
    for (unsigned i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        char path[256];
        struct lab_machine *machine = NULL;
        struct ims_error error = {0};
        write_file("bad.machine", mistakes[i].text, path);
        int r = lab_machine_read(path, &machine, &error);
        if (!tap_ok(tap,
                    r < 0 && error.line == mistakes[i].line && strcmp(error.path, path) == 0 &&
                        strcmp(error.message, mistakes[i].message) == 0,
                    "line %u: %s", mistakes[i].line, mistakes[i].message))
            printf("# %d, line %u: %s\n", r, error.line, error.message);
        lab_machine_free(machine);
    }
}

static unsigned count_of(const struct lab_machine *machine, enum lab_keyword keyword,
                         struct ims_kernel_version version)
{
    unsigned count = 0;
    const struct lab_statement *statement = NULL;
    while ((statement = lab_machine_next(machine, keyword, &version, statement)))
        count++;
    return count;
}

static void test_ranges(struct tap *tap)
{
    char path[256];
    struct lab_machine *machine = NULL;
    write_file("ranges.machine",
               "# Ranges\nkernels 6.1+\non 6.12+ group 00:01.0\non -6.11 group 00:02.0\n"
               "on 6.1-6.12 group 00:03.0\non 6.12 group 00:04.0\ngroup 00:05.0\n",
               path);
    if (!tap_ok(tap, lab_machine_read(path, &machine, NULL) == 0, "a file with ranges is read"))
        return;
    tap_ok(tap, strcmp(machine->name, "ranges") == 0 && strcmp(machine->title, "Ranges") == 0,
           "its name and title");
    tap_ok(tap, count_of(machine, LAB_GROUP, (struct ims_kernel_version){6, 1, -1}) == 3,
           "three groups for 6.1");
    tap_ok(tap, count_of(machine, LAB_GROUP, (struct ims_kernel_version){6, 12, 95}) == 4,
           "four groups for 6.12.95");
    tap_ok(tap, count_of(machine, LAB_GROUP, (struct ims_kernel_version){7, 3, -1}) == 2,
           "two groups for 7.3");
    tap_ok(tap, !lab_range_holds(&machine->kernels, &(struct ims_kernel_version){5, 15, -1}),
           "5.15 does not boot it");
    lab_machine_free(machine);
}

/* ---- frames ---- */

static unsigned asked_count;

static void note_asked(void *context, const char *text)
{
    (void)context;
    asked_count += strcmp(text, "device_add edu") == 0;
}

/* Feeds a stream byte by byte, as a slow guest does. */
static void feed(struct lab_frames *frames, const char *stream)
{
    for (; *stream; stream++) {
        ims_text_append_bytes(&frames->stream, stream, 1);
        lab_frames_parse(frames, note_asked, NULL);
    }
}

static void test_frames(struct tap *tap)
{
    struct lab_frames frames = {0};
    asked_count = 0;
    feed(&frames, "noise\n@lab bulk 1 e40c292c\na\n@lab ask 14 ");
    feed(&frames, "1db6d333\ndevice_add edu\n@lab bulk 1 e40c292c\na");
    const struct ims_text *bulk = lab_frames_find(&frames, "bulk");
    tap_ok(tap, bulk && bulk->length == 2 && memcmp(bulk->data, "aa", 2) == 0,
           "frames of one name are one section");
    tap_ok(tap, asked_count == 1, "a question is passed on once");
    tap_ok(tap, !frames.damage[0], "nothing is damaged: %s", frames.damage);
    feed(&frames, "\n@lab log 1 e40c292c\nb");
    tap_ok(tap, frames.damage[0] && !lab_frames_find(&frames, "log"),
           "a wrong checksum is damage: %s", frames.damage);
    lab_frames_done(&frames);
    feed(&frames, "\n@lab log one e40c292c\n");
    tap_ok(tap, frames.damage[0], "a header that cannot be read is damage");
    lab_frames_done(&frames);
    feed(&frames, "\n@lab log 3 e40c292c\na");
    tap_ok(tap, !lab_frames_find(&frames, "log"), "half a frame is none");
    lab_frames_done(&frames);
}

/* ---- KVM ---- */

/* A cache whose QEMU is this script; anything that can be opened serves as /dev/kvm. */
static const char *choose_accel(const char *script, const char *device)
{
    char path[256], name[64], kernel_name[] = "amd64-6.1";
    struct lab_kernel kernel = {.name = kernel_name, .folder = folder};
    struct lab_options options = {.cache = folder, .guest = name, .deadline_seconds = 1};
    snprintf(name, sizeof(name), "%s/guest", folder);
    write_file("qemu/bin/qemu-system-x86_64", script, path);
    if (chmod(path, 0755) < 0)
        abort();
    return lab_accel_choose(&options, &kernel, device, 1);
}

static void test_accel(struct tap *tap)
{
    static const char *const folders[] = {"qemu",
                                          "qemu/bin",
                                          "guest-amd64",
                                          "guest-amd64/tests",
                                          "guest-amd64/tests/lab",
                                          "guest-amd64/tests/lab/guest"};
    static const char good[] = "#!/bin/sh\n"
                               "case \"$*\" in *'-accel kvm'*) ;; *) exit 1 ;; esac\n"
                               "printf '\\n@lab begin 1 e40c292c\\na\\n@lab end 0 811c9dc5\\n'\n";
    char path[256];
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, folders[i]);
        mkdir(path, 0755);
    }
    write_file("guest-amd64/iommuscope", "x", path);
    write_file("guest-amd64/tests/lab/guest/lab-init", "x", path);
    tap_ok(tap, strcmp(choose_accel(good, "/dev/null"), "kvm") == 0,
           "KVM under which a guest comes to its end is used");
    tap_ok(tap, strcmp(choose_accel("#!/bin/sh\nexec sleep 30\n", "/dev/null"), "tcg") == 0,
           "KVM that can be opened and hangs is not");
    tap_ok(tap, strcmp(choose_accel("#!/bin/sh\nexit 1\n", "/dev/null"), "tcg") == 0,
           "KVM that QEMU refuses is not");
    tap_ok(tap, strcmp(choose_accel(good, "/nonexistent/kvm"), "tcg") == 0,
           "without the device there is nothing to try");
}

/* ---- the kernel command line ---- */

static const char *kernel_line(const struct lab_command *command)
{
    for (unsigned i = 0; i + 1u < command->count; i++)
        if (strcmp(command->arguments[i], "-append") == 0)
            return command->arguments[i + 1u];
    return "";
}

/* An option that advice asks for has to be read after those of the machine. */
static void test_append(struct tap *tap)
{
    static const char expected[] = " pci=noats pci=disable_acs_redir=0000:00:04.0";
    char path[256];
    struct lab_machine *machine = NULL;
    struct ims_error error = {0};
    struct lab_command command;
    struct lab_kernel kernel = {.arch = LAB_AMD64, .folder = folder, .version = {6, 12, 95}};
    struct lab_boot boot = {.kernel = &kernel};
    struct lab_options options = {.cache = folder};
    write_file("append.machine", "# A machine\ncmdline pci=noats\n", path);
    if (lab_machine_read(path, &machine, &error) < 0)
        abort();
    boot.machine = machine;
    lab_qemu_command(&options, &boot, folder, &command);
    const char *end = strstr(kernel_line(&command), " pci=noats");
    tap_ok(tap, end && strcmp(end, " pci=noats") == 0, "nothing stands behind a machine's words");
    lab_command_done(&command);
    options.append = "pci=disable_acs_redir=0000:00:04.0";
    lab_qemu_command(&options, &boot, folder, &command);
    end = strstr(kernel_line(&command), " pci=noats");
    tap_ok(tap, end && strcmp(end, expected) == 0, "what is appended stands behind them");
    lab_command_done(&command);
    lab_machine_free(machine);
}

/* ---- modules, archives, the kernel's log ---- */

static void test_modules(struct tap *tap)
{
    char path[256], modules[512];
    struct ims_text lines = {0};
    struct ims_error error = {0};
    struct lab_kernel kernel = {.name = modules, .folder = folder};
    snprintf(modules, sizeof(modules), "%s/modules", folder);
    mkdir(modules, 0755);
    snprintf(modules, sizeof(modules), "test");
    write_file("modules/modules.dep", "k/a-b.ko: k/c.ko k/d.ko\nk/c.ko: k/d.ko\nk/d.ko:\n", path);
    write_file("modules/modules.builtin", "k/in_kernel.ko\n", path);
    int r = lab_kernel_modules(&kernel, "c a_b in-kernel", &lines, &error);
    const char *expected = "k/d.ko\nk/c.ko\nk/a-b.ko\n";
    tap_ok(tap, r == 0 && strcmp(ims_text_get(&lines), expected) == 0,
           "modules come after what they need, and once");
    r = lab_kernel_modules(&kernel, "missing", &lines, &error);
    tap_ok(tap, r < 0 && strstr(error.message, "missing"), "a missing module is an error: %s",
           error.message);
    ims_text_done(&lines);
}

static void test_archive(struct tap *tap)
{
    struct ims_text archive = {0};
    lab_archive_folder(&archive, "lab");
    lab_archive_file(&archive, "lab/steps", false, "rescan\n", 7);
    lab_archive_console(&archive);
    lab_archive_end(&archive);
    char path[256], command[1024], listing[256] = "";
    snprintf(path, sizeof(path), "%s/archive", folder);
    FILE *stream = fopen(path, "we");
    if (!stream || fwrite(archive.data, 1, archive.length, stream) != archive.length ||
        fclose(stream) != 0)
        abort();
    ims_text_done(&archive);
    snprintf(command, sizeof(command),
             "cpio --quiet -t <%s 2>&1 && cpio --quiet -i --to-stdout lab/steps <%s", path, path);
    if (system("command -v cpio >/dev/null 2>&1") != 0) {
        tap_skip(tap, "no cpio here", "cpio reads the archive");
        return;
    }
    FILE *output = popen(command, "re");
    size_t length = output ? fread(listing, 1, sizeof(listing) - 1, output) : 0;
    listing[length] = '\0';
    int status = output ? pclose(output) : -1;
    if (!tap_ok(tap, status == 0 && strcmp(listing, "lab\nlab/steps\ndev/console\nrescan\n") == 0,
                "cpio reads the archive"))
        printf("# %s\n", listing);
}

static void test_log(struct tap *tap)
{
    static const char log[] = "6 pci 0000:00:01.0: fine\n4 tsc: slow\n"
                              "4 -----[ cut here ]-----\n4 WARNING: at msi.h\n"
                              "4 ---[ end trace 0 ]---\n1 BUG: bad\n";
    static const char *const none[] = {NULL}, *const msi[] = {"at msi.h", NULL};
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        abort();
    unsigned count = lab_kernel_log_check(log, none, stream);
    fflush(stream);
    tap_ok(tap, count == 4 && strstr(text, "WARNING") && strstr(text, "BUG"),
           "warnings count, but not the harmless ones");
    tap_ok(tap, lab_kernel_log_check(log, msi, stream) == 1, "a trace may be expected");
    fclose(stream);
    free(text);
}

/* ---- the guest's answers against those to its capture ---- */

static void set_section(struct lab_frames *frames, const char *name, const char *text)
{
    struct lab_section *section = &frames->sections[frames->section_count++];
    snprintf(section->name, sizeof(section->name), "%s", name);
    ims_text_append(&section->bytes, text);
}

/* What the check says when the guest gave these answers: 0, or -1 with text in what. */
static bool offline_says(int expected, const char *what, const char *audit, const char *status)
{
    static const char groups[] = "{\"input\": \"/sys\", \"machine\": {\"live\": true}}";
    char path[256], guest[64], *text = NULL;
    size_t length = 0;
    struct lab_machine *machine = NULL;
    struct lab_kernel kernel = {.version = {6, 12, -1}};
    const struct lab_options options = {.guest = guest};
    snprintf(guest, sizeof(guest), "%s/offline", folder);
    write_file("offline.machine", "# Offline\n", path);
    FILE *stream = open_memstream(&text, &length);
    if (!stream || lab_machine_read(path, &machine, NULL) < 0)
        abort();
    struct lab_boot boot = {.machine = machine, .kernel = &kernel};
    set_section(&boot.frames, "groups", groups);
    if (audit)
        set_section(&boot.frames, "audit", audit);
    set_section(&boot.frames, "reach", "{\"ways\": []}");
    set_section(&boot.frames, "status", status);
    int r = lab_offline_check(&options, &boot, "capture", stream);
    fclose(stream);
    bool fine = r == expected && (*what ? strstr(text, what) != NULL : *text == '\0');
    if (!fine)
        printf("# %d: %s", r, text);
    free(text);
    lab_frames_done(&boot.frames);
    lab_machine_free(machine);
    return fine;
}

static void test_offline(struct tap *tap)
{
    static const char script[] =
        "#!/bin/sh\n"
        "[ \"$1 $2 $4\" = '--input capture --json' ] || exit 2\n"
        "case $3 in\n"
        "groups) echo '{\"input\": \"capture\", \"machine\": {\"live\": false}}' ;;\n"
        "audit) echo '{\"verdict\": \"UNSOUND\"}'; exit 3 ;;\n"
        "reach) echo '{\"ways\": []}' ;;\n"
        "esac\n";
    static const char unsound[] = "{\"verdict\": \"UNSOUND\"}";
    static const char status[] = "groups 0\naudit 3\nreach 0\n";
    char path[256];
    snprintf(path, sizeof(path), "%s/offline-amd64", folder);
    mkdir(path, 0755);
    write_file("offline-amd64/iommuscope", script, path);
    if (chmod(path, 0755) < 0)
        abort();
    tap_ok(tap, offline_says(0, "", unsound, status),
           "the same answers, but for where they come from, agree");
    tap_ok(tap,
           offline_says(-1, "audit: live and offline differ at .verdict: live \"EXACT\"",
                        "{\"verdict\": \"EXACT\"}", status),
           "another verdict in the guest is found");
    tap_ok(tap,
           offline_says(-1, "audit ended with 0 in the guest, with 3 on its capture", unsound,
                        "groups 0\naudit 0\nreach 0\n"),
           "another exit status is found");
    tap_ok(tap, offline_says(-1, "audit --json in the guest is not JSON", NULL, status),
           "an answer that is missing is found");
    tap_ok(tap,
           offline_says(-1, "reach ended with -1 in the guest", unsound, "groups 0\naudit 3\n"),
           "an exit status that is missing is found");
}

/* A guest that never came up has sent no section at all, and that is said. */
static void test_story(struct tap *tap)
{
    char path[256], name[] = "amd64-6.12";
    struct lab_machine *machine = NULL;
    struct lab_kernel kernel = {.name = name, .version = {6, 12, -1}};
    struct lab_options options = {.deadline_seconds = 10};
    struct lab_verdict verdict;
    write_file("told.machine", "# t\nstory edu-dma\n", path);
    if (lab_machine_read(path, &machine, NULL) < 0)
        abort();
    struct lab_boot boot = {.machine = machine, .kernel = &kernel, .timed_out = true};
    lab_verdict_reach(&options, &boot, &verdict);
    tap_ok(tap, strstr(verdict.problems, "not done after 30 seconds\n") != NULL,
           "a story has three times as long");
    tap_ok(tap, !strstr(verdict.problems, "story: "), "nothing was said");
    lab_verdict_done(&verdict);
    ims_text_append(&boot.frames.stream, "\n@lab story 1 e40c292c\na");
    lab_frames_parse(&boot.frames, NULL, NULL);
    lab_verdict_reach(&options, &boot, &verdict);
    tap_ok(tap, strstr(verdict.problems, "story: a\n") != NULL,
           "what a story said before it failed is told");
    lab_verdict_done(&verdict);
    lab_frames_done(&boot.frames);
    lab_machine_free(machine);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static void clean_up(void)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    struct tap tap = {0};
    if (!mkdtemp(folder))
        abort();
    test_mistakes(&tap);
    test_ranges(&tap);
    test_frames(&tap);
    test_accel(&tap);
    test_append(&tap);
    test_modules(&tap);
    test_archive(&tap);
    test_log(&tap);
    test_offline(&tap);
    test_story(&tap);
    clean_up();
    return tap_done(&tap);
}
