/// The inner loops of the CPU backend, once per instruction set: kernels_body.h is compiled by kernels_avx512.c,
/// kernels_avx2.c and kernels_baseline.c, and `ct_kernels_choose` picks one table when the device is opened.
#ifndef CT_KERNELS_H
#define CT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ct_backend.h"
#include "half_products.h"

enum {
    /// A tile of the product is 12 x 32: 24 vectors of 16 lanes, which leaves 8 of AVX-512's 32 registers for operands.
    CT_TILE_ROWS = 12,
    CT_TILE_COLUMNS = 32,
    /// Channels that a reduction works on at once.
    CT_CHANNEL_BLOCK = 64,
};

/// c[i, j] (+)= sum over k < depth of left[i * left_step + k] * right[k * 32 + j] for i < rows and j < 32; rows of c are
/// `stride` apart. `rows` is 1 to 12; up to the next multiple of 4, rows of left are read and rows of c are written.
typedef void (*ct_tile)(const float *left, ptrdiff_t left_step, const float *right, float *c, ptrdiff_t stride,
                        int32_t rows, int32_t depth, int32_t add);

/// The same with left[k * left_step + i] and right[k * right_step + j].
typedef void (*ct_tile_transposed)(const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step,
                                   float *c, ptrdiff_t stride, int32_t rows, int32_t depth, int32_t add);

/// The pixels that a Winograd tile reads: up to six rows that each begin at column `first_column` of the tile's patch,
/// pixels `pixel` elements apart. Columns outside `first_column`..<`end_column` are 0.
typedef struct ct_patch {
    const void *rows[6];
    ct_format format;
    ptrdiff_t pixel;
    int32_t first_column, end_column;
} ct_patch;

/// What is done with a convolution's output before it is stored: y = relu?(y + bias[channel] + residual). `residual` lies
/// as y does, f32; NULL for none.
typedef struct ct_epilogue {
    const float *bias, *residual;
    int32_t relu;
} ct_epilogue;

/// Where the outputs of a Winograd tile go, and what is done with them on the way.
typedef struct ct_tile_target {
    void *y;
    ct_format format;
    /// The element of y (and of the residual) that is the tile's first, and elements from row to row and pixel to pixel.
    ptrdiff_t at, row, pixel;
    /// Rows and columns of the tile that lie inside the image: 1 to 4.
    int32_t rows, columns;
    /// Whether y is added to.
    int32_t add;
    /// As those of `ct_epilogue`, the bias at this tile's first channel.
    int32_t relu;
    const float *bias, *residual;
    /// NULL, or three rows `moments_step` apart: a pivot, and the sums of y - pivot and of its square. The first tile
    /// sets them.
    float *moments;
    ptrdiff_t moments_step;
    bool first_of_moments;
} ct_tile_target;

/// What tells where batch normalisation's ReLU let a gradient pass.
typedef enum ct_mask {
    /// There is no ReLU.
    CT_MASK_NONE,
    /// y > 0
    CT_MASK_Y,
    /// x * scale[c] + shift[c] > 0
    CT_MASK_X,
} ct_mask;

/// The backward pass of batch normalisation: g is dy where the mask lets it pass, else 0. Operands that `mask` does not
/// name are not read; `dresidual` is NULL for none; either destination may be dy.
typedef struct ct_norm_gradient {
    ct_mask mask;
    ct_format format;
    const void *x, *y, *dy;
    const float *scale, *shift, *mean, *factors;
    void *dx, *dresidual;
    int32_t add_residual, channels;
} ct_norm_gradient;

typedef struct ct_kernels {
    const char *name;
    ct_tile tile;
    ct_tile_transposed tile_transposed;

    /// `count` channels of one pixel of a convolution's output: y (+)= what `epilogue` makes of `sums`. Its operands begin
    /// at the same channel.
    void (*store_row)(const float *sums, const ct_epilogue *epilogue, int32_t add, int32_t count, ct_format format, void *y);
    /// `count` values of `format` as f32.
    void (*widen)(const void *from, ct_format format, int64_t count, float *to);

    // Transforms of Winograd's convolution (winograd_body.h). `channels` is a multiple of 16; the 36 values of a
    // transformed tile lie `plane` floats apart.

    /// v from a patch of 6 x 6 pixels.
    void (*winograd_input)(const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane);
    /// dm from a patch of 4 x 4 pixels of dy.
    void (*winograd_gradient)(const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane);
    /// y from m.
    void (*winograd_output)(const float *m, ptrdiff_t plane, int32_t channels, const ct_tile_target *to);
    /// 32 columns of u from taps[9][32], and of the gradient the other way round.
    void (*winograd_weights)(const float *taps, float *u, ptrdiff_t plane);
    void (*winograd_weight_gradient)(const float *u, ptrdiff_t plane, float *taps);

    /// Adds to sums[c] and sums[channels + c] the sums over `rows` of x - pivot[c] and of its square.
    void (*moments)(const void *x, ct_format format, const float *pivot, int64_t rows, int32_t channels, double *sums);
    /// The partial result (output_moments.h) of rows that are `stride` apart, for `count` columns of `channels`.
    void (*partial_moments)(const float *y, ptrdiff_t stride, int32_t rows, int32_t count, float *partial,
                            int32_t channels);
    /// y = relu?(x * scale[c] + shift[c] + residual?)
    void (*scale_shift)(const void *x, const float *scale, const float *shift, const void *residual, int32_t relu,
                        ct_format format, void *y, int64_t rows, int32_t channels);
    /// Adds to sums[c] and sums[channels + c] the sums of g and of g * (x - mean[c]) over rows `begin`..<`end`.
    void (*gradient_moments)(const ct_norm_gradient *in, int64_t begin, int64_t end, double *sums);
    /// dx = factors[c] * g + factors[channels + c] * x + factors[2 * channels + c] and dresidual (+)= g, for these rows.
    void (*input_gradient)(const ct_norm_gradient *in, int64_t begin, int64_t end);
    /// dx (+)= dy where y > 0.
    void (*relu_gradient)(const void *y, const void *dy, ct_format format, void *dx, int32_t add, int64_t count);
    void (*relu)(const void *x, ct_format format, void *y, int64_t count);
    /// Elements `begin`..<`end` of the range.
    void (*sgd)(const ct_sgd *op, int64_t begin, int64_t end);
    void (*adamw)(const ct_adamw *op, int64_t begin, int64_t end);

    /// NULL where halves cannot be multiplied.
    const ct_half_kernels *half;
} ct_kernels;

/// The table for `path`; CT_UNAVAILABLE when this processor or build lacks it.
ct_status ct_kernels_choose(ct_cpu_path path, const ct_kernels **out);

extern const ct_kernels ct_kernels_baseline;
#if defined(__x86_64__)
extern const ct_kernels ct_kernels_avx2;
extern const ct_kernels ct_kernels_avx512;
extern const ct_kernels ct_kernels_avx512fp16;
#endif

static inline const ct_kernels *ct_kernels_of(const ct_exec *exec) { return exec->state; }

#endif
