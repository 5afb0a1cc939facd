/// Batch normalisation, one channel at a time: two passes for the statistics, the textbook gradient.
#include <math.h>

#include "reference.h"

typedef struct channel {
    int64_t rows;
    int32_t stride, index;
} channel;

static int64_t at(const channel *c, int64_t row) { return row * c->stride + c->index; }

static channel channel_of(const ct_batch_norm *op, int32_t batch, int32_t index) {
    return (channel){.rows = (int64_t)batch * op->height * op->width, .stride = op->channels, .index = index};
}

static double x_at(const ct_batch_norm *op, int64_t position) { return ct_get(ct_address(op->x), op->format, position); }

static void normalise(const ct_batch_norm *op, const channel *c, double mean, double inverse) {
    const void *residual = ct_address(op->residual);
    double gamma = ct_floats(op->gamma)[c->index], beta = ct_floats(op->beta)[c->index];
    for (int64_t row = 0; row < c->rows; row++) {
        double value = (x_at(op, at(c, row)) - mean) * inverse * gamma + beta;
        if (residual) value += ct_get(residual, op->format, at(c, row));
        ct_put(ct_address(op->y), op->format, at(c, row), (float)(op->relu && value < 0 ? 0 : value));
    }
}

static void moments(const ct_batch_norm *op, const channel *c, double *mean, double *variance) {
    double sum = 0, squares = 0;
    for (int64_t row = 0; row < c->rows; row++) sum += x_at(op, at(c, row));
    *mean = sum / (double)c->rows;
    for (int64_t row = 0; row < c->rows; row++) squares += (x_at(op, at(c, row)) - *mean) * (x_at(op, at(c, row)) - *mean);
    *variance = squares / (double)c->rows;
}

void ct_reference_batch_norm_forward_train(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    (void)exec;
    for (int32_t index = 0; index < op->channels; index++) {
        channel c = channel_of(op, batch, index);
        double mean, variance, momentum = op->momentum;
        moments(op, &c, &mean, &variance);
        if (op->moments.buffer) {
            mean = ct_floats(op->moments)[index];
            variance = ct_floats(op->moments)[op->channels + index];
        }
        double unbiased = c.rows > 1 ? variance * (double)c.rows / (double)(c.rows - 1) : variance;
        float *running_mean = ct_floats(op->running_mean) + index, *running = ct_floats(op->running_variance) + index;
        *running_mean = (float)((1 - momentum) * *running_mean + momentum * mean);
        *running = (float)((1 - momentum) * *running + momentum * unbiased);
        double inverse = 1 / sqrt(variance + op->epsilon);
        ct_floats(op->saved)[index] = (float)mean;
        ct_floats(op->saved)[op->channels + index] = (float)inverse;
        normalise(op, &c, mean, inverse);
    }
}

void ct_reference_batch_norm_forward_eval(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    (void)exec;
    for (int32_t index = 0; index < op->channels; index++) {
        channel c = channel_of(op, batch, index);
        double variance = ct_floats(op->running_variance)[index];
        normalise(op, &c, ct_floats(op->running_mean)[index], 1 / sqrt(variance + op->epsilon));
    }
}

void ct_reference_batch_norm_forward_again(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    (void)exec;
    for (int32_t index = 0; index < op->channels; index++) {
        channel c = channel_of(op, batch, index);
        normalise(op, &c, ct_floats(op->saved)[index], ct_floats(op->saved)[op->channels + index]);
    }
}

/// What the ReLU saw; y has the same sign where there was a residual.
static double before_relu(const ct_batch_norm *op, int64_t position) {
    if (op->dresidual.buffer) return ct_get(ct_address(op->y), op->format, position);
    int64_t c = position % op->channels;
    const float *saved = ct_floats(op->saved);
    double normal = (x_at(op, position) - (double)saved[c]) * saved[op->channels + c];
    return normal * ct_floats(op->gamma)[c] + ct_floats(op->beta)[c];
}

/// dy behind the ReLU.
static double masked(const ct_batch_norm *op, int64_t position) {
    return op->relu && !(before_relu(op, position) > 0) ? 0 : ct_get(ct_address(op->dy), op->format, position);
}

static void write_residual_gradient(const ct_batch_norm *op, int64_t position, double value) {
    void *target = ct_address(op->dresidual);
    double before = op->accumulate_dresidual ? ct_get(target, op->format, position) : 0;
    ct_put(target, op->format, position, (float)(before + value));
}

void ct_reference_batch_norm_backward(ct_exec *exec, const ct_batch_norm *op, int32_t batch) {
    (void)exec;
    const float *saved = ct_floats(op->saved);
    for (int32_t index = 0; index < op->channels; index++) {
        channel c = channel_of(op, batch, index);
        double mean = saved[index], inverse = saved[op->channels + index], gamma = ct_floats(op->gamma)[index];
        double dbeta = 0, dgamma = 0, rows = (double)c.rows;
        for (int64_t row = 0; row < c.rows; row++) {
            dbeta += masked(op, at(&c, row));
            dgamma += masked(op, at(&c, row)) * (x_at(op, at(&c, row)) - mean) * inverse;
        }
        for (int64_t row = 0; row < c.rows; row++) {
            int64_t position = at(&c, row);
            double gradient = masked(op, position), normal = (x_at(op, position) - mean) * inverse;
            double value = gamma * inverse * (gradient - dbeta / rows - normal * dgamma / rows);
            // Both destinations may be where dy is, which is read above.
            if (op->dresidual.buffer) write_residual_gradient(op, position, gradient);
            ct_put(ct_address(op->dx), op->format, position, (float)value);
        }
        ct_floats(op->dgamma)[index] = (float)dgamma;
        ct_floats(op->dbeta)[index] = (float)dbeta;
    }
}
