/* SPDX-License-Identifier: MIT */
#ifndef IMS_SOURCE_LOAD_STREAM_H
#define IMS_SOURCE_LOAD_STREAM_H

#include <stdio.h>

#include "iommuscope/base.h"

enum ims_stream_kind {
    IMS_STREAM_TEXT,
    IMS_STREAM_SNAPSHOT,
};

/*
 * Opens a stream on fd and finds out from its first bytes what it holds. fd need not be seekable;
 * the stream begins with its first byte all the same. fd is consumed, on failure too.
 * The caller closes *ret with fclose(). Returns -ENOMEM, -EIO and other errors of read(), -EBADMSG
 * for what no reader understands (compressed files, archives, UTF-16), saying what it is.
 */
int ims_stream_open(int fd, const char *path, FILE **ret, enum ims_stream_kind *ret_kind,
                    struct ims_error *reterr);

#endif
