/// Runs every pass of every operation on odd shapes, on each CPU path and with several numbers of threads, and compares
/// with the reference. Destinations begin poisoned and operands end where their buffers end, so that a sanitizer or
/// Valgrind sees a kernel that reads or writes too much or leaves something out. Prints what differs; exit code 1 then.
#include <math.h>
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
} operand;

/// `count` floats: noise from `seed`, or NaN for seed 0.
static operand floats(ct_device *device, int64_t count, uint64_t seed) {
    operand result = {.count = count};
    float *values = malloc((size_t)count * sizeof(float));
    state = seed * 77;
    for (int64_t i = 0; i < count; i++) values[i] = seed ? noise() : NAN;
    require(ct_buffer_new(&result.view.buffer, device, count * 4));
    require(ct_buffer_write(result.view.buffer, 0, values, count * 4));
    free(values);
    return result;
}

static void release(operand *items, int count) {
    for (int i = 0; i < count; i++) ct_buffer_free(items[i].view.buffer);
}

static void compare(const char *what, const operand *actual, const operand *expected, double bound) {
    int64_t count = actual->count;
    float *a = malloc((size_t)count * sizeof(float)), *b = malloc((size_t)count * sizeof(float));
    require(ct_buffer_read(actual->view.buffer, 0, a, count * 4));
    require(ct_buffer_read(expected->view.buffer, 0, b, count * 4));
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
static void run_conv(ct_device *device, const conv_case *c, operand *items) {
    int32_t out_height = (c->height + 2 * c->padding - c->kernel) / c->stride + 1;
    int32_t out_width = (c->width + 2 * c->padding - c->kernel) / c->stride + 1;
    int64_t in = (int64_t)c->batch * c->height * c->width * c->in, out = (int64_t)c->batch * out_height * out_width * c->out;
    int64_t weights = (int64_t)c->in * c->out * c->kernel * c->kernel;
    int64_t counts[CONV_OPERANDS] = {in, weights, out, out, in, weights};
    for (int i = 0; i < CONV_OPERANDS; i++) items[i] = floats(device, counts[i], i < 3 ? (uint64_t)i + 1 : 0);
    ct_conv2d op = {.in_height = c->height, .in_width = c->width, .in_channels = c->in, .out_channels = c->out,
                    .kernel = c->kernel, .stride = c->stride, .padding = c->padding, .x = items[0].view,
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
    {1, 8, 8, 64, 128, 3, 2, 1}, {3, 6, 6, 64, 64, 1, 2, 0}, {1, 9, 9, 40, 24, 1, 3, 0},
};

static void check_convolutions(ct_device *device, ct_device *reference) {
    static const char *names[] = {"x", "weight", "dy", "y", "dx", "dweight"};
    for (size_t i = 0; i < sizeof conv_cases / sizeof *conv_cases; i++) {
        const conv_case *c = &conv_cases[i];
        operand actual[CONV_OPERANDS], expected[CONV_OPERANDS];
        run_conv(device, c, actual);
        run_conv(reference, c, expected);
        for (int item = 3; item < CONV_OPERANDS; item++) {
            char what[160];
            snprintf(what, sizeof what, "%s, %d threads: conv2d %dx%dx%dx%d to %d, kernel %d, stride %d, padding %d: %s",
                     ct_device_name(device), ct_device_threads(device), c->batch, c->height, c->width, c->in, c->out,
                     c->kernel, c->stride, c->padding, names[item]);
            compare(what, &actual[item], &expected[item], c->kernel == 3 && c->stride == 1 ? 4e-5 : 2e-6);
        }
        release(actual, CONV_OPERANDS);
        release(expected, CONV_OPERANDS);
    }
}

int main(void) {
    ct_device *reference;
    require(ct_device_new(&reference, &(ct_device_options){.kind = CT_DEVICE_REFERENCE, .threads = 1}));
    for (int path = CT_CPU_PATH_AVX512; path <= CT_CPU_PATH_BASELINE; path++) {
        for (int32_t threads = 1; threads <= 3; threads++) {
            ct_device *device;
            ct_device_options options = {.kind = CT_DEVICE_CPU, .threads = threads, .cpu_path = (ct_cpu_path)path};
            if (ct_device_new(&device, &options) == CT_UNAVAILABLE) continue;
            check_convolutions(device, reference);
            ct_device_free(device);
        }
    }
    ct_device_free(reference);
    printf("%d comparisons, %d failures\n", checks, failures);
    return failures > 0;
}
