/// Memory of a device, and views into it. A view has no shape of its own: operations state the shapes of theirs.
#ifndef CT_TENSOR_H
#define CT_TENSOR_H

#include <stdint.h>

#include "ct_device.h"
#include "ct_error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_buffer ct_buffer;

/// A place in a buffer. `offset` counts bytes and is a multiple of the element size.
/// A view whose `buffer` is NULL stands for "not given" where an operation allows that.
typedef struct ct_view {
    ct_buffer *buffer;
    int64_t offset;
} ct_view;

/// How the values of an activation, or of its gradient, lie in memory. Parameters, their gradients and statistics are
/// always f32.
typedef enum ct_format {
    CT_F32 = 0,
    /// The upper half of an f32: its range with 8 bits of precision. Operations compute in f32 and round once, to nearest
    /// even, when they store.
    CT_BF16 = 1,
} ct_format;

/// Bytes of one value.
int64_t ct_format_size(ct_format format);

/// `bytes` of zeroed memory on `device`, aligned to 64 bytes.
ct_status ct_buffer_new(ct_buffer **out, ct_device *device, int64_t bytes);
void ct_buffer_free(ct_buffer *buffer);
int64_t ct_buffer_bytes(const ct_buffer *buffer);

/// Copies between host memory and the buffer; returns when the copy is done. Errors: CT_INVALID_ARGUMENT when the range
/// leaves the buffer.
ct_status ct_buffer_write(ct_buffer *buffer, int64_t offset, const void *source, int64_t bytes);
ct_status ct_buffer_read(const ct_buffer *buffer, int64_t offset, void *destination, int64_t bytes);

#ifdef __cplusplus
}
#endif

#endif
