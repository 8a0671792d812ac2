/* SPDX-License-Identifier: MIT */
#ifndef IMS_CLI_FILE_H
#define IMS_CLI_FILE_H

/*
 * Writes text to path, "-" or NULL for stdout. A file is replaced as a whole; devices and pipes are
 * written to. Prints what is wrong; returns an exit status.
 */
int ims_file_replace(const char *path, const char *text);

#endif
