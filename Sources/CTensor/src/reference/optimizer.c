/// SGD with (Nesterov) momentum and AdamW, element by element.
#include <math.h>

#include "reference.h"

void ct_reference_sgd(ct_exec *exec, const ct_sgd *op) {
    (void)exec;
    float *parameter = ct_floats(op->parameter), *velocity = ct_floats(op->velocity);
    double lr = ct_floats(op->hyper)[0], momentum = op->momentum;
    for (int64_t i = 0; i < op->elements; i++) {
        double gradient = ct_floats(op->gradient)[i] + (double)op->weight_decay * parameter[i];
        double moved = momentum * velocity[i] + gradient;
        velocity[i] = (float)moved;
        parameter[i] = (float)(parameter[i] - lr * (op->nesterov ? gradient + momentum * moved : moved));
    }
}

void ct_reference_adamw(ct_exec *exec, const ct_adamw *op) {
    (void)exec;
    const float *hyper = ct_floats(op->hyper);
    double lr = hyper[0], correction1 = hyper[1], correction2 = hyper[2];
    for (int64_t i = 0; i < op->elements; i++) {
        float *parameter = ct_floats(op->parameter) + i;
        float *first = ct_floats(op->first_moment) + i, *second = ct_floats(op->second_moment) + i;
        double gradient = ct_floats(op->gradient)[i];
        double m = op->beta1 * *first + (1 - op->beta1) * gradient;
        double v = op->beta2 * *second + (1 - op->beta2) * gradient * gradient;
        *first = (float)m;
        *second = (float)v;
        double decayed = *parameter * (1 - lr * (double)op->weight_decay);
        *parameter = (float)(decayed - lr / correction1 * m / (sqrt(v) / correction2 + (double)op->epsilon));
    }
}
