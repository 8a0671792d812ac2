/* SPDX-License-Identifier: MIT */
#include "cli/print.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "output/utf8.h"

void ims_print_error(const char *format, ...)
{
    bool unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    struct ims_text safe = {0};
    char message[2048];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    ims_utf8_append_safe(&safe, message, unicode);
    (void)fprintf(stderr, "iommuscope: %s\n", safe.failed ? "out of memory" : ims_text_get(&safe));
    ims_text_done(&safe);
}

void ims_print_notes(const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");

        (void)fprintf(stderr, "iommuscope: note: %.*s\n", (int)length, lines);
        lines += length + (lines[length] ? 1 : 0);
    }
}

int ims_print_bytes(const char *bytes, size_t size_bytes)
{
    errno = 0;
    if (fwrite(bytes, 1, size_bytes, stdout) != size_bytes || fflush(stdout) != 0)
        return errno ? -errno : -EIO;
    return 0;
}
