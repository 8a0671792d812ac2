/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/progress.h"

/* A handler may only do what is safe at any moment: it writes, and keeps no state. */
static void tell(const char *text)
{
    const ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* nothing depends on it */
}

static void tick(int number)
{
    (void)number;
    tell(".");
}

static void set_timer(time_t seconds)
{
    const struct itimerval timer = {.it_interval = {.tv_sec = seconds},
                                    .it_value = {.tv_sec = seconds}};
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

void ims_progress_begin(struct ims_progress *progress)
{
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};

    *progress = (struct ims_progress){.active = isatty(STDERR_FILENO) == 1};
    if (!progress->active || clock_gettime(CLOCK_MONOTONIC, &progress->begin) < 0 ||
        sigaction(SIGALRM, &action, NULL) < 0) {
        progress->active = false;
        return;
    }
    set_timer(1);
}

void ims_progress_end(struct ims_progress *progress)
{
    struct timespec now;

    if (!progress->active)
        return;
    set_timer(0);
    if (clock_gettime(CLOCK_MONOTONIC, &now) == 0 && now.tv_sec > progress->begin.tv_sec)
        tell("\r\033[K");
    progress->active = false;
}
