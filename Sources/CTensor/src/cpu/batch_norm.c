/// Batch normalisation. Statistics, where the convolution before has not taken them, and gradient sums go through one
/// partial result per slab of rows; the number of slabs is fixed, so the bits do not depend on the number of threads.
///
/// The variance is taken around a pivot, the first row, and not around 0: sums of squares of values far from 0 would
/// cancel. dx = a * g + b * x + d with a = gamma * inverse, b = -a * inverse^2 * (sum of g * (x - mean)) / rows and
/// d = -a * (sum of g) / rows - b * mean, which is the textbook gradient collected by operand.
#include <math.h>
#include <string.h>

#include "cpu.h"
#include "kernels.h"

enum {
    SLABS = 32,
    /// Arrays of factors: scale and shift, then the three of the gradient.
    FACTORS = 5,
};

/// Scratch: sums of the slabs, then per-channel factors.
typedef struct scratch {
    double *sums;
    float *factors;
} scratch;

typedef struct work {
    const ct_kernels *kernels;
    const ct_batch_norm *op;
    int64_t rows;
    scratch scratch;
    const float *centre;
} work;

int64_t ct_cpu_batch_norm_workspace(const ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    (void)exec;
    (void)batch;
    return op->channels * (int64_t)(SLABS * 2 * sizeof(double) + FACTORS * sizeof(float));
}

static work work_of(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    double *sums = exec->workspace;
    return (work){.kernels = ct_kernels_of(exec), .op = op, .rows = (int64_t)batch * op->height * op->width,
                  .scratch = {.sums = sums, .factors = (float *)(sums + (int64_t)SLABS * 2 * op->channels)}};
}

static double total(const work *w, int64_t index) {
    double sum = 0;
    for (int32_t slab = 0; slab < SLABS; slab++) sum += w->scratch.sums[slab * 2 * (int64_t)w->op->channels + index];
    return sum;
}

// Forward.

static void moments_part(void *context, int32_t part, int32_t parts) {
    const work *w = context;
    int64_t slab, end, channels = w->op->channels;
    ct_part_range(SLABS, part, parts, &slab, &end);
    for (; slab < end; slab++) {
        int64_t begin, last;
        double *sums = w->scratch.sums + slab * 2 * channels;
        ct_part_range(w->rows, (int32_t)slab, SLABS, &begin, &last);
        memset(sums, 0, (size_t)channels * 2 * sizeof(double));
        const void *x = ct_at(ct_address(w->op->x), w->op->format, begin * channels);
        w->kernels->moments(x, w->op->format, w->centre, last - begin, w->op->channels, sums);
    }
}

static void apply_part(void *context, int32_t part, int32_t parts) {
    const work *w = context;
    int64_t begin, end, channels = w->op->channels;
    ct_part_range(w->rows, part, parts, &begin, &end);
    int64_t at = begin * channels;
    ct_format format = w->op->format;
    const void *residual = w->op->residual.buffer ? ct_at(ct_address(w->op->residual), format, at) : NULL;
    w->kernels->scale_shift(ct_at(ct_address(w->op->x), format, at), w->scratch.factors, w->scratch.factors + channels,
                            residual, w->op->relu, format, ct_at(ct_address(w->op->y), format, at), end - begin,
                            w->op->channels);
}

/// y = x * scale + shift. From the rounded values in `saved` where there are some, so that each pass finds the same.
static void set_factors(const work *w, int32_t c, double mean, double inverse) {
    double scale = ct_floats(w->op->gamma)[c] * inverse;
    w->scratch.factors[c] = (float)scale;
    w->scratch.factors[w->op->channels + c] = (float)(ct_floats(w->op->beta)[c] - mean * scale);
}

static void set_saved_factors(const work *w) {
    const float *saved = ct_floats(w->op->saved);
    for (int32_t c = 0; c < w->op->channels; c++) set_factors(w, c, saved[c], saved[w->op->channels + c]);
}

static void statistics_of_slabs(const work *w, int32_t c, double *mean, double *variance) {
    double rows = (double)w->rows, shift = total(w, c) / rows;
    *mean = w->centre[c] + shift;
    *variance = total(w, w->op->channels + c) / rows - shift * shift;
}

static void finish_statistics(const work *w, int32_t c, double mean, double variance) {
    const ct_batch_norm *op = w->op;
    double rows = (double)w->rows, momentum = op->momentum;
    variance = variance > 0 ? variance : 0;
    double unbiased = w->rows > 1 ? variance * rows / (rows - 1) : variance;
    float *running_mean = ct_floats(op->running_mean) + c, *running_variance = ct_floats(op->running_variance) + c;
    *running_mean = (float)((1 - momentum) * *running_mean + momentum * mean);
    *running_variance = (float)((1 - momentum) * *running_variance + momentum * unbiased);
    ct_floats(op->saved)[c] = (float)mean;
    ct_floats(op->saved)[op->channels + c] = (float)(1 / sqrt(variance + op->epsilon));
}

static void take_statistics(ct_exec *exec, work *w) {
    const float *given = ct_floats(w->op->moments);
    if (!given) {
        // The first row; the factors come after.
        w->kernels->widen(ct_address(w->op->x), w->op->format, w->op->channels, w->scratch.factors);
        w->centre = w->scratch.factors;
        ct_pool_run(exec->pool, moments_part, w);
    }
    for (int32_t c = 0; c < w->op->channels; c++) {
        double mean = given ? given[c] : 0, variance = given ? given[w->op->channels + c] : 0;
        if (!given) statistics_of_slabs(w, c, &mean, &variance);
        finish_statistics(w, c, mean, variance);
    }
}

void ct_cpu_batch_norm_forward_train(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    work w = work_of(exec, op, batch);
    take_statistics(exec, &w);
    set_saved_factors(&w);
    ct_pool_run(exec->pool, apply_part, &w);
}

void ct_cpu_batch_norm_forward_again(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    work w = work_of(exec, op, batch);
    set_saved_factors(&w);
    ct_pool_run(exec->pool, apply_part, &w);
}

void ct_cpu_batch_norm_forward_eval(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    work w = work_of(exec, op, batch);
    for (int32_t c = 0; c < op->channels; c++) {
        double variance = ct_floats(op->running_variance)[c];
        set_factors(&w, c, ct_floats(op->running_mean)[c], 1 / sqrt(variance + op->epsilon));
    }
    ct_pool_run(exec->pool, apply_part, &w);
}

// Backward.

static ct_norm_gradient gradient_of(const work *w) {
    const ct_batch_norm *op = w->op;
    const float *factors = w->scratch.factors;
    int64_t channels = op->channels;
    return (ct_norm_gradient){
        .mask = !op->relu ? CT_MASK_NONE : op->dresidual.buffer ? CT_MASK_Y : CT_MASK_X, .format = op->format,
        .x = ct_address(op->x), .y = ct_address(op->y), .dy = ct_address(op->dy),
        .scale = factors, .shift = factors + channels,
        .mean = ct_floats(op->saved), .factors = factors + 2 * channels, .dx = ct_address(op->dx),
        .dresidual = ct_address(op->dresidual), .add_residual = op->accumulate_dresidual, .channels = op->channels};
}

static void gradient_moments_part(void *context, int32_t part, int32_t parts) {
    const work *w = context;
    ct_norm_gradient in = gradient_of(w);
    int64_t slab, end, channels = w->op->channels;
    ct_part_range(SLABS, part, parts, &slab, &end);
    for (; slab < end; slab++) {
        int64_t begin, last;
        double *sums = w->scratch.sums + slab * 2 * channels;
        ct_part_range(w->rows, (int32_t)slab, SLABS, &begin, &last);
        memset(sums, 0, (size_t)channels * 2 * sizeof(double));
        w->kernels->gradient_moments(&in, begin, last, sums);
    }
}

static void input_gradient_part(void *context, int32_t part, int32_t parts) {
    const work *w = context;
    ct_norm_gradient in = gradient_of(w);
    int64_t begin, end;
    ct_part_range(w->rows, part, parts, &begin, &end);
    w->kernels->input_gradient(&in, begin, end);
}

static void finish_gradient(const work *w, int32_t c) {
    const ct_batch_norm *op = w->op;
    double rows = (double)w->rows, sum = total(w, c), product = total(w, op->channels + c);
    double mean = ct_floats(op->saved)[c], inverse = ct_floats(op->saved)[op->channels + c];
    double of_gradient = ct_floats(op->gamma)[c] * inverse;
    double of_x = -of_gradient * inverse * inverse * product / rows;
    ct_floats(op->dgamma)[c] = (float)(product * inverse);
    ct_floats(op->dbeta)[c] = (float)sum;
    float *factors = w->scratch.factors + 2 * (int64_t)op->channels + c;
    factors[0] = (float)of_gradient;
    factors[op->channels] = (float)of_x;
    factors[2 * (int64_t)op->channels] = (float)(-of_gradient * sum / rows - of_x * mean);
}

void ct_cpu_batch_norm_backward(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    work w = work_of(exec, op, batch);
    set_saved_factors(&w);
    ct_pool_run(exec->pool, gradient_moments_part, &w);
    for (int32_t c = 0; c < op->channels; c++) finish_gradient(&w, c);
    ct_pool_run(exec->pool, input_gradient_part, &w);
}
