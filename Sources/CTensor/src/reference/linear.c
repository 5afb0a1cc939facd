/// Linear layer.
#include "reference.h"

void ct_reference_linear_forward(ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)exec;
    for (int64_t n = 0; n < batch; n++) {
        for (int64_t o = 0; o < op->out_features; o++) {
            double sum = ct_floats(op->bias)[o];
            for (int64_t i = 0; i < op->in_features; i++) {
                sum += (double)ct_floats(op->x)[n * op->in_features + i] * ct_floats(op->weight)[o * op->in_features + i];
            }
            ct_floats(op->y)[n * op->out_features + o] = (float)sum;
        }
    }
}

void ct_reference_linear_backward_data(ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)exec;
    for (int64_t n = 0; n < batch; n++) {
        for (int64_t i = 0; i < op->in_features; i++) {
            float *target = ct_floats(op->dx) + n * op->in_features + i;
            double sum = op->accumulate_dx ? *target : 0;
            for (int64_t o = 0; o < op->out_features; o++) {
                sum += (double)ct_floats(op->dy)[n * op->out_features + o] * ct_floats(op->weight)[o * op->in_features + i];
            }
            *target = (float)sum;
        }
    }
}

void ct_reference_linear_backward_weights(ct_exec *exec, const ct_linear *op, int32_t batch) {
    (void)exec;
    for (int64_t o = 0; o < op->out_features; o++) {
        double bias = 0;
        for (int64_t n = 0; n < batch; n++) bias += ct_floats(op->dy)[n * op->out_features + o];
        ct_floats(op->dbias)[o] = (float)bias;
        for (int64_t i = 0; i < op->in_features; i++) {
            double sum = 0;
            for (int64_t n = 0; n < batch; n++) {
                sum += (double)ct_floats(op->dy)[n * op->out_features + o] * ct_floats(op->x)[n * op->in_features + i];
            }
            ct_floats(op->dweight)[o * op->in_features + i] = (float)sum;
        }
    }
}
