/// ReLU.
#include <stdbool.h>

#include "reference.h"

void ct_reference_relu_forward(ct_exec *exec, const ct_relu *op, int32_t batch) {
    (void)exec;
    const void *x = ct_address(op->x);
    for (int64_t index = 0; index < (int64_t)batch * op->elements; index++) {
        float value = ct_get(x, op->format, index);
        ct_put(ct_address(op->y), op->format, index, value > 0 ? value : 0);
    }
}

void ct_reference_relu_backward(ct_exec *exec, const ct_relu *op, int32_t batch) {
    (void)exec;
    void *dx = ct_address(op->dx);
    for (int64_t index = 0; index < (int64_t)batch * op->elements; index++) {
        bool passes = ct_get(ct_address(op->y), op->format, index) > 0;
        float value = passes ? ct_get(ct_address(op->dy), op->format, index) : 0;
        ct_put(dx, op->format, index, op->accumulate_dx ? ct_get(dx, op->format, index) + value : value);
    }
}
