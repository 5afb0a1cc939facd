#define _POSIX_C_SOURCE 200809L
#include "ct_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ct_internal.h"

enum { SPIN_NANOSECONDS = 20000, LOOKS_PER_CLOCK_READ = 32 };

typedef struct ct_worker {
    ct_pool *pool;
    pthread_t thread;
    int32_t part;
} ct_worker;

struct ct_pool {
    int32_t threads;
    /// Workers that were started: `threads` - 1 after a successful `ct_pool_new`.
    int32_t started;
    ct_worker *workers;
    /// Written by the caller before `generation` moves, read by the workers after.
    ct_task task;
    void *context;
    /// Counts the tasks handed out; moves only under `mutex`.
    atomic_uint generation;
    /// Workers still busy with the current task.
    atomic_int pending;
    atomic_bool stopping;
    pthread_mutex_t mutex;
    pthread_cond_t begin, done;
};

static int64_t now_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool has_work(ct_pool *pool, unsigned seen) {
    return atomic_load_explicit(&pool->generation, memory_order_acquire) != seen || atomic_load(&pool->stopping);
}

static bool is_done(ct_pool *pool) { return atomic_load_explicit(&pool->pending, memory_order_acquire) == 0; }

static void await_work(ct_pool *pool, unsigned seen) {
    int64_t deadline = now_nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int look = 0; look < LOOKS_PER_CLOCK_READ; look++) {
            if (has_work(pool, seen)) return;
            relax();
        }
    } while (now_nanoseconds() < deadline);
    pthread_mutex_lock(&pool->mutex);
    while (!has_work(pool, seen)) pthread_cond_wait(&pool->begin, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void await_done(ct_pool *pool) {
    int64_t deadline = now_nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int look = 0; look < LOOKS_PER_CLOCK_READ; look++) {
            if (is_done(pool)) return;
            relax();
        }
    } while (now_nanoseconds() < deadline);
    pthread_mutex_lock(&pool->mutex);
    while (!is_done(pool)) pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
    ct_worker *worker = argument;
    ct_pool *pool = worker->pool;
    unsigned seen = 0;
    for (;;) {
        await_work(pool, seen);
        if (atomic_load(&pool->stopping)) return NULL;
        seen++;
        pool->task(pool->context, worker->part, pool->threads);
        if (atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_acq_rel) != 1) continue;
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

static ct_status start_workers(ct_pool *pool) {
    for (int32_t index = 0; index < pool->threads - 1; index++) {
        ct_worker *worker = &pool->workers[index];
        *worker = (ct_worker){.pool = pool, .part = index + 1};
        int error = pthread_create(&worker->thread, NULL, worker_main, worker);
        if (error) return ct_fail(CT_SYSTEM, "cannot start thread %d of %d: %s", index + 2, pool->threads, strerror(error));
        pool->started++;
    }
    return CT_OK;
}

ct_status ct_pool_new(ct_pool **out, int32_t threads) {
    ct_pool *pool = calloc(1, sizeof *pool);
    ct_worker *workers = calloc((size_t)threads, sizeof *workers);
    if (!pool || !workers) {
        free(pool);
        free(workers);
        return ct_fail(CT_OUT_OF_MEMORY, "no memory for %d threads", threads);
    }
    pool->threads = threads;
    pool->workers = workers;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->done, NULL);
    ct_status status = start_workers(pool);
    if (status != CT_OK) {
        ct_pool_free(pool);
        return status;
    }
    *out = pool;
    return CT_OK;
}

void ct_pool_free(ct_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stopping, true);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
    for (int32_t index = 0; index < pool->started; index++) pthread_join(pool->workers[index].thread, NULL);
    pthread_cond_destroy(&pool->begin);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool);
}

int32_t ct_pool_threads(const ct_pool *pool) { return pool->threads; }

void ct_pool_run(ct_pool *pool, ct_task task, void *context) {
    if (pool->threads == 1) {
        task(context, 0, 1);
        return;
    }
    pool->task = task;
    pool->context = context;
    atomic_store_explicit(&pool->pending, pool->threads - 1, memory_order_relaxed);
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
    task(context, 0, pool->threads);
    await_done(pool);
}
