#if defined(__x86_64__)

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels.h"

#define CT_KERNELS_TABLE ct_kernels_avx2
#define CT_KERNELS_NAME "avx2"
#define CT_LANES 8
#define CT_STRIP_ROWS 6

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels_body.h"
#pragma clang attribute pop

#endif
