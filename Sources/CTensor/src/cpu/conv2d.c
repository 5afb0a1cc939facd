/// Convolution as products of gathered rows (gather_product.h).
///
/// forward:          left = x at the taps of each output pixel, right = weights as [tap, in] x out
/// backward data:    input pixels fall into stride * stride phases by their position modulo the stride; within a phase all
///                   pixels meet the same taps, so each is one product with left = dy and right = weights as [tap, out] x in
/// backward weights: the forward left, transposed, times dy; overwrites
#include "cpu.h"
#include "gather_product.h"
#include "output_moments.h"
#include "weight_packing.h"
#include "winograd.h"

static ct_weights weights_of(const ct_conv2d *op) {
    return (ct_weights){.out_channels = op->out_channels, .in_channels = op->in_channels, .taps = op->kernel * op->kernel};
}

/// Weight operand first, then the scratch of the threads.
static int64_t weight_floats(const ct_conv2d *op) {
    int64_t taps = (int64_t)op->kernel * op->kernel;
    int64_t forward = ct_packed_floats(taps * op->in_channels, op->out_channels);
    int64_t backward = ct_packed_floats(taps * op->out_channels, op->in_channels);
    int64_t gradient = ct_transposed_result_floats(taps * op->in_channels, op->out_channels);
    return ct_round_up(ct_larger(ct_larger(forward, backward), gradient), 16);
}

static int64_t product_scratch(const ct_exec *exec, const ct_conv2d *op) {
    int32_t channels = (int32_t)ct_larger(op->in_channels, op->out_channels);
    int64_t depth = (int64_t)op->kernel * op->kernel * channels;
    return ct_round_up(ct_larger(ct_product_scratch(exec, depth, channels), ct_transposed_scratch(exec, channels)), 64);
}

/// Floats of the weight operand as halves, behind all else.
static int64_t half_floats(const ct_conv2d *op) { return op->format == CT_BF16 ? weight_floats(op) / 2 : 0; }

/// The packed weights, as halves too where those are multiplied.
static ct_packed packed_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch, const ct_gather *gather,
                                int32_t columns) {
    float *floats = exec->workspace;
    if (!ct_product_uses_halves(ct_kernels_of(exec), gather, columns)) return (ct_packed){.floats = floats};
    char *end = (char *)exec->workspace + ct_cpu_conv2d_workspace(exec, op, batch);
    int64_t count = (int64_t)op->kernel * op->kernel * op->in_channels * op->out_channels;
    return ct_pack_halves(exec, ct_floats(op->weight), count, floats, ct_gather_depth(gather), columns,
                          (_Float16 *)(end - half_floats(op) * (int64_t)sizeof(float)));
}

int64_t ct_cpu_conv2d_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    if (ct_winograd_fits(op)) return ct_winograd_workspace(exec, op, batch);
    ct_gather gather = ct_forward_gather(op);
    int64_t moments = ct_product_pieces(&gather, batch) * ct_partial_moments_floats(op->out_channels);
    return (weight_floats(op) + moments + half_floats(op)) * (int64_t)sizeof(float) + product_scratch(exec, op);
}

void ct_cpu_conv2d_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    if (ct_winograd_fits(op)) {
        ct_winograd_forward(exec, op, batch);
        return;
    }
    float *packed = exec->workspace, *scratch = packed + weight_floats(op);
    ct_weights shape = weights_of(op);
    ct_gather gather = ct_forward_gather(op);
    ct_scatter scatter = {.target = ct_address(op->y), .format = op->format, .height = gather.grid_height,
                          .width = gather.grid_width,
                          .columns = op->out_channels, .step = 1};
    if (op->moments.buffer) scatter.moments = scratch + product_scratch(exec, op) / (int64_t)sizeof(float);
    ct_pack_forward(exec, &shape, ct_floats(op->weight), packed);
    ct_packed weights = packed_weights(exec, op, batch, &gather, op->out_channels);
    ct_gather_product(exec, &gather, &scatter, batch, &weights, scratch);
    if (!scatter.moments) return;
    ct_combine_moments(scatter.moments, ct_product_pieces(&gather, batch), op->out_channels, ct_floats(op->moments));
}

/// Offset from a phase's position to the output pixel that reaches it through kernel position `tap`; INT32_MIN if the tap
/// does not meet the phase.
static int32_t phase_offset(const ct_conv2d *op, int32_t phase, int32_t tap) {
    int32_t distance = phase + op->padding - tap;
    return distance % op->stride == 0 ? distance / op->stride : INT32_MIN;
}

/// Fills the taps that meet phase (row, column) and their places in the weights.
static void find_taps(const ct_conv2d *op, int32_t row, int32_t column, ct_gather *gather, int32_t *order) {
    for (int32_t r = 0; r < op->kernel; r++) {
        for (int32_t s = 0; s < op->kernel; s++) {
            int32_t dh = phase_offset(op, row, r), dw = phase_offset(op, column, s);
            if (dh == INT32_MIN || dw == INT32_MIN) continue;
            gather->dh[gather->taps] = dh;
            gather->dw[gather->taps] = dw;
            order[gather->taps++] = r * op->kernel + s;
        }
    }
}

static void backward_phase(ct_exec *exec, const ct_conv2d *op, int32_t batch, int32_t row, int32_t column) {
    int32_t order[CT_TAPS_MAX];
    float *packed = exec->workspace;
    ct_weights shape = weights_of(op);
    ct_gather gather = {.source = ct_address(op->dy), .format = op->format, .height = ct_conv_out_height(op),
                        .width = ct_conv_out_width(op),
                        .channels = op->out_channels, .step = 1};
    gather.grid_height = (op->in_height - row + op->stride - 1) / op->stride;
    gather.grid_width = (op->in_width - column + op->stride - 1) / op->stride;
    if (gather.grid_height < 1 || gather.grid_width < 1) return;
    find_taps(op, row, column, &gather, order);
    if (gather.taps == 0 && op->accumulate_dx) return;
    ct_scatter scatter = {.target = ct_address(op->dx), .format = op->format, .height = op->in_height, .width = op->in_width,
                          .columns = op->in_channels, .step = op->stride, .first_row = row, .first_column = column,
                          .add = op->accumulate_dx};
    ct_pack_backward(exec, &shape, ct_floats(op->weight), order, gather.taps, packed);
    ct_packed weights = packed_weights(exec, op, batch, &gather, op->in_channels);
    ct_gather_product(exec, &gather, &scatter, batch, &weights, packed + weight_floats(op));
}

void ct_cpu_conv2d_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    if (ct_winograd_fits(op)) {
        ct_winograd_backward_data(exec, op, batch);
        return;
    }
    for (int32_t row = 0; row < op->stride; row++) {
        for (int32_t column = 0; column < op->stride; column++) backward_phase(exec, op, batch, row, column);
    }
}

void ct_cpu_conv2d_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    if (ct_winograd_fits(op)) {
        ct_winograd_backward_weights(exec, op, batch);
        return;
    }
    float *result = exec->workspace;
    ct_weights shape = weights_of(op);
    ct_gather gather = ct_forward_gather(op);
    ct_gather_transposed_product(exec, &gather, ct_address(op->dy), op->format, op->out_channels, batch, result,
                                 result + weight_floats(op));
    shape.halves = ct_transposed_uses_halves(ct_kernels_of(exec), &gather, op->format, op->out_channels);
    ct_unpack_gradient(exec, &shape, result, ct_floats(op->dweight));
}
