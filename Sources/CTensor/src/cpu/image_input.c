/// Bytes to normalised NHWC floats: the 256 possible values of each channel are computed once a pass, the images are
/// shared among the threads.
#include <stdbool.h>
#include <string.h>

#include "cpu.h"

typedef struct input_work {
    const ct_image_input *op;
    int32_t batch;
    float values[4][256];
} input_work;

static void convert_row(const input_work *work, const uint8_t *plane, int32_t channel, int32_t row, int32_t dx, bool flip,
                        int64_t at) {
    const ct_image_input *op = work->op;
    const float *values = work->values[channel];
    bool inside = row >= 0 && row < op->height;
    for (int32_t w = 0; w < op->width; w++) {
        int32_t column = (flip ? op->width - 1 - w : w) + dx;
        bool visible = inside && column >= 0 && column < op->width;
        float value = values[visible ? plane[row * op->width + column] : 0];
        ct_put(ct_address(op->y), op->format, at + (int64_t)w * op->channels, value);
    }
}

/// Zeros in the square of image `n`, as far as it lies inside.
static void cut_out(const ct_image_input *op, int64_t n) {
    const int32_t *place = ct_ints(op->cutout) + 2 * n;
    int64_t top = ct_larger(place[0], 0), bottom = ct_smaller((int64_t)place[0] + op->cutout_size, op->height);
    int64_t left = ct_larger(place[1], 0), right = ct_smaller((int64_t)place[1] + op->cutout_size, op->width);
    if (left >= right) return;
    for (int64_t h = top; h < bottom; h++) {
        void *target = ct_at(ct_address(op->y), op->format, ((n * op->height + h) * op->width + left) * op->channels);
        memset(target, 0, (size_t)((right - left) * op->channels * ct_format_bytes(op->format)));
    }
}

static void convert_image(const input_work *work, int64_t n) {
    const ct_image_input *op = work->op;
    const int32_t *place = op->placement.buffer ? ct_ints(op->placement) + 3 * n : (const int32_t[]){0, 0, 0};
    int64_t pixels = (int64_t)op->height * op->width;
    for (int32_t channel = 0; channel < op->channels; channel++) {
        const uint8_t *plane = ct_bytes(op->rows) + (n * op->channels + channel) * pixels;
        for (int32_t h = 0; h < op->height; h++) {
            int64_t at = (n * pixels + (int64_t)h * op->width) * op->channels + channel;
            convert_row(work, plane, channel, h + place[0], place[1], place[2] != 0, at);
        }
    }
    if (op->cutout.buffer) cut_out(op, n);
}

static void image_part(void *context, int32_t part, int32_t parts) {
    const input_work *work = context;
    int64_t n, end;
    ct_part_range(work->batch, part, parts, &n, &end);
    for (; n < end; n++) convert_image(work, n);
}

void ct_cpu_image_input(ct_exec *exec, const ct_image_input *op, int32_t batch) {
    input_work work = {.op = op, .batch = batch};
    for (int32_t channel = 0; channel < op->channels; channel++) {
        for (int32_t byte = 0; byte < 256; byte++) {
            work.values[channel][byte] = (float)((byte / 255.0 - op->mean[channel]) / op->deviation[channel]);
        }
    }
    ct_pool_run(exec->pool, image_part, &work);
}
