/// What Swift cannot call itself of POSIX and Linux: variadic calls, macros of wait statuses, control messages that carry
/// file descriptors, and process creation with all its attributes. No policy: every decision is the caller's.
///
/// Functions that return `int` give 0 (or a descriptor, or a size) on success and `-errno` on failure.
#ifndef CPOSIX_H
#define CPOSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One descriptor of the new process: `source` of this process becomes `target` there.
typedef struct {
    int source;
    int target;
} cposix_fd_mapping;

/// How a process is started. Descriptors that are not mapped are closed in it; signal handling starts out fresh.
typedef struct {
    /// Path of the program; searched in PATH where it has no slash.
    const char *_Nonnull program;
    /// NULL-terminated.
    char *_Nullable const *_Nonnull arguments;
    /// NULL-terminated `NAME=value`.
    char *_Nullable const *_Nonnull environment;
    /// NULL: the directory of this process.
    const char *_Nullable working_directory;
    const cposix_fd_mapping *_Nullable mappings;
    size_t mapping_count;
    /// Leads a session of its own, and with it a process group; otherwise only a process group.
    bool new_session;
} cposix_spawn_request;

/// Starts a process; its pid, or `-errno`.
int cposix_spawn(const cposix_spawn_request *_Nonnull request);

/// A connected pair of stream sockets, both closed on exec.
int cposix_socketpair(int *_Nonnull first, int *_Nonnull second);

/// Sends all of `data`; the descriptors travel with its first byte. Never raises SIGPIPE.
int cposix_send(int socket, const void *_Nonnull data, size_t size, const int *_Nullable fds, size_t fd_count);

/// Receives up to `size` bytes and up to `*fd_count` descriptors (closed on exec), whose number it stores there.
/// 0 at the end of the stream.
ssize_t cposix_receive(int socket, void *_Nonnull data, size_t size, int *_Nullable fds, size_t *_Nonnull fd_count);

/// An unnamed file in memory, closed on exec.
int cposix_memory_file(const char *_Nonnull name);

/// Waits for a child; 0 and its raw status, or `-errno`. Returns `-EAGAIN` where it still runs and `block` is false.
int cposix_wait(pid_t pid, bool block, int *_Nonnull status);

/// Sends a signal to a process group.
int cposix_kill_group(pid_t group, int number);

bool cposix_exited(int status);
int cposix_exit_code(int status);
bool cposix_signaled(int status);
int cposix_signal(int status);

/// When a process started, in clock ticks since the machine booted (field 22 of /proc/PID/stat). Together with the pid
/// it names one process for as long as the machine runs. -1 where there is no such process.
int64_t cposix_start_time(pid_t pid);

/// An epoll instance, closed on exec.
int cposix_poller(void);

/// Waits for `fd` to be readable or at its end, until it is removed.
int cposix_poller_add(int poller, int fd);

/// Forgets `fd`. One that is closed already is forgotten by itself.
int cposix_poller_remove(int poller, int fd);

/// Blocks until descriptors are readable, and stores up to `capacity` of them; their number.
int cposix_poller_wait(int poller, int *_Nonnull ready, size_t capacity);

/// A descriptor that is readable once the child `pid` has ended (pidfd), closed on exec.
int cposix_process_descriptor(pid_t pid);

#ifdef __cplusplus
}
#endif

/// One arena for all threads of glibc's allocator, and large blocks straight from the system: what a moment needed is given
/// back when it is over. Nothing where the C library is another.
void cposix_configure_allocator(void);

#endif
