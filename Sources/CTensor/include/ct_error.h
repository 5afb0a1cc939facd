/// Status codes. Every call that can fail returns one; the words are in `ct_last_error`.
#ifndef CT_ERROR_H
#define CT_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ct_status {
    CT_OK = 0,
    /// An argument is outside what its declaration allows.
    CT_INVALID_ARGUMENT = 1,
    /// The device has no memory left for the request.
    CT_OUT_OF_MEMORY = 2,
    /// The device, or a feature of it, does not exist on this machine.
    CT_UNAVAILABLE = 3,
    /// The operating system refused something else (a thread, a lock).
    CT_SYSTEM = 4,
} ct_status;

/// What went wrong in the last call of this thread that did not return `CT_OK`. Never NULL; owned by the library and
/// valid until the next failing call of the same thread.
const char *ct_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
