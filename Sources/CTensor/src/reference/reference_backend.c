#include "reference.h"

static ct_status open_reference(ct_exec *exec, const ct_device_options *options, const char **path) {
    (void)exec;
    (void)options;
    (void)path;
    return CT_OK;
}

const ct_backend ct_reference_backend = {
    .name = "reference",
    .open = open_reference,
    .allocate = ct_host_allocate,
    .release = ct_host_release,
    .write = ct_host_copy,
    .read = ct_host_copy,
    .conv2d_forward = ct_reference_conv2d_forward,
    .conv2d_backward_data = ct_reference_conv2d_backward_data,
    .conv2d_backward_weights = ct_reference_conv2d_backward_weights,
    .folded_conv2d_bytes = ct_reference_folded_conv2d_bytes,
    .folded_conv2d_prepare = ct_reference_folded_conv2d_prepare,
    .folded_conv2d_forward = ct_reference_folded_conv2d_forward,
    .batch_norm_forward_train = ct_reference_batch_norm_forward_train,
    .batch_norm_forward_eval = ct_reference_batch_norm_forward_eval,
    .batch_norm_forward_again = ct_reference_batch_norm_forward_again,
    .batch_norm_backward = ct_reference_batch_norm_backward,
    .relu_forward = ct_reference_relu_forward,
    .relu_backward = ct_reference_relu_backward,
    .max_pool_forward = ct_reference_max_pool_forward,
    .max_pool_backward = ct_reference_max_pool_backward,
    .average_pool_forward = ct_reference_average_pool_forward,
    .average_pool_backward = ct_reference_average_pool_backward,
    .linear_forward = ct_reference_linear_forward,
    .linear_backward_data = ct_reference_linear_backward_data,
    .linear_backward_weights = ct_reference_linear_backward_weights,
    .cross_entropy = ct_reference_cross_entropy,
    .image_input = ct_reference_image_input,
    .sgd = ct_reference_sgd,
    .adamw = ct_reference_adamw,
};
