/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include <stdarg.h>

bool tap_ok(struct tap *tap, bool ok, const char *format, ...)
{
    va_list arguments;
    tap->count++;
    if (!ok)
        tap->failed++;
    printf("%s %u - ", ok ? "ok" : "not ok", tap->count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    return ok;
}

void tap_skip(struct tap *tap, const char *reason, const char *format, ...)
{
    va_list arguments;
    tap->count++;
    printf("ok %u - ", tap->count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf(" # SKIP %s\n", reason);
    fflush(stdout);
}

int tap_done(const struct tap *tap)
{
    printf("1..%u\n", tap->count);
    if (tap->count == 0)
        printf("Bail out! nothing was tested\n");
    return tap->failed || tap->count == 0 ? 1 : 0;
}
