/// Runs the thread that works beside a training; then every pass of every operation on odd shapes, on each CPU path and
/// with several numbers of threads, and compares with the reference. Destinations begin poisoned and operands end where
/// their buffers end, so that a sanitizer or Valgrind sees a kernel that reads or writes too much or leaves something out.
/// Prints what differs; exit code 1 then.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctensor.h"

static int failures, checks;
static uint64_t state = 1;

static float noise(void) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (float)((double)(state >> 11) * 0x1p-52 - 1);
}

static void require(ct_status status) {
    if (status == CT_OK) return;
    fprintf(stderr, "error: %s\n", ct_last_error());
    exit(2);
}

typedef struct operand {
    ct_view view;
    int64_t count;
    ct_format format;
} operand;

/// The upper half of a float: what is not a number stays so.
static uint16_t upper_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static float from_upper_half(uint16_t half) {
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// `count` values: noise from `seed`, or NaN for seed 0. Variances are noise too: their operations add 2.
static operand values_of(ct_device *device, ct_format format, int64_t count, uint64_t seed) {
    operand result = {.count = count, .format = format};
    float *values = malloc((size_t)count * sizeof(float));
    state = seed * 77;
    for (int64_t i = 0; i < count; i++) {
        float value = seed ? noise() : NAN;
        if (format == CT_BF16) {
            ((uint16_t *)values)[i] = upper_half(value);
        } else {
            values[i] = value;
        }
    }
    int64_t bytes = count * ct_format_size(format);
    require(ct_buffer_new(&result.view.buffer, device, bytes));
    require(ct_buffer_write(result.view.buffer, 0, values, bytes));
    free(values);
    return result;
}

static operand floats(ct_device *device, int64_t count, uint64_t seed) { return values_of(device, CT_F32, count, seed); }

/// The operand's values as floats, to be freed.
static float *contents(const operand *item) {
    float *values = malloc((size_t)item->count * sizeof(float));
    require(ct_buffer_read(item->view.buffer, 0, values, item->count * ct_format_size(item->format)));
    for (int64_t i = item->count - 1; item->format == CT_BF16 && i >= 0; i--) {
        uint16_t half;
        memcpy(&half, (char *)values + 2 * i, sizeof half);
        values[i] = from_upper_half(half);
    }
    return values;
}

/// The bound for an operand of which arithmetic explains `bound`: stored as bf16, one unit in the last of 8 bits more.
static double stored_bound(const operand *item, double bound) { return bound + (item->format == CT_BF16 ? 0x1p-7 : 0); }

static void release(operand *items, int count) {
    for (int i = 0; i < count; i++) ct_buffer_free(items[i].view.buffer);
}

static void compare(const char *what, const operand *actual, const operand *expected, double bound) {
    int64_t count = actual->count;
    float *a = contents(actual), *b = contents(expected);
    double scale = 1e-30, worst = 0;
    for (int64_t i = 0; i < count; i++) scale = fmax(scale, fabs((double)b[i]));
    for (int64_t i = 0; i < count; i++) {
        double distance = fabs((double)a[i] - b[i]);
        if (!(distance <= worst)) worst = isnan(distance) ? INFINITY : distance;
    }
    checks++;
    if (worst / scale > bound) {
        failures++;
        printf("%s: differs by %.2g of the largest value, bound %.2g\n", what, worst / scale, bound);
    }
    free(a);
    free(b);
}

typedef ct_status (*add_pass)(ct_program *program, ct_pass pass, const void *op);

static void run(ct_device *device, int32_t batch, add_pass add, ct_pass pass, const void *op) {
    ct_program *program;
    require(ct_program_new(&program, device, batch));
    require(add(program, pass, op));
    require(ct_program_seal(program));
    require(ct_program_run(program, batch));
    ct_program_free(program);
}

// Convolutions.

typedef struct conv_case {
    int32_t batch, height, width, in, out, kernel, stride, padding;
} conv_case;

static ct_status add_conv(ct_program *program, ct_pass pass, const void *op) {
    return ct_program_add_conv2d(program, pass, op);
}

enum { CONV_OPERANDS = 6 };

/// x, weight, dy, y, dx, dweight
static void run_conv(ct_device *device, const conv_case *c, ct_format format, operand *items) {
    int32_t out_height = (c->height + 2 * c->padding - c->kernel) / c->stride + 1;
    int32_t out_width = (c->width + 2 * c->padding - c->kernel) / c->stride + 1;
    int64_t in = (int64_t)c->batch * c->height * c->width * c->in, out = (int64_t)c->batch * out_height * out_width * c->out;
    int64_t weights = (int64_t)c->in * c->out * c->kernel * c->kernel;
    int64_t counts[CONV_OPERANDS] = {in, weights, out, out, in, weights};
    for (int i = 0; i < CONV_OPERANDS; i++) {
        items[i] = values_of(device, i == 1 || i == 5 ? CT_F32 : format, counts[i], i < 3 ? (uint64_t)i + 1 : 0);
    }
    ct_conv2d op = {.in_height = c->height, .in_width = c->width, .in_channels = c->in, .out_channels = c->out,
                    .kernel = c->kernel, .stride = c->stride, .padding = c->padding, .format = format, .x = items[0].view,
                    .weight = items[1].view, .dy = items[2].view, .y = items[3].view, .dx = items[4].view,
                    .dweight = items[5].view};
    run(device, c->batch, add_conv, CT_FORWARD, &op);
    run(device, c->batch, add_conv, CT_BACKWARD, &op);
    run(device, c->batch, add_conv, CT_BACKWARD_WEIGHTS, &op);
}

static const conv_case conv_cases[] = {
    {1, 1, 1, 1, 1, 1, 1, 0},   {2, 5, 7, 3, 5, 3, 1, 1},    {3, 8, 8, 33, 37, 3, 2, 1},  {2, 7, 6, 16, 48, 5, 2, 2},
    {2, 4, 4, 64, 32, 1, 2, 0}, {2, 11, 9, 5, 12, 7, 3, 3},  {2, 3, 3, 130, 70, 3, 1, 1}, {2, 4, 4, 600, 40, 1, 1, 0},
    {2, 16, 16, 3, 64, 3, 1, 1}, {3, 9, 8, 64, 64, 3, 1, 1}, {1, 4, 4, 32, 64, 3, 1, 1},  {2, 7, 10, 96, 32, 3, 1, 0},
    {5, 5, 3, 32, 32, 3, 1, 2}, {1, 2, 2, 160, 160, 3, 1, 1}, {40, 4, 4, 32, 32, 3, 1, 1}, {2, 7, 9, 32, 64, 3, 2, 1},
    {1, 8, 8, 64, 128, 3, 2, 1}, {3, 6, 6, 64, 64, 1, 2, 0}, {1, 9, 9, 40, 24, 1, 3, 0}, {2, 7, 5, 128, 192, 3, 1, 1},
    {9, 9, 9, 64, 64, 3, 1, 0}, {1, 1, 1, 64, 64, 3, 1, 1},
};

/// What rounding explains in f32. Winograd's transforms lose a digit; the products of halves, which bf16 may go by, leave
/// the error of 11 bits, enlarged by those transforms.
static double conv_bound(const conv_case *c, ct_format format) {
    bool winograd = c->kernel == 3 && c->stride == 1;
    if (format == CT_BF16 && c->in % 32 == 0 && c->out % 32 == 0) return winograd ? 8e-3 : 2.5e-3;
    return winograd ? 5e-6 : 2e-6;
}

static void check_convolutions(ct_device *device, ct_device *reference, ct_format format) {
    static const char *names[] = {"x", "weight", "dy", "y", "dx", "dweight"};
    for (size_t i = 0; i < sizeof conv_cases / sizeof *conv_cases; i++) {
        const conv_case *c = &conv_cases[i];
        operand actual[CONV_OPERANDS], expected[CONV_OPERANDS];
        run_conv(device, c, format, actual);
        run_conv(reference, c, format, expected);
        for (int item = 3; item < CONV_OPERANDS; item++) {
            char what[160];
            snprintf(what, sizeof what, "%s, %d threads: conv2d %s %dx%dx%dx%d to %d, kernel %d, stride %d, padding %d: %s",
                     ct_device_name(device), ct_device_threads(device), format == CT_BF16 ? "bf16" : "f32", c->batch,
                     c->height, c->width, c->in, c->out, c->kernel, c->stride, c->padding, names[item]);
            compare(what, &actual[item], &expected[item], stored_bound(&actual[item], conv_bound(c, format)));
        }
        release(actual, CONV_OPERANDS);
        release(expected, CONV_OPERANDS);
    }
}

// Convolutions for inference.

static ct_status add_folded(ct_program *program, ct_pass pass, const void *op) {
    return ct_program_add_folded_conv2d(program, pass, op);
}

enum { FOLDED_OPERANDS = 9 };

/// weight, gamma, beta, mean, x, residual, variance, prepared, y
static void run_folded(ct_device *device, const conv_case *c, int32_t max_batch, operand *items) {
    int32_t out_height = (c->height + 2 * c->padding - c->kernel) / c->stride + 1;
    int32_t out_width = (c->width + 2 * c->padding - c->kernel) / c->stride + 1;
    int64_t in = (int64_t)c->batch * c->height * c->width * c->in, out = (int64_t)c->batch * out_height * out_width * c->out;
    ct_folded_conv2d op = {.in_height = c->height, .in_width = c->width, .in_channels = c->in, .out_channels = c->out,
                           .kernel = c->kernel, .stride = c->stride, .padding = c->padding, .max_batch = max_batch,
                           .epsilon = 2, .relu = 1};
    int64_t bytes = 0;
    require(ct_folded_conv2d_bytes(&bytes, device, &op));
    int64_t counts[FOLDED_OPERANDS] = {(int64_t)c->in * c->out * c->kernel * c->kernel, c->out, c->out, c->out, in, out,
                                       c->out, bytes / 4, out};
    for (int i = 0; i < FOLDED_OPERANDS; i++) items[i] = floats(device, counts[i], i < 7 ? (uint64_t)i + 1 : 0);
    op.weight = items[0].view, op.gamma = items[1].view, op.beta = items[2].view, op.running_mean = items[3].view;
    op.x = items[4].view, op.residual = items[5].view, op.running_variance = items[6].view;
    op.prepared = items[7].view, op.y = items[8].view;
    run(device, 1, add_folded, CT_PREPARE, &op);
    run(device, c->batch, add_folded, CT_FORWARD, &op);
}

static void check_folded(ct_device *device, ct_device *reference) {
    for (size_t i = 0; i < sizeof conv_cases / sizeof *conv_cases; i++) {
        const conv_case *c = &conv_cases[i];
        operand actual[FOLDED_OPERANDS], expected[FOLDED_OPERANDS];
        run_folded(device, c, i % 2 ? 64 : c->batch, actual);
        run_folded(reference, c, c->batch, expected);
        char what[160];
        snprintf(what, sizeof what, "%s, %d threads: folded_conv2d of case %zu", ct_device_name(device),
                 ct_device_threads(device), i);
        compare(what, &actual[8], &expected[8], c->kernel == 3 && c->stride == 1 ? 5e-6 : 2e-6);
        release(actual, FOLDED_OPERANDS);
        release(expected, FOLDED_OPERANDS);
    }
}

// Batch normalisation.

static ct_status add_norm(ct_program *program, ct_pass pass, const void *op) {
    return ct_program_add_batch_norm(program, pass, op);
}

enum { NORM_OPERANDS = 15, NORM_GIVEN = 7 };

/// x, gamma, beta, mean, variance, residual, dy; saved, y, eval, again, dx, dgamma, dbeta, dresidual
static void run_norm(ct_device *device, int32_t batch, int32_t extent, int32_t channels, int relu, int residual,
                     ct_format format, operand *items) {
    int64_t count = (int64_t)batch * extent * extent * channels, one = channels;
    int64_t counts[NORM_OPERANDS] = {count, one, one, one, one, count, count, 2 * one, count, count, count,
                                     count, one, one, count};
    for (int i = 0; i < NORM_OPERANDS; i++) {
        bool activation = i == 0 || i == 5 || i == 6 || (i >= 8 && i <= 11) || i == 14;
        ct_format own = activation ? format : CT_F32;
        items[i] = values_of(device, own, counts[i], i < NORM_GIVEN ? (uint64_t)i + 1 : 0);
    }
    ct_batch_norm op = {.height = extent, .width = extent, .channels = channels, .epsilon = 2, .momentum = 0.1F,
                        .relu = relu, .format = format, .x = items[0].view, .gamma = items[1].view, .beta = items[2].view,
                        .running_mean = items[3].view, .running_variance = items[4].view, .saved = items[7].view,
                        .y = items[8].view, .dy = items[6].view, .dx = items[11].view, .dgamma = items[12].view,
                        .dbeta = items[13].view};
    if (residual) op.residual = items[5].view, op.dresidual = items[14].view;
    run(device, batch, add_norm, CT_FORWARD, &op);
    run(device, batch, add_norm, CT_BACKWARD, &op);
    op.y = items[9].view;
    run(device, batch, add_norm, CT_FORWARD_EVAL, &op);
    op.y = items[10].view;
    run(device, batch, add_norm, CT_FORWARD_AGAIN, &op);
}

static void check_norms(ct_device *device, ct_device *reference, ct_format format) {
    static const int32_t shapes[][3] = {{3, 5, 7}, {2, 1, 3}, {2, 8, 64}, {7, 3, 65}, {2, 4, 100}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int flags = 0; flags < 4; flags++) {
            operand actual[NORM_OPERANDS], expected[NORM_OPERANDS];
            run_norm(device, shapes[i][0], shapes[i][1], shapes[i][2], flags & 1, flags >> 1, format, actual);
            run_norm(reference, shapes[i][0], shapes[i][1], shapes[i][2], flags & 1, flags >> 1, format, expected);
            for (int item = NORM_GIVEN; item < NORM_OPERANDS - !(flags >> 1); item++) {
                char what[160];
                snprintf(what, sizeof what, "%s, %d threads: batch_norm format %d, %dx%d^2x%d, flags %d: operand %d",
                         ct_device_name(device), ct_device_threads(device), (int)format, shapes[i][0], shapes[i][1],
                         shapes[i][2],
                         flags, item);
                compare(what, &actual[item], &expected[item], stored_bound(&actual[item], 5e-5));
            }
            release(actual, NORM_OPERANDS);
            release(expected, NORM_OPERANDS);
        }
    }
}

// Linear layers.

static ct_status add_linear(ct_program *program, ct_pass pass, const void *op) {
    return ct_program_add_linear(program, pass, op);
}

enum { LINEAR_OPERANDS = 8 };

/// x, weight, bias, dy, y, dx, dweight, dbias
static void run_linear(ct_device *device, int32_t batch, int32_t in, int32_t out, ct_format format, operand *items) {
    int64_t weights = (int64_t)in * out, rows = batch;
    int64_t counts[LINEAR_OPERANDS] = {rows * in, weights, out, rows * out, rows * out, rows * in, weights, out};
    for (int i = 0; i < LINEAR_OPERANDS; i++) {
        ct_format own = i == 0 || i == 5 ? format : CT_F32;
        items[i] = values_of(device, own, counts[i], i < 4 ? (uint64_t)i + 1 : 0);
    }
    ct_linear op = {.format = format, .in_features = in, .out_features = out, .x = items[0].view, .weight = items[1].view,
                    .bias = items[2].view, .dy = items[3].view, .y = items[4].view, .dx = items[5].view,
                    .dweight = items[6].view, .dbias = items[7].view};
    run(device, batch, add_linear, CT_FORWARD, &op);
    run(device, batch, add_linear, CT_BACKWARD, &op);
    run(device, batch, add_linear, CT_BACKWARD_WEIGHTS, &op);
}

static void check_linear(ct_device *device, ct_device *reference, ct_format format) {
    static const int32_t shapes[][3] = {{1, 1, 1}, {5, 33, 10}, {3, 512, 100}, {61, 70, 130}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        operand actual[LINEAR_OPERANDS], expected[LINEAR_OPERANDS];
        run_linear(device, shapes[i][0], shapes[i][1], shapes[i][2], format, actual);
        run_linear(reference, shapes[i][0], shapes[i][1], shapes[i][2], format, expected);
        for (int item = 4; item < LINEAR_OPERANDS; item++) {
            char what[160];
            snprintf(what, sizeof what, "%s, %d threads: linear %d: %d to %d: operand %d", ct_device_name(device),
                     ct_device_threads(device), shapes[i][0], shapes[i][1], shapes[i][2], item);
            compare(what, &actual[item], &expected[item], stored_bound(&actual[item], 2e-6));
        }
        release(actual, LINEAR_OPERANDS);
        release(expected, LINEAR_OPERANDS);
    }
}

enum { SLOT = 512 };

typedef struct slot_work {
    int32_t *slot;
    int32_t value;
} slot_work;

static void fill_slot(void *context) {
    const slot_work *work = context;
    for (int i = 0; i < SLOT; i++) work->slot[i] = work->value;
}

static void require_slot(const int32_t *slot, int32_t value) {
    checks++;
    for (int i = 0; i < SLOT; i++) {
        if (slot[i] == value) continue;
        printf("background: element %d of task %d is %d\n", i, value, slot[i]);
        failures++;
        return;
    }
}

/// Two slots by turns, as a loader of batches has them: one is read while the thread fills the other. The last task is
/// in hand when the thread is freed.
static void check_background(void) {
    ct_background *background;
    require(ct_background_new(&background));
    int32_t slots[2][SLOT] = {{0}};
    slot_work work = {.slot = slots[0], .value = 1};
    ct_background_start(background, fill_slot, &work);
    for (int32_t value = 1; value <= 2000; value++) {
        ct_background_wait(background);
        work = (slot_work){.slot = slots[value % 2], .value = value + 1};
        ct_background_start(background, fill_slot, &work);
        require_slot(slots[(value - 1) % 2], value);
    }
    ct_background_free(background);
    require_slot(slots[0], 2001);
    ct_background_free(NULL);
}

int main(void) {
    check_background();
    ct_device *reference;
    require(ct_device_new(&reference, &(ct_device_options){.kind = CT_DEVICE_REFERENCE, .threads = 1}));
    for (int path = CT_CPU_PATH_AVX512; path <= CT_CPU_PATH_AVX512_FP16; path++) {
        for (int32_t threads = 1; threads <= 3; threads++) {
            ct_device *device;
            ct_device_options options = {.kind = CT_DEVICE_CPU, .threads = threads, .cpu_path = (ct_cpu_path)path};
            if (ct_device_new(&device, &options) == CT_UNAVAILABLE) continue;
            for (int format = CT_F32; format <= CT_BF16; format++) {
                check_convolutions(device, reference, (ct_format)format);
                check_norms(device, reference, (ct_format)format);
                check_linear(device, reference, (ct_format)format);
            }
            check_folded(device, reference);
            ct_device_free(device);
        }
    }
    ct_device_free(reference);
    printf("%d comparisons, %d failures\n", checks, failures);
    return failures > 0;
}
