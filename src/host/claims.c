/* SPDX-License-Identifier: MIT */
/* The public calls about claims that survive a boot. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "host/claim_file.h"
#include "host/file_store.h"
#include "host/file_vault.h"
#include "host/host.h"
#include "host/keep.h"
#include "host/sysfs_kernel.h"
#include "iommuscope/source.h"

struct workplace {
    struct ims_kernel kernel;
    struct ims_file_store journals;
    struct ims_store store;
    struct ims_file_vault files;
    struct ims_vault vault;
    struct ims_keeper keeper;
};

static int look(void *context, struct ims_topology **ret)
{
    const struct ims_host *host = context;
    const struct ims_source_options options = {.size_bytes = sizeof(options), .ownership = true};

    return ims_source_load(strcmp(host->root, "/") == 0 ? NULL : host->root, &options, ret, NULL);
}

static void begin(struct ims_host *host, struct workplace *place)
{
    place->kernel = ims_sysfs_kernel(host);
    place->store = ims_file_store(&place->journals, host->root_fd);
    place->vault = ims_file_vault(&place->files, host->root_fd);
    place->keeper = (struct ims_keeper){
        .desk = {.kernel = &place->kernel,
                 .store = &place->store,
                 .tell = host->tell,
                 .tell_context = host->tell_context},
        .vault = &place->vault,
        .context = host,
        .look = look,
    };
}

static int end(struct workplace *place, int code, const char *what, struct ims_error *reterr)
{
    ims_file_store_done(&place->journals);
    if (code == -EPERM)
        return ims_error_set(reterr, code,
                             "%s: the directory or one above it could be written by others", what);
    return code < 0 ? ims_error_set(reterr, code, "%s: %s", what, strerror(-code)) : 0;
}

static int refuse_copy(struct ims_error *reterr)
{
    return ims_error_set(reterr, -EROFS,
                         "this is a copy of a machine: only a running one can be changed");
}

int ims_host_claims(struct ims_host *host, struct ims_saved_claims *ret, struct ims_error *reterr)
{
    struct workplace place;

    begin(host, &place);
    return end(&place, ims_keep_load(&place.keeper, ret),
               "cannot read the claims in etc/iommuscope/claims.d", reterr);
}

/* Both become names of files and words of udev rules. */
static int check_words(const struct ims_claim *claim, struct ims_error *reterr)
{
    if (!ims_claim_name_is_valid(claim->name))
        return ims_error_set(reterr, -EINVAL, "this is no name of a claim");
    if (claim->access != IMS_ACCESS_NONE && !ims_access_name_is_valid(claim->access_name))
        return ims_error_set(reterr, -EINVAL, "this is no name of a user or group for a udev rule");
    return 0;
}

int ims_host_persist(struct ims_host *host, const struct ims_claim *claim, struct ims_outcome *ret,
                     struct ims_error *reterr)
{
    struct workplace place;

    if (!host->is_live)
        return refuse_copy(reterr);
    const int r = check_words(claim, reterr);
    if (r < 0)
        return r;
    begin(host, &place);
    return end(&place, ims_keep_persist(&place.keeper, claim, ret), "cannot keep the claim",
               reterr);
}

int ims_host_forget(struct ims_host *host, const char *name, struct ims_outcome *ret,
                    struct ims_error *reterr)
{
    struct workplace place;

    if (!host->is_live)
        return refuse_copy(reterr);
    if (!ims_claim_name_is_valid(name))
        return ims_error_set(reterr, -EINVAL, "this is no name of a claim");
    begin(host, &place);
    return end(&place, ims_keep_forget(&place.keeper, name, ret), "cannot forget the claim",
               reterr);
}

int ims_host_tidy(struct ims_host *host, struct ims_outcome *ret, struct ims_error *reterr)
{
    struct workplace place;

    if (!host->is_live)
        return refuse_copy(reterr);
    begin(host, &place);
    return end(&place, ims_keep_tidy(&place.keeper, ret), "cannot put the claims in order", reterr);
}

int ims_host_boot(struct ims_host *host, enum ims_boot_phase phase, struct ims_boot_report *ret,
                  struct ims_error *reterr)
{
    struct workplace place;

    if (!host->is_live)
        return refuse_copy(reterr);
    begin(host, &place);
    return end(&place, ims_boot_run(&place.keeper, phase, ret), "cannot make the claims", reterr);
}
