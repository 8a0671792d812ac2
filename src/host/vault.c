/* SPDX-License-Identifier: MIT */
#include "host/vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ims_vault_read_lines(const struct ims_vault *vault, enum ims_vault_place place,
                         const char *name, const char *head, int (*take)(void *context, char *line),
                         void *context)
{
    char *text = NULL;
    char *rest = NULL;
    size_t length = 0;
    int r = vault->read(vault->context, place, name, &text, &length);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    char *line = strlen(text) == length ? strtok_r(text, "\n", &rest) : NULL;
    if (!line || strcmp(line, head) != 0)
        r = -EBADMSG;
    while (r == 0 && (line = strtok_r(NULL, "\n", &rest)) != NULL)
        r = take(context, line);
    free(text);
    return r;
}
