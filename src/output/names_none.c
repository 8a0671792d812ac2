/* SPDX-License-Identifier: MIT */
/* Stands for names.c where the command is built without libudev: only the input names things. */
#include "output/names.h"

#include <stddef.h>

struct ims_names *ims_names_new(void)
{
    return NULL;
}

void ims_names_free(struct ims_names *names)
{
    (void)names;
}

struct ims_name_set ims_names_of(struct ims_names *names, const struct ims_function_info *info)
{
    (void)names;
    return (struct ims_name_set){info->record->vendor_name, info->record->device_name,
                                 info->record->class_name};
}
