/// CUDA, absent: the same symbol as the real backend, which says on opening what is missing.
#include "../ct_backend.h"

static ct_status open_absent(ct_exec *exec, const ct_device_options *options, const char **path) {
    (void)exec;
    (void)options;
    (void)path;
    return ct_fail(CT_UNAVAILABLE, "device cuda: this build has no CUDA backend; use device cpu");
}

const ct_backend ct_cuda_backend = {.name = "cuda", .open = open_absent};
