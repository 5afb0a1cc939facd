#include <stdlib.h>

#include "ct_program_checks.h"

ct_status ct_program_new(ct_program **out, ct_device *device, int32_t max_batch) {
    if (max_batch < 1) return ct_fail(CT_INVALID_ARGUMENT, "batch is %d; it must be at least 1", max_batch);
    ct_program *program = calloc(1, sizeof *program);
    if (!program) return ct_fail(CT_OUT_OF_MEMORY, "no memory for a program");
    program->device = device;
    program->max_batch = max_batch;
    *out = program;
    return CT_OK;
}

void ct_program_free(ct_program *program) {
    if (!program) return;
    if (program->workspace) program->device->backend->release(program->workspace);
    free(program->nodes);
    free(program);
}

int32_t ct_program_count(const ct_program *program) { return program->count; }

static ct_status append(ct_program *program, const ct_node *item, int64_t workspace) {
    if (program->sealed) return ct_fail(CT_INVALID_ARGUMENT, "the program is sealed");
    if (program->count == program->capacity) {
        int32_t capacity = program->capacity ? 2 * program->capacity : 32;
        ct_node *nodes = realloc(program->nodes, (size_t)capacity * sizeof *nodes);
        if (!nodes) return ct_fail(CT_OUT_OF_MEMORY, "no memory for %d operations", capacity);
        program->nodes = nodes;
        program->capacity = capacity;
    }
    program->nodes[program->count++] = *item;
    program->workspace_bytes = ct_larger(program->workspace_bytes, workspace);
    return CT_OK;
}

static int64_t conv2d_workspace(const ct_program *program, const ct_conv2d *op) {
    const ct_device *device = program->device;
    if (!device->backend->conv2d_workspace) return 0;
    return device->backend->conv2d_workspace(&device->exec, op, program->max_batch);
}

ct_status ct_program_add_conv2d(ct_program *program, ct_pass pass, const ct_conv2d *op) {
    ct_status status = ct_check_conv2d(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_CONV2D, .pass = pass, .conv2d = *op}, conv2d_workspace(program, op));
}

static int64_t folded_conv2d_workspace(const ct_program *program, const ct_folded_conv2d *op) {
    const ct_device *device = program->device;
    if (!device->backend->folded_conv2d_workspace) return 0;
    return device->backend->folded_conv2d_workspace(&device->exec, op, program->max_batch);
}

ct_status ct_program_add_folded_conv2d(ct_program *program, ct_pass pass, const ct_folded_conv2d *op) {
    ct_status status = ct_check_folded_conv2d(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_FOLDED_CONV2D, .pass = pass, .folded_conv2d = *op},
                  folded_conv2d_workspace(program, op));
}

static int64_t batch_norm_workspace(const ct_program *program, const ct_batch_norm *op) {
    const ct_device *device = program->device;
    if (!device->backend->batch_norm_workspace) return 0;
    return device->backend->batch_norm_workspace(&device->exec, op, program->max_batch);
}

ct_status ct_program_add_batch_norm(ct_program *program, ct_pass pass, const ct_batch_norm *op) {
    ct_status status = ct_check_batch_norm(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_BATCH_NORM, .pass = pass, .batch_norm = *op},
                  batch_norm_workspace(program, op));
}

ct_status ct_program_add_relu(ct_program *program, ct_pass pass, const ct_relu *op) {
    ct_status status = ct_check_relu(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_RELU, .pass = pass, .relu = *op}, 0);
}

ct_status ct_program_add_max_pool(ct_program *program, ct_pass pass, const ct_max_pool *op) {
    ct_status status = ct_check_max_pool(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_MAX_POOL, .pass = pass, .max_pool = *op}, 0);
}

ct_status ct_program_add_average_pool(ct_program *program, ct_pass pass, const ct_average_pool *op) {
    ct_status status = ct_check_average_pool(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_AVERAGE_POOL, .pass = pass, .average_pool = *op}, 0);
}

static int64_t linear_workspace(const ct_program *program, const ct_linear *op) {
    const ct_device *device = program->device;
    if (!device->backend->linear_workspace) return 0;
    return device->backend->linear_workspace(&device->exec, op, program->max_batch);
}

ct_status ct_program_add_linear(ct_program *program, ct_pass pass, const ct_linear *op) {
    ct_status status = ct_check_linear(program, pass, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_LINEAR, .pass = pass, .linear = *op}, linear_workspace(program, op));
}

ct_status ct_program_add_cross_entropy(ct_program *program, const ct_cross_entropy *op) {
    ct_status status = ct_check_cross_entropy(program, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_CROSS_ENTROPY, .cross_entropy = *op}, 0);
}

ct_status ct_program_add_image_input(ct_program *program, const ct_image_input *op) {
    ct_status status = ct_check_image_input(program, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_IMAGE_INPUT, .image_input = *op}, 0);
}

ct_status ct_program_add_sgd(ct_program *program, const ct_sgd *op) {
    ct_status status = ct_check_sgd(program, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_SGD, .sgd = *op}, 0);
}

ct_status ct_program_add_adamw(ct_program *program, const ct_adamw *op) {
    ct_status status = ct_check_adamw(program, op);
    if (status != CT_OK) return status;
    return append(program, &(ct_node){.kind = NODE_ADAMW, .adamw = *op}, 0);
}

ct_status ct_program_seal(ct_program *program) {
    if (program->sealed) return CT_OK;
    if (program->workspace_bytes > 0) {
        ct_status status = program->device->backend->allocate(&program->workspace, program->workspace_bytes);
        if (status != CT_OK) return status;
    }
    program->sealed = true;
    return CT_OK;
}
