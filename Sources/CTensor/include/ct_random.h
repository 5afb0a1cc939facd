/// Random numbers that are functions of a seed: the same on every machine and in every build.
#ifndef CT_RANDOM_H
#define CT_RANDOM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Fills `values` with `count` normal values of mean 0 and standard deviation `deviation`, from the stream of SplitMix64
/// (Steele, Lea & Flood 2014) that begins at `state`.
void ct_random_normal(float *values, int64_t count, uint64_t state, float deviation);

#ifdef __cplusplus
}
#endif

#endif
