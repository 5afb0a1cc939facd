/// Softmax cross entropy with label smoothing (Szegedy et al. 2016), forward and gradient in one pass. The CPU backend
/// uses these loops too: a batch has a few thousand logits, which is nothing beside the convolutions.
#include <math.h>

#include "reference.h"

/// log(sum(exp(row))) without overflow.
static double log_sum_exp(const void *row, ct_format format, int32_t classes) {
    double largest = ct_get(row, format, 0), sum = 0;
    for (int32_t c = 1; c < classes; c++) largest = fmax(largest, ct_get(row, format, c));
    for (int32_t c = 0; c < classes; c++) sum += exp(ct_get(row, format, c) - largest);
    return largest + log(sum);
}

/// Loss of one image; writes its gradient times `scale`.
static double image_loss(const ct_cross_entropy *op, const void *row, int32_t label, double scale, void *gradient) {
    double normaliser = log_sum_exp(row, op->format, op->classes), loss = 0;
    double spread = (double)op->smoothing / op->classes;
    for (int32_t c = 0; c < op->classes; c++) {
        double target = spread + (c == label ? 1 - (double)op->smoothing : 0);
        double logit = ct_get(row, op->format, c);
        loss += target * (normaliser - logit);
        ct_put(gradient, op->format, c, (float)(scale * (exp(logit - normaliser) - target)));
    }
    return loss;
}

void ct_reference_cross_entropy(ct_exec *exec, const ct_cross_entropy *op, int32_t batch) {
    (void)exec;
    double total = 0;
    for (int64_t n = 0; n < batch; n++) {
        int64_t first = n * op->classes;
        total += image_loss(op, ct_at(ct_address(op->logits), op->format, first), ct_ints(op->labels)[n], 1.0 / batch,
                            ct_at(ct_address(op->dlogits), op->format, first));
    }
    *ct_floats(op->loss) = (float)(total / batch);
}
