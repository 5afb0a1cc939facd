#include "ct_program_checks.h"

/// One operand: its name for messages, the view, and how many elements of `size` bytes it needs.
typedef struct operand {
    const char *name;
    ct_view view;
    int64_t elements;
    int64_t size;
} operand;

static ct_status check_operand(const ct_program *program, const char *op, const operand *item) {
    if (!item->view.buffer) return ct_fail(CT_INVALID_ARGUMENT, "%s: operand %s is missing", op, item->name);
    if (item->view.buffer->device != program->device) {
        return ct_fail(CT_INVALID_ARGUMENT, "%s: operand %s lies on another device", op, item->name);
    }
    int64_t need = item->elements * item->size;
    int64_t have = item->view.buffer->bytes - item->view.offset;
    if (item->view.offset >= 0 && item->view.offset % item->size == 0 && need <= have) return CT_OK;
    return ct_fail(CT_INVALID_ARGUMENT, "%s: operand %s needs %lld bytes at offset %lld of a buffer of %lld bytes", op,
                   item->name, (long long)need, (long long)item->view.offset, (long long)item->view.buffer->bytes);
}

static ct_status check_operands(const ct_program *program, const char *op, const operand *items, size_t count) {
    for (size_t index = 0; index < count; index++) {
        ct_status status = check_operand(program, op, &items[index]);
        if (status != CT_OK) return status;
    }
    return CT_OK;
}

/// A positive extent that cannot overflow the products below.
static bool is_extent(int64_t value) { return value >= 1 && value <= 1 << 20; }

static ct_status bad_pass(const char *op, ct_pass pass) {
    return ct_fail(CT_INVALID_ARGUMENT, "%s has no pass %d", op, (int)pass);
}

#define CHECK(program, op, ...)                                                                                  \
    check_operands(program, op, (const operand[]){__VA_ARGS__},                                                  \
                   sizeof((const operand[]){__VA_ARGS__}) / sizeof(operand))

static ct_status check_conv2d_shape(const ct_conv2d *op) {
    bool extents = is_extent(op->in_height) && is_extent(op->in_width) && is_extent(op->in_channels)
        && is_extent(op->out_channels);
    bool window = op->kernel >= 1 && op->kernel <= 7 && op->stride >= 1 && op->padding >= 0 && op->padding < op->kernel;
    if (extents && window && op->in_height + 2 * op->padding >= op->kernel
        && op->in_width + 2 * op->padding >= op->kernel) {
        return CT_OK;
    }
    return ct_fail(CT_INVALID_ARGUMENT, "conv2d: %dx%dx%d to %d channels, kernel %d, stride %d, padding %d",
                   op->in_height, op->in_width, op->in_channels, op->out_channels, op->kernel, op->stride, op->padding);
}

ct_status ct_check_conv2d(const ct_program *program, ct_pass pass, const ct_conv2d *op) {
    int64_t size = ct_format_bytes(op->format);
    ct_status status = check_conv2d_shape(op);
    if (status != CT_OK) return status;
    int64_t in = (int64_t)program->max_batch * op->in_height * op->in_width * op->in_channels;
    int64_t out = (int64_t)program->max_batch * ct_conv_out_height(op) * ct_conv_out_width(op) * op->out_channels;
    int64_t weights = (int64_t)op->out_channels * op->in_channels * op->kernel * op->kernel;
    switch (pass) {
    case CT_FORWARD:
        status = CHECK(program, "conv2d", {"x", op->x, in, size}, {"weight", op->weight, weights, 4},
                       {"y", op->y, out, size});
        if (status == CT_OK && op->moments.buffer) {
            status = CHECK(program, "conv2d", {"moments", op->moments, 2 * (int64_t)op->out_channels, 4});
        }
        break;
    case CT_BACKWARD:
        status = CHECK(program, "conv2d", {"dy", op->dy, out, size}, {"weight", op->weight, weights, 4},
                       {"dx", op->dx, in, size});
        break;
    case CT_BACKWARD_WEIGHTS:
        status = CHECK(program, "conv2d", {"x", op->x, in, size}, {"dy", op->dy, out, size},
                       {"dweight", op->dweight, weights, 4});
        break;
    default: return bad_pass("conv2d", pass);
    }
    return status;
}

static ct_conv2d shape_of_folded(const ct_folded_conv2d *op) {
    return (ct_conv2d){.in_height = op->in_height, .in_width = op->in_width, .in_channels = op->in_channels,
                       .out_channels = op->out_channels, .kernel = op->kernel, .stride = op->stride,
                       .padding = op->padding};
}

ct_status ct_folded_conv2d_bytes(int64_t *out, const ct_device *device, const ct_folded_conv2d *op) {
    ct_conv2d shape = shape_of_folded(op);
    ct_status status = check_conv2d_shape(&shape);
    if (status != CT_OK) return status;
    if (op->max_batch < 1) return ct_fail(CT_INVALID_ARGUMENT, "folded_conv2d: prepared for %d images", op->max_batch);
    *out = device->backend->folded_conv2d_bytes(&device->exec, op);
    return CT_OK;
}

static ct_status check_folded_forward(const ct_program *program, const ct_folded_conv2d *op, const ct_conv2d *shape) {
    int64_t in = (int64_t)program->max_batch * op->in_height * op->in_width * op->in_channels;
    int64_t out = (int64_t)program->max_batch * ct_conv_out_height(shape) * ct_conv_out_width(shape) * op->out_channels;
    if (op->residual.buffer) {
        ct_status status = CHECK(program, "folded_conv2d", {"residual", op->residual, out, 4});
        if (status != CT_OK) return status;
    }
    if (program->max_batch > op->max_batch) {
        return ct_fail(CT_INVALID_ARGUMENT, "folded_conv2d: prepared for %d images, used for %d", op->max_batch,
                       program->max_batch);
    }
    return CHECK(program, "folded_conv2d", {"x", op->x, in, 4}, {"y", op->y, out, 4});
}

static ct_status check_folded_prepare(const ct_program *program, const ct_folded_conv2d *op) {
    int64_t out = op->out_channels, weights = out * op->in_channels * op->kernel * op->kernel;
    return CHECK(program, "folded_conv2d", {"weight", op->weight, weights, 4}, {"gamma", op->gamma, out, 4},
                 {"beta", op->beta, out, 4}, {"running_mean", op->running_mean, out, 4},
                 {"running_variance", op->running_variance, out, 4});
}

ct_status ct_check_folded_conv2d(const ct_program *program, ct_pass pass, const ct_folded_conv2d *op) {
    if (pass != CT_PREPARE && pass != CT_FORWARD) return bad_pass("folded_conv2d", pass);
    ct_conv2d shape = shape_of_folded(op);
    int64_t bytes = 0;
    ct_status status = ct_folded_conv2d_bytes(&bytes, program->device, op);
    if (status == CT_OK) status = CHECK(program, "folded_conv2d", {"prepared", op->prepared, bytes, 1});
    if (status != CT_OK) return status;
    return pass == CT_PREPARE ? check_folded_prepare(program, op) : check_folded_forward(program, op, &shape);
}

static ct_status check_batch_norm_backward(const ct_program *program, const ct_batch_norm *op, int64_t count) {
    int64_t size = ct_format_bytes(op->format);
    if (op->dresidual.buffer) {
        ct_status status = CHECK(program, "batch_norm", {"dresidual", op->dresidual, count, size},
                                 {"y", op->y, count, size});
        if (status != CT_OK) return status;
    }
    int64_t channels = op->channels;
    return CHECK(program, "batch_norm", {"x", op->x, count, size}, {"dy", op->dy, count, size},
                 {"dx", op->dx, count, size},
                 {"gamma", op->gamma, channels, 4}, {"beta", op->beta, channels, 4},
                 {"dgamma", op->dgamma, channels, 4},
                 {"dbeta", op->dbeta, channels, 4}, {"saved", op->saved, 2 * channels, 4});
}

static ct_status check_batch_norm_forward(const ct_program *program, const ct_batch_norm *op, int64_t count) {
    int64_t size = ct_format_bytes(op->format);
    if (op->residual.buffer) {
        ct_status status = CHECK(program, "batch_norm", {"residual", op->residual, count, size});
        if (status != CT_OK) return status;
    }
    int64_t channels = op->channels;
    return CHECK(program, "batch_norm", {"x", op->x, count, size}, {"y", op->y, count, size},
                 {"gamma", op->gamma, channels, 4},
                 {"beta", op->beta, channels, 4});
}

static ct_status check_running(const ct_program *program, const ct_batch_norm *op) {
    return CHECK(program, "batch_norm", {"running_mean", op->running_mean, op->channels, 4},
                 {"running_variance", op->running_variance, op->channels, 4});
}

static ct_status check_statistics(const ct_program *program, const ct_batch_norm *op, bool trains) {
    int64_t both = 2 * (int64_t)op->channels;
    ct_status status = CHECK(program, "batch_norm", {"saved", op->saved, both, 4});
    if (status == CT_OK && trains && op->moments.buffer) {
        status = CHECK(program, "batch_norm", {"moments", op->moments, both, 4});
    }
    return status;
}

static ct_status check_batch_norm(const ct_program *program, ct_pass pass, const ct_batch_norm *op, int64_t count) {
    if (pass == CT_BACKWARD) return check_batch_norm_backward(program, op, count);
    ct_status status = check_batch_norm_forward(program, op, count);
    if (status == CT_OK && pass != CT_FORWARD_AGAIN) status = check_running(program, op);
    if (status == CT_OK && pass != CT_FORWARD_EVAL) status = check_statistics(program, op, pass == CT_FORWARD);
    return status;
}

ct_status ct_check_batch_norm(const ct_program *program, ct_pass pass, const ct_batch_norm *op) {
    if (!is_extent(op->height) || !is_extent(op->width) || !is_extent(op->channels) || !(op->epsilon > 0)) {
        return ct_fail(CT_INVALID_ARGUMENT, "batch_norm: %dx%dx%d, epsilon %g", op->height, op->width, op->channels,
                       (double)op->epsilon);
    }
    int64_t count = (int64_t)program->max_batch * op->height * op->width * op->channels;
    if (pass == CT_BACKWARD_WEIGHTS) return bad_pass("batch_norm", pass);
    ct_status status = check_batch_norm(program, pass, op, count);
    return status;
}

ct_status ct_check_relu(const ct_program *program, ct_pass pass, const ct_relu *op) {
    int64_t size = ct_format_bytes(op->format);
    if (op->elements < 1) return ct_fail(CT_INVALID_ARGUMENT, "relu: %d elements", op->elements);
    int64_t count = (int64_t)program->max_batch * op->elements;
    ct_status status;
    switch (pass) {
    case CT_FORWARD: status = CHECK(program, "relu", {"x", op->x, count, size}, {"y", op->y, count, size}); break;
    case CT_BACKWARD:
        status = CHECK(program, "relu", {"y", op->y, count, size}, {"dy", op->dy, count, size},
                       {"dx", op->dx, count, size});
        break;
    default: return bad_pass("relu", pass);
    }
    return status;
}

ct_status ct_check_max_pool(const ct_program *program, ct_pass pass, const ct_max_pool *op) {
    int64_t size = ct_format_bytes(op->format);
    if (!is_extent(op->height) || !is_extent(op->width) || !is_extent(op->channels) || op->size < 1
        || op->size > op->height || op->size > op->width) {
        return ct_fail(CT_INVALID_ARGUMENT, "max_pool: %dx%dx%d, size %d", op->height, op->width, op->channels, op->size);
    }
    int64_t in = (int64_t)program->max_batch * op->height * op->width * op->channels;
    int64_t out = (int64_t)program->max_batch * (op->height / op->size) * (op->width / op->size) * op->channels;
    ct_status status;
    switch (pass) {
    case CT_FORWARD: status = CHECK(program, "max_pool", {"x", op->x, in, size}, {"y", op->y, out, size}); break;
    case CT_BACKWARD:
        status = CHECK(program, "max_pool", {"x", op->x, in, size}, {"y", op->y, out, size}, {"dy", op->dy, out, size},
                       {"dx", op->dx, in, size});
        break;
    default: return bad_pass("max_pool", pass);
    }
    return status;
}

ct_status ct_check_average_pool(const ct_program *program, ct_pass pass, const ct_average_pool *op) {
    int64_t size = ct_format_bytes(op->format);
    if (!is_extent(op->height) || !is_extent(op->width) || !is_extent(op->channels)) {
        return ct_fail(CT_INVALID_ARGUMENT, "average_pool: %dx%dx%d", op->height, op->width, op->channels);
    }
    int64_t out = (int64_t)program->max_batch * op->channels;
    int64_t in = out * op->height * op->width;
    ct_status status;
    switch (pass) {
    case CT_FORWARD: status = CHECK(program, "average_pool", {"x", op->x, in, size}, {"y", op->y, out, size}); break;
    case CT_BACKWARD: status = CHECK(program, "average_pool", {"dy", op->dy, out, size},
                                     {"dx", op->dx, in, size}); break;
    default: return bad_pass("average_pool", pass);
    }
    return status;
}

ct_status ct_check_linear(const ct_program *program, ct_pass pass, const ct_linear *op) {
    int64_t size = ct_format_bytes(op->format), result_size = ct_format_bytes(op->result_format);
    if (!is_extent(op->in_features) || !is_extent(op->out_features)) {
        return ct_fail(CT_INVALID_ARGUMENT, "linear: %d to %d features", op->in_features, op->out_features);
    }
    int64_t in = (int64_t)program->max_batch * op->in_features, out = (int64_t)program->max_batch * op->out_features;
    int64_t weights = (int64_t)op->in_features * op->out_features;
    ct_status status;
    switch (pass) {
    case CT_FORWARD:
        status = CHECK(program, "linear", {"x", op->x, in, size}, {"weight", op->weight, weights, 4},
                       {"bias", op->bias, op->out_features, 4}, {"y", op->y, out, result_size});
        break;
    case CT_BACKWARD:
        status = CHECK(program, "linear", {"dy", op->dy, out, result_size}, {"weight", op->weight, weights, 4},
                       {"dx", op->dx, in, size});
        break;
    case CT_BACKWARD_WEIGHTS:
        status = CHECK(program, "linear", {"x", op->x, in, size}, {"dy", op->dy, out, result_size},
                       {"dweight", op->dweight, weights, 4}, {"dbias", op->dbias, op->out_features, 4});
        break;
    default: return bad_pass("linear", pass);
    }
    return status;
}

ct_status ct_check_cross_entropy(const ct_program *program, const ct_cross_entropy *op) {
    int64_t size = ct_format_bytes(op->format);
    if (!is_extent(op->classes) || !(op->smoothing >= 0 && op->smoothing < 1)) {
        return ct_fail(CT_INVALID_ARGUMENT, "cross_entropy: %d classes, smoothing %g", op->classes, (double)op->smoothing);
    }
    int64_t count = (int64_t)program->max_batch * op->classes;
    ct_status status = CHECK(program, "cross_entropy", {"logits", op->logits, count, size},
                             {"labels", op->labels, program->max_batch, 4}, {"loss", op->loss, 1, 4},
                             {"dlogits", op->dlogits, count, size});
    return status;
}

ct_status ct_check_image_input(const ct_program *program, const ct_image_input *op) {
    int64_t size = ct_format_bytes(op->format);
    bool cuts = op->cutout_size >= 0 && op->cutout_size <= 1 << 20;
    if (op->channels < 1 || op->channels > 4 || !is_extent(op->height) || !is_extent(op->width) || !cuts) {
        return ct_fail(CT_INVALID_ARGUMENT, "image_input: %dx%dx%d", op->height, op->width, op->channels);
    }
    int64_t count = (int64_t)program->max_batch * op->channels * op->height * op->width;
    ct_status status = CHECK(program, "image_input", {"rows", op->rows, count, 1}, {"y", op->y, count, size});
    if (status == CT_OK && op->placement.buffer) {
        status = CHECK(program, "image_input", {"placement", op->placement, 3 * (int64_t)program->max_batch, 4});
    }
    if (status == CT_OK && op->cutout.buffer) {
        status = CHECK(program, "image_input", {"cutout", op->cutout, 2 * (int64_t)program->max_batch, 4});
    }
    return status;
}

ct_status ct_check_sgd(const ct_program *program, const ct_sgd *op) {
    if (op->elements < 1) return ct_fail(CT_INVALID_ARGUMENT, "sgd: %lld elements", (long long)op->elements);
    ct_status status = CHECK(program, "sgd", {"parameter", op->parameter, op->elements, 4},
                             {"gradient", op->gradient, op->elements, 4}, {"velocity", op->velocity, op->elements, 4},
                             {"hyper", op->hyper, 4, 4});
    return status;
}

ct_status ct_check_adamw(const ct_program *program, const ct_adamw *op) {
    if (op->elements < 1) return ct_fail(CT_INVALID_ARGUMENT, "adamw: %lld elements", (long long)op->elements);
    ct_status status = CHECK(program, "adamw", {"parameter", op->parameter, op->elements, 4},
                             {"gradient", op->gradient, op->elements, 4},
                             {"first_moment", op->first_moment, op->elements, 4},
                             {"second_moment", op->second_moment, op->elements, 4}, {"hyper", op->hyper, 4, 4});
    return status;
}
