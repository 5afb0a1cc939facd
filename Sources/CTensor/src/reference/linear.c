/// Linear layer.
#include "reference.h"

void ct_reference_linear_forward(ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)exec;
    for (int64_t n = 0; n < batch; n++) {
        for (int64_t o = 0; o < op->out_features; o++) {
            double sum = ct_floats(op->bias)[o];
            for (int64_t i = 0; i < op->in_features; i++) {
                double x = ct_get(ct_address(op->x), op->format, n * op->in_features + i);
                sum += x * ct_floats(op->weight)[o * op->in_features + i];
            }
            ct_put(ct_address(op->y), op->result_format, n * op->out_features + o, (float)sum);
        }
    }
}

void ct_reference_linear_backward_data(ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)exec;
    for (int64_t n = 0; n < batch; n++) {
        for (int64_t i = 0; i < op->in_features; i++) {
            int64_t at = n * op->in_features + i;
            double sum = op->accumulate_dx ? ct_get(ct_address(op->dx), op->format, at) : 0;
            for (int64_t o = 0; o < op->out_features; o++) {
                double gradient = ct_get(ct_address(op->dy), op->result_format, n * op->out_features + o);
                sum += gradient * ct_floats(op->weight)[o * op->in_features + i];
            }
            ct_put(ct_address(op->dx), op->format, at, (float)sum);
        }
    }
}

void ct_reference_linear_backward_weights(ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)exec;
    for (int64_t o = 0; o < op->out_features; o++) {
        double bias = 0;
        for (int64_t n = 0; n < batch; n++) bias += ct_get(ct_address(op->dy), op->result_format, n * op->out_features + o);
        ct_floats(op->dbias)[o] = (float)bias;
        for (int64_t i = 0; i < op->in_features; i++) {
            double sum = 0;
            for (int64_t n = 0; n < batch; n++) {
                double gradient = ct_get(ct_address(op->dy), op->result_format, n * op->out_features + o);
                sum += gradient * ct_get(ct_address(op->x), op->format, n * op->in_features + i);
            }
            ct_floats(op->dweight)[o * op->in_features + i] = (float)sum;
        }
    }
}
