/// A program is a fixed list of operations on fixed memory, described once and run many times. All checks and all
/// allocations happen while it is built; `ct_program_run` does neither.
#ifndef CT_PROGRAM_H
#define CT_PROGRAM_H

#include <stdint.h>

#include "ct_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_program ct_program;

typedef enum ct_pass {
    CT_FORWARD = 0,
    /// Batch normalisation with the running statistics; other operations have no such pass.
    CT_FORWARD_EVAL = 1,
    /// Gradients of the input, and of the parameters where the operation computes all of them at once.
    CT_BACKWARD = 2,
    /// Gradients of the weights, for the operations that state it.
    CT_BACKWARD_WEIGHTS = 3,
    /// Batch normalisation's output once more, from the statistics that `CT_FORWARD` saved.
    CT_FORWARD_AGAIN = 4,
    /// What an operation for inference works out of its parameters, once.
    CT_PREPARE = 5,
} ct_pass;

/// An empty program for up to `max_batch` images.
ct_status ct_program_new(ct_program **out, ct_device *device, int32_t max_batch);
void ct_program_free(ct_program *program);

/// Each appends one pass of an operation. Errors: CT_INVALID_ARGUMENT for a shape or pass that the operation does not
/// allow, or an operand that is missing or too small for `max_batch` images. The buffers must outlive the program.
ct_status ct_program_add_conv2d(ct_program *program, ct_pass pass, const ct_conv2d *op);
ct_status ct_program_add_folded_conv2d(ct_program *program, ct_pass pass, const ct_folded_conv2d *op);
ct_status ct_program_add_batch_norm(ct_program *program, ct_pass pass, const ct_batch_norm *op);
ct_status ct_program_add_relu(ct_program *program, ct_pass pass, const ct_relu *op);
ct_status ct_program_add_max_pool(ct_program *program, ct_pass pass, const ct_max_pool *op);
ct_status ct_program_add_average_pool(ct_program *program, ct_pass pass, const ct_average_pool *op);
ct_status ct_program_add_linear(ct_program *program, ct_pass pass, const ct_linear *op);
ct_status ct_program_add_cross_entropy(ct_program *program, const ct_cross_entropy *op);
ct_status ct_program_add_image_input(ct_program *program, const ct_image_input *op);
ct_status ct_program_add_sgd(ct_program *program, const ct_sgd *op);
ct_status ct_program_add_adamw(ct_program *program, const ct_adamw *op);

/// Bytes of `prepared` on this device. Needs the shape and `max_batch` of the operation, no operands.
ct_status ct_folded_conv2d_bytes(int64_t *out, const ct_device *device, const ct_folded_conv2d *op);

/// Ends the description and allocates the scratch memory of the largest operation. Needed before the first run.
ct_status ct_program_seal(ct_program *program);

/// Runs the operations in the order in which they were added, on the first `batch` images (1 to `max_batch`).
/// Errors: CT_INVALID_ARGUMENT for another batch or an unsealed program. Not to be called by two threads at once for
/// programs of one device.
ct_status ct_program_run(ct_program *program, int32_t batch);

/// Number of operations, for reports.
int32_t ct_program_count(const ct_program *program);

#ifdef __cplusplus
}
#endif

#endif
