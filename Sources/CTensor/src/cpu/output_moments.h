/// Mean and variance of a convolution's output, taken while the output is at hand. Each piece of the output leaves a
/// partial result; pieces have a fixed size, so the bits do not depend on the number of threads.
#ifndef CT_OUTPUT_MOMENTS_H
#define CT_OUTPUT_MOMENTS_H

#include <stdint.h>

#include "../ct_internal.h"

/// A partial result: pivot, sum of y - pivot and sum of its square, each [channels], then the number of rows.
static inline int64_t ct_partial_moments_floats(int32_t channels) { return 3 * (int64_t)channels + 16; }

/// moments [2, channels]: mean and biased variance from `count` partial results (Chan, Golub & LeVeque 1983).
void ct_combine_moments(const float *partials, int64_t count, int32_t channels, float *moments);

#endif
