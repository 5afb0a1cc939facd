/// Bytes to normalised NHWC floats, with crop, flip and cutout.
#include <stdbool.h>

#include "reference.h"

/// Offsets of one image.
typedef struct placement {
    int32_t dy, dx;
    bool flip;
} placement;

static placement placement_of(const ct_image_input *op, int64_t n) {
    const int32_t *all = ct_ints(op->placement);
    if (!all) return (placement){0};
    return (placement){.dy = all[3 * n], .dx = all[3 * n + 1], .flip = all[3 * n + 2] != 0};
}

static uint8_t source_byte(const ct_image_input *op, const uint8_t *plane, placement place, int32_t h, int32_t w) {
    int32_t row = h + place.dy, column = (place.flip ? op->width - 1 - w : w) + place.dx;
    if (row < 0 || row >= op->height || column < 0 || column >= op->width) return 0;
    return plane[row * op->width + column];
}

static bool is_cut_out(const ct_image_input *op, int64_t n, int32_t h, int32_t w) {
    const int32_t *all = ct_ints(op->cutout);
    if (!all) return false;
    int64_t row = (int64_t)h - all[2 * n], column = (int64_t)w - all[2 * n + 1];
    return row >= 0 && row < op->cutout_size && column >= 0 && column < op->cutout_size;
}

void ct_reference_image_input(ct_exec *exec, const ct_image_input *op, int32_t batch) {
    (void)exec;
    int64_t at = 0, pixels = (int64_t)op->height * op->width;
    for (int64_t n = 0; n < batch; n++) {
        for (int32_t h = 0; h < op->height; h++) {
            for (int32_t w = 0; w < op->width; w++) {
                for (int32_t c = 0; c < op->channels; c++) {
                    const uint8_t *plane = ct_bytes(op->rows) + (n * op->channels + c) * pixels;
                    double value = source_byte(op, plane, placement_of(op, n), h, w) / 255.0;
                    double normal = is_cut_out(op, n, h, w) ? 0 : (value - op->mean[c]) / op->deviation[c];
                    ct_put(ct_address(op->y), op->format, at++, (float)normal);
                }
            }
        }
    }
}
