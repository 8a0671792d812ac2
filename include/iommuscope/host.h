/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_HOST_H
#define IOMMUSCOPE_HOST_H

/*
 * The running machine: who uses a function, whether VFIO opens a group, and the only calls that
 * change anything. SECURITY.md lists every write.
 */

#include "iommuscope/ownership.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ims_host;

struct ims_host_options {
    size_t size_bytes;         /* sizeof(struct ims_host_options), for later additions */
    const char *root;          /* directory that holds sys, proc, dev, run and etc; NULL = "/" */
    unsigned warn_seconds;     /* a write that takes longer is reported; 0 = 10 */
    unsigned deadline_seconds; /* and is given up as stuck after this; 0 = 60 */
};

/*
 * Opens a host. Every path is opened below the root's own descriptors. The caller frees *ret with
 * ims_host_close(). Returns -ENOENT, -EACCES, -ENOMEM and other errors of open().
 */
IMS_PUBLIC int ims_host_open(const struct ims_host_options *options, struct ims_host **ret,
                             struct ims_error *reterr);
IMS_PUBLIC void ims_host_close(struct ims_host *host);

#ifdef __cplusplus
}
#endif

#endif
