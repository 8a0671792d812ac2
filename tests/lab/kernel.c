/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __attribute__((format(printf, 3, 4))) int fail(struct ims_error *error, int r,
                                                      const char *format, ...)
{
    va_list arguments;
    if (!error)
        return r;
    *error = (struct ims_error){.code = -r};
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return r;
}

/* The release proper: "6.12.95-1~bpo12+1" where uname may say 6.12.0. Returns 0 or -EINVAL. */
static int read_version(const char *folder, struct ims_kernel_version *ret)
{
    char path[1024], text[128] = "";
    snprintf(path, sizeof(path), "%.1000s/version", folder);
    FILE *stream = fopen(path, "re");
    if (!stream || !fgets(text, sizeof(text), stream))
        text[0] = '\0';
    if (stream)
        fclose(stream);
    return ims_kernel_version_parse(text, ret);
}

int lab_kernel_find(const char *cache, const char *name, struct lab_kernel *ret,
                    struct ims_error *reterr)
{
    char path[1024];
    const char *dash = strchr(name, '-');
    *ret = (struct lab_kernel){0};
    if (!dash || !cache || ims_kernel_version_parse(dash + 1, &ret->version) < 0 ||
        (strncmp(name, "amd64-", 6) != 0 && strncmp(name, "arm64-", 6) != 0))
        return fail(reterr, -EINVAL, "'%s' is not like amd64-6.12", name);
    ret->arch = strncmp(name, "arm64-", 6) == 0 ? LAB_ARM64 : LAB_AMD64;
    snprintf(path, sizeof(path), "%s/kernels/%s-%s/image", cache, lab_arch_name(ret->arch),
             dash + 1);
    if (access(path, R_OK) < 0)
        return fail(reterr, -ENOENT, "kernel %s is not in %s (tests/lab/fetch gets it)", name,
                    cache);
    *strrchr(path, '/') = '\0';
    if (read_version(path, &ret->version) < 0)
        return fail(reterr, -EINVAL, "%s/version is not the version of a kernel package", path);
    ret->name = strdup(name);
    ret->folder = strdup(path);
    if (ret->name && ret->folder)
        return 0;
    lab_kernel_done(ret);
    return -ENOMEM;
}

void lab_kernel_done(struct lab_kernel *kernel)
{
    free(kernel->name);
    free(kernel->folder);
}

/* Whether a path ends in the file of a module; '-' and '_' are one letter in module names. */
static bool names_module(const char *path, size_t length, const char *module, size_t module_length)
{
    const char *base = path;
    for (size_t i = 0; i < length; i++) {
        if (path[i] == '/')
            base = path + i + 1;
    }
    size_t base_length = length - (size_t)(base - path);
    if (base_length != module_length + 3 || memcmp(base + module_length, ".ko", 3) != 0)
        return false;
    for (size_t i = 0; i < module_length; i++) {
        char a = base[i] == '-' ? '_' : base[i], b = module[i] == '-' ? '_' : module[i];
        if (a != b)
            return false;
    }
    return true;
}

static FILE *open_list(const struct lab_kernel *kernel, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/modules/%s", kernel->folder, name);
    return fopen(path, "re");
}

static bool is_built_in(const struct lab_kernel *kernel, const char *module, size_t length)
{
    char line[1024];
    bool found = false;
    FILE *stream = open_list(kernel, "modules.builtin");
    while (stream && !found && fgets(line, sizeof(line), stream))
        found = names_module(line, strcspn(line, "\n"), module, length);
    if (stream)
        fclose(stream);
    return found;
}

static void append_once(struct ims_text *lines, const char *path, size_t length)
{
    for (const char *line = ims_text_get(lines); line && *line;) {
        size_t line_length = strcspn(line, "\n");
        if (line_length == length && memcmp(line, path, length) == 0)
            return;
        line += line_length + (line[line_length] == '\n');
    }
    ims_text_append_bytes(lines, path, length);
    ims_text_append(lines, "\n");
}

/* "kernel/a.ko: kernel/b.ko kernel/c.ko": c is loaded first, then b, then a. */
static void append_with_needs(struct ims_text *lines, char *line)
{
    char *colon = strchr(line, ':');
    char *end = colon + strlen(colon);
    while (end > colon + 1) {
        char *word = end;
        while (word > colon + 1 && word[-1] != ' ')
            word--;
        if (end > word)
            append_once(lines, word, (size_t)(end - word));
        end = word > colon + 1 ? word - 1 : word;
    }
    append_once(lines, line, (size_t)(colon - line));
}

static int append_module(const struct lab_kernel *kernel, const char *module, size_t length,
                         struct ims_text *lines, struct ims_error *reterr)
{
    char *line = NULL;
    char name[128];
    size_t capacity = 0;
    bool found = false;
    FILE *stream = open_list(kernel, "modules.dep");
    if (!stream)
        return fail(reterr, -EIO, "%s/modules/modules.dep cannot be read", kernel->folder);
    while (!found && getline(&line, &capacity, stream) >= 0) {
        char *colon = strchr(line, ':');
        line[strcspn(line, "\n")] = '\0';
        found = colon && names_module(line, (size_t)(colon - line), module, length);
        if (found)
            append_with_needs(lines, line);
    }
    free(line);
    fclose(stream);
    snprintf(name, sizeof(name), "%.*s", (int)length, module);
    if (!found && !is_built_in(kernel, module, length))
        return fail(reterr, -ENOENT, "no module %s for kernel %s", name, kernel->name);
    return 0;
}

int lab_kernel_modules(const struct lab_kernel *kernel, const char *names, struct ims_text *lines,
                       struct ims_error *reterr)
{
    int r = 0;
    while (r == 0 && *(names += strspn(names, " \t"))) {
        size_t length = strcspn(names, " \t");
        r = append_module(kernel, names, length, lines, reterr);
        names += length;
    }
    return r == 0 && lines->failed ? -ENOMEM : r;
}
