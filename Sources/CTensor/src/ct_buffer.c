#include <stdlib.h>

#include "ct_backend.h"

ct_status ct_buffer_new(ct_buffer **out, ct_device *device, int64_t bytes) {
    if (bytes < 1) return ct_fail(CT_INVALID_ARGUMENT, "a buffer of %lld bytes", (long long)bytes);
    ct_buffer *buffer = calloc(1, sizeof *buffer);
    if (!buffer) return ct_fail(CT_OUT_OF_MEMORY, "no memory for a buffer");
    ct_status status = device->backend->allocate(&buffer->data, bytes);
    if (status != CT_OK) {
        free(buffer);
        return status;
    }
    buffer->device = device;
    buffer->bytes = bytes;
    *out = buffer;
    return CT_OK;
}

void ct_buffer_free(ct_buffer *buffer) {
    if (!buffer) return;
    buffer->device->backend->release(buffer->data);
    free(buffer);
}

int64_t ct_buffer_bytes(const ct_buffer *buffer) { return buffer->bytes; }

int64_t ct_format_size(ct_format format) { return ct_format_bytes(format); }

static ct_status check_range(const ct_buffer *buffer, int64_t offset, int64_t bytes) {
    if (offset >= 0 && bytes >= 0 && offset <= buffer->bytes && bytes <= buffer->bytes - offset) return CT_OK;
    return ct_fail(CT_INVALID_ARGUMENT, "bytes %lld..<%lld lie outside a buffer of %lld", (long long)offset,
                   (long long)(offset + bytes), (long long)buffer->bytes);
}

ct_status ct_buffer_write(ct_buffer *buffer, int64_t offset, const void *source, int64_t bytes) {
    ct_status status = check_range(buffer, offset, bytes);
    if (status == CT_OK) buffer->device->backend->write((char *)buffer->data + offset, source, bytes);
    return status;
}

ct_status ct_buffer_read(const ct_buffer *buffer, int64_t offset, void *destination, int64_t bytes) {
    ct_status status = check_range(buffer, offset, bytes);
    if (status == CT_OK) buffer->device->backend->read(destination, (const char *)buffer->data + offset, bytes);
    return status;
}
