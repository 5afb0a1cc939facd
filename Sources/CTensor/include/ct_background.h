/// A thread for work that goes on beside the steps of a training. It runs one task at a time and sleeps while there is
/// none; what a task wrote is visible to whoever waited for it.
#ifndef CT_BACKGROUND_H
#define CT_BACKGROUND_H

#include "ct_error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_background ct_background;
typedef void (*ct_background_task)(void *context);

/// Starts the thread. Errors: CT_OUT_OF_MEMORY, CT_SYSTEM where the system gives no thread.
ct_status ct_background_new(ct_background **out);

/// Waits for the task in hand and joins the thread. NULL is allowed.
void ct_background_free(ct_background *background);

/// Hands `task` to the thread, after the one before it has ended. One thread owns a background and makes these calls.
void ct_background_start(ct_background *background, ct_background_task task, void *context);

/// Returns when no task is in hand.
void ct_background_wait(ct_background *background);

#ifdef __cplusplus
}
#endif

#endif
