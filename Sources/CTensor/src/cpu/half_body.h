/// The loops of half_products.h, for processors that multiply halves (AVX512-FP16). Channels come in groups of 32, the even
/// ones of a group before the odd ones: that order costs one instruction a vector to make from bf16.

typedef _Float16 group __attribute__((vector_size(2 * CT_GROUP), aligned(2)));
typedef _Float16 half_vector __attribute__((vector_size(2 * CT_LANES), aligned(2)));
typedef uint16_t group_bits __attribute__((vector_size(2 * CT_GROUP), aligned(2)));

/// to += value * row, where `value` is one half in memory. The compiler would spend a shuffle on it.
#define MULTIPLY_ADD(to, value, row) __asm__("vfmadd231ph %1%{1to32%}, %2, %0" : "+v"(to) : "m"(value), "v"(row))

/// The even (or odd) values of 32 in bf16.
INLINE vector every_other(const void *from, ptrdiff_t at, bool odd) {
    words raw = *(const words *)((const uint16_t *)from + at);
    return (vector)(odd ? raw & 0xFFFF0000U : raw << 16);
}

/// The largest magnitudes of 32 channels. `rows` is a constant at each call, as is `columns` for whole patches.
INLINE group_bits largest_magnitudes(const ct_patch *patch, int32_t rows, int32_t columns, ptrdiff_t channel) {
    group_bits largest = {0}, other = {0};
    for (int32_t j = 0; j < columns; j++) {
        ptrdiff_t at = j * patch->pixel + channel;
#pragma clang loop unroll(full)
        for (int32_t i = 0; i < rows; i += 2) {
            group_bits one = *(const group_bits *)((const uint16_t *)patch->rows[i] + at) & 0x7FFF;
            group_bits two = *(const group_bits *)((const uint16_t *)patch->rows[i + 1] + at) & 0x7FFF;
            largest = __builtin_elementwise_max(largest, one);
            other = __builtin_elementwise_max(other, two);
        }
    }
    return __builtin_elementwise_max(largest, other);
}

static uint32_t half_input_peak(const ct_patch *patch, ptrdiff_t channel) {
    int32_t columns = patch->end_column - patch->first_column;
    group_bits all = largest_magnitudes(patch, PATCH, columns, channel);
    return (uint32_t)__builtin_reduce_max(all) >> 7;
}

static uint32_t half_gradient_peak(const ct_patch *patch, ptrdiff_t channel) {
    group_bits all = largest_magnitudes(patch, TILE, patch->end_column, channel);
    return (uint32_t)__builtin_reduce_max(all) >> 7;
}

INLINE void half_input_lane(const ct_patch *patch, ptrdiff_t channel, bool odd, vector scale, _Float16 *v, ptrdiff_t plane) {
    int32_t begin = patch->first_column, end = patch->end_column;
    vector d[PATCH], half[PATCH * PATCH], line[PATCH];
    for (int32_t j = 0; j < PATCH; j++) {
        if (j >= begin && j < end) {
            ptrdiff_t at = (ptrdiff_t)(j - begin) * patch->pixel + channel;
            for (int32_t i = 0; i < PATCH; i++) d[i] = every_other(patch->rows[i], at, odd) * scale;
            input_line(d, 1, half + j, PATCH);
        } else {
            for (int32_t i = 0; i < PATCH; i++) half[i * PATCH + j] = (vector){0};
        }
    }
    for (int32_t i = 0; i < PATCH; i++) {
        input_line(half + i * PATCH, 1, line, 1);
        for (int32_t j = 0; j < PATCH; j++) {
            *(half_vector *)(v + (i * PATCH + j) * plane) = __builtin_convertvector(line[j], half_vector);
        }
    }
}

static void half_input(const ct_patch *patch, ptrdiff_t channel, float scale, _Float16 *v, ptrdiff_t plane) {
    half_input_lane(patch, channel, false, (vector){0} + scale, v, plane);
    half_input_lane(patch, channel, true, (vector){0} + scale, v + CT_LANES, plane);
}

INLINE void half_gradient_lane(const ct_patch *patch, ptrdiff_t channel, bool odd, vector scale, _Float16 *v,
                               ptrdiff_t plane) {
    vector d[TILE], half[PATCH * TILE], line[PATCH];
    for (int32_t j = 0; j < TILE; j++) {
        if (j < patch->end_column) {
            ptrdiff_t at = (ptrdiff_t)j * patch->pixel + channel;
            for (int32_t i = 0; i < TILE; i++) d[i] = every_other(patch->rows[i], at, odd) * scale;
            gradient_line(d, 1, half + j, TILE);
        } else {
            for (int32_t i = 0; i < PATCH; i++) half[i * TILE + j] = (vector){0};
        }
    }
    for (int32_t i = 0; i < PATCH; i++) {
        gradient_line(half + i * TILE, 1, line, 1);
        for (int32_t j = 0; j < PATCH; j++) {
            *(half_vector *)(v + (i * PATCH + j) * plane) = __builtin_convertvector(line[j], half_vector);
        }
    }
}

static void half_gradient(const ct_patch *patch, ptrdiff_t channel, float scale, _Float16 *v, ptrdiff_t plane) {
    half_gradient_lane(patch, channel, false, (vector){0} + scale, v, plane);
    half_gradient_lane(patch, channel, true, (vector){0} + scale, v + CT_LANES, plane);
}

static uint32_t half_convert(void *values, ptrdiff_t stride, int32_t rows) {
    group_bits largest = {0};
    for (int32_t row = 0; row < rows; row++) {
        largest = __builtin_elementwise_max(largest, *(const group_bits *)((uint16_t *)values + row * stride) & 0x7FFF);
    }
    uint32_t peak = (uint32_t)__builtin_reduce_max(largest) >> 7;
    vector scale = (vector){0} + ct_half_plain_scale(peak);
    for (int32_t row = 0; row < rows; row++) {
        vector even = every_other(values, row * stride, false) * scale;
        vector odd = every_other(values, row * stride, true) * scale;
        half_vector *to = (half_vector *)((_Float16 *)values + row * stride);
        to[0] = __builtin_convertvector(even, half_vector);
        to[1] = __builtin_convertvector(odd, half_vector);
    }
    return peak;
}

static uint32_t half_exponent(const float *values, int64_t count) {
    integers largest = {0};
    int64_t i = 0;
    for (; i + CT_LANES <= count; i += CT_LANES) {
        largest = __builtin_elementwise_max(largest, (integers)load(values + i) & 0x7FFFFFFF);
    }
    integers rest = (integers)load_some(values + i, count - i) & 0x7FFFFFFF;
    return (uint32_t)__builtin_reduce_max(__builtin_elementwise_max(largest, rest)) >> 23;
}

static void half_narrow(const float *from, int64_t count, float scale, _Float16 *to) {
    for (int64_t i = 0; i < count; i += CT_LANES) {
        *(half_vector *)(to + i) = __builtin_convertvector(load(from + i) * scale, half_vector);
    }
}

static void half_weights(const float *taps, float scale, _Float16 *u, ptrdiff_t plane) {
    for (int32_t c = 0; c < CT_TILE_COLUMNS; c += CT_LANES) {
        vector g[TAPS], half[PATCH * TAPS], line[PATCH];
        for (int32_t j = 0; j < TAPS; j++) {
            for (int32_t i = 0; i < TAPS; i++) g[i] = load(taps + (i * TAPS + j) * CT_TILE_COLUMNS + c) * scale;
            weight_line(g, 1, half + j, TAPS);
        }
        for (int32_t i = 0; i < PATCH; i++) {
            weight_line(half + i * TAPS, 1, line, 1);
            for (int32_t j = 0; j < PATCH; j++) {
                *(half_vector *)(u + (i * PATCH + j) * plane + c) = __builtin_convertvector(line[j], half_vector);
            }
        }
    }
}

/// to (+)= sums * scale for 32 columns of a row.
INLINE void fold_group(const group *sums, float scale, float *to, bool add) {
    half_vector parts[2];
    memcpy(parts, sums, sizeof *sums);
    for (int32_t j = 0; j < 2; j++) {
        vector value = __builtin_convertvector(parts[j], vector) * ((vector){0} + scale);
        store(to + j * CT_LANES, add ? load(to + j * CT_LANES) + value : value);
    }
}

/// One run of `depth` products for `rows` rows, a constant at each call, as are `row` or `step`. Sums are multiplied by
/// scales[i * scale_step] and, where there are some, by the two of the columns.
INLINE void half_run(int rows, const _Float16 *left, ptrdiff_t row, ptrdiff_t step, const float *scales,
                     ptrdiff_t scale_step, const float *column_scales, const _Float16 *right, ptrdiff_t right_step, float *c,
                     ptrdiff_t stride, int32_t depth, bool add) {
    group low[CT_TILE_ROWS], high[CT_TILE_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) low[i] = high[i] = (group){0};
#pragma clang loop unroll(disable)
    for (int32_t k = 0; k < depth; k++) {
        __builtin_prefetch(right + ROWS_AHEAD / 2 * right_step);
        __builtin_prefetch(right + ROWS_AHEAD / 2 * right_step + CT_GROUP);
        group first = *(const group *)right, second = *(const group *)(right + CT_GROUP);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            MULTIPLY_ADD(low[i], left[i * row], first);
            MULTIPLY_ADD(high[i], left[i * row], second);
        }
        left += step;
        right += right_step;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
        float scale = scales[i * scale_step];
        fold_group(low + i, column_scales ? scale * column_scales[0] : scale, c + i * stride, add);
        fold_group(high + i, column_scales ? scale * column_scales[1] : scale, c + i * stride + CT_GROUP, add);
    }
}

static void half_tile(const _Float16 *left, ptrdiff_t left_step, const float *scales, ptrdiff_t scale_step,
                      const _Float16 *right, float *c, ptrdiff_t stride, int32_t rows, int32_t depth) {
    int strip = rows > CT_TILE_ROWS - 4 ? CT_TILE_ROWS : 4;
    for (int i = 0; i < rows; i += strip) {
        for (int32_t k = 0; k < depth; k += CT_GROUP) {
            const _Float16 *from = left + i * left_step + k, *columns = right + (ptrdiff_t)k * CT_HALF_COLUMNS;
            const float *scale = scales + i * scale_step + k / CT_GROUP;
            if (strip == CT_TILE_ROWS) {
                half_run(CT_TILE_ROWS, from, left_step, 1, scale, scale_step, NULL, columns, CT_HALF_COLUMNS, c + i * stride,
                         stride, CT_GROUP, k > 0);
            } else {
                half_run(4, from, left_step, 1, scale, scale_step, NULL, columns, CT_HALF_COLUMNS, c + i * stride, stride,
                         CT_GROUP, k > 0);
            }
        }
    }
}

static void half_tile_transposed(const _Float16 *left, ptrdiff_t left_step, const float *row_scales, const _Float16 *right,
                                 ptrdiff_t right_step, const float *column_scales, float *c, ptrdiff_t stride,
                                 int32_t rows, int32_t depth, int32_t add) {
    if (rows > CT_TILE_ROWS - 4) {
        half_run(CT_TILE_ROWS, left, 1, left_step, row_scales, 1, column_scales, right, right_step, c, stride, depth, add);
        return;
    }
    for (int i = 0; i < rows; i += 4) {
        half_run(4, left + i, 1, left_step, row_scales + i, 1, column_scales, right, right_step, c + i * stride, stride,
                 depth, add);
    }
}

static const ct_half_kernels half_kernels = {
    .input_peak = half_input_peak,
    .gradient_peak = half_gradient_peak,
    .input = half_input,
    .gradient = half_gradient,
    .convert = half_convert,
    .exponent = half_exponent,
    .narrow = half_narrow,
    .weights = half_weights,
    .tile = half_tile,
    .tile_transposed = half_tile_transposed,
};
