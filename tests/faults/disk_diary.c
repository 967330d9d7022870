/* A disk's diary: put before a program by LD_PRELOAD, it writes down in DISK_DIARY, in the order in which they happened,
   what the program did to the files under DISK_UNDER, and what it sent to others. A power cut at any moment can be made
   of that afterwards (disk_diary.py). An entry is one letter, the lengths of a path and of data (4 bytes each), an offset
   (8 bytes), the path and the data:
   C a file was there or made anew   W written   T cut to the offset   S synced to the disk   D so was a folder
   R renamed, the new path as data   U unlinked  N sent by a socket, the data alone */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* Held over an action and its entry: nothing else gets in between. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void note(char what, const char *path, const void *data, uint32_t size, uint64_t offset) {
    static int diary = -1;
    if (diary < 0) diary = (int)syscall(SYS_openat, AT_FDCWD, getenv("DISK_DIARY"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    uint32_t length = (uint32_t)strlen(path);
    char head[17];
    head[0] = what;
    memcpy(head + 1, &length, 4);
    memcpy(head + 5, &size, 4);
    memcpy(head + 9, &offset, 8);
    struct iovec parts[] = {{head, sizeof head}, {(void *)path, length}, {(void *)data, size}};
    if (syscall(SYS_writev, diary, parts, 3) != (long)(sizeof head + length + size)) abort();
}

static int is_under(const char *path) {
    const char *under = getenv("DISK_UNDER");
    return under && !strncmp(path, under, strlen(under)) && !strstr(path, "-shm");
}

/* The path that a file or folder has now; 0 where it is not one of ours. */
static int path_of(int fd, char *path, size_t size) {
    char link[64];
    struct stat known;
    if (syscall(SYS_fstat, fd, &known) || !(S_ISREG(known.st_mode) || S_ISDIR(known.st_mode))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_under(path);
}

#define FILE_OF(fd) char path[4096]; int ours = path_of(fd, path, sizeof path)

static void opened(int fd, int flags) {
    if (fd < 0 || !(flags & (O_CREAT | O_TRUNC))) return;
    FILE_OF(fd);
    if (!ours) return;
    note('C', path, "", 0, 0);
    if (flags & O_TRUNC) note('T', path, "", 0, 0);
}

static int open_at(int folder, const char *name, int flags, mode_t mode) {
    pthread_mutex_lock(&one_at_a_time);
    int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
    opened(fd, flags);
    pthread_mutex_unlock(&one_at_a_time);
    return fd;
}

#define MODE mode_t mode = 0; \
    if (flags & O_CREAT) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *name, int flags, ...) { MODE return open_at(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return open_at(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE return open_at(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE return open_at(folder, name, flags | O_LARGEFILE, mode); }

ssize_t write(int fd, const void *data, size_t size) {
    FILE_OF(fd);
    if (!ours) return syscall(SYS_write, fd, data, size);
    pthread_mutex_lock(&one_at_a_time);
    ssize_t done = syscall(SYS_write, fd, data, size);
    if (done > 0) note('W', path, data, (uint32_t)done, (uint64_t)(lseek(fd, 0, SEEK_CUR) - done));
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    FILE_OF(fd);
    if (!ours) return syscall(SYS_pwrite64, fd, data, size, at);
    pthread_mutex_lock(&one_at_a_time);
    ssize_t done = syscall(SYS_pwrite64, fd, data, size, at);
    if (done > 0) note('W', path, data, (uint32_t)done, (uint64_t)at);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

int ftruncate64(int fd, off64_t size) {
    FILE_OF(fd);
    pthread_mutex_lock(&one_at_a_time);
    int failed = (int)syscall(SYS_ftruncate, fd, size);
    if (ours && !failed) note('T', path, "", 0, (uint64_t)size);
    pthread_mutex_unlock(&one_at_a_time);
    return failed;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_of(int fd, long number) {
    FILE_OF(fd);
    struct stat known;
    pthread_mutex_lock(&one_at_a_time);
    int failed = (int)syscall(number, fd);
    if (ours && !failed && !syscall(SYS_fstat, fd, &known)) note(S_ISDIR(known.st_mode) ? 'D' : 'S', path, "", 0, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return failed;
}
int fsync(int fd) { return sync_of(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_of(fd, SYS_fdatasync); }

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&one_at_a_time);
    int failed = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (!failed && is_under(to)) note('R', from, to, (uint32_t)strlen(to), 0);
    pthread_mutex_unlock(&one_at_a_time);
    return failed;
}

int unlink(const char *path) {
    pthread_mutex_lock(&one_at_a_time);
    int failed = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!failed && is_under(path)) note('U', path, "", 0, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return failed;
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    pthread_mutex_lock(&one_at_a_time);
    note('N', "", data, (uint32_t)size, 0);  /* before it is out: whoever gets it may be quicker than we are */
    pthread_mutex_unlock(&one_at_a_time);
    REAL(ssize_t, "send", int, const void *, size_t, int);
    return real(fd, data, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    pthread_mutex_lock(&one_at_a_time);
    for (size_t i = 0; i < message->msg_iovlen; i++)
        note('N', "", message->msg_iov[i].iov_base, (uint32_t)message->msg_iov[i].iov_len, 0);
    pthread_mutex_unlock(&one_at_a_time);
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    return real(fd, message, flags);
}
