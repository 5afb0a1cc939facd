/// What `ct_program_add_*` demands of an operation: a shape that it allows, a pass that it has, and operands on the
/// program's device that are large enough for its largest batch. Errors: CT_INVALID_ARGUMENT, naming the operand.
#ifndef CT_PROGRAM_CHECKS_H
#define CT_PROGRAM_CHECKS_H

#include "ct_node.h"

ct_status ct_check_conv2d(const ct_program *program, ct_pass pass, const ct_conv2d *op);
ct_status ct_check_folded_conv2d(const ct_program *program, ct_pass pass, const ct_folded_conv2d *op);
ct_status ct_check_batch_norm(const ct_program *program, ct_pass pass, const ct_batch_norm *op);
ct_status ct_check_relu(const ct_program *program, ct_pass pass, const ct_relu *op);
ct_status ct_check_max_pool(const ct_program *program, ct_pass pass, const ct_max_pool *op);
ct_status ct_check_average_pool(const ct_program *program, ct_pass pass, const ct_average_pool *op);
ct_status ct_check_linear(const ct_program *program, ct_pass pass, const ct_linear *op);
ct_status ct_check_cross_entropy(const ct_program *program, const ct_cross_entropy *op);
ct_status ct_check_image_input(const ct_program *program, const ct_image_input *op);
ct_status ct_check_sgd(const ct_program *program, const ct_sgd *op);
ct_status ct_check_adamw(const ct_program *program, const ct_adamw *op);

#endif
