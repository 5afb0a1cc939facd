/// The plain loops: one function per pass, sums in double, no blocking, no threads. They are the oracle of the tests,
/// so they follow the formulas of ct_ops.h word for word and are not to be made faster.
#ifndef CT_REFERENCE_H
#define CT_REFERENCE_H

#include "../ct_backend.h"

void ct_reference_conv2d_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_reference_conv2d_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_reference_conv2d_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch);
int64_t ct_reference_folded_conv2d_bytes(const ct_exec *exec, const ct_folded_conv2d *op);
void ct_reference_folded_conv2d_prepare(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);
void ct_reference_folded_conv2d_forward(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);
void ct_reference_batch_norm_forward_train(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_reference_batch_norm_forward_eval(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_reference_batch_norm_forward_again(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_reference_batch_norm_backward(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_reference_relu_forward(ct_exec *exec, const ct_relu *op, int32_t batch);
void ct_reference_relu_backward(ct_exec *exec, const ct_relu *op, int32_t batch);
void ct_reference_max_pool_forward(ct_exec *exec, const ct_max_pool *op, int32_t batch);
void ct_reference_max_pool_backward(ct_exec *exec, const ct_max_pool *op, int32_t batch);
void ct_reference_average_pool_forward(ct_exec *exec, const ct_average_pool *op, int32_t batch);
void ct_reference_average_pool_backward(ct_exec *exec, const ct_average_pool *op, int32_t batch);
void ct_reference_linear_forward(ct_exec *exec, const ct_linear *op, int32_t batch);
void ct_reference_linear_backward_data(ct_exec *exec, const ct_linear *op, int32_t batch);
void ct_reference_linear_backward_weights(ct_exec *exec, const ct_linear *op, int32_t batch);
void ct_reference_cross_entropy(ct_exec *exec, const ct_cross_entropy *op, int32_t batch);
void ct_reference_image_input(ct_exec *exec, const ct_image_input *op, int32_t batch);
void ct_reference_sgd(ct_exec *exec, const ct_sgd *op);
void ct_reference_adamw(ct_exec *exec, const ct_adamw *op);

#endif
