/// Convolution: the sums of ct_conv2d written as loops over (n, oh, ow, o) and (i, r, s).
#include <stdbool.h>
#include <stdlib.h>

#include "reference.h"

static int64_t weight_index(const ct_conv2d *op, int32_t o, int32_t i, int32_t r, int32_t s) {
    return (((int64_t)o * op->in_channels + i) * op->kernel + r) * op->kernel + s;
}

/// Where x[n, h, w, 0] lies, or -1 in the padding.
static int64_t input_index(const ct_conv2d *op, int32_t n, int32_t h, int32_t w) {
    if (h < 0 || h >= op->in_height || w < 0 || w >= op->in_width) return -1;
    return (((int64_t)n * op->in_height + h) * op->in_width + w) * op->in_channels;
}

static int64_t output_index(const ct_conv2d *op, int32_t n, int32_t h, int32_t w) {
    return (((int64_t)n * ct_conv_out_height(op) + h) * ct_conv_out_width(op) + w) * op->out_channels;
}

static double output_element(const ct_conv2d *op, int32_t n, int32_t oh, int32_t ow, int32_t o) {
    const void *x = ct_address(op->x);
    const float *weight = ct_floats(op->weight);
    double sum = 0;
    for (int32_t r = 0; r < op->kernel; r++) {
        for (int32_t s = 0; s < op->kernel; s++) {
            int64_t at = input_index(op, n, oh * op->stride + r - op->padding, ow * op->stride + s - op->padding);
            if (at < 0) continue;
            for (int32_t i = 0; i < op->in_channels; i++) {
                sum += (double)ct_get(x, op->format, at + i) * weight[weight_index(op, o, i, r, s)];
            }
        }
    }
    return sum;
}

/// Mean and biased variance of output channel `o`.
static void output_moments(const ct_conv2d *op, int32_t batch, int32_t o) {
    const void *y = ct_at(ct_address(op->y), op->format, o);
    int64_t rows = (int64_t)batch * ct_conv_out_height(op) * ct_conv_out_width(op);
    double sum = 0, squares = 0;
    for (int64_t row = 0; row < rows; row++) sum += ct_get(y, op->format, row * op->out_channels);
    double mean = sum / (double)rows;
    for (int64_t row = 0; row < rows; row++) {
        double centred = ct_get(y, op->format, row * op->out_channels) - mean;
        squares += centred * centred;
    }
    ct_floats(op->moments)[o] = (float)mean;
    ct_floats(op->moments)[op->out_channels + o] = (float)(squares / (double)rows);
}

void ct_reference_conv2d_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    (void)exec;
    void *y = ct_address(op->y);
    for (int32_t n = 0; n < batch; n++) {
        for (int32_t oh = 0; oh < ct_conv_out_height(op); oh++) {
            for (int32_t ow = 0; ow < ct_conv_out_width(op); ow++) {
                for (int32_t o = 0; o < op->out_channels; o++) {
                    ct_put(y, op->format, output_index(op, n, oh, ow) + o, (float)output_element(op, n, oh, ow, o));
                }
            }
        }
    }
    if (!op->moments.buffer) return;
    for (int32_t o = 0; o < op->out_channels; o++) output_moments(op, batch, o);
}

/// The output position that reads input position `at` through kernel position `tap`; false if there is none.
static bool output_position(const ct_conv2d *op, int32_t at, int32_t tap, int32_t extent, int32_t *out) {
    int32_t position = at + op->padding - tap;
    if (position < 0 || position % op->stride != 0 || position / op->stride >= extent) return false;
    *out = position / op->stride;
    return true;
}

static double input_gradient(const ct_conv2d *op, int32_t n, int32_t h, int32_t w, int32_t i) {
    const float *weight = ct_floats(op->weight);
    double sum = 0;
    for (int32_t r = 0; r < op->kernel; r++) {
        for (int32_t s = 0; s < op->kernel; s++) {
            int32_t oh, ow;
            if (!output_position(op, h, r, ct_conv_out_height(op), &oh)) continue;
            if (!output_position(op, w, s, ct_conv_out_width(op), &ow)) continue;
            int64_t row = output_index(op, n, oh, ow);
            for (int32_t o = 0; o < op->out_channels; o++) {
                sum += (double)ct_get(ct_address(op->dy), op->format, row + o) * weight[weight_index(op, o, i, r, s)];
            }
        }
    }
    return sum;
}

void ct_reference_conv2d_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    (void)exec;
    void *dx = ct_address(op->dx);
    for (int32_t n = 0; n < batch; n++) {
        for (int32_t h = 0; h < op->in_height; h++) {
            for (int32_t w = 0; w < op->in_width; w++) {
                int64_t row = input_index(op, n, h, w);
                for (int32_t i = 0; i < op->in_channels; i++) {
                    double before = op->accumulate_dx ? ct_get(dx, op->format, row + i) : 0;
                    ct_put(dx, op->format, row + i, (float)(before + input_gradient(op, n, h, w, i)));
                }
            }
        }
    }
}

static double weight_gradient(const ct_conv2d *op, int32_t batch, int32_t o, int32_t i, int32_t r, int32_t s) {
    const void *x = ct_address(op->x), *dy = ct_address(op->dy);
    double sum = 0;
    for (int32_t n = 0; n < batch; n++) {
        for (int32_t oh = 0; oh < ct_conv_out_height(op); oh++) {
            for (int32_t ow = 0; ow < ct_conv_out_width(op); ow++) {
                int64_t at = input_index(op, n, oh * op->stride + r - op->padding, ow * op->stride + s - op->padding);
                if (at < 0) continue;
                double gradient = ct_get(dy, op->format, output_index(op, n, oh, ow) + o);
                sum += ct_get(x, op->format, at + i) * gradient;
            }
        }
    }
    return sum;
}

void ct_reference_conv2d_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    (void)exec;
    float *dweight = ct_floats(op->dweight);
    for (int32_t o = 0; o < op->out_channels; o++) {
        for (int32_t i = 0; i < op->in_channels; i++) {
            for (int32_t r = 0; r < op->kernel; r++) {
                for (int32_t s = 0; s < op->kernel; s++) {
                    dweight[weight_index(op, o, i, r, s)] = (float)weight_gradient(op, batch, o, i, r, s);
                }
            }
        }
    }
}
