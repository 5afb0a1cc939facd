#include "ct_node.h"

static void run_conv2d(const ct_backend *backend, ct_exec *exec, const ct_node *item, int32_t batch) {
    switch (item->pass) {
    case CT_BACKWARD: backend->conv2d_backward_data(exec, &item->conv2d, batch); break;
    case CT_BACKWARD_WEIGHTS: backend->conv2d_backward_weights(exec, &item->conv2d, batch); break;
    default: backend->conv2d_forward(exec, &item->conv2d, batch); break;
    }
}

static void run_folded_conv2d(const ct_backend *backend, ct_exec *exec, const ct_node *item, int32_t batch) {
    if (item->pass == CT_PREPARE) {
        backend->folded_conv2d_prepare(exec, &item->folded_conv2d, batch);
    } else {
        backend->folded_conv2d_forward(exec, &item->folded_conv2d, batch);
    }
}

static void run_batch_norm(const ct_backend *backend, ct_exec *exec, const ct_node *item, int32_t batch) {
    switch (item->pass) {
    case CT_FORWARD_EVAL: backend->batch_norm_forward_eval(exec, &item->batch_norm, batch); break;
    case CT_FORWARD_AGAIN: backend->batch_norm_forward_again(exec, &item->batch_norm, batch); break;
    case CT_BACKWARD: backend->batch_norm_backward(exec, &item->batch_norm, batch); break;
    default: backend->batch_norm_forward_train(exec, &item->batch_norm, batch); break;
    }
}

static void run_linear(const ct_backend *backend, ct_exec *exec, const ct_node *item, int32_t batch) {
    switch (item->pass) {
    case CT_BACKWARD: backend->linear_backward_data(exec, &item->linear, batch); break;
    case CT_BACKWARD_WEIGHTS: backend->linear_backward_weights(exec, &item->linear, batch); break;
    default: backend->linear_forward(exec, &item->linear, batch); break;
    }
}

static void run_node(const ct_backend *backend, ct_exec *exec, const ct_node *item, int32_t batch) {
    bool forward = item->pass == CT_FORWARD;
    switch (item->kind) {
    case NODE_CONV2D: run_conv2d(backend, exec, item, batch); break;
    case NODE_FOLDED_CONV2D: run_folded_conv2d(backend, exec, item, batch); break;
    case NODE_BATCH_NORM: run_batch_norm(backend, exec, item, batch); break;
    case NODE_RELU: (forward ? backend->relu_forward : backend->relu_backward)(exec, &item->relu, batch); break;
    case NODE_MAX_POOL:
        (forward ? backend->max_pool_forward : backend->max_pool_backward)(exec, &item->max_pool, batch);
        break;
    case NODE_AVERAGE_POOL:
        (forward ? backend->average_pool_forward : backend->average_pool_backward)(exec, &item->average_pool, batch);
        break;
    case NODE_LINEAR: run_linear(backend, exec, item, batch); break;
    case NODE_CROSS_ENTROPY: backend->cross_entropy(exec, &item->cross_entropy, batch); break;
    case NODE_IMAGE_INPUT: backend->image_input(exec, &item->image_input, batch); break;
    case NODE_SGD: backend->sgd(exec, &item->sgd); break;
    case NODE_ADAMW: backend->adamw(exec, &item->adamw); break;
    }
}

ct_status ct_program_run(ct_program *program, int32_t batch) {
    if (!program->sealed) return ct_fail(CT_INVALID_ARGUMENT, "the program is not sealed");
    if (batch < 1 || batch > program->max_batch) {
        return ct_fail(CT_INVALID_ARGUMENT, "batch is %d; the program allows 1 to %d", batch, program->max_batch);
    }
    ct_exec exec = program->device->exec;
    exec.workspace = program->workspace;
    for (int32_t index = 0; index < program->count; index++) {
        run_node(program->device->backend, &exec, &program->nodes[index], batch);
    }
    return CT_OK;
}
