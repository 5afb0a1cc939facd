/// The inner loops, written once without intrinsics. The including file states the vector width in CT_LANES, the rows
/// of a register strip in CT_STRIP_ROWS, and the instruction set around the include.
///
/// All floating-point sums have a fixed order, so that a path gives the same bits however the work is split.

typedef float vector __attribute__((vector_size(4 * CT_LANES), aligned(4)));
typedef int32_t integers __attribute__((vector_size(4 * CT_LANES), aligned(4)));

typedef uint32_t words __attribute__((vector_size(4 * CT_LANES), aligned(4)));
typedef uint16_t halves __attribute__((vector_size(2 * CT_LANES), aligned(2)));

static inline vector load(const float *from) { return *(const vector *)from; }
static inline void store(float *to, vector value) { *(vector *)to = value; }

#include "format_body.h"

/// Rows of the right operand that are asked for ahead of their use: it is read once from a distant cache.
enum { ROWS_AHEAD = 64 };

// The product of a strip of `rows` rows and two vectors of columns. `rows`, `far`, and `row` or `step`, are constants at
// each call. The pragmas matter: without them clang unrolls the loop over k and spills the sums.
static inline __attribute__((always_inline)) void strip(int rows, bool far, const float *left, ptrdiff_t row,
                                                        ptrdiff_t step, const float *right, ptrdiff_t right_step,
                                                        float *c, ptrdiff_t stride, int32_t depth, int32_t add) {
    vector low[CT_STRIP_ROWS], high[CT_STRIP_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
        low[i] = high[i] = (vector){0};
        __builtin_prefetch(c + i * stride, 1);
        __builtin_prefetch(c + i * stride + CT_LANES, 1);
    }
#pragma clang loop unroll(disable)
    for (int32_t k = 0; k < depth; k++) {
        if (far) {
            __builtin_prefetch(right + ROWS_AHEAD * CT_TILE_COLUMNS);
            __builtin_prefetch(right + ROWS_AHEAD * CT_TILE_COLUMNS + CT_LANES);
        }
        vector first = *(const vector *)right, second = *(const vector *)(right + CT_LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            low[i] += left[i * row] * first;
            high[i] += left[i * row] * second;
        }
        left += step;
        right += right_step;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
        vector *one = (vector *)(c + i * stride), *two = (vector *)(c + i * stride + CT_LANES);
        *one = add ? *one + low[i] : low[i];
        *two = add ? *two + high[i] : high[i];
    }
}

/// Whole tiles go in strips of CT_STRIP_ROWS, smaller ones in strips of 4.
static void tile(const float *left, ptrdiff_t left_step, const float *right, float *c, ptrdiff_t stride, int32_t rows,
                 int32_t depth, int32_t add) {
    for (int j = 0; j < CT_TILE_COLUMNS; j += 2 * CT_LANES) {
        const float *b = right + j;
        float *to = c + j;
        if (rows > CT_TILE_ROWS - 4) {
            for (int i = 0; i < CT_TILE_ROWS; i += CT_STRIP_ROWS) {
                strip(CT_STRIP_ROWS, true, left + i * left_step, left_step, 1, b, CT_TILE_COLUMNS, to + i * stride,
                      stride, depth, add);
            }
            continue;
        }
        for (int i = 0; i < rows; i += 4) {
            strip(4, true, left + i * left_step, left_step, 1, b, CT_TILE_COLUMNS, to + i * stride, stride, depth, add);
        }
    }
}

static void tile_transposed(const float *left, ptrdiff_t left_step, const float *right, ptrdiff_t right_step, float *c,
                            ptrdiff_t stride, int32_t rows, int32_t depth, int32_t add) {
    for (int j = 0; j < CT_TILE_COLUMNS; j += 2 * CT_LANES) {
        const float *b = right + j;
        float *to = c + j;
        if (rows > CT_TILE_ROWS - 4) {
            for (int i = 0; i < CT_TILE_ROWS; i += CT_STRIP_ROWS) {
                strip(CT_STRIP_ROWS, false, left + i, 1, left_step, b, right_step, to + i * stride, stride, depth, add);
            }
            continue;
        }
        for (int i = 0; i < rows; i += 4) {
            strip(4, false, left + i, 1, left_step, b, right_step, to + i * stride, stride, depth, add);
        }
    }
}

#include "norm_body.h"
#include "winograd_body.h"

INLINE void store_row_as(ct_format format, const float *sums, const ct_epilogue *epilogue, int32_t add, int32_t count,
                         void *y) {
    for (int32_t c = 0; c < count; c += CT_LANES) {
        int32_t some = count - c;
        vector value = load_some(sums + c, some);
        if (epilogue->bias) value += load_some(epilogue->bias + c, some);
        if (epilogue->residual) value += load_some(epilogue->residual + c, some);
        if (epilogue->relu) value = rectified(value);
        put_some(format, y, c, add ? fetch_some(format, y, c, some) + value : value, some);
    }
}

static void store_row(const float *sums, const ct_epilogue *epilogue, int32_t add, int32_t count, ct_format format,
                      void *y) {
    BY_FORMAT(format, store_row_as, sums, epilogue, add, count, y);
}

static void widen(const void *from, ct_format format, int64_t count, float *to) {
    if (format == CT_F32) {
        memcpy(to, from, (size_t)count * sizeof(float));
        return;
    }
    for (int64_t i = 0; i < count; i += CT_LANES) store_some(to + i, fetch_some(CT_BF16, from, i, count - i), count - i);
}

INLINE void relu_as(ct_format format, const void *x, void *y, int64_t count) {
    for (int64_t i = 0; i < count; i += CT_LANES) {
        put_some(format, y, i, rectified(fetch_some(format, x, i, count - i)), count - i);
    }
}

static void relu(const void *x, ct_format format, void *y, int64_t count) { BY_FORMAT(format, relu_as, x, y, count); }

INLINE void relu_gradient_as(ct_format format, const void *y, const void *dy, void *dx, int32_t add, int64_t count) {
    for (int64_t i = 0; i < count; i += CT_LANES) {
        integers passes = fetch_some(format, y, i, count - i) > (vector){0};
        vector value = (vector)((integers)fetch_some(format, dy, i, count - i) & passes);
        put_some(format, dx, i, add ? fetch_some(format, dx, i, count - i) + value : value, count - i);
    }
}

static void relu_gradient(const void *y, const void *dy, ct_format format, void *dx, int32_t add, int64_t count) {
    BY_FORMAT(format, relu_gradient_as, y, dy, dx, add, count);
}

static void sgd(const ct_sgd *op, int64_t begin, int64_t end) {
    float *restrict parameter = ct_floats(op->parameter), *restrict velocity = ct_floats(op->velocity);
    const float *restrict gradient = ct_floats(op->gradient);
    float lr = ct_floats(op->hyper)[0], momentum = op->momentum, decay = op->weight_decay;
    // Both forms are one: the step is `own` of the gradient and `old` of the velocity.
    float own = op->nesterov ? 1 : 0, old = op->nesterov ? momentum : 1;
    for (int64_t i = begin; i < end; i++) {
        float whole = gradient[i] + decay * parameter[i];
        float moved = momentum * velocity[i] + whole;
        velocity[i] = moved;
        parameter[i] -= lr * (own * whole + old * moved);
    }
}

static void adamw(const ct_adamw *op, int64_t begin, int64_t end) {
    float *restrict parameter = ct_floats(op->parameter);
    float *restrict first = ct_floats(op->first_moment), *restrict second = ct_floats(op->second_moment);
    const float *restrict gradient = ct_floats(op->gradient), *hyper = ct_floats(op->hyper);
    float keep = 1 - hyper[0] * op->weight_decay, rate = hyper[0] / hyper[1], inverse = 1 / hyper[2];
    float beta1 = (float)op->beta1, beta2 = (float)op->beta2, epsilon = op->epsilon;
    float rest1 = (float)(1 - op->beta1), rest2 = (float)(1 - op->beta2);
    for (int64_t i = begin; i < end; i++) {
        float m = beta1 * first[i] + rest1 * gradient[i];
        float v = beta2 * second[i] + rest2 * gradient[i] * gradient[i];
        first[i] = m;
        second[i] = v;
        parameter[i] = parameter[i] * keep - rate * m / (sqrtf(v) * inverse + epsilon);
    }
}

#ifdef CT_HALF_KERNELS
#include "half_body.h"
#else
#define CT_HALF_KERNELS NULL
#endif

const ct_kernels CT_KERNELS_TABLE = {
    .name = CT_KERNELS_NAME,
    .tile = tile,
    .tile_transposed = tile_transposed,
    .store_row = store_row,
    .widen = widen,
    .winograd_input = winograd_input,
    .winograd_gradient = winograd_gradient,
    .winograd_output = winograd_output,
    .winograd_weights = winograd_weights,
    .winograd_weight_gradient = winograd_weight_gradient,
    .moments = moments,
    .partial_moments = partial_moments,
    .scale_shift = scale_shift,
    .gradient_moments = gradient_moments,
    .input_gradient = input_gradient,
    .relu_gradient = relu_gradient,
    .relu = relu,
    .sgd = sgd,
    .adamw = adamw,
    .half = CT_HALF_KERNELS,
};
