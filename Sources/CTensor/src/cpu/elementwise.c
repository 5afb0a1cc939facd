/// ReLU and the optimizers: one pass over a flat range, split among the threads.
#include "cpu.h"
#include "kernels.h"

/// An operation, its kernels and how many elements it has.
typedef struct range_work {
    const ct_kernels *kernels;
    const void *op;
    int64_t count;
} range_work;

static void relu_part(void *context, int32_t part, int32_t parts) {
    const range_work *work = context;
    const ct_relu *op = work->op;
    int64_t begin, end;
    ct_part_range(work->count, part, parts, &begin, &end);
    work->kernels->relu(ct_at(ct_address(op->x), op->format, begin), op->format, ct_at(ct_address(op->y), op->format, begin),
                        end - begin);
}

void ct_cpu_relu_forward(ct_exec *exec, const ct_relu *op, int32_t batch) {
    range_work work = {.kernels = ct_kernels_of(exec), .op = op, .count = (int64_t)batch * op->elements};
    ct_pool_run(exec->pool, relu_part, &work);
}

static void relu_gradient_part(void *context, int32_t part, int32_t parts) {
    const range_work *work = context;
    const ct_relu *op = work->op;
    int64_t begin, end;
    ct_part_range(work->count, part, parts, &begin, &end);
    const void *y = ct_at(ct_address(op->y), op->format, begin), *dy = ct_at(ct_address(op->dy), op->format, begin);
    work->kernels->relu_gradient(y, dy, op->format, ct_at(ct_address(op->dx), op->format, begin), op->accumulate_dx,
                                 end - begin);
}

void ct_cpu_relu_backward(ct_exec *exec, const ct_relu *op, int32_t batch) {
    range_work work = {.kernels = ct_kernels_of(exec), .op = op, .count = (int64_t)batch * op->elements};
    ct_pool_run(exec->pool, relu_gradient_part, &work);
}

static void sgd_part(void *context, int32_t part, int32_t parts) {
    const range_work *work = context;
    int64_t begin, end;
    ct_part_range(work->count, part, parts, &begin, &end);
    work->kernels->sgd(work->op, begin, end);
}

void ct_cpu_sgd(ct_exec *exec, const ct_sgd *op) {
    range_work work = {.kernels = ct_kernels_of(exec), .op = op, .count = op->elements};
    ct_pool_run(exec->pool, sgd_part, &work);
}

static void adamw_part(void *context, int32_t part, int32_t parts) {
    const range_work *work = context;
    int64_t begin, end;
    ct_part_range(work->count, part, parts, &begin, &end);
    work->kernels->adamw(work->op, begin, end);
}

void ct_cpu_adamw(ct_exec *exec, const ct_adamw *op) {
    range_work work = {.kernels = ct_kernels_of(exec), .op = op, .count = op->elements};
    ct_pool_run(exec->pool, adamw_part, &work);
}
