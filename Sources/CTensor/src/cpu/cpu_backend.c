/// The table of the CPU. Pooling and the loss touch too little memory to deserve kernels of their own: they are the
/// reference loops.
#include "../reference/reference.h"
#include "cpu.h"
#include "kernels.h"

static ct_status open_cpu(ct_exec *exec, const ct_device_options *options, const char **path) {
    const ct_kernels *kernels = NULL;
    ct_status status = ct_kernels_choose(options->cpu_path, &kernels);
    if (status != CT_OK) return status;
    exec->state = kernels;
    *path = kernels->name;
    return CT_OK;
}

const ct_backend ct_cpu_backend = {
    .name = "cpu",
    .open = open_cpu,
    .allocate = ct_host_allocate,
    .release = ct_host_release,
    .write = ct_host_copy,
    .read = ct_host_copy,
    .conv2d_workspace = ct_cpu_conv2d_workspace,
    .linear_workspace = ct_cpu_linear_workspace,
    .batch_norm_workspace = ct_cpu_batch_norm_workspace,
    .conv2d_forward = ct_cpu_conv2d_forward,
    .conv2d_backward_data = ct_cpu_conv2d_backward_data,
    .conv2d_backward_weights = ct_cpu_conv2d_backward_weights,
    .folded_conv2d_bytes = ct_cpu_folded_conv2d_bytes,
    .folded_conv2d_prepare = ct_cpu_folded_conv2d_prepare,
    .folded_conv2d_forward = ct_cpu_folded_conv2d_forward,
    .folded_conv2d_workspace = ct_cpu_folded_conv2d_workspace,
    .batch_norm_forward_train = ct_cpu_batch_norm_forward_train,
    .batch_norm_forward_eval = ct_cpu_batch_norm_forward_eval,
    .batch_norm_forward_again = ct_cpu_batch_norm_forward_again,
    .batch_norm_backward = ct_cpu_batch_norm_backward,
    .relu_forward = ct_cpu_relu_forward,
    .relu_backward = ct_cpu_relu_backward,
    .max_pool_forward = ct_reference_max_pool_forward,
    .max_pool_backward = ct_reference_max_pool_backward,
    .average_pool_forward = ct_reference_average_pool_forward,
    .average_pool_backward = ct_reference_average_pool_backward,
    .linear_forward = ct_cpu_linear_forward,
    .linear_backward_data = ct_cpu_linear_backward_data,
    .linear_backward_weights = ct_cpu_linear_backward_weights,
    .cross_entropy = ct_reference_cross_entropy,
    .image_input = ct_cpu_image_input,
    .sgd = ct_cpu_sgd,
    .adamw = ct_cpu_adamw,
};
