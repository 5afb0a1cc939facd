/// ReLU.
#include "reference.h"

void ct_reference_relu_forward(ct_exec *exec, const ct_relu *op, int32_t batch) {
    (void)exec;
    const float *x = ct_floats(op->x);
    for (int64_t index = 0; index < (int64_t)batch * op->elements; index++) {
        ct_floats(op->y)[index] = x[index] > 0 ? x[index] : 0;
    }
}

void ct_reference_relu_backward(ct_exec *exec, const ct_relu *op, int32_t batch) {
    (void)exec;
    float *dx = ct_floats(op->dx);
    for (int64_t index = 0; index < (int64_t)batch * op->elements; index++) {
        float value = ct_floats(op->y)[index] > 0 ? ct_floats(op->dy)[index] : 0;
        dx[index] = op->accumulate_dx ? dx[index] + value : value;
    }
}
