#include "kernels.h"

#include <stdbool.h>

#if defined(__x86_64__)

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
}

static bool has_avx512fp16(void) {
    return has_avx512() && __builtin_cpu_supports("avx512fp16") && __builtin_cpu_supports("avx512bf16");
}

static bool has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

static const ct_kernels *find(ct_cpu_path path) {
    switch (path) {
    case CT_CPU_PATH_AUTO:
        if (has_avx512fp16()) return &ct_kernels_avx512fp16;
        return has_avx512() ? &ct_kernels_avx512 : has_avx2() ? &ct_kernels_avx2 : &ct_kernels_baseline;
    case CT_CPU_PATH_AVX512_FP16: return has_avx512fp16() ? &ct_kernels_avx512fp16 : NULL;
    case CT_CPU_PATH_AVX512: return has_avx512() ? &ct_kernels_avx512 : NULL;
    case CT_CPU_PATH_AVX2: return has_avx2() ? &ct_kernels_avx2 : NULL;
    case CT_CPU_PATH_BASELINE: return &ct_kernels_baseline;
    }
    return NULL;
}

#else

static const ct_kernels *find(ct_cpu_path path) {
    return path == CT_CPU_PATH_AUTO || path == CT_CPU_PATH_BASELINE ? &ct_kernels_baseline : NULL;
}

#endif

ct_status ct_kernels_choose(ct_cpu_path path, const ct_kernels **out) {
    *out = find(path);
    return *out ? CT_OK : ct_fail(CT_UNAVAILABLE, "device cpu: this processor has no path %d", (int)path);
}
