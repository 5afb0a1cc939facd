/// What the files of the library share among themselves: failing, views, sizes.
#ifndef CT_INTERNAL_H
#define CT_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ct_error.h"
#include "ct_ops.h"
#include "ct_tensor.h"

/// Records the message for `ct_last_error` and returns `status`.
ct_status ct_fail(ct_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct ct_buffer {
    ct_device *device;
    void *data;
    int64_t bytes;
};

static inline void *ct_address(ct_view view) {
    return view.buffer ? (char *)view.buffer->data + view.offset : NULL;
}

static inline float *ct_floats(ct_view view) { return (float *)ct_address(view); }
static inline const int32_t *ct_ints(ct_view view) { return (const int32_t *)ct_address(view); }
static inline const uint8_t *ct_bytes(ct_view view) { return (const uint8_t *)ct_address(view); }

static inline int64_t ct_format_bytes(ct_format format) { return format == CT_BF16 ? 2 : 4; }

/// Element `index` of values in `format`.
static inline void *ct_at(const void *values, ct_format format, int64_t index) {
    return (char *)values + index * ct_format_bytes(format);
}

static inline float ct_from_bf16(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Rounds to nearest even; what is not a number stays so.
static inline uint16_t ct_to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static inline float ct_get(const void *values, ct_format format, int64_t index) {
    return format == CT_BF16 ? ct_from_bf16(((const uint16_t *)values)[index]) : ((const float *)values)[index];
}

static inline void ct_put(void *values, ct_format format, int64_t index, float value) {
    if (format == CT_BF16) {
        ((uint16_t *)values)[index] = ct_to_bf16(value);
    } else {
        ((float *)values)[index] = value;
    }
}

static inline int64_t ct_round_up(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

static inline int64_t ct_smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t ct_larger(int64_t a, int64_t b) { return a > b ? a : b; }

/// Output rows (or columns) of a convolution over `extent` input rows (or columns).
static inline int32_t ct_conv_extent(int32_t extent, int32_t kernel, int32_t stride, int32_t padding) {
    return (extent + 2 * padding - kernel) / stride + 1;
}

static inline int32_t ct_conv_out_height(const ct_conv2d *op) {
    return ct_conv_extent(op->in_height, op->kernel, op->stride, op->padding);
}

static inline int32_t ct_conv_out_width(const ct_conv2d *op) {
    return ct_conv_extent(op->in_width, op->kernel, op->stride, op->padding);
}

#endif
