/// Linear layer: the convolution of a 1 x 1 image by one tap, with a bias.
#include "cpu.h"
#include "gather_product.h"
#include "weight_packing.h"

static ct_weights weights_of(const ct_linear *op) {
    return (ct_weights){.out_channels = op->out_features, .in_channels = op->in_features, .taps = 1};
}

static ct_gather rows_of(const void *source, ct_format format, int32_t channels) {
    return (ct_gather){.source = source, .format = format, .height = 1, .width = 1, .channels = channels, .grid_height = 1,
                       .grid_width = 1, .step = 1, .taps = 1};
}

static int64_t weight_floats(const ct_linear *op) {
    int64_t forward = ct_packed_floats(op->in_features, op->out_features);
    int64_t backward = ct_packed_floats(op->out_features, op->in_features);
    int64_t gradient = ct_transposed_result_floats(op->in_features, op->out_features);
    return ct_round_up(ct_larger(ct_larger(forward, backward), gradient), 16);
}

int64_t ct_cpu_linear_workspace(const ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)batch;
    int32_t features = (int32_t)ct_larger(op->in_features, op->out_features);
    int64_t scratch = ct_larger(ct_product_scratch(exec, features, features), ct_transposed_scratch(exec, features));
    return weight_floats(op) * (int64_t)sizeof(float) + scratch;
}

void ct_cpu_linear_forward(ct_exec *exec, const ct_linear *op, int32_t batch) {
    float *packed = exec->workspace;
    ct_weights shape = weights_of(op);
    ct_gather gather = rows_of(ct_address(op->x), op->format, op->in_features);
    ct_scatter scatter = {.target = ct_address(op->y), .format = op->result_format, .height = 1, .width = 1,
                          .columns = op->out_features, .step = 1,
                          .epilogue.bias = ct_floats(op->bias)};
    ct_pack_forward(exec, &shape, ct_floats(op->weight), packed);
    ct_gather_product(exec, &gather, &scatter, batch, &(ct_packed){.floats = packed}, packed + weight_floats(op));
}

void ct_cpu_linear_backward_data(ct_exec *exec, const ct_linear *op, int32_t batch) {
    const int32_t order[] = {0};
    float *packed = exec->workspace;
    ct_weights shape = weights_of(op);
    ct_gather gather = rows_of(ct_address(op->dy), op->result_format, op->out_features);
    ct_scatter scatter = {.target = ct_address(op->dx), .format = op->format, .height = 1, .width = 1,
                          .columns = op->in_features, .step = 1,
                          .add = op->accumulate_dx};
    ct_pack_backward(exec, &shape, ct_floats(op->weight), order, 1, packed);
    ct_gather_product(exec, &gather, &scatter, batch, &(ct_packed){.floats = packed}, packed + weight_floats(op));
}

static void bias_gradient(const ct_linear *op, int32_t batch) {
    const void *dy = ct_address(op->dy);
    for (int32_t o = 0; o < op->out_features; o++) {
        double sum = 0;
        for (int64_t n = 0; n < batch; n++) sum += ct_get(dy, op->result_format, n * op->out_features + o);
        ct_floats(op->dbias)[o] = (float)sum;
    }
}

void ct_cpu_linear_backward_weights(ct_exec *exec, const ct_linear *op, int32_t batch) {
    float *result = exec->workspace;
    ct_weights shape = weights_of(op);
    ct_gather gather = rows_of(ct_address(op->x), op->format, op->in_features);
    ct_gather_transposed_product(exec, &gather, ct_address(op->dy), op->result_format, op->out_features, batch, result,
                                 result + weight_floats(op));
    shape.halves = ct_transposed_uses_halves(ct_kernels_of(exec), &gather, op->result_format, op->out_features);
    ct_unpack_gradient(exec, &shape, result, ct_floats(op->dweight));
    bias_gradient(op, batch);
}
