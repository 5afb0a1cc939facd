/// Convolution for inference (ct_folded_conv2d). `prepared` holds the bias, then the weights of the way that was chosen
/// for the largest batch: transformed for Winograd, or packed for the gathered product.
#include <math.h>

#include "cpu.h"
#include "gather_product.h"
#include "weight_packing.h"
#include "winograd.h"

/// Below so many tiles, Winograd's weights, four times as large, take longer to read than its arithmetic saves.
enum { LEAST_TILES = 5 };

static ct_conv2d convolution_of(const ct_folded_conv2d *op) {
    return (ct_conv2d){.in_height = op->in_height, .in_width = op->in_width, .in_channels = op->in_channels,
                       .out_channels = op->out_channels, .kernel = op->kernel, .stride = op->stride,
                       .padding = op->padding, .x = op->x, .y = op->y};
}

static bool uses_winograd(const ct_conv2d *conv, int32_t max_batch) {
    return ct_winograd_fits(conv) && ct_winograd_tiles(conv, max_batch) >= LEAST_TILES;
}

static int64_t bias_floats(const ct_folded_conv2d *op) { return ct_round_up(op->out_channels, 16); }

/// Weights of one output channel.
static int64_t row_floats(const ct_folded_conv2d *op) { return (int64_t)op->in_channels * op->kernel * op->kernel; }

static int64_t weight_floats(const ct_folded_conv2d *op) { return row_floats(op) * op->out_channels; }

int64_t ct_cpu_folded_conv2d_bytes(const ct_exec *exec, const ct_folded_conv2d *op) {
    (void)exec;
    ct_conv2d conv = convolution_of(op);
    int64_t weights = uses_winograd(&conv, op->max_batch) ? ct_winograd_weight_floats(&conv)
                                                          : ct_packed_floats(row_floats(op), op->out_channels);
    return (bias_floats(op) + weights) * (int64_t)sizeof(float);
}

int64_t ct_cpu_folded_conv2d_workspace(const ct_exec *exec, const ct_folded_conv2d *op, int32_t batch) {
    ct_conv2d conv = convolution_of(op);
    int64_t prepare = weight_floats(op) * (int64_t)sizeof(float);
    int64_t forward = uses_winograd(&conv, op->max_batch) ? ct_winograd_forward_workspace(exec, &conv, batch)
                                                          : ct_product_scratch(exec, row_floats(op), op->out_channels);
    return ct_larger(prepare, forward);
}

void ct_cpu_folded_conv2d_prepare(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch) {
    (void)batch;
    float *bias = ct_floats(op->prepared), *folded = exec->workspace;
    int64_t row = row_floats(op);
    for (int32_t o = 0; o < op->out_channels; o++) {
        double scale = ct_floats(op->gamma)[o] / sqrt((double)ct_floats(op->running_variance)[o] + (double)op->epsilon);
        bias[o] = (float)(ct_floats(op->beta)[o] - ct_floats(op->running_mean)[o] * scale);
        const float *weight = ct_floats(op->weight) + o * row;
        for (int64_t i = 0; i < row; i++) folded[o * row + i] = (float)(weight[i] * scale);
    }
    ct_conv2d conv = convolution_of(op);
    if (uses_winograd(&conv, op->max_batch)) {
        ct_winograd_transform_weights(exec, &conv, folded, bias + bias_floats(op));
        return;
    }
    ct_weights shape = {.out_channels = op->out_channels, .in_channels = op->in_channels, .taps = op->kernel * op->kernel};
    ct_pack_forward(exec, &shape, folded, bias + bias_floats(op));
}

void ct_cpu_folded_conv2d_forward(ct_exec *exec, const ct_folded_conv2d *op, int32_t batch) {
    const float *bias = ct_floats(op->prepared), *weights = bias + bias_floats(op);
    ct_conv2d conv = convolution_of(op);
    ct_epilogue epilogue = {.bias = bias, .residual = ct_floats(op->residual), .relu = op->relu};
    if (uses_winograd(&conv, op->max_batch)) {
        ct_winograd_forward_prepared(exec, &conv, batch, weights, &epilogue);
        return;
    }
    ct_gather gather = ct_forward_gather(&conv);
    ct_scatter scatter = {.target = ct_floats(op->y), .height = gather.grid_height, .width = gather.grid_width,
                          .columns = op->out_channels, .step = 1, .epilogue = epilogue};
    ct_gather_product(exec, &gather, &scatter, batch, &(ct_packed){.floats = weights}, exec->workspace);
}
