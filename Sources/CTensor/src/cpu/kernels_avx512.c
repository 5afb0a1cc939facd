#if defined(__x86_64__)

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

#define CT_KERNELS_TABLE ct_kernels_avx512
#define CT_KERNELS_NAME "avx512"
#define CT_LANES 16
#define CT_STRIP_ROWS 12

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

#endif
