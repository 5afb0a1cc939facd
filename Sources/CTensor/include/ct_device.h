/// Devices: where buffers live and operations run. A device is one backend (a table of functions) plus its threads.
#ifndef CT_DEVICE_H
#define CT_DEVICE_H

#include <stdint.h>

#include "ct_error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ct_device_kind {
    /// The processor, with kernels chosen by its features.
    CT_DEVICE_CPU = 0,
    /// The processor, with plain loops that accumulate in double: the oracle of the tests.
    CT_DEVICE_REFERENCE = 1,
    /// An NVIDIA GPU. `ct_device_new` says what is missing where there is none.
    CT_DEVICE_CUDA = 2,
} ct_device_kind;

typedef enum ct_cpu_path {
    /// The best path that this processor has.
    CT_CPU_PATH_AUTO = 0,
    CT_CPU_PATH_AVX512 = 1,
    CT_CPU_PATH_AVX2 = 2,
    /// What the compiler's base target has: SSE2 on x86-64, NEON on arm64.
    CT_CPU_PATH_BASELINE = 3,
    /// AVX-512 with products of halves and rounding to bf16, which training in bf16 uses.
    CT_CPU_PATH_AVX512_FP16 = 4,
} ct_cpu_path;

typedef struct ct_device_options {
    ct_device_kind kind;
    /// Threads that share each operation, the calling one included: 1 to 256.
    int32_t threads;
    /// For `CT_DEVICE_CPU`; others ignore it.
    ct_cpu_path cpu_path;
} ct_device_options;

typedef struct ct_device ct_device;

/// Opens a device and starts its threads. Errors: CT_INVALID_ARGUMENT for a thread count out of range,
/// CT_UNAVAILABLE when the device or the asked path does not exist here.
ct_status ct_device_new(ct_device **out, const ct_device_options *options);

/// Joins the threads. Buffers and programs of the device must be freed before. NULL is allowed.
void ct_device_free(ct_device *device);

/// The path in use, such as "cpu avx512". Owned by the device.
const char *ct_device_name(const ct_device *device);

int32_t ct_device_threads(const ct_device *device);

/// Cores that this process may run on, at least 1.
int32_t ct_available_cores(void);

#ifdef __cplusplus
}
#endif

#endif
