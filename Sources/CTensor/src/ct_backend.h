/// The table that a backend fills. A device holds one table; nothing outside a backend's own folder knows which.
#ifndef CT_BACKEND_H
#define CT_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "ct_device.h"
#include "ct_internal.h"
#include "ct_ops.h"
#include "ct_pool.h"

/// What an operation runs with: threads, scratch memory and whatever the backend found out when it was opened.
typedef struct ct_exec {
    ct_pool *pool;
    const void *state;
    /// At least as many bytes as the backend asked for, aligned to 64; contents undefined.
    void *workspace;
} ct_exec;

typedef struct ct_backend {
    const char *name;

    /// Chooses kernels into `exec->state` and says in `path` what it chose. CT_UNAVAILABLE with the reason if there is
    /// no such device; then nothing else of the table is called.
    ct_status (*open)(ct_exec *exec, const ct_device_options *options, const char **path);

    ct_status (*allocate)(void **out, int64_t bytes);
    void (*release)(void *memory);
    void (*write)(void *destination, const void *source, int64_t bytes);
    void (*read)(void *destination, const void *source, int64_t bytes);

    /// Scratch bytes for any pass of the operation. Optional: NULL means none.
    int64_t (*conv2d_workspace)(const ct_exec *exec, const ct_conv2d *op, int32_t batch);
    int64_t (*folded_conv2d_workspace)(const ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);
    int64_t (*linear_workspace)(const ct_exec *exec, const ct_linear *op, int32_t batch);
    int64_t (*batch_norm_workspace)(const ct_exec *exec, const ct_batch_norm *op, int32_t batch);

    /// Bytes of `prepared`.
    int64_t (*folded_conv2d_bytes)(const ct_exec *exec, const ct_folded_conv2d *op);
    void (*folded_conv2d_prepare)(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);
    void (*folded_conv2d_forward)(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);

    void (*conv2d_forward)(ct_exec *exec, const ct_conv2d *op, int32_t batch);
    void (*conv2d_backward_data)(ct_exec *exec, const ct_conv2d *op, int32_t batch);
    void (*conv2d_backward_weights)(ct_exec *exec, const ct_conv2d *op, int32_t batch);
    void (*batch_norm_forward_train)(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
    void (*batch_norm_forward_eval)(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
    void (*batch_norm_forward_again)(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
    void (*batch_norm_backward)(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
    void (*relu_forward)(ct_exec *exec, const ct_relu *op, int32_t batch);
    void (*relu_backward)(ct_exec *exec, const ct_relu *op, int32_t batch);
    void (*max_pool_forward)(ct_exec *exec, const ct_max_pool *op, int32_t batch);
    void (*max_pool_backward)(ct_exec *exec, const ct_max_pool *op, int32_t batch);
    void (*average_pool_forward)(ct_exec *exec, const ct_average_pool *op, int32_t batch);
    void (*average_pool_backward)(ct_exec *exec, const ct_average_pool *op, int32_t batch);
    void (*linear_forward)(ct_exec *exec, const ct_linear *op, int32_t batch);
    void (*linear_backward_data)(ct_exec *exec, const ct_linear *op, int32_t batch);
    void (*linear_backward_weights)(ct_exec *exec, const ct_linear *op, int32_t batch);
    void (*cross_entropy)(ct_exec *exec, const ct_cross_entropy *op, int32_t batch);
    void (*image_input)(ct_exec *exec, const ct_image_input *op, int32_t batch);
    void (*sgd)(ct_exec *exec, const ct_sgd *op);
    void (*adamw)(ct_exec *exec, const ct_adamw *op);
} ct_backend;

extern const ct_backend ct_cpu_backend;
extern const ct_backend ct_reference_backend;
extern const ct_backend ct_cuda_backend;

struct ct_device {
    const ct_backend *backend;
    ct_exec exec;
    char name[64];
};

/// Host memory for the backends that live there: zeroed, aligned to 64.
ct_status ct_host_allocate(void **out, int64_t bytes);
void ct_host_release(void *memory);
void ct_host_copy(void *destination, const void *source, int64_t bytes);

#endif
