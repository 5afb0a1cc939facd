#if defined(__x86_64__)

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "half_products.h"
#include "kernels.h"

#define CT_KERNELS_TABLE ct_kernels_avx512fp16
#define CT_KERNELS_NAME "avx512fp16"
#define CT_LANES 16
#define CT_STRIP_ROWS 12
#define CT_HALF_KERNELS &half_kernels
#define CT_ROUNDS_IN_HARDWARE

#pragma clang attribute push( \
    __attribute__((target("avx512fp16,avx512bf16,avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

#endif
