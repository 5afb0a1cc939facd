/// Weights between PyTorch's layout (O, I, taps) and the packed operands of the products.
#ifndef CT_WEIGHT_PACKING_H
#define CT_WEIGHT_PACKING_H

#include <stdbool.h>

#include "../ct_backend.h"

typedef struct ct_weights {
    int32_t out_channels, in_channels;
    /// Kernel positions: kernel * kernel, or 1 for a linear layer.
    int32_t taps;
    /// Whether a gradient's rows and columns come in the order of half_products.h.
    bool halves;
} ct_weights;

/// packed[o / 32][tap * in + i][o % 32] = weight[o, i, tap]: the right operand of a forward pass.
void ct_pack_forward(ct_exec *exec, const ct_weights *shape, const float *weight, float *packed);

/// packed[i / 32][t * out + o][i % 32] = weight[o, i, order[t]] for `count` taps: of a backward pass to the input.
void ct_pack_backward(ct_exec *exec, const ct_weights *shape, const float *weight, const int32_t *order, int32_t count,
                      float *packed);

/// weight[o, i, tap] = result[tap * in + i, o], rows of `result` rounded up to 32 columns.
void ct_unpack_gradient(ct_exec *exec, const ct_weights *shape, const float *result, float *weight);

#endif
