/* SPDX-License-Identifier: MIT */
/* The public calls that change the machine, or read what was changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/file_store.h"
#include "host/host.h"
#include "host/plan_json.h"
#include "host/sysfs_kernel.h"
#include "host/transaction.h"
#include "host/workshop.h"

struct workplace {
    struct ims_kernel kernel;
    struct ims_file_store files;
    struct ims_store store;
    struct ims_desk desk;
};

static void open_workplace(struct ims_host *host, struct workplace *place)
{
    place->kernel = ims_sysfs_kernel(host);
    place->store = ims_file_store(&place->files, host->root_fd);
    place->desk = (struct ims_desk){
        .kernel = &place->kernel,
        .store = &place->store,
        .tell = host->tell,
        .tell_context = host->tell_context,
    };
}

void ims_host_tell(struct ims_host *host, void (*tell)(void *context, const char *sentence),
                   void *context)
{
    host->tell = tell;
    host->tell_context = context;
}

static int refuse_copy(struct ims_error *reterr)
{
    return ims_error_set(reterr, -EROFS,
                         "this is a copy of a machine: only a running one can be changed");
}

int ims_host_apply(struct ims_host *host, const struct ims_plan *plan, struct ims_outcome *ret,
                   struct ims_error *reterr)
{
    struct workplace place;

    if (!host->is_live)
        return refuse_copy(reterr);
    open_workplace(host, &place);
    const int r = ims_transaction_apply(&place.desk, plan, ret);
    ims_file_store_done(&place.files);
    return r < 0 ? ims_error_set(reterr, r, "%s", strerror(-r)) : 0;
}

int ims_host_recover(struct ims_host *host, enum ims_recovery recovery, struct ims_outcome *ret,
                     struct ims_error *reterr)
{
    struct workplace place;

    if (!host->is_live)
        return refuse_copy(reterr);
    open_workplace(host, &place);
    const int r = ims_transaction_recover(&place.desk, recovery, ret);
    ims_file_store_done(&place.files);
    return r < 0 ? ims_error_set(reterr, r, "cannot recover: %s", strerror(-r)) : 0;
}

int ims_host_status(struct ims_host *host, struct ims_status **ret, struct ims_error *reterr)
{
    struct workplace place;

    open_workplace(host, &place);
    int r = ims_transaction_status(&place.desk, ret);
    if (r == 0) {
        r = ims_transaction_mark_strayed(&place.desk, *ret);
        if (r < 0)
            ims_status_free(*ret);
    }
    ims_file_store_done(&place.files);
    if (r == -EPERM)
        return ims_error_set(reterr, r, "%s", ims_foreign_place());
    if (r == -EACCES)
        return ims_error_set(reterr, r, "only root can read the journals in run/iommuscope");
    return r < 0 ? ims_error_set(reterr, r, "cannot read the journals in run/iommuscope: %s",
                                 strerror(-r))
                 : 0;
}

int ims_plan_write(const struct ims_plan *plan, char **ret, struct ims_error *reterr)
{
    json_t *object = ims_plan_to_json(plan);

    *ret = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    return *ret ? 0 : ims_error_set(reterr, -ENOMEM, "out of memory");
}

int ims_plan_read(const char *text, size_t length, struct ims_plan **ret, struct ims_error *reterr)
{
    json_error_t error;
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    const json_t *plan = json_object_get(document, "plan");
    int r;

    if (!document)
        return ims_error_set_at(reterr, -EBADMSG, NULL, (unsigned)(error.line > 0 ? error.line : 0),
                                0, "this is no valid JSON");
    /* What "plan --json" prints has more around the plan. */
    r = ims_plan_from_json(plan ? plan : document, ret, reterr);
    json_decref(document);
    return r;
}
