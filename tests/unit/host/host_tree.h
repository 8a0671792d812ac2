/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_HOST_TREE_H
#define IMS_TESTS_HOST_TREE_H

/* A host with one or two functions, 00:04.0 and 00:05.0, file by file; include cmocka.h first. */

#include <stdio.h>
#include <string.h>

#include "iommuscope/host.h"
#include "iommuscope/source.h"
#include "tree.h"

#define FIRST "sys/devices/pci0000:00/0000:00:04.0"
#define SECOND "sys/devices/pci0000:00/0000:00:05.0"
#define VIRTUAL "sys/devices/virtual"

static inline void host_function(const struct tree *tree, const char *name, const char *driver,
                                 const char *class_code)
{
    char path[128];
    char text[256];

    snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/uevent", name);
    snprintf(text, sizeof(text), "DRIVER=%s\nPCI_CLASS=%s\nPCI_ID=8086:100E\n", driver, class_code);
    tree_text(tree, path, text);
    snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", name);
    snprintf(text, sizeof(text), "../../../devices/pci0000:00/%s", name);
    tree_link(tree, path, text);
}

/* A device with a class: its directory, "subsystem", and "dev" unless it is NULL. */
static inline void host_device(const struct tree *tree, const char *path, const char *subsystem,
                               const char *dev)
{
    char name[512];
    char target[64];

    snprintf(name, sizeof(name), "%s/subsystem", path);
    snprintf(target, sizeof(target), "../../../../../class/%s", subsystem);
    tree_link(tree, name, target);
    if (!dev)
        return;
    snprintf(name, sizeof(name), "%s/dev", path);
    tree_text(tree, name, dev);
}

static inline void host_make(struct tree *tree, const char *driver, const char *class_code)
{
    tree_make(tree);
    host_function(tree, "0000:00:04.0", driver, class_code);
    tree_text(tree, "proc/1/comm", "init\n");
    tree_directory(tree, "proc/1/fd");
}

/* "04 mount,05 path?": function, kind, and a question mark where it is not certain. */
static inline void host_find(const struct tree *tree, const char *peer, unsigned count,
                             char ret[4096])
{
    const struct ims_host_options how = {
        .size_bytes = sizeof(how), .root = tree->root, .session_peer = peer};
    const struct ims_source_options source = {.size_bytes = sizeof(source), .ownership = true};
    struct ims_topology *topology = NULL;
    struct ims_host *host = NULL;
    struct ims_uses uses = {0};
    struct ims_error error = {0};
    struct ims_function functions[2];
    size_t used = 1;

    assert_int_equal(ims_source_load(tree->root, &source, &topology, &error), 0);
    assert_int_equal(ims_host_open(&how, &host, &error), 0);
    for (unsigned i = 0; i < count; i++)
        functions[i] = ims_topology_find(topology, (struct ims_address){0, 0, IMS_DEVFN(4 + i, 0)});
    assert_int_equal(ims_host_uses(host, topology, functions, count, &uses, &error), 0);
    strcpy(ret, ",");
    for (uint32_t i = 0; i < uses.count && used < 4000; i++) {
        const struct ims_use *use = &uses.uses[i];

        assert_true(strlen(use->text) > 0 && strlen(use->evidence) > 0);
        used += (size_t)snprintf(
            ret + used, 4096 - used, "%02x %s%s %s,", ims_address_device(use->address),
            ims_use_kind_to_string(use->kind), use->certain == IMS_YES ? "" : "?", use->subject);
    }
    ims_uses_done(&uses);
    ims_host_close(host);
    ims_topology_free(topology);
}

/* Each of the words is among "04 mount /dev/sda1", or with '!' in front is not. */
static inline void host_expect_of(const struct tree *tree, const char *peer, unsigned count,
                                  const char *const *words)
{
    char found[4096];
    char padded[256];

    host_find(tree, peer, count, found);
    for (; *words; words++) {
        const bool wanted = **words != '!';

        snprintf(padded, sizeof(padded), ",%s", *words + !wanted);
        if ((strstr(found, padded) != NULL) != wanted)
            fail_msg("'%s': found %s", *words, found);
    }
}

#define host_expect(tree, ...) \
    host_expect_of(tree, NULL, 1, (const char *const[]){__VA_ARGS__, NULL})
#define host_expect_both(tree, ...) \
    host_expect_of(tree, NULL, 2, (const char *const[]){__VA_ARGS__, NULL})
#define host_expect_session(tree, peer, ...) \
    host_expect_of(tree, peer, 1, (const char *const[]){__VA_ARGS__, NULL})

#endif
