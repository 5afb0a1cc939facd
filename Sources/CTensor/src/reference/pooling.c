/// Maximum over windows, and the mean over an image.
#include <string.h>

#include "reference.h"

static int64_t source_index(const ct_max_pool *op, int64_t n, int32_t h, int32_t w, int32_t c) {
    return ((n * op->height + h) * op->width + w) * op->channels + c;
}

/// Index of the first largest element of the window at output (oh, ow).
static int64_t largest(const ct_max_pool *op, int64_t n, int32_t oh, int32_t ow, int32_t c) {
    const void *x = ct_address(op->x);
    int64_t best = source_index(op, n, oh * op->size, ow * op->size, c);
    for (int32_t r = 0; r < op->size; r++) {
        for (int32_t s = 0; s < op->size; s++) {
            int64_t at = source_index(op, n, oh * op->size + r, ow * op->size + s, c);
            if (ct_get(x, op->format, at) > ct_get(x, op->format, best)) best = at;
        }
    }
    return best;
}

static void each_window(const ct_max_pool *op, int32_t batch, void (*body)(const ct_max_pool *, int64_t, int64_t)) {
    int64_t out = 0;
    for (int64_t n = 0; n < batch; n++) {
        for (int32_t oh = 0; oh < op->height / op->size; oh++) {
            for (int32_t ow = 0; ow < op->width / op->size; ow++) {
                for (int32_t c = 0; c < op->channels; c++) body(op, out++, largest(op, n, oh, ow, c));
            }
        }
    }
}

static void take(const ct_max_pool *op, int64_t out, int64_t from) {
    ct_put(ct_address(op->y), op->format, out, ct_get(ct_address(op->x), op->format, from));
}

static void give(const ct_max_pool *op, int64_t out, int64_t to) {
    ct_put(ct_address(op->dx), op->format, to, ct_get(ct_address(op->dy), op->format, out));
}

void ct_reference_max_pool_forward(ct_exec *exec, const ct_max_pool *op, int32_t batch) {
    (void)exec;
    each_window(op, batch, take);
}

void ct_reference_max_pool_backward(ct_exec *exec, const ct_max_pool *op, int32_t batch) {
    (void)exec;
    int64_t elements = (int64_t)batch * op->height * op->width * op->channels;
    memset(ct_address(op->dx), 0, (size_t)(elements * ct_format_bytes(op->format)));
    each_window(op, batch, give);
}

void ct_reference_average_pool_forward(ct_exec *exec, const ct_average_pool *op, int32_t batch) {
    (void)exec;
    int32_t pixels = op->height * op->width;
    for (int64_t n = 0; n < batch; n++) {
        for (int32_t c = 0; c < op->channels; c++) {
            double sum = 0;
            for (int32_t p = 0; p < pixels; p++) {
                sum += ct_get(ct_address(op->x), op->format, (n * pixels + p) * op->channels + c);
            }
            ct_put(ct_address(op->y), op->format, n * op->channels + c, (float)(sum / pixels));
        }
    }
}

void ct_reference_average_pool_backward(ct_exec *exec, const ct_average_pool *op, int32_t batch) {
    (void)exec;
    int32_t pixels = op->height * op->width;
    for (int64_t n = 0; n < batch; n++) {
        for (int32_t p = 0; p < pixels; p++) {
            for (int32_t c = 0; c < op->channels; c++) {
                double value = (double)ct_get(ct_address(op->dy), op->format, n * op->channels + c) / pixels;
                ct_put(ct_address(op->dx), op->format, (n * pixels + p) * op->channels + c, (float)value);
            }
        }
    }
}
