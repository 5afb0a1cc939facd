/// Products of halves, for bf16 training on processors that multiply 32 of them at once (AVX512-FP16): twice the rate of
/// f32. A half has three more bits than bf16 but little range, so operands are scaled by powers of two, each group of 32
/// channels by its own largest value, such that no sum of 32 products can overflow. Sums of up to 32 products are halves;
/// they are scaled back and added up in f32.
///
/// Bounds: with e the exponent of a group's largest magnitude, which is below 2^(e - 126), transformed inputs are below
/// 27 * 2^(e - 126), transformed gradients below 53 * 2^(e - 126) and transformed weights below 2.2 * 2^(e - 126): the sums
/// of magnitudes in a row of B', A and G, squared. Inputs and gradients are multiplied by 2^(126 - e), weights by
/// 2^(131 - e); 32 products then stay below 27 * 71 * 32 = 61344, and halves reach 65504.
#ifndef CT_HALF_PRODUCTS_H
#define CT_HALF_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../ct_internal.h"

enum {
    /// Channels that are scaled together, and products that are summed as halves.
    CT_GROUP = 32,
    /// Columns of a tile of the product.
    CT_HALF_COLUMNS = 64,
};

struct ct_patch;

typedef struct ct_half_kernels {
    /// The biased exponent of the largest magnitude in 32 channels of a patch in bf16, of six rows or of four.
    uint32_t (*input_peak)(const struct ct_patch *patch, ptrdiff_t channel);
    uint32_t (*gradient_peak)(const struct ct_patch *patch, ptrdiff_t channel);
    /// Winograd's transforms (winograd_body.h) of 32 channels times `scale`; even channels first. The 36 values lie `plane`
    /// halves apart.
    void (*input)(const struct ct_patch *patch, ptrdiff_t channel, float scale, _Float16 *v, ptrdiff_t plane);
    void (*gradient)(const struct ct_patch *patch, ptrdiff_t channel, float scale, _Float16 *v, ptrdiff_t plane);
    /// Turns `rows` x 32 values in bf16, rows `stride` apart, into halves where they lie, even columns first; answers the
    /// biased exponent of the largest magnitude, by which they were scaled (`ct_half_plain_scale`).
    uint32_t (*convert)(void *values, ptrdiff_t stride, int32_t rows);
    /// The largest biased exponent of `count` floats.
    uint32_t (*exponent)(const float *values, int64_t count);
    /// `count` floats, a multiple of 32, times `scale`, in their order.
    void (*narrow)(const float *from, int64_t count, float scale, _Float16 *to);
    /// 32 columns of u from taps[9][32].
    void (*weights)(const float *taps, float scale, _Float16 *u, ptrdiff_t plane);
    /// c[i, j] = sum over k of left[i * left_step + k] * right[k * 64 + j] * scales[i * scale_step + k / 32], for j < 64
    /// and a depth of whole groups. Rows as those of `ct_tile`.
    void (*tile)(const _Float16 *left, ptrdiff_t left_step, const float *scales, ptrdiff_t scale_step, const _Float16 *right,
                 float *c, ptrdiff_t stride, int32_t rows, int32_t depth);
    /// c[i, j] (+)= row_scales[i] * column_scales[j / 32] * sum over k of left[k * left_step + i] * right[k * right_step
    /// + j], for a depth of at most 32.
    void (*tile_transposed)(const _Float16 *left, ptrdiff_t left_step, const float *row_scales, const _Float16 *right,
                            ptrdiff_t right_step, const float *column_scales, float *c, ptrdiff_t stride, int32_t rows,
                            int32_t depth, int32_t add);
} ct_half_kernels;

static inline float ct_power_of_two(int32_t exponent) {
    int32_t biased = exponent + 127;
    uint32_t bits = (uint32_t)(biased < 1 ? 1 : biased > 254 ? 254 : biased) << 23;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Exponents beyond these are treated as they are: values below 2^-118 lose digits, values above 2^124 become infinite.
static inline int32_t ct_half_exponent(uint32_t peak) { return (int32_t)ct_smaller(ct_larger(peak, 8), 250); }

/// For values that are multiplied as they are, activations and weights alike: they are below 32 then, and 32 products
/// below 32768.
static inline float ct_half_plain_scale(uint32_t peak) { return ct_power_of_two(131 - ct_half_exponent(peak)); }
static inline float ct_half_plain_unscale(uint32_t peak) { return ct_power_of_two(ct_half_exponent(peak) - 131); }

/// What a group with this largest exponent is multiplied by, and what undoes that.
static inline float ct_half_scale(uint32_t peak) { return ct_power_of_two(126 - ct_half_exponent(peak)); }
static inline float ct_half_unscale(uint32_t peak) { return ct_power_of_two(ct_half_exponent(peak) - 126); }

/// The same for weights of Winograd's convolutions.
static inline float ct_half_weight_scale(uint32_t peak) { return ct_half_plain_scale(peak); }
static inline float ct_half_weight_unscale(uint32_t peak) { return ct_half_plain_unscale(peak); }

/// The place of channel `channel` in groups whose even channels come first, and the channel at place `place`.
static inline int32_t ct_half_place(int32_t channel) {
    int32_t inside = channel % CT_GROUP;
    return channel - inside + inside % 2 * (CT_GROUP / 2) + inside / 2;
}

static inline int32_t ct_half_channel(int32_t place) {
    int32_t inside = place % CT_GROUP;
    return place - inside + inside % (CT_GROUP / 2) * 2 + inside / (CT_GROUP / 2);
}

#endif
