/// The product behind convolutions and linear layers. The left operand is never stored whole: its rows are gathered
/// block by block from an NHWC tensor (im2col in cache-sized pieces), so memory traffic stays near that of the tensor
/// itself.
///
///   left[m, t * channels + c] = source[n, gh * step + dh[t], gw * step + dw[t], c], 0 outside; m = (n, gh, gw)
#ifndef CT_GATHER_PRODUCT_H
#define CT_GATHER_PRODUCT_H

#include "kernels.h"

enum { CT_TAPS_MAX = 49 };

/// Where rows of the left operand come from.
typedef struct ct_gather {
    const void *source;
    ct_format format;
    int32_t height, width, channels;
    /// Positions per image, and source rows (columns) from one to the next.
    int32_t grid_height, grid_width, step;
    int32_t taps;
    int32_t dh[CT_TAPS_MAX], dw[CT_TAPS_MAX];
} ct_gather;

/// Where rows of the product go: position (gh, gw) to pixel (gh * step + first_row, gw * step + first_column).
typedef struct ct_scatter {
    void *target;
    ct_format format;
    int32_t height, width, columns;
    int32_t step, first_row, first_column;
    int32_t add;
    ct_epilogue epilogue;
    /// A partial result (output_moments.h) for each of `ct_product_pieces`, or NULL.
    float *moments;
} ct_scatter;

static inline int64_t ct_gather_depth(const ct_gather *gather) { return (int64_t)gather->taps * gather->channels; }

/// The rows that a convolution reads for each of its outputs.
static inline ct_gather ct_forward_gather(const ct_conv2d *op) {
    ct_gather gather = {.source = ct_address(op->x), .format = op->format, .height = op->in_height, .width = op->in_width,
                        .channels = op->in_channels, .grid_height = ct_conv_out_height(op),
                        .grid_width = ct_conv_out_width(op), .step = op->stride, .taps = op->kernel * op->kernel};
    for (int32_t tap = 0; tap < gather.taps; tap++) {
        gather.dh[tap] = tap / op->kernel - op->padding;
        gather.dw[tap] = tap % op->kernel - op->padding;
    }
    return gather;
}

/// A right operand of a product, packed as [columns / 32][depth][32]; and where `halves` is given, as those too, times
/// 1 / `unscale`, as [columns / 64][depth][64] with the rows in the order of half_products.h.
typedef struct ct_packed {
    const float *floats;
    const _Float16 *halves;
    float unscale;
} ct_packed;

/// Whether products of these rows with so many columns may be products of halves.
bool ct_product_uses_halves(const ct_kernels *kernels, const ct_gather *gather, int32_t columns);

/// Fills `halves`, of as many values as `floats`, from the weights, of which there are `count`, and their packed form.
ct_packed ct_pack_halves(ct_exec *exec, const float *weight, int64_t count, const float *floats, int64_t depth,
                         int32_t columns, _Float16 *halves);

/// Floats of a right operand of `depth` x `columns` packed as [columns / 32][depth][32].
int64_t ct_packed_floats(int64_t depth, int32_t columns);

/// Scratch bytes of `ct_gather_product` for all threads, for a left operand of at most `depth` columns.
int64_t ct_product_scratch(const ct_exec *exec, int64_t depth, int32_t columns);

/// Pieces of rows whose moments are taken.
int64_t ct_product_pieces(const ct_gather *gather, int32_t batch);

/// scatter (+)= left * right over `batch` images, with the right operand packed.
void ct_gather_product(ct_exec *exec, const ct_gather *gather, const ct_scatter *scatter, int32_t batch,
                       const ct_packed *packed, void *scratch);

/// Floats of the result of `ct_gather_transposed_product`, and the scratch bytes of all threads.
int64_t ct_transposed_result_floats(int64_t depth, int32_t columns);
int64_t ct_transposed_scratch(const ct_exec *exec, int32_t columns);

/// Whether the transposed product multiplies halves: then both indices of its result are in the order of half_products.h.
bool ct_transposed_uses_halves(const ct_kernels *kernels, const ct_gather *gather, ct_format format, int32_t columns);

/// result[k, o] = sum over m of left[m, k] * right[m, o], with right [rows, columns] in `format`. Rows of the
/// result are `ct_round_up(columns, 32)` apart. Each element is summed over m in order, whatever the number of threads.
void ct_gather_transposed_product(ct_exec *exec, const ct_gather *gather, const void *right, ct_format format,
                                  int32_t columns, int32_t batch, float *result, void *scratch);

#endif
