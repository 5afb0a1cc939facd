/// Convolution for inference: `prepared` holds scale and shift of each output channel, then a copy of the weights.
#include <math.h>

#include "reference.h"

static int64_t row_floats(const ct_folded_conv2d *op) { return (int64_t)op->in_channels * op->kernel * op->kernel; }

int64_t ct_reference_folded_conv2d_bytes(const ct_exec *exec, const ct_folded_conv2d *op) {
    (void)exec;
    return (2 + row_floats(op)) * op->out_channels * (int64_t)sizeof(float);
}

void ct_reference_folded_conv2d_prepare(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch) {
    (void)exec;
    (void)batch;
    float *scales = ct_floats(op->prepared), *shifts = scales + op->out_channels, *weights = shifts + op->out_channels;
    for (int32_t o = 0; o < op->out_channels; o++) {
        double scale = ct_floats(op->gamma)[o] / sqrt((double)ct_floats(op->running_variance)[o] + (double)op->epsilon);
        scales[o] = (float)scale;
        shifts[o] = (float)(ct_floats(op->beta)[o] - ct_floats(op->running_mean)[o] * scale);
    }
    for (int64_t i = 0; i < row_floats(op) * op->out_channels; i++) weights[i] = ct_floats(op->weight)[i];
}

void ct_reference_folded_conv2d_forward(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch) {
    const float *scales = ct_floats(op->prepared), *shifts = scales + op->out_channels;
    const float *residual = ct_floats(op->residual);
    ct_conv2d conv = {.in_height = op->in_height, .in_width = op->in_width, .in_channels = op->in_channels,
                      .out_channels = op->out_channels, .kernel = op->kernel, .stride = op->stride,
                      .padding = op->padding, .x = op->x, .y = op->y, .weight = op->prepared};
    conv.weight.offset += 2 * (int64_t)op->out_channels * (int64_t)sizeof(float);
    ct_reference_conv2d_forward(exec, &conv, batch);
    float *y = ct_floats(op->y);
    int64_t rows = (int64_t)batch * ct_conv_out_height(&conv) * ct_conv_out_width(&conv);
    for (int64_t i = 0; i < rows * op->out_channels; i++) {
        int64_t o = i % op->out_channels;
        double value = (double)y[i] * scales[o] + shifts[o] + (residual ? residual[i] : 0);
        y[i] = (float)(op->relu && value < 0 ? 0 : value);
    }
}
