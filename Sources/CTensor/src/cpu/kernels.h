/// The inner loops of the CPU backend, once per instruction set: kernels_body.h is compiled by kernels_avx512.c,
/// kernels_avx2.c and kernels_baseline.c, and `ct_kernels_choose` picks one table when the device is opened.
#ifndef CT_KERNELS_H
#define CT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "../ct_backend.h"

enum {
    /// A tile of the product is 12 x 32: 24 vectors of 16 lanes, which leaves 8 of AVX-512's 32 registers for operands.
    CT_TILE_ROWS = 12,
    CT_TILE_COLUMNS = 32,
    /// Most columns of the left operand that are gathered at once: 9 taps of 64 channels.
    CT_DEPTH = 576,
    /// Floats from row to row of the gathered left operand: an odd number of cache lines, so that rows do not collide
    /// in the first-level cache, and a constant, so that row addresses are immediate displacements.
    CT_LEFT_STRIDE = 592,
    /// Channels that a reduction works on at once.
    CT_CHANNEL_BLOCK = 64,
};

/// c[i, j] (+)= sum over k < depth of left(i, k) * right[k * 32 + j], for a whole 12 x 32 tile; rows of c are `stride`
/// apart.
typedef void (*ct_tile)(const float *left, const float *right, float *c, ptrdiff_t stride, int32_t depth, int32_t add);

typedef struct ct_kernels {
    const char *name;
    /// left(i, k) = left[i * CT_LEFT_STRIDE + k]
    ct_tile tile;
    /// left(i, k) = left[k * CT_LEFT_STRIDE + i]
    ct_tile tile_transposed;

    /// Adds to sums[c] and sums[channels + c] the sums over `rows` of x - pivot[c] and of its square.
    void (*moments)(const float *x, const float *pivot, int64_t rows, int32_t channels, double *sums);
    /// y = relu?(x * scale[c] + shift[c] + residual?)
    void (*scale_shift)(const float *x, const float *scale, const float *shift, const float *residual, int32_t relu,
                        float *y, int64_t rows, int32_t channels);
    /// Adds to sums[c] and sums[channels + c] the sums of g and of g * (x - mean[c]); g is dy, where y > 0 if y is
    /// given.
    void (*gradient_moments)(const float *x, const float *y, const float *dy, const float *mean, int64_t rows,
                             int32_t channels, double *sums);
    /// dx = factors[c] * g + factors[channels + c] * x + factors[2 * channels + c], with g as above.
    void (*input_gradient)(const float *x, const float *y, const float *dy, const float *factors, float *dx,
                           int64_t rows, int32_t channels);
    /// dx (+)= dy where y > 0.
    void (*relu_gradient)(const float *y, const float *dy, float *dx, int32_t add, int64_t count);
    void (*relu)(const float *x, float *y, int64_t count);
    /// Elements `begin`..<`end` of the range.
    void (*sgd)(const ct_sgd *op, int64_t begin, int64_t end);
    void (*adamw)(const ct_adamw *op, int64_t begin, int64_t end);
} ct_kernels;

/// The table for `path`; CT_UNAVAILABLE when this processor or build lacks it.
ct_status ct_kernels_choose(ct_cpu_path path, const ct_kernels **out);

extern const ct_kernels ct_kernels_baseline;
#if defined(__x86_64__)
extern const ct_kernels ct_kernels_avx2;
extern const ct_kernels ct_kernels_avx512;
#endif

static inline const ct_kernels *ct_kernels_of(const ct_exec *exec) { return exec->state; }

#endif
