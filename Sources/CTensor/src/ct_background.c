#define _POSIX_C_SOURCE 200809L
#include "ct_background.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ct_internal.h"

struct ct_background {
    pthread_t thread;
    pthread_mutex_t mutex;
    /// The owner gave a task or asked for the end; the task has ended.
    pthread_cond_t given, ended;
    /// The task in hand; NULL while there is none.
    ct_background_task task;
    void *context;
    bool stopping;
};

/// Waits for a task; false when there will be none.
static bool await_task(ct_background *background) {
    pthread_mutex_lock(&background->mutex);
    while (!background->task && !background->stopping) pthread_cond_wait(&background->given, &background->mutex);
    bool found = background->task != NULL;
    pthread_mutex_unlock(&background->mutex);
    return found;
}

static void end_task(ct_background *background) {
    pthread_mutex_lock(&background->mutex);
    background->task = NULL;
    pthread_cond_signal(&background->ended);
    pthread_mutex_unlock(&background->mutex);
}

static void *background_main(void *argument) {
    ct_background *background = argument;
    while (await_task(background)) {
        background->task(background->context);
        end_task(background);
    }
    return NULL;
}

static void release(ct_background *background) {
    pthread_cond_destroy(&background->given);
    pthread_cond_destroy(&background->ended);
    pthread_mutex_destroy(&background->mutex);
    free(background);
}

ct_status ct_background_new(ct_background **out) {
    ct_background *background = calloc(1, sizeof *background);
    if (!background) return ct_fail(CT_OUT_OF_MEMORY, "no memory for a thread");
    pthread_mutex_init(&background->mutex, NULL);
    pthread_cond_init(&background->given, NULL);
    pthread_cond_init(&background->ended, NULL);
    int error = pthread_create(&background->thread, NULL, background_main, background);
    if (error) {
        release(background);
        return ct_fail(CT_SYSTEM, "cannot start a thread: %s", strerror(error));
    }
    *out = background;
    return CT_OK;
}

void ct_background_free(ct_background *background) {
    if (!background) return;
    pthread_mutex_lock(&background->mutex);
    background->stopping = true;
    pthread_cond_signal(&background->given);
    pthread_mutex_unlock(&background->mutex);
    pthread_join(background->thread, NULL);
    release(background);
}

void ct_background_start(ct_background *background, ct_background_task task, void *context) {
    pthread_mutex_lock(&background->mutex);
    while (background->task) pthread_cond_wait(&background->ended, &background->mutex);
    background->task = task;
    background->context = context;
    pthread_cond_signal(&background->given);
    pthread_mutex_unlock(&background->mutex);
}

void ct_background_wait(ct_background *background) {
    pthread_mutex_lock(&background->mutex);
    while (background->task) pthread_cond_wait(&background->ended, &background->mutex);
    pthread_mutex_unlock(&background->mutex);
}
