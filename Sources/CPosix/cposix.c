#define _GNU_SOURCE
#include "cposix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define MAXIMUM_FDS 16
#define MAXIMUM_MAPPINGS 64

/* Moves the sources out of the way of the targets, so that the order of the mappings does not matter. */
static int park(const cposix_fd_mapping *mappings, size_t count, int *parked) {
    int above = 3;
    for (size_t i = 0; i < count; i++) {
        if (mappings[i].target >= above) above = mappings[i].target + 1;
    }
    for (size_t i = 0; i < count; i++) {
        parked[i] = fcntl(mappings[i].source, F_DUPFD_CLOEXEC, above);
        if (parked[i] < 0) {
            int error = errno;
            while (i-- > 0) close(parked[i]);
            return -error;
        }
    }
    return above;
}

static int add_actions(posix_spawn_file_actions_t *actions, const cposix_spawn_request *request, const int *parked,
                       int above) {
    bool used[MAXIMUM_MAPPINGS * 4] = {false};
    for (size_t i = 0; i < request->mapping_count; i++) {
        int target = request->mappings[i].target;
        int error = posix_spawn_file_actions_adddup2(actions, parked[i], target);
        if (error) return -error;
        used[target] = true;
    }
    for (int fd = 0; fd < above; fd++) {
        if (used[fd]) continue;
        int error = fd < 3 ? posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0)
                           : posix_spawn_file_actions_addclose(actions, fd);
        if (error) return -error;
    }
    int error = posix_spawn_file_actions_addclosefrom_np(actions, above);
    if (!error && request->working_directory) {
        error = posix_spawn_file_actions_addchdir_np(actions, request->working_directory);
    }
    return -error;
}

static int set_attributes(posix_spawnattr_t *attributes, bool new_session) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    flags |= new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error) error = posix_spawnattr_setpgroup(attributes, 0);
    if (!error) error = posix_spawnattr_setflags(attributes, flags);
    return -error;
}

int cposix_spawn(const cposix_spawn_request *request) {
    int parked[MAXIMUM_MAPPINGS];
    if (request->mapping_count > MAXIMUM_MAPPINGS) return -EINVAL;
    for (size_t i = 0; i < request->mapping_count; i++) {
        int target = request->mappings[i].target;
        if (target < 0 || target >= MAXIMUM_MAPPINGS * 4) return -EINVAL;
    }
    int above = park(request->mappings, request->mapping_count, parked);
    if (above < 0) return above;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int result = add_actions(&actions, request, parked, above);
    if (result == 0) result = set_attributes(&attributes, request->new_session);
    if (result == 0) {
        pid_t pid = 0;
        int error = posix_spawnp(&pid, request->program, &actions, &attributes, request->arguments,
                                 request->environment);
        result = error ? -error : pid;
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; i < request->mapping_count; i++) close(parked[i]);
    return result;
}

int cposix_socketpair(int *first, int *second) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return -errno;
    *first = pair[0];
    *second = pair[1];
    return 0;
}

int cposix_send(int socket, const void *data, size_t size, const int *fds, size_t fd_count) {
    if (fd_count > MAXIMUM_FDS) return -EINVAL;
    const char *bytes = data;
    size_t sent = 0;
    while (sent < size) {
        char control[CMSG_SPACE(sizeof(int) * MAXIMUM_FDS)] = {0};
        struct iovec part = {.iov_base = (void *)(bytes + sent), .iov_len = size - sent};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        if (sent == 0 && fd_count > 0) {
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
            memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
        }
        ssize_t count = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        sent += (size_t)count;
    }
    return 0;
}

ssize_t cposix_receive(int socket, void *data, size_t size, int *fds, size_t *fd_count) {
    char control[CMSG_SPACE(sizeof(int) * MAXIMUM_FDS)] = {0};
    size_t capacity = *fd_count < MAXIMUM_FDS ? *fd_count : MAXIMUM_FDS;
    struct iovec part = {.iov_base = data, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_control = capacity ? control : NULL;
    message.msg_controllen = capacity ? CMSG_SPACE(sizeof(int) * capacity) : 0;
    *fd_count = 0;
    ssize_t count;
    do {
        count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < received; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (*fd_count < capacity) fds[(*fd_count)++] = fd;
            else close(fd);
        }
    }
    return count;
}

int cposix_memory_file(const char *name) {
    int fd = memfd_create(name, MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cposix_wait(pid_t pid, bool block, int *status) {
    pid_t result;
    do {
        result = waitpid(pid, status, block ? 0 : WNOHANG);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    return result == 0 ? -EAGAIN : 0;
}

int cposix_kill_group(pid_t group, int number) {
    return kill(-group, number) == 0 ? 0 : -errno;
}

bool cposix_exited(int status) { return WIFEXITED(status); }
int cposix_exit_code(int status) { return WEXITSTATUS(status); }
bool cposix_signaled(int status) { return WIFSIGNALED(status); }
int cposix_signal(int status) { return WTERMSIG(status); }

int64_t cposix_start_time(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t count = read(fd, text, sizeof text - 1);
    close(fd);
    if (count <= 0) return -1;
    text[count] = 0;
    /* The name of the program, field 2, may hold blanks and brackets: count from its last bracket. */
    char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return at ? strtoll(at + 1, NULL, 10) : -1;
}

int cposix_poller(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int cposix_poller_add(int poller, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

int cposix_poller_remove(int poller, int fd) {
    struct epoll_event event = {0};
    return epoll_ctl(poller, EPOLL_CTL_DEL, fd, &event) == 0 ? 0 : -errno;
}

int cposix_poller_wait(int poller, int *ready, size_t capacity) {
    struct epoll_event events[64];
    int limit = capacity < 64 ? (int)capacity : 64;
    int count;
    do {
        count = epoll_wait(poller, events, limit, -1);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) ready[i] = events[i].data.fd;
    return count;
}

int cposix_process_descriptor(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

void cposix_configure_allocator(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 512 * 1024);
#endif
}
