#define _GNU_SOURCE
#include "ct_device.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#include <sys/mman.h>
#endif

#include "ct_backend.h"

enum { THREADS_MAX = 256, ALIGNMENT = 64, LARGE_PAGE = 2 << 20, LARGE_BYTES = 2 * LARGE_PAGE };

static const ct_backend *backend_of(ct_device_kind kind) {
    switch (kind) {
    case CT_DEVICE_CPU: return &ct_cpu_backend;
    case CT_DEVICE_REFERENCE: return &ct_reference_backend;
    case CT_DEVICE_CUDA: return &ct_cuda_backend;
    }
    return NULL;
}

static ct_status open_device(ct_device *device, const ct_device_options *options) {
    const char *path = "";
    ct_status status = device->backend->open(&device->exec, options, &path);
    if (status != CT_OK) return status;
    snprintf(device->name, sizeof device->name, "%s%s%s", device->backend->name, path[0] ? " " : "", path);
    return ct_pool_new(&device->exec.pool, options->threads);
}

ct_status ct_device_new(ct_device **out, const ct_device_options *options) {
    const ct_backend *backend = backend_of(options->kind);
    if (!backend) return ct_fail(CT_INVALID_ARGUMENT, "no device kind %d", (int)options->kind);
    if (options->threads < 1 || options->threads > THREADS_MAX) {
        return ct_fail(CT_INVALID_ARGUMENT, "threads is %d; it must be 1 to %d", options->threads, THREADS_MAX);
    }
    ct_device *device = calloc(1, sizeof *device);
    if (!device) return ct_fail(CT_OUT_OF_MEMORY, "no memory for a device");
    device->backend = backend;
    ct_status status = open_device(device, options);
    if (status != CT_OK) {
        free(device);
        return status;
    }
    *out = device;
    return CT_OK;
}

void ct_device_free(ct_device *device) {
    if (!device) return;
    ct_pool_free(device->exec.pool);
    free(device);
}

const char *ct_device_name(const ct_device *device) { return device->name; }

int32_t ct_device_threads(const ct_device *device) { return ct_pool_threads(device->exec.pool); }

int32_t ct_available_cores(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 1 ? (int32_t)cores : 1;
}

/// Zeroed memory of the wanted alignment, with the address to free just before it. Fresh pages of the system are zero
/// already, and calloc knows which of its memory is fresh: the arena of a large batch is not written twice.
static void *allocate_zeroed(size_t size, size_t alignment) {
    char *raw = calloc(1, size + alignment + sizeof(void *));
    if (!raw) return NULL;
    uintptr_t address = ((uintptr_t)raw + sizeof(void *) + alignment - 1) / alignment * alignment;
    ((void **)address)[-1] = raw;
    return (void *)address;
}

/// Large memory in large pages, where the system has them: walks over planes and rows touch thousands of small ones.
ct_status ct_host_allocate(void **out, int64_t bytes) {
    bool large = bytes >= LARGE_BYTES;
    size_t size = large ? (size_t)ct_round_up(bytes, LARGE_PAGE) : (size_t)bytes;
    void *memory = allocate_zeroed(size, large ? LARGE_PAGE : ALIGNMENT);
    if (!memory) return ct_fail(CT_OUT_OF_MEMORY, "no memory for %lld bytes", (long long)bytes);
#if defined(__linux__)
    if (large) madvise(memory, size, MADV_HUGEPAGE);
#endif
    *out = memory;
    return CT_OK;
}

void ct_host_release(void *memory) {
    if (memory) free(((void **)memory)[-1]);
}

void ct_host_copy(void *destination, const void *source, int64_t bytes) { memcpy(destination, source, (size_t)bytes); }
