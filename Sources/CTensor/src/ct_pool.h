/// A fixed set of threads that share one operation at a time, each with a fixed part of it.
///
/// The split is static, so which thread computes what depends only on their number: results repeat bit for bit. A
/// thread with nothing to do spins for at most 20 us and then sleeps, so that a busy machine loses no time to waiting.
#ifndef CT_POOL_H
#define CT_POOL_H

#include <stdint.h>

#include "ct_error.h"

typedef struct ct_pool ct_pool;

/// Computes part `part` of `parts`.
typedef void (*ct_task)(void *context, int32_t part, int32_t parts);

ct_status ct_pool_new(ct_pool **out, int32_t threads);
void ct_pool_free(ct_pool *pool);
int32_t ct_pool_threads(const ct_pool *pool);

/// Runs all parts, the first on the calling thread, and returns when all are done.
void ct_pool_run(ct_pool *pool, ct_task task, void *context);

/// The half-open range of `count` items that belong to `part` of `parts`.
static inline void ct_part_range(int64_t count, int32_t part, int32_t parts, int64_t *begin, int64_t *end) {
    *begin = count * part / parts;
    *end = count * (part + 1) / parts;
}

#endif
