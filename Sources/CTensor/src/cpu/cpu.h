/// Operations of the CPU backend; each file of this folder holds one, forward and backward together.
#ifndef CT_CPU_H
#define CT_CPU_H

#include "../ct_backend.h"

int64_t ct_cpu_conv2d_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_cpu_conv2d_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_cpu_conv2d_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_cpu_conv2d_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch);

int64_t ct_cpu_folded_conv2d_bytes(const ct_exec *exec, const ct_folded_conv2d *op);
void ct_cpu_folded_conv2d_prepare(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);
void ct_cpu_folded_conv2d_forward(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);
int64_t ct_cpu_folded_conv2d_workspace(const ct_exec *exec, const ct_folded_conv2d *op, int32_t batch);

int64_t ct_cpu_linear_workspace(const ct_exec *exec, const ct_linear *op, int32_t batch);
void ct_cpu_linear_forward(ct_exec *exec, const ct_linear *op, int32_t batch);
void ct_cpu_linear_backward_data(ct_exec *exec, const ct_linear *op, int32_t batch);
void ct_cpu_linear_backward_weights(ct_exec *exec, const ct_linear *op, int32_t batch);

int64_t ct_cpu_batch_norm_workspace(const ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_cpu_batch_norm_forward_train(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_cpu_batch_norm_forward_eval(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_cpu_batch_norm_forward_again(ct_exec *exec, const ct_batch_norm *op, int32_t batch);
void ct_cpu_batch_norm_backward(ct_exec *exec, const ct_batch_norm *op, int32_t batch);

void ct_cpu_relu_forward(ct_exec *exec, const ct_relu *op, int32_t batch);
void ct_cpu_relu_backward(ct_exec *exec, const ct_relu *op, int32_t batch);
void ct_cpu_image_input(ct_exec *exec, const ct_image_input *op, int32_t batch);
void ct_cpu_sgd(ct_exec *exec, const ct_sgd *op);
void ct_cpu_adamw(ct_exec *exec, const ct_adamw *op);

#endif
